"""Text, names and values of extensions written as XML."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from voltloop.epcis.xml_names import XSI, encoded_name, resolve_key

__all__ = [
    "XSI_DECLARATION",
    "Namespaces",
    "attribute",
    "decimal_text",
    "element",
    "extension",
    "scalar_text",
    "text",
]

_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;", "\n": "&#10;", "\t": "&#9;"}
_IN_TEXT = re.compile("[&<>\r\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_IN_ATTRIBUTE = re.compile('[&<>"\r\n\t\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]')
_QNAME = re.compile(r"[A-Za-z_][\w.-]*:[A-Za-z_][\w.-]*")
_RESERVED = frozenset({"xsi", "xml", "xmlns"})

XSI_DECLARATION = f' xmlns:xsi="{XSI}"'
"""Declares the prefix ``xsi``, which every document carries."""


def _escape(match: re.Match[str]) -> str:
    """Give the escape of a character; one that XML has no way to write becomes the replacement character."""
    return _ESCAPES.get(match[0], "\ufffd")


def text(value: str) -> str:
    """Give text as content of an element.

    Examples
    --------
    >>> text("a < b & c")
    'a &lt; b &amp; c'
    """
    return _IN_TEXT.sub(_escape, value)


def attribute(name: str, value: str) -> str:
    """Give an attribute with a space before it.

    Examples
    --------
    >>> attribute("uom", "CEL")
    ' uom="CEL"'
    """
    return f' {name}="{_IN_ATTRIBUTE.sub(_escape, value)}"'


def element(name: str, value: str) -> str:
    """Give an element with text in it.

    Examples
    --------
    >>> element("action", "ADD")
    '<action>ADD</action>'
    """
    return f"<{name}>{_IN_TEXT.sub(_escape, value)}</{name}>"


def decimal_text(value: float) -> str:
    """Give a number as ``xsd:decimal``, which knows no exponents.

    Examples
    --------
    >>> decimal_text(200), decimal_text(200.5), decimal_text(1e-7)
    ('200', '200.5', '0.0000001')
    """
    return format(Decimal(repr(value)), "f")


class Namespaces:
    """The prefixes that one event needs, gathered while it is written.

    Parameters
    ----------
    context
        Prefix to namespace of the document that the event came in.
    """

    def __init__(self, context: Mapping[str, str]) -> None:
        self._context = context
        self._namespace: dict[str, str] = {}

    def name(self, key: str) -> str:
        """Give the XML name of a JSON key, and remember its namespace.

        Examples
        --------
        >>> namespaces = Namespaces({"ex": "http://ex.example/"})
        >>> namespaces.name("ex:colour"), namespaces.declarations()
        ('ex:colour', ' xmlns:ex="http://ex.example/"')
        """
        if key.startswith("xml:"):
            return key
        prefix, namespace, local = resolve_key(key, self._context)
        if not namespace:
            return local
        prefix, number = encoded_name(prefix) if prefix else "ns1", 1
        while prefix in _RESERVED or self._namespace.get(prefix, namespace) != namespace:
            number += 1
            prefix = f"ns{number}"
        self._namespace[prefix] = namespace
        return f"{prefix}:{local}"

    def declarations(self, content: str = "") -> str:
        """Give the attributes that declare what has been used, by names or in the values of ``content``.

        A user's own word may be compact, ``ex:crushing``: whoever reads it needs the prefix.
        """
        for prefix, namespace in self._context.items():
            if f">{prefix}:" in content or f'="{prefix}:' in content:
                self._namespace.setdefault(prefix, namespace)
        return "".join(attribute(f"xmlns:{prefix}", name) for prefix, name in self._namespace.items())


def scalar_text(value: Any) -> str:
    """Give a JSON scalar as text: booleans and numbers as XML Schema writes them.

    Examples
    --------
    >>> scalar_text(True), scalar_text(20.5), scalar_text(None)
    ('true', '20.5', '')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else repr(value)


def extension(key: str, value: Any, namespaces: Namespaces) -> str:
    """Give an extension as XML: the way back from :func:`voltloop.epcis.xml_values.extension_value`.

    A list becomes several elements (a list inside a list as well: XML has no lists of lists). Numbers and
    booleans say their type, so that they come back as what they are; null is an empty element.

    Examples
    --------
    >>> extension("ex:n", [1, "a"], Namespaces({"ex": "http://ex.example/"}))
    '<ex:n xsi:type="xsd:integer">1</ex:n><ex:n>a</ex:n>'
    """
    if isinstance(value, list):
        return "".join(extension(key, item, namespaces) for item in value)
    name = namespaces.name(key)
    if isinstance(value, dict):
        return _object(name, value, namespaces)
    if isinstance(value, str):
        return f"<{name}>{text(value)}</{name}>"
    if value is None:
        return f"<{name}/>"
    kind = "boolean" if isinstance(value, bool) else "integer" if isinstance(value, int) else "double"
    kind = namespaces.name(f"xsd:{kind}")
    return f'<{name} xsi:type="{kind}">{scalar_text(value)}</{name}>'


def _object(name: str, value: dict[str, Any], namespaces: Namespaces) -> str:
    """Give an object as an element: its ``@`` keys as attributes, its ``@value`` as text, the rest as elements."""
    attributes: list[str] = []
    content: list[str] = []
    for key, item in value.items():
        if key == "@value" and not isinstance(item, (dict, list)):
            content.insert(0, text(scalar_text(item)))
        elif key == "@type" and isinstance(item, str) and _QNAME.fullmatch(item):
            attributes.append(attribute("xsi:type", namespaces.name(item)))
        elif key.startswith("@") and ":" in key and not isinstance(item, (dict, list)):
            attribute_name = encoded_name(key[2:]) if key[1] == ":" else namespaces.name(key[1:])
            attributes.append(attribute(attribute_name, scalar_text(item)))
        else:
            content.append(extension(key, item, namespaces))
    return f"<{name}{''.join(attributes)}>{''.join(content)}</{name}>"
