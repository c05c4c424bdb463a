from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudless_mosaic.compositing.pixel_mapping import Window
from cloudless_mosaic.compositing.plausibility import (
    Classified,
    PixelStatistics,
    band_statistics,
    class_statistics,
    reason_for_rejection,
    sampled_rows,
    scene_notes,
)

VEGETATION, SOIL, WATER, CLOUD = 4, 5, 6, 9
TWICE = "contradict the offset of -1000"
STILL_IN = "contradict the offset of 0"


@pytest.fixture(scope="session")
def look(make_grid):
    """Statistics of a whole band of 10 m under a classification of 20 m."""

    def looking(samples, scl, *, band="B04", offset=0, masked=True):
        grid, scl_grid = make_grid(samples.shape), make_grid(scl.shape, 20)
        clear = np.isin(scl, (VEGETATION, SOIL, WATER)).repeat(2, 0).repeat(2, 1)
        rows, (height, width) = sampled_rows(samples.shape), samples.shape
        return band_statistics(
            samples[rows],
            clear[:height, :width][rows],
            band=band,
            offset=offset,
            part=(grid, Window(0, 0, samples.shape)),
            classified=Classified(scl, scl_grid, Window(0, 0, scl.shape)) if masked else None,
        )

    return looking


def pixels(value, shape=(128, 128)):
    return np.full(shape, value, np.uint16)


def codes(code, shape=(64, 64)):
    return np.full(shape, code, np.uint8)


def words(statistics):
    return " | ".join(text for text, _ in scene_notes(statistics))


@pytest.mark.parametrize("shape", [(1, 1), (7, 300), (64, 64), (128, 96), (1024, 1024)])
def test_a_window_of_any_size_gives_some_thousand_samples(look, shape):
    statistics = look(pixels(900, shape), codes(SOIL, (-(-shape[0] // 2), -(-shape[1] // 2))), masked=False)
    assert min(shape[0] * shape[1], 4096) * 0.2 <= statistics.clear <= 4096 * 4


def test_clear_pixels_alone_are_counted(look):
    scl = codes(VEGETATION)
    scl[:, 32:] = CLOUD
    statistics = look(pixels(300), scl)
    assert statistics.clear == statistics.dark
    assert 0 < statistics.clear < look(pixels(300), codes(VEGETATION)).clear


def test_class_of_a_sample_is_that_of_the_pixel_around_it(make_grid):
    """A window of a band, and another of the classification, which begins before it."""
    rng = np.random.default_rng(4)
    scl = rng.choice(np.array([VEGETATION, SOIL], np.uint8), (40, 40))
    band_window, scl_window = Window(12, 18, (40, 30)), Window(4, 6, (30, 30))
    rows = sampled_rows(band_window.shape)
    statistics = band_statistics(
        pixels(300, band_window.shape)[rows],
        np.ones(band_window.shape, bool)[rows],
        band="B04",
        offset=0,
        part=(make_grid((80, 80)), band_window),
        classified=Classified(scl[scl_window.slices], make_grid((40, 40), 20), scl_window),
    )
    under = scl.repeat(2, 0).repeat(2, 1)[band_window.slices]
    assert statistics.dark == (under == VEGETATION).sum()
    assert statistics.clear == under.size


@pytest.mark.parametrize(
    ("band", "code", "counted"),
    [
        ("B04", VEGETATION, True),
        ("B03", WATER, True),
        ("B04", 2, True),
        ("B12", WATER, True),
        ("B08", WATER, True),
        ("B08", VEGETATION, False),
        ("B02", WATER, False),
        ("B04", SOIL, False),
        ("B05", WATER, False),
    ],
)
def test_dark_land_depends_on_the_band(make_grid, band, code, counted):
    rows = sampled_rows((128, 128))
    statistics = band_statistics(
        pixels(300)[rows],
        np.ones((128, 128), bool)[rows],
        band=band,
        offset=0,
        part=(make_grid((128, 128)), Window(0, 0, (128, 128))),
        classified=Classified(codes(code), make_grid((64, 64), 20), Window(0, 0, (64, 64))),
    )
    assert (statistics.dark > 0) == counted


@pytest.mark.parametrize(
    ("truth", "in_pixels", "decided", "said"),
    [
        (300, 1000, -1000, ""),
        (300, 0, 0, ""),
        (300, 0, -1000, TWICE),
        (300, 1000, 0, STILL_IN),
        # dark water comes out a bit below zero in products that are right
        (-30, 1000, -1000, ""),
        (1, 0, 0, ""),
        (60, 0, -1000, TWICE),
    ],
)
@pytest.mark.parametrize("code", [VEGETATION, WATER])
def test_offset_against_dark_land(look, truth, in_pixels, decided, said, code):
    spread = np.random.default_rng(1).integers(-40, 40, (128, 128))
    samples = np.clip(truth + in_pixels + spread, 1, None).astype(np.uint16)
    found = list(scene_notes(look(samples, codes(code), offset=decided)))
    assert [text for text, _ in found if said and said in text] == [text for text, _ in found]
    assert len(found) == bool(said)
    assert all(warning for _, warning in found)


def test_bright_land_says_nothing_of_the_offset(look):
    assert not words(look(pixels(2500), codes(SOIL)))


def test_a_hazy_lake_is_outvoted_by_the_rest_of_the_scene(look):
    haze = look(pixels(1300), codes(WATER))
    assert STILL_IN in words(haze)
    assert not words(haze.plus(look(pixels(250), codes(VEGETATION))))


def test_a_few_dark_pixels_prove_nothing(look):
    assert not words(look(pixels(1300, (16, 16)), codes(WATER, (8, 8))))


@pytest.mark.parametrize("value", [65036, 20001])
def test_impossible_reflectances_lose_the_observation(look, value):
    statistics = look(pixels(value), codes(VEGETATION))
    assert "impossible" in reason_for_rejection(statistics)
    assert reason_for_rejection(look(pixels(20000), codes(VEGETATION))) is None


def test_some_impossible_reflectances_are_a_warning(look):
    samples = pixels(400)
    samples[:, :2] = 65036
    statistics = look(samples, codes(VEGETATION))
    assert reason_for_rejection(statistics) is None
    assert list(scene_notes(statistics)) == [
        ("some of its pixels are impossible: reflectances above 2", True)
    ]


def test_a_glint_is_no_finding(look):
    samples = pixels(400, (1024, 1024))
    samples[504:520, 504:520] = 30000
    assert not words(look(samples, codes(VEGETATION, (512, 512))))


def test_zeros_where_the_classification_is_clear_lose_the_observation(look):
    """What a proxy makes of a tile that it can't fetch."""
    assert "no data where its scene classification is clear" in reason_for_rejection(
        look(pixels(0), codes(SOIL))
    )
    samples = pixels(900)
    samples[:, :16] = 0
    statistics = look(samples, codes(SOIL))
    assert reason_for_rejection(statistics) is None
    assert "no data where its scene classification is clear" in words(statistics)
    samples[:, :16] = 900
    samples[:, :2] = 0
    assert not words(look(samples, codes(SOIL)))


def test_data_outside_of_the_classification_is_a_note(look):
    scl = codes(SOIL)
    scl[:, 40:] = 0
    statistics = look(pixels(900), scl)
    assert reason_for_rejection(statistics) is None
    assert list(scene_notes(statistics)) == [
        ("bands have data where its scene classification has none; that doesn't count", False)
    ]


def test_codes_that_do_not_exist():
    scl = codes(VEGETATION)
    assert class_statistics(scl, 0) == PixelStatistics(classes=4096)
    scl[0, 0] = 12
    odd = class_statistics(scl, 0)
    assert reason_for_rejection(odd) is None
    assert "codes above 11" in words(odd)
    scl[:10] = 200
    assert "codes above 11" in reason_for_rejection(class_statistics(scl, 0))


def test_a_sliver_proves_nothing(look):
    assert reason_for_rejection(look(pixels(0, (8, 8)), codes(SOIL, (4, 4)))) is None
    assert reason_for_rejection(class_statistics(codes(99, (4, 4)), 0)) is None


def test_without_a_mask_only_what_has_data_is_looked_at(look):
    samples = pixels(0)
    samples[:64] = 65000
    statistics = look(samples, codes(0), masked=False)
    assert statistics.missing == statistics.unclassified == statistics.dark == 0
    assert "impossible" in reason_for_rejection(statistics)


COUNTS = st.builds(PixelStatistics, st.just(-1000), *(st.integers(0, 10**6) for _ in range(8)))


@given(COUNTS, COUNTS, COUNTS)
def test_statistics_add_up_in_any_order(one, two, three):
    assert one.plus(two).plus(three) == three.plus(one).plus(two)
    assert one.plus(PixelStatistics(-1000)) == one


@given(COUNTS)
def test_no_counts_crash_and_every_line_is_one_line(statistics):
    lines = [reason_for_rejection(statistics) or "", *(text for text, _ in scene_notes(statistics))]
    lines += [text for text, _ in scene_notes(replace(statistics, offset=0))]
    assert all("\n" not in line for line in lines)
