"""The trained networks by name."""

from __future__ import annotations

from pathlib import Path

from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.masks import omnicloudmask, ukis
from cloudless_mosaic.masks.network import Network

NETWORKS = ("ukis", "omnicloudmask")
"""Names of the networks."""


def make_network(name: str, weights: Path | None = None) -> Network:
    """A network as it is installed here.

    Args:
        name: One of `NETWORKS`.
        weights: Folder with its weights, for one whose package has none.

    Raises:
        UsageError: if it isn't installed, or has no weights.
    """
    if name == "ukis":
        return ukis.installed()
    if weights is None:
        raise UsageError(
            f"the mask {name} needs weights=FOLDER, in `mask_options` or under [network] of a file; download "
            f"{' and '.join(omnicloudmask.WEIGHTS)} from {omnicloudmask.SOURCE} into that folder"
        )
    return omnicloudmask.installed(weights)
