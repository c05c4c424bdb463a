"""Limits of this process that look like faults of a server or a file: descriptors, memory, threads."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator

from cloudless_mosaic.errors import TemporaryError

_DESCRIPTORS = "this process has too many files and connections open; raise the limit (ulimit -n)"
_MEMORY = "this process has no memory left; give it more"
_THREADS = "this process can start no further thread; give it more memory, raise the limit (ulimit -u)"

_BY_NUMBER = {errno.EMFILE: _DESCRIPTORS, errno.ENFILE: _DESCRIPTORS, errno.ENOMEM: _MEMORY}
_DETAILS = "\n\nDebug source:\n"
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_CODE = re.compile(r"\bOs \{\s*code: (\d{1,4}),")
_LIBRARY = re.compile(r"(too many open files)|failed to map segment|cannot allocate memory", re.IGNORECASE)
"""Words of the dynamic linker."""

_GDAL = {
    re.compile(r"too many open files", re.IGNORECASE): _DESCRIPTORS,
    re.compile(r"cannot allocate|out of memory", re.IGNORECASE): _MEMORY,
}


def own_limit(error: BaseException) -> TemporaryError | None:
    """The error to end a run with where a failure is due to a limit of this process, not to what it read.

    Otherwise observations would be lost that another process could have read.

    Args:
        error: As the operating system, the object store or a library raises it, with its causes.

    Returns:
        ``None`` for every other failure.
    """
    for one in _chain(error):
        if isinstance(one, TemporaryError):
            return one
        if words := _words(one):
            return TemporaryError(f"{words}, or take fewer `workers`, and run again")
    return None


def gdal_limit(message: str) -> TemporaryError | None:
    """Likewise for a message of GDAL about a file of this machine; it gives no number of the error."""
    words = next((words for pattern, words in _GDAL.items() if pattern.search(message)), "")
    return TemporaryError(f"{words}, or take fewer `workers`, and run again") if words else None


def _words(error: BaseException) -> str:
    if isinstance(error, MemoryError):
        return _MEMORY
    if isinstance(error, ImportError) and (unmapped := _LIBRARY.search(str(error))):
        return _DESCRIPTORS if unmapped[1] else _MEMORY
    if isinstance(error, RuntimeError) and "can't start new thread" in str(error):
        return _THREADS
    if isinstance(error, OSError) and error.errno is not None:
        return _BY_NUMBER.get(error.errno, "")
    # the object store gives numbers in its details, which quote what a server sends
    _, found, details = str(error).rpartition(_DETAILS)
    code = _CODE.search(_QUOTED.sub("", details)) if found else None
    return _BY_NUMBER.get(int(code[1]), "") if code else ""


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
