"""``voltloop where``, ``story``, ``tree``, ``custody``, ``condition``, ``seals``: what the ledger knows of a thing."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from voltloop.cli.options import Data, instant, standing_ledger_at

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from voltloop.ledger.condition import Treatment
    from voltloop.ledger.genealogy import Kin
    from voltloop.ledger.story import Custody, Happening
    from voltloop.ledger.where import Whereabouts

__all__ = [
    "AsJson",
    "At",
    "ask",
    "ask_with_names",
    "condition",
    "custody",
    "held_words",
    "print_json",
    "said",
    "seals",
    "story",
    "tree",
    "where",
]

_Answer = TypeVar("_Answer")
_Epc = Annotated[
    str,
    typer.Argument(metavar="EPC", help="The thing: EPC URN, GS1 Digital Link or another URI of an event."),
]
At = Annotated[
    str | None,
    typer.Option(
        "--at", metavar="TIME", help="As of an instant with its zone: 2026-11-24T08:05+01:00. Default: now."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")]


def ask(data: Path | None, question: Callable[[Connection], _Answer]) -> _Answer:
    """Open the ledger and ask it one question; it is opened before the question imports what it needs."""
    with standing_ledger_at(data) as ledger, ledger.engine.connect() as connection:
        return question(connection)


def ask_with_names(
    data: Path | None,
    question: Callable[[Connection], _Answer],
    texts: Callable[[_Answer], Iterable[str | None]],
) -> tuple[_Answer, Callable[[str], str]]:
    """Ask one question; with the answer comes what puts names in the place of the identifiers in a line of it."""

    def both(connection: Connection) -> tuple[_Answer, dict[str, str]]:
        from voltloop.ledger.master_names import names_of

        answer = question(connection)
        return answer, names_of(connection, texts(answer))

    answer, names = ask(data, both)

    def named(line: str) -> str:
        from voltloop.ledger.master_names import with_names

        return with_names(line, names)

    return answer, named


def held_words(hold: str) -> str:
    """Give why something is held, in words: of a finding its title."""
    from voltloop.findings import kinds

    mark, _, code = hold.partition(":")
    kind = kinds().get(code) if mark == "finding" else None
    return f"{kind.title} ({code})" if kind else hold


def print_json(schema: str, then: datetime | None, **values: Any) -> None:
    """Print one JSON document with the name of its schema and the instant asked about."""
    from voltloop.app.tables import json_bytes
    from voltloop.ledger.naming import stamp

    when = {} if then is None else {"at": stamp(then)}
    sys.stdout.write(json_bytes({"schema": schema} | when | values).decode())


def said(at: datetime | None) -> str:
    """Give an instant as people read it, to the minute, in UTC."""
    from datetime import UTC

    return "" if at is None else at.astimezone(UTC).strftime("%d %b %Y, %H:%M UTC").lstrip("0")


def _lines(lines: Iterable[str]) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))


def where(epc: _Epc, at: At = None, as_json: AsJson = False, data: Data = None) -> None:
    """Say where a thing is and since when, in what, in whose hands, and in which condition.

    Example: voltloop where urn:epc:id:sgtin:9521234.012345.7 --at 2026-11-24T08:00+01:00
    """
    then = instant(at, "--at")

    def question(connection: Connection) -> Whereabouts:
        from voltloop.ledger.where import where_is

        return where_is(connection, epc, then)

    found, named = ask_with_names(
        data,
        question,
        lambda found: (found.place, found.custody, found.owner, found.held_with),
    )
    if as_json:
        print_json("where/1", None, **found.document())
    else:
        first, *others = _where_words(found)
        place = found.place or ""
        _lines([first.replace(f" {place}", f" {named(place)}") if place else first, *map(named, others)])


def _where_words(found: Whereabouts) -> Iterable[str]:
    place = f" {found.place}" if found.place else ""
    since = f", since {said(found.since)}" if found.since else ""
    last = ", last seen at" if found.status == "no longer there" and place else ""
    yield f"{found.epc}: {found.status}{last}{place}{since}"
    for name, value, told_at in (
        ("inside", " in ".join(found.inside), None),
        ("custody", found.custody, found.custody_since),
        ("owner", found.owner, found.owner_since),
        ("disposition", found.disposition, found.disposition_since),
        ("held", found.hold and held_words(found.hold), found.hold_since),
        ("held with", found.held_with, None),
        ("health", None if found.health is None else f"{found.health:.0%} state of health", found.health_at),
        ("made", said(found.born_at), None),
    ):
        if value:
            yield f"  {name:<12}{value}{f', since {said(told_at)}' if told_at else ''}"


def story(
    epc: _Epc,
    at: At = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Most events, the earliest first.")] = 1000,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Tell the whole story of a thing: its events and those of what it was in.

    Example: voltloop story urn:epc:id:sgtin:9521234.012345.7
    """
    then = instant(at, "--at")

    def question(connection: Connection) -> list[Happening]:
        from voltloop.ledger.story import story as told

        return told(connection, epc, then, limit=limit)

    found, named = ask_with_names(data, question, lambda found: (one.words for one in found))
    if as_json:
        print_json("story/1", then, story=[one.document() for one in found])
        return
    for one in found:
        with_ = f" (with {one.with_})" if one.with_ else ""
        back = " TAKEN BACK" if one.is_taken_back else ""
        _lines([f"{said(one.event_at)}  {named(one.words)}{with_}{back}"])


def custody(epc: _Epc, at: At = None, as_json: AsJson = False, data: Data = None) -> None:
    """Say who had a thing, from when until when.

    Example: voltloop custody urn:epc:id:sgtin:9521234.012345.7
    """
    then = instant(at, "--at")

    def question(connection: Connection) -> tuple[list[Custody], Whereabouts]:
        from voltloop.ledger.story import custody_history
        from voltloop.ledger.where import where_is

        return custody_history(connection, epc, then), where_is(connection, epc, then)

    (found, here), named = ask_with_names(data, question, lambda both: (one.party for one in both[0]))
    if as_json:
        from voltloop.ledger.naming import stamp

        held = {"hold": here.hold, "hold_since": stamp(here.hold_since), "held_with": here.held_with}
        print_json("custody/1", then, custody=[one.document() for one in found], **held)
        return
    _lines(
        f"{said(one.since)} to {said(one.until) if one.until else 'now':<22}  {named(one.party)}"
        for one in found
    )
    if not found:
        _lines(["No event tells who had it."])
    if here.hold:
        _lines([f"Held since {said(here.hold_since)}: {held_words(here.hold)}"])


def condition(epc: _Epc, at: At = None, as_json: AsJson = False, data: Data = None) -> None:
    """Tell what was measured, decided and done to a thing, with method, device and person.

    Example: voltloop condition urn:epc:id:sgtin:9521234.012345.7
    """
    from voltloop.ledger.condition import condition_history

    then = instant(at, "--at")
    found = ask(data, lambda connection: condition_history(connection, epc, then))
    if as_json:
        print_json("condition/1", then, condition=[one.document() for one in found])
    elif found:
        _lines(_condition_words(one) for one in found)
    else:
        _lines(["No event tells of a measurement or treatment."])


def _condition_words(one: Treatment) -> str:
    how = ", ".join(
        filter(None, (one.method and f"method {one.method}", one.device and f"device {one.device}"))
    )
    return f"{said(one.event_at)}  {one.words}{f' ({how})' if how else ''}"


def seals(epc: _Epc, at: At = None, as_json: AsJson = False, data: Data = None) -> None:
    """List the seals that have been on a load or container.

    Example: voltloop seals urn:epc:id:sscc:9521234.1000000001
    """
    from voltloop.ledger.seals import seals_of

    then = instant(at, "--at")
    found = ask(data, lambda connection: seals_of(connection, epc, then))
    if as_json:
        print_json("seals/1", then, seals=[one.document() for one in found])
        return
    for one in found:
        about = ", ".join(
            text for text in (one.seal_class and f"class {one.seal_class}", one.issuer, one.kind) if text
        )
        off = f"off {said(one.off_at)}" if one.off_at else "still on"
        _lines([f"{one.number} ({about or 'nothing more told'}): on {said(one.on_at)}, {off}"])
    if not found:
        _lines(["No event tells of a seal on it."])


def tree(
    epc: _Epc,
    at: At = None,
    ever: Annotated[bool, typer.Option("--ever", help="Also what was so at any time before.")] = False,
    steps: Annotated[int, typer.Option("--steps", min=1, max=32, help="Most steps.")] = 32,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Show what a thing is in, built into and made of, and what is in it, built into it and made of it.

    Example: voltloop tree urn:epc:id:sgtin:9521234.012345.7 --ever
    """
    from voltloop.ledger.genealogy import ancestors, descendants, kin_document

    then = instant(at, "--at")
    up, down = ask(
        data,
        lambda connection: (
            ancestors(connection, epc, then, ever=ever, steps=steps),
            descendants(connection, epc, then, ever=ever, steps=steps),
        ),
    )
    if as_json:
        print_json("tree/1", then, up=kin_document(up), down=kin_document(down))
        return
    _lines([epc, *_kin_words("above", up, _UP), *_kin_words("below", down, _DOWN)])


_UP = {"container": "in", "assembly": "part of", "transformation": "made of"}
_DOWN = {"container": "holds", "assembly": "has the part", "transformation": "became"}


def _kin_words(title: str, kin: Iterable[Kin], words: dict[str, str]) -> Iterable[str]:
    for number, one in enumerate(kin):
        if not number:
            yield f"{title}:"
        until = f" to {said(one.until)}" if one.until and one.how != "transformation" else ""
        of = "" if one.depth == 1 else f"{one.of} "
        yield f"{'  ' * one.depth}{of}{words[one.how]} {one.thing}, {said(one.since)}{until}"
