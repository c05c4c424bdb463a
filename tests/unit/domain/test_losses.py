import pytest

from cloudless_mosaic.domain.losses import LossLimit
from cloudless_mosaic.domain.results import LostObservation
from cloudless_mosaic.errors import ObservationsLostError

LAST = (LostObservation("S2A", (0, 1), "first"), LostObservation("S2B", (0, 2), "HTTP 404"))


def test_a_share_above_the_limit_fails_and_the_message_has_all_figures():
    with pytest.raises(ObservationsLostError) as error:
        LossLimit(5.0).check(6, 100, LAST)
    assert str(error.value) == (
        "6 of 100 observations could not be read (6.0 %, max_lost is 5 %); the last: HTTP 404; try again, "
        "or raise max_lost"
    )


def test_the_message_names_the_mosaic_and_may_lack_a_reason():
    with pytest.raises(ObservationsLostError, match=r"^1 of 2 observations of 2020-10 could .* 0 %\); try"):
        LossLimit(0.0).check(1, 2, (), "2020-10")


def test_losses_fail_only_above_the_limit():
    accepted = []
    for lost in range(101):
        try:
            LossLimit(5.0).check(lost, 100, LAST)
        except ObservationsLostError:
            continue
        accepted.append(lost)
    assert accepted == [0, 1, 2, 3, 4, 5]


def test_a_plan_without_observations_loses_none():
    assert LossLimit(0.0).check(0, 0, ()) is None
