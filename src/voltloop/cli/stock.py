"""``voltloop stock``, ``under-way``, ``late``, ``findings``, ``release``: what is where, and what needs a decision."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from voltloop.cli.options import Data, instant, standing_ledger_at
from voltloop.cli.things import AsJson, At, ask, ask_with_names, held_words, print_json, said
from voltloop.errors import InputError, nearest

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from voltloop.ledger.under_way import Late

__all__ = ["findings", "late", "release", "stock", "under_way"]

_Text = str | None


def stock(  # noqa: PLR0913, PLR0917 - one argument per option
    site: Annotated[
        _Text, typer.Option("--site", metavar="PLACE", help="A place with its areas. Default: all.")
    ] = None,
    at: At = None,
    by: Annotated[
        str,
        typer.Option(
            "--by",
            metavar="NAMES",
            help="kind, model, site, area, condition, hold, owner, custody, container; parted by commas.",
        ),
    ] = "kind,model",
    kind: Annotated[
        _Text, typer.Option("--kind", metavar="KIND", help="Only battery, package or load.")
    ] = None,
    listed: Annotated[
        bool, typer.Option("--list", help="List things one by one instead of counting.")
    ] = False,
    model: Annotated[
        _Text,
        typer.Option("--model", metavar="MODEL", help="Only this model: GTIN as URI, or maker and model."),
    ] = None,
    disposition: Annotated[
        _Text, typer.Option("--condition", metavar="WORD", help="Only this disposition.")
    ] = None,
    held: Annotated[bool | None, typer.Option("--held/--free", help="Only what is held, or not.")] = None,
    owner: Annotated[_Text, typer.Option("--owner", metavar="PARTY", help="Only of this owner.")] = None,
    older: Annotated[
        float | None, typer.Option("--older-than", metavar="DAYS", help="Only older than so many days.")
    ] = None,
    parts: Annotated[bool, typer.Option("--parts", help="Also what is built into other things.")] = False,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Count or list what is in stock, in containers too, as of any instant; lots with their quantities.

    Of lots no condition, hold, owner and age is known: they are left out where one of these is asked for.

    Example: voltloop stock --site urn:epc:id:sgln:9521234.00001.0 --kind battery --by model,condition
    """
    from voltloop.ledger import stock as room
    from voltloop.ledger.naming import cursor_of, unknown_place

    wanted = room.Wanted(
        at=instant(at, "--at"),
        site=site,
        model=model,
        condition=disposition,
        is_held=held,
        owner=owner,
        older_than_days=older,
        with_parts=parts,
        kind=kind,
    )
    if kind is not None and kind not in room.KINDS:
        raise InputError(
            f'--kind: "{kind}" is no kind of things in stock.{nearest(kind, room.KINDS)} Expected one of '
            f"{', '.join(room.KINDS)}.",
            code="stock-kind",
        )
    names = [name.strip() for name in by.split(",") if name.strip()]

    def question(connection: Connection) -> tuple[list[room.Item], list[room.Group], list[room.Lot]]:
        if site is not None and (mistyped := unknown_place(cursor_of(connection), site)):
            raise InputError(f"--site: {mistyped} Check its spelling.", code="unknown-place")
        narrowed = any(value is not None for value in (disposition, held, owner, older))
        lots = [] if narrowed or kind not in {None, "battery"} else room.lots(connection, wanted)
        if listed:
            return room.items(connection, wanted, limit=100_000), [], lots
        return [], room.stock(connection, wanted, names), lots

    (items, groups, lots), named = ask_with_names(
        data,
        question,
        lambda found: (
            *(one.place for one in found[0]),
            *(text for one in found[1] for text in one.facts.values()),
            *(lot.holder for lot in found[2]),
        ),
    )
    if as_json:
        counted = {"items": [one.document() for one in items]} if listed else {
            "groups": [one.facts | {"count": one.count} for one in groups]
        }  # fmt: skip
        print_json("stock/1", wanted.at, **counted, lots=[lot.document() for lot in lots])
        return
    lines = [
        f"{one.epc}  {named(one.place or '')}  {one.disposition or ''}  {held_words(one.hold or '')}".rstrip()
        for one in items
    ]
    lines += [
        f"{one.count:>8}  "
        + "  ".join(
            "-" if not text else held_words(text) if name == "hold" else named(text)
            for name, text in one.facts.items()
        )
        for one in groups
    ]
    lines += [
        f"{lot.quantity:>8g}  {lot.uom or ('piece' if lot.quantity == 1 else 'pieces')}  {lot.lot}  {named(lot.holder)}"
        for lot in lots
    ]
    sys.stdout.write("".join(f"{line}\n" for line in lines or ["Nothing is in stock there."]))


def under_way(at: At = None, as_json: AsJson = False, data: Data = None) -> None:
    """List what has left a place and not come to another, and when it is expected.

    Example: voltloop under-way
    """
    from voltloop.ledger.under_way import under_way as moving

    then = instant(at, "--at")
    found, named = ask_with_names(
        data,
        lambda connection: moving(connection, then),
        lambda found: (text for one in found for text in (one.custody, one.expected_at_place)),
    )
    if as_json:
        print_json("under-way/1", then, under_way=[one.document() for one in found])
        return
    for one in found:
        due = f", expected {said(one.expected_at)}{' LATE' if one.is_late else ''}" if one.expected_at else ""
        held = f", held: {held_words(one.hold)}" if one.hold else ""
        with_ = f", with {named(one.custody)}" if one.custody else ""
        sys.stdout.write(f"{one.epc}: since {said(one.since)}{with_}{due}{held}\n")
    if not found:
        sys.stdout.write("Nothing is under way.\n")


def late(at: At = None, as_json: AsJson = False, data: Data = None) -> None:
    """List the planned steps whose time has passed and that nobody has recorded as done.

    Example: voltloop late
    """
    from voltloop.ledger.under_way import late as overdue

    then = instant(at, "--at")
    found, named = ask_with_names(
        data, lambda connection: overdue(connection, then), lambda found: (one.place for one in found)
    )
    if as_json:
        print_json("late/1", then, late=[one.document() for one in found])
        return
    sys.stdout.write("".join(f"{named(line)}\n" for line in _late_lines(found)))
    if not found:
        sys.stdout.write("No planned step is late.\n")


def _late_lines(found: Sequence[Late]) -> Iterable[str]:
    """Give one line per step of a load, since its packings, loadings and papers wait for one person; else per event."""
    by_step: dict[tuple[str, ...], list[Late]] = {}
    for one in found:
        key = (one.plan or "", one.load, one.load_step or "") if one.load else (one.event_id,)
        by_step.setdefault(key, []).append(one)
    for group in sorted(by_step.values(), key=lambda group: group[-1].planned_at):
        last = group[-1]
        if last.load:
            steps = ", ".join(dict.fromkeys(one.step or "step" for one in group))
            words = f"{last.load} {last.load_step} at {last.place} ({steps})"
        else:
            what = last.things[0] if len(last.things) == 1 else f"{len(last.things)} things"
            words = f"{last.step or 'step'} of {what}"
        yield f"{said(last.planned_at)}  {words}, {_span(last.late_min)} late"


def _span(minutes: float) -> str:
    days, rest = divmod(int(minutes), 24 * 60)
    hours, left = divmod(rest, 60)
    return f"{days} d {hours} h" if days else f"{hours} h {left} min" if hours else f"{left} min"


def findings(
    epc: Annotated[_Text, typer.Argument(metavar="[EPC]", help="Only about this thing.")] = None,
    with_closed: Annotated[bool, typer.Option("--closed", help="Also those that are closed.")] = False,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """List what the ledger found wrong: broken seals, numbers that differ, contents changed while sealed.

    Example: voltloop findings
    """
    from voltloop.ledger.findings_log import findings as logged

    found = ask(data, lambda connection: logged(connection, epc=epc, with_closed=with_closed))
    if as_json:
        print_json("findings/1", None, findings=[one.document() for one in found])
        return
    for one in found:
        closed = f" Closed by {one.closed_by}: {one.reason}" if one.closed_at else ""
        sys.stdout.write(f"{said(one.event_at)}  {one.code}  {one.message}{closed}\n")
    if not found:
        sys.stdout.write("No findings.\n")


def release(
    epc: Annotated[str, typer.Argument(metavar="EPC", help="The held thing.")],
    person: Annotated[str, typer.Option("--person", metavar="NAME", help="Who decides.")],
    reason: Annotated[str, typer.Option("--reason", metavar="WHY", help="Why it may go on.")],
    at: At = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Release what is held, and close its findings.

    Example: voltloop release urn:epc:id:sscc:9521234.1000000001 --person "C. Shift" --reason "counted, complete"
    """
    from voltloop.app.release import release as let_go

    now = datetime.now(UTC)
    then = instant(at, "--at") if at is not None else now
    with standing_ledger_at(data) as ledger:
        event_id, closed = let_go(ledger.engine, epc, person=person, reason=reason, at=then, now=now)
    if as_json:
        print_json("release/1", then, event_id=event_id, closed_findings=closed)
    else:
        sys.stdout.write(f"Released: {event_id}. Findings closed: {closed}.\n")
