"""Events written as EPCIS 2.0 XML.

Everything is laid out in the order of the schema; namespaces of extensions are declared on each event, so that
events of many documents with clashing prefixes stand side by side. Lists that XML wants filled are left out when
they are empty. Three things cannot
be said in XML as in JSON and are written as near as may be: an object or list in an attribute of a sensor becomes
its JSON text, a list of one element comes back as the element, and characters that XML forbids become U+FFFD.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, Literal

from voltloop.epcis.vocabulary import urn, vocabularies, web_uri
from voltloop.epcis.xml_models import MODELS_2, OWN_EVENT
from voltloop.epcis.xml_text import Namespaces, attribute, decimal_text, element, extension, scalar_text

__all__ = ["CbvFormat", "event_xml"]

CbvFormat = Literal["No_Preference", "Always_Web_URI", "Always_URN", "Never_Translates"]
"""Values of the header ``GS1-CBV-XML-Format``."""

_Event = Mapping[str, Any]
_Word = Callable[[str, str], str]
_NEVER_EMPTY = frozenset(
    {"certificationInfo", "bizTransactionList", "sourceList", "destinationList", "sensorElementList"}
)
_WORDS = {"bizStep": "bizStep", "disposition": "disposition", "reason": "errorReason"}
_SENSOR_WORDS = {"type": "measurementType", "exception": "sensorAlert", "component": "component"}


@lru_cache(maxsize=4096)
def _word(kind: str, word: str, cbv_format: CbvFormat) -> str:
    """Give a CBV word in the spelling asked for; the GS1 vocabulary's words have a compact form beside the URI."""
    if cbv_format == "Always_Web_URI":
        return web_uri(kind, word)
    vocabulary = vocabularies()[kind]
    if not vocabulary.urn_stem and vocabulary.web_stem.startswith("https://gs1.org/voc/"):
        return f"gs1:{word}" if word in vocabulary.words else word
    return urn(kind, word)


def event_xml(event: _Event, context: Mapping[str, str], cbv_format: CbvFormat = "No_Preference") -> str:
    """Give an event as an element of ``<EventList>``.

    Parameters
    ----------
    event
        A valid event in canonical form, with ``recordTime`` where it is to be told.
    context
        Prefix to namespace of the event's extensions.
    cbv_format
        ``Always_Web_URI`` for Web URIs; otherwise URNs, the spelling of the published documents (the spelling in
        which a word was captured is not kept).

    References
    ----------
    EPCIS 2.0 section 12 (XML binding) and the REST binding's header ``GS1-CBV-XML-Format``.

    Examples
    --------
    >>> event_xml({"type": "ObjectEvent", "action": "ADD", "bizStep": "packing"}, {})
    '<ObjectEvent><action>ADD</action><bizStep>urn:epcglobal:cbv:bizstep:packing</bizStep></ObjectEvent>'
    """
    namespaces = Namespaces(context)
    kind = event["type"]
    model = MODELS_2[kind] if kind.endswith("Event") and kind in MODELS_2 else OWN_EVENT
    writer = _Writer(namespaces, lambda kind, word: _word(kind, word, cbv_format))
    if model is OWN_EVENT:
        parts = [_own_field(writer, namespaces, key, value) for key, value in event.items() if key != "type"]
    else:
        parts = [writer.field(name, event[name]) for name in model.fields if name in event]
        parts += [extension(key, value, namespaces) for key, value in event.items() if ":" in key]
    content = "".join(parts)
    name = namespaces.name(kind)
    told = f"<{name}{namespaces.declarations(content)}>{content}</{name}>"
    return f"<extension>{told}</extension>" if model is OWN_EVENT else told


def _own_field(writer: _Writer, namespaces: Namespaces, key: str, value: Any) -> str:
    """Give a field of an event of a user's own type; a field of the standard may hold something else there."""
    if key in OWN_EVENT.fields:
        try:
            return writer.field(key, value)
        except (AttributeError, KeyError, TypeError):
            pass
    return extension(key, value, namespaces)


class _Writer:
    """Writes the fields of one event."""

    def __init__(self, namespaces: Namespaces, word: _Word) -> None:
        self._namespaces = namespaces
        self._word = word

    def field(self, name: str, value: Any) -> str:
        """Give one field of an event or of its error declaration."""
        if name in _WORDS:
            return element(name, self._word(_WORDS[name], value))
        if isinstance(value, str):
            return element(name, value)
        if not value and name in _NEVER_EMPTY:
            return ""
        if name == "certificationInfo":  # XML has room for one; the others follow as the ontology names them
            more = extension("epcis:certificationInfo", value[1:], self._namespaces)
            return element(name, value[0]) + (more and f"<baseExtension>{more}</baseExtension>")
        return f"<{name}>{_CONTENTS[name](self, value)}</{name}>"

    def typed(self, name: str, kind: str, items: Iterable[Mapping[str, str]]) -> str:
        """Give identifiers, each with its type."""
        told = []
        for item in items:
            of_type = attribute("type", self._word(kind, item["type"])) if "type" in item else ""
            told.append(element(name, item[name]).replace(">", f"{of_type}>", 1))
        return "".join(told)

    def persistent(self, value: Mapping[str, Iterable[str]]) -> str:
        """Give the dispositions that are lifted, then those that are set."""
        return "".join(
            element(which, self._word("disposition", word))
            for which in ("unset", "set")
            for word in value.get(which, ())
        )

    def part(self, value: Mapping[str, Any], known: tuple[str, ...]) -> str:
        """Give the known fields of a part in their order, then its extensions."""
        told = "".join(self.field(key, value[key]) for key in known if key in value)
        return told + self._extensions(value, known)

    def sensors(self, items: Iterable[Mapping[str, Any]]) -> str:
        """Give the sensor elements."""
        return "".join(self._sensor_element(item) for item in items)

    def _extensions(self, value: Mapping[str, Any], known: Iterable[str]) -> str:
        return "".join(
            extension(key, item, self._namespaces) for key, item in value.items() if key not in known
        )

    def _sensor_element(self, item: Mapping[str, Any]) -> str:
        """Give metadata, reports and extensions of one sensor element."""
        parts = ["<sensorElement>"]
        if "sensorMetadata" in item:
            parts.append(f"<sensorMetadata{self._attributes(item['sensorMetadata'], {})}/>")
        for report in item["sensorReport"]:
            parts.append(f"<sensorReport{self._attributes(report, _SENSOR_WORDS)}/>")
        parts.append(self._extensions(item, ("sensorMetadata", "sensorReport")))
        parts.append("</sensorElement>")
        return "".join(parts)

    def _attributes(self, item: Mapping[str, Any], words: Mapping[str, str]) -> str:
        """Give the members of a sensor's report or metadata as attributes."""
        parts = []
        for key, value in item.items():
            if isinstance(value, (dict, list)):
                import orjson

                told = orjson.dumps(value).decode()
            else:
                told = self._word(words[key], value) if key in words else scalar_text(value)
            parts.append(attribute(self._namespaces.name(key), told))
        return "".join(parts)


def _quantity(item: Mapping[str, Any]) -> str:
    """Give a class with its quantity; a unit without one hangs on a quantity that says it is not stated."""
    parts = [element("epcClass", item["epcClass"])]
    if "quantity" in item:
        parts.append(element("quantity", decimal_text(item["quantity"])))
    elif "uom" in item:
        parts.append('<quantity xsi:nil="true"/>')
    if "uom" in item:
        parts.append(element("uom", item["uom"]))
    return f"<quantityElement>{''.join(parts)}</quantityElement>"


def _quantities(items: Iterable[Mapping[str, Any]]) -> str:
    return "".join(_quantity(item) for item in items)


def _texts(name: str) -> Callable[[_Writer, Iterable[str]], str]:
    """Give the writer of a list of texts."""
    return lambda _writer, items: "".join(element(name, item) for item in items)


_CONTENTS: dict[str, Callable[[_Writer, Any], str]] = {
    **dict.fromkeys(("epcList", "childEPCs", "inputEPCList", "outputEPCList"), _texts("epc")),
    **dict.fromkeys(
        ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"),
        lambda _writer, items: _quantities(items),
    ),
    "correctiveEventIDs": _texts("correctiveEventID"),
    "bizTransactionList": lambda writer, items: writer.typed("bizTransaction", "bizTransactionType", items),
    "sourceList": lambda writer, items: writer.typed("source", "sourceDestinationType", items),
    "destinationList": lambda writer, items: writer.typed("destination", "sourceDestinationType", items),
    "persistentDisposition": lambda writer, value: writer.persistent(value),
    "sensorElementList": lambda writer, items: writer.sensors(items),
    "readPoint": lambda writer, value: writer.part(value, ("id",)),
    "bizLocation": lambda writer, value: writer.part(value, ("id",)),
    "ilmd": lambda writer, value: writer.part(value, ()),
    "errorDeclaration": lambda writer, value: writer.part(value, MODELS_2["errorDeclaration"].fields),
}
