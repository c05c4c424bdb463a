import json
import re
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudless_mosaic.domain.aoi import Aoi
from cloudless_mosaic.domain.grids import area_of_grid, parse_tile, tile_grid, tiles_of
from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.planning.grid import zones_of

DATA = Path(__file__).resolve().parents[5] / "shared/data"


def real_grids():
    """CRS and corner of the 10 m rasters of real items, by tile."""
    found = {}
    for path in sorted(DATA.rglob("*.json")):
        document = json.loads(path.read_text())
        items = document.get("features", [document]) if isinstance(document, dict) else []
        for item in items:
            name = re.search(r"_T?(\d\d[A-Z]{3})_", str(item.get("id")))
            code = item.get("properties", {}).get("proj:code") or item.get("properties", {}).get("proj:epsg")
            for asset in (item.get("assets") or {}).values():
                transform, shape = asset.get("proj:transform"), asset.get("proj:shape")
                if name and code and transform and shape == [10980, 10980] and transform[0] == 10:
                    found[name[1]] = f"EPSG:{str(code).removeprefix('EPSG:')}", (transform[2], transform[5])
    return found


@pytest.mark.skipif(not DATA.is_dir(), reason="needs items of real catalogues")
def test_tiles_have_the_grids_of_real_granules():
    grids = real_grids()
    assert len(grids) > 20
    assert {crs[:8] for crs, _ in grids.values()} == {"EPSG:326", "EPSG:327"}
    for name, (crs, corner) in grids.items():
        grid = tile_grid(name, 10)
        assert (grid.crs, grid.origin, grid.shape) == (crs, corner, (10980, 10980)), name


@pytest.mark.parametrize(
    ("name", "crs", "corner"),
    [
        ("10TET", "EPSG:32610", (499980, 5300040)),
        ("t10TFK", "EPSG:32610", (600000, 4500000)),
        ("1LAC", "EPSG:32701", (99960, 8300020)),
        ("33XWJ", "EPSG:32633", (499980, 8900040)),
    ],
)
def test_names_are_read_as_people_write_them(name, crs, corner):
    grid = tile_grid(name, 60)
    assert (grid.crs, grid.origin, grid.shape) == (crs, corner, (1830, 1830))


@pytest.mark.parametrize("name", ["", "10TE", "61TET", "00TET", "10IET", "10TAA", "10TEO", "10TETX"])
def test_what_is_no_tile_is_refused(name):
    with pytest.raises(UsageError, match="is not a tile of the MGRS; give its name"):
        parse_tile(name)


@pytest.mark.parametrize("resolution", [7, 11, 1000])
def test_pixels_have_to_fit(resolution):
    with pytest.raises(UsageError, match="does not divide the 109800 m of a tile"):
        tile_grid("10TET", resolution)


# GEOS cuts polygons with coordinates such as 1e-300 wrongly
DEGREES = partial(st.decimals, places=9)


@given(DEGREES(-179, 178).map(float), DEGREES(-79, 83).map(float), st.floats(0.001, 0.5))
def test_a_point_of_an_area_lies_in_one_of_its_tiles(west, south, size):
    area = Aoi(west, south, west + size, south + size)
    names = tiles_of(list(zones_of(area)))
    assert names
    for name in names:
        assert parse_tile(name)[0] == name
        tile = area_of_grid(tile_grid(name, 100))
        assert any(part.intersects(box) for part in tile.parts for box in area.parts), name
    covered = [part for name in names for part in area_of_grid(tile_grid(name, 100)).parts]
    middle = area.parts[0].centroid
    assert any(part.buffer(1e-6).contains(middle) for part in covered)


@pytest.mark.parametrize(("area", "message"), [((-10, 86, 10, 88), "none"), ((-180, -80, 180, 80), "more")])
def test_areas_without_tiles_and_with_too_many_are_refused(area, message):
    with pytest.raises(UsageError, match=f"tiles_of_aoi are {message}"):
        tiles_of(list(zones_of(Aoi(*area))))
