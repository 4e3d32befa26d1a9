"""What the compiled search sees: a tour problem as plain arrays, and a plan as three of them.

Every vehicle kind of the problem stands here once for each way of using it (below or above the small-load relief,
each class of planning days, each depot), so that whatever depends on such a choice is a number of the kind. Times
are seconds of the day, lengths kilometres, money and priced carbon EUR. All times and lengths are whole or
decimal numbers in float64, which is exact far beyond any planning day.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["MATRIX", "PLANE", "SPHERE", "KernelProblem", "KernelTours"]

MATRIX: Final = 0
"""Legs are read from matrices."""

PLANE: Final = 1
"""Legs are straight lines between coordinates, scaled and rounded as told."""

SPHERE: Final = 2
"""Legs are great circles times a detour factor by length; each stretch of a leg is driven at its own speed."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]


class KernelProblem(NamedTuple):
    """A tour problem in arrays.

    P places, N stops, K kinds, M load measures, R road profiles, Q resources. An array that a problem does not use
    has length 0 in its first axis.

    Attributes
    ----------
    metric
        :data:`MATRIX`, :data:`PLANE` or :data:`SPHERE`.
    xyz
        (P, 3) coordinates: the plane's x and y, or unit vectors of the sphere.
    km, drive_s
        (R, P, P) lengths and driving times, ``inf`` where no road leads; for :data:`MATRIX` only.
    plane_scale, plane_offset
        :data:`PLANE`: km = floor(scale x length + offset); an offset below 0 means no rounding.
    s_per_km
        (R,) :data:`PLANE`: driving time of one km.
    land
        (P,) :data:`SPHERE`: land mass of each place; no road leads from one to another, nor from mass -1.
    detour
        (B, 2) :data:`SPHERE`: great-circle length [km] and factor there; in proportion between, level outside.
    speed
        (R, S, 2) :data:`SPHERE`: km of the leg at which a stretch ends (``inf`` for the last), speed on it [km/h].
    place
        (N,) place of each stop.
    service_s
        (2, N) time at the stop: row 0 with a tail lift or forklift, row 1 by hand.
    window
        (N + 1,) where a stop's windows begin in ``opens_s`` and ``closes_s``; every stop has at least one, in
        order, not overlapping. Loading must start within one of them.
    opens_s, closes_s
        Windows of all stops.
    release_s
        (N,) earliest departure from the depot or hub of the trip that serves the stop; length 0: none.
    pick, drop
        (N, M) what is loaded at the stop and goes to the end of the trip; what is unloaded there and has been
        aboard since the trip began. Measure 0 is gross mass [kg].
    skip_eur
        (N,) what leaving the stop out costs.
    goods, clash
        (N,) bit sets: goods taken there, and goods that may not ride on the same trip.
    end_clash
        (K,) bit sets: goods that may not ride on the last trip of a tour, as its end does not take them.
    allowed
        (N, K) whether a kind may serve a stop at all.
    extra_eur
        (N, K) what serving a stop with a kind costs besides (an unusual weekday, lateness); length 0: nothing.
    starts, ends
        (K,) places where a tour of the kind begins and ends.
    room
        (K, M) capacity in each measure, ``inf`` for none.
    fixed_eur, eur_per_km, eur_per_s, eur_per_kg_km
        (K,) cost of a tour, of a kilometre, of a second of duty, of carrying a kg for a kilometre.
    from_s, to_s
        (K,) earliest departure and latest return.
    max_duty_s, max_driving_s
        (K,) limits of a tour.
    by_hand
        (K,) row of ``service_s``.
    profile
        (K,) road profile.
    max_reloads
        (K,) visits to a hub on the way that empty the vehicle.
    reload
        (K + 1,) where a kind's hubs begin in ``reload_place`` and ``reload_s``.
    reload_place, reload_s, reload_clash
        Place of a hub, time spent there, and the bit set of goods that it does not take.
    needs
        (K + 1,) where a kind's resources begin in ``resource``.
    resource
        What one tour of the kind takes one of: vehicles of a type, drivers, certified drivers of a depot on the days.
    stock
        (Q,) how many of each resource there are.
    max_stretch_s, break_s
        Driving without a break, and the break's length; ``inf`` for none.
    service_is_break
        Whether loading for at least ``break_s`` counts as a break.
    """

    metric: int
    xyz: Floats
    km: NDArray[np.float64]
    drive_s: NDArray[np.float64]
    plane_scale: float
    plane_offset: float
    s_per_km: Floats
    land: Ints
    detour: Floats
    speed: Floats
    place: Ints
    service_s: Floats
    window: Ints
    opens_s: Floats
    closes_s: Floats
    release_s: Floats
    pick: Floats
    drop: Floats
    skip_eur: Floats
    goods: NDArray[np.uint64]
    clash: NDArray[np.uint64]
    end_clash: NDArray[np.uint64]
    allowed: NDArray[np.bool_]
    extra_eur: Floats
    starts: Ints
    ends: Ints
    room: Floats
    fixed_eur: Floats
    eur_per_km: Floats
    eur_per_s: Floats
    eur_per_kg_km: Floats
    from_s: Floats
    to_s: Floats
    max_duty_s: Floats
    max_driving_s: Floats
    by_hand: Ints
    profile: Ints
    max_reloads: Ints
    reload: Ints
    reload_place: Ints
    reload_s: Floats
    reload_clash: NDArray[np.uint64]
    needs: Ints
    resource: Ints
    stock: NDArray[np.int64]
    max_stretch_s: float
    break_s: float
    service_is_break: bool


class KernelTours(NamedTuple):
    """Tours in arrays.

    Attributes
    ----------
    kind
        (T,) kind of each tour.
    begins
        (T + 1,) where a tour's visits begin in ``visits``.
    visits
        Stops in order of visit; -1 - j is a visit to the hub j of ``reload_place``.
    """

    kind: Ints
    begins: Ints
    visits: Ints
