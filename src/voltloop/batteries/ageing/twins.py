"""The twin of each battery: what is known of its ageing on a day, as one row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import dataframely as dy
import numpy as np
import polars as pl
from numpy.typing import NDArray

from voltloop.batteries.ageing.advance import advance, capacity, health, losses
from voltloop.batteries.ageing.classes import class_series
from voltloop.batteries.ageing.series import Series
from voltloop.batteries.ageing.spread import spread_of
from voltloop.batteries.ageing.wear import Wear, wear
from voltloop.errors import InputError, nearest

__all__ = ["Group", "TwinSchema", "change_use", "groups", "move", "observe", "update", "yearly_wear"]

Floats = NDArray[Any]

SOH_MOST = 1.2
"""Highest state of health that can be: some new batteries hold more than they are rated for."""

ROUNDS = 12
LARGEST_STEP = 1.0
NUDGE = 1e-4


class TwinSchema(dy.Schema):
    """One row per battery: effective time or throughput of every term, and the scalar on the losses."""

    battery_id = dy.String(primary_key=True, min_length=1)
    model = dy.String(description="Ageing model")
    use = dy.String(description="Class of use from now on")
    climate = dy.String(description="Class of climate from now on")
    on = dy.Date(description="Day of the state")
    z = dy.List(
        dy.Float64(), description="Effective time or throughput of each term of the model; last, full cycles"
    )
    log_scalar = dy.Float64(description="Mean of the logarithm of the scalar")
    log_scalar_sd = dy.Float64(min=0, description="Its standard deviation")
    soh_base = dy.Float64(min_exclusive=0, description="State of health that relative capacity 1 stands for")


@dataclass(frozen=True, slots=True)
class Group:
    """Twins of one model and use, as arrays over the batteries.

    ``rows`` are their places in the table, ``z`` has shape (terms, batteries), the others (batteries,).
    """

    wear: Wear
    rows: NDArray[np.int64]
    z: Floats
    log_scalar: Floats
    log_scalar_sd: Floats
    soh_base: Floats

    def soh(self, z: Floats, scalar: Floats) -> Floats:
        """State of health against a new battery."""
        return np.asarray(self.soh_base * health(self.wear, z, scalar))


@lru_cache(maxsize=256)
def yearly_wear(model: str, use: str, climate: str) -> Wear:
    """Give the wear of a year of a class of use in a class of climate."""
    return wear(class_series(use, climate), model).by_year()


def groups(twins: pl.DataFrame) -> Iterator[Group]:
    """Give the twins group by group, in the order in which groups first appear."""
    columns = ("z", "log_scalar", "log_scalar_sd", "soh_base")
    numbered = twins.select("model", "use", "climate", *columns).with_row_index("_row")
    for (model, use, climate), part in numbered.group_by("model", "use", "climate", maintain_order=True):
        grown = yearly_wear(str(model), str(use), str(climate))
        flat = part["z"].list.explode(keep_nulls=False, empty_as_null=False).to_numpy()
        yield Group(
            grown,
            part["_row"].to_numpy().astype(np.int64),
            np.ascontiguousarray(flat.reshape(part.height, len(grown.p)).T),
            *(part[name].to_numpy() for name in columns[1:]),
        )


def _with(twins: pl.DataFrame, change: Callable[[Group], tuple[Floats, Floats, Floats]]) -> pl.DataFrame:
    """Give the twins with new z, log scalar and its deviation, worked out group by group."""
    parts = []
    for group in groups(twins):
        z, mean, sd = change(group)
        parts.append(
            pl.DataFrame(
                {"_row": group.rows, "z": state_column(z), "log_scalar": mean, "log_scalar_sd": sd},
            )
        )
    return twins.with_columns(pl.concat(parts).sort("_row").drop("_row")) if parts else twins


def state_column(z: Floats) -> pl.Series:
    """Give states of shape (terms, batteries) as one list per battery."""
    return pl.Series("z", np.ascontiguousarray(z.T)).arr.to_list()


def passed(grown: Wear, z: Floats, scalar: Any, days: Floats) -> Floats:
    """Give the states after each battery's own number of days of a repeating year of use."""
    for year in range(int(np.ceil(days.max(initial=0.0) / 365.0))):
        z = advance(grown, 0, z, scalar, np.clip(days / 365.0 - year, 0.0, 1.0))
    return z


def move(twins: pl.DataFrame, on: Any) -> pl.DataFrame:
    """Give the twins on a later day, each after its own use until then, their scalars a little less sure.

    Parameters
    ----------
    twins
        Table of :class:`TwinSchema`.
    on
        The day, or a series of one day per battery; a day before that of a twin leaves it as it is.
    """
    later = pl.max_horizontal(pl.col("on"), pl.lit(on))

    def drift(group: Group) -> float:
        return spread_of(group.wear.model).drift_per_year

    days = twins.select((later - pl.col("on")).dt.total_days().cast(pl.Float64)).to_series().to_numpy()
    moved = _with(
        twins,
        lambda group: (
            passed(group.wear, group.z, np.exp(group.log_scalar), days[group.rows]),
            group.log_scalar,
            np.hypot(group.log_scalar_sd, drift(group) * np.sqrt(days[group.rows] / 365.0)),
        ),
    )
    return moved.with_columns(later.alias("on"))


def update(twins: pl.DataFrame, soh: Floats, soh_sd: Floats) -> pl.DataFrame:
    """Give the twins after one reading of the state of health each, taken on the day of the state.

    Parameters
    ----------
    twins
        Table of :class:`TwinSchema`.
    soh
        State of health read, share of new, 0 to 1.2, shape (batteries,); NaN where there was no reading.
    soh_sd
        Standard deviation of each reading, above 0.

    Returns
    -------
    polars.DataFrame
        The same twins: the scalar between what was believed and what was read, each by its weight, and surer
        than before.

    Raises
    ------
    InputError
        ``bad-reading``: a state of health or standard deviation that cannot be.

    Notes
    -----
    Kalman update on the logarithm m of the scalar: the most likely m of prior N(m0, P) and reading N(soh(m),
    R), found by Gauss-Newton, since soh is not straight in m; 1 / P grows by H^2 / R, H = d soh / d m there.
    With P without bound it is the plain ratio of the loss read to the loss of the model.
    """
    is_read = ~np.isnan(soh)
    wrong = np.flatnonzero(is_read & ~((soh >= 0) & (soh <= SOH_MOST) & np.isfinite(soh_sd) & (soh_sd > 0)))
    if wrong.size:
        at = int(wrong[0])
        raise InputError(
            f"battery {twins['battery_id'][at]}: a reading of {soh[at]:g} with a standard deviation of {soh_sd[at]:g} "
            f"cannot be ({wrong.size} such). A state of health from 0 to {SOH_MOST:g} and a deviation above 0 were "
            "expected, both as shares of new. Correct them, or give NaN where nothing was read.",
            code="bad-reading",
        )
    return _with(twins, lambda group: _updated(group, soh[group.rows], soh_sd[group.rows]))


def _updated(group: Group, soh: Floats, soh_sd: Floats) -> tuple[Floats, Floats, Floats]:
    known = np.isfinite(soh)
    read = np.where(known, soh, 0.0)
    prior, weight = group.log_scalar, np.where(known, 1 / soh_sd**2, 0.0)
    certainty = 1 / np.maximum(group.log_scalar_sd, 1e-9) ** 2
    lost = losses(group.wear, group.z)

    def soh_at(log_scalar: Floats) -> Floats:
        return np.asarray(group.soh_base * capacity(group.wear, lost, np.exp(log_scalar)))

    def slope_at(log_scalar: Floats) -> Floats:
        return (soh_at(log_scalar + NUDGE) - soh_at(log_scalar - NUDGE)) / (2 * NUDGE)

    mean = prior
    for _ in range(ROUNDS):
        slope = slope_at(mean)
        pull = certainty * (prior - mean) + weight * slope * (read - soh_at(mean))
        mean = mean + np.clip(pull / (certainty + weight * slope**2), -LARGEST_STEP, LARGEST_STEP)
    return group.z, mean, 1 / np.sqrt(certainty + weight * slope_at(mean) ** 2)


def observe(twins: pl.DataFrame, battery_id: str, series: Series) -> pl.DataFrame:
    """Give the twins after one of them has been through a measured use, from its day to as many days later.

    The growth of every term under the series is added to its state.

    Raises
    ------
    InputError
        ``unknown-battery``: there is no such twin.
    """
    chosen = twins.filter(battery_id=battery_id)
    if not chosen.height:
        raise InputError(
            f'There is no twin of the battery "{battery_id}".{nearest(battery_id, twins["battery_id"])} Make it with '
            "start_twins first.",
            code="unknown-battery",
        )
    (group,) = groups(chosen)
    grown = wear(series, group.wear.model)
    z = group.z
    for step in range(len(grown.days)):
        z = advance(grown, step, z, np.exp(group.log_scalar))
    lasted = round(float(series.time_s[-1] - series.time_s[0]) / 86_400.0)
    is_it = pl.col("battery_id") == battery_id
    state = pl.lit(pl.Series([z[:, 0].tolist()], dtype=pl.List(pl.Float64))).first()
    return twins.with_columns(
        pl.when(is_it).then(state).otherwise("z").alias("z"),
        pl.when(is_it).then(pl.col("on").dt.offset_by(f"{lasted}d")).otherwise("on").alias("on"),
    )


def change_use(twins: pl.DataFrame, use: str, climate: str) -> pl.DataFrame:
    """Give the twins under another use from their day on, such as a second life.

    The loss of every term stays; where a model's exponent or limit follows the use, its effective time or
    throughput becomes the one that gives the same loss.
    """
    carried = _with(
        twins,
        lambda group: (
            _carried(group.wear, yearly_wear(group.wear.model, use, climate), group.z),
            group.log_scalar,
            group.log_scalar_sd,
        ),
    )
    return carried.with_columns(pl.lit(use).alias("use"), pl.lit(climate).alias("climate"))


def _carried(before: Wear, after: Wear, z: Floats) -> Floats:
    state = z.copy()
    for term in range(len(before.p)):
        p, limit, new_p, new_limit = before.p[term], before.limit[term], after.p[term], after.limit[term]
        if (p, limit) == (new_p, new_limit):
            continue
        loss = limit * np.tanh(z[term] ** p / 2)
        # A loss past the new limit stays just below it: it cannot grow further.
        state[term] = (2 * np.arctanh(np.minimum(loss / new_limit, 0.999))) ** (1 / new_p)
    return state
