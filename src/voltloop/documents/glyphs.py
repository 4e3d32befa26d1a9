"""Which characters the papers' fonts can print, so that a missing one is said and never a silent box."""

from __future__ import annotations

import re
import struct
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from voltloop.findings import Finding, make

__all__ = ["coverage", "missing_glyphs", "printable"]

_FONT_FOLDER = Path(__file__).parent / "fonts"
# A word that fits no column would run over its neighbours: it may break anywhere after this many letters.
_LONG_WORD = re.compile(r"\S{25,}")
_STEP = 8
_ZERO_WIDTH_SPACE = "\u200b"
_CONTROLS = dict.fromkeys((*range(32), *range(127, 160)), " ")
_INVISIBLE = frozenset({"Cf", "Cc", "Zl", "Zp"})


def missing_glyphs(load: Any, font_folders: tuple[str, ...] = ()) -> list[Finding]:
    """Give one ``glyph-missing`` finding for each text of a load or certificate that the fonts cannot print.

    Parameters
    ----------
    load
        A load or the record of a certificate: a nest of dataclasses, tuples and texts.
    font_folders
        Folders with further fonts, the same that the paper is made with.
    """
    seen: dict[str, str] = {}
    for place, text in _texts(load, ""):
        seen.setdefault(text, place)
    covered = coverage(font_folders)
    paper, where = (
        ("Load", load.load_id) if hasattr(load, "load_id") else ("Certificate", getattr(load, "number", ""))
    )
    found = []
    for text, place in seen.items():
        missing = _missing(text, covered)
        if missing:
            found.append(
                make(
                    "glyph-missing",
                    where=where,
                    paper=paper,
                    field=place,
                    raw=text,
                    value=_visible(text, covered),
                    characters=", ".join(f"{letter} (U+{ord(letter):04X})" for letter in missing),
                )
            )
    return found


def printable(value: Any, font_folders: tuple[str, ...] = ()) -> Any:
    """Give the same nest of JSON values with every character that no font has written as its code."""
    return _mapped(value, coverage(font_folders))


def _mapped(value: Any, covered: frozenset[int]) -> Any:
    if isinstance(value, str):
        # A drawing is no text to print.
        if value.startswith("<svg"):
            return value
        shown = value if value.isascii() and value.isprintable() else _visible(value, covered)
        return _LONG_WORD.sub(_breakable, shown)
    if isinstance(value, Mapping):
        return {key: _mapped(entry, covered) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_mapped(entry, covered) for entry in value]
    return value


def _breakable(match: re.Match[str]) -> str:
    word = match.group()
    return _ZERO_WIDTH_SPACE.join(word[start : start + _STEP] for start in range(0, len(word), _STEP))


def _visible(text: str, covered: frozenset[int]) -> str:
    # Control characters would break the setting or vanish; they stand for a space in every list seen so far.
    text = text.translate(_CONTROLS)
    text = unicodedata.normalize("NFC", text)
    missing = _missing(text, covered)
    for letter in missing:
        text = text.replace(letter, f"[U+{ord(letter):04X}]")
    return text


def _missing(text: str, covered: frozenset[int]) -> list[str]:
    letters = dict.fromkeys(unicodedata.normalize("NFC", text))
    return [
        letter
        for letter in letters
        if ord(letter) not in covered
        and not letter.isspace()
        and unicodedata.category(letter) not in _INVISIBLE
    ]


def _texts(value: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        if not value.isascii():
            yield place, value
    elif is_dataclass(value):
        for field in fields(value):
            yield from _texts(getattr(value, field.name), f"{place}.{field.name}".lstrip("."))
    elif isinstance(value, list | tuple):
        for number, entry in enumerate(value, start=1):
            yield from _texts(entry, f"{place}[{number}]")


@lru_cache(maxsize=8)
def coverage(font_folders: tuple[str, ...] = ()) -> frozenset[int]:
    """Give the code points that at least one font has a glyph for."""
    covered: set[int] = set()
    for folder in (_FONT_FOLDER, *map(Path, font_folders)):
        for file in sorted(folder.iterdir()):
            if file.suffix.lower() in {".ttf", ".otf", ".ttc"}:
                covered |= _code_points(file)
    return frozenset(covered)


@cache
def _code_points(file: Path) -> frozenset[int]:
    data = file.read_bytes()
    start = struct.unpack_from(">I", data, 12)[0] if data[:4] == b"ttcf" else 0
    count = struct.unpack_from(">H", data, start + 4)[0]
    table = None
    for number in range(count):
        tag, _, offset, _ = struct.unpack_from(">4sIII", data, start + 12 + 16 * number)
        if tag == b"cmap":
            table = offset
    if table is None:
        return frozenset()
    found: set[int] = set()
    for number in range(struct.unpack_from(">H", data, table + 2)[0]):
        platform, encoding, offset = struct.unpack_from(">HHI", data, table + 4 + 8 * number)
        # Unicode platform, or Windows with the Unicode encodings; symbol and Mac tables map other things.
        if platform == 0 or (platform == 3 and encoding in {1, 10}):
            found |= _subtable(data, table + offset)
    return frozenset(found)


def _subtable(data: bytes, at: int) -> set[int]:
    form = struct.unpack_from(">H", data, at)[0]
    found: set[int] = set()
    if form == 4:
        segments = struct.unpack_from(">H", data, at + 6)[0] // 2
        ends = struct.unpack_from(f">{segments}H", data, at + 14)
        starts = struct.unpack_from(f">{segments}H", data, at + 16 + 2 * segments)
        for first, last in zip(starts, ends, strict=True):
            if first != 0xFFFF:
                found.update(range(first, last + 1))
    elif form == 12:
        groups = struct.unpack_from(">I", data, at + 12)[0]
        for number in range(groups):
            first, last, _ = struct.unpack_from(">III", data, at + 16 + 12 * number)
            found.update(range(first, last + 1))
    return found
