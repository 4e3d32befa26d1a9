"""Patterns of identifiers: what a MATCH parameter of a query may name beside single identifiers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from voltloop.epcis.digital_links import canonical_link
from voltloop.epcis.identifier_schemes import HOST, Key, check_digit, digital_link_text, keys, keys_by_segment
from voltloop.epcis.identifiers import canonical
from voltloop.errors import InputError, nearest

__all__ = ["Pattern", "parse_pattern"]

# Schemes without a Digital Link whose identifiers have patterns too, with the number of their parts.
_OTHER_SCHEMES: Final = {"gid": 3, "usdod": 2, "adi": 3}
_ANY_SEGMENT: Final = "[^/]+"


@dataclass(frozen=True)
class Pattern:
    """A set of identifiers, in terms of their canonical texts.

    Attributes
    ----------
    text
        The pattern as it was written.
    prefixes
        Starts of canonical texts: every identifier of the set begins with one of them, though not all that do
        are of the set. Sorted; none is a start of another.
    regex
        Regular expression, anchored at both ends, that holds for the canonical texts of the set and no others;
        in the common part of the syntaxes of Python and PostgreSQL.
    """

    text: str
    prefixes: tuple[str, ...]
    regex: str

    @property
    def ranges(self) -> tuple[tuple[str, str], ...]:
        """The prefixes as ranges of canonical texts in byte order: lower bound included, upper bound excluded."""
        return tuple((prefix, prefix[:-1] + chr(ord(prefix[-1]) + 1)) for prefix in self.prefixes)

    def matches(self, identifier: str) -> bool:
        """Say whether an identifier, in any of its spellings, is of the set.

        Examples
        --------
        >>> every = parse_pattern("urn:epc:idpat:sgtin:9521234.*.*")
        >>> every.matches("https://example.com/gtin/09521234123453/ser/7")
        True
        """
        return self._compiled.fullmatch(canonical(identifier)) is not None

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self.regex, re.ASCII)


def parse_pattern(text: str) -> Pattern | None:
    """Read what a query matches identifiers with.

    Parameters
    ----------
    text
        A pure identity pattern (``urn:epc:idpat:...``), a pattern of lots (``urn:epc:classpat:lgtin:...``), a
        Digital Link, or any other identifier.

    Returns
    -------
    Pattern or None
        None for a text that names one identifier only, which is compared as it is. A Digital Link of a class, such
        as ``https://id.gs1.org/01/09521234123453``, is the class and all its serial numbers, but not its lots.

    Raises
    ------
    InputError
        A pattern of an unknown scheme, with a part missing or of a wrong length, with a range such as ``[1-5]``,
        or with a wildcard before a part that is given. Tag patterns (``urn:epc:pat:``) are of readers, not of events.

    Notes
    -----
    A Digital Link does not say where its company prefix ends. A pattern of a short prefix therefore also holds for
    longer prefixes that begin with it; GS1 assigns no two such prefixes.

    References
    ----------
    EPC Tag Data Standard 1.13, 8 (pure identity patterns have no ranges); EPCIS 2.0, 8.2.7.1 (MATCH parameters).

    Examples
    --------
    >>> parse_pattern("urn:epc:idpat:sscc:9521234.*").prefixes[:2]
    ('https://id.gs1.org/00/09521234', 'https://id.gs1.org/00/19521234')
    >>> parse_pattern("urn:epc:id:sscc:9521234.0000000333") is None
    True
    """
    kind, _, rest = (
        text.removeprefix("urn:epc:").partition(":") if text.startswith("urn:epc:") else ("", "", "")
    )
    if kind in ("idpat", "classpat"):
        if not text.isascii():
            raise _refusal(text, "has characters that no URN has", "Write them as percent-escapes of UTF-8.")
        scheme, _, body = rest.partition(":")
        key = keys().get(f"class:{scheme}" if scheme == "lgtin" else f"id:{scheme}")
        if key is None or (kind == "classpat" and scheme != "lgtin"):
            return _other_pattern(text, kind, scheme, body)
        return _key_pattern(text, key, body)
    if kind == "pat":
        raise _refusal(
            text, "is a pattern of tags; events hold identifiers", "Write urn:epc:idpat: in its place."
        )
    return _class_pattern(text)


def _refusal(text: str, what: str, advice: str) -> InputError:
    return InputError(f'The pattern "{text}" {what}. {advice}', code="epc-pattern")


def _parts(text: str, body: str, count: int) -> list[str]:
    """Split the body of a pattern, checking what holds in all schemes: wildcards only at the end, no ranges."""
    parts = body.split(".", count - 1)
    if len(parts) != count:
        raise _refusal(text, f"has {len(parts)} parts", f"Its scheme has {count}, with points between them.")
    if any(part.startswith("[") and part.endswith("]") for part in parts):
        raise _refusal(
            text, "has a range", "Identity patterns know whole parts and * only: write * and filter."
        )
    first = parts.index("*") if "*" in parts else count
    if any(part != "*" for part in parts[first:]):
        raise _refusal(text, "has a part behind a *", "After the first * all parts must be *.")
    return parts


def _key_pattern(text: str, key: Key, body: str) -> Pattern:
    """Make the pattern of a GS1 key from the body of its URN."""
    count = 2 + len(key.tail) + bool(key.serial)
    company, reference, *others = _parts(text, body, count)
    if company != "*" and not (company.isdigit() and company.isascii() and 6 <= len(company) <= 12):
        raise _refusal(text, f'has the company prefix "{company}"', "A company prefix has 6 to 12 digits.")
    start = f"{HOST}{key.ai}/{key.lead}"
    starts, regex = (
        _checked_start(text, key, company, reference) if key.digits else _free_start(company, reference)
    )
    for size, number in zip(key.tail, others, strict=False):
        if number != "*" and not (len(number) == size and number.isdigit()):
            raise _refusal(text, f'has the part "{number}"', f"This part has {size} digits.")
        regex += f"[0-9]{{{size}}}" if number == "*" else number
        starts = starts if number == "*" else [one + number for one in starts]
    if key.serial:
        tail, tail_regex = _serial(key, others[-1])
        starts = [one + tail for one in starts]
        regex += tail_regex
    return Pattern(text, tuple(start + one for one in starts), f"^{re.escape(start)}{regex}$")


def _checked_start(text: str, key: Key, company: str, reference: str) -> tuple[list[str], str]:
    """Give prefixes and regular expression of the digits of a key with a check digit."""
    if company == "*":
        return [""], f"[0-9]{{{key.digits + 1}}}"
    if reference == "*":
        left = key.digits + 1 - len(company) - key.has_indicator
        if key.has_indicator:
            return [f"{digit}{company}" for digit in range(10)], f"[0-9]{company}[0-9]{{{left}}}"
        return [company], f"{company}[0-9]{{{left}}}"
    digits = reference[:1] + company + reference[1:] if key.has_indicator else company + reference
    if len(digits) != key.digits or not digits.isdigit() or not digits.isascii():
        wanted = (
            f"Company prefix and reference have {key.digits} digits together, here {len(digits)} characters."
        )
        raise _refusal(text, f'has the reference "{reference}"', wanted)
    digits += check_digit(digits)
    return [digits], digits


def _free_start(company: str, reference: str) -> tuple[list[str], str]:
    """Give prefixes and regular expression of a key of free text."""
    if company == "*":
        return [""], _ANY_SEGMENT
    if reference == "*":
        return [company], company + _ANY_SEGMENT
    value = company + digital_link_text(reference)
    return [value], re.escape(value)


def _serial(key: Key, serial: str) -> tuple[str, str]:
    """Give prefix and regular expression of the serial part; with ``*`` the class itself is of the set too."""
    joint = "" if key.serial == "joined" else f"/{key.serial}/"
    if serial == "*":
        if key.epc_scheme.startswith("class:"):  # a lot is no instance: its GTIN alone is another class
            return "", f"{joint}{_ANY_SEGMENT}"
        return "", f"({joint}{_ANY_SEGMENT})?"
    if serial == key.serial_none:
        return "", ""
    tail = joint + digital_link_text(serial)
    return tail, re.escape(tail)


def _other_pattern(text: str, kind: str, scheme: str, body: str) -> Pattern:
    """Make the pattern of a scheme without a Digital Link, on the URN itself."""
    count = _OTHER_SCHEMES.get(scheme) if kind == "idpat" else None
    if count is None:
        known = sorted({name.partition(":")[2] for name in keys()} | set(_OTHER_SCHEMES))
        raise _refusal(
            text, f'names no scheme "{scheme}"', f"Known: {', '.join(known)}.{nearest(scheme, known)}"
        )
    fixed = [part for part in _parts(text, body, count) if part != "*"]
    start = f"urn:epc:id:{scheme}:" + ".".join(fixed)
    if len(fixed) == count:
        return Pattern(text, (start,), f"^{re.escape(start)}$")
    start += "." if fixed else ""
    wild = r"[^.]+\." * (count - len(fixed) - 1) + ".+"
    return Pattern(text, (start,), f"^{re.escape(start)}{wild}$")


def _class_pattern(text: str) -> Pattern | None:
    """Make the pattern of a Digital Link that names a class, or give None for any other identifier."""
    link = canonical_link(text)
    if link is None:
        return None
    ai, value, *qualified = link.removeprefix(HOST).split("/")
    key = keys_by_segment()[ai]
    if (
        qualified
        or not key.serial
        or key.serial_none
        or (key.serial == "joined" and len(value) != key.length)
    ):
        return None
    if key.serial == "joined":
        instances = f"({_ANY_SEGMENT})?"
    else:
        serials = [one.serial for one in keys().values() if one.ai == ai and one.epc_scheme.startswith("id:")]
        instances = f"(/({'|'.join(serials)})/{_ANY_SEGMENT})?"
    return Pattern(text, (link,), f"^{re.escape(link)}{instances}$")
