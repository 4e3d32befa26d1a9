"""Records of JSON lines, or of one JSON document that is a list of objects."""

from __future__ import annotations

import json
import math
from typing import Any

import polars as pl

from voltloop.batteries._grid import Grid

__all__ = ["json_lines", "looks_like_json"]


def looks_like_json(text: str) -> bool:
    """Say whether ``text`` is JSON lines or a JSON document rather than delimited text."""
    for line in text.splitlines()[:20]:
        start = line.strip()
        if start:
            if start[0] == "[":
                return start == "[" or start[1:].lstrip()[:1] in ("{", "")
            if start[0] != "{":
                return False
            return start == "{" or start[1:].lstrip()[:1] in ('"', "}")
    return False


def json_lines(text: str) -> Grid:
    """Give one record per line, blank lines included; a document with a list gives one record per element."""
    elements = _document(text)
    broken: dict[int, str] = {}
    records: list[dict[str, Any]] = []
    if elements is None:
        for number, line in enumerate(_lines(text), start=1):
            value = _parsed(line) if line.strip() else {}
            if not isinstance(value, dict):
                broken[number] = "broken-record"
                value = {"": line.strip()}
            records.append(_flat(value))
    else:
        for number, element in enumerate(elements, start=1):
            if not isinstance(element, dict):
                broken[number] = "broken-record"
            records.append(_flat(element if isinstance(element, dict) else {"": json.dumps(element)}))
    names = list(dict.fromkeys(name for record in records for name in record))
    shown = {
        str(number): [_text(record.get(name)) for record in records] for number, name in enumerate(names)
    }
    typed = {
        str(number): [isinstance(record.get(name), (int, float)) for record in records]
        for number, name in enumerate(names)
    }
    empty = {"0": [None] * len(records)}
    return Grid(
        cells=pl.DataFrame(shown or empty, schema=dict.fromkeys(shown or empty, pl.String)),
        names=names or [""],
        typed=pl.DataFrame(typed, schema=dict.fromkeys(typed, pl.Boolean)) if typed else None,
        broken=broken,
        facts={"format": "JSON lines" if elements is None else "JSON"},
    )


def _lines(text: str) -> list[str]:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if lines and not lines[-1]:
        lines.pop()
    return lines


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _document(text: str) -> list[Any] | None:
    """Give the elements if the text is one document that holds a list of objects."""
    start = text.lstrip()[:1]
    if start == "{" and isinstance(_parsed(text.strip().split("\n", 1)[0]), dict):
        return None
    value = _parsed(text)
    if isinstance(value, dict):
        lists = [
            part for part in value.values() if isinstance(part, list) and part and isinstance(part[0], dict)
        ]
        return max(lists, key=len) if lists else [value]
    return value if isinstance(value, list) else None


def _flat(record: dict[str, Any]) -> dict[str, Any]:
    """Lift nested objects to names such as ``site.lat``."""
    found: dict[str, Any] = {}
    for name, value in record.items():
        if isinstance(value, dict):
            found.update({f"{name}.{inner}": part for inner, part in value.items()})
        else:
            found[name] = value
    return found


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return _whole(value)
    return value.strip() or None if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _whole(value: int) -> str:
    try:
        return str(value)
    except ValueError:  # Python refuses to print numbers of more than 4300 digits
        return "number too long"
