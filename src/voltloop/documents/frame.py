"""What every paper has around its content: paper size, title, load, date, law, code and the standing note."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from voltloop.documents.codes import qr_svg
from voltloop.documents.load import Load, Mode, Party
from voltloop.documents.open_fields import OpenFields, Value
from voltloop.documents.render import pdf
from voltloop.documents.wording import day, law_line, party
from voltloop.errors import InputError

__all__ = ["STANDING_NOTE", "make_paper", "need_mode", "party_or_ask", "vehicle_facts"]

STANDING_NOTE = (
    "Decision support, not legal advice: a trained person checks this paper, "
    "completes the marked fields and signs."
)
"""Printed on every page of every paper."""


def make_paper(
    template: str,
    load: Load,
    fields: OpenFields,
    *,
    title: str,
    subtitle: str,
    values: dict[str, Any],
    font_folders: Sequence[str | Path] = (),
) -> bytes:
    """Put the frame around a paper's values and set it."""
    framed = {
        **values,
        "title": title,
        "subtitle": subtitle,
        "load_id": load.load_id,
        "date": day(load.on),
        "paper": "us-letter" if load.mode == "road_us" else "a4",
        "law": law_line(load) + (f" · plan {load.plan_id}" if load.plan_id else ""),
        "qr": qr_svg(load.load_id),
        "standing_note": STANDING_NOTE,
        "open_fields": fields.rows,
    }
    return pdf(template, framed, on=load.on, font_folders=font_folders)


def need_mode(load: Load, mode: Mode, paper: str, instead: str) -> None:
    """Refuse a load of the other law.

    Raises
    ------
    InputError
        The load's mode is another (code ``paper-wrong-mode``).
    """
    if load.mode != mode:
        raise InputError(
            f'Load {load.load_id}: its mode is "{load.mode}", the {paper} is for "{mode}". Use {instead} instead.',
            code="paper-wrong-mode",
        )


def party_or_ask(
    who: Party | None, role: str, fields: OpenFields, *, cite: str
) -> dict[str, Value | list[Value]]:
    """Give a party's block, all of it a person's field when the party is not known."""
    if who is None:
        asked = fields.ask(f"Name and address of {role}", role, cite)
        return {"name": asked, "lines": [], "contact": "", "registration": ""}
    return party(who, role, fields, cite=cite)


def vehicle_facts(load: Load, fields: OpenFields) -> list[list[Value]]:
    """Give vehicle, plates and driver as pairs of name and value."""
    vehicle, driver = load.vehicle, load.driver
    name = vehicle.name + (f" ({vehicle.vehicle_id})" if vehicle.vehicle_id else "")
    rows: list[list[Value]] = [
        ["Vehicle", name],
        ["Registration", fields.given(vehicle.plates, "Registration of the vehicle", "carrier")],
    ]
    if vehicle.has_trailer:
        asked = fields.given(vehicle.trailer_plates, "Registration of the trailer", "carrier")
        rows.append(["Trailer registration", asked])
    rows.append(["Driver", fields.given(driver.name, "Name of the driver", "carrier")])
    return rows
