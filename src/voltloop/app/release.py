"""Release of what is held: a person's decision, with its reason, as an event."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from voltloop.app.own_events import record_own
from voltloop.errors import InputError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from voltloop.ledger.where import Whereabouts

__all__ = ["release"]


def release(
    engine: Engine, epc: str, *, person: str, reason: str, at: datetime, now: datetime
) -> tuple[str, int]:
    """Release a held thing and close its findings.

    Parameters
    ----------
    engine
        The ledger's database.
    epc
        The thing, in any spelling.
    person, reason
        Who decided, and why; neither empty.
    at
        When it was decided, with its zone.
    now
        The present.

    Returns
    -------
    tuple
        The eventID of the release, and how many findings it closed.

    Raises
    ------
    InputError
        ``unknown-thing``; ``not-held``: nothing holds it; ``held-with``: a container holds it, so that is to be
        released; ``release-words``: person or reason is empty.
    """
    from voltloop.ledger.findings_log import close_findings
    from voltloop.ledger.where import where_is

    if not person.strip() or not reason.strip():
        raise InputError(
            f"{epc} is not released: a release names the person who decided and the reason. Give both.",
            code="release-words",
        )
    with engine.connect() as connection:
        found = where_is(connection, epc, at)
        disposition = _before(connection, found)
    if found.held_with is not None:
        raise InputError(
            f"{epc} is held with {found.held_with}, which it is in ({found.hold}). Release that, or take it out first.",
            code="held-with",
        )
    if found.hold is None:
        raise InputError(f"{epc} is not held, so there is nothing to release.", code="not-held")
    event: dict[str, Any] = {
        "type": "ObjectEvent",
        "action": "OBSERVE",
        "bizStep": "inspecting",
        "disposition": disposition,
        "epcList": [epc],
        "voltloop:release": {"person": person, "reason": reason},
    }
    event_id = record_own(engine, event, at, person, now)
    with engine.begin() as connection:
        closed = close_findings(connection, epc, person, reason, now)
    return event_id, closed


def _before(connection: Connection, found: Whereabouts) -> str:
    """Give the disposition that the holds covered: what was damaged before is damaged after."""
    from voltloop.ledger.where import where_is

    while found.hold_since is not None and found.disposition in {None, "unavailable"}:
        try:
            found = where_is(connection, found.epc, found.hold_since - timedelta(milliseconds=1))
        except InputError:
            return "available"
    return "available" if found.disposition in {None, "unavailable"} else str(found.disposition)
