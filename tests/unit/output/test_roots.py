"""The collection and the table of items, through runs, repairs, other plans and merges."""

import json
import sys

import pytest
from pyarrow import parquet
from stac_geoparquet import arrow

from cloudless_mosaic.domain.aoi import Aoi
from cloudless_mosaic.domain.request import Shard
from cloudless_mosaic.errors import TemporaryError, UsageError
from cloudless_mosaic.output import BlockSink, geoparquet, roots
from cloudless_mosaic.output.merge import merge_shards
from stac_output import check_output

pytestmark = pytest.mark.slow

NAME = "monthly-mosaic-2020-10"


def tree(root):
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.fixture
def small(plan_of, month_of):
    return month_of(plan_of(("red",), resolution=200.0))


@pytest.fixture
def other(plan_of, month_of):
    return month_of(plan_of(("red",), resolution=300.0))


def test_a_table_is_there_where_it_was_asked_for(tmp_path, small, run):
    run(small, tmp_path / "with", geoparquet=True)
    run(small, tmp_path / "without")
    more = tree(tmp_path / "with").keys() - tree(tmp_path / "without").keys()
    assert more == {"items.parquet"}
    (asset,) = json.loads((tmp_path / "with" / "collection.json").read_text())["assets"].values()
    assert asset["roles"] == ["collection-mirror"]
    assert asset["type"] == "application/vnd.apache.parquet"


@pytest.mark.parametrize(
    "changes",
    [
        {"aoi": Aoi(179.9, -17, -179.9, -16.9)},
        {"crs": "+proj=laea +lat_0=47 +lon_0=-122"},
        {"crs": "EPSG:4326", "resolution": 0.004},
    ],
)
def test_a_table_is_made_of_items_anywhere(tmp_path, plan_of, month_of, run, changes):
    run(month_of(plan_of(**{"bands": ("red",), "resolution": 200.0} | changes)), tmp_path, geoparquet=True)
    (row,) = arrow.stac_table_to_items(parquet.read_table(tmp_path / "items.parquet"))
    item = json.loads((tmp_path / NAME / f"{NAME}.json").read_text())
    assert row["geometry"] == item["geometry"]
    assert row["bbox"] == item["bbox"]
    assert row["properties"]["proj:geometry"] == item["properties"]["proj:geometry"]


def test_the_same_items_give_the_same_table(tmp_path, small, run):
    first, second = (run(small, tmp_path / name, geoparquet=True).parent for name in "ab")
    assert tree(first) == tree(second)


def test_a_table_comes_and_goes_with_the_option(tmp_path, small, run):
    run(small, tmp_path / "undisturbed")
    for wanted in (False, True, True, False):
        run(small, tmp_path / "out", geoparquet=wanted)
        assert (tmp_path / "out" / "items.parquet").exists() == wanted
    assert tree(tmp_path / "out") == tree(tmp_path / "undisturbed")


def test_another_plan_takes_the_table_away(tmp_path, small, other, run):
    run(small, tmp_path, geoparquet=True)
    run(other, tmp_path, overwrite=True)
    assert not (tmp_path / "items.parquet").exists()


def test_a_table_of_something_else_is_never_touched(tmp_path, small, run):
    (tmp_path / "items.parquet").write_bytes(b"mine")
    with pytest.raises(UsageError, match=r"has an items\.parquet of something else; .* leave out geopar"):
        run(small, tmp_path, geoparquet=True, overwrite=True)
    run(small, tmp_path)
    assert (tmp_path / "items.parquet").read_bytes() == b"mine"


def test_without_its_library_a_table_is_refused_before_work(tmp_path, small, output, monkeypatch):
    monkeypatch.setattr(geoparquet, "find_spec", lambda _: None)
    with (
        pytest.raises(UsageError, match="pip install stac-geoparquet"),
        output(small.plan, tmp_path, geoparquet=True),
    ):
        pass


def test_without_a_table_its_library_is_not_loaded(tmp_path, small, run, monkeypatch):
    monkeypatch.setitem(sys.modules, "stac_geoparquet", None)
    assert run(small, tmp_path) == tmp_path / "catalog.json"
    assert not (tmp_path / "items.parquet").exists()


@pytest.mark.parametrize("content", ["{}", '{"id": "sentinel-2-l2a"}', "not JSON"])
def test_the_collection_of_something_else_is_never_touched(tmp_path, small, run, content):
    (tmp_path / "collection.json").write_text(content)
    with pytest.raises(UsageError, match=r"has a collection\.json that isn't one of mosaics; choose another"):
        run(small, tmp_path, overwrite=True)
    assert tree(tmp_path) == {"collection.json": content.encode()}


def test_a_collection_without_its_catalog_is_of_a_run_that_was_killed(tmp_path, small, other, run):
    before = tree(run(small, tmp_path).parent)
    (tmp_path / "catalog.json").unlink()
    with pytest.raises(UsageError, match=r"has mosaics of another plan: resolution is 200\.0 there"):
        run(other, tmp_path)
    run(small, tmp_path)
    assert tree(tmp_path) == before


def test_the_catalog_comes_last_and_goes_first(tmp_path, small, run, monkeypatch):
    written = []
    monkeypatch.setattr(
        roots, "write_whole", lambda path, data: (written.append(path.name), path.write_bytes(data))
    )
    run(small, tmp_path, geoparquet=True)
    assert written == ["collection.json", "items.parquet", "catalog.json"]


@pytest.mark.parametrize("name", ["collection.json", "items.parquet", "catalog.json"])
def test_whatever_document_a_run_ends_at_the_next_one_makes_good(
    tmp_path, small, other, run, monkeypatch, name
):
    expected = tree(run(small, tmp_path / "undisturbed", geoparquet=True).parent)
    expected_of_other = tree(run(other, tmp_path / "other").parent)
    write_whole = roots.write_whole

    def end(path, data):
        if path.name == name:
            raise TemporaryError("no space")
        write_whole(path, data)

    for month, wanted in ((small, True), (other, False)):
        root = tmp_path / f"out-{wanted}"
        with monkeypatch.context() as patch:
            patch.setattr(roots, "write_whole", end)
            with pytest.raises(TemporaryError):
                run(small, root, geoparquet=True)
        assert not (root / "catalog.json").exists()
        run(month, root, geoparquet=wanted, overwrite=month is other)
        assert tree(root) == (expected if wanted else expected_of_other)


def shards_of(month, root, output, **changes):
    """Two shards, of which the first has the mosaic."""
    for number in (1, 2):
        with output(month.plan, root / str(number), shard=Shard(number, 2), **changes) as opened:
            results = []
            for mosaic in opened.mosaics:
                sink = BlockSink(opened, mosaic)
                for composite in month.composites():
                    sink.write(composite)
                results.append(sink.close())
            opened.complete(results)
        yield root / str(number)


@pytest.mark.parametrize("table", [False, True])
def test_shards_are_merged_to_what_one_run_writes(tmp_path, small, output, table):
    with output(small.plan, tmp_path / "whole", geoparquet=table) as opened:
        sink = BlockSink(opened, opened.mosaics[0])
        for composite in small.composites():
            sink.write(composite)
        opened.complete([sink.close()])
    shards = list(shards_of(small, tmp_path, output, geoparquet=table))
    for order in (shards, shards[::-1]):
        merge_shards(order, tmp_path / "merged")
        check_output(tmp_path / "merged")
        assert tree(tmp_path / "merged") == tree(tmp_path / "whole")


def test_an_unfinished_shard_is_not_merged(tmp_path, small, output):
    first, second = shards_of(small, tmp_path, output)
    (second / "collection.json").unlink()
    with pytest.raises(UsageError, match=r"2 has no collection\.json: its run isn't finished"):
        merge_shards([first, second], tmp_path / "merged")


def test_a_merge_never_touches_a_table_of_something_else(tmp_path, small, output):
    shards = list(shards_of(small, tmp_path, output, geoparquet=True))
    (tmp_path / "merged").mkdir()
    (tmp_path / "merged" / "items.parquet").write_bytes(b"mine")
    with pytest.raises(UsageError, match=r"has an items\.parquet of something else"):
        merge_shards(shards, tmp_path / "merged")
    assert tree(tmp_path / "merged") == {"items.parquet": b"mine"}


def test_a_merge_into_a_folder_that_cannot_be_read_is_a_usage_error(tmp_path, small, output):
    shards = list(shards_of(small, tmp_path, output))
    (tmp_path / "merged" / "catalog.json").mkdir(parents=True)
    with pytest.raises(UsageError, match="can't be written to: is a directory"):
        merge_shards(shards, tmp_path / "merged")
    assert [path.name for path in (tmp_path / "merged").iterdir()] == ["catalog.json"]
