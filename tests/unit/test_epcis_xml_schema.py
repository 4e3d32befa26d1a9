"""The reader's verdict is that of the official XML Schema, on published documents and on mutations of them."""

import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from epcis_hash_cases import EXAMPLES
from epcis_xml_cases import events_of_document, xml_examples
from voltloop.epcis.validation import EventValidator
from voltloop.epcis.xml_read import FAULT, open_xml
from voltloop.errors import InputError

NEEDS_EXAMPLES = pytest.mark.skipif(
    EXAMPLES is None, reason="../shared/standards/epcis is not beside this clone."
)

STRICTER_THAN_THE_SCHEMA = {
    # The schema of 2.0 lets the parts of an error declaration repeat; JSON has room for one each.
    "doubled declarationTime",
    "doubled reason",
    "doubled correctiveEventIDs",
    # The schema allows text in them; nothing in the standard says what it would mean.
    "text in sensorMetadata",
    "text in sensorReport",
}
NOT_BY_THE_SCHEMA = {
    "epcisQueryDocument.xml",  # <QueryResults> without its namespace
}
LAX_IN_THE_SCHEMA = {
    "1.2/AssociationEvent",  # inside two extensions the schema of 1.2 checks nothing
}


def schema(version: str) -> etree.XMLSchema:
    """Give the schema of query and capture documents; master data documents have one of their own."""
    assert EXAMPLES is not None
    name = version.replace(".", "_")
    return etree.XMLSchema(etree.parse(EXAMPLES.parent / f"xsd/{version}/EPCglobal-epcis-query-{name}.xsd"))


def is_read(xml: bytes) -> bool:
    """Tell whether the reader finds nothing wrong with the structure."""
    try:
        return not any(FAULT in event for event in events_of_document(open_xml(xml)))
    except InputError:
        return False


def is_captured(xml: bytes) -> bool:
    """Tell whether the document and all its events are valid."""
    try:
        events = events_of_document(open_xml(xml))
    except InputError:
        return False
    return not any(EventValidator().problems(event) for event in events)


def drop(element: Any) -> bool:
    element.getparent().remove(element)
    return True


def double(element: Any) -> bool:
    element.addnext(copy.deepcopy(element))
    return True


def swap(element: Any) -> bool:
    following = element.getnext()
    if following is None:
        return False
    following.addnext(element)
    return True


def rename(element: Any) -> bool:
    element.tag += "X"
    return True


def add_attribute(element: Any) -> bool:
    element.set("unheard", "of")
    return True


def add_element(element: Any) -> bool:
    etree.SubElement(element, "unheard")
    return True


def add_extension(element: Any) -> bool:
    etree.SubElement(element, "{http://other.example/}more").text = "1"
    return True


def add_text(element: Any) -> bool:
    element.text = (element.text or "") + "text"
    return True


def add_text_after(element: Any) -> bool:
    element.tail = (element.tail or "") + "text"
    return True


def empty(element: Any) -> bool:
    del element[:]
    element.text = None
    return True


def drop_attribute(element: Any) -> bool:
    if element.attrib:
        del element.attrib[element.attrib.keys()[0]]
    return bool(element.attrib)


def spoil_attribute(element: Any) -> bool:
    if element.attrib:
        element.attrib[element.attrib.keys()[-1]] = "??"
    return bool(element.attrib)


MUTATIONS: dict[str, Callable[[Any], bool]] = {
    "dropped": drop,
    "doubled": double,
    "swapped": swap,
    "renamed": rename,
    "attribute on": add_attribute,
    "element in": add_element,
    "extension in": add_extension,
    "text in": add_text,
    "text after": add_text_after,
    "emptied": empty,
    "attribute dropped from": drop_attribute,
    "attribute spoilt on": spoil_attribute,
}


def mutations(root: Any, seen: set[tuple[str, str]]) -> Iterator[tuple[str, bytes]]:
    """Give each mutation of each kind of element, once for its path."""
    parser = etree.XMLParser(remove_comments=True)
    text = etree.tostring(root)
    elements = list(etree.fromstring(text, parser).iter())
    for place, element in enumerate(elements):
        path = "/".join(str(item.tag) for item in (element, *element.iterancestors()))
        for name, mutate in MUTATIONS.items():
            if (name, path) in seen or element.getparent() is None:
                continue
            seen.add((name, path))
            mutant = etree.fromstring(text, parser)
            if mutate(list(mutant.iter())[place]):
                yield f"{name} {etree.QName(element).localname}", etree.tostring(mutant)


def documents(version: str) -> Iterator[tuple[Path, Any]]:
    for file in xml_examples():
        root = etree.parse(file).getroot()
        is_master_data = "EPCISMasterDataDocument" in root.tag
        if root.get("schemaVersion") == version and file.name not in NOT_BY_THE_SCHEMA and not is_master_data:
            yield file, root


@NEEDS_EXAMPLES
@pytest.mark.parametrize("version", ["2.0", "1.2"])
def test_published_documents_are_valid_both_ways(version: str) -> None:
    official = schema(version)
    for file, root in documents(version):
        official.assertValid(root)
        assert is_captured(file.read_bytes()), file.name


@NEEDS_EXAMPLES
@pytest.mark.parametrize("version", ["2.0", "1.2"])
def test_mutations_get_the_verdict_of_the_schema(version: str) -> None:
    """What the schema refuses is not captured; what it allows is read, if not always a valid event."""
    official, seen = schema(version), set[tuple[str, str]]()
    differing = []
    checked = 0
    for file, root in documents(version):
        for name, xml in mutations(root, seen):
            checked += 1
            is_known = name in STRICTER_THAN_THE_SCHEMA or f"{version}/{file.stem}" in LAX_IN_THE_SCHEMA
            if not official.validate(etree.fromstring(xml)):
                if is_captured(xml):
                    differing.append(f"captured though invalid: {file.name}, {name}")
            elif not is_known and not is_read(xml):
                differing.append(f"refused though valid: {file.name}, {name}")
    assert differing == []
    assert checked > 400
