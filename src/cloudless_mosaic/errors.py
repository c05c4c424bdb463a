"""The exception tree. Every class carries the exit code of the command line.

::

    CloudlessMosaicError            1   a bug, or something nobody foresaw
    ├── UsageError                  2   the request can't be carried out as written
    ├── NoDataError                 3   the request is fine, but no scene answers it
    ├── ObservationsLostError       4   more observations were lost than --max-lost allows
    ├── TemporaryError             75   the same command may succeed later
    ├── MetadataError               1   one STAC item can't be used (never ends a run: the scene is dropped)
    └── SourceError                 1   one raster can't be read (never ends a run: the observation is lost)

A message says what was wrong, which value was got, and what to do next, on one line.
"""


class CloudlessMosaicError(Exception):
    """Base of everything this package raises on purpose."""

    exit_code = 1


class UsageError(CloudlessMosaicError):
    """The request can't be carried out as written."""

    exit_code = 2


class NoDataError(CloudlessMosaicError):
    """No scene answers the request."""

    exit_code = 3


class ObservationsLostError(CloudlessMosaicError):
    """More observations were lost than the request allows."""

    exit_code = 4


class TemporaryError(CloudlessMosaicError):
    """A service or resource failed in a way that may pass."""

    exit_code = 75


class MetadataError(CloudlessMosaicError):
    """A STAC item lacks or contradicts what a scene needs; its scene is dropped with this reason."""


class SourceError(CloudlessMosaicError):
    """A raster can't be read; the observation that needs it is lost with this reason."""
