"""``voltloop record``: a plan, and what people did, into the ledger."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from voltloop.cli import record_own
from voltloop.cli.options import Data, instant, ledger_at, standing_ledger_at
from voltloop.cli.progress import telling
from voltloop.cli.taking import taking

if TYPE_CHECKING:
    from voltloop.app.record_plan import PlanRecorded
    from voltloop.app.record_step import StepRecorded
    from voltloop.app.undo import Undone

__all__ = ["app", "plan_words", "record_folder"]

app = typer.Typer(
    help="Record in the ledger: a plan, steps of it carried out, seals, handovers, inspections, holds.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
_Load = Annotated[
    str, typer.Argument(metavar="LOAD", help="Load of the plan as in loads.csv, such as EU-T0001.")
]
_Repacked = Annotated[
    list[str] | None,
    typer.Option(
        "--repacked",
        metavar="EPC",
        help="Damaged, and now in a packaging for damaged batteries. May be given again.",
    ),
]
_Json = Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")]


@dataclass(frozen=True)
class _Told:
    """What is told of a step, whichever it is."""

    found: Any
    plan_id: str | None
    data: Path | None
    as_json: bool


def _told(
    at: record_own.At = None,
    by: record_own.By = None,
    missing: Annotated[
        list[str] | None,
        typer.Option(
            "--missing",
            metavar="EPC",
            help='Planned and not there, or left behind; of a lot all, or "2 of EPC". May be given again.',
        ),
    ] = None,
    extra: Annotated[
        list[str] | None,
        typer.Option("--extra", metavar="EPC", help="There and not planned. May be given again."),
    ] = None,
    damaged: Annotated[
        list[str] | None,
        typer.Option("--damaged", metavar="EPC", help="Damaged, and planned as sound. May be given again."),
    ] = None,
    plan_id: Annotated[
        str | None, typer.Option("--plan", metavar="ID", help="Plan, where several have such a load.")
    ] = None,
    data: Data = None,
    as_json: _Json = False,
) -> _Told:
    from voltloop.app.short import missing_of
    from voltloop.app.steps import Found

    gone, short = missing_of(missing or ())
    on_top = tuple(dict.fromkeys(extra or ()))
    found = Found(instant(at, "--at"), by, gone, on_top, frozenset(damaged or ()), short)
    return _Told(found, plan_id, data, as_json)


@app.command("plan")
def plan(
    folder: Annotated[Path, typer.Argument(metavar="PLAN", help="Folder that voltloop plan wrote.")],
    data: Data = None,
    as_json: _Json = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No progress.")] = False,
) -> None:
    """Record the planned loads, packings, handovers and papers of a plan as planned events.

    Recording it again changes nothing. A later plan of the same network takes back what this one planned and nobody
    carried out; an earlier one is refused.

    Example: voltloop record plan tomorrow
    """
    with telling(quiet) as say:
        recorded = record_folder(folder, data, say)
    _print("record-plan/1", recorded, plan_words(recorded), as_json)


def record_folder(folder: Path, data: Path | None, say: Any) -> PlanRecorded:
    """Record a plan folder in the ledger of ``data``."""
    from voltloop.app.record_plan import record_plan

    with ledger_at(data) as ledger:
        return record_plan(ledger.engine, folder, record_own.now(), say)


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
@taking(_told)
def pickup(
    load: _Load,
    stop: Annotated[int, typer.Option("--stop", metavar="N", min=1, help="Which stop of the tour, from 1.")],
    told: _Told,
    repacked: _Repacked = None,
) -> None:
    """Record a stop of a tour: packed, loaded, handed over, left.

    A battery that the plan took for sound and that is damaged is judged anew by the law, and refused where it may not
    travel so. One that is not in the plan is judged too; where it may not travel, it stays and is held.

    Example: voltloop record pickup EU-T0001 --stop 1 --by "A. Driver" --missing https://id.example.com/battery/7
    """
    _step(load, f"pickup/{stop}", told, repacked)


@app.command("depart")
@taking(_told)
def depart(load: _Load, told: _Told, repacked: _Repacked = None) -> None:
    """Record that an onward load was loaded and left the hub.

    Example: voltloop record depart EU-L0001 --by "A. Driver"
    """
    _step(load, "depart", told, repacked)


@app.command("deliver")
@taking(_told)
def deliver(load: _Load, told: _Told) -> None:
    """Record that a load arrived, was unloaded and received: what was taken up, but for what is called missing.

    What was taken up and is missing stays under way with the carrier, held, with a finding.

    Example: voltloop record deliver EU-T0001 --by "B. Warehouse" --missing "2 of https://id.example.com/lot/7"
    """
    _step(load, "deliver", told, None)


@app.command("undo")
def undo(
    event_id: Annotated[
        str, typer.Argument(metavar="EVENT_ID", help="The eventID, as it was printed when it was recorded.")
    ],
    reason: Annotated[
        str, typer.Option("--reason", metavar="WHY", help="Why, in words, or did_not_occur, incorrect_data.")
    ],
    by: record_own.By = None,
    data: Data = None,
    as_json: _Json = False,
) -> None:
    """Take back what was recorded wrongly, by an error declaration; of a step of a load, the whole step.

    The event stays in the story of its things, and nothing follows from it any more. What is recorded again afterwards
    is a new event.

    Example: voltloop record undo urn:uuid:6f0ae2ff-6d0c-5e1c-9f55-0c6b6f7a5f3e --reason "the wrong load was scanned"
    """
    from voltloop.app.undo import undo as take_back

    with standing_ledger_at(data) as ledger:
        undone = take_back(ledger.engine, event_id, reason=reason, person=by, now=record_own.now())
    _print("record-undo/1", undone, _undo_words(undone), as_json)


def _undo_words(undone: Undone) -> str:
    what = f"{undone.load} {undone.step}" if undone.step else undone.event_ids[0]
    if undone.already:
        return f"{what} was taken back before; nothing changed."
    count = len(undone.event_ids)
    return f"{what} is taken back: {count} {'event' if count == 1 else 'events'}. It may be recorded again."


def _step(load: str, step: str, told: _Told, repacked: list[str] | None) -> None:
    from voltloop.app.record_step import StepAsked, record_step

    asked = StepAsked(load, step, told.found, told.plan_id, frozenset(repacked or ()))
    with ledger_at(told.data) as ledger:
        recorded = record_step(ledger.engine, asked, record_own.now())
        found = record_own.findings_of(ledger.engine, recorded.event_ids)
    _print("record-step/1", recorded, "\n".join([_step_words(recorded), *found]), told.as_json)


def _step_words(recorded: StepRecorded) -> str:
    if recorded.already == recorded.events:
        return f"{recorded.load} {recorded.step} was recorded before; nothing changed."
    lines = [
        f"{recorded.load} {recorded.step}: {len(recorded.moved)} goods moved, {recorded.events} events in the ledger."
    ]
    lines += [f"Other than planned: {words.rstrip('.')}." for words in recorded.differences]
    if recorded.event_ids:
        lines.append(f"To take it back: voltloop record undo {recorded.event_ids[0]} --reason WHY")
    return "\n".join(lines)


def _print(schema: str, recorded: Any, words: str, as_json: bool) -> None:
    if as_json:
        from dataclasses import asdict

        from voltloop.app.tables import json_bytes

        sys.stdout.write(json_bytes({"schema": schema} | asdict(recorded)).decode())
    else:
        sys.stdout.write(words + "\n")


record_own.add_to(app)
