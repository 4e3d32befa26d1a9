"""The shipping paper for hazardous materials by highway in the USA (49 CFR 172 subpart C)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from voltloop.documents.emergency import advice_for
from voltloop.documents.frame import make_paper, need_mode, party_or_ask, vehicle_facts
from voltloop.documents.goods import Item, items, packages_text
from voltloop.documents.load import Consignment, Load, PackageLine
from voltloop.documents.open_fields import OpenFields
from voltloop.documents.wording import (
    energy,
    manifest_codes,
    number,
    party,
    pounds,
    statements_to_print,
    us_description,
)

__all__ = ["us_shipping_paper"]

# 49 CFR 172.204(a)(1) prescribes this sentence; it is printed as the rule asks, and signed by a person.
_CERTIFICATION = (
    "This is to certify that the above-named materials are properly classified, described, packaged, marked and "
    "labeled, and are in proper condition for transportation according to the applicable regulations of the "
    "Department of Transportation."
)


def us_shipping_paper(
    load: Load, *, font_folders: Sequence[str | Path] = (), open_fields: OpenFields | None = None
) -> bytes:
    """Give the shipping paper of a load as PDF, on US Letter.

    Parameters
    ----------
    load
        A load under 49 CFR. Excepted goods are listed apart.
    font_folders
        Folders with further fonts.
    open_fields
        Takes up the fields that a person completes; none is kept when it is None.

    Raises
    ------
    InputError
        The load is not one under 49 CFR (code ``paper-wrong-mode``).

    Notes
    -----
    The 24-hour emergency response telephone number and the signatures under the certification are a person's fields
    and are marked when they are not given.

    References
    ----------
    49 CFR 172.201 (form), 172.202 (description and its order), 172.203 (further entries), 172.204 (certification),
    172.602 and 172.604 (emergency information and telephone), 40 CFR 273 (universal waste).
    """
    need_mode(load, "road_us", "US shipping paper", "transport_document")
    fields = open_fields if open_fields is not None else OpenFields()
    counted = [line for line in load.lines if line.is_dangerous]
    phone = fields.given(
        load.emergency_phone, "24-hour emergency response telephone number", "shipper", "49 CFR 172.604"
    )
    values: dict[str, Any] = {
        "phone": phone,
        "consignee": party_or_ask(load.consignee, "consignee", fields, cite="bill of lading"),
        "carrier": party_or_ask(load.carrier, "carrier", fields, cite="bill of lading"),
        "vehicle": vehicle_facts(load, fields),
        "groups": [
            _group(consignment, place, len(load.consignments), fields)
            for place, consignment in enumerate(load.consignments, start=1)
        ],
        "any_waste": any(line.is_waste and not manifest_codes(line) for line in load.lines),
        "count": number(sum(line.count for line in counted), american=True),
        "net": _mass(sum(line.net_mass_kg for line in counted)),
        "excepted": [
            {
                "description": item.description,
                "why": _why_excepted(item.line),
                "packages": packages_text(item.count, item.line),
                "net": _mass(item.net_mass_kg),
            }
            for item in items((line for line in load.lines if not line.is_dangerous), _excepted_description)
        ],
        "guides": [
            [f"UN{advice.un_number}", f"ERG guide {advice.us_guide}", advice.name]
            for advice in advice_for(line.un for line in counted)
        ],
        "obligations": list(load.obligations),
        "notes": list(load.notes),
        "certification": _CERTIFICATION,
        "shippers": list(
            dict.fromkeys(f"Shipper: {consignment.consignor.name}" for consignment in load.consignments)
        ),
        "takers": [
            f"Driver: {load.driver.name}" if load.driver.name else "Driver",
            f"Consignee: {load.consignee.name}",
        ],
    }
    fields.ask("Signature under the shipper's certification", "shipper", "49 CFR 172.204(d)")
    fields.ask("Signatures of driver and consignee", "driver and consignee", "bill of lading")
    return make_paper(
        "us_shipping_paper",
        load,
        fields,
        title="Shipping paper",
        subtitle="Hazardous materials by highway · 49 CFR 172 subpart C",
        values=values,
        font_folders=font_folders,
    )


def _group(consignment: Consignment, place: int, of: int, fields: OpenFields) -> dict[str, Any]:
    lines = [line for line in consignment.lines if line.is_dangerous]
    override = consignment.consignee
    return {
        "title": "Shipper" if of == 1 else f"Shipper {place} of {of}",
        "taken": f"picked up at stop {consignment.stop_number}" if consignment.stop_number else "",
        "party": party(consignment.consignor, "shipper", fields, cite="49 CFR 172.201, bill of lading"),
        "consignee": party(override, "consignee", fields, cite="bill of lading") if override else None,
        "rows": [_row(item) for item in items(lines, us_description)],
    }


def _row(item: Item) -> dict[str, Any]:
    line = item.line
    extras = [f"packed under 49 CFR {line.packing_instruction}" if line.packing_instruction else ""]
    if line.is_waste:
        codes = manifest_codes(line)
        extras.append(f"waste code {codes}" if codes else "Universal Waste – Battery(ies)")
    extras.append(energy(item.energy_wh))
    gross = f"gross {_mass(item.gross_mass_kg)}" if item.gross_mass_kg is not None else ""
    return {
        "packages": packages_text(item.count, line),
        "description": item.description,
        "statements": statements_to_print(line),
        "extras": " · ".join(extra for extra in extras if extra),
        "net": _mass(item.net_mass_kg),
        "gross": gross,
    }


def _why_excepted(line: PackageLine) -> str:
    provisions = line.special_provisions
    if line.outcome == "exempt_small":
        return "smaller batteries, 49 CFR 173.185(c): no shipping paper required"
    if line.outcome == "exempt_other" and provisions:
        # Provisions of 172.102 are numbers; paragraphs are named by section.
        named = [p if "." in p else f"172.102 special provision {p}" for p in provisions]
        return f"not subject to the other rules by highway under the conditions of 49 CFR {', '.join(named)}"
    return "not a hazardous material by highway"


def _excepted_description(line: PackageLine) -> str:
    return us_description(line) if line.un else line.proper_shipping_name or "Batteries"


def _mass(mass_kg: float) -> str:
    return f"{number(mass_kg, american=True)} kg ({pounds(mass_kg)} lb)"
