"""The law once more, for what is found other than planned: damaged and taken for sound, or there and not planned."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from voltloop.app.goods import LAWFUL, goods_of
from voltloop.app.ledger_names import NAMESPACE
from voltloop.app.steps import Found, packed_under
from voltloop.errors import InputError

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Extra", "judged_extras", "refuse_unlawful"]

_UNSOUND = {"damaged", "suspect", "critical"}


def refuse_unlawful(
    connection: Connection, planned: Sequence[Mapping[str, Any]], found: Found, repacked: frozenset[str]
) -> None:
    """Refuse a damaged battery that may not travel as it is packed; one that stays behind does not travel.

    Parameters
    ----------
    planned
        Planned events of the step.
    found
        What was found; its day is the day of the law.
    repacked
        Damaged batteries that were put into a packaging of the instruction that the law names for them.

    Raises
    ------
    InputError
        ``unlawful-as-found``: carriage as damaged is forbidden or undecided, or asks for another packaging.
    """
    for epc in sorted(found.damaged - found.missing):
        packed = packed_under(planned, epc)
        mode = packed.get("voltloop:mode")
        if mode is None:
            continue  # what arrives damaged is received; only taking it up is judged
        facts = _reported(connection, epc)
        condition = "critical" if facts.get("condition") == "critical" else "damaged"
        facts |= {"condition": condition, "reason": None}
        verdict = _verdict(facts, str(mode), found.at.date(), is_waste=packed.get("voltloop:is_waste"))
        outcome, needs = verdict["outcome"], verdict["packing_instruction"] or ""
        if outcome not in LAWFUL:
            raise InputError(
                f"{epc} is damaged, and as such its carriage is {outcome} ({_why(verdict)}). Leave it where it is: "
                "record the step with --missing for it, hold it, and ask your dangerous-goods safety adviser.",
                code="unlawful-as-found",
            )
        packed_by = str(packed.get("voltloop:packing_instruction") or "none")
        if not set(packed_by.split("|")) & set((needs or "none").split("|")) and epc not in repacked:
            raise InputError(
                f"{epc} is damaged, and its package is of packing instruction "
                f"{packed_by.replace('|', ' or ')}; a damaged one needs {_choices(needs) or 'another'}. "
                "Repack it and say so with --repacked, or leave it with --missing.",
                code="unlawful-as-found",
            )


@dataclass(frozen=True)
class Extra:
    """What the law says of a battery that came on top.

    Attributes
    ----------
    epc
        The battery.
    why_held
        Why it may not travel, in words; None where it may.
    packing
        The packing instructions that it travels under, in words; empty where none are asked for.
    """

    epc: str
    why_held: str | None
    packing: str


def judged_extras(
    connection: Connection,
    epcs: Iterable[str],
    packings: Sequence[Mapping[str, Any]],
    on: date,
    repacked: frozenset[str],
) -> list[Extra]:
    """Judge batteries that no plan has judged by what the ledger knows of them; what it does not know is not guessed.

    Parameters
    ----------
    epcs
        The batteries.
    packings
        Planned packings of the load: they say by which mode it travels, and whether as waste.
    on
        The day of the law.
    repacked
        Batteries that were put into a packaging of the instruction that the law names for them.
    """
    modes = {str(mode) for event in packings if (mode := event.get("voltloop:mode"))}
    waste = {event.get("voltloop:is_waste") for event in packings}
    return [
        _extra(epc, _reported(connection, epc), modes, waste, on, epc in repacked)
        for epc in dict.fromkeys(epcs)
    ]


def _extra(
    epc: str, facts: dict[str, Any], modes: set[str], waste: set[Any], on: date, is_repacked: bool
) -> Extra:
    if not facts:
        return Extra(epc, "the ledger knows nothing of it: chemistry, energy and condition are not told", "")
    if len(modes) != 1:
        return Extra(epc, "the mode of the load is not told, so no law can be applied", "")
    is_waste = next(iter(waste)) if len(waste) == 1 else None
    verdict = _verdict(facts, next(iter(modes)), on, is_waste=is_waste)
    outcome, needs = verdict["outcome"], _choices(verdict["packing_instruction"] or "")
    if outcome not in LAWFUL:
        return Extra(epc, f"its carriage is {outcome} ({_why(verdict)})", "")
    if facts.get("condition") in _UNSOUND and not is_repacked:
        return Extra(epc, f"it is {facts['condition']} and not told to be packed by {needs or 'the law'}", "")
    return Extra(epc, None, needs)


def _why(verdict: Mapping[str, Any]) -> str:
    """Give the facts that an undecided verdict misses, else the rules that decide it."""
    if verdict["outcome"] == "undecided":
        return f"not known: {str(verdict['missing_facts'] or 'what it is').replace(';', ', ')}"
    rules = str(verdict["rules"] or "").replace("|", ";").split(";")
    return ", ".join([rule for rule in rules if rule][-3:])


def _choices(instructions: str) -> str:
    return instructions.replace("|", " or ")


def _verdict(facts: Mapping[str, Any], mode: str, on: date, *, is_waste: bool | None) -> Mapping[str, Any]:
    """Classify one battery by the words of a list, as the plan does."""
    import polars as pl

    from voltloop.compliance import classify_one, load_rulebook

    text = ("manufacturer", "model", "chemistry", "form", "condition", "reason")
    schema = dict.fromkeys(text, pl.String) | {"energy_wh": pl.Float64, "mass_kg": pl.Float64}
    row = {name: facts.get(name) for name in schema} | {"row": 1, "quantity": 1}
    battery = pl.DataFrame([row], schema={**schema, "row": pl.Int64, "quantity": pl.Int64})
    goods = goods_of(battery, pl.Series([is_waste], dtype=pl.Boolean)).row(0, named=True)
    del goods["item"], goods["quantity"]
    return classify_one(goods, load_rulebook(), mode=mode, on=on)


def _reported(connection: Connection, epc: str) -> dict[str, Any]:
    """Give what the ledger was last told of a battery in voltloop's own fields, by name without prefix."""
    from datetime import UTC, datetime

    from voltloop.app.ledger_events import taken_back
    from voltloop.ledger.query import feed, last_record_at
    from voltloop.ledger.query_parameters import parse

    query = parse({"MATCH_epc": (epc,), "EQ_voltloop:status": ("reported",)}, {"voltloop": (NAMESPACE,)})
    start = datetime(1, 1, 1, tzinfo=UTC)
    events = feed(connection, query, after=start, until=last_record_at(connection), limit=1000)
    documents = [json.loads(event.document) for event in events]
    back = taken_back(connection, (document["eventID"] for document in documents))
    facts: dict[str, Any] = {}
    for document in documents:
        if document["eventID"] not in back:
            facts |= {
                name.removeprefix("voltloop:"): value
                for name, value in document.items()
                if name.startswith("voltloop:")
            }
    return facts
