"""Simulated annealing over a search that goes on from where it stands."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Protocol

from voltloop.collection.kernel.arrays import KernelTours

__all__ = ["Search", "cool"]

_FIRST = 200
_LOOK_S = 0.05


class Search(Protocol):
    """A plan that is changed step by step.

    Attributes
    ----------
    heat_eur
        First and last temperature that suit the plan it began with [EUR].
    """

    heat_eur: tuple[float, float]

    def run(self, iterations: int, hot_eur: float, cold_eur: float) -> None:
        """Change the present plan so often, at temperatures that fall evenly (in their logarithm)."""
        ...

    def best(self) -> tuple[KernelTours, float]:
        """Return the best plan so far and its objective [EUR]."""
        ...

    def present(self) -> KernelTours:
        """Return the plan that the next iteration changes."""
        ...


def cool(
    search: Search,
    *,
    seconds: float,
    iterations: int | None = None,
    temperature: tuple[float, float] | None = None,
    on_progress: Callable[[float, int], None] | None = None,
) -> int:
    """Anneal from the first to the last temperature; the iterations done.

    Parameters
    ----------
    seconds
        Time limit, over which the temperature falls; not looked at where ``iterations`` is given.
    iterations
        How many; the result then depends on nothing else.
    temperature
        First and last [EUR]; None: what the search says.
    on_progress
        Told the objective of the best plan [EUR] and the iterations done, about 20 times a second.
    """
    hot, cold = temperature or search.heat_eur
    if iterations is not None:
        search.run(iterations, hot, cold)
        return iterations
    begun, done, chunk = perf_counter(), 0, _FIRST
    now = begun
    while now - begun < seconds:
        heat = hot * (cold / hot) ** ((now - begun) / seconds)
        search.run(chunk, heat, heat)
        done += chunk
        took, now = perf_counter() - now, perf_counter()
        chunk = max(1, int(chunk * min(4.0, _LOOK_S / max(took, 1e-6))))
        if on_progress is not None:
            on_progress(search.best()[1], done)
    return done
