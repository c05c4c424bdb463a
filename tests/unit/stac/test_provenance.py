import json
import os

import pytest

from cloudless_mosaic.domain.provider import ProviderProfile
from cloudless_mosaic.stac.provenance import (
    derived_from_href,
    processing_properties,
    run_parameters,
    without_credentials,
)


@pytest.mark.parametrize(
    ("href", "link"),
    [
        ("https://a.example/items/1", "https://a.example/items/1"),
        ("https://user:pw@a.example:8080/items/1?sig=x&se=y#part", "https://a.example:8080/items/1"),
        ("s3://bucket/items/1.json?X-Amz-Signature=x", "s3://bucket/items/1.json"),
        ("", ""),
    ],
)
def test_addresses_lose_their_secrets(href, link, tmp_path):
    assert derived_from_href(href, tmp_path) == link


@pytest.mark.parametrize("prefix", ["", "file://"])
def test_local_scenes_are_linked_relative(tmp_path, prefix):
    folder = tmp_path / "out" / "month"
    scene = tmp_path / "archive" / "a b.json"
    href = f"file://{str(scene).replace(' ', '%20')}" if prefix else str(scene)
    assert derived_from_href(href, folder) == "../../archive/a b.json"


def test_relative_paths_are_those_of_the_working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert derived_from_href("archive/a.json", tmp_path / "out") == "../archive/a.json"


def test_a_scene_on_another_drive_has_no_link(tmp_path, monkeypatch):
    def other_drive(_path, _start):
        raise ValueError("path is on mount 'D:', start on mount 'C:'")

    monkeypatch.setattr(os.path, "relpath", other_drive)
    assert derived_from_href("D:\\archive\\a.json", tmp_path) == ""


def test_without_credentials_keeps_the_address():
    assert without_credentials("https://t:k@h.example/a/b?c=d") == "https://h.example/a/b"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"mask": "none"}, "No cloud mask: every pixel that has data counts as clear."),
        ({"clear_classes": (5, 4)}, "classes 4 (vegetation), 5 (not vegetated) of the scene classification."),
        ({"cloud_dilation": 120.0}, "Clouds and their shadows were grown by 120 m."),
        ({"exact": True}, "Pixels were read at native resolution."),
        ({}, "from 2020-10-01 to 2020-10-31 (UTC)"),
    ],
)
def test_the_lineage_says_how(plan_of, options, sentence):
    plan = plan_of(**options)
    properties = processing_properties(plan, plan.periods[0], "1.2.3")
    assert sentence in properties["processing:lineage"]
    assert properties["processing:software"] == {"cloudless-mosaic": "1.2.3"}


def test_without_dilation_the_lineage_names_none(plan_of):
    plan = plan_of(cloud_dilation=0.0)
    assert "grown" not in processing_properties(plan, plan.periods[0], "1")["processing:lineage"]


def test_the_record_is_as_it_has_always_been(plan_of):
    """Folders of earlier versions go on being known by it, so names, values and order stay."""
    profile = ProviderProfile(name="Mine", offset="raw")
    plan = plan_of(
        profile=profile,
        crs="EPSG:32610",
        tile_size=512,
        exact=True,
        bands=("red", "nir"),
        mask="scl",
        clear_classes=(4, 5),
    )
    assert json.dumps(run_parameters(plan)) == (
        '{"start_date": "2020-10-01", "end_date": "2020-12-31", "aoi": "-122.28,47.5,-121.9,47.75", '
        '"bands": ["red", "nir"], "collection": "sentinel-2-l2a", '
        '"stac_url": "https://planetarycomputer.microsoft.com/api/stac/v1", '
        '"profile": {"name": "Mine", "offset": "raw"}, "boa_offset": "auto", "resolution": 40.0, '
        '"crs": "EPSG:32610", "max_items": 100, "max_cloud_cover": 25.0, "mask": "scl", "scl_clear": [4, 5], '
        '"cloud_dilation": 100.0, "exact": true, "compression": "deflate", "tile_size": 512}'
    )


def test_the_record_has_all_that_a_mask_goes_by(plan_of):
    record = run_parameters(plan_of(mask_options=(("far", "360"),)))
    assert (record["mask"], record["cloud_dilation"]) == ("multidate", 120.0)
    assert record["mask_options"] == {
        "far": 360.0,
        "haze": 250,
        "doubt": 200,
        "hot": 350,
        "lit": 300,
        "gap": 400,
    }
    assert "mask_options" not in run_parameters(plan_of(mask="scl"))
    assert run_parameters(plan_of(mask="scl", mask_options=(("opening", "40"),)))["mask_options"] == {
        "opening": 40.0
    }


def test_parameters_say_how_offsets_were_decided(plan_of):
    profile = ProviderProfile(name="Mine", offset="raw", bands={"B04": "Band_4"})
    plain, odd = run_parameters(plan_of()), run_parameters(plan_of(boa_offset=0, profile=profile))
    assert plain["boa_offset"] == "auto"
    assert "profile" not in plain
    assert odd["boa_offset"] == 0
    assert odd["profile"] == {"name": "Mine", "offset": "raw", "bands": {"red": "Band_4"}}


def test_parameters_carry_nothing_of_the_machine(plan_of):
    local = run_parameters(plan_of(stac_url="/home/me/catalog.json"))
    remote = run_parameters(plan_of(stac_url="https://me:pw@stac.example/v1?token=t", mask="none"))
    assert "stac_url" not in local
    assert remote["stac_url"] == "https://stac.example/v1"
    assert "scl_clear" in local
    assert "scl_clear" not in remote
    assert local["bands"] == ["red", "green", "blue", "nir"]
