from pathlib import Path

import pytest
from hypothesis import settings

# the first call of a kernel compiles it
settings.register_profile("project", deadline=None)
settings.load_profile("project")


def pytest_configure(config):
    # odc-geo multiplies affines the way that affine 3.1 advises against
    config.addinivalue_line("filterwarnings", "ignore:Use .@. matmul:PendingDeprecationWarning:odc")
    # planetary-computer configures its models the way that pydantic 2 advises against
    config.addinivalue_line("filterwarnings", "ignore:Support for class-based:DeprecationWarning")


@pytest.fixture(scope="session")
def shared_data():
    """Folder of real scenes and metadata beside the project."""
    folder = (Path(__file__).resolve().parents[1] / "../shared/data").resolve()
    if not folder.is_dir():
        pytest.skip(f"the real test data is not at {folder}")
    return folder
