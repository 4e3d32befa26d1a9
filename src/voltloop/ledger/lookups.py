"""Parts of queries that look up single rows in the partitioned tables.

PostgreSQL cannot know how few rows a recursive query or a list of keys leads to, and would rather read whole tables.
``OFFSET 0`` keeps each look-up apart, so that it is one descent in the index of one partition, and a recursion that
drops what it has found already does not make room for millions of rows.
"""

from __future__ import annotations

from typing import Final

from voltloop.ledger.state_rows import ALL_STATES

__all__ = ["COUNTS", "EVENT_OF", "states_of", "trace_of"]

EVENT_OF: Final = (
    "CROSS JOIN LATERAL (SELECT * FROM event AS o "
    "WHERE o.event_at = t.event_at AND o.record_at = t.record_at OFFSET 0) AS e"
)
"""The event ``e`` of a row ``t`` with its two times."""

COUNTS: Final = (
    "e.declared_at IS NULL AND NOT e.planned "
    "AND NOT EXISTS (SELECT FROM voided AS v WHERE v.event_at = e.event_at AND v.record_at = e.record_at)"
)
"""The event ``e`` happened, by all that is known: no plan, no error declaration, and not taken back."""


def trace_of(name: str, condition: str) -> str:
    """Give the rows ``t`` of ``trace`` of the ``epc_id`` of each row of that name, under a condition on ``o``."""
    return (
        f"CROSS JOIN LATERAL (SELECT o.event_at, o.record_at, o.role FROM trace AS o "
        f"WHERE o.epc_id = {name}.epc_id AND {condition} OFFSET 0) AS t"
    )


def states_of(key: str, condition: str, column: str = "epc_id") -> str:
    """Give the states ``s`` whose column is ``key``, a column of what stands before, under a condition on ``o``."""
    return (
        f"CROSS JOIN LATERAL (SELECT * FROM {ALL_STATES} AS o "
        f"WHERE o.{column} = {key} AND {condition} OFFSET 0) AS s"
    )
