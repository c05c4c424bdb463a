"""The networks of OmniCloudMask: clouds and their shadows by red, green and near infrared.

N. Wright et al., 2025: Training sensor-agnostic deep learning models for remote sensing,
https://doi.org/10.1016/j.rse.2025.114694. Architectures, normalisation and the mean of both answers are those
of the package omnicloudmask (MIT); windows and blending are those of ``masks.network``. The package has no
weights: users give the folder that holds them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.masks.network import Float32s

WEIGHTS = {
    "PM_model_OCM_7.97_R_G_NIR_3_smp_regnety_004.pycls_in1k_PT_state.safetensors": "tu-regnety_004",
    "PM_model_OCM_7.97_R_G_NIR_3_smp_edgenext_small.usi_in1k_PT_state.safetensors": "tu-edgenext_small",
}
"""Files of version 4 of the weights, and the encoder that each is for."""

SOURCE = "https://huggingface.co/NickWright/OmniCloudMask"
"""Where the weights are to be had."""

_LOADING = Lock()


@dataclass(frozen=True, slots=True)
class OmniCloudMask:
    """The two models of version 4, whose answers are averaged; see ``Network``."""

    package: str
    """Version of omnicloudmask, which has the architectures."""
    runtime: str
    """Version of torch."""
    digests: tuple[str, ...]
    """SHA-256 of the files of weights, in the order of `WEIGHTS`."""
    folder: Path = field(compare=False)
    """Folder of the weights, absolute; workers look for them there."""

    @property
    def bands(self) -> tuple[str, ...]:
        """Sentinel-2 names of red, green and near infrared."""
        return "B04", "B03", "B08"

    @property
    def resolution(self) -> float:
        """Overviews of 40 m; it was trained for pixels of 10 to 50 m."""
        return 40.0

    @property
    def process_memory(self) -> int:
        """Libraries, weights, and answers that are kept; measured."""
        return 700 * 2**20

    @property
    def task_memory(self) -> int:
        """One window in the networks; measured."""
        return 64 * 2**20

    @property
    def written(self) -> dict[str, object]:
        """What determines its answers."""
        return {"name": "omnicloudmask", "weights": list(self.digests)}

    @property
    def description(self) -> str:
        """What it is and what it does, in full sentences for the provenance."""
        weights = " and ".join(digest[:12] for digest in self.digests)
        return (
            f"Clouds and shadows that OmniCloudMask {self.package} (torch {self.runtime}, weights of SHA-256 "
            f"{weights}) found in {', '.join(self.bands)} at {self.resolution:g} m count as classes 9 and 3."
        )

    def probabilities(self, reflectance: Float32s) -> Float32s:
        """See ``Network.probabilities``; thick and thin cloud are one class.

        Raises:
            UsageError: if this process has other versions or weights, or none.
        """
        here = installed(self.folder)
        if here != self:
            raise UsageError(
                f"mask omnicloudmask: this process has omnicloudmask {here.package}, torch {here.runtime} or "
                f"weights in {self.folder} that differ from those that the run was planned with "
                f"({self.package}, {self.runtime}); give all workers the same image and the same weights"
            )
        import torch  # noqa: PLC0415 - an extra
        from omnicloudmask.model_utils import channel_norm  # noqa: PLC0415 - as above

        with _LOADING:
            models, device = _models(self.folder)
        pixels = channel_norm(np.ascontiguousarray(np.moveaxis(reflectance, -1, 0)), 0)
        with torch.inference_mode():
            batch = torch.from_numpy(pixels)[None].to(device)
            answers = torch.stack([model(batch)[0] for model in models]).mean(dim=0)
            clear, thick, thin, shadow = torch.softmax(answers, dim=0).cpu().numpy()
        # the largest of four stays the largest of three
        return np.stack([clear, np.maximum(thick, thin), shadow], axis=-1)


@lru_cache
def installed(folder: Path) -> OmniCloudMask:
    """The networks as they are installed here.

    Args:
        folder: Where the weights are.

    Raises:
        UsageError: if the package or a file of weights is missing.
    """
    folder = folder.expanduser().absolute()
    digests = []
    for name in WEIGHTS:
        try:
            digests.append(sha256((folder / name).read_bytes()).hexdigest())
        except OSError as error:
            raise UsageError(
                f"mask omnicloudmask: {folder / name} can't be read ({error.strerror}); download "
                f"{' and '.join(WEIGHTS)} from {SOURCE} into that folder"
            ) from None
    # torch alone doesn't have the architectures
    missing = [name for name in ("omnicloudmask", "torch") if find_spec(name) is None]
    if missing:
        raise UsageError(
            f"`mask` omnicloudmask needs the package {missing[0]}; pip install "
            "'cloudless-mosaic[omnicloudmask]', or choose another mask"
        )
    return OmniCloudMask(version("omnicloudmask"), version("torch"), tuple(digests), folder)


@lru_cache(maxsize=1)
def _models(folder: Path) -> tuple[list[Any], Any]:
    """Both models, and the device that they are on.

    Raises:
        UsageError: if a file doesn't hold weights of its architecture.
    """
    import torch  # noqa: PLC0415 - an extra
    from omnicloudmask.model_utils import load_model_from_weights  # noqa: PLC0415 - as above
    from safetensors import SafetensorError  # noqa: PLC0415 - as above

    # our own threads run it side by side; more would compete, and sums may depend on their number
    torch.set_num_threads(1)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    models = []
    for name, encoder in WEIGHTS.items():
        try:
            models.append(load_model_from_weights(encoder, folder / name, "smp", device))
        except (SafetensorError, RuntimeError) as error:
            raise UsageError(
                f"mask omnicloudmask: {folder / name} doesn't hold the weights of OmniCloudMask 4 "
                f"({str(error).splitlines()[0][:120]}); download it again from {SOURCE}"
            ) from None
    return models, device
