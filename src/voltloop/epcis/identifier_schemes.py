"""The GS1 keys: how each is written as an EPC URN and as a GS1 Digital Link.

The facts are in ``catalogue/traceability/gs1_keys.csv`` and ``gs1_qualifiers.csv``; this file turns them into
one function per scheme.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from urllib.parse import quote, unquote_to_bytes

__all__ = [
    "HOST",
    "Key",
    "Qualifier",
    "check_digit",
    "digital_link_text",
    "keys",
    "keys_by_segment",
    "link_makers",
    "qualifiers_by_segment",
    "urn_text",
]

HOST = "https://id.gs1.org/"
"""Start of every canonical GS1 Digital Link."""

# What Digital Link leaves unescaped in a path beside letters and digits (URI Syntax 1.2, table of reserved characters).
_LINK_SAFE = "'-._;="
# What the grammar of EPC URNs allows unescaped (Tag Data Standard, GS3A3Component).
_URN_SAFE = "!'()*+,-.:;=_"


@dataclass(frozen=True, slots=True)
class Key:
    """One GS1 key in one EPC scheme: a row of ``gs1_keys.csv``.

    Attributes
    ----------
    epc_scheme
        Kind and name, such as ``id:sgtin`` or ``class:lgtin``.
    ai
        Application identifier of the key in a Digital Link.
    shortcode
        The word that older Digital Links use in place of the application identifier.
    digits
        Digits of company prefix and reference together, without check digit; 0 where the reference is free text
        and there is no check digit.
    has_indicator
        True where the first digit of the reference stands before the company prefix.
    lead
        Text before the digits in the Digital Link.
    tail
        Lengths of further numbers behind the check digit (ITIP: piece and total).
    serial
        Application identifier of the serial part, ``joined`` where it follows the key at once, or empty.
    serial_none
        Serial text of the URN that stands for "no serial part" (SGLN: ``0``).
    qualifiers
        Application identifiers that may follow in a Digital Link, in their order.
    """

    epc_scheme: str
    ai: str
    shortcode: str
    digits: int
    has_indicator: bool
    lead: str
    tail: tuple[int, ...]
    serial: str
    serial_none: str
    qualifiers: tuple[str, ...]

    @property
    def length(self) -> int:
        """Characters of the key in a Digital Link without a joined serial part; 0 for a key of free text."""
        return self.digits and len(self.lead) + self.digits + 1 + sum(self.tail)


@dataclass(frozen=True, slots=True)
class Qualifier:
    """What may follow a GS1 key in a Digital Link: a row of ``gs1_qualifiers.csv``."""

    ai: str
    is_kept: bool


def _rows(name: str) -> list[dict[str, str]]:
    file = resources.files("voltloop.catalogue") / "traceability" / name
    return list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split("|")) if text else ()


@cache
def keys() -> Mapping[str, Key]:
    """Give every GS1 key by its EPC scheme, in the order of the file (the usual scheme of a key first)."""
    return {
        row["epc_scheme"]: Key(
            epc_scheme=row["epc_scheme"],
            ai=row["ai"],
            shortcode=row["shortcode"],
            digits=int(row["digits"] or 0),
            has_indicator=row["indicator"] == "yes",
            lead=row["lead"],
            tail=tuple(map(int, _split(row["tail"]))),
            serial=row["serial"],
            serial_none=row["serial_none"],
            qualifiers=_split(row["qualifiers"]),
        )
        for row in _rows("gs1_keys.csv")
    }


@cache
def keys_by_segment() -> Mapping[str, Key]:
    """Give the usual key for each path segment of a Digital Link: application identifier or shortcode."""
    found: dict[str, Key] = {}
    for key in keys().values():
        found.setdefault(key.ai, key)
        found.setdefault(key.shortcode, key)
    return found


@cache
def qualifiers_by_segment() -> Mapping[str, Qualifier]:
    """Give every key qualifier by its path segment: application identifier or shortcode."""
    found: dict[str, Qualifier] = {}
    for row in _rows("gs1_qualifiers.csv"):
        qualifier = Qualifier(row["ai"], row["is_kept"] == "yes")
        found[row["ai"]] = found[row["shortcode"]] = qualifier
    return found


def check_digit(digits: str) -> str:
    """Check digit of a GS1 key.

    Parameters
    ----------
    digits
        The key without its check digit: ASCII digits.

    References
    ----------
    GS1 General Specifications 7.9.1: weights 3 and 1 from the right.

    Examples
    --------
    >>> check_digit("0614141073467"[:-1])
    '7'
    """
    backwards = digits.encode()[::-1]
    # ord("0") is 48: taken off once for the whole sum.
    weighted = 3 * sum(backwards[::2]) + sum(backwards[1::2])
    excess = 48 * (3 * ((len(digits) + 1) // 2) + len(digits) // 2)
    return "0123456789"[(excess - weighted) % 10]


def digital_link_text(text: str) -> str:
    """Escape a value as the path of a canonical Digital Link has it.

    Parameters
    ----------
    text
        A value with or without percent-escapes, from an EPC URN or a Digital Link: ASCII.

    Examples
    --------
    >>> digital_link_text("6789%2f%26!()")
    '6789%2F%26%21%28%29'
    """
    return text if text.isalnum() and text.isascii() else quote(unquote_to_bytes(text), safe=_LINK_SAFE)


def urn_text(text: str) -> str:
    """Escape a value of a Digital Link as an EPC URN has it.

    Examples
    --------
    >>> urn_text("6789%2F%26%21%28%29")
    '6789%2F%26!()'
    """
    return text if text.isalnum() and text.isascii() else quote(unquote_to_bytes(text), safe=_URN_SAFE)


def _is_number(text: str) -> bool:
    return text.isdigit() and text.isascii()


def _checked(key: Key, *, is_class: bool) -> Callable[[str], str | None]:
    """Make the function from the body of a URN to its Digital Link, for a key with a check digit."""
    start = f"{HOST}{key.ai}/{key.lead}"
    middle = "" if key.serial == "joined" else f"/{key.serial}/"
    length, has_indicator, tail, serial_none = key.digits, key.has_indicator, key.tail, key.serial_none
    needs_serial = bool(key.serial)

    def link(body: str) -> str | None:
        prefix, _, rest = body.partition(".")
        reference, dot, serial = rest.partition(".")
        digits = reference[:1] + prefix + reference[1:] if has_indicator else prefix + reference
        if (
            len(digits) != length
            or not 6 <= len(prefix) <= 12
            or not digits.isdigit()
            or not digits.isascii()
        ):
            return None
        value = start + digits + check_digit(digits)
        for size in tail:
            number, dot, serial = serial.partition(".")
            if len(number) != size or not _is_number(number):
                return None
            value += number
        if not needs_serial:
            return None if dot else value
        if is_class:
            return value if serial == "*" else None
        if not serial:
            return None
        return value if serial == serial_none else value + middle + digital_link_text(serial)

    return link


def _free(key: Key, *, is_class: bool) -> Callable[[str], str | None]:
    """Make the function from the body of a URN to its Digital Link, for a key of free text."""
    start = f"{HOST}{key.ai}/"

    def link(body: str) -> str | None:
        prefix, _, rest = body.partition(".")
        if not 6 <= len(prefix) <= 12 or not _is_number(prefix):
            return None
        if not key.serial:
            return start + prefix + digital_link_text(rest) if rest else None
        reference, _, serial = rest.partition(".")
        if not reference or not serial:
            return None
        value = start + prefix + digital_link_text(reference)
        if is_class:
            return value if serial == "*" else None
        return f"{value}/{key.serial}/{serial}" if _is_number(serial) else None

    return link


@cache
def link_makers() -> Mapping[str, Callable[[str], str | None]]:
    """Give, for each ``kind:scheme`` of an EPC URN, the function from its last part to the canonical Digital Link.

    Beside the identifiers proper these are the class patterns, such as ``urn:epc:idpat:sgtin:9521234.012345.*``,
    which name a class of things and are the same as its Digital Link. The function gives None for a text
    that is not well formed in its scheme.
    """
    makers: dict[str, Callable[[str], str | None]] = {}
    for name, key in keys().items():
        make = _checked if key.digits else _free
        makers[name] = make(key, is_class=False)
        if key.serial and not key.serial_none and name.startswith("id:"):
            makers[name.replace("id:", "idpat:")] = make(key, is_class=True)
    return makers
