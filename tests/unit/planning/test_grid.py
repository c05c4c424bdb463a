import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox
from pyproj import Geod, Transformer

from cloudless_mosaic.domain.aoi import Aoi
from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.geo.blocks import Block, cut_blocks
from cloudless_mosaic.geo.projection import metres_per_unit, project, unit_of
from cloudless_mosaic.planning.grid import aoi_bounds, mosaic_geobox, parse_crs, utm_crs

EXAMPLE = Aoi(-122.27508544921875, 47.54687159892238, -121.96128845214844, 47.745787772920934)


@st.composite
def small_aois(draw):
    """Boxes anywhere that UTM is used, those across the antimeridian among them."""
    west, south = draw(st.floats(-180, 179.9)), draw(st.floats(-79, 83))
    width, height = draw(st.floats(0.001, 2)), draw(st.floats(0.001, 1))
    east = west + width
    return Aoi(west, south, east if east <= 180 else east - 360, south + height)


def outline(aoi):
    """Points along the edges of a box."""
    width = (aoi.east - aoi.west) % 360
    steps = np.linspace(0, 1, 50)
    longitudes = aoi.west + width * steps
    latitudes = aoi.south + (aoi.north - aoi.south) * steps
    x = np.concatenate([longitudes, longitudes, np.full(50, aoi.west), np.full(50, aoi.west + width)])
    y = np.concatenate([np.full(50, aoi.south), np.full(50, aoi.north), latitudes, latitudes])
    return (x + 180) % 360 - 180, y


@given(
    small_aois(), st.sampled_from([10.0, 20.0, 60.0, 100.0, 120.0, 37.5]), st.sampled_from([0.0, 20.0, 60.0])
)
def test_grid_is_the_smallest_on_its_anchor_that_covers_the_aoi(aoi, resolution, anchor):
    crs = utm_crs(aoi)
    geobox = mosaic_geobox(aoi, resolution, crs, (anchor, 0.0))
    left, bottom, right, top = geobox.boundingbox.bbox
    assert (left - anchor) / resolution == pytest.approx(round((left - anchor) / resolution), abs=1e-6)
    assert top / resolution == pytest.approx(round(top / resolution), abs=1e-6)
    assert geobox.affine.a == -geobox.affine.e == resolution
    x, y = Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform(*outline(aoi))
    slack = 1e-5 * resolution
    assert left - slack <= x.min()
    assert x.max() <= right + slack
    assert bottom - slack <= y.min()
    assert y.max() <= top + slack
    bounds = aoi_bounds(aoi, crs)
    assert bounds[0] - left < resolution
    assert bounds[1] - bottom < resolution
    assert right - bounds[2] < resolution
    assert top - bounds[3] < resolution


def test_published_example():
    geobox = mosaic_geobox(EXAMPLE, 100, utm_crs(EXAMPLE))
    assert str(geobox.crs) == "EPSG:32610"
    assert geobox.boundingbox.bbox == (554300, 5266100, 578200, 5288600)
    assert geobox.shape == (225, 239)


def test_aoi_whose_edges_lie_on_the_grid_gets_no_pixel_more():
    to_degrees = Transformer.from_crs("EPSG:3857", "EPSG:4326", always_xy=True)
    west, south = to_degrees.transform(1_000_000, 5_000_000)
    east, north = to_degrees.transform(1_001_000, 5_002_000)
    geobox = mosaic_geobox(Aoi(west, south, east, north), 100, "EPSG:3857")
    assert geobox.shape == (20, 10)
    assert geobox.boundingbox.bbox == (1_000_000, 5_000_000, 1_001_000, 5_002_000)


def test_aoi_inside_one_pixel_gets_that_pixel():
    assert mosaic_geobox(Aoi(15.0, 47.0, 15.000001, 47.000001), 10, "EPSG:32633").shape == (1, 1)
    assert mosaic_geobox(EXAMPLE, 1e7, "EPSG:32610").shape == (1, 1)


@pytest.mark.parametrize("resolution", [1e-9, 1e-300])
def test_grid_larger_than_any_raster_is_refused(resolution):
    with pytest.raises(UsageError, match=r"resolution .* pixels of AOI .* give a coarser one"):
        mosaic_geobox(EXAMPLE, resolution, "EPSG:32610")


def test_metres_are_not_taken_for_degrees():
    with pytest.raises(UsageError, match=r"resolution 100 counts in degrees in crs EPSG:4326; give degrees"):
        mosaic_geobox(EXAMPLE, 100, "EPSG:4326")


@pytest.mark.parametrize(
    ("aoi", "crs"),
    [
        (EXAMPLE, "EPSG:32610"),
        (Aoi(14.9, 45, 16.5, 46.1), "EPSG:32633"),
        (Aoi(-70, -34, -69, -33), "EPSG:32719"),
        (Aoi(15, -1, 16, 1), "EPSG:32633"),
        (Aoi(15, -1.5, 16, 1), "EPSG:32733"),
        (Aoi(17, 45, 18.5, 46), "EPSG:32633"),
        (Aoi(17.5, 45, 19, 46), "EPSG:32634"),
        (Aoi(17, 45, 19, 46), "EPSG:32633"),
        (Aoi(-180, 60, -179, 61), "EPSG:32601"),
        (Aoi(179, 60, 180, 61), "EPSG:32660"),
        (Aoi(178, -18, -179, -16), "EPSG:32760"),
        (Aoi(179, -18, -178, -16), "EPSG:32701"),
        (Aoi(179, -18, -179, -16), "EPSG:32760"),
        (Aoi(180, -18, -179, -16), "EPSG:32701"),
        (Aoi(5, 45, 19, 46), "EPSG:32632"),
        # Bergen and Svalbard: the granules there are 32V and 31X, 33X, 35X, 37X
        (Aoi(4.8, 60.2, 5.6, 60.6), "EPSG:32632"),
        (Aoi(4.8, 55.2, 5.6, 55.6), "EPSG:32631"),
        (Aoi(2.0, 60.2, 3.2, 60.6), "EPSG:32631"),
        (Aoi(10, 78, 11, 79), "EPSG:32633"),
        (Aoi(7, 78, 8, 79), "EPSG:32631"),
        (Aoi(22, 78, 23, 79), "EPSG:32635"),
        (Aoi(34, 80, 36, 81), "EPSG:32637"),
        (Aoi(10, 71, 11, 72.4), "EPSG:32632"),
        (Aoi(10, 71, 11, 73.6), "EPSG:32633"),
        # up to 84 degrees north UTM, beyond it and in the far south the polar grids
        (Aoi(-40, 83, -38, 84), "EPSG:32624"),
        (Aoi(-40, 83.9, -38, 85), "EPSG:5041"),
        (Aoi(-180, 85, 180, 88), "EPSG:5041"),
        (Aoi(10, -80.5, 12, -80), "EPSG:5042"),
        (Aoi(10, -80.5, 12, -79), "EPSG:32732"),
    ],
)
def test_zone_is_the_one_with_most_of_the_aoi(aoi, crs):
    assert utm_crs(aoi) == crs


@given(small_aois())
def test_zone_lies_around_the_aoi(aoi):
    zone = int(utm_crs(aoi)[-2:])
    middle = aoi.west + ((aoi.east - aoi.west) % 360) / 2
    central = -183 + 6 * zone
    # zones of the far north are up to 12 degrees wide, and not in the middle of their meridian
    reach = 3 if aoi.north <= 56 or 64 <= aoi.south <= aoi.north <= 72 else 6.5
    assert abs((middle - central + 180) % 360 - 180) <= reach + 1e-9
    assert utm_crs(aoi)[5:8] == ("326" if aoi.south + aoi.north >= 0 else "327")


@pytest.mark.parametrize("crs", ["EPSG:32660", "EPSG:32601", "EPSG:32760"])
def test_aoi_across_the_antimeridian_is_one_area_in_utm(crs):
    left, bottom, right, top = aoi_bounds(Aoi(179.5, 10, -179.5, 11), crs)
    wide = Geod(ellps="WGS84").inv(179.5, 10, -179.5, 10)[2]
    assert right - left == pytest.approx(wide, rel=0.02)
    assert top - bottom == pytest.approx(110_600, rel=0.02)


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:3857", "ESRI:54009"])
def test_crs_that_is_cut_at_the_antimeridian_is_refused_for_an_aoi_across_it(crs):
    with pytest.raises(UsageError, match=r"crosses the antimeridian.*for example EPSG:32760"):
        aoi_bounds(Aoi(178, -18, -179, -16), crs)


def test_aoi_that_cannot_be_projected_is_refused():
    with pytest.raises(UsageError, match=r"can't be projected to .* choose another crs"):
        aoi_bounds(Aoi(15, -46, 16, -45), "+proj=gnom +lat_0=90 +lon_0=0 +datum=WGS84")


def test_utm_reaches_over_the_pole():
    """All that is near the pole is near every meridian."""
    left, _, right, top = aoi_bounds(Aoi(-180, 70, 180, 83), "EPSG:32633")
    assert right - 500_000 == pytest.approx(500_000 - left)
    assert right - 500_000 == pytest.approx(20 * 111_000, rel=0.03)
    assert top > 10_000_000 + 19 * 111_000


@pytest.mark.parametrize(
    ("aoi", "crs"), [(Aoi(-180, 84.5, 180, 86), 5041), (Aoi(-180, -86, 180, -84.5), 5042)]
)
def test_polar_grid_holds_the_whole_ring(aoi, crs):
    left, bottom, right, top = mosaic_geobox(aoi, 100, utm_crs(aoi)).boundingbox.bbox
    assert utm_crs(aoi) == f"EPSG:{crs}"
    # 5.5 degrees from the pole, around the false origin
    for edge, centre in ((right, 2e6), (top, 2e6)):
        assert edge - centre == pytest.approx(5.5 * 111_000, rel=0.01)
    assert (left + right, bottom + top) == (4e6, 4e6)


def test_polygon_chooses_the_zone_and_the_extent():
    """The box around it lies mostly in zone 33; most of its area doesn't."""
    triangle = {"type": "Polygon", "coordinates": [[[11.0, 47.0], [11.0, 48.0], [13.5, 47.0], [11.0, 47.0]]]}
    aoi = Aoi.from_geojson(triangle)
    assert utm_crs(Aoi(11, 47, 13.5, 48)) == "EPSG:32633"
    assert utm_crs(aoi) == "EPSG:32632"
    corners = [
        aoi_bounds(Aoi(*box), "EPSG:32632") for box in ((11, 47, 13.5, 48), (11, 47, 13.4999, 47.0001))
    ]
    left, bottom, right, top = aoi_bounds(aoi, "EPSG:32632")
    assert (left, bottom) == (corners[0][0], corners[0][1])
    assert right == pytest.approx(corners[1][2], abs=20)
    assert top < corners[0][3] - 500


def test_edge_of_the_aoi_is_followed_where_it_bends():
    """A parallel is a curve in UTM, highest away from the central meridian."""
    _, bottom, _, top = aoi_bounds(Aoi(12, 60, 18, 61), "EPSG:32633")
    _, y = Transformer.from_crs("EPSG:4326", "EPSG:32633", always_xy=True).transform([15, 12], [60, 61])
    assert bottom == pytest.approx(y[0], abs=1)
    assert top == pytest.approx(y[1], abs=1)


@pytest.mark.parametrize(
    ("text", "crs"),
    [
        ("EPSG:32633", "EPSG:32633"),
        ("32633", "EPSG:32633"),
        ("epsg:3035", "EPSG:3035"),
        ("WGS84", "EPSG:4326"),
    ],
)
def test_crs_by_its_names(text, crs):
    assert parse_crs(text) == crs


def test_crs_without_a_code_is_wkt():
    wkt = parse_crs("+proj=laea +lat_0=47 +lon_0=15 +datum=WGS84")
    assert wkt.startswith("PROJCRS[")
    assert mosaic_geobox(Aoi(15, 47, 15.1, 47.1), 100, wkt).shape == (112, 77)


def test_what_is_no_crs_is_refused():
    with pytest.raises(UsageError, match="crs 'EPSG:1' is not a CRS; give for example EPSG:32633"):
        parse_crs("EPSG:1")


@pytest.mark.parametrize(
    ("crs", "said"),
    [
        ("IAU_2015:30100", "another planet"),
        (
            "+proj=ob_tran +o_proj=longlat +o_lon_p=0 +o_lat_p=39 +lon_0=18",
            "neither projected nor geographic",
        ),
        *((code, "neither projected nor geographic") for code in ("EPSG:4978", "EPSG:5773", "EPSG:9518")),
    ],
)
def test_crs_without_a_place_on_the_map_of_the_earth_is_refused(crs, said):
    with pytest.raises(UsageError, match=said):
        parse_crs(crs)


@pytest.mark.parametrize(
    ("crs", "metres"), [("EPSG:32633", 1), ("EPSG:2263", 0.3048006), ("EPSG:4326", 111_195), ("EPSG:3857", 1)]
)
def test_units_in_metres(crs, metres):
    assert metres_per_unit(crs) == pytest.approx(metres, rel=1e-4)


def test_units_by_name():
    assert [unit_of(crs) for crs in ("EPSG:32633", "EPSG:2263", "EPSG:4326")] == [
        "m",
        "US survey foot",
        "degree",
    ]


def test_projecting_there_and_back_gives_the_area_again():
    area = EXAMPLE.geometry
    back = project(project(area, "EPSG:4326", "EPSG:32610"), "EPSG:32610", "EPSG:4326")
    assert back.symmetric_difference(area).area < 1e-6 * area.area


@given(
    st.integers(1, 90), st.integers(1, 90), st.integers(8, 64), st.integers(-200, 200), st.integers(-200, 200)
)
def test_blocks_tile_the_grid_in_the_phase_of_the_source(make_geobox, rows, columns, size, right, down):
    geobox = make_geobox((rows, columns), 10.0)
    origin = 499980.0 + 10 * right, 5300040.0 - 10 * down
    blocks = cut_blocks(geobox, size, origin)
    covered = np.zeros((rows, columns), int)
    for block in blocks:
        covered[block.window] += 1
        assert min(block.shape) >= 1
        assert max(block.shape) <= size
        assert block.rows[0] == 0 or (block.rows[0] - down) % size == 0
        assert block.columns[0] == 0 or (block.columns[0] - right) % size == 0
    assert (covered == 1).all()
    assert len(list(blocks)) == len(blocks)
    assert blocks.largest == tuple(max(block.shape[axis] for block in blocks) for axis in (0, 1))


def test_blocks_are_counted_from_the_corner_where_the_source_is_off_the_grid(make_geobox):
    geobox = make_geobox((100, 100), 100.0, (500000.0, 5300000.0))
    assert cut_blocks(geobox, 64, (499980.0, 5300040.0)) == cut_blocks(geobox, 64)
    assert cut_blocks(geobox, 64).row_edges == (0, 64, 100)


def test_blocks_know_their_place(make_geobox):
    blocks = list(cut_blocks(make_geobox((5, 7)), 4))
    assert blocks[3] == Block((1, 1), (4, 5), (4, 7))
    assert blocks[3].shape == (1, 3)
    assert blocks[3].window == (slice(4, 5), slice(4, 7))
    assert [block.index for block in blocks] == [(0, 0), (0, 1), (1, 0), (1, 1)]


def test_grid_of_a_block_is_a_part_of_the_grid(make_geobox):
    geobox = make_geobox((50, 60))
    part = geobox[Block((0, 1), (10, 30), (20, 60)).window]
    assert isinstance(part, GeoBox)
    assert part.boundingbox.bbox == (500180, 5299740, 500580, 5299940)
