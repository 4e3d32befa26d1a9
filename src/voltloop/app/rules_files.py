"""Use case: bring the files of a rulebook into their canonical form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from voltloop.app.files import read_bytes, write_bytes
from voltloop.errors import InputError, RulebookError
from voltloop.findings import Finding, make

__all__ = ["FormatResult", "format_folder", "lint_folder", "rulebook_files", "rulebook_folder"]


@dataclass(frozen=True, slots=True)
class FormatResult:
    """What became of the files: all of them, and those that were not in canonical form."""

    files: tuple[Path, ...]
    changed: tuple[Path, ...]


def rulebook_folder(folder: Path | None) -> Path:
    """Give the folder that a command means: the one that is named, or the rulebook that comes with voltloop.

    Raises
    ------
    InputError
        ``no-such-folder``.
    """
    from voltloop.compliance.rulebook import packaged_folder

    if folder is None:
        return packaged_folder()
    if not folder.is_dir():
        what = "this is a file, not a folder" if folder.exists() else "there is no such folder"
        raise InputError(
            f"{folder}: {what}. A rulebook with editions.csv and facts.csv was expected. "
            "Check the name, or leave it out for the rulebook that comes with voltloop.",
            code="no-such-folder",
        )
    return folder


def rulebook_files(folder: Path) -> tuple[Path, ...]:
    """Give the CSV and TOML files of a rulebook, in the order of their paths."""
    return tuple(
        sorted(path for path in folder.rglob("*") if path.suffix in (".csv", ".toml") and path.is_file())
    )


def format_folder(folder: Path, *, write: bool) -> FormatResult:
    """Format every file of a rulebook; each file is written whole or not at all.

    Raises
    ------
    RulebookError
        The folder is no rulebook, or a file is not UTF-8 or no table. Nothing has been written then.
    InputError
        ``cannot-write``.
    """
    from voltloop.compliance.upkeep.formatting import format_text

    if not (folder / "facts.csv").is_file() or not (folder / "editions.csv").is_file():
        raise RulebookError(
            f"{folder}: this is no rulebook, since editions.csv or facts.csv is missing; nothing in it is touched. "
            "Name the folder of a rulebook.",
            code="rulebook-file",
        )
    files = rulebook_files(folder)
    formed: dict[Path, bytes] = {}
    for path in files:
        data = read_bytes(path)
        shown = f"{folder.name}/{path.relative_to(folder).as_posix()}"
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise RulebookError(
                f"{shown}: the file cannot be read (it is not UTF-8). A rulebook needs it as UTF-8 text. Restore it.",
                code="rulebook-file",
            ) from None
        new = format_text(text, shown).encode()
        if new != data:
            formed[path] = new
    if write:
        for path, new in formed.items():
            write_bytes(path, new)
    return FormatResult(files, tuple(formed))


def lint_folder(folder: Path, *, on: date) -> list[Finding]:
    """Give the findings about a rulebook, errors first; files that are not in canonical form among them."""
    from voltloop.compliance.upkeep.lint import lint

    found = lint(folder, on=on)
    try:
        changed = format_folder(folder, write=False).changed
    except RulebookError:
        return found  # The file that cannot be read is among the errors already.
    shown = (f"{folder.name}/{path.relative_to(folder).as_posix()}" for path in changed)
    return [*found, *(make("rules-not-formatted", where=place) for place in shown)]
