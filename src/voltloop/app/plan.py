"""Use case: from a list of returned batteries to tours, loads and the reason for every battery that stays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from voltloop.app.assess import Assessed
from voltloop.app.borders import Borders
from voltloop.app.earlier import frozen_tours, read_earlier
from voltloop.app.groundwork import Groundwork, PlanRequest, Say, lay_groundwork
from voltloop.app.held import hold, none_held
from voltloop.app.lawful import unlawful_runs, without_unlawful
from voltloop.app.onward import go_on
from voltloop.app.origins import Origins
from voltloop.app.plan_findings import findings_of
from voltloop.app.pose import pose
from voltloop.app.prepare import Prepared
from voltloop.app.route import Routed, law_prefix, route
from voltloop.app.world import World
from voltloop.batteries import ReadResult
from voltloop.collection import Onward, Progress, evaluate
from voltloop.compliance import Rulebook
from voltloop.errors import NoFeasiblePlan, VoltloopError
from voltloop.findings import Finding
from voltloop.transport import DistanceProvider

__all__ = ["MadePlan", "PlanRequest", "make_plan"]


@dataclass(frozen=True)
class MadePlan:
    """A plan, whole: every accepted battery is planned, deferred or held.

    Attributes
    ----------
    request, read, origins, world, assessed, prepared, rulebook, borders
        What it was made from, step by step.
    days
        Planning days.
    onward_on
        Day on which onward loads leave: the first working day after the plan. None when another edition of the law
        applies by then; everything then waits at the depots.
    routed
        Tours by road law.
    onward
        Onward loads by road law.
    tour_of
        ``row, tour_id, pickup_id, depot_id, mode`` of every planned battery: its trip, and where that is unloaded.
    held, deferred
        Every other accepted battery with its reason.
    findings
        About network, plan and loads.
    """

    request: PlanRequest
    read: ReadResult
    origins: Origins
    world: World
    rulebook: Rulebook
    borders: Borders
    assessed: Assessed
    prepared: Prepared
    days: tuple[date, ...]
    onward_on: date | None
    routed: tuple[Routed, ...]
    onward: dict[str, Onward]
    tour_of: pl.DataFrame
    held: pl.DataFrame
    deferred: pl.DataFrame
    findings: tuple[Finding, ...]


def make_plan(request: PlanRequest, provider: DistanceProvider, say: Say | None = None) -> MadePlan:
    """Make the plan.

    Parameters
    ----------
    request
        List, network, day and search.
    provider
        Source of road distances.
    say
        Told of each step; None for silence.

    Raises
    ------
    InputError
        The list cannot be read or has no usable row; no day can be planned.
    RulebookError
        No edition of the law covers the day.
    NoFeasiblePlan
        Not one battery can be planned; the message says why.
    """
    say = say or (lambda _step, _what: None)
    ground = lay_groundwork(request, provider, say)
    prepared, world, rulebook, onward_on = ground.prepared, ground.world, ground.rulebook, ground.onward_on
    routed = _tours(ground, say)
    kept, onward, unlawful = _lawful(ground, routed)
    tour_of, unserved = _served(kept)
    held, deferred = _unserved(prepared, unserved, ground.held, unlawful)
    plan = MadePlan(
        request, ground.read, ground.origins, world, rulebook, ground.borders, ground.assessed, prepared, ground.days,
        onward_on, kept, onward, tour_of, held.sort("row"), deferred.sort("row"),
        (
            *ground.findings,
            *findings_of(ground.assessed, prepared, ground.network, world, kept, onward, ground.days[0]),
        ),
    )  # fmt: skip
    _check_batteries(plan)
    if tour_of.is_empty():
        raise NoFeasiblePlan(_nothing(plan), code="nothing-planned")
    return plan


def _tours(ground: Groundwork, say: Say) -> tuple[Routed, ...]:
    def tell(progress: Progress) -> None:
        bound = f", at least {progress.bound_eur:,.0f}" if progress.bound_eur else ""
        say(
            "Tours",
            f"{progress.objective_eur:,.0f} EUR{bound} after {progress.seconds:.0f} s".replace(",", " "),
        )

    batteries, search = ground.prepared.batteries, ground.request.search
    earlier = {} if search.start is None else read_earlier(search.start)
    frozen = frozen_tours(search.frozen, earlier)
    say("Tours", f"{batteries.height} batteries to fetch on {len(ground.days)} days")
    modes = batteries["mode"].unique().sort().to_list()
    share = replace(search, time_limit_s=search.time_limit_s / max(len(modes), 1))
    return tuple(
        route(
            pose(ground, mode),
            share,
            tell,
            start=earlier[mode].plan if mode in earlier else None,
            frozen=frozen,
        )
        for mode in modes
    )


def _lawful(
    ground: Groundwork, routed: tuple[Routed, ...]
) -> tuple[tuple[Routed, ...], dict[str, Onward], pl.DataFrame]:
    """Feed every load to the law once more, on its own day, and take out what does not stand."""
    request, prepared, rulebook, onward_on = (
        ground.request,
        ground.prepared,
        ground.rulebook,
        ground.onward_on,
    )
    kept, onward, out = [], {}, [none_held()]
    for entry in routed:
        bad = unlawful_runs(entry, prepared, request.network, rulebook)
        plan = entry.plan
        rows = plan.stops.join(entry.pickups.select("pickup_id", "items"), on="pickup_id").explode("items")
        for tour_id, why in bad.items():
            gone = rows.filter(pl.col("tour_id") == tour_id).select(row="items")
            out.append(
                hold(prepared.batteries.join(gone, on="row", how="semi"), kind="forbidden", reason=why)
            )
        keep = ~pl.col("tour_id").is_in(list(bad))
        plan = replace(
            plan,
            tours=plan.tours.filter(keep),
            stops=plan.stops.filter(keep),
            breaks=plan.breaks.filter(keep),
            reloads=plan.reloads.filter(keep),
        )
        checked = evaluate(entry.problem, plan.tours, plan.stops, plan.breaks, reloads=plan.reloads)
        if checked.violations:
            raise VoltloopError(
                f"The plan breaks a rule of its own: {checked.violations[0].words} This is a fault of voltloop; "
                "nothing was written. Please send us the list and the network.",
                code="plan-not-valid",
            )
        kept.append(replace(entry, plan=plan))
        going = go_on(
            _arrivals(kept[-1], prepared), request.network, ground.world, kept[-1].problem, on=onward_on
        )
        named = pl.concat_str(pl.lit(law_prefix(entry.mode)), "load_id").alias("load_id")
        going = replace(going, loads=going.loads.with_columns(named))
        if onward_on is not None:
            going = without_unlawful(going, entry, prepared, rulebook, onward_on)
        onward[entry.mode] = going
    return tuple(kept), onward, pl.concat(out)


def _arrivals(entry: Routed, prepared: Prepared) -> pl.DataFrame:
    tours = entry.trips.stops.select("tour_id", "pickup_id").join(
        entry.trips.tours.select("tour_id", depot_id="end_depot_id"), on="tour_id"
    )
    rows = tours.join(entry.pickups.select("pickup_id", "items"), on="pickup_id").explode("items")
    return (
        entry.items.join(rows.select(item="items", depot_id="depot_id"), on="item", how="inner")
        .join(prepared.batteries.select(item="row", site_id="destination_id"), on="item", how="left")
        .sort("item")
    )


def _served(routed: tuple[Routed, ...]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows on tours, and rows of pick-ups without one."""
    on_tour = {
        "row": pl.Int64,
        "tour_id": pl.String,
        "pickup_id": pl.String,
        "depot_id": pl.String,
        "mode": pl.String,
    }
    left = {"row": pl.Int64, "outcome": pl.String, "code": pl.String, "words": pl.String, "next_due": pl.Date}
    served, unserved = [pl.DataFrame(schema=on_tour)], [pl.DataFrame(schema=left)]
    for entry in routed:
        rows = entry.pickups.select("pickup_id", pl.col("items").alias("row")).explode("row")
        stops = entry.trips.stops.join(
            entry.trips.tours.select("tour_id", depot_id="end_depot_id"), on="tour_id"
        )
        served.append(
            stops.join(rows, on="pickup_id")
            .with_columns(pl.lit(entry.mode).alias("mode"))
            .select(list(on_tour))
        )
        unserved.append(entry.plan.unserved.join(rows, on="pickup_id").select(list(left)))
    return pl.concat(served).sort("row"), pl.concat(unserved).sort("row")


_DEFERRED_SCHEMA = {
    "row": pl.Int64(), "battery_id": pl.String(), "serial": pl.String(), "quantity": pl.Int64(),
    "point_id": pl.String(), "point_name": pl.String(), "kind": pl.String(), "reason": pl.String(), "due_on": pl.Date(),
}  # fmt: skip


def _unserved(
    prepared: Prepared, unserved: pl.DataFrame, held: pl.DataFrame, unlawful: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    table = prepared.batteries.join(unserved, on="row", how="inner", maintain_order="left")
    # A row is one piece for the tours: where it stands for several batteries, the way out is to split it.
    split = pl.when((pl.col("quantity") > 1) & pl.col("code").str.starts_with("tour-too-")).then(
        pl.format(" Or split this row of {} batteries into rows that one vehicle can take.", "quantity")
    )
    stuck = hold(
        table.filter(pl.col("outcome_right") == "held"),
        kind="no_vehicle",
        reason=pl.concat_str("words", split.otherwise(pl.lit(""))),
        ask="Ask the fleet manager for the vehicle, driver or time that is missing.",
    )
    waits = table.filter(pl.col("outcome_right") == "deferred").with_columns(
        pl.col("code").alias("kind"), pl.col("words").alias("_words")
    )
    deferred = waits.drop("reason").rename({"_words": "reason"}).select(list(_DEFERRED_SCHEMA))
    return pl.concat([held, stuck, unlawful]), deferred


def _check_batteries(plan: MadePlan) -> None:
    """Nothing is lost: every accepted battery is planned, deferred or held, and exactly once."""
    ends = pl.concat([end.select("row") for end in (plan.tour_of, plan.deferred, plan.held)])["row"]
    accepted = plan.read.batteries["row"]
    if ends.sort().to_list() != accepted.sort().to_list():
        raise VoltloopError(
            f"{accepted.len()} batteries were accepted, but {ends.len()} are planned, deferred or held. "
            "This is a fault of voltloop; nothing was written. Please send us the list and the network.",
            code="batteries-lost",
        )


def _nothing(plan: MadePlan) -> str:
    tally = (
        pl.concat([plan.held.select("kind", "reason"), plan.deferred.select("kind", "reason")])
        .group_by("kind")
        .agg(pl.len(), pl.col("reason").first())
        .sort("len", descending=True)
        .head(4)
    )
    whys = " ".join(
        f"{row['len']} of kind {row['kind']}: {row['reason']}" for row in tally.iter_rows(named=True)
    )
    return (
        f"Not one of {plan.read.batteries.height} batteries can be planned from {plan.days[0]} to {plan.days[-1]}. "
        f"{whys} "
        "Mend the commonest of these in the list or the network, and plan again."
    )
