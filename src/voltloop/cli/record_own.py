"""``voltloop record seal`` and others: what people did and saw outside a plan."""

from __future__ import annotations

import sys
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from voltloop.cli.options import Data, instant, ledger_at
from voltloop.cli.taking import taking

if TYPE_CHECKING:
    from sqlalchemy import Engine

__all__ = ["At", "By", "add_to", "findings_of", "now"]

At = Annotated[
    str | None,
    typer.Option(
        "--at", metavar="TIME", help="When it was done, with its zone: 2026-11-24T08:05+01:00. Default: now."
    ),
]
By = Annotated[str | None, typer.Option("--by", metavar="PERSON", help="Who did it.")]
_Epc = Annotated[
    str, typer.Argument(metavar="EPC", help="Identifier of the thing: EPC URN, Digital Link or URI.")
]
_Epcs = Annotated[list[str], typer.Argument(metavar="EPC...", help="Identifiers of the things.")]
_Number = Annotated[str, typer.Argument(metavar="NUMBER", help="Number on the seal.")]
_Issuer = Annotated[str | None, typer.Option("--issuer", metavar="WHO", help="Who issued the seal's number.")]


@dataclass(frozen=True)
class _Told:
    """What is told of every such event."""

    at: datetime
    person: str | None
    is_new: bool
    data: Path | None
    as_json: bool


def _told(
    at: At = None,
    by: By = None,
    is_new: Annotated[
        bool,
        typer.Option("--new", help="The thing is seen for the first time; without this it must be known."),
    ] = False,
    data: Data = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")] = False,
) -> _Told:
    return _Told(instant(at, "--at"), by, is_new, data, as_json)


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module to ``voltloop record``."""
    for name, command in (
        ("seal", _seal),
        ("unseal", _unseal),
        ("check-seal", _check_seal),
        ("handover", _handover),
        ("inspect", _inspect),
        ("hold", _hold),
    ):
        app.command(name)(command)


def now() -> datetime:
    """Give the present, in UTC."""
    from datetime import UTC

    return datetime.now(UTC)


@taking(_told)
def _seal(
    container: _Epc,
    number: _Number,
    told: _Told,
    seal_class: Annotated[
        str, typer.Option("--class", metavar="C", help="ISO 17712 class: I, S or H.")
    ] = "H",
    issuer: _Issuer = None,
    kind: Annotated[
        str | None, typer.Option("--kind", metavar="KIND", help="bolt, cable, electronic or tape.")
    ] = None,
) -> None:
    """Record that a seal was put on a load or container.

    Example: voltloop record seal urn:epc:id:grai:9521234.12345.1 AB123456 --class H
    """
    from voltloop.app.own_events import seal_on

    _record(seal_on(container, number, seal_class=seal_class, issuer=issuer, kind=kind), told)


@taking(_told)
def _unseal(
    container: _Epc,
    number: _Number,
    told: _Told,
    issuer: _Issuer = None,
    reason: Annotated[
        str | None, typer.Option("--reason", metavar="WHY", help="Why it was opened, such as customs.")
    ] = None,
) -> None:
    """Record that a seal was taken off.

    Example: voltloop record unseal urn:epc:id:grai:9521234.12345.1 AB123456 --reason customs
    """
    from voltloop.app.own_events import seal_off

    _record(seal_off(container, number, issuer=issuer, reason=reason), told)


@taking(_told)
def _check_seal(
    container: _Epc,
    told: _Told,
    state: Annotated[
        str, typer.Option("--found", metavar="STATE", help="intact, damaged, missing or number_differs.")
    ] = "intact",
    number: Annotated[
        str | None, typer.Option("--number", metavar="N", help="Number read on the seal.")
    ] = None,
) -> None:
    """Record what was found when looking at the seals; anything but intact holds the load.

    Example: voltloop record check-seal urn:epc:id:grai:9521234.12345.1 --found intact --number AB123456
    """
    from voltloop.app.own_events import seal_check

    _record(seal_check(container, state, number), told)


@taking(_told)
def _handover(
    epcs: _Epcs,
    giver: Annotated[str, typer.Option("--from", metavar="PARTY", help="Who had them, as URI.")],
    taker: Annotated[str, typer.Option("--to", metavar="PARTY", help="Who has them now, as URI.")],
    told: _Told,
    place: Annotated[str | None, typer.Option("--place", metavar="PLACE", help="Where, as URI.")] = None,
    paper: Annotated[
        str | None, typer.Option("--paper", metavar="URI", help="Transport document, as URI.")
    ] = None,
) -> None:
    """Record that goods passed from one party to another.

    Example: voltloop record handover EPC --from urn:epc:id:pgln:9521234.00001 --to urn:epc:id:pgln:9521234.00002
    """
    from voltloop.app.own_events import handover

    _record(handover(epcs, giver, taker, place, paper), told)


@taking(_told)
def _inspect(
    epc: _Epc,
    told: _Told,
    soh: Annotated[
        float | None, typer.Option("--soh", metavar="SHARE", help="State of health, 0 to 1.")
    ] = None,
    method: Annotated[
        str | None, typer.Option("--method", metavar="HOW", help="How it was measured.")
    ] = None,
    device: Annotated[str | None, typer.Option("--device", metavar="URI", help="With which device.")] = None,
    disposition: Annotated[
        str | None, typer.Option("--disposition", metavar="WORD", help="CBV disposition, such as damaged.")
    ] = None,
) -> None:
    """Record a diagnosis: state of health with method, device and person, and what the thing is fit for.

    Example: voltloop record inspect EPC --soh 0.83 --method capacity_test --by "C. Tester"
    """
    from voltloop.app.own_events import inspection

    _record(inspection(epc, soh=soh, method=method, device=device, disposition=disposition), told)


@taking(_told)
def _hold(
    epcs: _Epcs, reason: Annotated[str, typer.Option("--reason", metavar="WHY", help="Why.")], told: _Told
) -> None:
    """Record that things are held until somebody releases them.

    Example: voltloop record hold EPC --reason "smells of solvent"
    """
    from voltloop.app.own_events import hold

    _record(hold(epcs, reason), told)


def _record(event: dict[str, Any], told: _Told) -> None:
    from voltloop.app.own_events import record_own

    with ledger_at(told.data) as ledger:
        event_id = record_own(ledger.engine, event, told.at, told.person, now(), is_new=told.is_new)
        found = findings_of(ledger.engine, [event_id])
    if told.as_json:
        from voltloop.app.tables import json_bytes

        sys.stdout.write(json_bytes({"schema": "record/1", "event_id": event_id, "findings": found}).decode())
    else:
        sys.stdout.write("".join(f"{line}\n" for line in (f"Recorded: {event_id}", *found)))


def findings_of(engine: Engine, event_ids: Collection[str]) -> list[str]:
    """Give in words what events showed to be wrong, and what to do."""
    from voltloop.findings import kinds
    from voltloop.ledger.findings_log import findings

    with engine.connect() as connection:
        found = [one for one in findings(connection) if one.details.get("event_id") in event_ids]
    return [f"{one.message} {kinds()[one.code].help}" for one in found]
