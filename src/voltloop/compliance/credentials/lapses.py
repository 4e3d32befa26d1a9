"""What lapses, what to renew until when, and a calendar of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from typing import Any, Final

import polars as pl

from voltloop import findings
from voltloop.compliance.credentials.entitlement import held_of
from voltloop.compliance.credentials.rules import CredentialRules
from voltloop.compliance.credentials.table import CredentialTable
from voltloop.compliance.credentials.validity import FOREVER, Held, continued_until, next_start
from voltloop.compliance.rulebook import Rulebook, load_rulebook
from voltloop.findings import Finding

__all__ = ["lapsing", "renewal_calendar", "renewals", "review_credentials"]

_LAST_CALL_DAYS: Final = 7
_SCHEMA: Final = {
    "holder": pl.String, "holder_kind": pl.String, "kind": pl.String, "title": pl.String, "scope": pl.String,
    "jurisdiction": pl.String, "document": pl.String, "valid_until": pl.Date, "days_left": pl.Int64,
    "start_by": pl.Date, "goes_on": pl.Date, "asked_by": pl.String, "say": pl.String, "cite": pl.String,
}  # fmt: skip


def lapsing(
    credentials: CredentialTable | pl.DataFrame, on: date, days: int, *, rulebook: Rulebook | None = None
) -> pl.DataFrame:
    """List what lapses in the coming days and that nothing follows at once.

    Parameters
    ----------
    credentials
        From :func:`voltloop.compliance.read_credentials`, or a frame of the same columns.
    on
        Today.
    days
        How far to look ahead [d]; a credential whose last day is ``on`` plus ``days`` is listed.
    rulebook
        The packaged one by default.

    Returns
    -------
    polars.DataFrame
        By day, one row per credential: ``valid_until`` is its last day (with what follows it without a gap),
        ``days_left`` from ``on``, ``start_by`` the day on which to start the renewal, ``goes_on`` the first day of what
        follows after a gap, ``asked_by`` the ids of the requirements that ask for it.
    """
    book = rulebook or load_rulebook()
    table = renewals(credentials, on, rulebook=book)
    return table.filter(pl.col("valid_until") <= on + timedelta(days=days))


def renewals(
    credentials: CredentialTable | pl.DataFrame, on: date, *, rulebook: Rulebook | None = None
) -> pl.DataFrame:
    """List every credential that holds on a day or later, by its last day; columns as :func:`lapsing`."""
    book = rulebook or load_rulebook()
    held = held_of(credentials, book)
    peers = _peers(held)
    ends = [(one, continued_until(one, peers[one.holder, one.kind])) for one in held]
    rows: dict[tuple[Any, ...], dict[str, Any]] = {}
    for one, end in ends:
        if end < on or end == FOREVER:
            continue
        key = (one.holder, one.kind, one.scope_text, one.jurisdiction, end)
        # Of a chain of renewals its last link is named.
        if one.until_on == end or key not in rows:
            rows[key] = _renewal(one, end, on, peers[one.holder, one.kind], book.credentials)
    table = pl.DataFrame(list(rows.values()), schema=_SCHEMA, orient="row")
    return table.sort("valid_until", "holder", "kind", "scope", "jurisdiction", maintain_order=True)


def _renewal(one: Held, end: date, on: date, held: Sequence[Held], rules: CredentialRules) -> dict[str, Any]:
    kind = rules.kinds[one.kind]
    return {
        "holder": one.holder, "holder_kind": one.holder_kind, "kind": one.kind, "title": kind.title,
        "scope": one.scope_text, "jurisdiction": one.jurisdiction, "document": one.document, "valid_until": end,
        "days_left": (end - on).days, "start_by": max(end - timedelta(days=kind.lead_days), date.min),
        "goes_on": next_start(one, end, held),
        "asked_by": ";".join(need.id for need in rules.requirements if one.kind in need.needs),
        "say": kind.say, "cite": ";".join(kind.cite),
    }  # fmt: skip


def review_credentials(
    credentials: CredentialTable | pl.DataFrame, on: date, *, rulebook: Rulebook | None = None
) -> list[Finding]:
    """List what a person should look at: lapsed, about to lapse, with a gap, or not yet valid on a day."""
    book = rulebook or load_rulebook()
    held = held_of(credentials, book)
    peers = _peers(held)
    found: dict[tuple[str, str], Finding] = {}
    for one in held:
        others = peers[one.holder, one.kind]
        title = book.credentials.kinds[one.kind].title
        end = continued_until(one, others)
        goes_on = next_start(one, end, others) if end != FOREVER else None
        words: dict[str, Any] = {"where": one.holder, "field": "valid_to", "title": title}
        if one.from_on > on and not any(other.covers(on) for other in others):
            _keep(found, findings.make("credential-not-yet-valid", value=one.from_on, **words))
        if goes_on is not None and goes_on > on:
            _keep(found, findings.make("credential-gap", value=end, raw=str(goes_on), **words))
        elif end < on and goes_on is None:
            _keep(found, findings.make("credential-expired", value=end, **words))
        elif on <= end < on + timedelta(days=book.credentials.kinds[one.kind].lead_days):
            days = (end - on).days
            _keep(found, findings.make("credential-lapses-soon", value=end, days=days, **words))
    return list(found.values())


def _peers(held: Sequence[Held]) -> dict[tuple[str, str], list[Held]]:
    """Give the credentials of one kind of each holder, among which a renewal is looked for."""
    found: dict[tuple[str, str], list[Held]] = {}
    for one in held:
        found.setdefault((one.holder, one.kind), []).append(one)
    return found


def _keep(found: dict[tuple[str, str], Finding], finding: Finding) -> None:
    found.setdefault((finding.code, finding.message), finding)


def renewal_calendar(
    credentials: CredentialTable | pl.DataFrame,
    on: date,
    *,
    days: int | None = None,
    rulebook: Rulebook | None = None,
) -> str:
    """Give a calendar of renewals as iCalendar text.

    One all-day event on the last day of each credential, with an alarm when the renewal should start and one a week
    before. The UID of an event stays when the credential is renewed, so that a calendar that takes the file in again
    moves the event.

    Parameters
    ----------
    credentials, rulebook
        As for :func:`lapsing`.
    on
        Today; also the time stamp of the events, so that the same table and day give the same text.
    days
        How far to look ahead [d]; None for everything that ends.

    References
    ----------
    RFC 5545.
    """
    from icalendar import Calendar

    table = renewals(credentials, on, rulebook=rulebook)
    if days is not None:
        table = table.filter(pl.col("valid_until") <= on + timedelta(days=days))
    calendar = Calendar()
    calendar.add("prodid", "-//voltloop//credentials//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", "Licences, permits and certificates")
    seen: dict[str, int] = {}
    for row in table.iter_rows(named=True):
        key = "|".join(str(row[name]) for name in ("holder", "kind", "scope", "jurisdiction"))
        seen[key] = seen.get(key, 0) + 1
        calendar.add_component(_event(row, f"{key}|{seen[key]}", on))
    return bytes(calendar.to_ical()).decode()


def _event(row: dict[str, Any], key: str, on: date) -> Any:
    from icalendar import Event

    end: date = row["valid_until"]
    lead = (end - row["start_by"]).days
    event = Event()
    event.add("uid", f"{sha256(key.encode()).hexdigest()[:32]}@credentials.voltloop")
    event.add("dtstamp", datetime.combine(on, time(), UTC))
    event.add("dtstart", end)
    event.add("dtend", end + timedelta(days=1) if end < date.max else end)
    event.add("summary", f"Last day: {row['title']}, {row['holder']}")
    event.add("description", _description(row))
    event.add("categories", [row["kind"]])
    event.add("transp", "TRANSPARENT")
    for days in sorted({lead, _LAST_CALL_DAYS} if lead > _LAST_CALL_DAYS else {lead} - {0}, reverse=True):
        event.add_component(_alarm(days, row))
    return event


def _alarm(days: int, row: dict[str, Any]) -> Any:
    from icalendar import Alarm

    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("trigger", timedelta(days=-days))
    alarm.add("description", f"Renew: {row['title']}, {row['holder']}, valid until {row['valid_until']}")
    return alarm


def _description(row: dict[str, Any]) -> str:
    lines = [row["say"], f"Renewal to start by {row['start_by']}."]
    for name, text in (
        ("Document", row["document"]),
        ("Scope", row["scope"]),
        ("Holds in", row["jurisdiction"]),
    ):
        if text:
            lines.append(f"{name}: {text}")
    if row["goes_on"] is not None:
        lines.append(f"Goes on only on {row['goes_on']}: close the gap.")
    lines.append(f"Asked by: {row['asked_by'].replace(';', ', ') or 'nothing in the rulebook'}")
    lines.append(f"See {row['cite'].replace(';', '; ')}")
    return "\n".join(lines)
