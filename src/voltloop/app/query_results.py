"""Query results: stored events as their receiver wants them spelt, and as a document for subscribers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from voltloop.epcis.formats import EpcFormat, translate
from voltloop.epcis.json_output import query_document

if TYPE_CHECKING:
    from voltloop.ledger.query import StoredEvent

__all__ = ["results_document", "spelt"]

_AS_CAPTURED = ("No_Preference", "Never_Translates")


def spelt(
    events: Iterable[StoredEvent], epc_format: EpcFormat, prefixes: Collection[str]
) -> Iterator[tuple[str, Mapping[str, str], datetime]]:
    """Give text, context and record time of each event; without a translation the text is the stored one.

    ``prefixes`` are the company prefixes that the ledger knows: an EPC URN cannot be written without.
    """
    import orjson

    for event in events:
        text = event.document
        if epc_format not in _AS_CAPTURED:
            text = orjson.dumps(translate(orjson.loads(text), epc_format, prefixes)).decode()
        yield text, event.context, event.record_at


def results_document(
    events: Iterable[StoredEvent],
    *,
    query_name: str,
    subscription_id: str,
    epc_format: EpcFormat,
    prefixes: Collection[str],
    created_at: datetime,
) -> bytes:
    """Give events as the EPCISQueryDocument in JSON that a subscriber gets."""
    return query_document(
        spelt(events, epc_format, prefixes),
        created_at=created_at,
        query_name=query_name,
        subscription_id=subscription_id,
    )
