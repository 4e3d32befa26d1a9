"""One event in XML to the canonical event: the dict that EPCIS 2.0 JSON would hold.

The words of the CBV become bare, extensions get keys with prefixes (:class:`~voltloop.epcis.xml_names.Prefixes`),
numbers become numbers. Identifiers and times keep their spelling. What the XML binding itself asks for (known
elements, their order and number, numbers that are numbers) is checked here; everything else is the event's own
validation, which is the same for JSON and XML. Extensions: see :mod:`voltloop.epcis.xml_values`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from voltloop.epcis.vocabulary import bare_word
from voltloop.epcis.xml_models import MODELS_1, MODELS_2, OWN_EVENT, Model
from voltloop.epcis.xml_names import EPCIS_1, Element, Prefixes
from voltloop.epcis.xml_values import (
    DOUBLE,
    NIL,
    attributes_of,
    content_of,
    decimal_of,
    elements_beside_attributes,
    elements_of,
    extension_value,
    fault,
    number,
    put,
    text_of,
)
from voltloop.errors import InputError, nearest

T = TypeVar("T")

__all__ = ["EventReader"]

_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
_NUMBERS = frozenset(["value", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue"])
_WORDS = {"type": "measurementType", "exception": "sensorAlert", "component": "component"}


class EventReader:
    """Reads events of one document.

    Parameters
    ----------
    prefixes
        The document's prefixes; grows with the namespaces of what is read.
    namespace
        Namespace of the document: of EPCIS 2.0, or of 1.0 to 1.2.
    """

    def __init__(self, prefixes: Prefixes, namespace: str) -> None:
        self._prefixes = prefixes
        self._namespace = namespace
        self._models = MODELS_1 if namespace == EPCIS_1 else MODELS_2
        word = self._word
        self._readers: dict[str, Callable[[Element], Any]] = {
            "epcList": self._epcs,
            "childEPCs": self._epcs,
            "inputEPCList": self._epcs,
            "outputEPCList": self._epcs,
            "quantityList": self._quantities,
            "childQuantityList": self._quantities,
            "inputQuantityList": self._quantities,
            "outputQuantityList": self._quantities,
            "bizTransactionList": self._typed("bizTransaction", "bizTransactionType"),
            "sourceList": self._typed("source", "sourceDestinationType", needs_type=True),
            "destinationList": self._typed("destination", "sourceDestinationType", needs_type=True),
            "bizStep": word("bizStep"),
            "disposition": word("disposition"),
            "reason": word("errorReason"),
            "readPoint": self._place,
            "bizLocation": self._place,
            "persistentDisposition": self._persistent,
            "sensorElementList": self._sensors,
            "ilmd": self._extensions,
            "errorDeclaration": self._error_declaration,
            "correctiveEventIDs": lambda element: self._list(element, "correctiveEventID", text_of),
            "quantity": decimal_of,
        }

    def read(self, element: Element) -> dict[str, Any]:
        """Read an event element.

        Raises
        ------
        InputError
            Code ``epcis-xml``: an element that is unknown, missing, doubled or out of its place, text where none
            belongs, a number that is none. Says the line.

        Examples
        --------
        >>> from lxml import etree
        >>> from voltloop.epcis.xml_names import EPCIS_2
        >>> xml = "<ObjectEvent><eventTime>2026-01-01T00:00:00Z</eventTime>"
        >>> xml += "<eventTimeZoneOffset>+00:00</eventTimeZoneOffset><epcList/><action>ADD</action></ObjectEvent>"
        >>> EventReader(Prefixes(), EPCIS_2).read(etree.fromstring(xml))["action"]
        'ADD'
        """
        name = element.tag
        if name[0] == "{":  # a user's own type, inside an extension of the list
            own: dict[str, Any] = {"type": self._prefixes.key(name)}
            self._sequence(element, OWN_EVENT, own)
            return own
        event: dict[str, Any] = {"type": name}
        self._sequence(element, self._models[name], event)
        if name == "QuantityEvent":  # deprecated since 1.1: the same said as an ObjectEvent
            measured = {"epcClass": event.pop("epcClass"), "quantity": event.pop("quantity")}
            event |= {"type": "ObjectEvent", "action": "OBSERVE", "quantityList": [measured]}
        return event

    def _sequence(self, element: Element, model: Model, into: dict[str, Any]) -> None:
        """Read the elements of a model, then those of other namespaces, and the attributes."""
        if element.attrib:
            self._attributes(element, model, into)
        readers, positions, last = self._readers, model.position, -1
        seen: set[str] = set()
        for child in elements_beside_attributes(element):
            tag = child.tag
            position = positions.get(tag)
            if position is None:
                if not (model.is_open if tag[0] == "{" else model.takes_unknown):
                    raise _unexpected(child, model)
                last = len(positions)
                self._extension(child, into)
            elif tag in seen or (position <= last and model.ordered):
                raise _misplaced(child, model)
            else:
                last = position
                seen.add(tag)
                if tag in ("extension", "baseExtension"):
                    self._nested(child, into)
                else:
                    reader = readers.get(tag)
                    into[tag] = reader(child) if reader else text_of(child)
        if not model.required <= seen:
            missing = next(name for name in model.fields if name in model.required and name not in seen)
            raise fault(element, f"<{missing}> is missing. Add it.")

    def _nested(self, element: Element, into: dict[str, Any]) -> None:
        """Read what an extension holds into the event itself, where EPCIS 2.0 has it."""
        owner, name = _parent(element), element.tag
        model = self._models.get(f"{owner}/{name}") or self._models[name]
        if not len(element) and not model.may_be_empty:
            raise fault(element, "It is empty; it holds at least one element. Leave it out.")
        self._sequence(element, model, into)

    def _attributes(self, element: Element, model: Model, into: dict[str, Any]) -> None:
        """Take an event's or a part's own attributes as extensions."""
        for name, value in attributes_of(element):
            if not model.takes_attributes:
                raise fault(element, f'The attribute "{name}" does not belong here. Remove it.')
            into[self._prefixes.key(name)] = value

    def _extension(self, element: Element, into: dict[str, Any]) -> None:
        """Read an element of another namespace under its key; a second one of the name makes a list."""
        tag = element.tag
        if tag[0] != "{":  # room for it is in 1.x, under its namespace, and in events of a user's own type
            tag = f"{{{EPCIS_1}}}{tag}" if self._namespace == EPCIS_1 else tag
        elif tag.startswith(f"{{{self._namespace}}}"):
            raise fault(element, "Elements of EPCIS have no prefix here, and extensions another namespace.")
        key = self._prefixes.key(tag)
        key = "certificationInfo" if key == "epcis:certificationInfo" else key  # as its term in the ontology
        put(into, key, extension_value(element, self._prefixes))

    def _extensions(self, element: Element) -> dict[str, Any]:
        """Read an element that holds only elements of other namespaces: the ILMD."""
        into: dict[str, Any] = {}
        self._sequence(element, _NOTHING, into)
        return into

    def _word(self, kind: str) -> Callable[[Element], str]:
        """Give the reader of an element with a word of a CBV vocabulary."""
        return lambda element: bare_word(kind, text_of(element))

    def _list(self, element: Element, name: str, reader: Callable[[Element], T], least: int = 0) -> list[T]:
        """Read an element that repeats one element."""
        items = []
        for child in elements_of(element):
            if child.tag != name:
                raise fault(child, f"Only <{name}> belongs into <{element.tag}>.")
            items.append(reader(child))
        if len(items) < least:
            raise fault(
                element, f"It is empty; at least one <{name}> belongs into it. Add one or leave it out."
            )
        return items

    def _epcs(self, element: Element) -> list[str]:
        return self._list(element, "epc", text_of)

    def _quantities(self, element: Element) -> list[dict[str, Any]]:
        return self._list(element, "quantityElement", self._quantity)

    def _quantity(self, element: Element) -> dict[str, Any]:
        """Read a class with its quantity and unit; a quantity that is ``xsi:nil`` is not stated."""
        into: dict[str, Any] = {}
        for place, child in enumerate(elements_of(element)):
            tag = child.tag
            if tag != "".join(_QUANTITY.fields[place : place + 1]):
                raise _misplaced(child, _QUANTITY)
            if tag != "quantity":
                into[tag] = text_of(child)
            elif child.get(NIL) not in ("true", "1"):
                into[tag] = decimal_of(child)
            elif text_of(child):
                raise fault(child, "It is nil and has a value. Leave one out.")
        if "epcClass" not in into:
            raise fault(element, "<epcClass> is missing. Add it.")
        return into

    def _typed(
        self, name: str, kind: str, *, needs_type: bool = False
    ) -> Callable[[Element], list[dict[str, str]]]:
        """Give the reader of a list of identifiers with a type each."""

        def item(element: Element) -> dict[str, str]:
            into = {}
            for attribute, value in attributes_of(element):
                if attribute != "type":
                    raise fault(element, f'The attribute "{attribute}" is unknown. It has only "type".')
                into["type"] = bare_word(kind, value.strip())
            if needs_type and not into:
                raise fault(element, 'The attribute "type" is missing. Add it.')
            into[name] = content_of(element)
            return into

        return lambda element: self._list(element, name, item, least=1)

    def _place(self, element: Element) -> dict[str, Any]:
        """Read a read point or business location with its extensions."""
        into: dict[str, Any] = {}
        self._sequence(element, _PLACE, into)
        return into

    def _persistent(self, element: Element) -> dict[str, list[str]]:
        """Read the dispositions that are lifted and those that are set, in that order."""
        into: dict[str, list[str]] = {}
        for child in elements_of(element):
            tag = child.tag
            if tag not in ("unset", "set") or (tag == "unset" and "set" in into):
                raise _misplaced(child, _PERSISTENT)
            into.setdefault(tag, []).append(bare_word("disposition", text_of(child)))
        return into

    def _error_declaration(self, element: Element) -> dict[str, Any]:
        into: dict[str, Any] = {}
        self._sequence(element, self._models["errorDeclaration"], into)
        return into

    def _sensors(self, element: Element) -> list[dict[str, Any]]:
        return self._list(element, "sensorElement", self._sensor_element, least=1)

    def _sensor_element(self, element: Element) -> dict[str, Any]:
        """Read metadata, reports and extensions of one sensor element."""
        into: dict[str, Any] = {}
        reports: list[dict[str, Any]] = []
        is_draft = self._namespace == EPCIS_1  # drafts wrote sensorMetaData
        for child in elements_of(element):
            tag = child.tag
            if tag == "sensorReport" and len(into) == ("sensorMetadata" in into):
                reports.append(self._sensed(child, is_report=True))
            elif tag == "sensorMetadata" or (tag == "sensorMetaData" and is_draft):
                if into or reports:
                    raise _misplaced(child, _SENSOR)
                into["sensorMetadata"] = self._sensed(child, is_report=False)
            elif tag[0] == "{" and reports:
                self._extension(child, into)
            else:
                raise _misplaced(child, _SENSOR)
        if not reports:
            raise fault(element, "<sensorReport> is missing. Add at least one.")
        into["sensorReport"] = reports
        return into

    def _sensed(self, element: Element, *, is_report: bool) -> dict[str, Any]:
        """Read the attributes of a sensor's report or metadata."""
        if len(element) or (element.text and not element.text.isspace()):
            raise fault(element, "It holds its data as attributes; neither text nor elements belong into it.")
        into: dict[str, Any] = {}
        for name, value in attributes_of(element):
            if not is_report or name[0] == "{":
                into[self._prefixes.key(name)] = value
            elif name in _NUMBERS:
                into[name] = number(element, name, value.strip(), DOUBLE)
            elif name in _WORDS:
                into[name] = bare_word(_WORDS[name], value.strip())
            elif name == "booleanValue":
                if value.strip() not in _BOOLEANS:
                    raise fault(element, f'booleanValue "{value}" is neither true nor false.')
                into[name] = _BOOLEANS[value.strip()]
            else:
                into[name] = value
        return into


_NOTHING = Model(())
_PLACE = Model(("id",), frozenset({"id"}), takes_attributes=False)
_QUANTITY = Model(("epcClass", "quantity", "uom"))
_PERSISTENT = Model(("unset", "set"))
_SENSOR = Model(("sensorMetadata", "sensorReport"))


def _unexpected(child: Element, model: Model) -> InputError:
    """Give the error for an element that the model does not know."""
    expected = ", ".join(model.fields) or "elements of other namespaces"
    return fault(
        child,
        f"It is unknown in <{_parent(child)}>. Expected: {expected}.{nearest(child.tag, model.fields)} "
        "An extension needs a namespace of its own.",
    )


def _misplaced(child: Element, model: Model) -> InputError:
    """Give the error for an element that is known but doubled or out of order, or unknown after all."""
    if child.tag not in model.fields:
        return _unexpected(child, model)
    order = ", ".join(model.fields)
    return fault(child, f"It stands twice or out of its order in <{_parent(child)}>. The order is: {order}.")


def _parent(child: Element) -> str:
    parent = child.getparent()
    return "" if parent is None else parent.tag
