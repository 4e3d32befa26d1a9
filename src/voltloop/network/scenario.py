"""A scenario: everything a network may consist of, as typed tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import polars as pl

from voltloop.errors import InputError, nearest
from voltloop.network.dictionary import ColumnSpec, empty_table, scenario_dictionary

__all__ = ["TABLES", "Scenario", "scenario_of"]

TABLES = tuple(file.removesuffix(".csv") for file in scenario_dictionary() if file.endswith(".csv"))
"""Names of the tables of a scenario, in the order of the documentation."""


@dataclass(frozen=True)
class Scenario:
    """A network that may be built, with what it is for.

    Attributes
    ----------
    name, currency, discount_rate, carbon_price_eur_per_t, holding_rate, note
        Settings; see ``scenario.toml`` in the data dictionary.
    struck
        Names of the shocks of ``shocks`` that are in force.
    periods, commodities, sites, activities, recipes, facilities, utilities, stocks, modes, lanes, supply, demand
        Tables with the columns of the data dictionary, all of them.
    contracts, tariffs, bans, targets, shocks
        The same.
    law
        What the law says of dangerous goods and waste: ``commodity``, ``mode``, ``from_country``, ``to_country``,
        ``period``, ``is_allowed``, ``is_decided``, ``said``. A way of such goods that has no row is not taken.
    """

    name: str
    currency: str = "EUR"
    discount_rate: float = 0.0
    carbon_price_eur_per_t: float = 0.0
    holding_rate: float = 0.0
    note: str | None = None
    struck: tuple[str, ...] = ()
    periods: pl.DataFrame = field(default_factory=partial(empty_table, "periods"))
    commodities: pl.DataFrame = field(default_factory=partial(empty_table, "commodities"))
    sites: pl.DataFrame = field(default_factory=partial(empty_table, "sites"))
    activities: pl.DataFrame = field(default_factory=partial(empty_table, "activities"))
    recipes: pl.DataFrame = field(default_factory=partial(empty_table, "recipes"))
    facilities: pl.DataFrame = field(default_factory=partial(empty_table, "facilities"))
    utilities: pl.DataFrame = field(default_factory=partial(empty_table, "utilities"))
    stocks: pl.DataFrame = field(default_factory=partial(empty_table, "stocks"))
    modes: pl.DataFrame = field(default_factory=partial(empty_table, "modes"))
    lanes: pl.DataFrame = field(default_factory=partial(empty_table, "lanes"))
    supply: pl.DataFrame = field(default_factory=partial(empty_table, "supply"))
    demand: pl.DataFrame = field(default_factory=partial(empty_table, "demand"))
    contracts: pl.DataFrame = field(default_factory=partial(empty_table, "contracts"))
    tariffs: pl.DataFrame = field(default_factory=partial(empty_table, "tariffs"))
    bans: pl.DataFrame = field(default_factory=partial(empty_table, "bans"))
    targets: pl.DataFrame = field(default_factory=partial(empty_table, "targets"))
    shocks: pl.DataFrame = field(default_factory=partial(empty_table, "shocks"))
    law: pl.DataFrame = field(
        default_factory=lambda: pl.DataFrame(
            schema={
                "commodity": pl.String,
                "mode": pl.String,
                "from_country": pl.String,
                "to_country": pl.String,
                "period": pl.String,
                "is_allowed": pl.Boolean,
                "is_decided": pl.Boolean,
                "said": pl.String,
            }
        )
    )

    def table(self, name: str) -> pl.DataFrame:
        """Give a table by its name."""
        found: pl.DataFrame = getattr(self, name)
        return found


def scenario_of(
    name: str,
    *,
    discount_rate: float = 0.0,
    carbon_price_eur_per_t: float = 0.0,
    holding_rate: float = 0.0,
    **tables: pl.DataFrame | Sequence[Mapping[str, Any]],
) -> Scenario:
    """Make a scenario in EUR from tables that may leave out columns, which then take their defaults.

    Parameters
    ----------
    name, discount_rate, carbon_price_eur_per_t, holding_rate
        See :class:`Scenario`.
    tables
        Frames, or rows as mappings, by the name of the table; tables left out are empty. Lists within a cell are text,
        their parts separated by semicolons.

    Raises
    ------
    InputError
        ``scenario-table`` for a table or column that is unknown, missing, of another type, or out of its range.

    Examples
    --------
    >>> from datetime import date
    >>> made = scenario_of("one", periods=[{"period": "2027", "first_on": date(2027, 1, 1)}])
    >>> made.periods["years"].to_list()
    [1.0]
    """
    made: dict[str, Any] = {}
    for table, rows in tables.items():
        if table not in TABLES:
            raise _wrong(
                f'"{table}" is not a table of a scenario.{nearest(table, TABLES)} Known: {", ".join(TABLES)}.'
            )
        frame = rows if isinstance(rows, pl.DataFrame) else pl.DataFrame(list(rows), infer_schema_length=None)
        made[table] = _typed(frame, table)
    return Scenario(
        name,
        discount_rate=discount_rate,
        carbon_price_eur_per_t=carbon_price_eur_per_t,
        holding_rate=holding_rate,
        **made,
    )


def _typed(frame: pl.DataFrame, table: str) -> pl.DataFrame:
    specs = scenario_dictionary()[f"{table}.csv"]
    odd = [column for column in frame.columns if column not in specs]
    if odd:
        raise _wrong(
            f'{table}: the column "{odd[0]}" is not known.{nearest(odd[0], specs)} Correct its name.'
        )
    if not frame.width:
        return empty_table(table)
    return pl.DataFrame([_column(frame, spec, table) for spec in specs.values()])


def _column(frame: pl.DataFrame, spec: ColumnSpec, table: str) -> pl.Series:
    name = spec.column
    blank = pl.Series(name, [None] * frame.height, dtype=spec.dtype)
    column = frame[name] if name in frame.columns else blank
    try:
        values = column.cast(spec.dtype)
    except pl.exceptions.PolarsError as error:
        raise _wrong(f'{table}, column "{name}": {error}. Expected {spec.type}. Correct it.') from error
    if spec.default is not None:
        values = values.fill_null(pl.Series([_default(spec)], dtype=spec.dtype)[0])
    bad = values.is_null() if spec.required else pl.Series([False] * len(values), dtype=pl.Boolean)
    if spec.type in {"number", "whole"}:
        number = values.cast(pl.Float64)
        low, high = spec.minimum, spec.maximum
        outside = ~number.is_finite() | (number < (-1e300 if low is None else low))
        outside |= number > (1e300 if high is None else high)
        bad |= outside.fill_null(value=False)
    if bad.any():
        place = int(bad.arg_true()[0])
        raise _wrong(
            f'{table}, row {place + 1}, column "{name}": {values[place]!r} cannot be used. Expected {spec.meaning}'
        )
    return values


def _default(spec: ColumnSpec) -> Any:
    if spec.type == "yes_no":
        return spec.default == "yes"
    if spec.type in {"number", "whole"}:
        return (float if spec.type == "number" else int)(spec.default or 0)
    return spec.default


def _wrong(message: str) -> InputError:
    return InputError(message, code="scenario-table")
