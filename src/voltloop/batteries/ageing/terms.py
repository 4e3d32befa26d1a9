"""A term of an ageing model: one loss, gain or growth, and how fast it goes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Part", "Term"]

Part = Literal["calendar", "cycle", "gain", "active_material", "resistance"]
"""What a term changes: lithium lost with time or throughput, capacity gained, active material, resistance."""


@dataclass(frozen=True, slots=True)
class Term:
    """One term: its value follows from the effective time or throughput z that the battery has been through.

    A power term is ``z ** p`` and a sigmoid one ``limit * tanh(z ** p / 2)``; z grows by ``rate * dx``, where
    x is days or equivalent full cycles. For a rate k of the trajectory k x^p, ``rate`` is k^(1/p): so
    written, z is a plain sum over any history, since dy = k p (y/k)^((p-1)/p) dx and y = z^p give dz =
    k^(1/p) dx.

    Attributes
    ----------
    part
        What the term changes.
    clock
        ``time``: x is days; ``throughput``: x is equivalent full cycles.
    rate
        Growth of z per day or cycle in each window.
    p
        Exponent; of each window, if it changes with the stress.
    limit
        End value of a sigmoid term, if it changes with the stress of each window; None for a power term.
    start
        Value of z of a new battery.
    """

    part: Part
    clock: Literal["time", "throughput"]
    rate: NDArray[np.float64]
    p: float | NDArray[np.float64]
    limit: float | NDArray[np.float64] | None = None
    start: float = 0.0


def power(k: NDArray[np.float64], p: float) -> NDArray[np.float64]:
    """Give the rate of z of a trajectory ``k x**p``; a coefficient below zero counts as none."""
    return np.asarray(k if p == 1.0 else np.maximum(k, 0.0) ** (1.0 / p))
