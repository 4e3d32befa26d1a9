"""Passports as JSON text: numbers stay as they were given, and one passport has one text."""

from __future__ import annotations

import hashlib
import json
from typing import Any, NoReturn

from voltloop.errors import InputError

__all__ = ["digest_of", "read_json", "stored", "text_of"]

_DEEPEST = 64


def text_of(record: Any) -> str:
    """Give the one text of a value: names in order, no spaces, numbers with all their digits.

    Examples
    --------
    >>> text_of({"b": 1.50, "a": "é"})
    '{"a":"é","b":1.5}'
    """
    return json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest_of(text: str) -> str:
    """Give the SHA-256 of a text in hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def stored(text: str) -> dict[str, Any]:
    """Give a passport from the text that :func:`text_of` made of it, which was checked before it was kept."""
    record: dict[str, Any] = json.loads(text)
    return record


def read_json(body: bytes | str) -> Any:
    """Read JSON in UTF-8 or UTF-16, with or without a byte order mark.

    Raises
    ------
    InputError
        ``passport-json``: it is no JSON (RFC 8259), a name stands twice in one group, a number is not finite, or
        groups stand in one another more than 64 deep.
    """
    try:
        text = body if isinstance(body, str) else _decoded(body)
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_refuse, parse_float=_finite)
        _check(value, 0)
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"The document cannot be read: {error}. JSON in UTF-8 was expected, each name once in its group.",
            code="passport-json",
        ) from None
    return value


def _decoded(body: bytes) -> str:
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return body.decode("utf-16")
    return body.decode("utf-8-sig")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    group = dict(pairs)
    if len(group) < len(pairs):
        raise ValueError("a name stands twice in one group")
    return group


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number")


def _finite(digits: str) -> float:
    number = float(digits)
    if number in {float("inf"), float("-inf")}:
        raise ValueError("a number is beyond all bounds")
    return number


def _check(value: Any, depth: int) -> None:
    """Refuse what cannot be kept: groups too deep, and the character that no text of the database may hold."""
    if depth > _DEEPEST:
        raise ValueError(f"groups stand in one another more than {_DEEPEST} deep")
    if isinstance(value, str):
        if "\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
            raise ValueError("a text holds the character U+0000 or half a character")
    elif isinstance(value, dict):
        for name, part in value.items():
            _check(name, depth)
            _check(part, depth + 1)
    elif isinstance(value, list):
        for part in value:
            _check(part, depth + 1)
