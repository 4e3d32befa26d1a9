"""The names under which the ledger files what an event says, and the keys of what is filed there.

A standard field has a plain name (``bizTransaction/po``, ``sensor/deviceID``); an extension field is named by its
namespace, not by the prefix that one document happened to use (``ILMD/{https://example.com/ns}cellCount``). Capture
and query make every name and key here, so that they meet.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any
from uuid import UUID

from voltloop.epcis.identifiers import key_of
from voltloop.epcis.vocabulary import standard_namespaces

__all__ = [
    "TIMES",
    "Scalar",
    "expanded",
    "extension_name",
    "instant_seconds",
    "name_key",
    "number_of",
    "plain_namespace",
    "qualified",
    "scalar_key",
    "scalar_text",
]

Scalar = str | bool | int | float
"""A plain value of a field."""

TIMES = "time:"
"""Stands before the name of a field where its value is an instant: then ``number`` holds seconds since 1970."""

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d([.,]\d+)?)?(Z|z|[+-]\d\d:\d\d)", re.ASCII)
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)


@lru_cache(maxsize=65536)
def name_key(name: str) -> UUID:
    """Give the key of the full name of a field.

    Examples
    --------
    >>> name_key("bizTransaction/po") == name_key("bizTransaction/po")
    True
    """
    return key_of(f"field:{name}")


def plain_namespace(namespace: str) -> str:
    """Give a namespace without its closing mark, which XML leaves out and JSON-LD needs.

    Examples
    --------
    >>> plain_namespace("urn:epcglobal:cbv:mda:") == plain_namespace("urn:epcglobal:cbv:mda")
    True
    """
    return namespace.rstrip("/#:")


@lru_cache(maxsize=65536)
def _in_namespace(namespace: str, local: str) -> str:
    """Give ``{namespace}local``."""
    return f"{{{plain_namespace(namespace)}}}{local}"


def qualified(key: str, context: Mapping[str, str]) -> str:
    """Give the name of an extension field or attribute as ``{namespace}local``, whatever its prefix.

    Parameters
    ----------
    key
        ``prefix:local``, or a full URI ending in ``#local``, ``/local`` or ``:local``, or a name without prefix.
    context
        Prefix to namespace of the document; prefixes of the standard's own context are known. An undeclared prefix
        stands for itself, as in JSON-LD.

    Examples
    --------
    >>> qualified("example:soh", {"example": "https://example.com/ns/"})
    '{https://example.com/ns}soh'
    >>> qualified("urn:epcglobal:cbv:mda#lotNumber", {}) == qualified("cbvmda:lotNumber", {})
    True
    """
    prefix, mark, local = key.partition(":")
    if not mark:
        return f"{{}}{key}"
    namespace = context.get(prefix) or standard_namespaces().get(prefix)
    if namespace is not None:
        return _in_namespace(namespace, local)
    cut = max(key.rfind("#"), key.rfind("/"), key.rfind(":"))
    return _in_namespace(key[:cut], key[cut + 1 :])


def extension_name(family: str, inner: bool, name: str) -> str:
    """Give the full name of an extension field from its qualified name.

    Parameters
    ----------
    family
        Empty for a field of the event itself, else ``ILMD``, ``ERROR_DECLARATION``, ``SENSORELEMENT``,
        ``SENSORMETADATA``, ``SENSORREPORT``, ``readPoint`` or ``bizLocation``.
    inner
        Whether the field lies anywhere within an extension field rather than at its top.
    name
        As :func:`qualified` gives it.
    """
    return f"{family}{'//' if inner else '/'}{name}"


def expanded(text: str, context: Mapping[str, str]) -> str:
    """Give the full URI of a compact one (``prefix:rest``) whose prefix the document declares; other text unchanged.

    Examples
    --------
    >>> expanded("ex:product", {"ex": "https://example.com/"})
    'https://example.com/product'
    >>> expanded("https://example.com/product", {"ex": "https://example.com/"})
    'https://example.com/product'
    """
    prefix, mark, rest = text.partition(":")
    if mark and prefix in context and not rest.startswith("//"):
        return context[prefix] + rest
    return text


def scalar_key(value: Scalar, context: Mapping[str, str]) -> UUID:
    """Give the key of a value: texts by their canonical spelling, JSON numbers and truths apart from equal texts.

    ``7`` and ``7.0`` have one key, the text ``"7"`` another: a lot number ``"007"`` is not a number.
    """
    return key_of(scalar_text(value, context))


def scalar_text(value: Scalar, context: Mapping[str, str]) -> str:
    """Give the text of which :func:`scalar_key` gives the key.

    Examples
    --------
    >>> scalar_text("ex:a", {"ex": "https://example.com/"}), scalar_text(7, {})
    ('https://example.com/a', '=7.0')
    """
    return expanded(value, context) if isinstance(value, str) else _number_text(value)


def _number_text(value: bool | int | float) -> str:
    """Give one text for equal numbers."""
    if isinstance(value, bool):
        return "=true" if value else "=false"
    try:
        return f"={float(value)!r}"
    except OverflowError:
        return f"={value}"


def number_of(value: object) -> float | None:
    """Give the number that a value or text says, or None; XML says all numbers as text.

    Examples
    --------
    >>> number_of("3.50"), number_of(4), number_of("1_000"), number_of(True)
    (3.5, 4.0, None, None)
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float) or (isinstance(value, str) and _NUMBER.fullmatch(value)):
        try:
            number = float(value)
        except OverflowError:
            return None
        return number if abs(number) != float("inf") else None
    return None


def instant_seconds(value: object) -> float | None:
    """Give the seconds since 1970 of a date and time with a zone, or None where the value is none.

    Examples
    --------
    >>> instant_seconds("1970-01-01T01:00:01+01:00"), instant_seconds("1970-01-01")
    (1.0, None)
    """
    if not isinstance(value, str) or len(value) < 17 or value[10] != "T" or not _INSTANT.fullmatch(value):
        return None
    try:
        return (dt.datetime.fromisoformat(value.upper()) - _EPOCH) / _MICROSECOND / 1e6
    except (ValueError, OverflowError):
        return None


def scalars(value: Any) -> Iterable[str | bool | int | float]:
    """Give the plain values of a field: of a list each, of a JSON-LD value object its ``@value`` or ``id``."""
    if isinstance(value, list):
        for item in value:
            yield from scalars(item)
    elif isinstance(value, dict):
        for key in ("@value", "@id", "id"):
            if key in value:
                yield from scalars(value[key])
                return
    elif value is not None and value != "":
        yield value
