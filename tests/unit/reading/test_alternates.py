"""Which address of a raster is read."""

import pytest

from cloudless_mosaic.domain.scenes import SourceRaster
from cloudless_mosaic.errors import AccessError, SourceError, TemporaryError
from cloudless_mosaic.reading import alternates
from cloudless_mosaic.reading.alternates import open_raster

OWN, FIRST, SECOND = "https://own.example/a.tif", "https://first.example/a.tif", "s3://second/a.tif"
RASTER = SourceRaster(OWN, None, alternates=(FIRST, SECOND))
REFUSED, GONE = AccessError("refused (403)"), SourceError("stalls")


class Door:
    """A reader whose headers are as they are told to be; an error is raised."""

    def __init__(self, **outcomes):
        self.outcomes = {
            OWN: outcomes.get("own"),
            FIRST: outcomes.get("first"),
            SECOND: outcomes.get("second"),
        }
        self.asked = []

    def header(self, href):
        self.asked.append(href)
        if isinstance(self.outcomes[href], Exception):
            raise self.outcomes[href]
        return f"header of {href}"


@pytest.fixture(autouse=True)
def forgetful(monkeypatch):
    """A process that has read nothing."""
    known = alternates._Detours()
    monkeypatch.setattr(alternates, "_known_detours", lambda: known)
    return known


def test_alternates_are_left_alone_where_the_own_address_is_read():
    door = Door()
    assert open_raster(door, RASTER) == (RASTER, f"header of {OWN}")
    assert door.asked == [OWN]


@pytest.mark.parametrize("failure", [REFUSED, GONE], ids=["lasting", "after all retries"])
def test_the_first_alternate_that_can_be_read_is_used_and_remembered(failure):
    door = Door(own=failure, first=GONE)
    raster, header = open_raster(door, RASTER)
    assert (raster.href, header) == (SECOND, f"header of {SECOND}")
    assert door.asked == [OWN, FIRST, SECOND]
    door.asked.clear()
    assert open_raster(door, RASTER)[0].href == SECOND
    assert door.asked == [SECOND]
    # an alternate that fails later is no longer preferred
    door.outcomes |= {OWN: None, SECOND: GONE}
    assert open_raster(door, RASTER)[0] is RASTER
    door.asked.clear()
    open_raster(door, RASTER)
    assert door.asked == [OWN]


def test_where_none_can_be_read_the_own_address_is_named():
    with pytest.raises(AccessError, match=r"^refused \(403\)$"):
        open_raster(Door(own=REFUSED, first=AccessError("no keys"), second=REFUSED), RASTER)
    with pytest.raises(SourceError, match=r"^stalls$"):
        open_raster(Door(own=GONE, first=REFUSED, second=REFUSED), RASTER)


def test_a_failure_is_lasting_where_it_is_at_every_address():
    with pytest.raises(SourceError, match=r"^refused \(403\); its alternate: stalls$") as caught:
        open_raster(Door(own=REFUSED, first=REFUSED, second=GONE), RASTER)
    assert not caught.value.lasting


def test_a_limit_of_this_process_is_no_reason_for_another_address():
    door = Door(own=TemporaryError("out of memory"))
    with pytest.raises(TemporaryError):
        open_raster(door, RASTER)
    assert door.asked == [OWN]


def test_no_more_is_remembered_than_agreed(monkeypatch, forgetful):
    monkeypatch.setattr(alternates, "_KEPT", 2)
    for number in range(4):
        forgetful.put(str(number), "elsewhere")
    assert [forgetful.get(str(number)) for number in range(4)] == [None, None, "elsewhere", "elsewhere"]
