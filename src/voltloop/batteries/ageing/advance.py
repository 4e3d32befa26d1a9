"""Moves batteries through a use: state after each step, health and resistance from a state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from voltloop.batteries.ageing.facts import parameters

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voltloop.batteries.ageing.wear import Wear

    Numbers = NDArray[Any]

__all__ = ["advance", "capacity", "health", "losses", "resistance", "trajectory"]


def _value(wear: Wear, at: int, z: Numbers) -> Numbers:
    """Value of one term from its effective time or throughput."""
    p, limit = float(wear.p[at]), float(wear.limit[at])
    if p == 1.0:
        raised = z
    elif p > 0:
        raised = np.abs(z) ** p
    else:  # a falling power starts at infinity; a battery that has not begun has lost nothing
        raised = np.where(z > 0, np.where(z > 0, z, 1) ** p, 0)
    return raised if np.isinf(limit) else np.asarray(limit * np.tanh(raised / 2))


def _sum(wear: Wear, z: Numbers, *parts: str) -> Any:
    return sum(_value(wear, at, z[at]) for at, part in enumerate(wear.parts) if part in parts)


def losses(wear: Wear, z: Numbers) -> tuple[Numbers, Numbers | None]:
    """Give the nominal loss of capacity, and the loss of active material where the model has it.

    Parameters
    ----------
    wear
        The use, for the exponents and limits of its terms.
    z
        State, shape (terms, batteries).
    """
    lithium = _sum(wear, z, "calendar", "cycle") - _sum(wear, z, "gain")
    return lithium, _sum(wear, z, "active_material") if "active_material" in wear.parts else None


def capacity(wear: Wear, lost: tuple[Numbers, Numbers | None], scalar: Any) -> Numbers:
    """Give the capacity of batteries that lost so much, each by its scalar; parameters as of :func:`health`."""
    lithium, active = lost
    q = 1 - scalar * lithium
    if active is not None:
        q = np.minimum(q, parameters(wear.model)["active_whole"] - scalar * active)
    return np.asarray(q)


def health(wear: Wear, z: Numbers, scalar: Any) -> Numbers:
    """Give the capacity relative to a new battery, or to the first day of a used one where the model starts there.

    Parameters
    ----------
    wear, z
        As of :func:`losses`.
    scalar
        Factor of each battery's losses against the model, shape (batteries,) or one number.
    """
    return capacity(wear, losses(wear, z), scalar)


def resistance(wear: Wear, z: Numbers, scalar: Any) -> Numbers | None:
    """Give the resistance relative to a new battery; None if the model has none.

    Parameters as of :func:`health`.
    """
    if "resistance" not in wear.parts:
        return None
    r = 1 + scalar * _sum(wear, z, "resistance")
    if "active_material" in wear.parts:
        p = parameters(wear.model)
        left = p["active_whole"] - scalar * _sum(wear, z, "active_material")
        r = np.maximum(r, p["resistance_active_a"] + p["resistance_active_b"] / np.maximum(left, 0.05))
    return np.asarray(r)


def _growth(wear: Wear, step: int, q: Numbers) -> list[Any]:
    """Growth of each term in one step for batteries at health q, straight between the healths worked out."""
    table = wear.growth[step]
    if len(wear.healths) == 1:
        return [float(value) for value in table[0]]
    # Everything stays in the precision of the state: single for many batteries, double for few.
    low, width = float(wear.healths[0]), float(wear.healths[1] - wear.healths[0])
    place = np.clip((q - low) / width, 0, len(wear.healths) - 1.001)
    at = place.astype(np.int32)
    part = place - at.astype(q.dtype)
    table = table.astype(q.dtype)
    slope = np.diff(table, axis=0)
    return [table[at, term] + slope[at, term] * part for term in range(table.shape[1])]


def advance(wear: Wear, step: int, z: Numbers, scalar: Any, share: Any = 1) -> Numbers:
    """Give the state after one step of a use.

    The growth is taken at the health in the middle of the step, so the error is of third order in its length.

    Parameters
    ----------
    wear, z, scalar
        As of :func:`health`.
    step
        Which step of the use.
    share
        Share of the step that passes, 0 to 1, one number or shape (batteries,).
    """
    if len(wear.healths) == 1:
        return np.asarray(z + share * wear.growth[step, 0].astype(z.dtype)[:, None])
    first = _growth(wear, step, health(wear, z, scalar))
    middle = z + np.stack(first) * (share / 2)
    return np.asarray(z + np.stack(_growth(wear, step, health(wear, middle, scalar))) * share)


def trajectory(wear: Wear, z: Numbers, scalar: Any, days: Numbers) -> Numbers:
    """Give the states on given days of a repeating use.

    Parameters
    ----------
    wear, z, scalar
        As of :func:`health`; the state at day 0.
    days
        Days from now, rising, from 0 on, shape (days,).

    Returns
    -------
    numpy.ndarray
        Shape (days, terms, batteries); straight in z between the steps, which is exact under an even use.
    """
    states = np.empty((len(days), *z.shape), z.dtype)
    begin, step, at = 0.0, 0, 0
    while at < len(days):
        length = float(wear.days[step % len(wear.days)])
        after = advance(wear, step % len(wear.days), z, scalar)
        while at < len(days) and days[at] <= begin + length + 1e-9:
            states[at] = z + (after - z) * z.dtype.type((days[at] - begin) / length)
            at += 1
        z, begin, step = after, begin + length, step + 1
    return states
