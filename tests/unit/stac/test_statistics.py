import numpy as np
import pytest

from cloudless_mosaic.compositing.facts import BlockFacts
from cloudless_mosaic.stac.statistics import BandStatistics, PeriodTotals


def test_statistics_are_those_of_the_whole_period(plan, month):
    totals = PeriodTotals(4)
    for composite in month.composites(seed=3):
        totals.add(BlockFacts.of(composite))
    for band, found in zip(month.data, totals.bands, strict=True):
        valid = band[band > 0]
        assert (found.count, found.minimum, found.maximum) == (valid.size, valid.min(), valid.max())
        assert found.mean == pytest.approx(valid.mean(), rel=1e-12)
        assert found.stddev == pytest.approx(valid.std(), rel=1e-9)
    assert totals.clear_pixels == np.count_nonzero(month.count)
    assert totals.mean_count == round(float(month.count.mean()), 4)
    assert totals.reading.observations == 4 * len(plan.blocks)


def test_order_changes_nothing(month):
    found = []
    for seed in (None, 1, 2):
        totals = PeriodTotals(4)
        for composite in month.composites(seed):
            totals.add(BlockFacts.of(composite))
        found.append((totals.bands, totals.used, totals.reading.lost))
    assert found[0] == found[1] == found[2]


def test_without_a_pixel_all_is_zero():
    assert PeriodTotals(1).bands == (BandStatistics(0, 0, 0, 0.0, 0.0),)
