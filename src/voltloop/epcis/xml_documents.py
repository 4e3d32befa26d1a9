"""EPCIS 2.0 documents in XML: from the events that the ledger keeps, as in :mod:`voltloop.epcis.json_output`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from voltloop.epcis.master_data import MasterDataElement, vocabulary_list
from voltloop.epcis.xml_names import EPCIS_2, QUERY_2
from voltloop.epcis.xml_text import XSI_DECLARATION, Namespaces, attribute, element, extension
from voltloop.epcis.xml_write import CbvFormat, event_xml

__all__ = ["epcis_document_xml", "query_document_xml"]

Context = Mapping[str, str]
_Recorded = tuple[str | Mapping[str, Any], Context, datetime | None]
_NO_CONTEXT: Context = {}


def query_document_xml(
    events: Iterable[_Recorded],
    *,
    created_at: datetime,
    query_name: str = "SimpleEventQuery",
    subscription_id: str | None = None,
    master_data: Iterable[MasterDataElement] = (),
    master_data_context: Context = _NO_CONTEXT,
    cbv_format: CbvFormat = "No_Preference",
) -> bytes:
    """Give query results as an EPCISQueryDocument in XML.

    Parameters
    ----------
    events
        Each event as JSON text or object, prefix to namespace of its extensions, and its record time (None: not
        told, or in the event already).
    created_at
        When the document is made; becomes ``creationDate``.
    query_name, subscription_id
        Of the named query and the subscription that the results belong to.
    master_data
        Master data that was asked for with the events; goes to the header, since XML results are one or the other.
    master_data_context
        Prefix to namespace of extensions inside the master data.
    cbv_format
        Spelling of CBV words, see :func:`voltloop.epcis.xml_write.event_xml`.

    References
    ----------
    EPCIS 2.0 section 12, EPCISQueryDocument.

    Examples
    --------
    >>> at = datetime(2026, 11, 22, 13, 5, tzinfo=UTC)
    >>> event = {"type": "ObjectEvent", "action": "ADD"}
    >>> b"<recordTime>2026-11-22T13:05:00Z</recordTime>" in query_document_xml([(event, {}, at)], created_at=at)
    True
    """
    subscription = element("subscriptionID", subscription_id) if subscription_id is not None else ""
    parts = [
        _head("epcisq:EPCISQueryDocument", QUERY_2, created_at),
        _header(master_data, master_data_context),
        "<EPCISBody><epcisq:QueryResults>",
        f"{element('queryName', query_name)}{subscription}<resultsBody><EventList>",
        *_events(events, cbv_format),
        "</EventList></resultsBody></epcisq:QueryResults></EPCISBody></epcisq:EPCISQueryDocument>\n",
    ]
    return "".join(parts).encode()


def epcis_document_xml(
    events: Iterable[_Recorded],
    *,
    created_at: datetime,
    master_data: Iterable[MasterDataElement] = (),
    master_data_context: Context = _NO_CONTEXT,
    cbv_format: CbvFormat = "No_Preference",
) -> bytes:
    """Give events as an EPCISDocument in XML, to hand them to another repository; see :func:`query_document_xml`.

    Examples
    --------
    >>> b"<EventList></EventList>" in epcis_document_xml([], created_at=datetime(2026, 11, 22, tzinfo=UTC))
    True
    """
    parts = [
        _head("epcis:EPCISDocument", EPCIS_2, created_at),
        _header(master_data, master_data_context),
        "<EPCISBody><EventList>",
        *_events(events, cbv_format),
        "</EventList></EPCISBody></epcis:EPCISDocument>\n",
    ]
    return "".join(parts).encode()


def _events(events: Iterable[_Recorded], cbv_format: CbvFormat) -> Iterator[str]:
    """Give each event as XML, with its record time."""
    import orjson

    for event, context, record_at in events:
        told = orjson.loads(event) if isinstance(event, str) else event
        if record_at is not None:
            told = {**told, "recordTime": _instant(record_at)}
        yield event_xml(told, context, cbv_format)


def _instant(at: datetime) -> str:
    """Give an instant as UTC text, to the microsecond where it has any."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _head(root: str, namespace: str, created_at: datetime) -> str:
    """Give the declaration and the opening root."""
    prefix = root.partition(":")[0]
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<{root}{attribute("xmlns:" + prefix, namespace)}{XSI_DECLARATION}'
        f"{attribute('schemaVersion', '2.0')}{attribute('creationDate', _instant(created_at))}>"
    )


def _header(master_data: Iterable[MasterDataElement], context: Context) -> str:
    """Give ``<EPCISHeader>`` with master data, or nothing where there is none."""
    told = "".join(_vocabulary(vocabulary, context) for vocabulary in vocabulary_list(master_data))
    if not told:
        return ""
    inside = f"<EPCISMasterData><VocabularyList>{told}</VocabularyList></EPCISMasterData>"
    return f"<EPCISHeader><extension>{inside}</extension></EPCISHeader>"


def _vocabulary(vocabulary: Mapping[str, Any], context: Context) -> str:
    """Give one vocabulary of the master data."""
    told = "".join(_vocabulary_element(item, context) for item in vocabulary["vocabularyElementList"])
    return (
        f"<Vocabulary{attribute('type', vocabulary['type'])}>"
        f"<VocabularyElementList>{told}</VocabularyElementList></Vocabulary>"
    )


def _vocabulary_element(item: Mapping[str, Any], context: Context) -> str:
    """Give one element of a vocabulary with its attributes and children."""
    namespaces = Namespaces(context)
    parts = []
    for stated in item.get("attributes", ()):
        value = stated["attribute"]
        inside = value if isinstance(value, dict) else {"@value": value}
        parts.append(extension("attribute", {"@:id": stated["id"], **inside}, namespaces))
    if item.get("children"):
        parts.append(f"<children>{''.join(element('id', child) for child in item['children'])}</children>")
    told = "".join(parts)
    return f"<VocabularyElement{attribute('id', item['id'])}{namespaces.declarations()}>{told}</VocabularyElement>"
