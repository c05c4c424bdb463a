"""Reducers on the five dates of a real series, against numpy and geomad."""

from datetime import UTC, datetime

import geomad
import numpy as np
import pytest
import rasterio

from cloudless_mosaic.reducers import Stack, parse_reducer
from geometric_medians import solve
from reducer_oracles import ORACLES

CLEAR = 2, 4, 5, 6, 7, 11
BANDS = "B08", "B04", "B02", "B03"


@pytest.fixture(scope="module")
def series(shared_data):
    """Clear pixels of a real granule at 120 m, every ninth; its days in the month of the oracles."""
    folders = sorted((shared_data / "real-33TWL").glob("S2*"), key=lambda path: path.name.split("_")[2])

    def read(name):
        planes = []
        for folder in folders:
            with rasterio.open(folder / f"{name}.tif") as file:
                planes.append(file.read(1)[::9, ::9])
        return np.array(planes)

    values = np.array([read(band) for band in BANDS])
    values[:, ~np.isin(read("SCL"), CLEAR)] = 0
    days = [int(folder.name.split("_")[2][-2:]) for folder in folders]
    times = tuple(datetime(2020, 10, day, 10, tzinfo=UTC) for day in days)
    span = datetime(2020, 10, 1, tzinfo=UTC), datetime(2020, 11, 1, tzinfo=UTC)
    return Stack(values.astype(np.uint16), times, BANDS, span)


@pytest.mark.parametrize("text", [text for text in ORACLES if text != "geomedian"])
def test_a_reducer_gives_what_its_oracle_gives(series, text):
    part = Stack(series.values[:, :, ::3, ::3].copy(), series.times, series.bands, series.span)
    np.testing.assert_array_equal(parse_reducer(text).reduce(part).data, ORACLES[text](part))


@pytest.fixture(scope="module")
def geomedians(series):
    """Ours with its spread, geomad's in single precision, and its reflectances, axes (y, x, band, time)."""
    ours = parse_reducer("geomedian").reduce_with_spread(series)
    clear = np.where((series.values > 0).all(axis=0), series.values.astype(np.float32), np.float32(np.nan))
    observed = np.ascontiguousarray((clear * np.float32(1e-4)).transpose(2, 3, 0, 1))
    theirs = geomad.nangeomedian_pcm(observed, maxiters=1000, eps=np.float32(1e-7), num_threads=1)
    return ours, theirs, observed


def test_the_geometric_median_is_the_proven_one_and_that_of_geomad_where_its_iteration_ends(geomedians):
    """Of two observations every point between them is one; ours is the middle.

    geomad stops after 1000 iterations. Where the valley around the point is flat that is too early, so ours
    is compared with a solver in double precision that bounds its own error: at all pixels where the two
    differ, and at some others.
    """
    ours, theirs, observed = geomedians
    theirs, found = 1e4 * theirs.astype(float), ours.data.transpose(1, 2, 0)
    apart = np.abs(found - theirs).max(axis=-1)
    known = ours.count >= 3
    other = known & (apart > 0.51)
    assert (apart[ours.count == 1] < 0.01).all()
    assert other.sum() < 0.01 * known.sum()
    for row, column in (*np.argwhere(other), *np.argwhere(known & ~other)[::40]):
        values = 1e4 * observed[row, column].T.astype(float)
        best, off, _ = solve(np.rint(values[~np.isnan(values[:, 0])]))
        assert off < 1e-3
        assert np.abs(found[row, column] - best).max() <= 0.5 + 2e-3
        if other[row, column]:
            assert np.abs(theirs[row, column] - best).max() > 2e-3


@pytest.mark.filterwarnings("ignore:All-NaN slice:RuntimeWarning")
@pytest.mark.parametrize(
    ("plane", "deviation", "scale"),
    [(0, geomad.emad_pcm, 1e4), (1, geomad.smad_pcm, 1), (2, geomad.bcmad_pcm, 1)],
)
def test_deviations_are_those_of_geomad(geomedians, plane, deviation, scale):
    ours, theirs, observed = geomedians
    expected = scale * deviation(observed, theirs, num_threads=1)
    apart = np.abs(ours.data.transpose(1, 2, 0) - 1e4 * theirs).max(axis=-1)
    compared = (ours.count >= 3) & (apart <= 0.51)
    found = ours.spread[plane]
    close = np.abs(found - expected) <= 1e-4 * np.abs(expected) + 1e-6 * scale
    # where the valley of the point is flat, a step of geomad's that is too short to go on moves the distances
    assert close[compared].mean() > 0.95
