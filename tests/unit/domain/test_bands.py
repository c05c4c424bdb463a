import pytest

from cloudless_mosaic.domain.bands import BANDS, canonical_band, canonical_bands, common_name, find_band
from cloudless_mosaic.errors import UsageError

PRODUCT = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12")
PLANETARY_COMPUTER = COPERNICUS = PRODUCT
EARTH_SEARCH = (
    *("coastal", "blue", "green", "red", "rededge1", "rededge2", "rededge3"),
    *("nir", "nir08", "nir09", "swir16", "swir22"),
)
STAC_EO = (
    *("coastal", "blue", "green", "red", "rededge071", "rededge075", "rededge078"),
    *("nir", "nir08", "nir09", "swir16", "swir22"),
)


@pytest.mark.parametrize("vocabulary", [PRODUCT, EARTH_SEARCH, STAC_EO])
def test_every_vocabulary_gives_the_same_twelve_bands(vocabulary):
    assert canonical_bands(vocabulary) == PRODUCT


@pytest.mark.parametrize(
    ("name", "band"),
    [
        ("RED", "B04"),
        ("b4", "B04"),
        ("B4", "B04"),
        ("b04_10m", "B04"),
        ("B04_20m", "B04"),
        ("B8A_60m", "B8A"),
        ("b8a", "B8A"),
        ("B8", "B08"),
        ("Rededge2", "B06"),
    ],
)
def test_case_zeros_and_resolutions_make_no_difference(name, band):
    assert canonical_band(name) == find_band(name) == band


def test_the_two_near_infrared_bands_are_told_apart():
    assert (canonical_band("nir"), canonical_band("nir08"), canonical_band("nir09")) == ("B08", "B8A", "B09")


@pytest.mark.parametrize(
    ("name", "candidates"),
    [("rededge", {"rededge1", "rededge2", "rededge3", "B05", "B06", "B07"}), ("SWIR", {"swir16", "swir22"})],
)
def test_an_ambiguous_name_lists_its_candidates(name, candidates):
    with pytest.raises(UsageError) as caught:
        canonical_band(name)
    assert name in str(caught.value)
    assert all(candidate in str(caught.value) for candidate in candidates)
    assert find_band(name) is None


@pytest.mark.parametrize(
    "name", ["", "B10", "B13", "B00", "B004", "B04_30m", "B04 ", "SCL", "visual", "aot", "wvp", "nir8", "4"]
)
def test_an_unknown_name_is_answered_with_all_bands(name):
    with pytest.raises(UsageError) as caught:
        canonical_band(name)
    assert repr(name) in str(caught.value)
    assert all(f"{band.common_name} ({band.name})" in str(caught.value) for band in BANDS.values())
    assert find_band(name) is None


@pytest.mark.parametrize(("name", "meant"), [("rde", "red"), ("Gren", "green"), ("swir1", "swir16")])
def test_a_slip_is_answered_with_the_closest_band(name, meant):
    with pytest.raises(UsageError, match=f"unknown band '{name}', did you mean {meant}\\? Sentinel-2"):
        canonical_band(name)


@pytest.mark.parametrize("names", [("red", "B04"), ("nir", "nir"), ("B8A", "nir08"), ("rededge1", "b05_20m")])
def test_one_band_by_two_names_is_refused(names):
    with pytest.raises(UsageError, match=f"bands {names[0]} and {names[1]} are the same band"):
        canonical_bands(("green", *names))


def test_bands_keep_the_order_that_they_are_asked_in():
    assert canonical_bands(["nir", "B02", "red"]) == ("B08", "B02", "B04")


def test_common_names_are_unique_and_lead_back():
    assert [canonical_band(common_name(name)) for name in BANDS] == list(BANDS)
    assert len({common_name(name) for name in BANDS}) == len(BANDS)


def test_the_table_is_that_of_the_instrument():
    assert tuple(BANDS) == PRODUCT
    centres = [band.center_wavelength for band in BANDS.values()]
    assert centres == sorted(centres)
    native = {10: {"B02", "B03", "B04", "B08"}, 60: {"B01", "B09"}}
    for band in BANDS.values():
        assert band.resolution == next((size for size, names in native.items() if band.name in names), 20)
        assert 0 < band.full_width_half_max < 0.2
