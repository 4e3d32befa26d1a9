"""EPCIS documents out, in JSON: from the texts that the ledger keeps, joined without parsing them again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from voltloop.epcis.master_data import MasterDataElement, vocabulary_list

__all__ = ["STANDARD_CONTEXT", "collection", "epcis_document", "query_document"]

STANDARD_CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
"""Address of the standard's JSON-LD context."""

_Recorded = tuple[str, Mapping[str, str], datetime]


def query_document(
    events: Iterable[_Recorded],
    *,
    created_at: datetime,
    query_name: str = "SimpleEventQuery",
    subscription_id: str | None = None,
    master_data: Iterable[MasterDataElement] = (),
) -> bytes:
    """Give query results as an EPCISQueryDocument in JSON.

    Parameters
    ----------
    events
        JSON text, prefix to namespace of its extensions, and record time of each event; the text as the ledger
        keeps it, without ``recordTime`` and ``@context``. Prefixes that mean different things in different
        events are told apart by an ``@context`` in the later event.
    created_at
        When the document is made; becomes ``creationDate``.
    query_name, subscription_id
        Of the named query and the subscription that the results belong to.
    master_data
        Master data that was asked for with the events.

    References
    ----------
    EPCIS 2.0 sections 8.2.5 and 10.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> at = datetime(2026, 11, 22, 13, 5, tzinfo=UTC)
    >>> query_document([('{"type":"ObjectEvent"}', {}, at)], created_at=at)[-76:]
    b'"eventList":[{"recordTime":"2026-11-22T13:05:00Z","type":"ObjectEvent"}]}}}}'
    """
    context, texts = _joined(events)
    head = {"queryName": query_name} | (
        {} if subscription_id is None else {"subscriptionID": subscription_id}
    )
    lists = vocabulary_list(master_data)
    body = f'"eventList":[{texts}]' + (f',"vocabularyList":{_json(lists)}' if lists else "")
    return (
        f'{_head("EPCISQueryDocument", context, created_at)},"epcisBody":{{"queryResults":'
        f'{_json(head)[:-1]},"resultsBody":{{{body}}}}}}}}}'
    ).encode()


def epcis_document(
    events: Iterable[_Recorded], *, created_at: datetime, master_data: Iterable[MasterDataElement] = ()
) -> bytes:
    """Give events as an EPCISDocument in JSON, to hand them to another repository; see :func:`query_document`."""
    context, texts = _joined(events)
    lists = vocabulary_list(master_data)
    header = f',"epcisHeader":{{"epcisMasterData":{{"vocabularyList":{_json(lists)}}}}}' if lists else ""
    return (
        f'{_head("EPCISDocument", context, created_at)}{header},"epcisBody":{{"eventList":[{texts}]}}}}'
    ).encode()


def collection(members: Iterable[str], context: Mapping[str, str] | None = None) -> bytes:
    """Give names or URIs as a Collection in JSON, the answer of the resources that list other resources.

    Examples
    --------
    >>> collection(["events"])[-49:]
    b'.jsonld","type":"Collection","member":["events"]}'
    """
    whole = {"@context": _context(context or {}), "type": "Collection", "member": list(members)}
    return _json(whole).encode()


def _head(kind: str, context: Mapping[str, str], created_at: datetime) -> str:
    """Give the beginning of a document, its brackets left open."""
    created = _instant(created_at)
    head = {"@context": _context(context), "type": kind, "schemaVersion": "2.0", "creationDate": created}
    return _json(head)[:-1]


def _context(context: Mapping[str, str]) -> str | list[Any]:
    return [STANDARD_CONTEXT, dict(context)] if context else STANDARD_CONTEXT


def _joined(events: Iterable[_Recorded]) -> tuple[dict[str, str], str]:
    """Give the context of all events together, and their texts with record time, parted by commas."""
    shared: dict[str, str] = {}
    texts = []
    own_context = ""
    previous: Mapping[str, str] | None = None
    for text, context, record_at in events:
        if context is not previous:
            own = {
                prefix: name for prefix, name in context.items() if shared.setdefault(prefix, name) != name
            }
            own_context = f'"@context":{_json(own)},' if own else ""
            previous = context
        texts.append(f'{{{own_context}"recordTime":"{_instant(record_at)}",{text[1:]}')
    return shared, ",".join(texts)


def _instant(at: datetime) -> str:
    """Give an instant as UTC text, to the microsecond where it has any."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _json(value: Any) -> str:
    import orjson

    return orjson.dumps(value).decode()
