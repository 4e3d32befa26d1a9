"""Units that stand in headers and cells of battery lists, and what they are worth."""

from __future__ import annotations

import re
from typing import NamedTuple

from voltloop.batteries._text import key
from voltloop.units import ENERGY_WH, MASS_KG

__all__ = ["Unit", "trailing_unit", "unit_of"]


class Unit(NamedTuple):
    """A unit: the quantity it measures, its factor to Wh, kg, Ah, V or a share, and whether it is certain."""

    kind: str
    factor: float
    name: str
    sure: bool = True


_WORDS: dict[str, Unit] = {
    **{
        name: Unit("energy", factor, {"mwh": "MWh", "kwh": "kWh", "wh": "Wh"}[name])
        for name, factor in ENERGY_WH.items()
    },
    "gwh": Unit("energy", 1e9, "GWh"),
    "kj": Unit("energy", 1 / 3.6, "kJ"),
    "mj": Unit("energy", 1e6 / 3600, "MJ"),
    "kwhr": Unit("energy", 1e3, "kWh"),
    "kwatth": Unit("energy", 1e3, "kWh"),
    "kwstd": Unit("energy", 1e3, "kWh"),
    "kilowatthours": Unit("energy", 1e3, "kWh"),
    "kilowatthour": Unit("energy", 1e3, "kWh"),
    "kilowattstunden": Unit("energy", 1e3, "kWh"),
    "kilowattheures": Unit("energy", 1e3, "kWh"),
    "kilowattuur": Unit("energy", 1e3, "kWh"),
    "kilovatioshora": Unit("energy", 1e3, "kWh"),
    "kilowattora": Unit("energy", 1e3, "kWh"),
    "watthours": Unit("energy", 1.0, "Wh"),
    "watthour": Unit("energy", 1.0, "Wh"),
    "wattstunden": Unit("energy", 1.0, "Wh"),
    **{name: Unit("mass", factor, "lb" if name == "lbs" else name) for name, factor in MASS_KG.items()},
    **dict.fromkeys(
        ("pound", "pounds", "libras", "libbre", "livres", "lbm"), Unit("mass", MASS_KG["lb"], "lb")
    ),
    **dict.fromkeys(
        (
            "kgs",
            "kilo",
            "kilos",
            "kilogram",
            "kilograms",
            "kilogramm",
            "kilogramme",
            "kilogrammes",
            "kilogramos",
            "chilogrammi",
            "chili",
            "kilogrammen",
            "kgm",
        ),
        Unit("mass", 1.0, "kg"),
    ),
    **dict.fromkeys(
        ("to", "tonne", "tonnes", "tonnen", "toneladas", "tonelada", "tonnellate", "tonnellata", "ton", "mt"),
        Unit("mass", 1000.0, "t"),
    ),
    **dict.fromkeys(
        ("gr", "gram", "grams", "gramm", "gramme", "grammes", "gramos", "grammi", "gramas"),
        Unit("mass", 1e-3, "g"),
    ),
    "oz": Unit("mass", MASS_KG["lb"] / 16, "oz"),
    "mg": Unit("mass", 1e-6, "mg"),
    "ah": Unit("capacity", 1.0, "Ah"),
    "mah": Unit("capacity", 1e-3, "mAh"),
    "amph": Unit("capacity", 1.0, "Ah"),
    "amperestunden": Unit("capacity", 1.0, "Ah"),
    "v": Unit("voltage", 1.0, "V"),
    "vdc": Unit("voltage", 1.0, "V"),
    "volt": Unit("voltage", 1.0, "V"),
    "volts": Unit("voltage", 1.0, "V"),
    "mv": Unit("voltage", 1e-3, "mV"),
    "kv": Unit("voltage", 1e3, "kV"),
    **dict.fromkeys(
        (
            "%",
            "percent",
            "pct",
            "prozent",
            "pourcent",
            "pourcentage",
            "porcentaje",
            "porciento",
            "percentuale",
            "procent",
            "percentage",
            "perc",
            "vh",
            "vonhundert",
        ),
        Unit("share", 0.01, "%"),
    ),
    **dict.fromkeys(("fraction", "share", "ratio", "01", "anteil"), Unit("share", 1.0, "share")),
    **dict.fromkeys(
        (
            "pcs",
            "pc",
            "st",
            "stk",
            "stuck",
            "stueck",
            "stck",
            "pieces",
            "piece",
            "pz",
            "pezzi",
            "uds",
            "ud",
            "unidades",
            "units",
            "unit",
            "stuks",
            "ea",
            "each",
            "u",
            "x",
        ),
        Unit("count", 1.0, "pcs"),
    ),
}
"""Units by the spelling-free key of their name."""


def unit_of(text: str) -> Unit | None:
    """Give the unit that ``text`` names, or None.

    ``mWh`` is the milliwatt-hour and ``MWh`` the megawatt-hour; ``mwh`` and ``MWH`` could be either and are not sure.

    Examples
    --------
    >>> unit_of("MWh").factor, unit_of("mWh").factor, unit_of("MWH").sure
    (1000000.0, 0.001, False)
    """
    bare = re.sub(r"[\s()\[\]{}]", "", text).rstrip(".")
    if re.search("[\u20ac$\u00a3]", bare):  # a price for each unit
        return None
    if bare == "mWh":
        return Unit("energy", 1e-3, "mWh")
    if bare.casefold() == "mwh":
        return Unit("energy", 1e6, "MWh", sure=bare == "MWh")
    # Mega-, not milligrams or millivolts in capitals: nobody lists batteries in either.
    if bare in ("kW", "KW", "W"):
        return None
    return _WORDS.get("%" if bare == "%" else key(bare))


_TRAILING = re.compile(
    r"^(?P<rest>.*?)(?:[\s,;:/_.\-]+(?:in|en|em|auf)?[\s_]*|\s*[\[({])(?P<unit>[A-Za-zµ%]+|0\s*[-–/.]+\s*1)\s*[\])}]?\s*$"
)


def trailing_unit(text: str) -> tuple[str, Unit | None]:
    """Split a header into its name and the unit at its end.

    Examples
    --------
    >>> trailing_unit("Energie (kWh)")[0], trailing_unit("Poids, kg")[1].name, trailing_unit("soh_percent")[0]
    ('Energie', 'kg', 'soh')
    """
    match = _TRAILING.match(text.strip())
    unit = unit_of(match["unit"]) if match else None
    if match and unit and unit.kind != "count":
        return match["rest"].strip(), unit
    return text, None
