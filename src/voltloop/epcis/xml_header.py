"""The header of a document in XML: its business document header checked, its master data read as in JSON."""

from __future__ import annotations

from typing import Any

from voltloop.epcis.xml_names import SBDH, Element, Prefixes
from voltloop.epcis.xml_values import (
    elements_beside_attributes,
    elements_of,
    extension_value,
    fault,
    put,
    text_of,
)
from voltloop.errors import nearest

__all__ = ["read_header", "read_vocabulary_list"]

# Name, least number, most number (0: any), what is inside; () for text.
_Item = tuple[str, int, int, tuple[Any, ...]]
_CONTACT: tuple[_Item, ...] = (
    ("Contact", 1, 1, ()),
    ("EmailAddress", 0, 1, ()),
    ("FaxNumber", 0, 1, ()),
    ("TelephoneNumber", 0, 1, ()),
    ("ContactTypeIdentifier", 0, 1, ()),
)
_PARTNER: tuple[_Item, ...] = (("Identifier", 1, 1, ()), ("ContactInformation", 0, 0, _CONTACT))
_BUSINESS_HEADER: tuple[_Item, ...] = (
    ("HeaderVersion", 1, 1, ()),
    ("Sender", 1, 0, _PARTNER),
    ("Receiver", 1, 0, _PARTNER),
    (
        "DocumentIdentification",
        1,
        1,
        (
            ("Standard", 1, 1, ()),
            ("TypeVersion", 1, 1, ()),
            ("InstanceIdentifier", 1, 1, ()),
            ("Type", 1, 1, ()),
            ("MultipleType", 0, 1, ()),
            ("CreationDateAndTime", 1, 1, ()),
        ),
    ),
    ("Manifest", 0, 1, ()),
    ("BusinessScope", 0, 1, ()),
)
_OPEN = frozenset({"Manifest", "BusinessScope"})


def read_header(element: Element, prefixes: Prefixes, *, needs_business_header: bool) -> dict[str, Any]:
    """Read ``<EPCISHeader>`` to what a JSON document has as ``epcisHeader``.

    Parameters
    ----------
    element
        The header.
    prefixes
        The document's prefixes, for the values of master data attributes.
    needs_business_header
        EPCIS 1.2: the Standard Business Document Header must be there.

    Returns
    -------
    dict
        The master data as JSON has it, ``{"epcisMasterData": {"vocabularyList": [...]}}``, where there is any. The
        business document header speaks of the message, not of events: it is checked and passed over.

    Raises
    ------
    InputError
        Code ``epcis-xml``: an element is unknown, missing or out of place. Says the line.

    References
    ----------
    EPCIS 2.0 section 12, EPCISHeader; UN/CEFACT Standard Business Document Header 1.3.
    """
    found: dict[str, Any] = {}
    expected = [f"{{{SBDH}}}StandardBusinessDocumentHeader", "extension"]
    for child in elements_beside_attributes(element):
        if child.tag not in expected:
            raise fault(child, "Expected in <EPCISHeader>: StandardBusinessDocumentHeader, then extension.")
        del expected[: expected.index(child.tag) + 1]
        if child.tag == "extension":
            found |= _extension(child, prefixes)
        else:
            _check(child, _BUSINESS_HEADER)
    if needs_business_header and len(element) and element[0].tag == "extension":
        raise fault(element, "EPCIS 1.2 wants <StandardBusinessDocumentHeader> first in its header. Add it.")
    return found


def _extension(element: Element, prefixes: Prefixes) -> dict[str, Any]:
    """Read the header's extension, which holds the master data."""
    found: dict[str, Any] = {}
    for child in elements_beside_attributes(element):
        if child.tag != "EPCISMasterData" or found:
            raise fault(child, "Expected in the header's <extension>: one EPCISMasterData.")
        lists = list(elements_of(child))
        if [item.tag for item in lists] != ["VocabularyList"]:
            raise fault(child, "Expected in <EPCISMasterData>: one VocabularyList.")
        vocabularies = read_vocabulary_list(lists[0], prefixes)
        found = {"epcisMasterData": {"vocabularyList": vocabularies}}
    return found


def read_vocabulary_list(element: Element, prefixes: Prefixes) -> list[dict[str, Any]]:
    """Read ``<VocabularyList>`` to JSON's ``vocabularyList``.

    An attribute becomes ``{"id", "attribute"}``; its value is text, or an object for elements in it. Children
    are identifiers.

    Raises
    ------
    InputError
        Code ``epcis-xml``: an element or attribute is unknown or missing. Says the line.
    """
    return [_vocabulary(item, prefixes) for item in _only(element, "Vocabulary")]


def _vocabulary(element: Element, prefixes: Prefixes) -> dict[str, Any]:
    """Read the elements of one vocabulary."""
    into: dict[str, Any] = {"type": _required(element, "type")}
    for child in elements_beside_attributes(element):
        if child.tag[0] == "{":
            put(into, prefixes.key(child.tag), extension_value(child, prefixes))
            continue
        if child.tag != "VocabularyElementList" or "vocabularyElementList" in into:
            raise fault(child, "Expected in <Vocabulary>: one VocabularyElementList.")
        items = [_vocabulary_element(item, prefixes) for item in _only(child, "VocabularyElement")]
        if not items:
            raise fault(child, "It is empty; at least one <VocabularyElement> belongs into it. Leave it out.")
        into["vocabularyElementList"] = items
    return into


def _vocabulary_element(element: Element, prefixes: Prefixes) -> dict[str, Any]:
    """Read one element of a vocabulary: its attributes, then its children."""
    into: dict[str, Any] = {"id": _required(element, "id")}
    for child in elements_beside_attributes(element):
        if child.tag == "attribute" and "children" not in into:
            name = _required(child, "id")
            del child.attrib["id"]
            into.setdefault("attributes", []).append(
                {"id": name, "attribute": extension_value(child, prefixes)}
            )
        elif child.tag == "children" and "children" not in into:
            into["children"] = [text_of(item) for item in _only(child, "id")]
        elif child.tag[0] == "{":
            put(into, prefixes.key(child.tag), extension_value(child, prefixes))
        else:
            raise fault(child, "Expected in <VocabularyElement>: attribute (any number), then one children.")
    return into


def _only(element: Element, name: str) -> list[Element]:
    """Give the elements inside, which must all have one name."""
    found = list(elements_beside_attributes(element) if name == "id" else elements_of(element))
    for child in found:
        if child.tag != name:
            raise fault(child, f"Only <{name}> belongs into <{element.tag}>.{nearest(child.tag, [name])}")
    return found


def _required(element: Element, name: str) -> str:
    value: str | None = element.get(name)
    if value is None:
        raise fault(element, f'The attribute "{name}" is missing. Add it.')
    return value.strip()


def _check(element: Element, items: tuple[_Item, ...]) -> None:
    """Check names, order and number of the elements of a business document header."""
    place, count = 0, 0
    for child in elements_beside_attributes(element):
        name = child.tag.removeprefix(f"{{{SBDH}}}")
        while place < len(items) and (
            items[place][0] != name or (items[place][2] and count >= items[place][2])
        ):
            if count < items[place][1]:
                raise fault(child, f"<{items[place][0]}> belongs before it. Add it.")
            place, count = place + 1, 0
        if place == len(items) or not child.tag.startswith("{"):
            raise fault(
                child, f"It is not expected here. The order is: {', '.join(item[0] for item in items)}."
            )
        count += 1
        if items[place][3]:
            _check(child, items[place][3])
        elif len(child) and name not in _OPEN:
            raise fault(child, "It holds text only, not elements.")
    for name, least, _most, _inside in items[place:]:
        if count < least:
            raise fault(element, f"<{name}> is missing. Add it.")
        count = 0
