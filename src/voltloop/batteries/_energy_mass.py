"""Energy and mass of one unit: read, settled where they read two ways, divided where they are totals, filled."""

from __future__ import annotations

import polars as pl

from voltloop.batteries._matched import Matched, matched
from voltloop.batteries._measures import Measure, is_per_unit, volt_ampere_hours
from voltloop.batteries._work import Work
from voltloop.catalogue.vocab import chemistries
from voltloop.units import MASS_KG

__all__ = ["density_bounds", "energy_and_mass"]


def energy_and_mass(work: Work, proof: str) -> Matched:
    """Put ``energy_wh`` and ``mass_kg`` of one unit into the values, and give the models of the rows."""
    rough = matched(work)
    forms = work.values["form"]
    mass = Measure(work, "mass", "mass", proof)
    energy = Measure(work, "energy", "energy", proof)
    for measure, quantity in ((mass, "mass"), (energy, "energy")):
        low, high = rough.bounds(quantity, forms)
        _settle(work, measure, low, high)
    _guess_unit(work, mass, rough.bounds("mass", forms), (1.0, MASS_KG["lb"], 1e-3, 1e3))
    low_density, high_density = density_bounds(work.values["chemistry"])
    _settle(work, mass, energy.value / high_density, energy.value / low_density)
    known = rough.bounds("energy", forms)
    _guess_unit(
        work,
        energy,
        _either(known, (mass.value * low_density, mass.value * high_density)),
        (1.0, 1e3, 1e6, 1e-3),
    )
    _settle(work, energy, mass.value * low_density, mass.value * high_density)
    for measure, public in ((mass, "mass_kg"), (energy, "energy_wh")):
        work.mark(measure.other.is_not_null(), "number-undecided", public, measure.raw)
        measure.value = _where(measure.other.is_null(), measure.value)
    _from_ampere_hours(work, energy, rough, proof)
    found = matched(work, energy.value)
    for measure, quantity, public in ((mass, "mass", "mass_kg"), (energy, "energy", "energy_wh")):
        _per_unit(work, measure, found, quantity, public, proof)
        work.mark(measure.is_bad & measure.value.is_null(), "number-unreadable", public, measure.raw)
        work.mark(measure.value <= 0, "number-not-positive", public, measure.raw, measure.value)
        work.values[public] = _where(measure.value > 0, measure.value).round(9)
    return found


def density_bounds(listed: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Give the bounds of energy per mass [Wh/kg] outside of which a row is certainly wrong."""
    table = chemistries()
    lows = dict(zip(table["chemistry"], table["density_wh_per_kg_min"], strict=True))
    highs = dict(zip(table["chemistry"], table["density_wh_per_kg_max"], strict=True))
    lowest = min(value for value in lows.values() if value is not None)
    return (
        listed.replace_strict(lows, default=lowest, return_dtype=pl.Float64).fill_null(lowest),
        listed.replace_strict(highs, default=500.0, return_dtype=pl.Float64).fill_null(500.0),
    )


def _where(keep: pl.Series, values: pl.Series) -> pl.Series:
    return pl.DataFrame({"keep": keep, "value": values}).select(pl.when("keep").then("value")).to_series()


def _choose(keep: pl.Series, then: pl.Series, otherwise: pl.Series) -> pl.Series:
    table = pl.DataFrame({"keep": keep, "then": then, "otherwise": otherwise})
    return table.select(pl.when("keep").then("then").otherwise("otherwise")).to_series()


def _either(
    first: tuple[pl.Series, pl.Series], second: tuple[pl.Series, pl.Series]
) -> tuple[pl.Series, pl.Series]:
    has = first[0].is_not_null()
    return _choose(has, first[0], second[0]), _choose(has, first[1], second[1])


def _settle(work: Work, measure: Measure, low: pl.Series, high: pl.Series) -> None:
    """Decide numbers with two readings where exactly one of them is physically possible."""
    open_ = measure.other.is_not_null() & low.is_not_null()
    if not open_.any():
        return
    first = measure.value.is_between(low, high).fill_null(False)
    second = measure.other.is_between(low, high).fill_null(False)
    decided = open_ & (first != second)
    measure.value = _choose(decided & second, measure.other, measure.value)
    measure.other = _where(~decided, measure.other)
    public = "mass_kg" if measure.kind == "mass" else "energy_wh"
    work.mark(decided, "number-ambiguous", public, measure.raw, measure.value, 0.85)


def _guess_unit(
    work: Work, measure: Measure, bounds: tuple[pl.Series, pl.Series], factors: tuple[float, ...]
) -> None:
    """Find the unit that a column does not state: the one that makes its rows physically possible."""
    public, base = ("mass_kg", "kg") if measure.kind == "mass" else ("energy_wh", "Wh")
    unsure = measure.is_unsure_unit & measure.value.is_not_null()
    if unsure.any():
        _milli_or_mega(work, measure, unsure, bounds, public)
    wanted = measure.needs_unit
    if not wanted.any():
        return
    low, high = bounds
    judged = wanted & low.is_not_null() & measure.value.is_not_null()
    total = int(judged.sum())
    middle = (low * high).sqrt()
    best, best_score, second = 1.0, (-1.0, 0.0), (-1.0, 0.0)
    for factor in factors:
        scaled = measure.value * factor
        hits = float((scaled.is_between(low, high) & judged).sum()) / total if total else 0.0
        off = (scaled / middle).filter(judged & (scaled > 0)).log().abs().median() if total else None
        score = (round(hits, 1), -float(off) if isinstance(off, float) else 0.0)
        if score > best_score:
            best, best_score, second = factor, score, best_score
        elif score > second:
            second = score
    if total == 0:
        best = 1.0
    if best_score[0] < 0.5 if total else measure.kind == "energy":
        work.mark(wanted, "unit-unknown", public, measure.raw)
        measure.value = _where(~wanted, measure.value)
        return
    measure.value = _choose(wanted, measure.value * best, measure.value)
    measure.other = _choose(wanted, measure.other * best, measure.other)
    name = {
        1.0: base,
        1e3: "kWh" if base == "Wh" else "t",
        MASS_KG["lb"]: "lb",
        1e-3: "mWh" if base == "Wh" else "g",
        1e6: "MWh",
    }
    places = wanted.fill_null(False).arg_true()
    for row, text, value in zip(
        work.rows.gather(places).to_list(),
        measure.raw.gather(places).to_list(),
        measure.value.gather(places).to_list(),
        strict=True,
    ):
        work.notes.add(row, "unit-assumed", public, text, value, 0.9 if total else 0.7, unit=name[best])


def _milli_or_mega(
    work: Work, measure: Measure, unsure: pl.Series, bounds: tuple[pl.Series, pl.Series], public: str
) -> None:
    """Decide whether "mwh" or "MWH" means the milliwatt-hour: if only that is physically possible."""
    low, high = bounds
    milli = measure.value * 1e-9
    is_milli = unsure & milli.is_between(low, high).fill_null(False)
    measure.value = _choose(is_milli, milli, measure.value)
    work.mark(unsure, "unit-ambiguous", public, measure.raw, measure.value, 0.85)


def _from_ampere_hours(work: Work, energy: Measure, found: Matched, proof: str) -> None:
    """Fill energies from ampere-hours times volts, listed in one cell, in two columns, or with the model's volts."""
    blank = energy.value.is_null()
    in_cell = _where(blank & energy.is_bad, volt_ampere_hours(energy.raw))
    texts = work.text("capacity")
    hours = Measure(work, "capacity", "capacity", proof)
    both = volt_ampere_hours(texts)
    volts = Measure(work, "voltage", "voltage", proof)
    amperes = hours.value.fill_null(
        _where((energy.foreign_kind == "capacity").fill_null(False), energy.foreign_value)
    )
    amperes = _where(amperes > 0, amperes)
    listed_volts = _where((volts.value > 0) & volts.other.is_null(), volts.value)
    raws = energy.raw.fill_null(texts)
    direct = _where(blank, _where((hours.foreign_kind == "energy").fill_null(False), hours.foreign_value))
    for value, code, sure in (
        (direct, "energy-in-capacity", 0.95),
        (in_cell.fill_null(_where(blank, both)), "energy-from-capacity", 0.95),
        (amperes * listed_volts, "energy-from-capacity", 0.95),
        (amperes * found.frame["voltage_v"], "energy-from-model-voltage", 0.7),
    ):
        usable = energy.value.is_null() & value.is_not_null()
        energy.value = energy.value.fill_null(_where(usable, value))
        work.mark(usable, code, "energy_wh", raws, energy.value, sure)
    lost = energy.value.is_null() & amperes.is_not_null()
    work.mark(lost, "capacity-without-voltage", "energy_wh", raws)


def _per_unit(work: Work, measure: Measure, found: Matched, quantity: str, public: str, proof: str) -> None:
    """Divide totals by the number of units; where the header does not say, let the model decide."""
    count = work.values["quantity"].cast(pl.Float64)
    total = Measure(work, f"{quantity}_total", quantity, proof)
    if work.has(f"{quantity}_total"):
        low, high = found.bounds(quantity, work.values["form"])
        _settle(work, total, low * count, high * count)
        undecided = total.other.is_not_null() & measure.value.is_null()
        work.mark(undecided, "number-undecided", public, total.raw)
        usable = measure.value.is_null() & total.value.is_not_null() & total.other.is_null()
        measure.value = measure.value.fill_null(_where(usable, total.value / count))
        work.mark(usable & (count > 1), "total-divided", public, total.raw, measure.value, 0.95)
        clash = ~usable & total.value.is_not_null() & total.other.is_null() & (measure.value > 0)
        off = (total.value / (measure.value * count) - 1).abs() > 0.05
        work.mark(clash & off, "total-differs", public, total.raw, measure.value)
    open_ = (count > 1) & measure.value.is_not_null() & measure.raw.is_not_null()
    if not open_.any() or is_per_unit(work.columns.get(quantity)):
        return
    ratio = measure.value / found.frame["energy_wh" if quantity == "energy" else "mass_kg"]
    form = work.values["form"]
    same_form = (found.frame["form"] == form).fill_null(False) | form.is_null() | (form == "unknown")
    is_total = open_ & same_form & ((ratio / count - 1).abs() <= 0.2) & ((ratio - 1).abs() > 0.2)
    is_single = open_ & same_form & ((ratio - 1).abs() <= 0.2) & ~is_total
    small = (work.values["form"] == "battery_unit").fill_null(False) & (quantity == "mass")
    is_heap = (
        open_
        & ~is_total
        & ~is_single
        & small
        & (measure.value > 15)
        & (measure.value / count).is_between(0.2, 15)
    )
    divide = is_total | is_heap
    measure.value = _choose(divide, measure.value / count, measure.value)
    work.mark(is_total | is_single, "per-unit-decided", public, measure.raw, measure.value, 0.9)
    work.mark(is_heap, "per-unit-decided", public, measure.raw, measure.value, 0.7)
    work.mark(open_ & ~divide & ~is_single, "per-unit-assumed", public, measure.raw, measure.value, 0.7)
