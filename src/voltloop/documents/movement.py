"""The document that goes with waste across a border: notified (movement document) or green-listed (Annex VII)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from voltloop.documents.frame import make_paper, party_or_ask
from voltloop.documents.goods import packaging_text
from voltloop.documents.load import Consignment, Load, PackageLine, Party, WasteMovement
from voltloop.documents.open_fields import OpenFields, Value
from voltloop.documents.wording import country_name, day, number
from voltloop.errors import InputError

__all__ = ["movement_document"]

_ACT = "Regulation (EU) 2024/1157"
_OLD_ACT = "Regulation (EC) No 1013/2006"
# (EU) 2024/1157 Articles 85 and 86: the old act applies to shipments before this day. Both number their forms alike.
_ACT_FROM = date(2026, 5, 21)
# Packaging codes of the form: 1 drum, 4 box, 6 composite, 9 other.
_PACKAGING_WORDS = (("drum", "1 drum"), ("box", "4 box"), ("bag", "5 bag"), ("case", "4 box"))
_Cells = list[list[Any]]


def movement_document(
    load: Load, *, font_folders: Sequence[str | Path] = (), open_fields: OpenFields | None = None
) -> bytes:
    """Give the waste documents of a load as PDF: one form for each of its waste movements.

    Parameters
    ----------
    load
        A load with at least one :class:`~voltloop.documents.load.WasteMovement`.
    font_folders
        Folders with further fonts.
    open_fields
        Takes up the fields that a person completes; none is kept when it is None.

    Raises
    ------
    InputError
        The load has no waste movement (``paper-no-movement``), or one that covers no line of the load
        (``paper-movement-without-waste``).

    Notes
    -----
    The blocks follow the forms of the act in number, order and meaning, in our own layout. Where the act asks for
    submission to an electronic system, that entry counts and this paper is the copy that travels along. Declarations,
    confirmations and signatures are a person's fields.

    References
    ----------
    Regulation (EU) 2024/1157, Article 16 and Annex IB (movement document), Article 18 and Annex VII; Regulation (EC)
    No 1013/2006 for shipments before 21 May 2026.
    """
    if not load.waste_movements:
        raise InputError(
            f"Load {load.load_id}: no waste movement is given, so no waste document can be written. "
            "Give the load one WasteMovement for each waste code and border, or leave this paper out.",
            code="paper-no-movement",
        )
    fields = open_fields if open_fields is not None else OpenFields()
    values = {"forms": [_form(movement, load, fields) for movement in load.waste_movements]}
    kinds = {movement.kind for movement in load.waste_movements}
    title = "Waste movement document" if kinds == {"notified"} else "Waste shipment information"
    if kinds == {"notified", "green_listed"}:
        title = "Waste shipment documents"
    return make_paper(
        "movement",
        load,
        fields,
        title=title,
        subtitle=f"Shipment of waste across a border · {_act(load)}",
        values=values,
        font_folders=font_folders,
    )


def _act(load: Load) -> str:
    return _ACT if load.on >= _ACT_FROM else _OLD_ACT


def _covered(movement: WasteMovement, load: Load) -> list[tuple[Consignment, PackageLine]]:
    code = _bare(movement.waste_code)
    return [
        (consignment, line)
        for consignment in load.consignments
        if consignment.consignor.country.upper() == movement.from_country.upper()
        for line in consignment.lines
        if line.is_waste and _bare(line.waste_code) == code
    ]


def _bare(code: str) -> str:
    return "".join(letter for letter in code if letter.isalnum()).lower()


def _form(movement: WasteMovement, load: Load, fields: OpenFields) -> dict[str, Any]:
    covered = _covered(movement, load)
    if not covered:
        raise InputError(
            f"Load {load.load_id}: the waste movement {movement.waste_code} from {movement.from_country} covers no "
            "waste line of the load. Check the waste code and the consignor's country.",
            code="paper-movement-without-waste",
        )
    consignors = list(dict.fromkeys(consignment.consignor for consignment, _ in covered))
    lines = [line for _, line in covered]
    notified = movement.kind == "notified"
    make = _notified if notified else _green
    return {
        "name": "Movement document (Annex IB)" if notified else "Accompanying information (Annex VII)",
        "way": _way(movement),
        "code": fields.given(movement.waste_code, "Waste code", "waste producer", "EU list of waste"),
        "blocks": make(movement, load, consignors, lines, fields),
        "signatures": _SIGNATURES[movement.kind],
        "notes": _notes(movement, load),
        "sources": [[who.name, _place(who), number(_mass(covered, who))] for who in consignors],
    }


_SIGNATURES = {
    "notified": [
        "15 Notifier or exporter: the information is complete and correct, consents are in force",
        "8 First carrier, on taking over",
        "18 Facility: shipment received",
        "19 Facility: recovery completed",
    ],
    "green_listed": [
        "12 Person who arranges the shipment: information correct, contract in force",
        "5 First carrier, on taking over",
        "13 Consignee: waste received",
        "14 Recovery facility: waste received",
    ],
}


def _mass(covered: Sequence[tuple[Consignment, PackageLine]], who: Party) -> float:
    return sum(line.net_mass_kg for consignment, line in covered if consignment.consignor == who)


def _place(who: Party) -> str:
    return ", ".join(part for part in (*who.address, country_name(who.country)) if part)


def _way(movement: WasteMovement) -> str:
    through = ", ".join(country_name(code) for code in movement.transit_countries or ())
    ends = f"From {country_name(movement.from_country)} to {country_name(movement.to_country)}"
    return f"{ends}, through {through}" if through else ends


def _countries(movement: WasteMovement, fields: OpenFields, cite: str) -> dict[str, Any]:
    ends = (
        f"{country_name(movement.from_country)} (dispatch), {country_name(movement.to_country)} (destination)"
    )
    if movement.transit_countries is None:
        asked = fields.ask("Countries of transit, or none", "arranging person", cite)
        return {"text": ends, "also": [["Transit", asked]]}
    through = ", ".join(country_name(code) for code in movement.transit_countries)
    return {"text": ends, "also": [["Transit", through or "none"]]}


def _notes(movement: WasteMovement, load: Load) -> list[str]:
    notes = []
    if movement.kind == "green_listed" and movement.waste_code.strip().endswith("*"):
        notes.append(
            f"Waste code {movement.waste_code} is hazardous waste: this paper alone does not do, "
            "the shipment needs notification and consent."
        )
    for name, bound, late in (("from", movement.valid_from, False), ("to", movement.valid_to, True)):
        outside = bound is not None and (load.on > bound if late else load.on < bound)
        if bound is not None and outside:
            notes.append(
                f"The consent is valid {name} {day(bound)}: this shipment on {day(load.on)} lies outside."
            )
    return notes


def _quantity(lines: Sequence[PackageLine]) -> str:
    return f"{number(sum(line.net_mass_kg for line in lines) / 1000, 3)} t"


def _packagings(lines: Sequence[PackageLine]) -> str:
    counts: dict[str, int] = {}
    for line in lines:
        word = next((code for key, code in _PACKAGING_WORDS if key in line.packaging.lower()), "9 other")
        name = f"{packaging_text(line)} [type {word}]"
        counts[name] = counts.get(name, 0) + line.count
    return "; ".join(f"{count} × {name}" for name, count in counts.items())


def _dangerous(lines: Sequence[PackageLine]) -> str:
    named = dict.fromkeys(
        f"UN {line.un} {line.proper_shipping_name}, class {line.hazard_class.replace('9A', '9')}"
        for line in lines
        if line.un
    )
    return "; ".join(named) or "no dangerous goods"


def _composition(lines: Sequence[PackageLine]) -> str:
    chemistries = dict.fromkeys(item.chemistry for line in lines for item in line.batteries if item.chemistry)
    named = dict.fromkeys(line.proper_shipping_name.capitalize() for line in lines)
    return f"Waste batteries: {', '.join(named)}" + (f" ({', '.join(chemistries)})" if chemistries else "")


def _ask_party(who: Party | None, role: str, fields: OpenFields, cite: str) -> dict[str, Any]:
    return {"party": party_or_ask(who, role, fields, cite=cite)}


def _generator(consignors: Sequence[Party], fields: OpenFields, cite: str) -> dict[str, Any]:
    if len(consignors) == 1:
        return _ask_party(consignors[0], "waste producer", fields, cite)
    return {"text": f"{len(consignors)} producers, listed below this form"}


def _notified(
    movement: WasteMovement,
    load: Load,
    consignors: Sequence[Party],
    lines: Sequence[PackageLine],
    fields: OpenFields,
) -> list[dict[str, Any]]:
    cite = "Annex IB"

    def ask(what: str, who: str, block: str) -> dict[str, Value]:
        return {"text": fields.ask(what, who, f"{cite} block {block}")}

    def given(value: str | None, what: str, who: str, block: str) -> dict[str, Value]:
        return {"text": fields.given(value, what, who, f"{cite} block {block}")}

    serial = None
    if movement.shipment_number is not None:
        total = movement.shipments_total
        serial = f"{movement.shipment_number}" + (f" of {total}" if total is not None else "")
    notifier = movement.notifier
    facility = movement.facility or load.consignee
    return [
        _block(
            "1", "Notification number", given(movement.consent_id, "Notification number", "notifier", "1")
        ),
        _block(
            "2",
            "Serial number of the shipment",
            given(serial, "Serial number of the shipment", "notifier", "2"),
        ),
        _block("3", "Notifier, exporter", _ask_party(notifier, "notifier", fields, f"{cite} block 3")),
        _block(
            "4", "Importer, consignee", _ask_party(load.consignee, "consignee", fields, f"{cite} block 4")
        ),
        _block("5", "Actual quantity, net", {"text": _quantity(lines)}),
        _block("6", "Actual date of shipment", {"text": day(load.on)}),
        _block("7", "Packaging, type and number", {"text": _packagings(lines)}),
        _block("8 (a)", "First carrier", _carrier(load, fields, f"{cite} block 8")),
        _block("9", "Waste producer", _generator(consignors, fields, f"{cite} block 9")),
        _block(
            "10", "Recovery facility", _ask_party(facility, "recovery facility", fields, f"{cite} block 10")
        ),
        _block(
            "11",
            "Recovery operation, R code",
            given(movement.operation, "Recovery operation (R code) and technology", "facility", "11"),
        ),
        _block("12", "Designation and composition", {"text": _composition(lines)}),
        _block("13", "Physical characteristics", {"text": "2 solid: articles"}),
        _block(
            "14",
            "Waste identification",
            {
                "text": f"EU list of waste {movement.waste_code or 'code open'}"
                + (f"; Basel {movement.basel_code}" if movement.basel_code else "")
                + f"; {_dangerous(lines)}",
            },
        ),
        _block(
            "14 (i)", "Basel code", given(movement.basel_code, "Basel code of the waste", "notifier", "14")
        ),
        _block("14", "Customs code (HS)", ask("Customs code (HS)", "notifier", "14")),
        _block("16", "Further carriers, remarks", ask("Further carriers, or none", "carrier", "16")),
    ]


def _green(
    movement: WasteMovement,
    load: Load,
    consignors: Sequence[Party],
    lines: Sequence[PackageLine],
    fields: OpenFields,
) -> list[dict[str, Any]]:
    cite = "Annex VII"

    def given(value: str | None, what: str, who: str, block: str) -> dict[str, Value]:
        return {"text": fields.given(value, what, who, f"{cite} block {block}")}

    arranger = movement.notifier
    facility = movement.facility or load.consignee
    return [
        _block(
            "1", "Person who arranges", _ask_party(arranger, "arranging person", fields, f"{cite} block 1")
        ),
        _block(
            "2", "Importer, consignee", _ask_party(load.consignee, "consignee", fields, f"{cite} block 2")
        ),
        _block("3", "Actual quantity, net", {"text": _quantity(lines)}),
        _block("4", "Actual date of shipment", {"text": day(load.on)}),
        _block("5 (a)", "First carrier", _carrier(load, fields, f"{cite} block 5")),
        _block("6", "Waste producer", _generator(consignors, fields, f"{cite} block 6")),
        _block(
            "7", "Recovery facility", _ask_party(facility, "recovery facility", fields, f"{cite} block 7")
        ),
        _block(
            "8",
            "Recovery operation, R code",
            given(movement.operation, "Recovery operation", "facility", "8"),
        ),
        _block("9", "Usual description of the waste", {"text": _composition(lines)}),
        _block(
            "10",
            "Waste identification",
            {"text": f"EU list of waste {movement.waste_code or 'code open'}; {_dangerous(lines)}"},
        ),
        _block(
            "10 (i)", "Basel or OECD code", given(movement.basel_code, "Basel code", "arranging person", "10")
        ),
        _block("11", "Countries concerned", _countries(movement, fields, f"{cite} block 11")),
    ]


def _carrier(load: Load, fields: OpenFields, cite: str) -> dict[str, Any]:
    block = _ask_party(load.carrier, "carrier", fields, cite)
    plates = fields.given(load.vehicle.plates, "Registration of the vehicle", "carrier", cite)
    return {**block, "also": [["Road vehicle", load.vehicle.name], ["Registration", plates]]}


def _block(place: str, title: str, content: dict[str, Any]) -> dict[str, Any]:
    return {"place": place, "title": title, "party": None, "text": "", "also": [], **content}
