"""Programs of others read our catalog, and get the pixels that are in the files."""

from __future__ import annotations

import io
import json
import shutil
import threading
import urllib.parse
import urllib.request

import imagecodecs
import morecantile
import numpy as np
import odc.stac
import pyarrow.parquet
import pystac
import pystac_client
import pytest
import rasterio
import uvicorn
from fastapi import FastAPI
from rasterio.warp import Resampling, reproject
from rio_tiler.io import STACReader
from stac_geoparquet import arrow
from titiler.core.factory import MultiBaseTilerFactory

from stac_output import check_output

pytestmark = [
    pytest.mark.xdist_group("demo"),
    # of the clients themselves
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),
    pytest.mark.filterwarnings("ignore::pystac_client.warnings.PystacClientWarning"),
]

MONTHS = ("2020-10", "2020-11")
BANDS = ("red", "green", "blue", "nir")
OPTIONS = (
    *("--start-date", "2020-10-01", "--end-date", "2020-11-30", "--aoi=-122.27,47.55,-122.0,47.74"),
    *(option for band in BANDS for option in ("--bands", band)),
    *("--resolution", "60", "--max-cloud-cover", "40", "--geoparquet"),
)


@pytest.fixture(scope="module")
def output(demo_archive, mosaic_command, tmp_path_factory):
    """A folder that was moved since it was made."""
    place = tmp_path_factory.mktemp("clients")
    outcome = mosaic_command(
        *OPTIONS, "--stac-url", str(demo_archive.catalog), "--output-dir", "made", cwd=place
    )
    assert outcome.code == 0, outcome.err
    moved = place / "elsewhere" / "moved"
    moved.parent.mkdir()
    shutil.move(place / "made", moved)
    check_output(moved)
    return moved


@pytest.fixture(scope="module")
def items(output):
    return list(pystac.Catalog.from_file(str(output / "catalog.json")).get_items(recursive=True))


def read(output, month, suffix=""):
    with rasterio.open(output / f"monthly-mosaic-{month}" / f"monthly-mosaic-{month}{suffix}.tif") as file:
        return file.read()


def test_odc_stac_loads_the_pixels(output, items):
    names = [f"mosaic.{number}" for number in range(1, 5)]
    dataset = odc.stac.load(items, bands=[*names, "count"])
    assert [str(time)[:7] for time in dataset.time.values] == list(MONTHS)
    for place, month in enumerate(MONTHS):
        pixels = np.stack([dataset[name].values[place] for name in names])
        np.testing.assert_array_equal(pixels, read(output, month))
        np.testing.assert_array_equal(dataset["count"].values[place], read(output, month, "-count")[0])
    assert dataset["mosaic.1"].dtype == np.uint16
    assert dataset["mosaic.1"].attrs["nodata"] == 0


def test_pystac_client_walks_the_catalog_and_keeps_an_item_collection(output, items, tmp_path):
    with pytest.warns(pystac_client.warnings.NoConformsTo):
        client = pystac_client.Client.open(str(output / "catalog.json"))
    assert [one.id for one in client.get_collections()] == ["monthly-mosaics"]
    found = list(client.get_items(recursive=True))
    assert [item.id for item in found] == [f"monthly-mosaic-{month}" for month in MONTHS]
    kept = tmp_path / "items.json"
    absolute = [item.clone().make_asset_hrefs_absolute() for item in items]
    pystac.ItemCollection(absolute).save_object(str(kept))
    for item, month in zip(pystac.ItemCollection.from_file(str(kept)), MONTHS, strict=True):
        with rasterio.open(item.assets["mosaic"].href) as file:
            np.testing.assert_array_equal(file.read(), read(output, month))


def test_rio_tiler_reads_assets_by_the_names_of_bands(output, items):
    for item, month in zip(items, MONTHS, strict=True):
        with STACReader(item.get_self_href()) as reader:
            assert set(reader.assets) == {"mosaic", "count", "visual"}
            image = reader.preview(assets=["mosaic"], max_size=None)
            near = reader.preview(assets=[{"name": "mosaic", "bands": ["nir"]}], max_size=None)
        pixels = read(output, month)
        np.testing.assert_array_equal(image.array.filled(0), pixels)
        np.testing.assert_array_equal(np.ma.getmaskarray(image.array), pixels == 0)
        np.testing.assert_array_equal(near.array.filled(0)[0], pixels[3])


def test_the_table_is_what_the_items_are(output, items):
    table = pyarrow.parquet.read_table(output / "items.parquet")
    geo = json.loads(table.schema.metadata[b"geo"])
    assert geo["primary_column"] == "geometry"
    kept = json.loads(table.schema.metadata[b"stac-geoparquet"])["collections"]
    assert kept["monthly-mosaics"]["id"] == "monthly-mosaics"
    rows = list(arrow.stac_table_to_items(table))
    for row, item in zip(rows, items, strict=True):
        written = json.loads((output / item.id / f"{item.id}.json").read_text())
        assert row["id"] == item.id
        assert row["geometry"] == written["geometry"]
        assert row["bbox"] == written["bbox"]
        dates = {"start_datetime", "end_datetime"}
        for key in written["properties"].keys() - dates:
            assert row["properties"][key] == written["properties"][key], key
        for key, asset in row["assets"].items():
            assert (output / asset["href"]).is_file()
            assert asset["file:checksum"] == written["assets"][key]["file:checksum"]
        for link in row["links"]:
            assert (output / link["href"]).is_file() or link["rel"] == "derived_from"


@pytest.fixture(scope="module")
def tiles():
    """A tile server for STAC items, on loopback; gets what it answers."""
    app = FastAPI()
    app.include_router(MultiBaseTilerFactory(reader=STACReader).router)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
    began, startup = threading.Event(), server.startup

    async def start(*arguments, **options):
        await startup(*arguments, **options)
        began.set()

    server.startup = start
    thread = threading.Thread(target=server.run)
    thread.start()
    assert began.wait(60)
    (host, port), *_ = (socket.getsockname() for socket in server.servers[0].sockets)

    def get(path, item, query):
        query = urllib.parse.urlencode([("url", item.get_self_href()), *query])
        with urllib.request.urlopen(f"http://{host}:{port}/{path}?{query}", timeout=240) as answer:
            return answer.read()

    yield get
    server.should_exit = True
    thread.join(60)


def image(data):
    """Bands and mask of an answer in numpy's format."""
    bands = np.load(io.BytesIO(data))
    return bands[:-1], bands[-1] > 0


def test_titiler_serves_a_tile(output, items, tiles):
    """At a resolution like the mosaic's; every pixel is that of the file below its centre."""
    grid = morecantile.tms.get("WebMercatorQuad")
    tile = grid.tile(-122.15, 47.64, 11)
    data = tiles(f"tiles/WebMercatorQuad/11/{tile.x}/{tile.y}.npy", items[0], [("assets", "mosaic")])
    bands, valid = image(data)
    expected = np.zeros((4, 256, 256), np.uint16)
    with rasterio.open(output / "monthly-mosaic-2020-10/monthly-mosaic-2020-10.tif") as file:
        reproject(
            rasterio.band(file, [1, 2, 3, 4]),
            expected,
            dst_transform=rasterio.transform.from_bounds(*grid.xy_bounds(tile), 256, 256),
            dst_crs="EPSG:3857",
            dst_nodata=0,
            resampling=Resampling.nearest,
        )
    assert valid.mean() > 0.5
    np.testing.assert_array_equal(valid, expected[0] > 0)
    # the warper's approximation may take a neighbour for a centre that is next to an edge
    assert (bands[:, valid] == expected[:, valid]).mean() > 0.98


def query(render):
    """What the render extension says is to be asked of titiler."""
    (asset,), (bands,) = render["assets"], render["bands"]
    return [
        ("assets", f"{asset}|bands={','.join(bands)}"),
        *(("rescale", f"{least},{most}") for least, most in render["rescale"]),
        *((key, render[key]) for key in ("expression", "color_formula", "colormap_name") if key in render),
        ("max_size", 1024),
    ]


def test_true_colour_is_drawn_like_the_picture(output, items, tiles):
    for item, month in zip(items, MONTHS, strict=True):
        drawn, valid = image(tiles("preview.npy", item, query(item.properties["renders"]["true-colour"])))
        picture = read(output, month, "-visual")
        np.testing.assert_array_equal(valid, picture.any(axis=0))
        # the server cuts to 8 bits before the gamma, which makes steps of 8 in the dark
        difference = np.abs(drawn.astype(int) - picture)[:, valid]
        assert difference.max() <= 8
        assert difference.mean() < 3


def test_ndvi_is_drawn_with_its_colours(output, items, tiles):
    render = items[0].properties["renders"]["ndvi"]
    plain = [(key, value) for key, value in query(render) if key not in {"rescale", "colormap_name"}]
    drawn, valid = image(tiles("preview.npy", items[0], plain))
    red, _, _, near = read(output, "2020-10").astype(float)
    np.testing.assert_array_equal(valid, red > 0)
    index = (near - red) / np.maximum(near + red, 1)
    np.testing.assert_allclose(drawn[0][valid], index[valid], rtol=1e-6)
    picture = imagecodecs.png_decode(tiles("preview.png", items[0], query(render)))
    green = picture[..., 1].astype(int) - picture[..., 0]
    # from red over yellow to green
    assert green[valid & (index > 0.6)].min() > 0
    assert green[valid & (index < -0.3)].max(initial=-1) < 0
