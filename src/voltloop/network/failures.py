"""What may go wrong in a network, as shocks: those of a scenario, or everything, one at a time."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from voltloop.network.answer_tables import Answer
from voltloop.network.arcs import arcs_of
from voltloop.network.commitments import goods_of
from voltloop.network.kept_plan import Changes, KeptPlan
from voltloop.network.program import Ids, Numbers
from voltloop.network.scenario import Scenario
from voltloop.network.strikes import Strikes, strikes_of

__all__ = ["ALL_KINDS", "Failure", "changes_of", "one_at_a_time", "shocks_of"]

ALL_KINDS = ("site", "country", "passage", "mode")
"""What :func:`one_at_a_time` takes away."""


@dataclass(frozen=True)
class Failure:
    """One thing, or several at once, that go wrong.

    Attributes
    ----------
    name
        How tables tell it from others.
    kinds
        ``kind, what, factor, first_period, last_period`` as in ``shocks.csv``, and the kind ``mode``.
    days_to_recover
        Until what was struck works again; None where nobody says.
    """

    name: str
    kinds: tuple[tuple[str, str, float, str | None, str | None], ...]
    days_to_recover: float | None

    @property
    def kind(self) -> str:
        """Kinds in words."""
        return "; ".join(dict.fromkeys(row[0] for row in self.kinds))


def shocks_of(scenario: Scenario) -> list[Failure]:
    """Give the shocks of a scenario, rows of one name together."""
    columns = ("kind", "what", "factor", "first_period", "last_period")
    return [
        Failure(str(name), tuple(rows.select(columns).iter_rows()), rows["days_to_recover"].max())  # type: ignore[arg-type]
        for (name,), rows in scenario.shocks.group_by("shock", maintain_order=True)
    ]


def one_at_a_time(
    scenario: Scenario, answer: Answer, *, days_to_recover: float = 180.0, kinds: tuple[str, ...] = ALL_KINDS
) -> list[Failure]:
    """Give the loss of each site, country, passage and mode that a plan uses.

    Parameters
    ----------
    scenario, answer
        The network and its plan. Each is lost for one whole period, that in which it is busiest: runs and tonnes of
        its sites and lanes.
    days_to_recover
        Of each of them.
    kinds
        Which of them to take away.
    """
    busy = _busy(scenario, answer).filter(pl.col("kind").is_in(kinds))
    order = pl.col("kind").replace_strict(
        {kind: at for at, kind in enumerate(ALL_KINDS)}, return_dtype=pl.Int8
    )
    worst = (
        busy.group_by("kind", "what", "period", maintain_order=True)
        .agg(pl.col("amount").sum())
        .sort("amount", descending=True, maintain_order=True)
        .unique(["kind", "what"], keep="first", maintain_order=True)
        .sort(order, "what", maintain_order=True)
    )
    return [
        Failure(f"{kind} {what} lost in {period}", ((kind, what, 0.0, period, period),), days_to_recover)
        for kind, what, period in worst.select("kind", "what", "period").iter_rows()
    ]


def _busy(scenario: Scenario, answer: Answer) -> pl.DataFrame:
    """Give what is in use: ``kind, what, period, amount``."""
    col = pl.col
    country = scenario.sites.select("site", "country")
    runs = answer.runs.select("site", "period", amount="runs")
    taken = answer.supply.filter(col("taken") > 0).select("site", "period", amount="taken")
    passed = answer.flows.join(_passages(scenario), on="lane", how="inner")
    parts = {
        "site": runs.with_columns(what="site"),
        "country": pl.concat([runs, taken]).join(country, on="site").with_columns(what="country"),
        "passage": _exploded(passed, "passages"),
        "mode": _exploded(answer.flows, "modes"),
    }
    return pl.concat(
        [
            frame.select(pl.lit(kind).alias("kind"), "what", "period", amount=col("amount").cast(pl.Float64))
            for kind, frame in parts.items()
        ]
    )


def _passages(scenario: Scenario) -> pl.DataFrame:
    return arcs_of(scenario).select("lane", "passages").drop_nulls().unique("lane", maintain_order=True)


def _exploded(flows: pl.DataFrame, column: str) -> pl.DataFrame:
    what = pl.col(column).str.split(";").list.eval(pl.element().str.strip_chars())
    return flows.select("period", what=what, amount="mass_t").explode("what", empty_as_null=True)


def changes_of(plan: KeptPlan, failure: Failure) -> Changes:
    """Give what a failure changes in the programme of a plan; the same as the shocks in force would.

    What is left of capacity, supply and demand moves bounds, prices and duties move costs; ways that are lost whole are
    closed, those of a limited lane that are lost in part leave that part of its limit.
    """
    if not failure.kinds:
        return Changes()
    periods = plan.case.instance.periods
    during = [periods.span(first, last) for _, _, _, first, last in failure.kinds]
    shocks = plan.scenario.shocks.clear().select("shock", "kind", "what", "factor")
    rows = [(failure.name, kind, what, float(factor)) for kind, what, factor, _, _ in failure.kinds]
    shocks = pl.DataFrame(rows, schema=shocks.schema, orient="row")
    struck = strikes_of(replace(plan.scenario, shocks=shocks, struck=(failure.name,)), periods.names, during)
    changes = Changes()
    _flows(plan, struck, failure, changes)
    _amounts(plan, struck, changes)
    _capacity(plan, struck, changes)
    return changes


def _flows(plan: KeptPlan, struck: Strikes, failure: Failure, changes: Changes) -> None:
    flows, columns = plan.case.instance.flows, plan.case.flows
    t = flows["t"].to_numpy()
    at = np.arange(flows.height), t
    passages = dict(_passages(plan.scenario).iter_rows())
    arcs = flows.select(
        "lane", passages=pl.col("lane").replace_strict(passages, default=None, return_dtype=pl.String)
    )
    share = struck.lane_share(arcs)[at]
    modes = flows["modes"].str.split(";").list.eval(pl.element().str.strip_chars())
    for (kind, what, left, _, _), (_, _, _, during) in zip(failure.kinds, struck.rows, strict=True):
        if kind == "mode":
            share[modes.list.contains(what).to_numpy() & during[t]] *= left
    lost = share <= 1e-9
    if lost.any():
        changes.upper["ways"] = columns[lost], np.zeros(int(lost.sum()))
    _lane_limits(plan, share, changes)
    scenario = plan.scenario
    country = dict(scenario.sites.select("site", "country").iter_rows())
    value = dict(scenario.commodities.select("commodity", "value_eur_per_unit").iter_rows())
    start, end = (
        flows[name].replace_strict(country, return_dtype=pl.String) for name in ("origin", "destination")
    )
    duty = struck.duty_rate(flows["commodity"])[at] * (start != end).to_numpy()
    added = duty * flows["commodity"].replace_strict(value, return_dtype=pl.Float64).to_numpy()
    dearer = added > 0
    if dearer.any():
        worth = plan.case.instance.periods.at_middle[t[dearer]]
        which = columns[dearer]
        changes.cost["duties"] = which, plan.cost[which] + worth * added[dearer]


def _lane_limits(plan: KeptPlan, share: Numbers, changes: Changes) -> None:
    rows, _ = plan.rows("lane")
    limits = plan.case.instance.lanes
    if not len(rows) or (share >= 1.0).all():
        return
    left = (
        plan.case.instance.flows.select("line", "t", share=pl.Series(share))
        .group_by("line", "t")
        .agg(pl.col("share").max())
    )
    found = limits.join(left, on=["line", "t"], how="left", maintain_order="left")["share"].fill_null(1.0)
    changes.rows["lanes"] = rows, plan.row_lower[rows], plan.row_upper[rows] * found.to_numpy()


def _amounts(plan: KeptPlan, struck: Strikes, changes: Changes) -> None:
    """Move supply and demand to what is left of them, and their prices."""
    case = plan.case
    worth = case.instance.periods.at_middle
    for table, frame, columns, sign in (
        ("supply", case.instance.takes, case.takes, 1.0),
        ("demand", case.instance.serves, case.serves, -1.0),
    ):
        factor = struck.amount_factor(frame, table)
        amount, least, t = (frame[name].to_numpy() for name in ("amount", "least", "t"))
        if (factor != 1.0).any():
            rows, _ = plan.rows(table)
            changes.rows[table] = rows, plan.row_lower[rows], amount * factor
            rows, _ = plan.rows(f"{table}_least")
            some = least > 0
            changes.rows[f"{table}_least"] = rows, (least * factor)[some], plan.row_upper[rows]
            paid = worth[t] * frame["penalty_eur"].to_numpy() * amount
            changes.offset_eur += float((paid * (factor - 1.0)).sum())
            if table == "supply":
                _collected(plan, amount * frame["mass_t"].to_numpy() * (1.0 - factor), changes)
        dearer = struck.price_factor(frame) - 1.0
        if dearer.any():
            price = sign * worth[t] * frame["price_eur"].to_numpy() * dearer
            changes.cost[table] = columns, plan.cost[columns] + price


def _collected(plan: KeptPlan, lost_t: Numbers, changes: Changes) -> None:
    """Lower what targets of collection ask for by their share of the supply that is lost."""
    rows, keys = plan.rows("target_least")
    targets = plan.scenario.targets.filter(pl.col("kind") == "collection")
    if not len(rows) or not targets.height:
        return
    instance = plan.case.instance
    names = instance.periods.names
    least = plan.row_lower[rows].copy()
    for row in targets.iter_rows(named=True):
        goods = goods_of(instance, row["of_commodities"])["commodity"].to_list()
        fits = instance.takes["commodity"].is_in(goods).to_numpy()
        lost = np.bincount(instance.takes["t"].to_numpy()[fits], weights=lost_t[fits], minlength=len(names))
        for t, name in enumerate(names):
            at = ((keys["target"] == row["target"]) & (keys["period"] == name)).to_numpy()
            least[at] -= row["share"] * row["content"] * lost[t]
    changes.rows["collected"] = rows, least, plan.row_upper[rows]


def _capacity(plan: KeptPlan, struck: Strikes, changes: Changes) -> None:
    """Move the bounds of the rows of capacity and least use by what the open facilities lose."""
    instance, made = plan.case.instance, plan.formulation.openings
    table = instance.capacity
    site = dict(instance.scenario.facilities.select("facility", "site").iter_rows())
    sites = table["facility"].replace_strict(site, return_dtype=pl.String)
    factor = struck.site_factor(sites, table["t"])
    if (factor == 1.0).all():
        return
    is_open, steps = plan.upper[made.is_open.ravel()], plan.upper[made.steps.ravel()]
    capacity = table["capacity"].to_numpy()
    fixed = np.where(np.isfinite(capacity), capacity, 0.0)
    lost = (1.0 - factor) * (fixed * is_open + table["step_capacity"].to_numpy() * steps)
    rows, _ = plan.rows("capacity")
    upper = plan.row_upper[rows] - lost
    changes.rows["capacity"] = rows, plan.row_lower[rows], upper
    gone = (factor <= 0.0) & ~np.isfinite(capacity)
    _stop(plan, gone, changes)
    rows, keys = plan.rows("least_use")
    if len(rows):
        changes.rows["least_use"] = (
            rows,
            plan.row_lower[rows] - _least_lost(plan, lost, keys),
            plan.row_upper[rows],
        )


def _stop(plan: KeptPlan, gone: Numbers, changes: Changes) -> None:
    """Close the runs of facilities without limit that are struck out."""
    if not gone.any():
        return
    table = plan.case.instance.capacity.filter(pl.Series(gone)).select(
        "facility", "t", gone=pl.lit(value=True)
    )
    runs = plan.case.instance.runs.select("facility", "t").join(
        table, on=["facility", "t"], how="left", maintain_order="left"
    )
    columns: Ids = plan.case.runs[runs["gone"].fill_null(value=False).to_numpy()]
    changes.upper["runs"] = columns, np.zeros(len(columns))


def _least_lost(plan: KeptPlan, lost: Numbers, keys: pl.DataFrame) -> Numbers:
    """How much less must be run: the least share of what is lost, row by row of the least uses."""
    names = plan.case.instance.periods.names
    shares = plan.scenario.facilities.select("facility", "least_share")
    table = plan.case.instance.capacity.select(
        "facility", period=pl.col("t").replace_strict(dict(enumerate(names)), return_dtype=pl.String)
    ).with_columns(lost=pl.Series(lost))
    found = keys.join(table, on=["facility", "period"], how="left", maintain_order="left").join(
        shares, on="facility", how="left", maintain_order="left"
    )
    return np.asarray((found["lost"] * found["least_share"]).to_numpy())
