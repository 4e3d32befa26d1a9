"""What every source of road distances takes and gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from voltloop.errors import InputError

__all__ = ["DistanceProvider", "Distances", "Places"]


@dataclass(frozen=True, eq=False)
class Places:
    """Points on the ground.

    Attributes
    ----------
    lat, lon
        Degrees, -90 to 90 and -180 to 180, one of each per place.
    ids
        Names for messages, as many as places, or none.
    """

    lat: NDArray[np.float64]
    lon: NDArray[np.float64]
    ids: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.lat.ndim != 1 or self.lat.shape != self.lon.shape or len(self.ids) not in {0, len(self.lat)}:
            raise InputError(
                f"Places were given {self.lat.size} latitudes, {self.lon.size} longitudes and {len(self.ids)} ids. "
                "Give one of each per place, in the same order.",
                code="coordinates-not-paired",
            )
        wrong = np.flatnonzero(~((np.abs(self.lat) <= 90) & (np.abs(self.lon) <= 180)))
        if wrong.size:
            first = int(wrong[0])
            raise InputError(
                f"{self.name(first)}: latitude {self.lat[first]}, longitude {self.lon[first]} is not a point on earth. "
                "Latitude runs from -90 to 90 and longitude from -180 to 180 degrees. "
                f"Correct or leave out the place ({wrong.size} such in all).",
                code="coordinates-out-of-range",
            )

    @classmethod
    def of(cls, lat: ArrayLike, lon: ArrayLike, ids: Sequence[str] | None = None) -> Places:
        """Places from anything that NumPy can read: lists, Polars columns, single numbers.

        Raises
        ------
        InputError
            Unequally many values, or values that are no coordinates.

        Examples
        --------
        >>> len(Places.of([48.85, 52.52], [2.35, 13.4], ["Paris", "Berlin"]))
        2
        """
        north, east = (np.atleast_1d(np.asarray(value, dtype=np.float64)) for value in (lat, lon))
        return cls(north, east, tuple(ids or ()))

    def __len__(self) -> int:
        return self.lat.size

    def name(self, number: int) -> str:
        """How to call one place in a message."""
        return f'The place "{self.ids[number]}"' if self.ids else f"Place {number + 1}"

    def take(self, rows: NDArray[np.int64]) -> Places:
        """Pick some of the places, in the order of ``rows``."""
        return Places(
            self.lat[rows], self.lon[rows], tuple(self.ids[row] for row in rows) if self.ids else ()
        )


@dataclass(frozen=True, eq=False)
class Distances:
    """Road distances from each origin (row) to each destination (column).

    Attributes
    ----------
    km
        Length of the way, not negative; infinite where there is none.
    hours
        Driving time without rests; infinite where there is no way.
    estimated
        True where the length is a straight line times a factor, not a way in a network.
    reachable
        False where no road leads from one to the other: over the sea, or from or to a point in it.
    """

    km: NDArray[np.float64]
    hours: NDArray[np.float64]
    estimated: NDArray[np.bool_]
    reachable: NDArray[np.bool_]


class DistanceProvider(Protocol):
    """A source of road distances."""

    def distances(self, origins: Places, destinations: Places, profile: str) -> Distances:
        """Give road distances and times from every origin to every destination.

        Parameters
        ----------
        origins, destinations
            May be the same places.
        profile
            Kind of vehicle, a name of :func:`voltloop.transport.profiles`: ``van``, ``rigid`` or ``artic``.

        Raises
        ------
        InputError
            The profile is unknown, or the source cannot be used.
        """
        ...
