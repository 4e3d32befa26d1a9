"""Identifiers: one canonical text and one database key for every spelling of the same thing."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from functools import lru_cache
from hashlib import blake2b

from voltloop.epcis.digital_links import canonical_link
from voltloop.epcis.identifier_schemes import (
    HOST,
    Key,
    check_digit,
    keys,
    keys_by_segment,
    link_makers,
    urn_text,
)

__all__ = ["canonical", "company_prefix", "digest", "key_bytes", "key_of", "to_digital_link", "to_urn"]

_CACHED = 1 << 17
_PREFIX_LENGTHS = range(12, 5, -1)


@lru_cache(maxsize=_CACHED)
def canonical(identifier: str) -> str:
    """Give the one text that stands for an identifier in all its spellings.

    Parameters
    ----------
    identifier
        Any URI: EPC URN, EPC class or class pattern, GS1 Digital Link of any host, or another one.

    Returns
    -------
    str
        For a GS1 key its canonical Digital Link at the finest level (``https://id.gs1.org/...``). Everything else,
        also a URN that is not well formed in its scheme and the schemes without a Digital Link (GID, ADI, BIC,
        IMOVN, USDOD), comes back unchanged.

    Notes
    -----
    Check digits of Digital Links are taken as they stand: a wrong one names nothing else.

    References
    ----------
    EPC Tag Data Standard 1.13, 6; GS1 Digital Link URI Syntax 1.2, 4.11; CBV 2.0, event hash id.

    Examples
    --------
    >>> canonical("urn:epc:id:sgtin:0614141.107346.2017")
    'https://id.gs1.org/01/10614141073464/21/2017'
    >>> canonical("http://example.com/gtin/614141073464/ser/7?x=1")
    'https://id.gs1.org/01/00614141073464/21/7'
    >>> canonical("urn:epc:id:gid:9521234.5.6")
    'urn:epc:id:gid:9521234.5.6'
    """
    link: str | None = None
    if identifier.startswith("urn:epc:") and identifier.isascii():
        scheme, body = _split(identifier)
        maker = link_makers().get(scheme)
        if maker is not None:
            link = maker(body)
    elif identifier[:4].lower() == "http":
        link = canonical_link(identifier)
    return link or identifier


def _split(urn: str) -> tuple[str, str]:
    """Split what follows ``urn:epc:`` into ``kind:scheme`` and body; the body itself may have colons."""
    end = urn.find(":", urn.find(":", 8) + 1)
    return urn[8:end], urn[end + 1 :]


@lru_cache(maxsize=_CACHED)
def key_of(identifier: str) -> uuid.UUID:
    """Database key of an identifier: equal for all its spellings.

    Returns
    -------
    uuid.UUID
        The first 16 bytes of BLAKE2b of the canonical text in UTF-8.

    Examples
    --------
    >>> key_of("urn:epc:id:sgtin:0614141.107346.1") == key_of("https://example.org/gtin/10614141073464/21/1")
    True
    """
    return uuid.UUID(bytes=key_bytes(identifier))


@lru_cache(maxsize=_CACHED)
def key_bytes(identifier: str) -> bytes:
    """Give the 16 bytes of :func:`key_of`.

    Examples
    --------
    >>> key_bytes("urn:epc:id:sscc:9521234.0000000333") == key_of("urn:epc:id:sscc:9521234.0000000333").bytes
    True
    """
    return digest(canonical(identifier))


def digest(text: str) -> bytes:
    """Give 16 bytes that stand for a text, such as a canonical identifier; not remembered.

    Examples
    --------
    >>> digest(canonical("urn:epc:id:sscc:9521234.0000000333")) == key_bytes("urn:epc:id:sscc:9521234.0000000333")
    True
    """
    return blake2b(text.encode("utf-8", "surrogatepass")).digest()[:16]


def to_digital_link(urn: str) -> str | None:
    """Give the canonical Digital Link of an identifier, or None where it is no GS1 key.

    Examples
    --------
    >>> to_digital_link("urn:epc:id:sscc:9521234.0000000333")
    'https://id.gs1.org/00/095212340000003335'
    >>> to_digital_link("urn:epc:id:bic:CSQU3054383") is None
    True
    """
    return canonical_link(canonical(urn))


def company_prefix(urn: str) -> str | None:
    """GS1 company prefix of an EPC URN, or None: what :func:`to_urn` needs to know of a prefix.

    Returns
    -------
    str or None
        6 to 12 digits.

    Examples
    --------
    >>> company_prefix("urn:epc:id:sgln:0614141.00777.0")
    '0614141'
    """
    if not urn.startswith("urn:epc:") or not urn.isascii():
        return None
    scheme, body = _split(urn)
    maker = link_makers().get(scheme)
    return body.partition(".")[0] if maker is not None and maker(body) is not None else None


def to_urn(digital_link: str, prefixes: Collection[str]) -> str | None:
    """Give the EPC URN of a Digital Link, or None where it cannot be known.

    Parameters
    ----------
    digital_link
        A GS1 Digital Link in any form.
    prefixes
        Company prefixes known from EPC URNs seen before (:func:`company_prefix`), best a set. A Digital Link does
        not say where the company prefix ends, so without its prefix among these there is no URN.

    Returns
    -------
    str or None
        None too for a wrong check digit, which a URN could not express.

    Examples
    --------
    >>> to_urn("https://example.com/01/10614141073464/21/2017", {"0614141"})
    'urn:epc:id:sgtin:0614141.107346.2017'
    >>> to_urn("https://id.gs1.org/01/10614141073464/21/2017", set()) is None
    True
    """
    link = canonical_link(digital_link) if digital_link[:4].lower() == "http" else None
    if link is None:
        return None
    ai, value, *qualified = link.removeprefix(HOST).split("/")
    key = keys_by_segment()[ai]
    serial = ""
    if qualified:
        key = next(
            (other for other in keys().values() if other.ai == ai and other.serial == qualified[0]), key
        )
        serial = qualified[1]
    body = _checked_body(key, value, prefixes) if key.digits else _free_body(value, prefixes)
    if body is None:
        return None
    if key.serial == "joined":
        serial = value[key.length :]
    if not key.serial:
        return f"urn:epc:{key.epc_scheme}:{body}"
    if serial or key.serial_none:
        return f"urn:epc:{key.epc_scheme}:{body}.{urn_text(serial) or key.serial_none}"
    return f"urn:epc:{key.epc_scheme.replace('id:', 'idpat:')}:{body}.*"


def _checked_body(key: Key, value: str, prefixes: Collection[str]) -> str | None:
    """Give company prefix, reference and tail of a key with a check digit, as the URN writes them."""
    digits = value[len(key.lead) :][: key.digits]
    if value[len(key.lead) + key.digits] != check_digit(digits):
        return None
    indicator, number = (digits[0], digits[1:]) if key.has_indicator else ("", digits)
    prefix = _prefix_of(number, prefixes)
    if prefix is None:
        return None
    body = f"{prefix}.{indicator}{number[len(prefix) :]}"
    place = key.length - sum(key.tail)
    for size in key.tail:
        body += f".{value[place : place + size]}"
        place += size
    return body


def _free_body(value: str, prefixes: Collection[str]) -> str | None:
    """Give company prefix and reference of a key of free text, as the URN writes them."""
    prefix = _prefix_of(value, prefixes)
    reference = value[len(prefix or "") :]
    return f"{prefix}.{urn_text(reference)}" if prefix and reference else None


def _prefix_of(number: str, prefixes: Collection[str]) -> str | None:
    """Give the longest known company prefix that the number starts with."""
    return next((number[:size] for size in _PREFIX_LENGTHS if number[:size] in prefixes), None)
