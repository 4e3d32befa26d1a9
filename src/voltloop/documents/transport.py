"""The transport document for dangerous goods by road in Europe (ADR 5.4.1)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from voltloop.documents.frame import make_paper, need_mode, party_or_ask, vehicle_facts
from voltloop.documents.goods import Item, adr_categories, items, packages_text
from voltloop.documents.load import Consignment, Load, PackageLine
from voltloop.documents.open_fields import OpenFields, Value
from voltloop.documents.wording import (
    adr_description,
    energy,
    forwarding_languages,
    number,
    party,
    statements_to_print,
)

__all__ = ["transport_document"]

_LIMIT = 1000.0


def transport_document(
    load: Load, *, font_folders: Sequence[str | Path] = (), open_fields: OpenFields | None = None
) -> bytes:
    """Give the transport document of a load as PDF.

    Parameters
    ----------
    load
        A load under ADR. Goods that are exempted are listed apart, as not counting.
    font_folders
        Folders with further fonts.
    open_fields
        Takes up the fields that a person completes; none is kept when it is None.

    Raises
    ------
    InputError
        The load is not one under ADR (code ``paper-wrong-mode``).

    Notes
    -----
    The paper is in English. Entries in an official language of the forwarding country are a person's field, since
    a translated shipping name must be the one of the law. Signatures and registrations that are not given are
    marked as well, never invented.

    References
    ----------
    ADR 5.4.1.1.1 (content and order), 5.4.1.1.3 (waste), 5.4.1.1.1 (f) with 1.1.3.6 (quantity and calculated value
    per transport category), 5.4.1.4.1 (languages), 3.3.1 special provisions 376 and 677 (statements).
    """
    need_mode(load, "road_eu", "transport document", "us_shipping_paper")
    fields = open_fields if open_fields is not None else OpenFields()
    counted = [line for line in load.lines if line.is_dangerous]
    values: dict[str, Any] = {
        "consignee": party_or_ask(load.consignee, "consignee", fields, cite="ADR 5.4.1.1.1 (h)"),
        "carrier": party_or_ask(load.carrier, "carrier", fields, cite="CMR or waybill"),
        "vehicle": vehicle_facts(load, fields),
        "groups": [
            _group(consignment, place, len(load.consignments), fields)
            for place, consignment in enumerate(load.consignments, start=1)
        ],
        "totals": _totals(items(counted, adr_description)),
        "count": number(sum(line.count for line in counted)),
        "net": number(sum(line.net_mass_kg for line in counted)),
        "relief": _relief(load),
        "exempt": _exempt(load),
        "obligations": list(load.obligations),
        "languages": _languages(load, fields),
        "notes": list(load.notes),
        "signatures": _signatures(load),
    }
    fields.ask(
        "Signatures, with name, date and time", "consignor, driver and consignee", "company practice, CMR 5"
    )
    return make_paper(
        "transport",
        load,
        fields,
        title="Transport document",
        subtitle="Dangerous goods by road · ADR 5.4.1 · "
        + ("collection tour" if load.kind == "tour" else "line haul"),
        values=values,
        font_folders=font_folders,
    )


def _group(consignment: Consignment, place: int, of: int, fields: OpenFields) -> dict[str, Any]:
    lines = [line for line in consignment.lines if line.is_dangerous]
    taken = f"taken up at stop {consignment.stop_number}" if consignment.stop_number else ""
    override = consignment.consignee
    return {
        "title": "Consignor" if of == 1 else f"Consignor {place} of {of}",
        "taken": taken,
        "party": party(consignment.consignor, "consignor", fields, cite="ADR 5.4.1.1.1 (g)"),
        "consignee": party(override, "consignee", fields, cite="ADR 5.4.1.1.1 (h)") if override else None,
        "rows": [_row(item, fields) for item in items(lines, adr_description)],
    }


def _row(item: Item, fields: OpenFields) -> dict[str, Any]:
    line = item.line
    statements = statements_to_print(line)
    if line.transport_category.strip() == "0" and not any(
        "category 0" in text.lower() for text in statements
    ):
        statements.append("TRANSPORT CATEGORY 0")
    gross: Value = (
        number(item.gross_mass_kg)
        if item.gross_mass_kg is not None
        else fields.ask("Gross mass of the packages", "consignor", "ADR 5.4.1.1.1 (f)")
    )
    extras = [f"packed to {line.packing_instruction}" if line.packing_instruction else ""]
    # Where the list of waste leaves a choice, the authority makes it; the paper names both and chooses none.
    code = " or ".join(part.strip() for part in line.waste_code.split("|") if part.strip())
    extras.append(f"waste code {code}" if code else "")
    extras.append(f"{number(item.batteries)} batteries" if item.batteries > 1 else "")
    extras.append(energy(item.energy_wh))
    return {
        "description": item.description,
        "statements": statements,
        "extras": " · ".join(extra for extra in extras if extra),
        "packages": packages_text(item.count, line),
        "net": number(item.net_mass_kg),
        "gross": gross,
        "category": line.transport_category or "–",
    }


def _totals(rows: list[Item]) -> list[list[str]]:
    """Give packages and masses of each description, whatever it is packed in (ADR 5.4.1.1.1 (f))."""
    groups: dict[str, list[Item]] = {}
    for item in rows:
        groups.setdefault(item.description, []).append(item)
    totals = []
    for description, group in groups.items():
        count = sum(item.count for item in group)
        gross = [item.gross_mass_kg for item in group if item.gross_mass_kg is not None]
        totals.append(
            [
                description,
                f"{number(count)} package" + ("" if count == 1 else "s"),
                number(sum(item.net_mass_kg for item in group)),
                number(sum(gross)) if len(gross) == len(group) else "–",
            ]
        )
    return totals


def _relief(load: Load) -> dict[str, Any]:
    categories = adr_categories(load)
    usable = all(total.points is not None for total in categories)
    summed = sum(total.points or 0.0 for total in categories)
    total = load.points_total if load.points_total is not None else summed
    if not usable:
        verdict = "Goods of transport category 0 are aboard: 1.1.3.6 cannot be used, ADR applies in full."
    elif load.uses_small_load_relief:
        verdict = "Carried under ADR 1.1.3.6: the load does not exceed the limit."
    elif total <= _LIMIT:
        verdict = "Within the limit of ADR 1.1.3.6, but carried under ADR in full."
    else:
        verdict = "Above the limit of ADR 1.1.3.6: ADR applies in full."
    return {
        "rows": [
            [
                row.category or "–",
                number(row.net_mass_kg),
                number(row.points / row.net_mass_kg, 0)
                if row.points is not None and row.net_mass_kg
                else "–",
                number(row.points) if row.points is not None else "not usable",
            ]
            for row in categories
        ],
        "total": number(total) if usable else "not usable",
        "limit": number(_LIMIT),
        "verdict": verdict,
        "within": usable and total <= _LIMIT,
    }


def _exempt(load: Load) -> list[dict[str, Any]]:
    rows = []
    for item in items((line for line in load.lines if not line.is_dangerous), _exempt_description):
        rows.append(
            {
                "description": item.description,
                "why": _why_exempt(item.line),
                "statements": statements_to_print(item.line),
                "packages": packages_text(item.count, item.line),
                "net": number(item.net_mass_kg),
                "gross": number(item.gross_mass_kg) if item.gross_mass_kg is not None else "–",
            }
        )
    return rows


def _why_exempt(line: PackageLine) -> str:
    provisions = ", ".join(line.special_provisions)
    if line.outcome == "exempt_small":
        return f"small batteries, special provision {provisions or '188'}: packed and marked so, not counted"
    if line.outcome == "not_dangerous":
        return "no dangerous goods of this mode"
    if provisions:
        return f"not subject to the other provisions of ADR under the conditions of special provision {provisions}"
    # Without a provision the exemption stands in Table A itself, as for nickel-metal hydride.
    return "not subject to ADR, chapter 3.2 Table A" if line.un else "no entry in ADR, chapter 3.2 Table A"


def _exempt_description(line: PackageLine) -> str:
    number_text = f"UN {line.un} " if line.un else ""
    return f"{number_text}{line.proper_shipping_name}".strip() or "Batteries, no UN number"


def _languages(load: Load, fields: OpenFields) -> list[str]:
    sentences = []
    for country, languages in forwarding_languages(
        consignment.consignor.country for consignment in load.consignments
    ):
        sentences.append(f"{country}: {languages}")
        fields.ask(
            f"Entries in an official language of {country} ({languages})", "consignor", "ADR 5.4.1.4.1"
        )
    return sentences


def _signatures(load: Load) -> list[str]:
    names = [f"Consignor: {consignment.consignor.name}" for consignment in load.consignments]
    receivers = dict.fromkeys(
        (consignment.consignee or load.consignee).name for consignment in load.consignments
    )
    driver = f"Driver: {load.driver.name}" if load.driver.name else "Driver"
    return [*dict.fromkeys(names), driver, *(f"Consignee: {name}" for name in receivers)]
