"""Cuts a stress series into windows and gives the stress in each, at any state of health."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from voltloop.batteries.ageing.potentials import anode_potential

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voltloop.batteries.ageing.series import Series

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["Cut", "Stress", "cut", "stress"]

DAY_S = 86_400.0
HOUR_S = 3_600.0
REST_C_RATE = 0.01
"""A slower current counts as rest."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A series cut into windows.

    ``start`` is the place of each window's first sample, ``count`` how many it has; ``share`` the weight of
    each sample in the time average of its window (trapezoids); ``days`` the length of each window;
    ``repeats`` the length of the series over that of its windows.
    """

    time_s: Floats
    soc: Floats
    temperature_k: Floats
    start: Ints
    count: Ints
    share: Floats
    days: Floats
    repeats: float


@dataclass(frozen=True, slots=True)
class Stress:
    """What a model's rates look at, at one state of health.

    Of each sample: ``temperature_k``, ``soc``, ``potential_v`` (graphite anode against lithium). Of each
    window: ``dod`` (highest less lowest state of charge), ``c_rate`` (mean of the absolute C-rate over the
    whole window), ``c_charge`` and ``c_discharge`` (mean while charging and discharging, 0 where there is
    none), ``soc_low``, ``soc_high``, ``soc_mean``, ``temperature_mean_k``, ``days`` and ``efc`` (equivalent
    full cycles of the new battery: half of all movement of charge).
    """

    cut: Cut
    temperature_k: Floats
    soc: Floats
    potential_v: Floats
    dod: Floats
    c_rate: Floats
    c_charge: Floats
    c_discharge: Floats
    soc_low: Floats
    soc_high: Floats
    soc_mean: Floats
    temperature_mean_k: Floats
    days: Floats
    efc: Floats

    def mean(self, values: Floats) -> Floats:
        """Average of samples over the time of each window."""
        return np.add.reduceat(self.cut.share * values, self.cut.start)

    def spread(self, values: Floats) -> Floats:
        """Give every sample the value of its window."""
        return np.repeat(values, self.cut.count)


def _closes(time_s: Floats, soc: Floats) -> Ints:
    """Places of the last sample of each window: past a day, or at a turn of the charge past a full cycle."""
    moved = np.concatenate(([0.0], np.cumsum(np.abs(np.diff(soc)) / 2)))
    slope = np.sign(np.diff(soc))
    moving = np.flatnonzero(slope)
    turns = moving[1:][slope[moving[1:]] != slope[moving[:-1]]]
    turned = moved[turns]
    ends: list[int] = []
    last, final = 0, len(time_s) - 1
    while last < final:
        day = int(np.searchsorted(time_s, time_s[last] + DAY_S, side="right"))
        at = int(np.searchsorted(turned, moved[last] + 1.0, side="right"))
        cycle = int(turns[at]) if at < len(turns) else final
        last = min(day, cycle, final)
        # A window is a run of two samples or more; a single one left over belongs to the window before it.
        if final - last < 2:
            last = final
        ends.append(last)
    return np.array(ends)


def _fine(series: Series) -> tuple[Floats, Floats, Floats]:
    """Time, charge and temperature with samples set in, straight between the given ones, at most an hour apart."""
    time = series.time_s
    parts = np.maximum(1, np.ceil(np.diff(time) / HOUR_S - 1e-9)).astype(np.int64)
    if parts.max() > 1:
        within = np.arange(parts.sum()) - np.repeat(np.cumsum(parts) - parts, parts)
        time = np.append(
            np.repeat(time[:-1], parts) + within * np.repeat(np.diff(time) / parts, parts), time[-1]
        )
    return (
        time,
        np.interp(time, series.time_s, series.soc),
        np.interp(time, series.time_s, series.temperature_c) + 273.15,
    )


def cut(series: Series) -> Cut:
    """Cut a series into windows: each ends past a day, or at the turn past one equivalent full cycle.

    The stress in a window counts as one cycle of its depth, so a hard-driven battery needs shorter ones.
    Windows are runs of samples of their own, as in the reference; the step from one to the next, at most an
    hour, counts as more of the same.
    """
    time_s, soc, temperature_k = _fine(series)
    ends = _closes(time_s, soc)
    start = np.concatenate(([0], ends[:-1] + 1))
    count = ends - start + 1
    step = np.diff(time_s, prepend=time_s[0])
    step[start] = 0.0
    after = np.append(step[1:], 0.0)
    length = time_s[ends] - time_s[start]
    share = (step + after) / 2 / np.repeat(length, count)
    repeats = (time_s[-1] - time_s[0]) / length.sum()
    return Cut(time_s, soc, temperature_k, start, count, share, length / DAY_S, float(repeats))


def stress(windows: Cut, health: float) -> Stress:
    """Give the stress of each window for a battery at a state of health.

    Parameters
    ----------
    windows
        The use of a new battery.
    health
        Capacity relative to new. The energy moved stays as it was new, so the swings of the state of charge,
        and with them depth and C-rate, grow by its inverse around the first sample of each window and end at
        empty and full; 1 leaves the use as it is.
    """
    start, count = windows.start, windows.count
    first = np.repeat(windows.soc[start], count)
    soc = np.clip(first + (windows.soc - first) / health, 0.0, 1.0)
    swing = np.diff(soc, prepend=soc[0])
    hours = np.diff(windows.time_s, prepend=windows.time_s[0]) / 3600.0
    swing[start] = 0.0
    hours[start] = 0.0
    rate = np.divide(swing, hours, out=np.zeros_like(swing), where=hours > 0)
    rate[np.abs(rate) < REST_C_RATE] = 0.0

    def while_moving(sign: int) -> Floats:
        on = rate * sign > 0
        spent = np.add.reduceat(np.where(on, hours, 0.0), start)
        moved = np.add.reduceat(np.where(on, np.abs(rate) * hours, 0.0), start)
        return health * np.divide(moved, spent, out=np.zeros_like(moved), where=spent > 0)

    low, high = np.minimum.reduceat(soc, start), np.maximum.reduceat(soc, start)
    return Stress(
        windows,
        windows.temperature_k,
        soc,
        anode_potential(soc),
        high - low,
        health * np.add.reduceat(np.abs(rate) * hours, start) / (windows.days * 24.0),
        while_moving(1),
        while_moving(-1),
        low,
        high,
        np.add.reduceat(soc, start) / count,
        np.add.reduceat(windows.temperature_k, start) / count,
        windows.days,
        health * np.add.reduceat(np.abs(swing), start) / 2,
    )
