"""Independent check of a finished load against the law, from verdicts and the vehicle alone."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from voltloop import findings
from voltloop.compliance.classifier import NOTE_MARK
from voltloop.compliance.loads.limits import active
from voltloop.compliance.loads.mixing import label_words
from voltloop.compliance.rulebook import Rulebook
from voltloop.compliance.vocabulary import Edition
from voltloop.errors import InputError
from voltloop.findings import Finding

__all__ = ["VehicleFacts", "check_load"]

_NEEDED = (
    "outcome",
    "transport_category",
    "special_provisions",
    "packing_instruction",
    "net_mass_kg",
    "quantity",
)
_LAWFUL = ("allowed", "exempt_small", "exempt_other")


@dataclass(frozen=True, slots=True)
class VehicleFacts:
    """What a check must know of vehicle and driver on the day.

    Attributes
    ----------
    is_adr_equipped
        Orange plates, extinguishers and equipment for a load above the small-load limit.
    is_driver_certified
        The driver holds an ADR certificate that is valid on the day.
    is_driver_trained
        The driver has the training that carrying regulated goods needs (ADR 1.3 and 8.2.3, 49 CFR 172.704).
        Pass what the table of drivers says; without it the employer's duty is taken as met.
    critical_boxes
        Certified boxes for critical packages on the vehicle.
    name
        Name of the unit in messages.
    """

    is_adr_equipped: bool = False
    is_driver_certified: bool = False
    is_driver_trained: bool = True
    critical_boxes: int = 0
    name: str = "load"


def check_load(
    items: pl.DataFrame,
    vehicle: VehicleFacts,
    rulebook: Rulebook,
    mode: str,
    on: date,
    *,
    edition: str | None = None,
) -> list[Finding]:
    """List everything in which a load breaks the law; empty when it is legal.

    The check shares no code with :class:`voltloop.compliance.Load`: it adds the whole load up anew.

    Parameters
    ----------
    items
        Verdict columns, ``net_mass_kg`` of one unit [kg], ``quantity``, and optionally ``item`` and
        ``packing_instruction_used``: the instruction of each package, joined by ``;``, where a packaging that is
        approved for several has them joined by ``|``. By ``labels``, ``hazard_class`` and ``un_number`` the items are
        held against the rules on mixed loading.
    vehicle
        Vehicle and driver on the day.
    rulebook, mode, on, edition
        As for :func:`voltloop.compliance.classify`.

    Raises
    ------
    InputError
        A column is missing.
    RulebookError
        The mode is unknown or no edition covers the day.
    """
    missing = [name for name in _NEEDED if name not in items.columns]
    if missing:
        raise InputError(
            f'The items of a load lack the column "{missing[0]}". Expected {", ".join(_NEEDED)}. '
            "Join the verdicts of classify with mass and quantity.",
            code="load-columns",
        )
    rows = items.rows(named=True)
    found = [finding for at, row in enumerate(rows, start=1) for finding in _item_findings(row, at, vehicle)]
    counted = items.with_columns(_kg=pl.col("net_mass_kg") * pl.col("quantity"))
    limits = active(rulebook.limits, rulebook.edition(rulebook.mode(mode).regime, on, edition))
    found += _points_findings(
        counted, vehicle, {key: limit for limit in limits for key in limit.keys}, limits
    )
    found += _provision_findings(counted, vehicle, limits)
    found += _mixing_findings(
        rows, vehicle, rulebook, rulebook.edition(rulebook.mode(mode).regime, on, edition)
    )
    regulated = counted.filter(pl.col("outcome") == "allowed")
    if regulated.height and not vehicle.is_driver_trained:
        found.append(findings.make("load-driver-not-trained", where=vehicle.name))
    critical = regulated.filter(
        pl.col("special_provisions").str.split(";").list.contains("677").fill_null(value=False)
        | (pl.col("transport_category") == "0")
    )
    boxes = int(critical["quantity"].sum())
    if boxes > vehicle.critical_boxes:
        found.append(
            findings.make(
                "load-critical-boxes", where=vehicle.name, raw=str(boxes), value=vehicle.critical_boxes
            )
        )
    return found


def _item_findings(row: Mapping[str, Any], at: int, vehicle: VehicleFacts) -> list[Finding]:
    where = f"{vehicle.name}, item {row.get('item') or at}"
    if row["outcome"] not in _LAWFUL:
        why = f" Missing: {row['missing_facts']}." if row.get("missing_facts") else ""
        return [
            findings.make(
                "load-item-not-allowed", where=where, field="outcome", value=row["outcome"], why=why
            )
        ]
    found = []
    mass, quantity = row["net_mass_kg"], row["quantity"]
    if mass is None or quantity is None or not mass > 0 or not quantity > 0:
        found.append(findings.make("load-mass-missing", where=where, field="net_mass_kg"))
    allowed = row["packing_instruction"]
    if "packing_instruction_used" in row and row["outcome"] == "allowed" and allowed not in (None, "none"):
        used = row["packing_instruction_used"]
        if not used:
            found.append(
                findings.make(
                    "load-packaging-missing", where=where, field="packing_instruction", value=allowed
                )
            )
        elif not _is_allowed(str(used), str(allowed)):
            found.append(
                findings.make(
                    "load-packaging-wrong",
                    where=where,
                    field="packing_instruction",
                    raw=str(used),
                    value=allowed,
                )
            )
    if row.get("notes") and "not confirmed for" in str(row["notes"]):
        note = next(
            part for part in str(row["notes"]).split(NOTE_MARK) if part.startswith("not confirmed for")
        )
        found.append(findings.make("load-edition-unconfirmed", where=where, value=note))
    return found


def _is_allowed(used: str, allowed: str) -> bool:
    """Whether each package follows one of the allowed instructions; a packaging may be approved for several."""
    lawful = set(allowed.split("|"))
    return all(lawful & {one.strip() for one in package.split("|")} for package in used.split(";"))


def _points_findings(
    counted: pl.DataFrame, vehicle: VehicleFacts, by_key: Mapping[str, Any], limits: tuple[Any, ...]
) -> list[Finding]:
    total = next((limit.limit for limit in limits if limit.kind == "total"), None)
    if total is None:
        return []
    held = (
        counted.filter(pl.col("outcome") == "allowed").group_by("transport_category").agg(pl.col("_kg").sum())
    )
    kg = {row[0]: row[1] for row in held.rows()}
    points, reasons = 0.0, []
    for category, mass in kg.items():
        limit = by_key.get(category or "")
        if limit is None or limit.kind != "category" or limit.points_per_kg is None:
            reasons.append(f", with goods of category {category or 'unknown'}")
            continue
        points += mass * limit.points_per_kg
        if limit.points_per_kg and limit.limit is not None and mass > limit.limit + 1e-6:
            reasons.append(f", {mass:g} kg of category {category}")
    if not reasons and points <= total + 1e-6:
        return []
    why = reasons[0] if reasons else ""
    found = []
    if not vehicle.is_adr_equipped:
        found.append(
            findings.make(
                "load-vehicle-not-equipped",
                where=vehicle.name,
                field="points",
                value=round(points, 3),
                why=why,
            )
        )
    if not vehicle.is_driver_certified:
        found.append(findings.make("load-driver-not-certified", where=vehicle.name, field="driver"))
    return found


def _provision_findings(
    counted: pl.DataFrame, vehicle: VehicleFacts, limits: tuple[Any, ...]
) -> list[Finding]:
    found = []
    provisions = counted["special_provisions"].fill_null("").str.split(";")
    for limit in limits:
        uses = pl.Series(
            [bool(set(mine) & set(limit.keys)) for mine in provisions.to_list()], dtype=pl.Boolean
        )
        if limit.kind == "provision":
            mass = float(counted.filter(uses)["_kg"].sum())
            if limit.limit is not None and mass > limit.limit + 1e-6:
                found.append(
                    findings.make(
                        "load-provision-limit",
                        where=vehicle.name,
                        raw=f"{mass:g}",
                        value=limit.limit,
                        why=limit.cite[0],
                    )
                )
        elif (
            limit.kind == "sole" and uses.any() and (counted.filter(~uses)["outcome"] != "exempt_other").any()
        ):
            found.append(findings.make("load-must-travel-alone", where=vehicle.name, value=limit.keys[0]))
    return found


def _mixing_findings(
    rows: Sequence[Mapping[str, Any]], vehicle: VehicleFacts, rulebook: Rulebook, edition: Edition
) -> list[Finding]:
    """Hold every pair of items against every rule on mixed loading."""
    groups = rulebook.load.groups
    rules = active(rulebook.load.mixing, edition)
    members: dict[frozenset[str], str] = {}
    for at, row in enumerate(rows, start=1):
        if row["outcome"] in ("exempt_small", "exempt_other"):
            continue
        labels = label_words(*(_text(row.get(name)) for name in ("labels", "hazard_class")))
        number = _text(row.get("un_number"))
        mine = frozenset(name for name, group in groups.items() if group.has(labels, number))
        members.setdefault(mine, f"item {row.get('item') or at}" + (f" (UN {number})" if number else ""))
    found = []
    for (one, name), (other, others_name) in itertools.combinations(members.items(), 2):
        for rule in rules:
            if (rule.one in one and rule.other in other) or (rule.one in other and rule.other in one):
                found.append(
                    findings.make(
                        f"load-mixing-{rule.effect}",
                        where=vehicle.name,
                        field="labels",
                        raw=name,
                        value=others_name,
                        why=f"{rule.say} ({'; '.join(rule.cite)})",
                    )
                )
    return found


def _text(value: object) -> str:
    return "" if value is None else str(value)
