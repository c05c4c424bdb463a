"""The network of ukis-csmask: clouds and their shadows by blue, green, red and near infrared.

M. Wieland, Y. Li, S. Martinis, 2019: Multi-sensor cloud and cloud shadow segmentation with a convolutional
neural network, https://doi.org/10.1016/j.rse.2019.05.022. Weights, normalisation, windows and blending are
those of the package ukis-csmask (German Aerospace Center, Apache-2.0).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import numpy as np

from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.masks.network import Float32s

_PROVIDERS = ("CUDAExecutionProvider", "CPUExecutionProvider")
"""Where onnxruntime may run it, best first."""


@dataclass(frozen=True, slots=True)
class Ukis:
    """The model of four bands; see ``Network``."""

    package: str
    """Version of ukis-csmask, which has the weights."""
    runtime: str
    """Version of onnxruntime."""
    product: Literal["l1c", "l2a"] = "l2a"
    """Level of the product that it was trained for."""

    @property
    def bands(self) -> tuple[str, ...]:
        """Sentinel-2 names of blue, green, red and near infrared."""
        return "B02", "B03", "B04", "B08"

    @property
    def resolution(self) -> float:
        """Overviews of 40 m are nearest to the 30 m that it was made for."""
        return 40.0

    @property
    def process_memory(self) -> int:
        """Weights, and answers that are kept; measured."""
        return 400 * 2**20

    @property
    def task_memory(self) -> int:
        """One window in the network; measured."""
        return 64 * 2**20

    @property
    def written(self) -> dict[str, object]:
        """Its name alone: its weights are those of the package."""
        return {"name": "ukis"}

    @property
    def description(self) -> str:
        """What it is and what it does, in full sentences for the provenance."""
        return (
            f"Clouds and shadows that the network of ukis-csmask {self.package} ({self.product.upper()}, "
            f"onnxruntime {self.runtime}) found in {', '.join(self.bands)} at {self.resolution:g} m count as "
            "classes 9 and 3."
        )

    def probabilities(self, reflectance: Float32s) -> Float32s:
        """See ``Network.probabilities``.

        Raises:
            UsageError: if this process has other versions of the packages, or none.
        """
        here = installed(self.product)
        if here != self:
            raise UsageError(
                f"mask ukis: this process has ukis-csmask {here.package} and onnxruntime {here.runtime}, the "
                f"run was planned with {self.package} and {self.runtime}; give all workers the same image"
            )
        session, mean, deviation = _model(self.product)
        pixels = reflectance.copy()
        pixels -= mean
        pixels /= deviation
        batch = np.ascontiguousarray(np.moveaxis(pixels, -1, 0))[None]
        answers = session.run(None, {session.get_inputs()[0].name: batch})[0][0]
        weights = np.exp(answers - answers.max(axis=0, keepdims=True))
        shares: Float32s = weights / weights.sum(axis=0, keepdims=True)
        return np.moveaxis(shares, 0, -1)


@lru_cache
def installed(product: Literal["l1c", "l2a"] = "l2a") -> Ukis:
    """The network as it is installed here.

    Raises:
        UsageError: if it isn't.
    """
    try:
        # onnxruntime has several distributions, and a folder of the same name may stand for none of them
        missing = [name for name in ("ukis_csmask", "onnxruntime") if find_spec(name) is None]
        if not missing:
            return Ukis(version("ukis-csmask"), _runtime_version(), product)
    except PackageNotFoundError as error:
        missing = [str(error.name)]
    raise UsageError(
        f"`mask` ukis needs the package {missing[0].replace('_', '-')}; pip install "
        "'cloudless-mosaic[ukis]', or choose another mask"
    )


def _runtime_version() -> str:
    for name in ("onnxruntime", "onnxruntime-gpu"):
        try:
            return version(name)
        except PackageNotFoundError:
            continue
    raise PackageNotFoundError("onnxruntime")


@lru_cache
def _model(product: str) -> tuple[Any, list[float], list[float]]:
    """The session, and mean and deviation of each band by which reflectances are normalised."""
    import onnxruntime  # noqa: PLC0415 - an extra
    import ukis_csmask  # noqa: PLC0415 - as above

    path = Path(ukis_csmask.__file__).parent / f"model_4b_{product}.onnx"
    options = onnxruntime.SessionOptions()
    # our own threads run it side by side; more would compete, and sums may depend on their number
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    available = onnxruntime.get_available_providers()
    providers = [name for name in _PROVIDERS if name in available]
    session = onnxruntime.InferenceSession(str(path), sess_options=options, providers=providers)
    mean, deviation = json.loads(path.with_suffix(".json").read_text())["data"]["dataset_statistics"]["img"]
    return session, mean, deviation
