"""Questions about the tours of a plan: why a stop is left, what a rule costs, which tour is weak, what changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from voltloop.app.earlier import Earlier, read_earlier
from voltloop.app.files import read_bytes
from voltloop.app.groundwork import PlanRequest, Say, lay_groundwork
from voltloop.app.network_folder import read_network
from voltloop.app.plan_folder import job_of
from voltloop.app.pose import pose
from voltloop.app.route import made_late
from voltloop.collection import Plan, Problem
from voltloop.collection.compare import Comparison, compare
from voltloop.collection.insertion import Usage
from voltloop.collection.planned import planned_tours
from voltloop.collection.prices import prices
from voltloop.collection.relaxed import relaxations
from voltloop.collection.weakness import weak_tours
from voltloop.collection.why import explain
from voltloop.errors import InputError, nearest
from voltloop.transport import DistanceProvider, RoadNetwork

__all__ = ["Question", "changes", "prices_of", "questions", "weak", "why_left", "why_stop"]


@dataclass(frozen=True)
class Question:
    """The tours of one road law and the problem that they solve."""

    mode: str
    problem: Problem
    plan: Plan


def questions(
    folder: Path, say: Say, *, cache: Path | None = None, provider: DistanceProvider | None = None
) -> tuple[Question, ...]:
    """Pose the tour problems of a plan folder again, from the inputs kept in it.

    Raises
    ------
    InputError
        ``not-a-plan``: the folder is none, or its inputs are no longer those that it was made from.
    """
    job, earlier = job_of(folder), read_earlier(folder)
    network = read_network(job.network)
    request = PlanRequest(job.returns.name, read_bytes(job.returns), network, job.on, job.search)
    ground = lay_groundwork(request, provider or RoadNetwork(cache), say)
    say("Tours", "")
    return tuple(
        _question(mode, entry, pose(ground, mode).problem, folder) for mode, entry in earlier.items()
    )


def _question(mode: str, entry: Earlier, problem: Problem, folder: Path) -> Question:
    known = set(problem.stops["pickup_id"])
    if lost := sorted({*entry.plan.stops["pickup_id"], *entry.plan.unserved["pickup_id"]} ^ known):
        raise InputError(
            f"{folder}: the pick-up {lost[0]} stands in one of plan and inputs, and not in both. The inputs were "
            "changed, or another version of voltloop made the plan. Plan it again with voltloop rerun.",
            code="not-a-plan",
        )
    return Question(mode, made_late(problem, entry.late), entry.plan)


def why_left(folder: Path) -> list[dict[str, Any]]:
    """List the pick-ups that no tour serves: ``pickup_id, outcome, due, code, worth_eur, adds_eur, words``."""
    left = pl.concat([entry.plan.unserved for entry in read_earlier(folder).values()])
    return left.select(
        "pickup_id",
        "outcome",
        due="next_due",
        code="code",
        worth_eur="prize_eur",
        adds_eur="marginal_cost_eur",
        words="words",
    ).to_dicts()


def why_stop(asked: Sequence[Question], name: str) -> list[dict[str, Any]]:
    """Say of each pick-up of a name (its id, or that of its point) which tour serves it, or what keeps it off.

    Returns
    -------
    list
        ``pickup_id, outcome`` (planned, deferred or held), ``words``, and of what is left out ``adds_eur``,
        ``obstacles`` and ``needs`` in words.

    Raises
    ------
    InputError
        ``stop-unknown``: no pick-up has that id or point.
    """
    found, known = [], set[str]()
    for entry in asked:
        stops = entry.problem.stop_list
        known |= {word for stop in stops for word in (stop.pickup_id, stop.point_id)}
        at = [index for index, stop in enumerate(stops) if name in (stop.pickup_id, stop.point_id)]
        found += [_why(entry, index) for index in at]
    if not found:
        raise InputError(
            f'"{name}" is neither a pick-up nor a point with pick-ups of this plan.{nearest(name, known)} '
            "stops.csv and deferred.csv list them.",
            code="stop-unknown",
        )
    return found


def _why(entry: Question, index: int) -> dict[str, Any]:
    stop, plan = entry.problem.stop_list[index], entry.plan
    visit = plan.stops.filter(pl.col("pickup_id") == stop.pickup_id).join(plan.tours, on="tour_id")
    if visit.height:
        row = visit.row(0, named=True)
        words = (
            f"Tour {row['tour_id']} fetches it on {row['day']} at {row['begins']}: {row['vehicle_type']} of "
            f"{row['depot_id']}, driver {row['driver_id'] or 'not named'}, visit {row['seq']}."
        )
        return {"pickup_id": stop.pickup_id, "outcome": "planned", "words": words}
    left = plan.unserved.filter(pl.col("pickup_id") == stop.pickup_id).row(0, named=True)
    answer = {"pickup_id": stop.pickup_id, "outcome": left["outcome"], "words": left["words"]}
    tours = [(tour.tour_id, tour.tour, tour.day) for tour in planned_tours(entry.problem, plan)]
    kept = [(tour_id, tour, day) for tour_id, tour, day in tours if tour is not None]
    usage = Usage(entry.problem, [(tour, day) for _, tour, day in kept])
    if left["marginal_cost_eur"] is None and left["outcome"] == "held" and left["code"] not in _CROWDED:
        return answer
    why = explain(usage, index)
    return answer | {
        "words": why.finding.message,
        "adds_eur": why.added_eur,
        "obstacles": [f"{kept[obstacle.index][0]}: {obstacle.words}" for obstacle in why.obstacles],
        "needs": [need.words for need in why.needs],
    }


_CROWDED = (
    "tour-no-vehicle-left",
    "tour-no-driver-left",
    "tour-no-certified-driver-left",
    "tour-no-trained-driver-left",
)
"""Reasons that hang on the other tours; any other says that no vehicle could serve the stop even alone."""


def prices_of(
    asked: Sequence[Question], rules: Sequence[str] | None, *, seconds: float, seed: int, runs: int
) -> pl.DataFrame:
    """Give the price of each rule, dearest first; see :func:`voltloop.collection.prices.prices`.

    The road law stands in ``mode``. Without ``rules`` all are tried but one more vehicle or driver at a depot, of which
    there are as many as vehicle types and depots.
    """
    parts = []
    for entry in asked:
        names = [name for name in relaxations(entry.problem) if "@" not in name] if rules is None else rules
        table = prices(entry.problem, entry.plan, names, seconds=seconds, seed=seed, runs=runs)
        parts.append(table.with_columns(mode=pl.lit(entry.mode)))
    return pl.concat(parts).sort("saving_eur", "constraint", descending=[True, False])


def weak(asked: Sequence[Question], look_at: int) -> pl.DataFrame:
    """Give the tours, weakest first; see :func:`voltloop.collection.weakness.weak_tours`.

    The road law stands in ``mode``.
    """
    parts = [
        weak_tours(entry.problem, entry.plan, look_at=look_at).tours.with_columns(mode=pl.lit(entry.mode))
        for entry in asked
    ]
    return pl.concat(parts).sort("removal_saves_eur", "tour_id", descending=[True, False], nulls_last=True)


def changes(before: Path, after: Path, *, by_point: bool) -> dict[str, Comparison]:
    """Compare two plan folders by road law; a law that only one of them has is left out.

    Raises
    ------
    InputError
        ``not-a-plan``; ``nothing-to-compare`` where the plans have no road law in common.
    """
    old, new = read_earlier(before), read_earlier(after)
    both = [mode for mode in old if mode in new]
    if not both:
        raise InputError(
            f"{before} has tours under {', '.join(old)}, {after} under {', '.join(new)}: there is nothing to compare. "
            "Name two plans of the same country.",
            code="nothing-to-compare",
        )
    key = "point_id" if by_point else "pickup_id"
    return {mode: compare(old[mode].plan, new[mode].plan, key=key) for mode in both}
