"""What an element holds: text, a number, or the value of an extension.

An element of an extension becomes

* its text, where it has neither attributes nor elements in it;
* an object otherwise, with its attributes as ``@prefix:name`` (``@:name`` without a namespace) and its text, if
  any, as ``@value``; several elements of one name become a list;
* by ``xsi:type``: a number or a boolean where JSON spells it the same, otherwise the typed value of JSON-LD,
  ``{"@type": "xsd:dateTime", "@value": ...}``; ``null`` where ``xsi:nil`` says so.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

from voltloop.epcis.xml_names import XML, XSI, Element, Prefixes
from voltloop.errors import InputError

__all__ = [
    "DECIMAL",
    "DOUBLE",
    "MAX_DEPTH",
    "NIL",
    "attributes_of",
    "content_of",
    "decimal_of",
    "elements_beside_attributes",
    "elements_of",
    "extension_value",
    "fault",
    "number",
    "put",
    "text_of",
]

MAX_DEPTH = 64
"""Most elements of an extension inside each other."""

DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
"""``xsd:decimal``."""

DOUBLE = re.compile(DECIMAL.pattern + r"(?:[eE][+-]?[0-9]+)?")
"""``xsd:double`` without its infinities and NaN, which JSON cannot say."""

_DATE = r"-?[0-9]{4,}-[0-9]{2}-[0-9]{2}"
_CLOCK = r"[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?"
_ZONE = r"(?:Z|[+-][0-9]{2}:[0-9]{2})?"
_FORMS = {
    "boolean": re.compile("true|false|1|0"),
    "date": re.compile(_DATE + _ZONE),
    "dateTime": re.compile(f"{_DATE}T{_CLOCK}{_ZONE}"),
    "decimal": DECIMAL,
    "double": re.compile(DOUBLE.pattern + "|-?INF|NaN"),
    "float": re.compile(DOUBLE.pattern + "|-?INF|NaN"),
    "hexBinary": re.compile("(?:[0-9A-Fa-f]{2})*"),
    "int": re.compile("[+-]?[0-9]+"),
    "integer": re.compile("[+-]?[0-9]+"),
    "long": re.compile("[+-]?[0-9]+"),
    "time": re.compile(_CLOCK + _ZONE),
}
"""What the text of a typed value must look like, where XML Schema's type is more than text."""

_TEXTS = frozenset(
    {"anySimpleType", "anyType", "anyURI", "duration", "language", "normalizedString", "string", "token"}
)

_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,14}")
_TYPE, NIL = f"{{{XSI}}}type", f"{{{XSI}}}nil"
_OF_THE_DOCUMENT = (f"{{{XSI}}}", f"{{{XML}}}")


def fault(element: Element, message: str) -> InputError:
    """Give the error for an element, with its line.

    Examples
    --------
    >>> from lxml import etree
    >>> str(fault(etree.fromstring("<action/>"), "This will not do."))
    'XML line 1, <action>: This will not do.'
    """
    name = str(element.tag).rpartition("}")[2]
    return InputError(f"XML line {element.sourceline}, <{name}>: {message}", code="epcis-xml")


def attributes_of(element: Element) -> list[tuple[str, str]]:
    """Give the attributes that are data: not those on schemas, languages and the like."""
    items: list[tuple[str, str]] = element.items()
    return [item for item in items if item[0][0] != "{" or not item[0].startswith(_OF_THE_DOCUMENT)]


def content_of(element: Element) -> str:
    """Give the text of an element, in which no elements may be."""
    if len(element):
        raise fault(element, "It holds text only, not elements.")
    return (element.text or "").strip()


def text_of(element: Element) -> str:
    """Give the text of an element, in which neither elements nor attributes may be."""
    if element.attrib:
        _refuse_attributes(element)
    if len(element):
        raise fault(element, "It holds text only, not elements.")
    return (element.text or "").strip()


def decimal_of(element: Element) -> int | float:
    """Give the number that an element holds."""
    return number(element, element.tag, text_of(element), DECIMAL)


def number(element: Element, name: str, text: str, form: re.Pattern[str]) -> int | float:
    """Give a number, an int where it is written as one.

    Raises
    ------
    InputError
        Code ``epcis-xml``: the text is not of the form, or beyond double precision.
    """
    if not form.fullmatch(text):
        raise fault(element, f'{name} "{text}" is not a number. Write it like 12 or 12.5.')
    found = float(text)
    if math.isinf(found):
        raise fault(element, f'{name} "{text}" is too large for a number of double precision.')
    return int(text) if text.lstrip("+-").isdigit() else found


def _refuse_attributes(element: Element) -> None:
    """Refuse attributes that are data."""
    for name, _value in attributes_of(element):
        raise fault(element, f'The attribute "{name}" does not belong here. Remove it.')


def _stray(text: str, element: Element) -> InputError:
    return fault(element, f'The text "{text.strip()[:40]}" in it or after it does not belong here.')


def elements_of(element: Element) -> Iterator[Element]:
    """Give the elements in an element, between which no text may be, nor attributes on it."""
    if element.attrib:
        _refuse_attributes(element)
    return elements_beside_attributes(element)


def elements_beside_attributes(element: Element) -> Iterator[Element]:
    """Give the elements in an element, between which no text may be."""
    text = element.text
    if text and not text.isspace():
        raise _stray(text, element)
    for child in element:
        yield child
        text = child.tail
        if text and not text.isspace():
            raise _stray(text, child)


def put(into: dict[str, Any], key: str, value: Any) -> None:
    """Store a value under a key; a second value makes a list.

    Examples
    --------
    >>> into = {"ex:a": "1"}
    >>> put(into, "ex:a", "2")
    >>> into
    {'ex:a': ['1', '2']}
    """
    if key not in into:
        into[key] = value
    elif isinstance(into[key], list):
        into[key].append(value)
    else:
        into[key] = [into[key], value]


def extension_value(element: Element, prefixes: Prefixes, depth: int = 1) -> Any:
    """Give the JSON value of an element of an extension.

    Raises
    ------
    InputError
        Code ``epcis-xml``: elements lie more than :data:`MAX_DEPTH` deep.

    Examples
    --------
    >>> from lxml import etree
    >>> extension_value(etree.fromstring('<mass unit="KGM">5</mass>'), Prefixes())
    {'@:unit': 'KGM', '@value': '5'}
    """
    if depth > MAX_DEPTH:
        raise fault(element, f"It lies more than {MAX_DEPTH} elements deep. Send it flatter.")
    is_leaf = not len(element)
    if is_leaf and not element.attrib:
        return element.text or ""
    if is_leaf and element.get(NIL) in ("true", "1"):
        return None
    value: dict[str, Any] = {}
    for name, content in element.items():
        if name == _TYPE:
            value["@type"] = _type_name(element, prefixes)
        elif name != NIL:
            key = prefixes.key(name)
            value[f"@{key}" if ":" in key else f"@:{key}"] = content
    pieces = [element.text if is_leaf else (element.text or "").strip()]
    for child in element:
        put(value, prefixes.key(child.tag), extension_value(child, prefixes, depth + 1))
        pieces.append((child.tail or "").strip())
    text = " ".join(filter(None, pieces))
    if text or is_leaf:
        value["@value"] = text
    if "@type" in value:
        _check_typed(element, value)
    return _native(value)


def _check_typed(element: Element, value: dict[str, Any]) -> None:
    """Check a value that says its type: a type of XML Schema, and text that it allows."""
    prefix, _, kind = value["@type"].rpartition(":")
    if prefix != "xsd" or not (kind in _FORMS or kind in _TEXTS):
        raise fault(element, f'xsi:type "{element.get(_TYPE)}" is no type of XML Schema. Leave it out.')
    if kind == "anyType":
        return
    if value.keys() != {"@type", "@value"} or len(element):
        raise fault(element, f"A value of type {kind} is text only, without elements and attributes.")
    form = _FORMS.get(kind)
    if form and not form.fullmatch(value["@value"].strip()):
        raise fault(element, f'"{value["@value"]}" is not of the type {kind} that xsi:type says.')


def _type_name(element: Element, prefixes: Prefixes) -> str:
    """Give the type that an element says it has, with the document's prefixes."""
    prefix, _, local = element.get(_TYPE).strip().rpartition(":")
    namespace = element.nsmap.get(prefix or None, "")
    return prefixes.key(f"{{{namespace}}}{local}") if namespace else str(local)


def _native(value: dict[str, Any]) -> Any:
    """Give a typed value as a JSON number or boolean where JSON spells it the same."""
    if value.keys() != {"@type", "@value"}:
        return value
    kind, text = value["@type"], value["@value"]
    if kind == "xsd:integer" and _INTEGER.fullmatch(text):
        return int(text)
    if kind == "xsd:double" and DOUBLE.fullmatch(text) and repr(float(text)) == text:
        return float(text)
    if kind == "xsd:boolean" and text in ("true", "false"):
        return text == "true"
    return value
