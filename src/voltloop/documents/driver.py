"""The driver's sheet: stops, map, what to take up and how, what must be aboard, what to do in an emergency."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from voltloop.documents.emergency import advice_for
from voltloop.documents.frame import make_paper, vehicle_facts
from voltloop.documents.goods import adr_categories, items, packages_text
from voltloop.documents.load import Load, PackageLine, Stop
from voltloop.documents.open_fields import OpenFields, Value
from voltloop.documents.tour_map import tour_map_svg
from voltloop.documents.wording import (
    adr_description,
    clock,
    country_name,
    day,
    number,
    statements_to_print,
    us_description,
)

__all__ = ["driver_sheet"]

_KINDS = {"start": "Start", "pickup": "Pick up", "delivery": "Deliver", "break": "Break", "end": "End"}
_ALWAYS = (
    "Load securing: straps, edge protectors, anti-slip mats",
    "Insulating tape and gloves, dry sand or other inert absorbent",
)
_EQUIPMENT = {
    "adr": (
        "Papers: transport document, packing list, instructions in writing that the crew reads (ADR 5.4.3)",
        "Photo identity and ADR certificate (ADR 1.10.1.4, 8.2.1)",
        "Orange plates at front and rear (ADR 5.3.2)",
        "Fire extinguishers in date, in all 4 kg up to 3.5 t, 8 kg up to 7.5 t, 12 kg above (ADR 8.1.4.1)",
        "Wheel chock, two standing warning signs, eye rinsing liquid (ADR 8.1.5)",
        "For each of the crew: warning vest, lamp, gloves, eye protection (ADR 8.1.5)",
        *_ALWAYS,
    ),
    "adr_1136": (
        "Papers: transport document, packing list",
        "Fire extinguisher, 2 kg dry powder at least, in date (ADR 8.1.4.2)",
        "Warning vest, warning triangle, gloves, eye protection",
        *_ALWAYS,
    ),
    "cfr": (
        "Shipping paper within reach of the belted driver (49 CFR 177.817(e))",
        "Emergency response information, ERG guide (49 CFR 172.602)",
        "Fire extinguisher, 10 B:C for placarded loads, 5 B:C otherwise (49 CFR 393.95)",
        "Three warning triangles (49 CFR 393.95(f))",
        "Hazmat training record of the driver in date (49 CFR 172.704)",
        *_ALWAYS,
    ),
}
_PHONES = {"road_eu": "112", "road_us": "911"}


def driver_sheet(
    load: Load,
    *,
    outlines: Sequence[Sequence[tuple[float, float]]] = (),
    font_folders: Sequence[str | Path] = (),
    open_fields: OpenFields | None = None,
) -> bytes:
    """Give the driver's sheet of a load as PDF.

    Parameters
    ----------
    load
        A load of either mode.
    outlines
        Rings (latitude, longitude) of countries for the map; none leaves the map without land.
    font_folders
        Folders with further fonts.
    open_fields
        Takes up the fields that a person completes; none is kept when it is None.

    Notes
    -----
    Times are printed as given: local at the stop, or in the zone that they carry. The emergency advice is in short
    words of our own and does not replace the instructions in writing of ADR 5.4.3 or the ERG.
    """
    fields = open_fields if open_fields is not None else OpenFields()
    counted = [line for line in load.lines if line.is_dangerous]
    values: dict[str, Any] = {
        "facts": _facts(load, fields),
        "map": tour_map_svg(load.stops, load.route, outlines),
        "map_note": "the way on the road network" if load.route else "straight lines between the stops",
        "zone": _zone(load.stops),
        "stops": [_stop(stop, load) for stop in load.stops],
        "obligations": list(load.obligations),
        "equipment": list(load.equipment or _EQUIPMENT[_regime(load, counted)]),
        "notes": list(load.notes),
        "borders": [f"{country_name(one)} → {country_name(other)}" for one, other in load.borders],
        "has_waste_papers": bool(load.waste_movements),
        "call": _PHONES[load.mode],
        "main_paper": "shipping paper" if load.mode == "road_us" else "transport document",
        "phone": fields.given(
            load.emergency_phone,
            "Emergency telephone of the company",
            "shipper" if load.mode == "road_us" else "carrier",
            "49 CFR 172.604" if load.mode == "road_us" else "company practice",
        ),
        "advice": [
            {
                "un": f"UN {advice.un_number}",
                "name": advice.name,
                "guide": f"ERG guide {advice.us_guide}",
                "rows": [
                    ["Danger", advice.danger],
                    ["Fire or smoke", advice.fire],
                    ["Leak, heat, hissing", advice.leak],
                    ["People", advice.people],
                ],
                "distance": advice.distance_m,
            }
            for advice in advice_for(line.un for line in load.lines if line.un)
        ],
        "critical": any(line.transport_category == "0" for line in counted),
    }
    return make_paper(
        "driver_sheet",
        load,
        fields,
        title="Driver's sheet",
        subtitle="Stops, packing, equipment and emergency · stays in the cab",
        values=values,
        font_folders=font_folders,
    )


def _regime(load: Load, counted: Sequence[PackageLine]) -> str:
    if load.mode == "road_us":
        return "cfr"
    return "adr" if counted and not load.uses_small_load_relief else "adr_1136"


def _facts(load: Load, fields: OpenFields) -> list[list[Value]]:
    american = load.mode == "road_us"
    rows = vehicle_facts(load, fields)
    gross = load.gross_mass_kg
    if load.distance_km is not None:
        way = f"{number(load.distance_km, 0)} km"
        if american:
            way = f"{number(load.distance_km / 1.609344, 0)} mi ({way})"
        rows.append(["Distance", way])
    if load.duration_h is not None:
        minutes = round(load.duration_h * 60)
        rows.append(["Duration", f"{minutes // 60} h {minutes % 60:02d} min"])
    mass = f"{number(load.net_mass_kg, 0, american=american)} kg net"
    if gross is not None:
        mass += f", {number(gross, 0, american=american)} kg gross"
    rows.append(["Load at the end", f"{number(sum(line.count for line in load.lines))} packages, {mass}"])
    if not american:
        rows.append(["ADR 1.1.3.6", _points(load)])
    if load.driver.adr_certificate_valid_to and not american:
        rows.append(["ADR certificate to", day(load.driver.adr_certificate_valid_to)])
    if load.driver.hazmat_training_valid_to and american:
        rows.append(["Hazmat training to", day(load.driver.hazmat_training_valid_to)])
    return rows


def _points(load: Load) -> str:
    categories = adr_categories(load)
    if not categories:
        return "no goods that count"
    if any(total.points is None for total in categories):
        return "not usable: category 0 aboard, full ADR"
    summed = sum(total.points or 0.0 for total in categories)
    total = load.points_total if load.points_total is not None else summed
    return f"{number(total)} of {number(1000.0)} points" + (
        "" if load.uses_small_load_relief else ", full ADR"
    )


def _zone(stops: Sequence[Stop]) -> str:
    names = dict.fromkeys(
        stop.arrives_at.strftime("UTC%z")
        for stop in stops
        if stop.arrives_at is not None and stop.arrives_at.tzinfo
    )
    return "times in " + ", ".join(names) if names else "local times"


def _stop(stop: Stop, load: Load) -> dict[str, Any]:
    gives = [consignment for consignment in load.consignments if consignment.stop_number == stop.number]
    lines = [line for consignment in gives for line in consignment.lines] if stop.kind == "pickup" else []
    notes = list(dict.fromkeys(note for line in lines for note in line.packing_notes))
    site = (
        []
        if stop.has_forklift is None
        else ["forklift there" if stop.has_forklift else "no forklift: tail lift"]
    )
    where = [*stop.address, country_name(stop.country)]
    return {
        "number": str(stop.number) if stop.kind in {"pickup", "delivery", "break"} else _KINDS[stop.kind][0],
        "kind": _KINDS[stop.kind],
        "name": stop.name,
        "address": ", ".join(part for part in where if part),
        "contact": ", ".join(part for part in (stop.contact, stop.phone) if part),
        "site": " · ".join([*([f"open {stop.opens}"] if stop.opens else []), *site]),
        "arrives": clock(stop.arrives_at),
        "departs": clock(stop.departs_at),
        "drive": _distance(stop.distance_km),
        "goods": [
            _goods(item.count, item.line, item.net_mass_kg, load) for item in items(lines, _reader(load))
        ],
        "delivers": _delivered(stop, load),
        "notes": [*notes, *stop.instructions],
    }


def _distance(distance_km: float | None) -> str:
    if distance_km is None:
        return ""
    return f"{number(round(distance_km, 0 if distance_km >= 10 else 1))} km"


def _reader(load: Load) -> Any:
    def describe(line: PackageLine) -> str:
        if not line.is_dangerous:
            return f"{line.proper_shipping_name} (not counted)"
        return us_description(line) if load.mode == "road_us" else adr_description(line)

    return describe


def _goods(count: int, line: PackageLine, net_mass_kg: float, load: Load) -> dict[str, str]:
    return {
        "what": f"{packages_text(count, line)}, {number(net_mass_kg, american=load.mode == 'road_us')} kg net",
        "how": " · ".join(part for part in (_reader(load)(line), line.packing_instruction) if part),
        "alarm": "; ".join(statements_to_print(line)),
    }


def _delivered(stop: Stop, load: Load) -> str:
    if stop.kind not in {"delivery", "end"}:
        return ""
    last = max(
        (other.number for other in load.stops if other.kind in {"delivery", "end"}), default=stop.number
    )
    lines = [
        line
        for consignment in load.consignments
        if (consignment.delivery_stop_number if consignment.delivery_stop_number is not None else last)
        == stop.number
        for line in consignment.lines
    ]
    if not lines:
        return ""
    mass = number(sum(line.net_mass_kg for line in lines), 0, american=load.mode == "road_us")
    return f"Hand over {number(sum(line.count for line in lines))} packages, {mass} kg net"
