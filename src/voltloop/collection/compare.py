"""Two plans side by side: which stops are new, gone or moved, and what that did to cost and carbon."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

import polars as pl

__all__ = ["CAUSE_COLUMNS", "CHANGE_COLUMNS", "Comparison", "PlanTables", "compare"]

CHANGE_COLUMNS: Final[dict[str, pl.DataType]] = {
    "pickup_id": pl.String(),
    "point_id": pl.String(),
    "change": pl.String(),
    "is_other_day": pl.Boolean(),
    "is_other_tour": pl.Boolean(),
    "is_other_vehicle": pl.Boolean(),
    "is_other_driver": pl.Boolean(),
    "is_other_time": pl.Boolean(),
    "tour_before": pl.String(),
    "tour_after": pl.String(),
    "day_before": pl.Date(),
    "day_after": pl.Date(),
    "vehicle_before": pl.String(),
    "vehicle_after": pl.String(),
    "driver_before": pl.String(),
    "driver_after": pl.String(),
    "begins_before": pl.String(),
    "begins_after": pl.String(),
    "words": pl.String(),
}
"""One row per stop that is not served as before. ``change``: ``added`` and ``gone`` (only one of the plans knows the
stop), ``taken-up`` and ``left-out`` (both know it, one serves it), ``moved``. ``is_other_tour``: it left
the tour that it shared with most of its old companions. A vehicle is its depot, type and name; its number
on the day is not compared. ``begins`` is when loading starts, HH:MM."""

CAUSE_COLUMNS: Final[dict[str, pl.DataType]] = {
    "cause": pl.String(),
    "tours_before": pl.Int64(),
    "tours_after": pl.Int64(),
    "stops_in": pl.Int64(),
    "stops_out": pl.Int64(),
    "km": pl.Float64(),
    "duty_h": pl.Float64(),
    "cost_eur": pl.Float64(),
    "co2e_kg": pl.Float64(),
    "words": pl.String(),
}
"""Differences (after minus before) by cause. Tours of both plans that share stops, directly or through others, belong
together, and each such group has one cause, so that the rows add up to the whole difference: ``stops-in``
(stops came to its tours and none left), ``stops-out``, ``stops-in-and-out``, ``replanned`` (the same stops
on other tours), ``same-tours`` (the same stops in the same order: prices, roads or times)."""

_FIGURES: Final = ("km", "duty_h", "cost_eur", "co2e_kg")
_SAY: Final = {
    "stops-in": "tours that took up stops",
    "stops-out": "tours that lost stops",
    "stops-in-and-out": "tours that took up some stops and lost others",
    "replanned": "the same stops on other tours or in another order",
    "same-tours": "tours with the same stops in the same order",
}


class PlanTables(Protocol):
    """What is compared of a plan; a :class:`~voltloop.collection.plan.Plan` has it, and so has its folder."""

    @property
    def tours(self) -> pl.DataFrame:
        """``tour_id, day, depot_id, vehicle_type, vehicle_name, driver_id, km, duty_h, cost_eur, co2e_kg``."""
        ...

    @property
    def stops(self) -> pl.DataFrame:
        """``tour_id, seq, pickup_id, point_id, begins`` (HH:MM)."""
        ...

    @property
    def unserved(self) -> pl.DataFrame:
        """``pickup_id, point_id, words``."""
        ...


@dataclass(frozen=True)
class Comparison:
    """What changed between two plans.

    Attributes
    ----------
    changes
        Stops that are not served as before (:data:`CHANGE_COLUMNS`).
    causes
        Differences of kilometres, hours, money and carbon by cause (:data:`CAUSE_COLUMNS`).
    totals
        ``tours``, ``served``, ``km``, ``duty_h``, ``cost_eur``, ``co2e_kg``: (before, after). ``kept``: stops
        that both plans serve, and those of them on the same day, tour, vehicle, driver and time.
    words
        The same in sentences, most important first.
    """

    changes: pl.DataFrame
    causes: pl.DataFrame
    totals: dict[str, tuple[float, float]]
    words: tuple[str, ...]


def compare(
    before: PlanTables, after: PlanTables, *, key: str = "pickup_id", tolerance_min: int = 30
) -> Comparison:
    """Say what changed from one plan to another.

    Parameters
    ----------
    before, after
        The plans, such as yesterday's and today's.
    key
        Column that names the same stop in both plans: ``pickup_id``, or ``point_id`` where pick-ups are
        numbered anew in every plan; several pick-ups of a point are then matched in the order of their
        visits.
    tolerance_min
        A stop counts as moved in time when loading starts earlier or later by more than this [min].

    Returns
    -------
    Comparison
        Every stop of either plan is either kept, in ``changes``, or served by neither.
    """
    old, new = _visits(before, key), _visits(after, key)
    both = old.join(new, on="key", how="full", coalesce=True, suffix="_new")
    partner = _partners(both)
    changes = _changes(both, partner, tolerance_min)
    causes = _causes(both, before.tours, after.tours)
    kept = both.filter(pl.col("tour_id").is_not_null() & pl.col("tour_id_new").is_not_null()).height
    moved = changes.filter(pl.col("change") == "moved").height
    totals = {
        "tours": (float(before.tours.height), float(after.tours.height)),
        "served": (float(before.stops.height), float(after.stops.height)),
        **{name: (float(before.tours[name].sum()), float(after.tours[name].sum())) for name in _FIGURES},
        "kept": (float(kept), float(kept - moved)),
    }
    return Comparison(changes, causes, totals, _sentences(changes, causes, totals, tolerance_min))


def _visits(plan: PlanTables, key: str) -> pl.DataFrame:
    """List every stop of a plan under a key of its own, with its tour's day, vehicle and driver; null when unserved."""
    vehicle = pl.concat_str("depot_id", "vehicle_type", "vehicle_name", separator=" ").str.strip_chars()
    tours = plan.tours.select("tour_id", "day", vehicle.alias("vehicle"), "driver_id")
    served = plan.stops.select("tour_id", "seq", "pickup_id", "point_id", "begins").join(
        tours, on="tour_id", how="left"
    )
    left = plan.unserved.select("pickup_id", "point_id", "words")
    rows = pl.concat([served, left], how="diagonal").sort(
        "day", "begins", "seq", "pickup_id", nulls_last=True
    )
    return rows.with_columns(
        pl.concat_str(key, pl.int_range(pl.len()).over(key).cast(pl.String), separator="\n").alias("key")
    )


def _partners(both: pl.DataFrame) -> dict[str, str]:
    """Pair the tours of both plans, most shared stops first; each tour has at most one partner."""
    shared = both.drop_nulls(["tour_id", "tour_id_new"]).group_by("tour_id", "tour_id_new").len()
    pairs: dict[str, str] = {}
    taken: set[str] = set()
    for old, new, _ in shared.sort(
        "len", "tour_id", "tour_id_new", descending=[True, False, False]
    ).iter_rows():
        if old not in pairs and new not in taken:
            pairs[old] = new
            taken.add(new)
    return pairs


def _minutes(column: str) -> pl.Expr:
    parts = pl.col(column).str.split(":")
    return parts.list.get(0).cast(pl.Int64) * 60 + parts.list.get(1).cast(pl.Int64)


def _changes(both: pl.DataFrame, partner: dict[str, str], tolerance_min: int) -> pl.DataFrame:
    was, now = pl.col("tour_id").is_not_null(), pl.col("tour_id_new").is_not_null()
    partners = pl.DataFrame(
        list(partner.items()), schema={"tour_id": pl.String, "partner": pl.String}, orient="row"
    )
    rows = both.join(partners, on="tour_id", how="left").with_columns(
        pl.when(pl.col("pickup_id").is_null())
        .then(pl.lit("added"))
        .when(pl.col("pickup_id_new").is_null())
        .then(pl.lit("gone"))
        .when(was & ~now)
        .then(pl.lit("left-out"))
        .when(~was & now)
        .then(pl.lit("taken-up"))
        .when(was & now)
        .then(pl.lit("moved"))
        .alias("change"),
    )
    is_moved = pl.col("change") == "moved"
    late = (_minutes("begins_new") - _minutes("begins")).abs() > tolerance_min
    rows = rows.with_columns(
        (is_moved & pl.col("day").ne_missing(pl.col("day_new"))).alias("is_other_day"),
        (is_moved & pl.col("tour_id_new").ne_missing(pl.col("partner"))).alias("is_other_tour"),
        (is_moved & pl.col("vehicle").ne_missing(pl.col("vehicle_new"))).alias("is_other_vehicle"),
        (is_moved & pl.col("driver_id").ne_missing(pl.col("driver_id_new"))).alias("is_other_driver"),
        (is_moved & late.fill_null(value=False)).alias("is_other_time"),
    )
    any_move = pl.any_horizontal(name for name in CHANGE_COLUMNS if name.startswith("is_other"))
    rows = rows.filter(pl.col("change").is_not_null() & (~is_moved | any_move))
    rows = rows.with_columns(
        pl.coalesce("pickup_id_new", "pickup_id").alias("pickup_id"),
        pl.coalesce("point_id_new", "point_id").alias("point_id"),
        pl.col("words_new").alias("why"),
    ).rename({"words": "why_before"})
    renamed = {f"{name}{end}": f"{to}_{when}"
               for name, to in (("tour_id", "tour"), ("day", "day"), ("vehicle", "vehicle"), ("driver_id", "driver"),
                                ("begins", "begins"))
               for end, when in (("", "before"), ("_new", "after"))}  # fmt: skip
    rows = rows.rename(renamed).sort("change", "pickup_id")
    words = [_say(row) for row in rows.iter_rows(named=True)]
    return rows.with_columns(pl.Series("words", words, pl.String)).select(
        pl.col(name).cast(kind) for name, kind in CHANGE_COLUMNS.items()
    )


def _say(row: dict[str, object]) -> str:
    """Say in one sentence what happened to one stop."""
    name = f"{row['pickup_id']} ({row['point_id']})"
    then = f"{row['tour_before']} on {row['day_before']} at {row['begins_before']} by {row['vehicle_before']}"
    now = f"{row['tour_after']} on {row['day_after']} at {row['begins_after']} by {row['vehicle_after']}"
    match row["change"]:
        case "added":
            return (
                f"{name} is new: {now}."
                if row["tour_after"]
                else f"{name} is new and not served. {row['why']}"
            )
        case "gone":
            return f"{name} is no longer in the list; it was {'on ' + then if row['tour_before'] else 'not served'}."
        case "left-out":
            return f"{name} was on {then} and is not served now. {row['why'] or ''}".strip()
        case "taken-up":
            return f"{name} was not served and is now on {now}."
    parts = [
        f"{label} {row[f'{column}_before'] or 'none'} → {row[f'{column}_after'] or 'none'}"
        for label, column in (("day", "day"), ("tour", "tour"), ("vehicle", "vehicle"), ("driver", "driver"),
                              ("time", "begins"))
        if row[f"is_other_{'time' if column == 'begins' else column}"]
    ]  # fmt: skip
    return f"{name} moved: {', '.join(parts)}."


def _causes(both: pl.DataFrame, old: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
    """Group the tours of both plans that hang together by stops, give each group its cause, and add up."""
    tours = _groups(both, old, new)
    group_of = tours.select("tour_id", "side", "group")
    visits = both.filter(pl.any_horizontal(pl.col("tour_id", "tour_id_new").is_not_null())).with_columns(
        pl.col("tour_id").is_null().alias("came"),
        pl.col("tour_id_new").is_null().alias("left"),
        pl.coalesce("tour_id", "tour_id_new").alias("tour"),
        pl.when(pl.col("tour_id").is_null()).then(1).otherwise(-1).alias("side"),
    )
    flows = (
        visits.join(group_of, left_on=("tour", "side"), right_on=("tour_id", "side"))
        .group_by("group")
        .agg(
            pl.col("came").sum().cast(pl.Int64).alias("stops_in"),
            pl.col("left").sum().cast(pl.Int64).alias("stops_out"),
            pl.col("seq").eq_missing(pl.col("seq_new")).all().alias("in_order"),
        )
    )
    came, left = pl.col("stops_in") > 0, pl.col("stops_out") > 0
    alone = (pl.col("tours_before") == 1) & (pl.col("tours_after") == 1) & pl.col("in_order")
    causes = (
        tours.group_by("group")
        .agg(
            (pl.col("side") == -1).sum().cast(pl.Int64).alias("tours_before"),
            (pl.col("side") == 1).sum().cast(pl.Int64).alias("tours_after"),
            *((pl.col(name) * pl.col("side")).sum() for name in _FIGURES),
        )
        .join(flows, on="group")
        .with_columns(
            pl.when(came & left)
            .then(pl.lit("stops-in-and-out"))
            .when(came)
            .then(pl.lit("stops-in"))
            .when(left)
            .then(pl.lit("stops-out"))
            .when(alone)
            .then(pl.lit("same-tours"))
            .otherwise(pl.lit("replanned"))
            .alias("cause")
        )
        .group_by("cause")
        .agg(pl.col(name).sum() for name in CAUSE_COLUMNS if name not in ("cause", "words"))
        .sort(pl.col("cost_eur").abs(), "cause", descending=[True, False])
    )
    words = [
        f"{_more(row['cost_eur'], 'EUR', '.2f')} and {_more(row['co2e_kg'], 'kg CO2e', '.1f')} on {_SAY[row['cause']]} "
        f"({row['tours_before']} tours before, {row['tours_after']} after)."
        for row in causes.iter_rows(named=True)
    ]
    return causes.with_columns(pl.Series("words", words, pl.String)).select(CAUSE_COLUMNS.keys())


def _groups(both: pl.DataFrame, old: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
    """Give each tour the number of its group: connected components of the tours of both plans by shared stops."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    figures = ["tour_id", *_FIGURES]
    tours = pl.concat(
        [
            table.select(figures).with_columns(pl.lit(side).alias("side"))
            for side, table in ((-1, old), (1, new))
        ]
    ).with_row_index("node")
    pairs = both.select("tour_id", "tour_id_new").drop_nulls()
    ends = [
        pairs.join(
            tours.filter(pl.col("side") == side), left_on=name, right_on="tour_id", maintain_order="left"
        )["node"].to_numpy()
        for side, name in ((-1, "tour_id"), (1, "tour_id_new"))
    ]
    links = coo_array(([True] * pairs.height, tuple(ends)), shape=(tours.height, tours.height))
    return tours.with_columns(pl.Series("group", connected_components(links, directed=False)[1]))


def _more(value: float, unit: str, form: str) -> str:
    amount = f"{abs(value):{form}}"
    if float(amount) == 0:
        return f"no change in {unit}"
    return f"{amount} {unit} {'more' if value > 0 else 'less'}"


def _sentences(
    changes: pl.DataFrame, causes: pl.DataFrame, totals: dict[str, tuple[float, float]], tolerance_min: int
) -> tuple[str, ...]:
    was, now = totals["cost_eur"]
    share = f" ({abs(now - was) / was:.1%})" if was > 0 else ""
    tours = totals["tours"]
    co2e, km = totals["co2e_kg"], totals["km"]
    words = [
        f"{_more(now - was, 'EUR', '.2f')}{share}, {_more(co2e[1] - co2e[0], 'kg CO2e', '.1f')}, "
        f"{_more(km[1] - km[0], 'km', '.0f')}; {tours[0]:.0f} tours before, {tours[1]:.0f} after."
    ]
    count = dict(changes.group_by("change").len().iter_rows())
    words.append(
        f"Stops: {count.get('added', 0)} new, {count.get('gone', 0)} gone, {count.get('taken-up', 0)} taken up, "
        f"{count.get('left-out', 0)} left out."
    )
    kept, same = totals["kept"]
    if kept:
        day, tour, vehicle, driver, clock = (
            int(changes[name].sum()) for name in CHANGE_COLUMNS if name.startswith("is_other")
        )
        words.append(
            f"Of {kept:.0f} stops that both plans serve, {same:.0f} stay as they were; {day} have another day, {tour} "
            f"another tour, {vehicle} another vehicle, {driver} another driver, {clock} another time (by more than "
            f"{tolerance_min} min)."
        )
    return (*words, *causes["words"])
