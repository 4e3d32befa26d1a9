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
from voltloop.ledger.tables.subscriptions import delivery, delivery_attempt, subscription
from voltloop.ledger.tables.telemetry import (
    dead_letter,
    device,
    device_binding,
    forecast,
    geofence,
    reading,
    reading_now,
    reading_sequence,
    telemetry_clock,
    telemetry_due,
    thing_conditions,
    told,
    watch_state,
)

__all__ = [
    "api_key",
    "capture_claim",
    "capture_clock",
    "capture_job",
    "closed_page_token",
    "context",
    "dead_letter",
    "delivery",
    "delivery_attempt",
    "device",
    "device_binding",
    "early_declaration",
    "emptied",
    "event",
    "event_field",
    "event_identity",
    "finding",
    "forecast",
    "geofence",
    "master_data_attribute",
    "master_data_child",
    "master_data_element",
    "metadata",
    "movement",
    "named_query",
    "past_state",
    "reading",
    "reading_now",
    "reading_sequence",
    "seal",
    "state",
    "subscription",
    "telemetry_clock",
    "telemetry_due",
    "thing",
    "thing_conditions",
    "told",
    "trace",
    "voided",
    "watch_state",
]
