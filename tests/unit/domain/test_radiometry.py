import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudless_mosaic.domain.radiometry import BOA_OFFSET, OFFSET_POLICIES, OFFSETS, decide_offset
from cloudless_mosaic.errors import MetadataError

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
    # the provider takes it out of every scene: nothing else is asked
    ("removed", OLD, None, SILENT, 0),
    ("removed", NEW, None, MINUS, 0),
    ("removed", "", False, SILENT, 0),
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
    assert "`boa_offset` 0 or -1000" in str(caught.value)


@given(
    st.sampled_from(OFFSET_POLICIES),
    st.from_regex(r"\d{2}\.\d{2}", fullmatch=True) | st.text(max_size=6),
    st.sampled_from([None, True, False]),
    st.frozensets(st.integers(-2000, 2000), max_size=3),
)
def test_a_decision_is_one_of_two_numbers_or_a_refusal(policy, baseline, applied, advertised):
    try:
        decision = decide_offset(policy, baseline, applied=applied, advertised=advertised)
    except MetadataError:
        return
    assert decision.value in OFFSETS


def test_the_date_of_a_scene_is_not_asked():
    assert decide_offset("raw", "05.00").value == BOA_OFFSET
