"""Answer files, written chunk by chunk and put in place whole: CSV, Parquet and JSON."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import polars as pl

from voltloop.app.files import writing
from voltloop.app.tables import csv_bytes
from voltloop.errors import InputError

__all__ = ["AnswerFile"]

_FOREIGN: Final = ("id", "load_id", "findings", "notes")
"""Columns with words of the file that was read."""
_FORMATS: Final = ("csv", "parquet", "json", "jsonl", "ndjson")


class AnswerFile:
    """A file of answers that grows by chunks and stands in its place only when all went well.

    Parameters
    ----------
    target
        File to write; its ending names the format.

    Raises
    ------
    InputError
        ``unknown-format``, ``is-a-folder`` or ``cannot-write``. Nothing is left behind.
    """

    def __init__(self, target: Path) -> None:
        self.target = target
        self.format = target.suffix.lower().removeprefix(".")
        if self.format not in _FORMATS:
            raise InputError(
                f'{target.name}: the ending "{target.suffix}" names no format that can be written. '
                "Use .csv, .parquet or .json.",
                code="unknown-format",
            )
        if target.is_dir():
            raise InputError(
                f"{target}: this is a folder, and the name of a file to write was expected. Add a file name.",
                code="is-a-folder",
            )
        self._parts = 0
        self._folder: Path | None = None

    def __enter__(self) -> Self:
        with writing(self.target):
            self._folder = Path(tempfile.mkdtemp(prefix=f".{self.target.name}.", dir=self.target.parent))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                with writing(self.target):
                    self._finish()
        finally:
            if self._folder is not None:
                shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def _draft(self) -> Path:
        assert self._folder is not None
        return self._folder / "draft"

    def add(self, rows: pl.DataFrame) -> None:
        """Write further rows."""
        with writing(self.target):
            if self.format == "parquet":
                rows.write_parquet(self._draft.with_name(f"{self._parts:06d}.parquet"))
            else:
                with self._draft.open("ab") as file:
                    for data in self._bytes(rows):
                        file.write(data)
        self._parts += 1

    def _bytes(self, rows: pl.DataFrame) -> Iterator[bytes]:
        if self.format == "csv":
            data = csv_bytes(rows, _FOREIGN)
            yield data if self._parts == 0 else data.split(b"\n", 1)[1]
        elif self.format in {"jsonl", "ndjson"}:
            yield rows.write_ndjson().encode()
        else:
            lines = rows.write_ndjson().encode().rstrip(b"\n")
            yield b"[\n" if self._parts == 0 else (b",\n" if lines else b"")
            yield lines.replace(b"}\n{", b"},\n{")

    def _finish(self) -> None:
        if self.format == "parquet":
            assert self._folder is not None
            parts = sorted(self._folder.glob("*.parquet"))
            if len(parts) == 1:
                parts[0].rename(self._draft)
            else:
                pl.scan_parquet(parts).sink_parquet(self._draft)
        elif self.format == "json":
            with self._draft.open("ab") as file:
                file.write(b"\n]\n" if self._parts else b"[]\n")
        if self.target.exists() and not self.target.is_file():  # a device or pipe cannot be swapped in
            with self.target.open("wb") as device, self._draft.open("rb") as draft:
                shutil.copyfileobj(draft, device)
            return
        _ordinary_rights(self._draft)
        self._draft.replace(self.target)


def _ordinary_rights(draft: Path) -> None:
    """Give a file made in a private folder the rights that any other new file gets."""
    mask = os.umask(0)
    os.umask(mask)
    draft.chmod(0o666 & ~mask)
