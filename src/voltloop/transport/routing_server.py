"""Street-level distances from a routing server of the user's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voltloop.errors import InputError
from voltloop.transport.provider import Distances, Places
from voltloop.transport.road_snap import REMOTE_KM
from voltloop.transport.routing_http import ask, by_tables, check_server

__all__ = ["RoutingServer"]


@dataclass(frozen=True)
class RoutingServer:
    """An OSRM server's table service as a :class:`voltloop.transport.DistanceProvider`.

    Parameters
    ----------
    url
        Address of the server, such as ``http://localhost:5000``.
    server_profile
        Profile named in requests; servers with one data set ignore it.
    most_places
        Places in one request, at least 2. OSRM refuses more than 100 unless it was started with another
        ``--max-table-size``.
    timeout_s
        How long to wait for one answer [s].

    Notes
    -----
    Most servers know car speeds only. The time of a way is the longer of the server's and what the profile needs for
    the length, so that a truck is never as fast as a car. A place more than 25 km from the server's nearest
    road is not reachable.
    """

    url: str
    server_profile: str = "driving"
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
        rows_at_once = max(min(len(origins), self.most_places // 2), 1)
        columns_at_once = max(self.most_places - rows_at_once, 1)
        return by_tables(origins, destinations, profile, (rows_at_once, columns_at_once), self._table)

    def _table(
        self, origins: Places, destinations: Places
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        lat, lon = (
            np.concatenate(pair)
            for pair in ((origins.lat, destinations.lat), (origins.lon, destinations.lon))
        )
        points = ";".join(f"{east:.6f},{north:.6f}" for north, east in zip(lat, lon, strict=True))
        sources = ";".join(map(str, range(len(origins))))
        targets = ";".join(map(str, range(len(origins), len(lat))))
        address = (
            f"{self.url.rstrip('/')}/table/v1/{self.server_profile}/{points}"
            f"?sources={sources}&destinations={targets}&annotations=distance,duration"
        )
        answer = self._ask(address)
        shape = (len(origins), len(destinations))
        try:
            km = np.array(answer["distances"], dtype=np.float64).reshape(shape) / 1000.0
            time_h = np.array(answer["durations"], dtype=np.float64).reshape(shape) / 3600.0
            off_a = np.array([place.get("distance", 0.0) for place in answer["sources"]], dtype=np.float64)
            off_b = np.array(
                [place.get("distance", 0.0) for place in answer["destinations"]], dtype=np.float64
            )
            far = (off_a > REMOTE_KM * 1000)[:, None] | (off_b > REMOTE_KM * 1000)[None]
            broken = np.broadcast_shapes(far.shape, shape) != shape
        except (KeyError, TypeError, ValueError, AttributeError) as problem:
            raise self._unusable("its answer has no tables of distances and durations") from problem
        if broken:
            raise self._unusable("its answer is for another number of places")
        none = np.isnan(km) | np.isnan(time_h) | far
        return np.where(none, np.inf, km), np.where(none, np.inf, time_h)

    def _ask(self, address: str) -> dict[str, Any]:
        answer = ask(address, self.timeout_s, self._unusable)
        if not isinstance(answer, dict) or answer.get("code") != "Ok":
            said = answer.get("message") or answer.get("code") if isinstance(answer, dict) else answer
            raise self._unusable(f"it answered: {str(said)[:200]}")
        return answer

    def _unusable(self, why: str) -> InputError:
        return InputError(
            f"The routing server at {self.url} cannot be used: {why}. Expected an OSRM server with the table service. "
            "Start it, correct its address, or plan without it on the built-in road network.",
            code="routing-server-unusable",
        )
