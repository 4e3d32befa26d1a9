"""Excursions: values outside the limits of the goods, found one reading at a time.

The state between two readings is a small dictionary of plain values, so a watch can be put away and go on later, and
the same readings give the same conclusions however they are cut into batches.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from voltloop.ledger.telemetry.conclusions import Conclusion
from voltloop.ledger.telemetry.limits import Limit
from voltloop.ledger.telemetry.moisture import dew_point_c

__all__ = ["MAX_GAP_S", "watch_value"]

MAX_GAP_S = 3600.0
"""How long a value stands for what follows it; after that, without a reading, nobody knows and nothing is counted."""

_PAIR_S = 900.0


def watch_value(
    state: dict[str, Any], limits: Sequence[Limit], metric: str, at: float, value: float
) -> Iterator[Conclusion]:
    """Take the next reading of a device and give what it shows.

    Parameters
    ----------
    state
        Of this device on this thing; changed in place, empty at first.
    limits
        Of the goods.
    metric, at, value
        The reading: measure, seconds since 1970 (not before the last one), value in the measure's unit.

    Notes
    -----
    A value stands until the next reading, for an hour at the most. The dew point is worked out from temperature and
    humidity of the device, the other one being 15 minutes old at the most, where it measures none itself.
    """
    yield from _watch(state, limits, metric, at, value)
    if metric not in {"temperature", "humidity"}:
        if metric == "dew_point":
            state["own_dew_point"] = True
        return
    air = state.setdefault("air", {})
    air[metric] = [at, value]
    other = air.get("humidity" if metric == "temperature" else "temperature")
    if other is None or at - other[0] > _PAIR_S or state.get("own_dew_point"):
        return
    dew_point = dew_point_c(air["temperature"][1], air["humidity"][1])
    if dew_point is not None:
        yield from _watch(state, limits, "dew_point", at, dew_point)


def _watch(
    state: dict[str, Any], limits: Sequence[Limit], metric: str, at: float, value: float
) -> Iterator[Conclusion]:
    for limit in limits:
        if limit.metric == metric:
            own = state.setdefault("limits", {}).setdefault(limit.rule, {"exposure_s": 0.0, "last": None})
            yield from _one(own, limit, at, value)


def _one(own: dict[str, Any], limit: Limit, at: float, value: float) -> Iterator[Conclusion]:
    """Count the exposure up to now, then let the value begin, confirm or end an excursion."""
    last = own["last"]
    if last is not None and limit.is_outside(last[1]):
        spent = min(at - last[0], MAX_GAP_S)
        before = own["exposure_s"]
        own["exposure_s"] = before + spent
        if limit.budget_s is not None and before <= limit.budget_s < own["exposure_s"]:
            over_at = last[0] + limit.budget_s - before
            yield Conclusion(
                "exposure", limit.rule, over_at, at, {"budget_s": limit.budget_s, "peak": own["worst"]}
            )
    own["last"] = [at, value]
    run = own.get("run")
    outside = limit.is_outside(value)
    if run is None:
        if not outside:
            return
        run = own["run"] = {
            "from": at, "count": 0, "sum": 0.0, "lowest": value, "highest": value, "peak": value, "peak_at": at,
            "told": False,
        }  # fmt: skip
    elif limit.is_clear(value):
        del own["run"]
        if run["told"]:
            yield Conclusion("excursion-end", limit.rule, at, at, _statistics(run, at))
        return
    elif not outside and not run["told"]:
        # Back inside, though not clear, before it lasted long enough.
        del own["run"]
        return
    run["count"] += 1
    run["sum"] += value
    run["lowest"], run["highest"] = min(run["lowest"], value), max(run["highest"], value)
    if limit.worse(run["peak"], value) != run["peak"]:
        run["peak"], run["peak_at"] = value, at
    own["worst"] = limit.worse(own.get("worst", value), value)
    if not run["told"] and at - run["from"] >= limit.min_duration_s:
        run["told"] = True
        yield Conclusion("excursion-start", limit.rule, run["from"], at, _statistics(run, at))


def _statistics(run: dict[str, Any], until: float) -> dict[str, Any]:
    return {
        "from": run["from"],
        "until": until,
        "count": run["count"],
        "min": run["lowest"],
        "max": run["highest"],
        "mean": run["sum"] / run["count"],
        "peak": run["peak"],
        "peak_at": run["peak_at"],
    }
