"""``voltloop record``: a plan, and what people did, into the ledger."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from voltloop.cli.options import Data, instant, ledger_at
from voltloop.cli.progress import telling

if TYPE_CHECKING:
    from voltloop.app.record_plan import PlanRecorded
    from voltloop.app.record_step import StepRecorded

__all__ = ["app", "plan_words", "record_folder"]

app = typer.Typer(
    help="Record in the ledger: a plan, steps of it carried out, seals, handovers, inspections, holds.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
_Load = Annotated[
    str, typer.Argument(metavar="LOAD", help="Load of the plan as in loads.csv, such as EU-T0001.")
]
_Epc = Annotated[
    str, typer.Argument(metavar="EPC", help="Identifier of the thing: EPC URN, Digital Link or URI.")
]
_Epcs = Annotated[list[str], typer.Argument(metavar="EPC...", help="Identifiers of the things.")]
_At = Annotated[
    str | None,
    typer.Option(
        "--at", metavar="TIME", help="When it was done, with its zone: 2026-11-24T08:05+01:00. Default: now."
    ),
]
_By = Annotated[str | None, typer.Option("--by", metavar="PERSON", help="Who did it.")]
_Plan = Annotated[
    str | None, typer.Option("--plan", metavar="ID", help="Plan, where several have such a load.")
]
_Missing = Annotated[
    list[str] | None,
    typer.Option(
        "--missing", metavar="EPC", help="Planned and not there, or left behind. May be given again."
    ),
]
_Extra = Annotated[
    list[str] | None,
    typer.Option("--extra", metavar="EPC", help="Taken and not planned. May be given again."),
]
_Damaged = Annotated[
    list[str] | None,
    typer.Option("--damaged", metavar="EPC", help="Damaged, and planned as sound. May be given again."),
]
_Repacked = Annotated[
    list[str] | None,
    typer.Option("--repacked", metavar="EPC", help="Damaged, and now in a packaging for damaged batteries."),
]
_Json = Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")]
_Issuer = Annotated[str | None, typer.Option("--issuer", metavar="WHO", help="Who issued the seal's number.")]


@app.command("plan")
def plan(
    folder: Annotated[Path, typer.Argument(metavar="PLAN", help="Folder that voltloop plan wrote.")],
    data: Data = None,
    as_json: _Json = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No progress.")] = False,
) -> None:
    """Record the planned loads, packings, handovers and papers of a plan as planned events.

    Recording it again changes nothing. A later plan of the same network takes back what this one planned and nobody
    carried out.

    Example: voltloop record plan tomorrow
    """
    with telling(quiet) as say:
        recorded = record_folder(folder, data, say)
    _print(recorded, plan_words(recorded), as_json)


def record_folder(folder: Path, data: Path | None, say: Any) -> PlanRecorded:
    """Record a plan folder in the ledger of ``data``."""
    from voltloop.app.record_plan import record_plan

    with ledger_at(data) as ledger:
        return record_plan(ledger.engine, folder, _now(), say)


def plan_words(recorded: PlanRecorded) -> str:
    """Give what was recorded in words."""
    before = f", {recorded.already} of them known before" if recorded.already else ""
    replaced = (
        f"\n{recorded.superseded} planned events of earlier plans that nobody carried out were taken back."
        if recorded.superseded
        else ""
    )
    return (
        f"Plan {recorded.plan_id} is in the ledger: {recorded.reported} batteries reported and "
        f"{recorded.planned} planned events{before}.{replaced}"
    )


@app.command("pickup")
def pickup(  # noqa: PLR0913, PLR0917 - one argument per option
    load: _Load,
    stop: Annotated[int, typer.Option("--stop", metavar="N", min=1, help="Which stop of the tour, from 1.")],
    at: _At = None,
    by: _By = None,
    missing: _Missing = None,
    extra: _Extra = None,
    damaged: _Damaged = None,
    repacked: _Repacked = None,
    plan_id: _Plan = None,
    data: Data = None,
    as_json: _Json = False,
) -> None:  # fmt: skip
    """Record a stop of a tour: packed, loaded, handed over, left.

    A battery that the plan took for sound and that is damaged is judged anew by the law, and refused where it may not
    travel so.

    Example: voltloop record pickup EU-T0001 --stop 1 --by "A. Driver" --missing https://id.example.com/battery/7
    """
    found = _found(at, by, missing, extra, damaged)
    _step(load, f"pickup/{stop}", found, repacked, plan_id, data, as_json)


@app.command("depart")
def depart(  # noqa: PLR0913, PLR0917 - one argument per option
    load: _Load,
    at: _At = None,
    by: _By = None,
    missing: _Missing = None,
    extra: _Extra = None,
    damaged: _Damaged = None,
    repacked: _Repacked = None,
    plan_id: _Plan = None,
    data: Data = None,
    as_json: _Json = False,
) -> None:  # fmt: skip
    """Record that an onward load was loaded and left the hub.

    Example: voltloop record depart EU-L0001 --by "A. Driver"
    """
    _step(load, "depart", _found(at, by, missing, extra, damaged), repacked, plan_id, data, as_json)


@app.command("deliver")
def deliver(  # noqa: PLR0913, PLR0917 - one argument per option
    load: _Load,
    at: _At = None,
    by: _By = None,
    missing: _Missing = None,
    extra: _Extra = None,
    damaged: _Damaged = None,
    plan_id: _Plan = None,
    data: Data = None,
    as_json: _Json = False,
) -> None:
    """Record that a load arrived, was unloaded and received: what was taken up, but for what is called missing.

    Example: voltloop record deliver EU-T0001 --by "B. Warehouse"
    """
    _step(load, "deliver", _found(at, by, missing, extra, damaged), None, plan_id, data, as_json)


@app.command("seal")
def seal(
    container: _Epc,
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="Number on the seal.")],
    seal_class: Annotated[
        str, typer.Option("--class", metavar="C", help="ISO 17712 class: I, S or H.")
    ] = "H",
    issuer: _Issuer = None,
    kind: Annotated[
        str | None, typer.Option("--kind", metavar="KIND", help="bolt, cable, electronic or tape.")
    ] = None,
    at: _At = None,
    by: _By = None,
    data: Data = None,
) -> None:
    """Record that a seal was put on a load or container.

    Example: voltloop record seal urn:epc:id:grai:9521234.12345.1 AB123456 --class H
    """
    from voltloop.app.own_events import seal_on

    _own(seal_on(container, number, seal_class=seal_class, issuer=issuer, kind=kind), at, by, data)


@app.command("unseal")
def unseal(
    container: _Epc,
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="Number on the seal.")],
    issuer: _Issuer = None,
    reason: Annotated[
        str | None, typer.Option("--reason", metavar="WHY", help="Why it was opened, such as customs.")
    ] = None,
    at: _At = None,
    by: _By = None,
    data: Data = None,
) -> None:
    """Record that a seal was taken off.

    Example: voltloop record unseal urn:epc:id:grai:9521234.12345.1 AB123456 --reason customs
    """
    from voltloop.app.own_events import seal_off

    _own(seal_off(container, number, issuer=issuer, reason=reason), at, by, data)


@app.command("check-seal")
def check_seal(
    container: _Epc,
    state: Annotated[
        str, typer.Option("--found", metavar="STATE", help="intact, damaged, missing or number_differs.")
    ] = "intact",
    number: Annotated[
        str | None, typer.Option("--number", metavar="N", help="Number read on the seal.")
    ] = None,
    at: _At = None,
    by: _By = None,
    data: Data = None,
) -> None:
    """Record what was found when looking at the seals; anything but intact holds the load.

    Example: voltloop record check-seal urn:epc:id:grai:9521234.12345.1 --found intact --number AB123456
    """
    from voltloop.app.own_events import seal_check

    _own(seal_check(container, state, number), at, by, data)


@app.command("handover")
def handover(
    epcs: _Epcs,
    giver: Annotated[str, typer.Option("--from", metavar="PARTY", help="Who had them, as URI.")],
    taker: Annotated[str, typer.Option("--to", metavar="PARTY", help="Who has them now, as URI.")],
    place: Annotated[str | None, typer.Option("--place", metavar="PLACE", help="Where, as URI.")] = None,
    paper: Annotated[
        str | None, typer.Option("--paper", metavar="URI", help="Transport document, as URI.")
    ] = None,
    at: _At = None,
    by: _By = None,
    data: Data = None,
) -> None:
    """Record that goods passed from one party to another.

    Example: voltloop record handover EPC --from urn:epc:id:pgln:9521234.00001 --to urn:epc:id:pgln:9521234.00002
    """
    from voltloop.app.own_events import handover as event

    _own(event(epcs, giver, taker, place, paper), at, by, data)


@app.command("inspect")
def inspect(
    epc: _Epc,
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
    at: _At = None,
    by: _By = None,
    data: Data = None,
) -> None:
    """Record a diagnosis: state of health with method, device and person, and what the thing is fit for.

    Example: voltloop record inspect EPC --soh 0.83 --method capacity_test --by "C. Tester"
    """
    from voltloop.app.own_events import inspection

    _own(inspection(epc, soh=soh, method=method, device=device, disposition=disposition), at, by, data)


@app.command("hold")
def hold(
    epcs: _Epcs,
    reason: Annotated[str, typer.Option("--reason", metavar="WHY", help="Why.")],
    at: _At = None,
    by: _By = None,
    data: Data = None,
) -> None:
    """Record that things are held until somebody releases them.

    Example: voltloop record hold EPC --reason "smells of solvent"
    """
    from voltloop.app.own_events import hold as event

    _own(event(epcs, reason), at, by, data)


def _found(
    at: str | None,
    by: str | None,
    missing: list[str] | None,
    extra: list[str] | None,
    damaged: list[str] | None,
) -> Any:
    from voltloop.app.steps import Found

    return Found(
        instant(at, "--at"),
        by,
        frozenset(missing or ()),
        tuple(dict.fromkeys(extra or ())),
        frozenset(damaged or ()),
    )


def _step(
    load: str,
    step: str,
    found: Any,
    repacked: list[str] | None,
    plan_id: str | None,
    data: Path | None,
    as_json: bool,
) -> None:
    from voltloop.app.record_step import StepAsked, record_step

    asked = StepAsked(load, step, found, plan_id, frozenset(repacked or ()))
    with ledger_at(data) as ledger:
        recorded = record_step(ledger.engine, asked, _now())
    _print(recorded, _step_words(recorded), as_json)


def _step_words(recorded: StepRecorded) -> str:
    if recorded.already == recorded.events:
        return f"{recorded.load} {recorded.step} was recorded before; nothing changed."
    lines = [
        f"{recorded.load} {recorded.step}: {len(recorded.moved)} goods moved, {recorded.events} events in the ledger."
    ]
    return "\n".join(lines + [f"Other than planned: {words}." for words in recorded.differences])


def _own(event: dict[str, Any], at: str | None, by: str | None, data: Path | None) -> None:
    from voltloop.app.own_events import record_own
    from voltloop.findings import kinds
    from voltloop.ledger.findings_log import findings

    when = instant(at, "--at")
    with ledger_at(data) as ledger:
        event_id = record_own(ledger.engine, event, when, by, _now())
        with ledger.engine.connect() as connection:
            found = [one for one in findings(connection) if one.details.get("event_id") == event_id]
    lines = [f"Recorded: {event_id}", *(f"{one.message} {kinds()[one.code].help}" for one in found)]
    sys.stdout.write("".join(f"{line}\n" for line in lines))


def _print(recorded: Any, words: str, as_json: bool) -> None:
    if as_json:
        from dataclasses import asdict

        from voltloop.app.tables import json_bytes

        sys.stdout.write(json_bytes(asdict(recorded)).decode())
    else:
        sys.stdout.write(words + "\n")


def _now() -> datetime:
    from datetime import UTC

    return datetime.now(UTC)
