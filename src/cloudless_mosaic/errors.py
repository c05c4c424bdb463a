"""The exception tree. Every class carries the exit code of the command line.

::

    CloudlessMosaicError            1   a bug, or a failure that no other class covers
    ├── UsageError                  2   the request can't be carried out as written
    ├── NoDataError                 3   the request is fine, but no scene answers it
    ├── ObservationsLostError       4   more observations were lost than max_lost allows
    ├── TemporaryError             75   the same command may succeed later
    ├── MetadataError               1   one STAC item can't be used (never ends a run: the scene is dropped)
    └── SourceError                 1   one raster can't be read (never ends a run: the observation is lost)
        ├── AccessError             1   nor can it be later: certificate, credentials, settings of a bucket
        └── ContentError            1   nor can it be later: format, pixel type

A message says what was wrong, which value was got, and what to do next, on one line. Code that raises an
error or warns puts names of request fields in backticks: the command line shows its options in their place,
``str()`` of an error plain names. Warnings, and messages of ``MetadataError`` and ``SourceError``, keep the
backticks in results and outputs.
"""

import re
from collections.abc import Callable
from typing import ClassVar, Literal

LastingFault = Literal["", "access", "content"]
"""Why a raster can't be read however often it is tried; empty where a retry may succeed."""

_FIELD = re.compile(r"`([a-z]\w*)`")


def option_of(field: str) -> str:
    """The option of a field of the request, by the rule of click: dashes for underscores."""
    return f"--{field.replace('_', '-')}"


def naming_options(text: str) -> str:
    """A text with options of the command line in place of request fields in backticks."""
    return _FIELD.sub(lambda field: option_of(field[1]), text)


class CloudlessMosaicError(Exception):
    """Base of everything this package raises on purpose."""

    exit_code = 1

    @property
    def marked(self) -> str:
        """The message with names of request fields in backticks; for errors that quote this one."""
        return super().__str__()

    def __str__(self) -> str:
        return self.naming(lambda field: field)

    def naming(self, name_of: Callable[[str], str]) -> str:
        """The message with other names for the fields of the request.

        Args:
            name_of: Gives the name to show for the name of a field.
        """
        return _FIELD.sub(lambda field: name_of(field[1]), self.marked)


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

    def __str__(self) -> str:
        return self.marked


class SourceError(CloudlessMosaicError):
    """A raster can't be read; the observation that needs it is lost with this reason."""

    lasting: ClassVar[LastingFault] = ""
    """What is wrong for as long as nobody changes it; empty for a failure that may pass."""

    def __str__(self) -> str:
        return self.marked


class AccessError(SourceError):
    """A raster can't be read with the certificates, credentials or settings at hand, now or later."""

    lasting = "access"


class ContentError(SourceError):
    """A raster's format or pixels are not those of the product, now or later."""

    lasting = "content"
