"""Use case: what should become of each battery of a list, over a network's plants, and where it waits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from voltloop.app.assess import Assessed, TreatmentTerms, assess
from voltloop.app.borders import Borders
from voltloop.app.files import read_bytes
from voltloop.app.network_folder import Network, read_network
from voltloop.app.origins import locate
from voltloop.app.placed import placed
from voltloop.app.read_list import require_usable
from voltloop.app.world import survey
from voltloop.batteries import ReadResult, read_list
from voltloop.compliance import load_rulebook
from voltloop.errors import InputError, VoltloopError
from voltloop.findings import Finding
from voltloop.transport import DistanceProvider, RoadNetwork
from voltloop.treatment import Decision, Waiting

__all__ = ["TreatJob", "Treated", "treat_list"]

_ANSWER = (
    "row", "battery_id", "serial", "quantity", "manufacturer", "model", "chemistry", "soh", "condition", "point_name",
)  # fmt: skip
_OUTCOME = (
    "outcome", "treatment", "destination_id", "route", "is_waste", "net_value_eur", "co2e_kg", "distance_km",
    "freight_eur", "freight_co2e_kg", "currency", "price_on", "runner_up", "reason",
)  # fmt: skip


@dataclass(frozen=True)
class TreatJob:
    """One order to choose treatments.

    Attributes
    ----------
    batteries, network
        The list and the network folder.
    on, days
        First day, and the days over which yearly capacities and volumes count pro rata, 1 or more.
    carbon_price_eur_per_t
        None takes the network's.
    carbon_budget_kg
        Most carbon of all treated batteries, with freight; None for no budget.
    wait_days
        Days until the next period for which batteries may wait; None lets nothing wait.
    price_drift
        Expected change of prices in a year, as shares by item; only with ``wait_days``.
    cache, provider
        As in :class:`voltloop.app.plan_folder.Job`.
    """

    batteries: Path
    network: Path
    on: date
    days: int = 5
    carbon_price_eur_per_t: float | None = None
    carbon_budget_kg: float | None = None
    wait_days: float | None = None
    price_drift: tuple[tuple[str, float], ...] = ()
    cache: Path | None = None
    provider: DistanceProvider | None = None


@dataclass(frozen=True)
class Treated:
    """Every accepted battery with its treatment, or why it waits or is held.

    Attributes
    ----------
    table
        One row per accepted battery, in the order of the list: who it is, ``outcome`` (treated, waits or held),
        ``treatment``, ``destination_id`` and their figures, ``reason`` in words.
    sites
        One row per site that gets batteries: name, batteries, mass, value, freight, carbon, by treatment.
    decision
        Limits, contracts, budget, bound and gap.
    read, assessed, network
        What it was made from.
    """

    job: TreatJob
    table: pl.DataFrame
    sites: pl.DataFrame
    decision: Decision
    read: ReadResult
    assessed: Assessed
    network: Network

    @property
    def findings(self) -> tuple[Finding, ...]:
        """About network, batteries, prices, sites and contracts."""
        return (*self.network.findings, *self.decision.findings)

    def summary(self) -> dict[str, Any]:
        """Give counts, totals, proof and limits, ready for JSON."""
        done = self.table.filter(pl.col("outcome") == "treated")
        return {
            "schema": "treat/1",
            "on": self.job.on,
            "days": self.job.days,
            "currency": self.decision.prices.currency,
            "price_on": self.decision.prices.newest_on,
            "carbon_price_eur_per_t": self.decision.carbon_price_eur_per_t,
            "carbon_budget_kg": self.job.carbon_budget_kg,
            "carbon_boundary": "avoided burden, freight well to wheel included in freight_co2e_kg",
            "list": self.read.counts,
            "batteries": {
                "accepted": self.table.height,
                **{
                    name: self.table.filter(pl.col("outcome") == name).height
                    for name in ("treated", "waits", "held")
                },
            },
            "treatments": dict(done.group_by("treatment").len().sort("treatment").rows()),
            "net_value_eur": float(done["net_value_eur"].sum()),
            "freight_eur": float(done["freight_eur"].sum()),
            "co2e_kg": float((done["co2e_kg"] + done["freight_co2e_kg"]).sum()),
            "score_eur": self.decision.score_eur,
            "bound_eur": self.decision.bound_eur,
            "gap": self.decision.gap,
            "groups": self.decision.groups,
            "limits": self.decision.limits.to_dicts(),
            "findings": [
                {
                    "code": f.code,
                    "severity": f.severity.value,
                    "where": f.where,
                    "message": f.message,
                    "help": f.help,
                }
                for f in self.findings
            ],
        }


def treat_list(job: TreatJob, say: Callable[[str, str], None] | None = None) -> Treated:
    """Choose a treatment and a site for each battery of a list.

    Raises
    ------
    InputError
        List, network or a term cannot be used; ``treat-days`` for a horizon below a day.
    RulebookError
        No edition of the law covers the day.
    NoFeasiblePlan
        ``treatment-conflict``: contracts, rooms or the carbon budget cannot be kept together; the message names them.
    """
    if job.days < 1:
        raise InputError(
            f"The horizon is {job.days} days. Expected 1 or more. Correct --days.", code="treat-days"
        )
    say = say or (lambda _step, _what: None)
    say("Network", job.network.name)
    network = read_network(job.network)
    rulebook = load_rulebook()
    say("Reading", job.batteries.name)
    read = read_list(read_bytes(job.batteries), job.batteries.name, on=job.on, points=network.points)
    require_usable(read, job.batteries.name)
    origins = locate(read.batteries, network.points, network.sites)
    table, held = placed(read.batteries, origins)
    say("Distances", f"{origins.points.height} places, {network.sites.height} sites")
    provider = job.provider or RoadNetwork(job.cache)
    world = survey(origins.points.filter("is_plannable"), network.sites.filter("is_plannable"), provider)
    table = table.join(
        world.index("point"), left_on="point_id", right_on="id", how="left", maintain_order="left"
    )
    say("Law and treatment", f"{table.height} batteries")
    borders = Borders(network.consents, rulebook, job.on, job.on)
    assessed = assess(
        table, network, world, borders, rulebook, on=job.on, days=job.days, terms=_terms(job, network)
    )
    whole = _whole(read.batteries, assessed, pl.concat([held, assessed.held]), origins.points)
    network = replace(network, findings=(*network.findings, *origins.findings))
    return Treated(job, whole, _per_site(whole, network), assessed.decision, read, assessed, network)


def _terms(job: TreatJob, network: Network) -> TreatmentTerms:
    price = network.settings.carbon_price_eur_per_t
    waiting = None
    if job.wait_days is not None:
        waiting = Waiting(job.wait_days, price_drift_per_year=dict(job.price_drift))
    return TreatmentTerms(
        price if job.carbon_price_eur_per_t is None else job.carbon_price_eur_per_t,
        job.carbon_budget_kg,
        waiting,
    )


def _whole(
    batteries: pl.DataFrame, assessed: Assessed, held: pl.DataFrame, points: pl.DataFrame
) -> pl.DataFrame:
    """One row per accepted battery: treated, waiting or held, and exactly once."""
    decision = assessed.decision
    treated = decision.table.filter(pl.col("destination_id").is_not_null())
    waits = decision.waits.select("row", "treatment", "destination_id", "reason")
    held = held.filter(~pl.col("row").is_in(waits["row"].implode())).select("row", "reason")
    parts = [
        part.with_columns(pl.lit(name).alias("outcome"))
        for name, part in (("treated", treated), ("waits", waits), ("held", held))
    ]
    answers = pl.concat(parts, how="diagonal_relaxed")
    if answers["row"].sort().to_list() != batteries["row"].sort().to_list():
        raise VoltloopError(
            f"{batteries.height} batteries were accepted, but {answers.height} are treated, waiting or held. This is a "
            "fault of voltloop; nothing was written. Please send us the list and the network.",
            code="batteries-lost",
        )
    names = points.select(point="point_id", point_name="name")
    return (
        batteries.drop("reason")
        .join(answers, on="row", how="left", maintain_order="left")
        .join(_points(assessed, batteries), on="row", how="left", maintain_order="left")
        .join(names, on="point", how="left", maintain_order="left")
        .select(*_ANSWER, *_OUTCOME)
    )


def _points(assessed: Assessed, batteries: pl.DataFrame) -> pl.DataFrame:
    """Place of each battery, null where nobody knows it."""
    known = pl.concat([assessed.batteries.select("row", "point_id"), assessed.held.select("row", "point_id")])
    return batteries.select("row").join(known.rename({"point_id": "point"}), on="row", how="left")


def _per_site(table: pl.DataFrame, network: Network) -> pl.DataFrame:
    """Sites by treatment with what they get, most batteries first."""
    return (
        table.filter(pl.col("outcome") == "treated")
        .group_by("destination_id", "treatment")
        .agg(
            pl.len().alias("rows"),
            pl.col("quantity").sum().alias("batteries"),
            pl.col("net_value_eur").sum(),
            pl.col("freight_eur").sum(),
            (pl.col("co2e_kg") + pl.col("freight_co2e_kg")).sum().alias("co2e_kg"),
        )
        .join(
            network.sites.select(destination_id="site_id", site="name", country="country"),
            on="destination_id",
        )
        .select(
            "site",
            "country",
            "destination_id",
            "treatment",
            "rows",
            "batteries",
            "net_value_eur",
            "freight_eur",
            "co2e_kg",
        )
        .sort("rows", "destination_id", "treatment", descending=[True, False, False])
    )
