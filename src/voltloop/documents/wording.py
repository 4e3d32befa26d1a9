"""How numbers, dates, names and goods are written on a paper."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path

from voltloop.documents.load import Load, PackageLine, Party
from voltloop.documents.open_fields import OpenFields, Value

__all__ = [
    "adr_description",
    "clock",
    "country_name",
    "day",
    "energy",
    "forwarding_languages",
    "law_line",
    "manifest_codes",
    "number",
    "party",
    "pounds",
    "statements_to_print",
    "us_description",
]

_THIN_SPACE = "\u202f"
_WASTE_WORD = re.compile(r"^\s*WASTE\b", re.IGNORECASE)
_RCRA_CODE = re.compile(r"\b[DFKPU]\d{3}\b")
_LB_PER_KG = 1 / 0.45359237
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

# ADR 5.4.1.1.1 (c): lithium and sodium ion batteries are described by the class number 9, though their label is 9A.
_CLASS_9_UNS = frozenset({"3090", "3091", "3480", "3481", "3536", "3551", "3552"})


def number(value: float, digits: int = 1, *, american: bool = False) -> str:
    """Give a number with thousands apart and at most ``digits`` decimals, none when they are zero.

    Examples
    --------
    >>> number(1234567.04, american=True), number(0.5), number(12.0)
    ('1,234,567', '0.5', '12')
    >>> number(0.014, 1)
    '0.014'
    """
    if 0 < abs(value) < 0.5 * 10**-digits * 10:
        digits = 3
    text = f"{value:,.{digits}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text if american else text.replace(",", _THIN_SPACE)


def pounds(mass_kg: float) -> str:
    """Give a mass in international pounds, as a number.

    Examples
    --------
    >>> pounds(0.45359237)
    '1'
    """
    return number(mass_kg * _LB_PER_KG, 0 if mass_kg >= 5 else 1, american=True)


def energy(energy_wh: float | None) -> str:
    """Give an energy in kWh from 1000 Wh on, an empty text when it is not known.

    Examples
    --------
    >>> energy(64000.0), energy(480.0), energy(None)
    ('64 kWh', '480 Wh', '')
    """
    if energy_wh is None:
        return ""
    return f"{number(energy_wh / 1000)} kWh" if energy_wh >= 1000 else f"{number(energy_wh)} Wh"


def day(on: date) -> str:
    """Give a day as ``24 Nov 2026``, in any locale."""
    return f"{on.day} {_MONTHS[on.month - 1]} {on.year}"


def clock(at: datetime | None) -> str:
    """Give the time of day as ``06:05``, an empty text when it is not known."""
    return "" if at is None else f"{at:%H:%M}"


@dataclass(frozen=True, slots=True)
class _Country:
    name: str
    languages: tuple[str, ...]


@cache
def _countries() -> dict[str, _Country]:
    text = (Path(__file__).parent / "languages.csv").read_text(encoding="utf-8")
    return {
        row["iso2"]: _Country(row["name"], tuple(row["official_languages"].split(";")))
        for row in csv.DictReader(text.splitlines())
    }


def country_name(iso2: str) -> str:
    """Give the English name of a country, or the code itself where the table has none."""
    entry = _countries().get(iso2.upper())
    return entry.name if entry else iso2


def forwarding_languages(countries: Iterable[str]) -> list[tuple[str, str]]:
    """Give country and languages in which entries must stand besides English, for each forwarding country.

    Notes
    -----
    ADR 5.4.1.4.1: an official language of the forwarding country and, if that is not English, French or German,
    one of these three as well. The papers are in English; where English is an official language nothing is left
    to do. A country that the table does not know asks for "an official language".
    """
    found = []
    for iso2 in dict.fromkeys(country.upper() for country in countries):
        entry = _countries().get(iso2)
        languages = entry.languages if entry else ("an official language",)
        if "English" not in languages:
            found.append((country_name(iso2) or "the forwarding country", " or ".join(languages)))
    return found


def party(who: Party, role: str, fields: OpenFields, *, cite: str) -> dict[str, Value | list[Value]]:
    """Give name, address lines and contacts of a party, with a mark where the address is missing."""
    lines: list[Value] = [line for line in who.address if line.strip()]
    if not lines:
        lines = [fields.ask(f"Address of {role} {who.name}".strip(), role, cite)]
    if who.country:
        lines.append(country_name(who.country))
    contact = ", ".join(part for part in (who.contact, who.phone, who.email) if part)
    return {
        "name": fields.given(who.name, f"Name of {role}", role, cite),
        "lines": lines,
        "contact": contact,
        "registration": who.registration or "",
    }


def adr_description(line: PackageLine) -> str:
    """Give the description of the goods in the order of ADR 5.4.1.1.1 (a) to (d) and (k).

    Examples
    --------
    >>> adr_description(PackageLine("P1", "box", "P909", "LITHIUM ION BATTERIES", 10.0, un_number="3480",
    ...     hazard_class="9A", tunnel_code="E", is_waste=True))
    'UN 3480 WASTE LITHIUM ION BATTERIES, 9, (E)'

    References
    ----------
    ADR 5.4.1.1.1; 5.4.1.1.3.1 for the word WASTE, which is left out where the name has it.
    """
    hazard_class = line.hazard_class.strip()
    if line.un in _CLASS_9_UNS and hazard_class.upper() == "9A":
        hazard_class = "9"
    tunnel = line.tunnel_code.strip().strip("()")
    # UN 2800 and its like have no tunnel code in some editions: a dash in the table stands for none.
    parts = [f"UN {line.un} {_with_waste(line, 'WASTE')}", hazard_class, line.packing_group.strip()]
    parts.append(f"({tunnel})" if tunnel and tunnel not in {"-", "–"} else "")
    return ", ".join(part for part in parts if part)


def us_description(line: PackageLine) -> str:
    """Give the basic description in the order of 49 CFR 172.202(b): number, name, class, packing group.

    Notes
    -----
    The word Waste precedes the name only for waste under a manifest, which carries a RCRA code (172.101(c)(9));
    universal waste needs no manifest (40 CFR 273) and travels without it.

    Examples
    --------
    >>> us_description(PackageLine("P1", "box", "173.185(d)", "Lithium ion batteries", 10.0, un_number="UN 3480",
    ...     hazard_class="9", is_waste=True))
    'UN3480, Lithium ion batteries, 9'
    """
    name = _with_waste(line, "Waste") if manifest_codes(line) else line.proper_shipping_name.strip()
    prefix = "NA" if line.un_number.upper().startswith("NA") else "UN"
    hazard_class = "9" if line.hazard_class.strip().upper() == "9A" else line.hazard_class.strip()
    parts = [f"{prefix}{line.un}", name, hazard_class, line.packing_group.strip()]
    return ", ".join(part for part in parts if part)


def manifest_codes(line: PackageLine) -> str:
    """Give the RCRA codes of waste that travels under a manifest, an empty text for everything else.

    Universal waste has none: a reference to its own part ("40 CFR 273") is no waste code.

    Examples
    --------
    >>> line = PackageLine("P1", "box", "173.185(d)", "Lithium ion batteries", 10.0, is_waste=True)
    >>> from dataclasses import replace
    >>> manifest_codes(replace(line, waste_code="D001, D003")), manifest_codes(replace(line, waste_code="40 CFR 273"))
    ('D001, D003', '')

    References
    ----------
    40 CFR 261.20 to 261.33 (codes), 40 CFR 273 (universal waste), 49 CFR 172.101(c)(9).
    """
    return ", ".join(_RCRA_CODE.findall(line.waste_code.upper())) if line.is_waste else ""


def _with_waste(line: PackageLine, word: str) -> str:
    name = line.proper_shipping_name.strip()
    is_waste = line.is_waste or any(_WASTE_WORD.match(text) for text in line.statements)
    if not is_waste or re.search(r"\bwaste\b", name, re.IGNORECASE):
        return name
    return f"{word} {name}"


def statements_to_print(line: PackageLine) -> list[str]:
    """Give the statements of a line; the one that asks for the word WASTE is followed in the description instead."""
    return [text for text in line.statements if not _WASTE_WORD.match(text)]


def law_line(load: Load) -> str:
    """Give the law and the edition of it that the load was made under."""
    return {"road_eu": "Road, ADR", "road_us": "Road, 49 CFR"}[load.mode] + f" · edition {load.edition}"
