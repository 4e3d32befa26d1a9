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

__all__ = [
    "api_key",
    "capture_claim",
    "capture_clock",
    "capture_job",
    "context",
    "early_declaration",
    "emptied",
    "event",
    "event_field",
    "event_identity",
    "finding",
    "metadata",
    "movement",
    "past_state",
    "seal",
    "state",
    "thing",
    "trace",
    "voided",
]
