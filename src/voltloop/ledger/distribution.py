"""How the tables are spread over the machines of a Citus cluster.

Citus finds the machine of a row by one of its columns. It needs that column in every unique key, and so does
PostgreSQL the column of the partitions: a test holds the tables to both. No table refers to another by a foreign key.

What belongs to a thing is distributed by the key of the thing, so everything about one pack lies on one machine. An
event names many things, so it is distributed by its own key, ``record_at``; it is always looked up by that. Readings
are distributed by the device.
"""

from __future__ import annotations

from voltloop.ledger.tables import metadata

__all__ = ["DISTRIBUTED", "REFERENCE", "distribution_statements"]

DISTRIBUTED = {
    "event": "record_at",
    "event_field": "record_at",
    "voided": "record_at",
    "event_identity": "id",
    "capture_claim": "id",
    "early_declaration": "id",
    "trace": "epc_id",
    "thing": "id",
    "state": "epc_id",
    "past_state": "epc_id",
    "emptied": "epc_id",
    "movement": "class_id",
    "seal": "epc_id",
    "forecast": "thing_id",
    "reading": "device_id",
    "reading_sequence": "device_id",
    "reading_now": "device_id",
    "device_binding": "device_id",
    "watch_state": "device_id",
}
"""Large tables, and the column by whose value their rows are spread."""

REFERENCE = (
    "context",
    "master_data_attribute",
    "master_data_child",
    "master_data_element",
)
"""Small tables that every machine has whole, since queries join them. All others stay where voltloop connects to."""


def distribution_statements() -> list[str]:
    """Give the SQL that spreads an empty ledger over a cluster; to be run once, by its owner.

    Examples
    --------
    >>> distribution_statements()[0]
    "SELECT create_distributed_table('event', 'record_at', colocate_with => 'none')"
    """
    statements = []
    first: dict[object, str] = {}
    for name, column in DISTRIBUTED.items():
        kind = repr(metadata.tables[name].c[column].type)
        beside = first.setdefault(kind, name)
        colocated = "none" if beside == name else beside
        statements.append(
            f"SELECT create_distributed_table('{name}', '{column}', colocate_with => '{colocated}')"
        )
    statements += [f"SELECT create_reference_table('{name}')" for name in REFERENCE]
    return statements
