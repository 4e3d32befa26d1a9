"""Bodies of capture requests on disk: acknowledged only when they would survive a loss of power."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Collection
from pathlib import Path
from typing import BinaryIO
from uuid import UUID, uuid4

from voltloop.errors import LedgerError

__all__ = ["Spool", "SpoolFile"]

_IDENTITY = "spool-id"


class SpoolFile:
    """A body that is being received.

    Attributes
    ----------
    name
        What the capture job remembers of it.
    size
        Bytes written so far.
    """

    def __init__(self, folder: Path, name: str, path: Path) -> None:
        self.name = name
        self.size = 0
        self._folder = folder
        self._path = path
        self._file = path.open("xb", buffering=1 << 20)

    def write(self, data: bytes) -> None:
        """Add a piece."""
        self._file.write(data)
        self.size += len(data)

    def read(self) -> BinaryIO:
        """Open what was written so far, to read it from its beginning."""
        self._file.flush()
        return self._path.open("rb")

    def keep(self) -> None:
        """End the body: after this it survives a loss of power."""
        with self._file as file:
            file.flush()
            os.fsync(file.fileno())
        _sync_folder(self._folder)

    def discard(self) -> None:
        """Drop the body."""
        self._file.close()
        self._path.unlink(missing_ok=True)


class Spool:
    """The folder of one server's bodies. Only one process may have it open.

    Parameters
    ----------
    folder
        Made if it is missing, closed to other users of the machine. It bears an id of its own, so that servers on
        different machines that share a database do not take each other's jobs for theirs.

    Raises
    ------
    LedgerError
        Another process has it open (``spool-in-use``), or it cannot be written (``spool-not-writable``).
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = os.open(folder / _IDENTITY, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise LedgerError(
                f"{folder}: bodies of capture requests cannot be kept here ({error.strerror}). Expected a folder "
                "that this user may write. Name another with --data, or change its permissions.",
                code="spool-not-writable",
            ) from None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._lock)
            raise LedgerError(
                f"{folder}: another server is capturing from this folder. Expected one server for each data folder. "
                "Stop the other one, or name another folder with --data.",
                code="spool-in-use",
            ) from None
        self._id = self._identity()

    def _identity(self) -> str:
        text = os.pread(self._lock, 36, 0).decode("ascii", "replace")
        try:
            return str(UUID(text))
        except ValueError:
            text = str(uuid4())
            os.pwrite(self._lock, text.encode(), 0)
            os.fsync(self._lock)
            _sync_folder(self._folder)
            return text

    def create(self) -> SpoolFile:
        """Begin a body."""
        name = f"{uuid4()}.body"
        return SpoolFile(self._folder, f"{self._id}/{name}", self._folder / name)

    def owns(self, name: str) -> bool:
        """Say whether a body was received by this folder's server."""
        return name.partition("/")[0] == self._id

    def path(self, name: str) -> Path:
        """Give the file of a body of this folder."""
        return self._folder / Path(name).name

    def remove(self, name: str) -> None:
        """Drop a body that is no longer needed."""
        self.path(name).unlink(missing_ok=True)

    def sweep(self, needed: Collection[str]) -> None:
        """Drop every body but those needed: what was received and never acknowledged."""
        keep = {self.path(name).name for name in needed}
        for path in self._folder.glob("*.body"):
            if path.name not in keep:
                path.unlink(missing_ok=True)

    def close(self) -> None:
        """Let another process have the folder."""
        os.close(self._lock)


def _sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
