"""A real Dask Gateway, with the values of our platform, whose schedulers and workers run in the image."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import yaml

from gateways import GatewayServer, serving_gateway
from images import Image, engine_environment

# The options of our platform, but what the Gateway starts runs here, in the chosen image.
IN_IMAGE = """
offered = c.Backend.cluster_options
settings_of_platform = offered.handler

def settings_in_image(options, user):
    settings = settings_of_platform(options, user)
    image = [{launcher!r}, settings.get("image", {default!r})]
    return {{
        "scheduler_cmd": [*image, *c.KubeClusterConfig.scheduler_cmd],
        "worker_cmd": [*image, *c.KubeClusterConfig.worker_cmd],
        "worker_threads": settings["worker_threads"],
        "worker_memory": settings["worker_memory"],
    }}

offered.handler = settings_in_image
"""

# As strict as the platform's pods. The keys of a cluster are files of the server's user here.
LAUNCHER = """#!/bin/sh
chmod -R a+rX .
export CONTAINERS_CONF={conf}
exec podman run --rm --network host --read-only --cap-drop all --passwd=false \\
  --security-opt no-new-privileges \\
  --workdir /tmp --label gateway={clusters} --label cluster="$DASK_GATEWAY_CLUSTER_NAME" \\
  --env 'DASK_*' --volume {clusters}:{clusters}:ro "$@"
"""


@contextmanager
def gateway_of_image(
    image: Image, values: Path, folder: Path, *seen: Path
) -> Iterator[tuple[Image, GatewayServer]]:
    """The Gateway, and the image in an environment whose containers see some folders.

    Args:
        image: Of scheduler and workers; also for those who name none.
        values: Those of the Gateway's chart.
        folder: Where the Gateway writes.
        seen: Folders that all containers see, at the same place.
    """
    environment = engine_environment(folder, *seen)
    launcher = folder / "in-image"
    clusters = folder / "clusters"
    launcher.write_text(LAUNCHER.format(conf=environment["CONTAINERS_CONF"], clusters=clusters))
    launcher.chmod(0o755)
    platform = yaml.safe_load(values.read_text("utf-8"))
    lines = "\n".join(platform["gateway"]["extraConfig"].values())
    lines += IN_IMAGE.format(launcher=str(launcher), default=image.name)
    image = replace(image, environment=environment)
    with serving_gateway(folder, lines) as gateway:
        yield image, gateway
    # a Gateway that is ended while a cluster runs leaves its containers
    left = image.engine("ps", "--quiet", "--filter", f"label=gateway={clusters}").out.split()
    if left:
        image.engine("rm", "--force", *left)
