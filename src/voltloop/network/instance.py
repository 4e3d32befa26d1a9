"""A scenario as arrays over its periods: what may be decided, and what each of it costs and emits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from voltloop.errors import InputError
from voltloop.network.arcs import activities_at, arcs_of, commodity_words
from voltloop.network.scenario import Scenario
from voltloop.network.strikes import Strikes, strikes_of

__all__ = ["Instance", "Periods", "instance_of", "periods_of"]

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Periods:
    """Periods as arrays, each of shape (T,).

    Attributes
    ----------
    names, first_on, last_on
        Name, first and last day.
    years
        Length.
    at_start, at_middle
        What money of the first day, and of the middle, is worth on the first day of all.
    carbon_price_eur_per_t, carbon_cap_t, budget_eur
        ``inf`` for no cap and no limit.
    """

    names: list[str]
    first_on: list[date]
    last_on: list[date]
    years: Numbers
    at_start: Numbers
    at_middle: Numbers
    carbon_price_eur_per_t: Numbers
    carbon_cap_t: Numbers
    budget_eur: Numbers

    def __len__(self) -> int:
        return len(self.names)

    def span(self, first: str | None, last: str | None) -> NDArray[np.bool_]:
        """Whether each period is from one to another; None for no end."""
        place = {name: number for number, name in enumerate(self.names)}
        numbers = np.arange(len(self.names))
        low = place[first] if first is not None else 0
        return (numbers >= low) & (numbers <= (place[last] if last is not None else len(self.names) - 1))

    def overlap(self, first_on: date | None, last_on: date | None) -> Numbers:
        """Share of each period that lies within days, 0 to 1."""
        shares = np.zeros(len(self.names))
        for number, (start, end) in enumerate(zip(self.first_on, self.last_on, strict=True)):
            low = max(start, first_on or start)
            high = min(end, last_on or end)
            shares[number] = max(0, (high - low).days + 1) / ((end - start).days + 1)
        return shares


@dataclass(frozen=True)
class Instance:
    """What may be decided in one scenario. Rows are in the order of periods within each thing; ``t`` is their number.

    Attributes
    ----------
    scenario, periods
        Where it comes from.
    flows
        ``t, lane, line, origin, destination, commodity, modes, freight_eur, duty_eur, kg_co2e, mass_t, open_share``;
        per unit; only ways that are open.
    runs
        ``t, facility, site, activity, process_eur, electricity_eur, labour_eur, process_kg, electricity_kg, room``;
        per run.
    takes, serves
        ``t, site, commodity, amount, least, price_eur, penalty_eur, kg_co2e, mass_t``; amounts in the period.
    stocks
        ``t, site, commodity, room, initial, holding_eur``; ``initial`` in the first period only.
    capacity
        ``t, facility, capacity, step_capacity, may_open``; room in the period.
    lanes
        ``t, line, lane, most_t``; lanes with a limit.
    """

    scenario: Scenario
    periods: Periods
    flows: pl.DataFrame
    runs: pl.DataFrame
    takes: pl.DataFrame
    serves: pl.DataFrame
    stocks: pl.DataFrame
    capacity: pl.DataFrame
    lanes: pl.DataFrame


def instance_of(scenario: Scenario) -> Instance:
    """Make the arrays of a scenario whose checks found nothing wrong.

    Raises
    ------
    InputError
        ``scenario-law`` when dangerous goods or waste would move and the scenario says nothing of the law.
    """
    periods = periods_of(scenario)
    strikes = strikes_of(scenario, periods.names, [periods.span(*span) for span in _spans(scenario)])
    flows = _flows(scenario, periods, strikes)
    return Instance(
        scenario,
        periods,
        flows,
        _runs(scenario, periods),
        _amounts(scenario, periods, "supply", strikes),
        _amounts(scenario, periods, "demand", strikes),
        _stocks(scenario, periods),
        _capacity(scenario, periods, strikes),
        _lane_limits(flows, periods),
    )


def _spans(scenario: Scenario) -> list[tuple[str | None, str | None]]:
    return scenario.shocks.select("first_period", "last_period").rows()


def periods_of(scenario: Scenario) -> Periods:
    """Give the periods of a scenario as arrays."""
    frame = scenario.periods
    years = frame["years"].to_numpy()
    begins = np.concatenate([[0.0], np.cumsum(years)[:-1]])
    first_on = frame["first_on"].to_list()
    end = first_on[-1] + timedelta(days=max(1, round(years[-1] * 365.25)) - 1)
    last_on = [*(day - timedelta(days=1) for day in first_on[1:]), end]
    rate = 1.0 + scenario.discount_rate
    return Periods(
        frame["period"].to_list(),
        first_on,
        last_on,
        years,
        rate**-begins,
        rate ** -(begins + years / 2.0),
        frame["carbon_price_eur_per_t"].fill_null(scenario.carbon_price_eur_per_t).to_numpy(),
        frame["carbon_cap_t"].fill_null(np.inf).to_numpy(),
        frame["budget_eur"].fill_null(np.inf).to_numpy(),
    )


def _crossed(frame: pl.DataFrame, count: int) -> pl.DataFrame:
    return frame.join(pl.DataFrame({"t": np.arange(count)}), how="cross", maintain_order="left_right")


def _belongs(scenario: Scenario, sites: pl.Series, place: str) -> NDArray[np.bool_]:
    """Whether each of some sites is in a country or area."""
    if place == "*":
        return np.ones(len(sites), dtype=bool)
    frame = scenario.sites.select("site", "country", areas=pl.col("areas").fill_null("").str.split(";"))
    inside = [
        site
        for site, country, areas in frame.iter_rows()
        if place == country or place in [area.strip() for area in areas]
    ]
    return sites.is_in(inside).to_numpy()


def _named(scenario: Scenario, cell: str) -> list[str]:
    words = [word.strip() for word in cell.split(";")]
    return commodity_words(scenario).filter(pl.col("word").is_in(words))["commodity"].unique().to_list()


def _flows(scenario: Scenario, periods: Periods, strikes: Strikes) -> pl.DataFrame:
    goods = scenario.commodities.select(
        "commodity", "value_eur_per_unit", mass_t=pl.col("mass_kg_per_unit") / 1000.0
    )
    arcs = arcs_of(scenario).join(goods, on="commodity", how="left", maintain_order="left")
    shape = (arcs.height, len(periods))
    share, duty = np.ones(shape), np.zeros(shape)
    dated = arcs.with_row_index("row").filter(
        pl.col("allowed_from").is_not_null() | pl.col("allowed_until").is_not_null()
    )
    for row, first, last in dated.select("row", "allowed_from", "allowed_until").iter_rows():
        share[row] = periods.overlap(first, last)
    value, mass = arcs["value_eur_per_unit"].to_numpy(), arcs["mass_t"].to_numpy()
    for table in ("bans", "tariffs"):
        for row in scenario.table(table).iter_rows(named=True):
            fits = arcs["commodity"].is_in(_named(scenario, row["commodities"])).to_numpy()
            fits &= _belongs(scenario, arcs["origin"], row["from_place"])
            fits &= _belongs(scenario, arcs["destination"], row["to_place"])
            fits &= _crosses_border(scenario, arcs)
            part = periods.overlap(row["valid_from"], row["valid_until"])
            if table == "bans":
                share[fits] -= part
            else:
                duty[fits] += np.outer(value[fits] * row["rate"] + mass[fits] * row["eur_per_t"], part)
    share = np.clip(share, 0.0, 1.0) * strikes.lane_share(arcs)
    duty += np.where(
        _crosses_border(scenario, arcs)[:, None], strikes.duty_rate(arcs["commodity"]) * value[:, None], 0.0
    )
    share *= _lawful(scenario, arcs, periods)
    arc, t = np.nonzero(share > 1e-9)
    return (
        arcs[arc.astype(np.uint32)]
        .select(
            "lane",
            "line",
            "origin",
            "destination",
            "commodity",
            "modes",
            "km",
            "capacity_t_per_year",
            "mass_t",
            freight_eur="cost_eur_per_unit",
            kg_co2e="kg_co2e_per_unit",
        )
        .with_columns(
            t=pl.Series(t),
            duty_eur=pl.Series(duty[arc, t]),
            open_share=pl.Series(share[arc, t]),
        )
    )


def _crosses_border(scenario: Scenario, arcs: pl.DataFrame) -> NDArray[np.bool_]:
    country = dict(scenario.sites.select("site", "country").iter_rows())
    start, end = (arcs[name].replace_strict(country, default=None) for name in ("origin", "destination"))
    return (start != end).fill_null(value=False).to_numpy()


def _lawful(scenario: Scenario, arcs: pl.DataFrame, periods: Periods) -> NDArray[np.bool_]:
    """Whether the law lets each commodity go each way in each period, by every mode of the way."""
    regulated = scenario.commodities.filter(pl.col("goods").is_not_null() | pl.col("is_waste"))["commodity"]
    concerned = arcs["commodity"].is_in(regulated.to_list())
    lawful = np.ones((arcs.height, len(periods)), dtype=bool)
    if not concerned.any():
        return lawful
    if not scenario.law.height:
        raise InputError(
            f'The scenario "{scenario.name}" moves dangerous goods or waste ({", ".join(regulated[:5])}), but its law '
            "has not been asked. Ask it first (voltloop.app.network_law.with_law), or leave out goods and is_waste.",
            code="scenario-law",
        )
    country = dict(scenario.sites.select("site", "country").iter_rows())
    asked = _crossed(
        arcs.select("origin", "destination", "commodity", "modes")
        .with_row_index("arc")
        .filter(concerned)
        .with_columns(
            mode=pl.col("modes").str.split(";"),
            from_country=pl.col("origin").replace_strict(country),
            to_country=pl.col("destination").replace_strict(country),
        )
        .explode("mode", empty_as_null=True)
        .with_columns(pl.col("mode").str.strip_chars()),
        len(periods),
    ).join(pl.DataFrame({"t": np.arange(len(periods)), "period": periods.names}), on="t", how="left")
    keys = ["commodity", "mode", "from_country", "to_country", "period"]
    answers = asked.join(scenario.law.select(*keys, "is_allowed"), on=keys, how="left")
    barred = answers.filter(~pl.col("is_allowed").fill_null(value=False))
    lawful[barred["arc"].to_numpy(), barred["t"].to_numpy()] = False
    return lawful


def _utilities(scenario: Scenario, periods: Periods) -> pl.DataFrame:
    """Give electricity and labour at each site in each period, from the narrowest row."""
    names = ["electricity_eur_per_kwh", "electricity_kg_co2e_per_kwh", "labour_eur_per_h"]
    sites = scenario.sites.select("site", "country")
    found = {name: np.zeros((sites.height, len(periods))) for name in names}
    rank = np.zeros((sites.height, len(periods)), dtype=int)
    countries = set(sites["country"])
    ids = set(sites["site"])
    for row in scenario.utilities.iter_rows(named=True):
        place = row["place"]
        if place in ids:
            inside, level = (sites["site"] == place).to_numpy(), 4
        else:
            inside = _belongs(scenario, sites["site"], place)
            level = 1 if place == "*" else 3 if place in countries else 2
        better = inside[:, None] & periods.span(row["first_period"], row["last_period"]) & (rank <= level)
        rank[better] = level
        for name in names:
            found[name][better] = row[name]
    return _crossed(sites.select("site"), len(periods)).with_columns(
        pl.Series(name, values.ravel()) for name, values in found.items()
    )


def _runs(scenario: Scenario, periods: Periods) -> pl.DataFrame:
    extra = scenario.facilities.select("facility", extra_eur="cost_eur_per_run")
    runs = (
        activities_at(scenario)
        .join(scenario.activities, on="activity", how="left", maintain_order="left")
        .join(extra, on="facility", how="left", maintain_order="left")
    )
    return (
        _crossed(runs, len(periods))
        .join(_utilities(scenario, periods), on=["site", "t"], how="left", maintain_order="left")
        .select(
            "t",
            "facility",
            "site",
            "activity",
            process_eur=pl.col("cost_eur_per_run") + pl.col("extra_eur"),
            electricity_eur=pl.col("energy_kwh_per_run") * pl.col("electricity_eur_per_kwh"),
            labour_eur=pl.col("labour_h_per_run") * pl.col("labour_eur_per_h"),
            process_kg="kg_co2e_per_run",
            electricity_kg=pl.col("energy_kwh_per_run") * pl.col("electricity_kg_co2e_per_kwh"),
            room="room_per_run",
        )
    )


def _amounts(scenario: Scenario, periods: Periods, table: str, strikes: Strikes) -> pl.DataFrame:
    """Supply or demand by period; a row for one period stands before one for all."""
    place = pl.DataFrame({"period": periods.names, "t": np.arange(len(periods))})
    frame = scenario.table(table)
    general = _crossed(frame.filter(pl.col("period").is_null()), len(periods)).with_columns(rank=pl.lit(1))
    own = frame.join(place, on="period", how="inner", maintain_order="left").with_columns(rank=pl.lit(0))
    mass = scenario.commodities.select("commodity", mass_t=pl.col("mass_kg_per_unit") / 1000.0)
    years = pl.Series(periods.years)
    both = (
        pl.concat([own.select(sorted(own.columns)), general.select(sorted(own.columns))])
        .sort("rank", maintain_order=True)
        .unique(["site", "commodity", "t"], keep="first", maintain_order=True)
        .join(mass, on="commodity", how="left", maintain_order="left")
        .sort("site", "commodity", "t", maintain_order=True)
    )
    amount = both["amount_per_year"].to_numpy() * years.to_numpy()[both["t"].to_numpy()]
    amount = amount * strikes.amount_factor(both, table)
    price = both["price_eur_per_unit"].to_numpy() * strikes.price_factor(both)
    return both.select(
        "t",
        "site",
        "commodity",
        amount=pl.Series(amount),
        least=pl.Series(amount) * pl.col("least_share"),
        price_eur=pl.Series(price),
        penalty_eur="penalty_eur_per_unit",
        kg_co2e="kg_co2e_per_unit",
        mass_t="mass_t",
    ).filter(pl.col("amount") > 0)


def _stocks(scenario: Scenario, periods: Periods) -> pl.DataFrame:
    crossed = _crossed(scenario.stocks, len(periods))
    years = pl.Series(periods.years[crossed["t"].to_numpy()])
    return crossed.select(
        "t",
        "site",
        "commodity",
        room=pl.col("room").fill_null(np.inf),
        initial=pl.when(pl.col("t") == 0).then(pl.col("initial")).otherwise(0.0),
        holding_eur=pl.col("holding_eur_per_unit_year") * years,
    )


def _capacity(scenario: Scenario, periods: Periods, strikes: Strikes) -> pl.DataFrame:
    crossed = _crossed(scenario.facilities, len(periods))
    years = periods.years[crossed["t"].to_numpy()]
    spans = scenario.facilities.select("first_period", "last_period").iter_rows()
    may_open = np.array([periods.span(*span) for span in spans], dtype=bool).reshape(-1)
    factor = strikes.site_factor(crossed["site"], crossed["t"])
    return (
        crossed.select("t", "facility", "capacity_runs_per_year", "step_runs_per_year")
        .select(
            "t",
            "facility",
            capacity=pl.col("capacity_runs_per_year").fill_null(np.inf) * pl.Series(years * factor),
            step_capacity=pl.col("step_runs_per_year") * pl.Series(years * factor),
            is_struck_out=pl.Series(factor <= 0.0),
            may_open=pl.Series(may_open),
        )
        .with_columns(capacity=pl.when("is_struck_out").then(0.0).otherwise(pl.col("capacity")))
    )


def _lane_limits(flows: pl.DataFrame, periods: Periods) -> pl.DataFrame:
    limited = flows.filter(pl.col("capacity_t_per_year").is_not_null())
    return (
        limited.group_by("line", "t", maintain_order=True)
        .agg(
            pl.col("lane").first(),
            most_t=(pl.col("capacity_t_per_year") * pl.col("open_share")).max(),
        )
        .with_columns(
            most_t=pl.col("most_t")
            * pl.col("t").replace_strict(dict(enumerate(periods.years.tolist())), return_dtype=pl.Float64)
        )
    )
