"""A synthetic network from a seed: origins and hubs in a plane, growing supply, costs by distance, room for some."""

from __future__ import annotations

import numpy as np

from voltloop.network.hubs import HubProblem

__all__ = ["make_case"]


def make_case(
    seed: int, origins: int = 300, hubs: int = 40, commodities: int = 8, periods: int = 10, scenarios: int = 1
) -> HubProblem:
    """Make a case; scenarios after the first scale supply by commodity and year of a lognormal walk."""
    rng = np.random.default_rng(seed)
    place, stand = rng.uniform(0, 1000, (origins, 2)), rng.uniform(0, 1000, (hubs, 2))
    km = np.hypot(*(stand[:, None] - place[None]).transpose(2, 0, 1))
    mass_t = rng.uniform(0.5, 1.5, commodities)
    freight = (6.0 + 0.14 * km)[:, :, None] * mass_t
    treatment = rng.uniform(60, 120, commodities) * rng.uniform(0.9, 1.1, (hubs, 1))
    size = rng.lognormal(0, 1, origins)
    base = 4000 * size[:, None] / size.sum() * rng.lognormal(0, 0.5, (origins, commodities))
    growth = 1.15 ** np.arange(periods)
    walk = np.exp(np.cumsum(rng.normal(0, 0.08, (scenarios, commodities, periods)), axis=2))
    walk[0] = 1.0
    supply = base[None, :, :, None] * growth * walk[:, None]
    room = supply[0].sum(axis=(0, 1)).max() / rng.uniform(5, 12, hubs)
    scale = room / room.mean()
    return HubProblem(
        freight + treatment[:, None],
        np.full(commodities, 1500.0),
        np.ones(commodities),
        supply,
        np.full(scenarios, 1.0 / scenarios),
        1.07 ** -np.arange(periods, dtype=float),
        np.tile(room[:, None], periods),
        900_000 * scale**0.7 * rng.uniform(0.8, 1.2, hubs),
        120_000 * scale**0.7 * rng.uniform(0.8, 1.2, hubs),
        np.full(hubs, 100_000.0),
    )
