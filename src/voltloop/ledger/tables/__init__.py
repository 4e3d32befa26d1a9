"""The tables of the ledger, one file per group; :data:`metadata` holds them all."""

from voltloop.ledger.tables.base import metadata
from voltloop.ledger.tables.capture import (
    api_key,
    capture_claim,
    capture_clock,
    capture_job,
    early_declaration,
)
from voltloop.ledger.tables.events import context, event, event_field, event_identity, thing, trace, voided
from voltloop.ledger.tables.knowledge import emptied, finding, movement, past_state, seal, state
from voltloop.ledger.tables.queries import (
    closed_page_token,
    master_data_attribute,
    master_data_child,
    master_data_element,
    named_query,
)

__all__ = [
    "api_key",
    "capture_claim",
    "capture_clock",
    "capture_job",
    "closed_page_token",
    "context",
    "early_declaration",
    "emptied",
    "event",
    "event_field",
    "event_identity",
    "finding",
    "master_data_attribute",
    "master_data_child",
    "master_data_element",
    "metadata",
    "movement",
    "named_query",
    "past_state",
    "seal",
    "state",
    "thing",
    "trace",
    "voided",
]
