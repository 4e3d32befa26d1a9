"""Reading and writing files so that a failure is one clear message and never half a result."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from voltloop.errors import InputError

__all__ = ["new_folder", "read_bytes", "refuse_existing", "refuse_over", "write_bytes", "writing"]


def read_bytes(path: Path) -> bytes:
    """Give the bytes of a file that the user named.

    Raises
    ------
    InputError
        ``no-such-file``, ``is-a-folder`` or ``unreadable-file``.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        near = _neighbours(path)
        raise InputError(
            f"{path}: there is no such file.{near} Check the name and the folder, and run the command again.",
            code="no-such-file",
        ) from None
    except IsADirectoryError:
        raise InputError(
            f"{path}: this is a folder, and a file was expected. Name the file in it.", code="is-a-folder"
        ) from None
    except OSError as error:
        raise InputError(
            f"{path}: the file cannot be read ({error.strerror or error}). Check its permissions.",
            code="unreadable-file",
        ) from None


def _neighbours(path: Path) -> str:
    from voltloop.errors import nearest

    try:
        names = [entry.name for entry in path.parent.iterdir()]
    except OSError:
        return f" The folder {path.parent} cannot be found either."
    return nearest(path.name, names)


@contextmanager
def writing(target: Path) -> Iterator[None]:
    """Turn whatever the operating system says while ``target`` is written into one :class:`InputError`."""
    try:
        yield
    except OSError as error:
        raise InputError(_why(target, error), code="cannot-write") from None


def _why(target: Path, error: OSError) -> str:
    if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return (
            f"{target}: the disk is full ({error.strerror}). Nothing was left behind. "
            "Free some space or choose a folder on another disk, and run the command again."
        )
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return f"{target}: you may not write there ({error.strerror}). Choose another place or ask for the right."
    if error.errno in {errno.ENOENT, errno.ENOTDIR}:
        return f"{target}: the folder {target.parent} does not exist. Make it first, or choose another place."
    return f"{target}: it cannot be written ({error.strerror or error}). Choose another place."


def refuse_over(target: Path | None, *sources: Path | None) -> None:
    """Raise when an answer would be written over a file that it is made of, by whatever name or link.

    Raises
    ------
    InputError
        ``output-over-input``.
    """
    for source in sources:
        if target is None or source is None:
            continue
        try:
            is_same = target.samefile(source)
        except OSError:  # one of them is not there; whoever reads or writes it says so
            continue
        if is_same and target.is_file():
            raise InputError(
                f"{target}: this is the file that is read, and the answer would replace it. "
                "Choose another name for the answer.",
                code="output-over-input",
            )


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file whole or not at all.

    Raises
    ------
    InputError
        ``cannot-write``: a full disk, a missing folder, no right to write.
    """
    if path.is_dir():
        raise InputError(
            f"{path}: this is a folder, and the name of a file to write was expected. Add a file name.",
            code="is-a-folder",
        )
    with writing(path):
        if path.exists() and not path.is_file():  # a device or pipe cannot be swapped in
            path.write_bytes(data)
            return
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(0o666 & ~_umask())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def new_folder(target: Path, fill: Callable[[Path], None], *, replace: bool = False) -> None:
    """Make ``target`` by calling ``fill`` on a hidden folder beside it, and put it in place when all went well.

    Parameters
    ----------
    target
        Folder to make.
    fill
        Writes the files into the folder that it is given.
    replace
        Whether a folder that stands there, and was written by voltloop, may be replaced.

    Raises
    ------
    InputError
        ``folder-exists`` or ``cannot-write``. Nothing is left behind.
    """
    refuse_existing(target, replace=replace)
    with writing(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
        try:
            fill(draft)
            draft.chmod(0o777 & ~_umask())
            if target.exists():
                shutil.rmtree(target)
            draft.replace(target)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise


def refuse_existing(target: Path, *, replace: bool) -> None:
    """Raise unless ``target`` is free, empty, or a folder of voltloop that may be replaced.

    Raises
    ------
    InputError
        ``folder-exists``.
    """
    if not target.exists() or (target.is_dir() and not any(target.iterdir())):
        return
    if not target.is_dir():
        raise InputError(
            f"{target}: a file of this name exists. Choose another folder.", code="folder-exists"
        )
    if not any((target / name).is_file() for name in ("summary.json", "answer.json")):
        raise InputError(
            f"{target}: the folder exists and holds something that voltloop did not write. "
            "It is left as it is. "
            "Choose another folder.",
            code="folder-exists",
        )
    if not replace:
        raise InputError(
            f"{target}: an earlier answer of voltloop is in this folder. Choose another folder, or add --yes to "
            "replace it.",
            code="folder-exists",
        )
