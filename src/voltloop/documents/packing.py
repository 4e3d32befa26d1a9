"""The packing list: which battery lies in which package, how packed and how marked."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from voltloop.documents.frame import make_paper, vehicle_facts
from voltloop.documents.goods import packaging_text
from voltloop.documents.label_marks import marks_of
from voltloop.documents.load import BatteryItem, Consignment, Load, PackageLine
from voltloop.documents.open_fields import OpenFields, Value
from voltloop.documents.wording import adr_description, energy, number, party, us_description

__all__ = ["packing_list"]


def packing_list(
    load: Load, *, font_folders: Sequence[str | Path] = (), open_fields: OpenFields | None = None
) -> bytes:
    """Give the packing list of a load as PDF: every package with its packaging, marks, masses and batteries.

    Parameters
    ----------
    load
        A load of either mode. A gross mass that is not given is a person's field: it is weighed when packed.
    font_folders
        Folders with further fonts.
    open_fields
        Takes up the fields that a person completes; none is kept when it is None.
    """
    fields = open_fields if open_fields is not None else OpenFields()
    american = load.mode == "road_us"
    gross = load.gross_mass_kg
    values: dict[str, Any] = {
        "facts": [
            *vehicle_facts(load, OpenFields())[:1],
            ["Packages", number(sum(line.count for line in load.lines), american=american)],
            ["Net mass", f"{number(load.net_mass_kg, american=american)} kg"],
            [
                "Gross mass",
                f"{number(gross, american=american)} kg" if gross is not None else "see the packages",
            ],
        ],
        "packagings": _packagings(load),
        "steps": _steps(load),
        "groups": [
            _group(consignment, place, load, fields)
            for place, consignment in enumerate(load.consignments, start=1)
        ],
        "notes": list(load.notes),
    }
    fields.ask(
        "Packed and checked: name and signature for each consignor", "packer", "ADR 1.4.2, 49 CFR 173.22"
    )
    return make_paper(
        "packing_list",
        load,
        fields,
        title="Packing list",
        subtitle="Packages, packagings, marks and batteries",
        values=values,
        font_folders=font_folders,
    )


def _packagings(load: Load) -> list[list[str]]:
    counts: dict[str, tuple[int, set[str]]] = {}
    for line in load.lines:
        name = packaging_text(line)
        count, instructions = counts.get(name, (0, set()))
        counts[name] = (count + line.count, instructions | {line.packing_instruction})
    return [
        [name, number(count), ", ".join(sorted(used - {""}))]
        for name, (count, used) in sorted(counts.items())
    ]


@cache
def _known_steps() -> dict[str, str]:
    text = (Path(__file__).parent / "packing_steps.csv").read_text(encoding="utf-8")
    return {row["instruction"]: row["steps"] for row in csv.DictReader(text.splitlines())}


def _steps(load: Load) -> list[list[str]]:
    """Give each packing instruction of the load with what it asks of the packer, in short words of our own."""
    used = sorted({line.packing_instruction for line in load.lines if line.is_dangerous})
    return [[name, _known_steps()[name]] for name in used if name in _known_steps()]


def _group(consignment: Consignment, place: int, load: Load, fields: OpenFields) -> dict[str, Any]:
    role = "shipper" if load.mode == "road_us" else "consignor"
    return {
        "title": f"{role.capitalize()} {place} of {len(load.consignments)}",
        "taken": f"stop {consignment.stop_number}" if consignment.stop_number else "",
        "party": party(consignment.consignor, role, fields, cite="bill of lading or CMR"),
        "packages": [_package(line, load, fields) for line in consignment.lines],
    }


def _package(line: PackageLine, load: Load, fields: OpenFields) -> dict[str, Any]:
    american = load.mode == "road_us"
    if line.is_dangerous:
        goods = us_description(line) if american else adr_description(line)
    else:
        goods = f"{line.proper_shipping_name} (not counted as dangerous goods)"
    gross: Value = (
        f"{number(line.gross_mass_kg, american=american)} kg"
        if line.gross_mass_kg is not None
        else fields.ask("Gross mass of each package, weighed when packed", "packer", "waybill")
    )
    marks = marks_of(line, load.mode)
    ids = line.package_ids
    return {
        "ids": ids[0] if len(ids) == 1 else f"{ids[0]} to {ids[-1]}",
        "count": len(ids),
        "packaging": packaging_text(line),
        "instruction": line.packing_instruction,
        "goods": goods,
        "net": f"{number(line.net_mass_kg, american=american)} kg",
        "gross": gross,
        "energy": energy(line.energy_wh),
        "marks": marks.in_words(),
        "notes": list(line.packing_notes),
        "batteries": [_battery(battery, american) for battery in line.batteries],
    }


def _battery(battery: BatteryItem, american: bool) -> list[str]:
    return [
        battery.battery_id,
        battery.serial or "–",
        battery.model or "–",
        battery.chemistry or "unknown",
        battery.condition or "unknown",
        number(battery.quantity, american=american),
        number(battery.mass_kg, american=american) if battery.mass_kg is not None else "–",
    ]
