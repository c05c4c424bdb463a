"""One run at a time in a folder."""

from __future__ import annotations

import errno
import os
import socket
import sys
from contextlib import suppress
from pathlib import Path

from cloudless_mosaic.errors import TemporaryError

_TAKEN = (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES)


class FolderLock:
    """The right of a run to write to a folder.

    The system releases it when the process ends, however it ends. It works between machines if the network
    file system supports locks (NFS does); on a file system without locks, the run continues without one.
    """

    def __init__(self, path: Path) -> None:
        """Takes the lock.

        Args:
            path: The lock file; created, with its folder.

        Raises:
            TemporaryError: if another run has it.
            OSError: if the file can't be created.
        """
        self._path = path
        while True:
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
            except FileNotFoundError:
                # another run has just removed the folder
                continue
            if not _lock(self._descriptor):
                owner = os.read(self._descriptor, 200).decode(errors="replace")
                os.close(self._descriptor)
                raise TemporaryError(
                    f"another run{owner and f' ({owner})'} is writing to `output_dir` {path.parent.parent}; "
                    "wait for its end, or choose another folder"
                )
            if _is_at(path, self._descriptor):
                break
            # another run ended between the two steps, and removed the file
            os.close(self._descriptor)
        with suppress(OSError):  # only for the message of another run
            os.truncate(self._descriptor, 0)
            os.write(self._descriptor, f"process {os.getpid()} on {socket.gethostname()}".encode())

    def release(self) -> None:
        """Releases the lock, and removes its file if the system can remove an open one."""
        with suppress(PermissionError):
            self._path.unlink(missing_ok=True)
        os.close(self._descriptor)


def _is_at(path: Path, descriptor: int) -> bool:
    """True if a path still leads to an open file."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> bool:
        """Locks an open file; false where another process holds the lock."""
        # locked bytes can't even be read, so the lock is on a byte far after the name of its owner
        os.lseek(descriptor, 4096, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(descriptor, 0, os.SEEK_SET)
        return True

else:
    import fcntl

    def _lock(descriptor: int) -> bool:
        """Locks an open file; false where another process holds the lock."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            return error.errno not in _TAKEN
        return True
