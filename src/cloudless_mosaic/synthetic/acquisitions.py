"""Overpasses: time, weather and processing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from cloudless_mosaic.synthetic.fire import Fire
from cloudless_mosaic.synthetic.sun import Sun


@dataclass(frozen=True, slots=True)
class Swath:
    """The edge of the swath of a satellite, straight on the Mercator plane."""

    edge: tuple[float, float]
    """Longitude and latitude of a point on the edge, degrees."""
    bearing: float
    """Direction of the edge, degrees clockwise from north; the swath lies on its right."""


@dataclass(frozen=True, slots=True)
class Sky:
    """The weather of an overpass: shares of the Earth that each part covers on average, 0 to 1."""

    clouds: float = 0.0
    """Opaque cloud; 1 is complete cover."""
    cirrus: float = 0.0
    """Thin cirrus that the scene classification detects."""
    haze: float = 0.0
    """Haze that the scene classification marks as clear."""
    cloud_height: float = 1500.0
    """Metres between the clouds and the ground; displaces the shadows."""


@dataclass(frozen=True, slots=True)
class Disturbance:
    """Weather beside that of the sky, of a kind that the scene classification gets wrong."""

    kind: Literal["haze", "smoke", "edges", "far-shadows", "roofs", "glint", "snow"]
    """Haze, smoke of fires, the edges of clouds, shadows away from their clouds, bright roofs that are taken
    for cloud, the sun's glint on water, or fresh snow that is partly taken for cloud."""
    strength: float = 1.0
    """Factor on its density."""


@dataclass(frozen=True, slots=True)
class Acquisition:
    """One processing of one overpass."""

    platform: Literal["S2A", "S2B"]
    """Satellite."""
    start: datetime
    """Start of the datatake, UTC, whole seconds."""
    relative_orbit: int
    """Track on the ground, 1 to 143."""
    absolute_orbit: int
    """Orbits since launch."""
    sun: Sun
    """Mean sun; the same for every granule, so that shadows agree where granules overlap."""
    sky: Sky
    """Weather."""
    swath: Swath | None = None
    """Edge of the swath; ``None`` if the swath covers everything."""
    baseline: str = "02.12"
    """Processing baseline; from 04.00 on, digital numbers carry +1000."""
    delay: timedelta = timedelta(hours=10, minutes=45, seconds=1)
    """Time between sensing and processing."""
    fire: Fire | None = None
    """Fire since the previous overpass; ``None`` without one."""
    disturbance: Disturbance | None = None
    """Weather that the scene classification gets wrong; ``None`` without any."""

    @property
    def offset(self) -> int:
        """Digital number that the pixels of the product carry above reflectance / 0.0001."""
        return 1000 if self.baseline >= "04.00" else 0

    @property
    def generated(self) -> datetime:
        """Time of processing, UTC."""
        return self.start + self.delay

    @property
    def strip_start(self) -> datetime:
        """Start of the datastrip, UTC: shortly after the start of the datatake."""
        return self.start + timedelta(seconds=20)

    @property
    def overpass(self) -> str:
        """Same for every granule and every processing of one pass of one satellite."""
        return f"{self.platform}_{self.start:%Y%m%dT%H%M%S}_R{self.relative_orbit:03d}"


_EASTERN_TRACK = (113, "19:02:31")
"""Relative orbit and time of the datatakes that cover all of granule 10TET."""

_WESTERN_TRACK = (13, "19:12:31")
"""Relative orbit and time of the datatakes that cover only its west."""

_WESTERN_EDGE = Swath((-122.04, 47.64), 194.0)
"""Eastern edge of the western track, flown southwards."""

_FIRST_ORBITS = {("S2A", 113): ("2020-10-03", 27566), ("S2A", 13): ("2020-10-06", 27609)}
_FIRST_ORBITS |= {("S2B", 113): ("2020-10-08", 18729), ("S2B", 13): ("2020-10-11", 18772)}
"""Day and absolute orbit of the first datatake of each satellite on each track."""

_ORBITS_PER_CYCLE = 143
_CYCLE = timedelta(days=10)


def _acquire(platform: Literal["S2A", "S2B"], day: str, sky: Sky, *, west: bool = False) -> Acquisition:
    orbit, clock = _WESTERN_TRACK if west else _EASTERN_TRACK
    start = datetime.fromisoformat(f"{day}T{clock}+00:00")
    first_day, first_orbit = _FIRST_ORBITS[platform, orbit]
    cycles = (start - datetime.fromisoformat(f"{first_day}T{clock}+00:00")) // _CYCLE
    return Acquisition(
        platform=platform,
        start=start,
        relative_orbit=orbit,
        absolute_orbit=first_orbit + _ORBITS_PER_CYCLE * cycles,
        sun=Sun.over(-122.0, 47.5, start),
        sky=sky,
        swath=_WESTERN_EDGE if west else None,
    )


CLEAR_AUTUMN = (
    _acquire("S2A", "2020-10-03", Sky(clouds=0.06)),
    _acquire("S2B", "2020-10-08", Sky(clouds=0.14, cirrus=0.03)),
    _acquire("S2B", "2020-10-18", Sky(clouds=0.03, haze=0.25)),
    _acquire("S2A", "2020-10-26", Sky(clouds=0.12), west=True),
    _acquire("S2A", "2020-11-02", Sky(clouds=0.14, cloud_height=1100.0)),
    _acquire("S2B", "2020-11-10", Sky(clouds=0.05, cirrus=0.05), west=True),
    replace(_acquire("S2A", "2020-11-22", Sky(clouds=0.1)), baseline="05.00", delay=timedelta(days=880)),
    _acquire("S2B", "2020-11-27", Sky(clouds=0.02, haze=0.3)),
    _acquire("S2A", "2020-12-02", Sky(clouds=0.1, cloud_height=900.0)),
    _acquire("S2B", "2020-12-07", Sky(clouds=0.15, cirrus=0.02, cloud_height=700.0)),
    _acquire("S2A", "2020-12-15", Sky(clouds=0.04, haze=0.1), west=True),
    _acquire("S2A", "2020-12-22", Sky(clouds=0.08, cloud_height=1200.0)),
)
"""Twelve overpasses, four a month, none with much cloud. One is of baseline 05.00, the swath cuts three."""

AUTUMN = tuple(
    sorted(
        (
            *CLEAR_AUTUMN,
            replace(CLEAR_AUTUMN[1], baseline="02.14", delay=timedelta(days=31, hours=7)),
            _acquire("S2A", "2020-10-13", Sky(clouds=0.4)),
            _acquire("S2B", "2020-11-07", Sky(clouds=1.0)),
            _acquire("S2A", "2020-12-12", Sky(clouds=0.6, cloud_height=800.0)),
        ),
        key=lambda acquisition: (acquisition.start, acquisition.generated),
    )
)
"""`CLEAR_AUTUMN`, a reprocessed twin, two cloudy overpasses and one under complete cloud."""

HARD_WEATHER = {
    "cloud": (Sky(clouds=0.12), None),
    "thin haze": (Sky(clouds=0.08), Disturbance("haze", 0.3)),
    "haze": (Sky(clouds=0.08), Disturbance("haze")),
    "dense haze": (Sky(clouds=0.08), Disturbance("haze", 2.0)),
    "smoke": (Sky(clouds=0.08), Disturbance("smoke")),
    "edges of clouds": (Sky(clouds=0.12), Disturbance("edges")),
    "far shadows": (Sky(clouds=0.1, cloud_height=6000.0), Disturbance("far-shadows")),
    "bright roofs": (Sky(clouds=0.08), Disturbance("roofs")),
    "sun glint": (Sky(clouds=0.08), Disturbance("glint")),
    "snow": (Sky(clouds=0.08), Disturbance("snow")),
}
"""Kinds of weather that a mask has to survive: the sky, and what the classification gets wrong in it."""


def hard_days(kind: str) -> tuple[str, str]:
    """The two days of October 2020 that have a kind of `HARD_WEATHER`, as ``YYYY-MM-DD``."""
    first = list(HARD_WEATHER).index(kind) + 3
    return f"2020-10-{first:02d}", f"2020-10-{first + 12:02d}"


HARD_AUTUMN = tuple(
    sorted(
        (
            replace(_acquire("S2A", day, sky), disturbance=disturbance)
            for kind, (sky, disturbance) in HARD_WEATHER.items()
            for day in hard_days(kind)
        ),
        key=lambda acquisition: acquisition.start,
    )
)
"""Two overpasses in October for each kind of `HARD_WEATHER`: more than there are, to compare the kinds."""

BEFORE_FIRE = Acquisition(
    platform="S2B",
    start=datetime.fromisoformat("2021-07-13T18:49:19+00:00"),
    relative_orbit=113,
    absolute_orbit=22731,
    sun=Sun.over(-121.5, 40.4, datetime.fromisoformat("2021-07-13T18:49:19+00:00")),
    sky=Sky(clouds=0.02),
    baseline="03.01",
)
AFTER_FIRE = replace(
    BEFORE_FIRE,
    platform="S2A",
    start=datetime.fromisoformat("2021-07-18T18:49:21+00:00"),
    absolute_orbit=31711,
    sun=Sun.over(-121.5, 40.4, datetime.fromisoformat("2021-07-18T18:49:21+00:00")),
    sky=Sky(clouds=0.04, cloud_height=1100.0),
    fire=Fire(centre=(-121.475, 40.466), radius=4200.0, green=(-121.53, 40.505), green_radius=4500.0),
)
"""Two overpasses of granule 10TFK, five days apart, and a fire in between."""
