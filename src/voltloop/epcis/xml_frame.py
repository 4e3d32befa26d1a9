"""The frame of an EPCIS document in XML: root, header, body and the list of events, read once through."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

from voltloop.epcis.documents import Limits
from voltloop.epcis.xml_events import EventReader
from voltloop.epcis.xml_header import read_header, read_vocabulary_list
from voltloop.epcis.xml_names import (
    EPCIS_1,
    EPCIS_2,
    MASTER_DATA_1,
    MASTER_DATA_2,
    QUERY_1,
    QUERY_2,
    Element,
    Prefixes,
)
from voltloop.epcis.xml_values import elements_beside_attributes, elements_of, fault
from voltloop.errors import InputError, nearest

if TYPE_CHECKING:
    from lxml.etree import XMLPullParser
__all__ = ["FAULT", "DocumentPass"]

FAULT = "@fault"
"""Key under which an event that breaks the XML binding says why."""

_CHUNK = 1 << 16
_ROOTS = {
    "EPCISDocument": {EPCIS_2: EPCIS_2, EPCIS_1: EPCIS_1},
    "EPCISQueryDocument": {QUERY_2: EPCIS_2, QUERY_1: EPCIS_1},
    "EPCISMasterDataDocument": {MASTER_DATA_2: EPCIS_2, MASTER_DATA_1: EPCIS_1},
}
_DEPTHS = {
    EPCIS_2: {
        "ObjectEvent": 0,
        "AggregationEvent": 0,
        "AssociationEvent": 0,
        "TransactionEvent": 0,
        "TransformationEvent": 0,
    },
    EPCIS_1: {
        "ObjectEvent": 0,
        "AggregationEvent": 0,
        "AssociationEvent": 2,
        "TransactionEvent": 0,
        "TransformationEvent": 1,
        "QuantityEvent": 0,
    },
}
"""In how many ``<extension>`` each event stands inside the list of events."""

_FRAME = ("EPCISHeader", "EPCISBody", "QueryResults", "resultsBody", "EventList", "VocabularyList")
_BODIES = {
    "EPCISDocument": ("EventList",),
    "EPCISQueryDocument": ("QueryResults",),
    "EPCISMasterDataDocument": ("VocabularyList",),
}
_PARTS = {
    **dict.fromkeys(_ROOTS, ("EPCISHeader", "EPCISBody")),
    "QueryResults": ("queryName", "subscriptionID", "resultsBody"),
    "resultsBody": ("EventList", "VocabularyList"),
}
_QUALIFIED = {f"{{{namespace}}}{name}": name for name, known in _ROOTS.items() for namespace in known}
_QUALIFIED |= {f"{{{namespace}}}QueryResults": "QueryResults" for namespace in (QUERY_1, QUERY_2)}
_MAY_LACK = frozenset({("EventList",), ("VocabularyList",)})
"""Parts of a body that need not be there; of all others the last is needed, of query results one of the two lists."""
_DOCTYPE = "The document declares entities or a DTD; neither is read. Remove the DOCTYPE."
_DECLARING_DOCTYPE = re.compile(
    rb"[\xef\xbb\xbf\xfe\xff]*(?>\s+|<\?.*?\?>|<!--.*?-->)*+<!DOCTYPE[^>\[]*\[", re.DOTALL
)
"""Start of a document whose DOCTYPE has declarations inside; these could add attributes that nobody wrote."""

_VERSION = re.compile(r"[0-9]+(\.[0-9]+)?")
_DATE_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})?"
)


class DocumentPass:
    """One reading of a document from its first byte to its last.

    The parser tells of the elements of the frame and of each event; an event is dropped once it is read.
    """

    def __init__(self, source: BinaryIO, prefixes: Prefixes, limits: Limits, *, reads_events: bool) -> None:
        self.prefixes = prefixes
        self.header: dict[str, Any] = {}
        self.kind = ""
        self.created_at = ""
        self.count = 0
        self._source = source
        self._limits = limits
        self._reads_events = reads_events
        self._namespace = ""
        self._frame: list[Element] = []  # the elements of the frame that are open, outermost first
        self._since = 0  # bytes read since an event ended

    def run(self) -> Iterator[tuple[list[Any], int]]:
        """Read all, giving the events (none where they are only counted) with the size of their text [B]."""
        from lxml import etree

        parser = etree.XMLPullParser(
            ("start", "end", "start-ns"),
            tag=[f"{{*}}{name}" for name in (*_ROOTS, *_FRAME, *_DEPTHS[EPCIS_1])],
            remove_comments=True,
            remove_pis=True,
            resolve_entities=False,
            load_dtd=False,
            no_network=True,
            huge_tree=False,
        )
        is_cut_off = False
        try:
            while chunk := self._source.read(_CHUNK):
                if not self._since and not self.count and not self.kind:
                    _refuse_declarations(chunk)
                self._since += len(chunk)
                parser.feed(chunk)
                yield self._drain(parser), len(chunk)
                self._check_size()
            is_cut_off = not len(parser.feed_error_log)  # so far all was well
            root = parser.close()
        except etree.XMLSyntaxError as error:
            raise _broken(error, parser, is_cut_off=is_cut_off) from None
        if not self.kind:
            self._begin(root)

    def _drain(self, parser: XMLPullParser[Any]) -> list[Any]:
        """Handle what the parser has come across, and give the events among it."""
        events = []
        for action, item in parser.read_events():
            if action == "start-ns":
                self.prefixes.bind(*item)
            elif action == "start":
                self._enter(item)
            elif self._frame and item is self._frame[-1]:
                events += self._leave(self._frame.pop())
            elif (top := self._in_list(item)) is not None:
                events += self._drop_before(top, self._frame[-1])
                events.append(self._event(item))
                item.clear(keep_tail=True)
        self.count += len(events)
        return events

    def _enter(self, element: Element) -> None:
        """Follow the frame inwards; elements of these names elsewhere are not the frame's."""
        parent = element.getparent()
        if not self.kind:
            self._begin(element.getroottree().getroot())
        if parent is None or (
            self._frame and parent is self._frame[-1] and _local(element) in self._parts(parent)
        ):
            self._frame.append(element)

    def _parts(self, element: Element) -> tuple[str, ...]:
        """Give the elements that belong into an element of the frame."""
        name = _local(element)
        return _BODIES[self.kind] if name == "EPCISBody" else _PARTS.get(name, _PARTS[self.kind])

    def _begin(self, root: Element) -> None:
        """Check the document type and the root."""
        declared = root.getroottree().docinfo.internalDTD
        if declared is not None and (declared.system_url or any(declared.iterentities())):
            raise fault(root, _DOCTYPE)
        namespace, _, kind = root.tag.removeprefix("{").rpartition("}")
        if kind not in _ROOTS:
            expected = ", ".join(_ROOTS)
            raise fault(root, f"The root is not known. Expected: {expected}.{nearest(kind, _ROOTS)}")
        if namespace not in _ROOTS[kind]:
            expected = " or ".join(f'"{name}"' for name in _ROOTS[kind])
            raise fault(root, f'The root has the namespace "{namespace}". Expected: {expected}.')
        self.kind, self._namespace = kind, _ROOTS[kind][namespace]
        self._reader = EventReader(self.prefixes, self._namespace)
        _attribute(root, "schemaVersion", _VERSION, "2.0")
        self.created_at = _attribute(root, "creationDate", _DATE_TIME, "2026-11-23T08:15:00Z")

    def _leave(self, element: Element) -> list[Any]:
        """Check the elements of a part of the frame that has ended; give the events that it still holds."""
        name = _local(element)
        if name == "EventList":
            return self._drop_before(None, element)
        if name in ("EPCISHeader", "VocabularyList"):
            if not self._reads_events:
                self._take_header(element)
            element.clear(keep_tail=True)
        else:
            _check_parts(element, self._parts(element))
        return []

    def _take_header(self, element: Element) -> None:
        """Take what the header says, or the master data of a master data document or query."""
        if element.tag == "EPCISHeader":
            is_first = self._namespace == EPCIS_1
            self.header = read_header(element, self.prefixes, needs_business_header=is_first)
        else:
            found = read_vocabulary_list(element, self.prefixes)
            self.header = {"epcisMasterData": {"vocabularyList": found}}

    def _in_list(self, event: Element) -> Element | None:
        """Give the child of the open event list that holds the event; none for elements elsewhere."""
        name = event.tag
        depth = _DEPTHS[self._namespace].get(name)
        if not self._frame or self._frame[-1].tag != "EventList":
            return None
        top, parent, found = event, event.getparent(), 0
        while parent is not None and parent.tag == "extension" and found < 2:
            top, parent, found = parent, parent.getparent(), found + 1
        if parent is not self._frame[-1]:
            return None
        if depth is None:
            raise fault(event, _unknown_event(name, self._namespace))
        if found != depth:
            where = ("directly", "inside an <extension>", "inside an <extension> of an <extension>")[depth]
            raise fault(event, f"In this version of EPCIS it belongs {where} into <EventList>.")
        return top

    def _event(self, element: Element) -> dict[str, Any]:
        """Read an event, or say what is wrong with it; where events are only counted, nothing is read."""
        self._since = 0
        if not self._reads_events:
            return {}
        try:
            return self._reader.read(element)
        except InputError as error:
            return {"type": element.tag, FAULT: error.message}

    def _drop_before(self, top: Element | None, event_list: Element) -> list[Any]:
        """Drop what stands before an event in its list; give the events of users' own types among it."""
        events = []
        for child in elements_beside_attributes(event_list):
            if child is top:
                break
            events += [self._event(own) for own in self._own_events(child)]
        while len(event_list) and event_list[0] is not top:
            del event_list[0]
        return events

    def _own_events(self, element: Element) -> list[Element]:
        """Give the events of users' own types in an element of the event list; refuse all that is no event."""
        if element.tag != "extension":
            if element.tag not in _DEPTHS[self._namespace]:
                raise fault(element, _unknown_event(element.tag, self._namespace))
            return []
        inside = list(elements_of(element))
        if self._namespace == EPCIS_2 and inside and all(child.tag[0] == "{" for child in inside):
            return inside
        if len(inside) != 1:
            raise fault(element, "It holds one event. Add one or leave it out.")
        return self._own_events(inside[0])

    def _check_size(self) -> None:
        """Refuse an event, or a header, that is larger than may be."""
        is_body = any(part.tag == "EPCISBody" for part in self._frame)
        most = self._limits.event_bytes if is_body else self._limits.frame_bytes
        if self._since > most + _CHUNK:
            what = "one event" if is_body else "what stands before the events"
            raise InputError(
                f"XML document, event {self.count + 1}: {what} is larger than {most} bytes. Split it.",
                code="epcis-too-large",
            )


def _refuse_declarations(start: bytes) -> None:
    """Refuse a DOCTYPE with declarations inside, at the start of a document in any encoding."""
    if _DECLARING_DOCTYPE.match(start.replace(b"\0", b"")):
        raise InputError(f"XML, before the root: {_DOCTYPE}", code="epcis-xml")


def _unknown_event(name: str, namespace: str) -> str:
    known = _DEPTHS[namespace]
    return f"It is no event of this version of EPCIS. Expected: {', '.join(known)}.{nearest(name, known)}"


def _local(element: Element) -> str:
    """Give the name of an element of the frame; of all of them only root and query results are qualified."""
    tag: str = element.tag
    return _QUALIFIED.get(tag, tag)


def _attribute(root: Element, name: str, form: re.Pattern[str], example: str) -> str:
    """Give an attribute of the root, which must be there and of the form."""
    value: str = (root.get(name) or "").strip()
    if not form.fullmatch(value):
        raise fault(root, f'The attribute {name} is "{value}". Write it like {name}="{example}".')
    return value


def _check_parts(element: Element, parts: tuple[str, ...]) -> None:
    """Check that the parts of an element of the frame are known, stand once and are complete.

    Elements of other namespaces and ``<extension>`` speak of the document, not of an event, and are passed over.
    The frame of query results is taken in any order: the order in published examples is not the schema's.
    """
    inside = elements_beside_attributes(element)
    found = [name for child in inside if (name := _local(child)) in parts or "}" not in child.tag]
    found = [name for name in found if name != "extension"]
    for place, name in enumerate(found):
        if name not in parts:
            raise fault(
                element, f"<{name}> is unknown in it. Expected: {', '.join(parts)}.{nearest(name, parts)}"
            )
        if name in found[:place]:
            raise fault(element, f"<{name}> stands twice in it.")
    if found == ["EPCISBody", "EPCISHeader"]:
        raise fault(element, "<EPCISHeader> belongs before <EPCISBody>.")
    wanted = parts if parts == _PARTS["resultsBody"] else parts[-1:]
    if parts not in _MAY_LACK and not set(wanted) & set(found):
        raise fault(element, f"<{' or '.join(wanted)}> is missing in it. Add it.")


def _broken(error: SyntaxError, parser: XMLPullParser[Any], *, is_cut_off: bool) -> InputError:
    """Give the error for text that is not well-formed XML: the first that the parser met."""
    first = next(iter(parser.feed_error_log), None)
    line, said = (first.line, first.message) if first else (error.lineno, error.msg)
    flaw = "the document is empty or cut off" if is_cut_off else "this is not well-formed XML"
    return InputError(
        f"XML line {line or 1}: {flaw}: {(said or '').strip()}. Send it whole, and well-formed.",
        code="epcis-truncated" if is_cut_off else "epcis-xml",
    )
