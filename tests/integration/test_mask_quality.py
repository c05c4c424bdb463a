"""The masks reach what they are there for, measured as in ``docs/quality.md``."""

from importlib.util import find_spec

import pytest
from benchmarks.quality.__main__ import on_real, on_synthetic
from benchmarks.quality.bars import missed_in_clear_month, missed_in_hard_weather, missed_on_real
from benchmarks.quality.real import real_tile
from benchmarks.quality.recipes import RECIPES
from benchmarks.quality.synthetic import hard_weather, synthetic_month

from cloudless_mosaic.synthetic.archive import ArchiveSpec, build_archive

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("demo")]

KNOWN = {one.name: one for one in RECIPES}


def test_real_pixels(shared_data):
    found = on_real(real_tile(shared_data / "real-33TWL"), [KNOWN["multidate"], KNOWN["scl"]])
    assert not list(missed_on_real(found))
    # the bars can be missed: the classification alone does
    worse = type(found)(found.title, {"multidate": found.errors["scl"]})
    assert len(list(missed_on_real(worse))) == 2


@pytest.mark.chaos
@pytest.mark.skipif(not find_spec("ukis_csmask"), reason="the extra ukis is not installed")
def test_real_pixels_with_a_network(shared_data):
    assert not list(missed_on_real(on_real(real_tile(shared_data / "real-33TWL"), [KNOWN["ukis"]])))


def test_a_clear_month(demo_archive):
    found = on_synthetic(synthetic_month(demo_archive, "2020-10", 25.0), [KNOWN["multidate"], KNOWN["scl"]])
    assert not list(missed_in_clear_month(found))
    worse = type(found)(found.title, {**found.whole, "multidate": found.whole["scl"]}, {})
    assert len(list(missed_in_clear_month(worse))) == 2


@pytest.mark.chaos
def test_hard_weather(tmp_path):
    archive = build_archive(tmp_path / "hard", ArchiveSpec.hard())
    kinds = [on_synthetic(case, [KNOWN["multidate"], KNOWN["scl"]]) for case in hard_weather(archive)]
    assert len(kinds) == 9
    assert not [line for kind in kinds for line in missed_in_hard_weather(kind)]
