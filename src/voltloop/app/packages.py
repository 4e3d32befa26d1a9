"""Packages as the papers print them: one line per package, with the verdict of what is inside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from voltloop.compliance import why_unsuitable
from voltloop.documents.load import BatteryItem, PackageLine, Party

__all__ = ["by_package", "party_of", "unique_lines"]

_WET = frozenset({"2794", "2795", "2800"})
"""UN numbers of batteries with liquid electrolyte, whose packages carry orientation arrows (ADR 5.2.1.10)."""


def by_package(
    batteries: pl.DataFrame, packages: pl.DataFrame, packagings: pl.DataFrame
) -> dict[int, list[PackageLine]]:
    """Give the package lines of every planned battery, keyed by row; a package of several rows stands under each.

    Parameters
    ----------
    batteries
        Planned rows with their verdict.
    packages
        Table of :class:`voltloop.collection.Packed`.
    packagings
        Packagings of the network.
    """
    facts = {row["row"]: row for row in batteries.iter_rows(named=True)}
    kinds = {row["packaging_id"]: row for row in packagings.iter_rows(named=True)}
    lines: dict[int, list[PackageLine]] = {}
    for _, parts in packages.filter(pl.col("item").is_in(batteries["row"].implode())).group_by(
        "package_no", maintain_order=True
    ):
        rows = parts.rows(named=True)
        line = _line(rows, [facts[row["item"]] for row in rows], kinds[rows[0]["packaging_id"]])
        for row in rows:
            lines.setdefault(row["item"], []).append(line)
    return lines


def _line(
    parts: list[dict[str, Any]], rows: list[dict[str, Any]], packaging: Mapping[str, Any]
) -> PackageLine:
    first = rows[0]
    batteries = tuple(_battery(row, part) for row, part in zip(rows, parts, strict=True))
    energies = [None if one.energy_wh is None else one.energy_wh * one.quantity for one in batteries]
    return PackageLine(
        package_id=str(parts[0]["package_id"]),
        packaging=packaging["name"],
        packaging_code=packaging["un_code"] or "",
        packing_instruction=_instruction(parts[0], first, packaging),
        outcome=first["outcome"],
        un_number=_said(first["un_number"]),
        proper_shipping_name=_said(first["proper_shipping_name"]) or f"{first['chemistry']} batteries",
        hazard_class=_said(first["hazard_class"]),
        tunnel_code=_said(first["tunnel_code"]),
        transport_category=_said(first["transport_category"]),
        is_waste=first["is_waste"],
        waste_code=_said(first["waste_code"]) if first["is_waste"] else "",
        statements=_parts(first["statements"]),
        marks=_parts(first["marks"]),
        labels=_parts(first["labels"]),
        net_mass_kg=sum(part["net_mass_kg"] for part in parts),
        gross_mass_kg=sum(part["gross_mass_kg"] for part in parts),
        energy_wh=None if None in energies else sum(energy for energy in energies if energy is not None),
        points_per_kg=first["points_per_kg"],
        batteries=batteries,
        wet=_said(first["un_number"]) in _WET,
        special_provisions=_parts(first["special_provisions"]),
    )


def _instruction(part: Mapping[str, Any], row: Mapping[str, Any], packaging: Mapping[str, Any]) -> str:
    """Name the instruction as the kind of packaging asks: a large packaging is used under LP904, never under P908.

    Among the instructions that are open to the goods and that the packaging is for; without a better one, the one that
    it was chosen under.
    """
    used = part["packing_instruction"] or ""
    offered = packaging["packing_instructions"] or []
    names = {name.strip() for name in (offered.split(";") if isinstance(offered, str) else offered)}
    open_to_it = [name for name in _said(row["packing_instruction"]).split("|") if name in names]
    holds_one = packaging.get("max_articles") == 1
    fitting = [
        name for name in open_to_it if why_unsuitable(name, packaging["un_code"], holds_one=holds_one) is None
    ]
    return used if used in fitting or not fitting else fitting[0]


def _battery(row: Mapping[str, Any], part: Mapping[str, Any]) -> BatteryItem:
    """Give what a package holds of a row: whole batteries, or of a loose lot its share by mass."""
    is_lot = row["form"] == "scrap_lot"
    share = part["net_mass_kg"] / row["mass_kg"] if is_lot else 1.0
    return BatteryItem(
        battery_id=row["battery_id"] or f"row {row['row']}",
        serial=row["serial"],
        model=" ".join(word for word in (row["manufacturer"], row["model"]) if word) or None,
        chemistry=row["chemistry"] or "",
        condition=row["condition"],
        quantity=1 if is_lot else part["articles"],
        mass_kg=row["mass_kg"] * share,
        energy_wh=None if row["energy_wh"] is None else row["energy_wh"] * share,
        row=row["row"],
    )


def _said(text: str | None) -> str:
    """Give the text of a verdict's cell; "none" means that the law says there is none."""
    return "" if text is None or text == "none" else text


def _parts(text: str | None) -> tuple[str, ...]:
    return tuple(part for part in (text or "").split(";") if part and part != "none")


def unique_lines(lines: Mapping[int, list[PackageLine]], rows: Iterable[int]) -> tuple[PackageLine, ...]:
    """Give the packages of some rows, each once, in order."""
    found: dict[str, PackageLine] = {}
    for row in rows:
        for line in lines[row]:
            found.setdefault(line.package_id, line)
    return tuple(found.values())


def party_of(place: Mapping[str, Any]) -> Party:
    """Give a point or site as consignor or consignee. Without a street, the address is left for a person."""
    town = " ".join(word for word in (place.get("postcode"), place.get("city")) if word)
    return Party(
        name=place["name"],
        address=tuple(line for line in (place["address"], town) if line) if place.get("address") else (),
        country=place["country"],
        contact=place.get("contact"),
        phone=place.get("phone"),
    )
