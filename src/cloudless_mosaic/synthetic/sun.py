"""Position of the sun."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True, slots=True)
class Sun:
    """Position of the sun."""

    zenith: float
    """Degrees from the zenith."""
    azimuth: float
    """Degrees clockwise from north."""

    @classmethod
    def over(cls, longitude: float, latitude: float, instant: datetime) -> Sun:
        """The sun over a place, to about a degree.

        Declination after Cooper (1969); equation of time in its common form of three terms.
        """
        utc = instant.astimezone(UTC)
        day = utc.timetuple().tm_yday
        declination = math.radians(23.45) * math.sin(math.tau * (284 + day) / 365)
        phase = math.tau * (day - 81) / 364
        equation = 9.87 * math.sin(2 * phase) - 7.53 * math.cos(phase) - 1.5 * math.sin(phase)
        minutes = utc.hour * 60 + utc.minute + utc.second / 60 + 4 * longitude + equation
        hour_angle = math.radians(minutes / 4 - 180)
        phi = math.radians(latitude)
        cosine = math.sin(phi) * math.sin(declination)
        cosine += math.cos(phi) * math.cos(declination) * math.cos(hour_angle)
        east = -math.cos(declination) * math.sin(hour_angle)
        north = math.sin(declination) * math.cos(phi)
        north -= math.cos(declination) * math.sin(phi) * math.cos(hour_angle)
        return cls(math.degrees(math.acos(cosine)), math.degrees(math.atan2(east, north)) % 360)


def reflectance_conversion_factor(instant: datetime) -> float:
    """Irradiance relative to its average, by the distance between Earth and sun.

    The formula of the Sentinel-2 Level-1 product definition: days are counted from 1950.
    """
    days = (instant - datetime(1950, 1, 1, tzinfo=UTC)) / timedelta(days=1)
    return 1 / (1 - 0.01673 * math.cos(0.0172 * (days - 2))) ** 2
