"""Street-level distances from a routing server of the user's own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from voltloop.errors import InputError
from voltloop.transport.provider import Distances, Places
from voltloop.transport.road_snap import REMOTE_KM
from voltloop.transport.speeds import hours

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
        parts = urlsplit(self.url)
        if parts.scheme not in {"http", "https"} or not parts.netloc:
            raise InputError(
                f'"{self.url}" is not the address of a routing server. Expected something like '
                "http://localhost:5000. Correct the address.",
                code="routing-server-address",
            )
        if self.most_places < 2:
            raise InputError(
                f"most_places is {self.most_places}; a request needs at least one origin and one destination. "
                "Give 2 or more.",
                code="routing-server-table-size",
            )

    def distances(self, origins: Places, destinations: Places, profile: str) -> Distances:
        """See :class:`voltloop.transport.DistanceProvider`.

        Raises
        ------
        InputError
            The profile is unknown, or the server cannot be reached, refuses, or answers in another form.
        """
        hours(0.0, profile)
        shape = (len(origins), len(destinations))
        km, time_h = np.full(shape, np.inf), np.full(shape, np.inf)
        rows_at_once = max(min(shape[0], self.most_places // 2), 1)
        columns_at_once = max(self.most_places - rows_at_once, 1)
        for row in range(0, shape[0], rows_at_once):
            rows = np.arange(row, min(row + rows_at_once, shape[0]))
            for column in range(0, shape[1], columns_at_once):
                columns = np.arange(column, min(column + columns_at_once, shape[1]))
                block = np.ix_(rows, columns)
                km[block], time_h[block] = self._table(origins.take(rows), destinations.take(columns))
        reachable = np.isfinite(km) & np.isfinite(time_h)
        km = np.where(reachable, km, np.inf)
        time_h = np.where(reachable, np.maximum(time_h, hours(km, profile)), np.inf)
        return Distances(km, time_h, np.zeros(shape, dtype=bool), reachable)

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
        import urllib.error
        import urllib.request

        try:
            with urllib.request.urlopen(address, timeout=self.timeout_s) as reply:
                answer = json.load(reply)
        except urllib.error.HTTPError as problem:
            with problem:
                raise self._unusable(f"it answered {problem.code}: {_said(problem.read())}") from problem
        except TimeoutError as problem:
            raise self._unusable(f"it did not answer within {self.timeout_s:g} s") from problem
        except (OSError, ValueError) as problem:
            raise self._unusable(str(getattr(problem, "reason", problem))) from problem
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


def _said(body: bytes) -> str:
    """Give the server's own words about what it refuses."""
    try:
        return str(json.loads(body)["message"])[:200]
    except (ValueError, KeyError, TypeError):
        return body.decode("utf-8", "replace")[:200] or "nothing more"
