"""Hold each row against its catalogue model: fill what is missing, note what contradicts."""

from __future__ import annotations

import polars as pl

from voltloop.batteries._chemistry import agrees
from voltloop.batteries._energy_mass import density_bounds
from voltloop.batteries._matched import Matched
from voltloop.batteries._work import Work

__all__ = ["fill_and_check"]


def fill_and_check(work: Work, found: Matched) -> None:
    """Fill chemistry, form, energy and mass from the model, each with a finding, and note contradictions."""
    facts = found.frame
    one = facts["count"] == 1
    model_raw = work.values["model"]
    work.mark(one & ~facts["is_sure"], "model-read", "model", model_raw, facts["name"], 0.8)
    sure = facts.select(pl.when("is_sure").then(0.95).otherwise(0.8)).to_series()
    _contradictions(work, found)
    for name, code in (("chemistry", "chemistry-from-model"), ("form", "form-from-model")):
        blank = work.values[name].is_null() | (work.values[name] == "unknown")
        usable = blank & facts[name].is_not_null()
        work.values[name] = _pick(usable, facts[name], work.values[name])
        work.mark(usable, code, name, work.cell(name), work.values[name], sure)
    _missing_kinds(work)
    same_form = (work.values["form"] == facts["form"]).fill_null(False) & (work.values["form"] != "scrap_lot")
    several = one & False
    for name, raw in (("energy_wh", "energy"), ("mass_kg", "mass")):
        text = work.text(raw)
        blank = work.values[name].is_null() & text.is_null() & work.text(f"{raw}_total").is_null()
        if raw == "energy":
            blank &= work.text("capacity").is_null()
        usable = blank & same_form & one
        value = _pick(usable, facts[name], work.values[name])
        work.mark(usable, f"{raw}-from-model", name, work.cell(raw), value, sure)
        several |= blank & ~usable & (facts["count"] > 1)
        work.mark(value.is_null() & blank, f"{raw}-missing", name, work.cell(raw))
        if raw == "mass":
            unread = value.is_null() & ~blank
            work.mark(unread & text.is_null(), "mass-missing", name, text)
        work.values[name] = value
    work.mark(several, "model-several", "model", model_raw, None, 0.3)
    _density(work)


def _pick(keep: pl.Series, then: pl.Series, otherwise: pl.Series) -> pl.Series:
    table = pl.DataFrame({"keep": keep, "then": then, "otherwise": otherwise})
    return table.select(pl.when("keep").then("then").otherwise("otherwise")).to_series()


def _missing_kinds(work: Work) -> None:
    said = [
        work.values[name] for name in ("serial", "battery_id", "manufacturer", "model", "chemistry", "form")
    ]
    nothing = pl.DataFrame([series.alias(str(place)) for place, series in enumerate(said)]).select(
        pl.all_horizontal(pl.all().is_null())
    )
    work.mark(nothing.to_series(), "nothing-identified", "")
    for name in ("chemistry", "form"):
        raw = work.text(name)
        blank = work.values[name].is_null() | (work.values[name] == "unknown")
        work.values[name] = work.values[name].fill_null("unknown")
        work.mark(blank & raw.is_null(), f"{name}-missing", name, work.cell(name), work.values[name], 0.0)


def _contradictions(work: Work, found: Matched) -> None:
    facts, forms = found.frame, work.values["form"]
    table = pl.DataFrame({"listed": work.values["chemistry"], "models": facts["chemistries"]})
    pairs = {
        (listed, models): not any(agrees(listed, model) for model in models.split("|"))
        for listed, models in table.drop_nulls().unique().iter_rows()
    }
    against = [row for row, wrong in pairs.items() if wrong]
    if against:
        bad = table.join(
            pl.DataFrame(against, schema=table.schema, orient="row").with_columns(bad=pl.lit(True)),
            on=["listed", "models"],
            how="left",
            maintain_order="left",
        )["bad"]
        work.mark(
            bad.fill_null(False),
            "chemistry-off-model",
            "chemistry",
            work.text("chemistry"),
            facts["chemistries"],
            0.0,
        )
    for name, raw, quantity in (("energy_wh", "energy", "energy"), ("mass_kg", "mass", "mass")):
        low, high = found.bounds(quantity, forms)
        value = work.values[name]
        text = work.text(raw)
        off = (value < low) | (value > high)
        work.mark(off, f"{raw}-off-model", name, text, value.round(6), 0.0)
        same = (facts["form"] == forms).fill_null(False) & (forms != "scrap_lot")
        ratio = value / facts[name]
        apart = same & ~off.fill_null(False) & ((ratio < 0.75) | (ratio > 1.3334))
        work.mark(apart, f"{raw}-differs", name, text, value.round(6), 0.7)
    produced = work.values["_produced_on_last"]
    early = produced.dt.year() < facts["year_from"] - 1
    work.mark(
        early,
        "produced-before-model",
        "produced_on",
        work.text("produced_on"),
        work.values["produced_on"],
        0.6,
    )


def _density(work: Work) -> None:
    """Note energies that no battery of the listed mass can hold (or so little that a factor is missing)."""
    low, high = density_bounds(work.values["chemistry"])
    density = work.values["energy_wh"] / work.values["mass_kg"]
    off = (density < low) | (density > high)
    shown = (
        pl.DataFrame({"energy": work.text("energy"), "mass": work.text("mass")})
        .select(pl.concat_str(["energy", "mass"], separator=" / ", ignore_nulls=True))
        .to_series()
    )
    work.mark(off, "density-impossible", "energy_wh", shown, density.round(3), 0.0)
