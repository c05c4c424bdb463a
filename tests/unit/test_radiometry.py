import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from cloudless_mosaic.errors import MetadataError
from cloudless_mosaic.radiometry import BOA_OFFSET, decide_offset, harmonise

ALL_NUMBERS = np.arange(65536, dtype=np.uint16).reshape(256, 256)


def oracle(values, offset, clear=None):
    wide = values.astype(np.int64)
    valid = wide != 0 if clear is None else clear & (wide != 0)
    return np.where(valid, np.clip(wide + offset, 1, 65535), 0)


def row(*numbers):
    return np.array([numbers], np.uint16)


@st.composite
def rasters(draw):
    shape = draw(array_shapes(min_dims=2, max_dims=2, min_side=0, max_side=8))
    return draw(arrays(np.uint16, shape)), draw(arrays(np.bool_, shape))


@pytest.mark.parametrize("offset", [-65535, -1000, -999, -1, 0, 1, 1000, 65535])
def test_every_digital_number_is_harmonised_as_in_wide_integers(offset):
    harmonised = harmonise(ALL_NUMBERS, offset)
    assert harmonised.dtype == np.uint16
    np.testing.assert_array_equal(harmonised, oracle(ALL_NUMBERS, offset))


def test_dark_pixels_stay_valid_and_nodata_stays_nodata():
    numbers = row(0, 1, 500, 999, 1000, 1001, 1002, 65535)
    assert harmonise(numbers, BOA_OFFSET).tolist() == [[0, 1, 1, 1, 1, 1, 2, 64535]]


def test_bright_pixels_do_not_run_over():
    assert harmonise(row(65535, 64536, 64535), 1000).tolist() == [[65535, 65535, 65535]]


@given(rasters(), st.integers(-65535, 65535))
def test_what_is_not_clear_becomes_nodata_and_the_input_is_left_alone(raster, offset):
    values, clear = raster
    before = values.copy()
    harmonised = harmonise(values, offset, clear)
    assert harmonised.dtype == np.uint16
    np.testing.assert_array_equal(harmonised, oracle(values, offset, clear))
    np.testing.assert_array_equal(values, before)


@given(rasters(), st.sampled_from([0, BOA_OFFSET]))
def test_a_given_target_is_filled_wherever_it_lies_in_memory(raster, offset):
    values, clear = raster
    stack = np.full((*values.shape, 2), 7, np.uint16)
    target = stack[..., 0]
    assert harmonise(np.asfortranarray(values), offset, clear, target) is target
    np.testing.assert_array_equal(target, oracle(values, offset, clear))
    assert (stack[..., 1] == 7).all()


OLD, FIRST, NEW = "03.01", "04.00", "05.11"
SILENT, ZERO, MINUS = frozenset(), frozenset({0}), frozenset({-1000})

DECIDED = [
    # pixels as ESA made them: the baseline decides, metadata may only agree
    ("raw", OLD, None, SILENT, 0),
    ("raw", OLD, None, ZERO, 0),
    ("raw", OLD, False, SILENT, 0),
    ("raw", FIRST, None, SILENT, -1000),
    ("raw", NEW, None, MINUS, -1000),
    ("raw", NEW, False, MINUS, -1000),
    # a flag per scene decides; what the metadata advertises is known to be wrong
    ("flagged", OLD, None, SILENT, 0),
    ("flagged", OLD, False, ZERO, 0),
    ("flagged", OLD, True, SILENT, 0),
    ("flagged", FIRST, False, MINUS, -1000),
    ("flagged", NEW, False, SILENT, -1000),
    ("flagged", NEW, True, MINUS, 0),
    ("flagged", NEW, True, SILENT, 0),
    ("flagged", "", True, SILENT, 0),
    # an unknown provider: baseline and metadata have to agree
    ("declared", OLD, None, SILENT, 0),
    ("declared", OLD, None, ZERO, 0),
    ("declared", NEW, None, MINUS, -1000),
]

REFUSED = [
    ("raw", "", None, SILENT, "no processing baseline"),
    ("raw", "N0500", None, SILENT, "no processing baseline"),
    ("raw", "5", None, SILENT, "no processing baseline"),
    ("raw", "99.99", None, SILENT, "none of ESA's"),
    ("raw", NEW, None, ZERO, "metadata says 0"),
    ("raw", NEW, None, ZERO | MINUS, "metadata says -1000, 0"),
    ("raw", OLD, None, MINUS, "metadata says -1000"),
    ("raw", NEW, True, SILENT, "a flag says"),
    ("raw", NEW, True, MINUS, "a flag says"),
    ("flagged", "", None, SILENT, "no processing baseline"),
    ("flagged", "", False, SILENT, "no processing baseline"),
    ("flagged", NEW, None, SILENT, "no flag says"),
    ("flagged", NEW, None, MINUS, "no flag says"),
    ("flagged", "99.99", False, SILENT, "none of ESA's"),
    ("declared", "", None, MINUS, "no processing baseline"),
    ("declared", NEW, None, SILENT, "nothing says"),
    ("declared", NEW, None, ZERO, "metadata says 0"),
    ("declared", OLD, None, MINUS, "metadata says -1000"),
]


@pytest.mark.parametrize(("policy", "baseline", "applied", "advertised", "offset"), DECIDED)
def test_what_is_known_decides_the_offset(policy, baseline, applied, advertised, offset):
    decision = decide_offset(policy, baseline, applied=applied, advertised=advertised)
    assert decision.value == offset
    assert decision.reason
    assert "\n" not in decision.reason


@pytest.mark.parametrize(("policy", "baseline", "applied", "advertised", "reason"), REFUSED)
def test_what_is_unknown_or_contradictory_is_refused_with_advice(
    policy, baseline, applied, advertised, reason
):
    with pytest.raises(MetadataError, match=reason) as caught:
        decide_offset(policy, baseline, applied=applied, advertised=advertised)
    assert "leave the scene out" in str(caught.value)


@given(
    st.sampled_from(["raw", "flagged", "declared"]),
    st.from_regex(r"\d{2}\.\d{2}", fullmatch=True) | st.text(max_size=6),
    st.sampled_from([None, True, False]),
    st.frozensets(st.integers(-2000, 2000), max_size=3),
)
def test_a_decision_is_one_of_two_numbers_or_a_refusal(policy, baseline, applied, advertised):
    try:
        decision = decide_offset(policy, baseline, applied=applied, advertised=advertised)
    except MetadataError:
        return
    assert decision.value in {0, BOA_OFFSET}


def test_the_date_of_a_scene_is_not_asked():
    assert decide_offset("raw", "05.00").value == BOA_OFFSET
