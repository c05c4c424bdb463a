"""A provider in a public bucket of another region needs a profile file and nothing else."""

import json

import pytest

from seaweedfs import PUBLIC

PERIOD = ("--start-date", "2020-10-01", "--end-date", "2020-10-31", "--aoi", "-122.28,47.66,-122.18,47.72")
REQUEST = (*PERIOD, "--bands", "red", "--resolution", "20", "--max-cloud-cover", "100", "-q")
FOREIGN = {
    "AWS_ACCESS_KEY_ID": "AKIAOTHER",
    "AWS_SECRET_ACCESS_KEY": "other-secret",
    "AWS_REGION": "us-west-1",
}
"""Keys of another account in the environment, which the bucket refuses."""


@pytest.fixture(scope="module")
def published(trial_archive, seaweedfs, tmp_path_factory):
    """The trial archive with its rasters in the bucket, and its catalog in a folder."""
    folder = tmp_path_factory.mktemp("published")
    for path in trial_archive.folder.rglob("*"):
        target = folder / path.relative_to(trial_archive.folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".tif":
            seaweedfs.put(PUBLIC, str(path.relative_to(trial_archive.folder)), path.read_bytes())
        elif path.suffix == ".json":
            document = json.loads(path.read_text())
            for asset in document.get("assets", {}).values():
                raster = (path.parent / asset["href"]).resolve()
                asset["href"] = f"s3://{PUBLIC}/{raster.relative_to(trial_archive.folder)}"
            target.write_text(json.dumps(document))
    return folder / trial_archive.catalog.relative_to(trial_archive.folder)


def profile(endpoint):
    return f"""
name = "Open data"
offset = "raw"

[access.{PUBLIC}]
region = "eu-central-1"
endpoint = "{endpoint}"
anonymous = true
"""


@pytest.mark.parametrize("engine", [(), ("--cluster", "local", "--workers", "1")], ids=["threads", "cluster"])
def test_a_mosaic_of_a_public_bucket(published, trial_archive, seaweedfs, mosaic_command, tmp_path, engine):
    (tmp_path / "open.toml").write_text(profile(seaweedfs.endpoint))
    (tmp_path / "local.toml").write_text('name = "Open data"\noffset = "raw"\n')
    runs = {"open": (str(published), engine), "local": (str(trial_archive.catalog), ())}
    for name, (catalog, how) in runs.items():
        where = ("--stac-url", catalog, "--profile", f"{name}.toml", "--output-dir", name)
        done = mosaic_command(*REQUEST, *where, *how, cwd=tmp_path, env=FOREIGN)
        assert done.code == 0, done.err
    rasters = {path.relative_to(tmp_path / "local") for path in (tmp_path / "local").rglob("*.tif")}
    assert rasters
    for path in rasters:
        assert (tmp_path / "open" / path).read_bytes() == (tmp_path / "local" / path).read_bytes(), path
    for path in (tmp_path / "open").rglob("*.json"):
        assert seaweedfs.endpoint not in path.read_text()


def test_without_the_profile_the_bucket_can_not_be_read(published, mosaic_command, tmp_path, seaweedfs):
    env = {**FOREIGN, "AWS_ENDPOINT": seaweedfs.endpoint}
    done = mosaic_command(*REQUEST, "--stac-url", str(published), cwd=tmp_path, env=env)
    assert done.code != 0
    assert "other-secret" not in done.out + done.err


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ('region = "eu-central-1"', "access.open-data.region must be the name of a region"),
        ("anonymous = true", "access.open-data.anonymous must be true or false"),
    ],
)
def test_a_slip_in_the_profile_is_one_line(published, seaweedfs, mosaic_command, tmp_path, change, said):
    text = profile(seaweedfs.endpoint).replace(change, f"{change.split()[0]} = 7")
    (tmp_path / "open.toml").write_text(text)
    arguments = ("--stac-url", str(published), "--profile", "open.toml")
    done = mosaic_command(*REQUEST, *arguments, cwd=tmp_path, env=FOREIGN)
    assert done.code == 2
    assert said in done.err
    assert done.err.count("\n") == 1
