"""Street-level distances and times of trucks from a Valhalla server of the user's own."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voltloop.errors import InputError
from voltloop.transport.provider import Distances, Places
from voltloop.transport.routing_http import ask, by_tables, check_server

__all__ = ["ValhallaServer"]

_COSTING = {"van": "auto", "rigid": "truck", "artic": "truck"}


@dataclass(frozen=True)
class ValhallaServer:
    """A Valhalla server's matrix service as a :class:`voltloop.transport.DistanceProvider`.

    Parameters
    ----------
    url
        Address of the server, such as ``http://localhost:8002``.
    most_places
        Origins and destinations in one request, at least 2. Valhalla allows 2,500 pairs unless told otherwise: 50
        of each.
    timeout_s
        How long to wait for one answer [s].

    Notes
    -----
    Vans are asked for as ``auto``, trucks as ``truck``, so that ways keep to what trucks may use. The time of a way is
    the longer of the server's and what the profile needs for the length.
    """

    url: str
    most_places: int = 100
    timeout_s: float = 30.0

    def __post_init__(self) -> None:
        check_server(self.url, self.most_places)

    def distances(self, origins: Places, destinations: Places, profile: str) -> Distances:
        """See :class:`voltloop.transport.DistanceProvider`.

        Raises
        ------
        InputError
            The profile is unknown, or the server cannot be reached, refuses, or answers in another form.
        """

        def table(some: Places, others: Places) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
            return self._table(some, others, _COSTING.get(profile, "truck"))

        half = self.most_places // 2
        return by_tables(origins, destinations, profile, (half, half), table)

    def _table(
        self, origins: Places, destinations: Places, costing: str
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        import urllib.request

        question = {
            "sources": _points(origins),
            "targets": _points(destinations),
            "costing": costing,
            "units": "kilometers",
            "verbose": True,
        }
        request = urllib.request.Request(
            f"{self.url.rstrip('/')}/sources_to_targets",
            json.dumps(question).encode(),
            {"Content-Type": "application/json"},
        )
        answer = ask(request, self.timeout_s, self._unusable)
        km, time_h = (np.full((len(origins), len(destinations)), np.inf) for _ in range(2))
        try:
            for row, line in enumerate(answer["sources_to_targets"]):
                for column, way in enumerate(line):
                    if way["distance"] is not None and way["time"] is not None:
                        km[row, column], time_h[row, column] = way["distance"], way["time"] / 3600.0
        except (KeyError, TypeError, ValueError, IndexError) as problem:
            raise self._unusable("its answer has no table of distances and times") from problem
        return km, time_h

    def _unusable(self, why: str) -> InputError:
        return InputError(
            f"The routing server at {self.url} cannot be used: {why}. Expected a Valhalla server with the matrix "
            "service. Start it, correct its address, or plan without it on the built-in road network.",
            code="routing-server-unusable",
        )


def _points(places: Places) -> list[dict[str, float]]:
    return [{"lat": float(lat), "lon": float(lon)} for lat, lon in zip(places.lat, places.lon, strict=True)]
