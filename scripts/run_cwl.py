"""cwltool that knows calrissian's ``DaskGatewayRequirement``; takes the same arguments.

It starts no Dask cluster: the tool runs as if the requirement weren't there. For a check only:
``python scripts/run_cwl.py --validate cwl-workflows/monthly-composite.cwl``.
"""

from __future__ import annotations

import sys
from pathlib import Path

from cwltool import process
from cwltool.main import run

SCHEMA = Path(__file__).resolve().parents[1] / "cwl-workflows" / "dask-gateway-requirement.yml"
NAMESPACE = "https://calrissian-cwl.github.io/schema"


def register() -> None:
    """Makes the requirement known to cwltool; a document that misspells one of its fields is then invalid."""
    process.use_custom_schema("v1.2", NAMESPACE, SCHEMA.read_text("utf-8"))
    process.supportedProcessRequirements.append(f"{NAMESPACE}#DaskGatewayRequirement")


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:], custom_schema_callback=register))
