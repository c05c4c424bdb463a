import pytest

from cloudless_mosaic.domain.losses import LastingLosses
from cloudless_mosaic.domain.results import LostObservation
from cloudless_mosaic.errors import NoDataError, UsageError

SCENES = frozenset({"a", "b"})


def lost(scene, lasting, block=(0, 0)):
    return LostObservation(scene, block, f"{scene} fails", lasting)


@pytest.mark.parametrize(("lasting", "error"), [("access", UsageError), ("content", NoDataError)])
def test_a_mosaic_whose_scenes_all_fail_for_good_ends_with_the_reason(lasting, error):
    losses = LastingLosses(SCENES)
    losses.add([lost("a", lasting)], 1, "2020-10")
    with pytest.raises(error, match="none of the 2 scenes of 2020-10 can be read, for example") as caught:
        losses.add([lost("b", lasting, (0, 1))], 1, "2020-10")
    assert "try again" not in str(caught.value)


@pytest.mark.parametrize(
    "blocks",
    [
        [([lost("a", "access")], 2), ([lost("b", "access")], 1)],
        [([lost("a", "")], 1), ([lost("a", "access"), lost("b", "access")], 2)],
        [([], 0), ([lost("a", "content")], 1)],
    ],
    ids=["one was read", "one may pass", "one is left"],
)
def test_a_mosaic_with_hope_goes_on(blocks):
    losses = LastingLosses(SCENES)
    for found, observations in blocks:
        losses.add(found, observations, "2020-10")
