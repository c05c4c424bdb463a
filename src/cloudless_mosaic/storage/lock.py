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

    The system takes it back when the process ends, however it ends. It holds between the machines of a
    network file system as far as that passes locks on (NFS does); where a file system knows no locks, the
    run goes on without one.
    """

    def __init__(self, path: Path) -> None:
        """Takes the lock.

        Args:
            path: The file that stands for it; created, with its folder.

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
                # the run before has just removed the folder
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
            # the run before ended between the two steps, and took the file with it
            os.close(self._descriptor)
        with suppress(OSError):  # only for the message that another run would get
            os.truncate(self._descriptor, 0)
            os.write(self._descriptor, f"process {os.getpid()} on {socket.gethostname()}".encode())

    def release(self) -> None:
        """Gives the lock back, and removes its file where the system lets an open one go."""
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
        # others may not even read what is locked, so it's a byte far behind the name of the owner
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
