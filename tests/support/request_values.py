"""Values for the fields of requests."""

from datetime import date
from pathlib import Path

from hypothesis import strategies as st

from cloudless_mosaic.domain.aoi import Aoi
from cloudless_mosaic.domain.periods import PERIODS
from cloudless_mosaic.domain.provider import ProviderProfile
from cloudless_mosaic.domain.providers import NAMED_PROVIDERS
from cloudless_mosaic.domain.request import Shard
from cloudless_mosaic.domain.scenes import SourceGrid
from cloudless_mosaic.masks.classes import SCL_CLASSES
from cloudless_mosaic.reducers import REDUCERS

WORDS = st.text("abcdefgh", min_size=1, max_size=8)
ADDRESSES = WORDS.map("https://stac.example/{}".format)
METRES = st.integers(1, 5000).map(float)
PERCENT = st.integers(0, 100).map(float)
CODES = st.sets(st.sampled_from(sorted(SCL_CLASSES)), min_size=1).map(lambda codes: tuple(sorted(codes)))
MASK_OPTION = {"multidate": "haze", "scl": "opening"}
"""An option of each mask that is the default of a program."""
BOXES = st.builds(Aoi, *(st.integers(low, low + 9).map(float) for low in (-125, 40, -115, 50)))
BANDS = st.lists(st.sampled_from(["red", "green", "blue", "nir"]), min_size=1, unique=True).map(tuple)


def _grid(edge):
    return SourceGrid("EPSG:32633", (10.0 * edge, 0.0, 0.0, 0.0, -10.0 * edge, 0.0), (edge, edge))


VALUES = {
    "start_date": st.dates(date(2018, 1, 1), date(2020, 10, 1)),
    "end_date": st.dates(date(2020, 12, 31), date(2024, 1, 1)),
    "aoi": BOXES,
    "bands": BANDS,
    "collection": WORDS,
    "stac_url": ADDRESSES,
    "headers": WORDS.map(lambda word: (("X-Api-Key", word),)),
    "provider": st.sampled_from([None, *NAMED_PROVIDERS]),
    "profile": st.none() | WORDS.map(lambda name: ProviderProfile(name=name, offset="raw")),
    "boa_offset": st.sampled_from([None, 0, -1000]),
    "resolution": METRES,
    "crs": st.none() | st.integers(32601, 32660).map("EPSG:{}".format),
    "max_items": st.integers(1, 10_000),
    "max_cloud_cover": PERCENT,
    "mask": st.sampled_from(["multidate", "scl", "none"]),
    "clear_classes": CODES,
    "cloud_dilation": METRES,
    "exact": st.booleans(),
    "reducer": st.sampled_from(["median", "percentile:25", "mean", "nearest:2020-10-15", "first", "last"]),
    "layers": st.sampled_from([(), ("date",), ("date", "flags")]),
    "indices": st.sampled_from([(), ("NDVI",), ("NDVI", "GNDVI")]),
    "index_of": st.sampled_from(["composite", "dates"]),
    "period": st.sampled_from(list(PERIODS)),
    "window": st.sampled_from([None, "120months", "110months"]),
    "fill": st.sampled_from(["none", "window:15", "neighbours:2", "interpolate,relax"]),
    "grid": st.sampled_from([None, "landsat", "eea"]),
    "like": st.none() | st.integers(1, 9).map(_grid),
    "clip": st.booleans(),
    "every_year": st.sampled_from([None, "06-01..12-31", "10-01..02-28"]),
    "compression": st.sampled_from(["deflate", "zstd"]),
    "max_lost": PERCENT,
    "output_dir": WORDS.map(Path),
    "overwrite": st.booleans(),
    "name": st.none() | WORDS,
    "tile_size": st.none() | st.integers(1, 50).map(lambda number: 512 * number),
    "shard": st.none() | st.integers(1, 9).map(lambda number: Shard(number, 9)),
    "geoparquet": st.booleans(),
    "workers": st.none() | st.integers(1, 99),
    "cluster": st.sampled_from([None, "local"]),
    "worker_memory": st.none() | st.integers(1, 99).map(float),
    "gateway_url": st.none() | ADDRESSES,
    "wait_workers": st.integers(0, 1000).map(float),
    "pre_fire_url": ADDRESSES,
    "post_fire_url": ADDRESSES,
    "index": st.sampled_from(["dnbr", "rbr", "bai"]),
}


CHOICES = {"reducer": REDUCERS, "period": PERIODS}
"""Registries of the fields that name a value of one."""


def has_two_values(name):
    """False for a field whose registry has a single value so far."""
    return len(CHOICES.get(name, "two")) > 1


def two_values(name, mask="multidate"):
    """Pairs of different values of a field, for a request with this mask."""
    option = st.integers(1, 5000).map(lambda number: ((MASK_OPTION[mask], str(number)),))
    values = option if name == "mask_options" else VALUES[name]
    return st.tuples(values, values).filter(lambda pair: pair[0] != pair[1])
