"""One event in XML to the canonical event: the dict that EPCIS 2.0 JSON would hold.

The words of the CBV become bare, extensions get keys with prefixes (:class:`~voltloop.epcis.xml_names.Prefixes`),
numbers become numbers. Identifiers and times keep their spelling. What the XML binding itself asks for (known
elements, their order and number, numbers that are numbers) is checked here; everything else is the event's own
validation, which is the same for JSON and XML.

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
from collections.abc import Callable
from typing import Any, TypeVar

from voltloop.epcis.vocabulary import bare_word
from voltloop.epcis.xml_models import MODELS_1, MODELS_2, Model
from voltloop.epcis.xml_names import EPCIS_1, XSI, Element, Prefixes
from voltloop.errors import InputError, nearest

T = TypeVar("T")

__all__ = ["MAX_DEPTH", "EventReader", "fault"]

MAX_DEPTH = 64
"""Most elements of an extension inside each other."""

_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_DOUBLE = re.compile(_DECIMAL.pattern + r"(?:[eE][+-]?[0-9]+)?")
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,14}")
_TYPE, _NIL = f"{{{XSI}}}type", f"{{{XSI}}}nil"
_DOCUMENT_ATTRIBUTES = (f"{{{XSI}}}", "{http://www.w3.org/XML/1998/namespace}")
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
_NUMBERS = frozenset(["value", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue"])
_WORDS = {"type": "measurementType", "exception": "sensorAlert", "component": "component"}


def fault(element: Element, message: str) -> InputError:
    """Give the error for an element, with its line.

    Examples
    --------
    >>> from lxml import etree
    >>> str(fault(etree.fromstring("<action/>"), "This will not do."))
    'XML line 1, <action>: This will not do.'
    """
    name = element.tag.rpartition("}")[2]
    return InputError(f"XML line {element.sourceline}, <{name}>: {message}", code="epcis-xml")


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
            "correctiveEventIDs": lambda element: self._list(element, "correctiveEventID", _text),
            "quantity": _decimal,
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
        event: dict[str, Any] = {"type": name}
        self._sequence(element, self._models[name], event)
        if name == "QuantityEvent":  # deprecated since 1.1: the same said as an ObjectEvent
            measured = {"epcClass": event.pop("epcClass"), "quantity": event.pop("quantity")}
            event |= {"type": "ObjectEvent", "action": "OBSERVE", "quantityList": [measured]}
        return event

    def _sequence(self, element: Element, model: Model, into: dict[str, Any]) -> None:
        """Read the elements of a model, then those of other namespaces, and the attributes."""
        if element.attrib:
            self._attributes(element, into)
        _no_text(element)
        readers, positions, last = self._readers, model.position, -1
        seen: set[str] = set()
        for child in element:
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
                    into[tag] = reader(child) if reader else _text(child)
            tail = child.tail
            if tail and not tail.isspace():
                raise _stray(child, tail)
        if not model.required <= seen:
            missing = next(name for name in model.fields if name in model.required and name not in seen)
            raise fault(element, f"<{missing}> is missing. Add it.")

    def _nested(self, element: Element, into: dict[str, Any]) -> None:
        """Read what an extension holds into the event itself, where EPCIS 2.0 has it."""
        if not len(element):
            raise fault(element, "It is empty; an extension holds at least one element. Leave it out.")
        owner, name = _parent(element), element.tag
        model = self._models.get(f"{owner}/{name}") or self._models[name]
        self._sequence(element, model, into)

    def _attributes(self, element: Element, into: dict[str, Any]) -> None:
        """Take an event's or a part's own attributes as extensions; those on the document are nobody's data."""
        for name, value in element.items():
            if not name.startswith(_DOCUMENT_ATTRIBUTES):
                into[self._prefixes.key(name)] = value

    def _extension(self, element: Element, into: dict[str, Any], depth: int = 1) -> None:
        """Read an element of another namespace under its key; a second one of the name makes a list."""
        tag = element.tag
        if tag[0] != "{":  # only 1.x has room for it: its own namespace then
            tag = f"{{{self._namespace}}}{tag}"
        elif tag.startswith(f"{{{self._namespace}}}"):
            raise fault(element, "Elements of EPCIS have no prefix here, and extensions another namespace.")
        _put(into, self._prefixes.key(tag), self._value(element, depth))

    def _extensions(self, element: Element) -> dict[str, Any]:
        """Read an element that holds only elements of other namespaces: the ILMD."""
        into: dict[str, Any] = {}
        self._sequence(element, _NOTHING, into)
        return into

    def _value(self, element: Element, depth: int) -> Any:
        """Give the JSON value of an element of an extension."""
        if depth > MAX_DEPTH:
            raise fault(element, f"It lies more than {MAX_DEPTH} elements deep. Send it flatter.")
        if not len(element):
            if not element.attrib:
                return element.text or ""
            if element.get(_NIL) in ("true", "1"):
                return None
        value: dict[str, Any] = {}
        for name, content in element.items():
            if name == _TYPE:
                value["@type"] = self._type_name(element, content)
            elif name != _NIL:
                key = self._prefixes.key(name)
                value[f"@{key}" if ":" in key else f"@:{key}"] = content
        pieces = [element.text or ""] if not len(element) else [(element.text or "").strip()]
        for child in element:
            _put(value, self._prefixes.key(child.tag), self._value(child, depth + 1))
            pieces.append((child.tail or "").strip())
        text = " ".join(filter(None, pieces))
        if text or not len(element):
            value["@value"] = text
        return _native(value)

    def value(self, element: Element) -> Any:
        """Give the JSON value of an element that is not part of an event, such as a master data attribute."""
        return self._value(element, 1)

    def key(self, element: Element) -> str:
        """Give the JSON key of an element of another namespace."""
        return self._prefixes.key(element.tag)

    def _type_name(self, element: Element, name: str) -> str:
        """Give a QName in an attribute's value with the document's prefixes."""
        prefix, _, local = name.strip().rpartition(":")
        namespace = element.nsmap.get(prefix or None, "")
        return self._prefixes.key(f"{{{namespace}}}{local}") if namespace else local

    def _word(self, kind: str) -> Callable[[Element], str]:
        """Give the reader of an element with a word of a CBV vocabulary."""
        return lambda element: bare_word(kind, _text(element))

    def _list(self, element: Element, name: str, reader: Callable[[Element], T], least: int = 0) -> list[T]:
        """Read an element that repeats one element."""
        _bare(element)
        items = []
        for child in element:
            if child.tag != name:
                raise fault(child, f"Only <{name}> belongs into <{element.tag}>.")
            items.append(reader(child))
            tail = child.tail
            if tail and not tail.isspace():
                raise _stray(child, tail)
        if len(items) < least:
            raise fault(
                element, f"It is empty; at least one <{name}> belongs into it. Add one or leave it out."
            )
        return items

    def _epcs(self, element: Element) -> list[str]:
        return self._list(element, "epc", _text)

    def _quantities(self, element: Element) -> list[dict[str, Any]]:
        return self._list(element, "quantityElement", self._quantity)

    def _quantity(self, element: Element) -> dict[str, Any]:
        """Read a class with its quantity and unit; a quantity that is ``xsi:nil`` is not stated."""
        _bare(element)
        into: dict[str, Any] = {}
        nil = False
        expected = ["epcClass", "quantity", "uom"]
        for place, child in enumerate(element):
            tag = child.tag
            if tag != (expected[place] if place < 3 else None):
                raise _misplaced(child, _QUANTITY)
            nil = tag == "quantity" and child.get(_NIL) in ("true", "1")
            if not nil:
                into[tag] = _decimal(child) if tag == "quantity" else _text(child)
        if "epcClass" not in into:
            raise fault(element, "<epcClass> is missing. Add it.")
        return into

    def _typed(
        self, name: str, kind: str, *, needs_type: bool = False
    ) -> Callable[[Element], list[dict[str, str]]]:
        """Give the reader of a list of identifiers with a type each."""

        def item(element: Element) -> dict[str, str]:
            into = {}
            for attribute, value in element.items():
                if attribute == "type":
                    into["type"] = bare_word(kind, value.strip())
                elif not attribute.startswith(_DOCUMENT_ATTRIBUTES):
                    raise fault(element, f'The attribute "{attribute}" is unknown. It has only "type".')
            if needs_type and not into:
                raise fault(element, 'The attribute "type" is missing. Add it.')
            into[name] = _content(element)
            return into

        return lambda element: self._list(element, name, item, least=1)

    def _place(self, element: Element) -> dict[str, Any]:
        """Read a read point or business location with its extensions."""
        _bare(element)
        into: dict[str, Any] = {}
        self._sequence(element, _PLACE, into)
        return into

    def _persistent(self, element: Element) -> dict[str, list[str]]:
        """Read the dispositions that are lifted and those that are set, in that order."""
        _bare(element)
        into: dict[str, list[str]] = {}
        for child in element:
            tag = child.tag
            if tag not in ("unset", "set") or (tag == "unset" and "set" in into):
                raise _misplaced(child, _PERSISTENT)
            into.setdefault(tag, []).append(bare_word("disposition", _text(child)))
        return into

    def _error_declaration(self, element: Element) -> dict[str, Any]:
        into: dict[str, Any] = {}
        self._sequence(element, self._models["errorDeclaration"], into)
        return into

    def _sensors(self, element: Element) -> list[dict[str, Any]]:
        return self._list(element, "sensorElement", self._sensor_element, least=1)

    def _sensor_element(self, element: Element) -> dict[str, Any]:
        """Read metadata, reports and extensions of one sensor element."""
        _bare(element)
        into: dict[str, Any] = {}
        reports: list[dict[str, Any]] = []
        is_draft = self._namespace == EPCIS_1  # drafts wrote sensorMetaData
        for child in element:
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
        for name, value in element.items():
            if not is_report or name[0] == "{":
                if not name.startswith(_DOCUMENT_ATTRIBUTES):
                    into[self._prefixes.key(name)] = value
            elif name in _NUMBERS:
                into[name] = _number(element, name, value.strip(), _DOUBLE)
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
_PLACE = Model(("id",), frozenset({"id"}))
_QUANTITY = Model(("epcClass", "quantity", "uom"))
_PERSISTENT = Model(("unset", "set"))
_SENSOR = Model(("sensorMetadata", "sensorReport"))


def _put(into: dict[str, Any], key: str, value: Any) -> None:
    """Store a value; a second value of the key makes a list."""
    if key not in into:
        into[key] = value
    elif isinstance(into[key], list):
        into[key].append(value)
    else:
        into[key] = [into[key], value]


def _native(value: dict[str, Any]) -> Any:
    """Give a typed value as a JSON number or boolean where JSON spells it the same."""
    if value.keys() != {"@type", "@value"}:
        return value
    kind, text = value["@type"], value["@value"]
    if kind == "xsd:integer" and _INTEGER.fullmatch(text):
        return int(text)
    if kind == "xsd:double" and _DOUBLE.fullmatch(text) and repr(float(text)) == text:
        return float(text)
    if kind == "xsd:boolean" and text in ("true", "false"):
        return text == "true"
    return value


def _content(element: Element) -> str:
    """Give the text of an element that holds nothing else."""
    if len(element):
        raise fault(element, "It holds text only, not elements.")
    return (element.text or "").strip()


def _text(element: Element) -> str:
    """Give the text of an element that holds nothing else and has no attributes."""
    if element.attrib:
        _no_attributes(element)
    if len(element):
        raise fault(element, "It holds text only, not elements.")
    return (element.text or "").strip()


def _decimal(element: Element) -> int | float:
    return _number(element, element.tag, _text(element), _DECIMAL)


def _number(element: Element, name: str, text: str, form: re.Pattern[str]) -> int | float:
    """Give a number, an int where it is written as one."""
    if not form.fullmatch(text):
        raise fault(element, f'{name} "{text}" is not a number. Write it like 12 or 12.5.')
    number = float(text)
    if math.isinf(number):
        raise fault(element, f'{name} "{text}" is too large for a number of double precision.')
    return int(text) if text.lstrip("+-").isdigit() else number


def _no_attributes(element: Element) -> None:
    """Refuse attributes other than the schema's own."""
    for name in element.keys():  # noqa: SIM118 - an element is not a mapping
        if not name.startswith(_DOCUMENT_ATTRIBUTES):
            raise fault(element, f'The attribute "{name}" does not belong here. Remove it.')


def _no_text(element: Element) -> None:
    """Refuse text before the first element."""
    text = element.text
    if text and not text.isspace():
        raise fault(element, f'The text "{text.strip()[:40]}" does not belong here: it holds elements only.')


def _bare(element: Element) -> None:
    """Refuse attributes, and text before the first element."""
    if element.attrib:
        _no_attributes(element)
    _no_text(element)


def _stray(child: Element, tail: str) -> InputError:
    return fault(child, f'The text "{tail.strip()[:40]}" after it does not belong here.')


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
