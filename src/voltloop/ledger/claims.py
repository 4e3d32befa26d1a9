"""Claims: a large ``rollback`` document takes all its eventIDs before any of its events can be seen.

So large a document is not stored in one transaction, which would keep all other captures waiting. It is first read
to its end: every event is validated, and its eventID claimed. If anything is wrong the claims are dropped, and no
reader has seen a thing. Once all are claimed nothing can refuse the document any more, other captures cannot take its
eventIDs, and it is stored batch by batch, forward only, also after a crash.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson

from voltloop.epcis.identifiers import digest
from voltloop.ledger.copying import CopyRows, key_cell, row_start
from voltloop.ledger.event_keys import Identified
from voltloop.ledger.identity import settle
from voltloop.ledger.problems import CaptureProblem
from voltloop.ledger.turn import raw_cursor, take_turn

if TYPE_CHECKING:
    import psycopg
    from sqlalchemy import Connection

__all__ = ["claim", "release"]

_COLUMNS = ("id", "declaration_id", "job_id", "content")
_START = row_start(len(_COLUMNS))


def claim(
    connection: Connection, identified: Identified, job_id: UUID, *, now: datetime
) -> dict[int, CaptureProblem]:
    """Take the eventIDs of a batch for a job; give the conflicts, by rank.

    Parameters
    ----------
    connection
        Within the caller's transaction.
    identified
        The batch.
    job_id
        The job that takes them.
    now
        The present.
    """
    cursor = raw_cursor(connection)
    take_turn(cursor, now, 1)
    settled = settle(cursor, identified, job_id)
    rows, contents = [], {}
    for rank in settled.fresh:
        identity, event = identified.identities[rank], identified.events[rank]
        content = contents[identity] = digest(orjson.dumps(event, option=orjson.OPT_SORT_KEYS).decode())
        rows.append(_START + b"".join(map(key_cell, (*identity, job_id.bytes, content))))
    cursor.execute(
        "CREATE TEMPORARY TABLE IF NOT EXISTS new_claim (LIKE capture_claim) ON COMMIT DELETE ROWS"
    )
    CopyRows("new_claim", _COLUMNS, rows).write(cursor, 0)
    columns = ", ".join(_COLUMNS)
    cursor.execute(
        f"INSERT INTO capture_claim ({columns}) SELECT {columns} FROM new_claim ON CONFLICT DO NOTHING"
    )
    if cursor.rowcount < len(rows):
        settled.conflicts.update(_repeated(cursor, identified, contents))
    return settled.conflicts


def _repeated(
    cursor: psycopg.Cursor[Any], identified: Identified, contents: dict[tuple[bytes, bytes], bytes]
) -> dict[int, CaptureProblem]:
    """Give the events whose eventID stands earlier in their document with other content."""
    cursor.execute(
        "SELECT n.id, n.declaration_id FROM new_claim n JOIN capture_claim c USING (id, declaration_id) "
        "WHERE c.content <> n.content"
    )
    other = {(event_id.bytes, declaration_id.bytes) for event_id, declaration_id in cursor}
    return {
        rank: CaptureProblem(
            "ResourceAlreadyExistsException",
            f'eventID "{identified.events[rank]["eventID"]}" belongs to another event earlier in this document. '
            "Give each event an eventID of its own.",
            rank,
        )
        for rank, identity in enumerate(identified.identities)
        if identity in other and identity in contents
    }


def release(connection: Connection, job_id: UUID) -> None:
    """Drop the claims of a job."""
    raw_cursor(connection).execute("DELETE FROM capture_claim WHERE job_id = %s", (job_id,))
