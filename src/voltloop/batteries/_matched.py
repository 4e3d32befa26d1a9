"""The catalogue models of all rows at once, and their facts as columns."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from voltloop.batteries._models import Match, match_model, models, named_model, narrowed
from voltloop.batteries._work import Work
from voltloop.catalogue.vocab import pack_models

__all__ = ["Matched", "match_models", "matched"]

_LOOSE = {"pack": (0.5, 1.8), "module": (0.005, 1.05), "cell": (0.0001, 0.5), "scrap_lot": (0.02, 10.0)}


def match_models(manufacturer: pl.Series, model: pl.Series) -> pl.Series:
    """Say which rows are surely of a model of the catalogue.

    Parameters
    ----------
    manufacturer, model
        Texts as listed, of equal length; null or blank where nothing is listed. Without a manufacturer, the model
        alone decides.

    Returns
    -------
    polars.Series
        ``model_id`` of the catalogue where manufacturer and model are the catalogue's names or aliases but for
        spelling (case, accents, spaces, signs); null elsewhere, also where several models bear the name.

    Raises
    ------
    ValueError
        If the lengths differ.

    Examples
    --------
    >>> makers, names = pl.Series(["NISSAN", "VW", None]), pl.Series(["leaf 40kWh", "ID3 58 kWh", "Leaf"])
    >>> match_models(makers, names).to_list()
    ['leaf40', 'id3_58', None]
    """
    if len(manufacturer) != len(model):
        raise ValueError(
            f"{len(manufacturer)} manufacturers and {len(model)} models: expected one for each row."
        )
    table = pl.DataFrame({"maker": manufacturer.cast(pl.String), "model": model.cast(pl.String)})
    pairs = table.unique(maintain_order=True)
    ids = pack_models()["model_id"]
    places = [named_model(maker, name) for maker, name in pairs.iter_rows()]
    found = pl.Series(
        "model_id", [None if place is None else ids[place] for place in places], dtype=pl.String
    )
    joined = table.join(
        pairs.with_columns(found), on=["maker", "model"], how="left", nulls_equal=True, maintain_order="left"
    )
    return joined["model_id"]


@dataclass(slots=True)
class Matched:
    """Models of the rows.

    Attributes
    ----------
    frame
        One row per row of the list: ``count`` of candidate models, ``is_sure``, and of the only candidate ``name``,
        ``chemistry``, ``form``, ``energy_wh``, ``mass_kg``, ``voltage_v``, ``year_from``; of all candidates
        ``energy_low``, ``energy_high`` [Wh], ``mass_low``, ``mass_high`` [kg], ``chemistries`` ("|"-joined).
    """

    frame: pl.DataFrame

    def bounds(self, quantity: str, forms: pl.Series) -> tuple[pl.Series, pl.Series]:
        """Give the least and the greatest plausible energy or mass of each row; null without a model."""
        table = self.frame.with_columns(listed=forms)
        own = pl.col("form_of_all")
        low, high = pl.col(f"{quantity}_low"), pl.col(f"{quantity}_high")
        same = (pl.col("listed") == own) | pl.col("listed").is_null() | (pl.col("listed") == "unknown")
        lows, highs = low * 0.45, high * 1.8
        for form, (least, most) in _LOOSE.items():
            if form != "pack":
                inside = pl.col("listed") == form
                lows = pl.when(inside).then(low * least).otherwise(lows)
                highs = pl.when(inside).then(high * most).otherwise(highs)
        known = same | pl.col("listed").is_in(["module", "cell", "scrap_lot"])
        found = table.select(low=pl.when(known).then(lows), high=pl.when(known).then(highs))
        return found["low"], found["high"]


def matched(work: Work, energy_wh: pl.Series | None = None) -> Matched:
    """Match every row; several candidates are narrowed down by the listed energy and chemistry."""
    manufacturer, model = work.text("manufacturer"), work.text("model")
    if not work.has("model"):
        model = work.text("description")
    chemistry = work.values.get("chemistry", pl.Series([None] * work.height, dtype=pl.String))
    table = pl.DataFrame(
        {
            "manufacturer": manufacturer,
            "model": model,
            "chemistry": chemistry,
            "energy": energy_wh
            if energy_wh is not None
            else pl.Series([None] * work.height, dtype=pl.Float64),
        }
    )
    pairs = table.select("manufacturer", "model").unique(maintain_order=True)
    found: dict[tuple[str | None, str | None], Match] = {
        (maker, name): match_model(maker, name) for maker, name in pairs.iter_rows()
    }
    several = {pair for pair, match in found.items() if len(match.places) > 1}
    facts = []
    combinations = table.unique(maintain_order=True)
    for maker, name, listed, energy in combinations.iter_rows():
        match = found[maker, name]
        places = narrowed(match.places, listed, energy) if (maker, name) in several else match.places
        facts.append(_facts(places, match.is_sure))
    lookup = pl.DataFrame(facts, schema=_SCHEMA, orient="row")
    joined = table.join(
        pl.concat([combinations, lookup], how="horizontal"),
        on=combinations.columns,
        how="left",
        nulls_equal=True,
        maintain_order="left",
    )
    return Matched(
        joined.drop("manufacturer", "model", "energy", "chemistry").rename({"model_chemistry": "chemistry"})
    )


_SCHEMA = {
    "count": pl.Int64,
    "is_sure": pl.Boolean,
    "name": pl.String,
    "model_chemistry": pl.String,
    "form": pl.String,
    "energy_wh": pl.Float64,
    "mass_kg": pl.Float64,
    "voltage_v": pl.Float64,
    "year_from": pl.Int64,
    "energy_low": pl.Float64,
    "energy_high": pl.Float64,
    "mass_low": pl.Float64,
    "mass_high": pl.Float64,
    "chemistries": pl.String,
    "form_of_all": pl.String,
}


def _facts(places: tuple[int, ...], is_sure: bool) -> tuple[object, ...]:
    if not places:
        return (0, False, *([None] * 13))
    chosen = [models()[place] for place in places]
    energies, masses = [model.energy_wh for model in chosen], [model.mass_kg for model in chosen]
    forms = {model.form for model in chosen}
    shared = (
        min(energies),
        max(energies),
        min(masses),
        max(masses),
        "|".join(sorted({model.chemistry for model in chosen})),
        next(iter(forms)) if len(forms) == 1 else None,
    )
    if len(chosen) > 1:
        return (len(chosen), False, *([None] * 7), *shared)
    only = chosen[0]
    return (
        1,
        is_sure,
        only.name,
        only.chemistry,
        only.form,
        only.energy_wh,
        only.mass_kg,
        only.voltage_v,
        only.year_from,
        *shared,
    )
