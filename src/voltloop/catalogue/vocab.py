"""Chemistries, pack models, and the words in which people write lists of batteries.

Each table is a CSV file beside this one. Where a table states facts, each row has its source; the words of
headers and cells are the project's own collection in English, German, French, Spanish, Italian and Dutch.
"""

from __future__ import annotations

from functools import cache
from importlib import resources

import polars as pl

__all__ = ["chemistries", "header_stems", "header_words", "pack_models", "value_words"]


def _read(name: str, **types: pl.DataType | type[pl.DataType]) -> pl.DataFrame:
    """Give a CSV file of this folder; every column is text unless ``types`` says otherwise."""
    data = (resources.files("voltloop.catalogue") / name).read_bytes()
    frame = pl.read_csv(data, infer_schema=False)
    return frame.with_columns(pl.col(column).cast(kind) for column, kind in types.items())


@cache
def chemistries() -> pl.DataFrame:
    """Battery chemistries with their family in transport law and their other names.

    Returns
    -------
    polars.DataFrame
        ``chemistry``, ``family`` (``li_ion``, ``li_metal``, ``na_ion``, ``nimh``, ...; null for unknown),
        ``density_wh_per_kg_min`` and ``density_wh_per_kg_max`` (bounds [Wh/kg] outside of which a listed
        energy or mass is certainly wrong; an estimate), ``synonyms`` (list of text), ``source``.

    Examples
    --------
    >>> frame = chemistries()
    >>> frame.filter(frame["chemistry"] == "LFP")["family"].item()
    'li_ion'
    """
    frame = _read("chemistries.csv", density_wh_per_kg_min=pl.Float64, density_wh_per_kg_max=pl.Float64)
    return frame.with_columns(_listed("synonyms"))


@cache
def pack_models() -> pl.DataFrame:
    """Battery models with their chemistry, nominal energy and mass.

    Returns
    -------
    polars.DataFrame
        ``model_id``, ``manufacturer``, ``manufacturer_aliases`` (list), ``model``, ``model_aliases`` (list),
        ``families`` (list: names of the series),
        ``chemistry``, ``form``, ``energy_wh`` [Wh], ``mass_kg`` [kg], ``voltage_v`` [V, null for mixed lots],
        ``cell_format``, ``year_from``, ``year_to``, ``is_estimate``, ``source``.

    Notes
    -----
    Energy and mass are of the whole pack (or unit), never of one of its modules.

    Examples
    --------
    >>> frame = pack_models()
    >>> frame.filter(frame["model"] == "Leaf 40 kWh")["mass_kg"].item()
    303.0
    """
    frame = _read(
        "pack_models.csv",
        energy_wh=pl.Float64,
        mass_kg=pl.Float64,
        voltage_v=pl.Float64,
        year_from=pl.Int64,
        year_to=pl.Int64,
    )
    return frame.with_columns(
        _listed("manufacturer_aliases"),
        _listed("model_aliases"),
        _listed("families"),
        pl.col("is_estimate") == "yes",
    )


@cache
def header_words() -> pl.DataFrame:
    """Names that columns of battery lists bear: ``field``, ``language`` (ISO 639-1), ``words`` (list).

    Within a row, the words stand from the most to the least telling.
    """
    return _read("header_words.csv").with_columns(_listed("words"))


@cache
def header_stems() -> pl.DataFrame:
    """Telling parts of headers: ``field``, ``language``, ``stems`` (list, without accents).

    ``date`` are the words that announce a date, ``never`` those of columns that are not of the battery table.
    """
    return _read("header_words_stems.csv").with_columns(_listed("stems"))


@cache
def value_words() -> pl.DataFrame:
    """Words that cells of battery lists hold: ``field``, ``value``, ``language``, ``words`` (list)."""
    return _read("condition_words.csv").with_columns(_listed("words"))


def _listed(column: str) -> pl.Expr:
    return pl.col(column).fill_null("").str.split(";").list.filter(pl.element() != "")
