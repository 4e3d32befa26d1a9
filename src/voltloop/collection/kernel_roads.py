"""Roads as the compiled search reads them: matrices where they are given or small, coordinates otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from voltloop.collection.kernel.arrays import MATRIX, PLANE, SPHERE
from voltloop.collection.roads import EstimatedRoads, PlaneRoads, Roads, RoadSource
from voltloop.errors import InputError

__all__ = ["road_arrays"]

_MOST_PLACES = 3_000


def road_arrays(roads: Mapping[str, RoadSource], profiles: Sequence[str]) -> dict[str, Any]:
    """Fields of a ``KernelProblem`` that say how far it is, one row per road profile in the order given.

    Raises
    ------
    InputError
        Profiles of different kinds over more than 3,000 places: their matrices would not fit.
    """
    sources = [roads[profile] for profile in profiles]
    fields: dict[str, Any] = {
        "metric": MATRIX, "xyz": np.zeros((0, 3)), "km": np.zeros((0, 0, 0)), "drive_s": np.zeros((0, 0, 0)),
        "plane_scale": 1.0, "plane_offset": -1.0, "s_per_km": np.zeros(0), "land": np.zeros(0, np.int32),
        "detour": np.zeros((0, 2)), "speed": np.zeros((0, 0, 2)),
    }  # fmt: skip
    first = sources[0] if sources else None
    if isinstance(first, PlaneRoads) and all(_same_plane(first, other) for other in sources):
        xyz = np.zeros((first.place_count, 3))
        xyz[:, :2] = first.xy
        times = np.array([other.s_per_km for other in sources if isinstance(other, PlaneRoads)])
        return {**fields, "metric": PLANE, "xyz": xyz, "plane_scale": float(first.scale),
                "plane_offset": float(first.offset), "s_per_km": times}  # fmt: skip
    if isinstance(first, EstimatedRoads) and all(_same_globe(first, other) for other in sources):
        from voltloop.transport.geometry import unit_vectors
        from voltloop.transport.great_circle import detour_table

        vectors = unit_vectors(first.lat, first.lon)
        speeds = [_stretches(other.profile) for other in sources if isinstance(other, EstimatedRoads)]
        return {**fields, "metric": SPHERE, "xyz": vectors / np.linalg.norm(vectors, axis=1, keepdims=True),
                "land": first.land.astype(np.int32), "detour": np.column_stack(detour_table()),
                "speed": _stacked(speeds)}  # fmt: skip
    return {**fields, "km": _matrices(sources, "km"), "drive_s": _matrices(sources, "s")}


def _same_plane(first: PlaneRoads, other: RoadSource) -> bool:
    return (
        isinstance(other, PlaneRoads)
        and (other.scale, other.offset) == (first.scale, first.offset)
        and np.array_equal(other.xy, first.xy)
    )


def _same_globe(first: EstimatedRoads, other: RoadSource) -> bool:
    return (
        isinstance(other, EstimatedRoads)
        and np.array_equal(other.lat, first.lat)
        and np.array_equal(other.lon, first.lon)
    )


def _stretches(profile: str) -> list[tuple[float, float]]:
    """Where each stretch of a way ends [km], and the speed on it [km/h]."""
    from voltloop.transport.speeds import speed_bands

    starts, speeds = speed_bands()[profile]
    return list(zip([*starts[1:], np.inf], speeds, strict=True))


def _stacked(speeds: Sequence[list[tuple[float, float]]]) -> np.ndarray[Any, Any]:
    most = max(len(stretches) for stretches in speeds)
    # The last stretch has no end, so what stands behind it is never reached.
    return np.array([[*stretches, *[stretches[-1]] * (most - len(stretches))] for stretches in speeds])


def _matrices(sources: Sequence[RoadSource], what: str) -> np.ndarray[Any, Any]:
    places = max((source.place_count for source in sources), default=0)
    matrices = []
    for source in sources:
        if not isinstance(source, Roads) and places > _MOST_PLACES:
            raise InputError(
                f"Roads of several kinds over {places} places: matrices of all of them would not fit. Expected "
                "matrices, or one kind of coordinates for every profile. Give EstimatedRoads for all profiles.",
                code="tours-roads-mixed",
            )
        if isinstance(source, Roads):
            matrix = source.km if what == "km" else np.where(source.drive_s < 0, np.inf, source.drive_s)
        else:
            every = np.arange(places)
            pairs = (every[:, None], every[None, :])
            seconds = source.drive_s_of(*pairs)
            matrix = source.km_of(*pairs) if what == "km" else np.where(seconds < 0, np.inf, seconds)
        matrices.append(matrix[:places, :places])
    return np.stack(matrices).astype(np.float64) if matrices else np.zeros((0, 0, 0))
