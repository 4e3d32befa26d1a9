"""GS1 Digital Links: one canonical text for the many ways of writing one."""

from __future__ import annotations

from collections.abc import Sequence

from voltloop.epcis.identifier_schemes import (
    HOST,
    Key,
    digital_link_text,
    keys_by_segment,
    qualifiers_by_segment,
)

__all__ = ["canonical_link"]

_GTIN_LENGTHS = frozenset({8, 12, 13, 14})


def canonical_link(uri: str) -> str | None:
    """Canonical, constrained form of a GS1 Digital Link, or None for any other Web address.

    Parameters
    ----------
    uri
        An ``http`` or ``https`` address of any host.

    Returns
    -------
    str or None
        ``https://id.gs1.org/`` with numeric application identifiers, a GTIN of 14 digits, and only the finest
        level of identification; query string and fragment are left out.

    References
    ----------
    GS1 Digital Link URI Syntax 1.2, 4.11; CBV 2.0, event hash id (which key qualifiers count).

    Examples
    --------
    >>> canonical_link("https://example.com/some/gtin/9780345418913/lot/7/ser/765tz?abc=1")
    'https://id.gs1.org/01/09780345418913/21/765tz'
    """
    path = uri.partition("://")[2].partition("#")[0].partition("?")[0].removesuffix("/")
    segments = path.split("/")
    known = keys_by_segment()
    for place in range(1, len(segments) - 1):
        key = known.get(segments[place])
        if key is not None and (len(segments) - place) % 2 == 0:
            value = _key_value(key, segments[place + 1])
            rest = _finest(key, segments[place + 2 :])
            if value is not None and rest is not None:
                return f"{HOST}{key.ai}/{value}{rest}"
    return None


def _key_value(key: Key, text: str) -> str | None:
    """Give the value of a key as the canonical link has it, or None where it is not one."""
    if not text.isascii():
        return None
    if key.ai == "01":
        return text.zfill(14) if len(text) in _GTIN_LENGTHS and text.isdigit() else None
    if not key.digits:
        plain = digital_link_text(text)
        # A key of free text starts with a company prefix; GS1 assigns none shorter than four digits.
        return plain if plain[:4].isdigit() and len(plain) > 4 else None
    digits, serial = text[: key.length], text[key.length :]
    if len(digits) != key.length or not digits.isdigit() or not digits.startswith(key.lead):
        return None
    if not serial:
        return digits
    return digits + digital_link_text(serial) if key.serial == "joined" else None


def _finest(key: Key, segments: Sequence[str]) -> str | None:
    """Give the finest key qualifier as a path, empty where there is none, None where one is out of place."""
    known = qualifiers_by_segment()
    order = key.qualifiers
    path = ""
    for segment, value in zip(segments[::2], segments[1::2], strict=True):
        qualifier = known.get(segment)
        if qualifier is None or qualifier.ai not in order or not value or not value.isascii():
            return None
        order = order[order.index(qualifier.ai) + 1 :]
        if qualifier.is_kept:
            path = f"/{qualifier.ai}/{digital_link_text(value)}"
    return path
