"""The law once more, for a battery that the plan took for sound and that is found damaged."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from voltloop.app.goods import LAWFUL
from voltloop.app.ledger_names import NAMESPACE
from voltloop.app.steps import Found, packed_under
from voltloop.catalogue import chemistries
from voltloop.errors import InputError

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["refuse_unlawful"]


def refuse_unlawful(
    connection: Connection, planned: Sequence[Mapping[str, Any]], found: Found, repacked: frozenset[str]
) -> None:
    """Refuse a damaged battery that may not travel as it is packed.

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
    for epc in sorted(found.damaged):
        packed = packed_under(planned, epc)
        mode = packed.get("voltloop:mode")
        if mode is None:
            continue  # what arrives damaged is received; only taking it up is judged
        verdict = _verdict(_reported(connection, epc), str(mode), found.at.date(), packed)
        outcome, needs = verdict["outcome"], verdict["packing_instruction"] or ""
        if outcome not in LAWFUL:
            why = verdict["missing_facts"] if outcome == "undecided" else ", ".join(_cited(verdict))
            raise InputError(
                f"{epc} is damaged, and as such its carriage is {outcome} ({why}). Leave it where it is: record the "
                "step with --missing for it, hold it, and ask your dangerous-goods safety adviser.",
                code="unlawful-as-found",
            )
        packed_by = str(packed.get("voltloop:packing_instruction") or "none")
        if not set(packed_by.split("|")) & set((needs or "none").split("|")) and epc not in repacked:
            raise InputError(
                f"{epc} is damaged, and its package is of packing instruction "
                f"{packed_by.replace('|', ' or ')}; a damaged one needs "
                f"{needs.replace('|', ' or ') or 'another'}. "
                "Repack it and say so with --repacked, or leave it with --missing.",
                code="unlawful-as-found",
            )


def _cited(verdict: Mapping[str, Any]) -> list[str]:
    rules = verdict["rules"] or ""
    return [rule for rule in str(rules).replace("|", ";").split(";") if rule][-3:]


def _verdict(facts: Mapping[str, Any], mode: str, on: date, packed: Mapping[str, Any]) -> Mapping[str, Any]:
    from voltloop.compliance import classify_one, load_rulebook

    families = dict(chemistries().select("chemistry", "family").iter_rows())
    form = "cell" if facts.get("form") == "cell" else "battery"
    goods = {
        "chemistry": families.get(facts.get("chemistry", "")),
        "form": form,
        "unit_kind": form,
        "state": "critical" if facts.get("condition") == "critical" else "damaged",
        "energy_wh": facts.get("energy_wh"),
        "net_mass_kg": facts.get("mass_kg"),
        "is_waste": packed.get("voltloop:is_waste"),
        "wants_small_relief": False,
    }
    return classify_one(goods, load_rulebook(), mode=mode, on=on)


def _reported(connection: Connection, epc: str) -> dict[str, Any]:
    """Give what the ledger was last told of a battery in voltloop's own fields, by name without prefix."""
    from datetime import UTC, datetime

    from voltloop.ledger.query import feed, last_record_at
    from voltloop.ledger.query_parameters import parse

    query = parse({"MATCH_epc": (epc,), "EQ_voltloop:status": ("reported",)}, {"voltloop": (NAMESPACE,)})
    start = datetime(1, 1, 1, tzinfo=UTC)
    events = feed(connection, query, after=start, until=last_record_at(connection), limit=1000)
    facts: dict[str, Any] = {}
    for event in events:
        document = json.loads(event.document)
        facts |= {name.removeprefix("voltloop:"): value for name, value in document.items() if ":" in name}
    return facts
