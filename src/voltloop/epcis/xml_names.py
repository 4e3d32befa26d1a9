"""Names in XML and their keys in JSON: namespaces and prefixes, and names that XML cannot spell.

JSON names an extension ``prefix:local`` and keeps the prefix's namespace in the context; XML binds prefixes
anywhere and rebinds them at will. :class:`Prefixes` gives every namespace of one document one prefix, so that
each key means one thing in the whole document.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypeAlias

from voltloop.epcis.vocabulary import standard_namespaces
from voltloop.errors import InputError

MAX_NAMESPACES = 1000
"""Most namespaces of extensions in one document."""

__all__ = [
    "EPCIS_1",
    "EPCIS_2",
    "MASTER_DATA_1",
    "MASTER_DATA_2",
    "MAX_NAMESPACES",
    "QUERY_1",
    "QUERY_2",
    "SBDH",
    "XML",
    "XSD",
    "XSI",
    "Element",
    "Prefixes",
    "decoded_name",
    "encoded_name",
    "resolve_key",
    "xml_namespace",
]

EPCIS_1 = "urn:epcglobal:epcis:xsd:1"
EPCIS_2 = "urn:epcglobal:epcis:xsd:2"
QUERY_1 = "urn:epcglobal:epcis-query:xsd:1"
QUERY_2 = "urn:epcglobal:epcis-query:xsd:2"
MASTER_DATA_1 = "urn:epcglobal:epcis-masterdata:xsd:1"
MASTER_DATA_2 = "urn:epcglobal:epcis-masterdata:xsd:2"
SBDH = "http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader"
XSD = "http://www.w3.org/2001/XMLSchema"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
XML = "http://www.w3.org/XML/1998/namespace"

Element: TypeAlias = Any
"""An element as lxml parses it; its published types do not say that a parsed tag is a ``str``."""

_FRAME = frozenset({EPCIS_2, QUERY_1, QUERY_2, MASTER_DATA_1, MASTER_DATA_2, SBDH, XSI, XML})
_SCHEMES = frozenset({"http", "https", "urn", "ni", "data"})  # as prefixes they would hide absolute URIs
_ENCODED = re.compile(r"_x([0-9A-Fa-f]{4,6})_")
_NAME_START = (
    "A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d\u2070-\u218f"
)
_NAME_START += "\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
_NAME_MORE = _NAME_START + "\\-.0-9\u00b7\u0300-\u036f\u203f-\u2040"
_NAME = re.compile(f"[{_NAME_START}][{_NAME_MORE}]*")
_NOT_NAME = re.compile(f"[^{_NAME_MORE}]|^[^{_NAME_START}]|_(?=x[0-9A-Fa-f]{{4,6}}_)")


def xml_namespace(namespace: str) -> str:
    """Give the XML namespace of a namespace of the standard's JSON-LD context.

    JSON-LD joins namespace and name, so its namespaces end in a joint; XML keeps the two apart. Only the
    namespaces that both worlds name for themselves differ, all others are one text.

    Examples
    --------
    >>> xml_namespace("urn:epcglobal:cbv:mda:")
    'urn:epcglobal:cbv:mda'
    >>> xml_namespace("http://example.com/ext1/")
    'http://example.com/ext1/'
    """
    return _TWO_SPELLINGS.get(namespace, namespace)


_TWO_SPELLINGS = {"urn:epcglobal:cbv:mda:": "urn:epcglobal:cbv:mda", XSD + "#": XSD}


class Prefixes:
    """One prefix for each namespace of a document, and the keys made with them.

    The prefixes of the standard's own context stay what they are; a prefix that the document binds twice gets a
    number for its second namespace.

    Examples
    --------
    >>> prefixes = Prefixes()
    >>> prefixes.bind("ex", "http://a.example/")
    >>> prefixes.bind("ex", "http://b.example/")
    >>> prefixes.key("{http://b.example/}colour")
    'ex2:colour'
    >>> prefixes.context
    {'ex': 'http://a.example/', 'ex2': 'http://b.example/'}
    """

    def __init__(self) -> None:
        self.context: dict[str, str] = {}
        standard = standard_namespaces()
        self._taken = set(standard) | _SCHEMES
        self._prefix = {xml_namespace(namespace): prefix for prefix, namespace in standard.items()}
        self._prefix[XML] = "xml"
        self._keys: dict[str, str] = {}

    def bind(self, prefix: str | None, namespace: str) -> None:
        """Note that the document binds ``prefix`` (``None`` or empty: the default) to ``namespace``."""
        if not namespace or namespace in _FRAME or namespace in self._prefix:
            return
        if len(self.context) >= MAX_NAMESPACES:
            raise InputError(
                f"The XML document declares more than {MAX_NAMESPACES} namespaces; that is no EPCIS document. "
                "Use one namespace for one vocabulary.",
                code="epcis-xml",
            )
        stem = "epcis1" if namespace == EPCIS_1 else prefix or "ext"
        name, number = stem, 2
        while name in self._taken:
            name, number = f"{stem}{number}", number + 1
        self._taken.add(name)
        self.context[name] = namespace
        self._prefix[namespace] = name

    def key(self, tag: str) -> str:
        """Give the JSON key of an element or attribute name in ``{namespace}local`` form."""
        key = self._keys.get(tag)
        if key is None:
            namespace, _, local = tag[1:].rpartition("}") if tag[0] == "{" else ("", "", tag)
            self.bind(None, namespace)
            prefix = self._prefix.get(namespace, "")
            key = f"{prefix}:{decoded_name(local)}" if prefix else decoded_name(local)
            self._keys[tag] = key
        return key


def decoded_name(name: str) -> str:
    """Give the text that :func:`encoded_name` made an XML name of."""
    return _ENCODED.sub(lambda match: chr(int(match[1], 16)), name) if "_x" in name else name


def encoded_name(text: str) -> str:
    """Give an XML name for any text: characters that a name cannot hold become ``_xHHHH_``.

    References
    ----------
    ISO/IEC 9075-14 section 9.1, the mapping of SQL identifiers to XML names.

    Examples
    --------
    >>> encoded_name("myField"), encoded_name("1st floor")
    ('myField', '_x0031_st_x0020_floor')
    >>> decoded_name(encoded_name("1st floor"))
    '1st floor'
    """
    if _NAME.fullmatch(text) and "_x" not in text:
        return text
    return _NOT_NAME.sub(lambda match: f"_x{ord(match[0]):04X}_", text) or "_x005F_"


@lru_cache(maxsize=4096)
def _split(uri: str) -> tuple[str, str]:
    """Cut an absolute URI into namespace and name, at its last joint that leaves a name."""
    cut = max(uri.rfind("/"), uri.rfind("#"), uri.rfind(":")) + 1
    return (uri[:cut], uri[cut:]) if 0 < cut < len(uri) else (uri, "_")


def resolve_key(key: str, context: Mapping[str, str]) -> tuple[str, str, str]:
    """Give prefix, XML namespace and XML name of a JSON key.

    Parameters
    ----------
    key
        ``prefix:local``, an absolute URI, or a name without a prefix (then no namespace).
    context
        Prefixes of the event's document; those of the standard's own context count as well.

    Returns
    -------
    tuple[str, str, str]
        The prefix, empty where the key is a URI without one; the namespace, empty where there is none; the name.

    Examples
    --------
    >>> resolve_key("ex:colour", {"ex": "http://a.example/"})
    ('ex', 'http://a.example/', 'colour')
    >>> resolve_key("https://a.example/colour", {})
    ('', 'https://a.example/', 'colour')
    >>> resolve_key("colour", {})
    ('', '', 'colour')
    """
    prefix, colon, local = key.partition(":")
    if not colon:
        return "", "", encoded_name(key)
    namespace = context.get(prefix) or standard_namespaces().get(prefix)
    if namespace is not None:
        return prefix, xml_namespace(namespace), encoded_name(local)
    namespace, local = _split(key)
    return "", namespace, encoded_name(local)
