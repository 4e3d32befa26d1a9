"""Asking a routing server over HTTP, whatever its language."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from voltloop.errors import InputError
from voltloop.transport.provider import Distances, Places
from voltloop.transport.speeds import hours

__all__ = ["ask", "by_tables", "check_server"]

_Table = Callable[[Places, Places], tuple[NDArray[np.float64], NDArray[np.float64]]]


def check_server(url: str, most_places: int) -> None:
    """Refuse what is no address, or tables without room for one origin and one destination."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise InputError(
            f'"{url}" is not the address of a routing server. Expected something like '
            "http://localhost:5000. Correct the address.",
            code="routing-server-address",
        )
    if most_places < 2:
        raise InputError(
            f"most_places is {most_places}; a request needs at least one origin and one destination. "
            "Give 2 or more.",
            code="routing-server-table-size",
        )


def by_tables(
    origins: Places, destinations: Places, profile: str, at_once: tuple[int, int], table: _Table
) -> Distances:
    """Put distances together from tables that are small enough for a server.

    Parameters
    ----------
    origins, destinations, profile
        As for :meth:`voltloop.transport.DistanceProvider.distances`.
    at_once
        Most origins and most destinations in one table.
    table
        Gives km and hours for some of both, infinite where there is no way.

    Notes
    -----
    The time of a way is the longer of the server's and what the profile needs for the length.
    """
    hours(0.0, profile)
    shape = (len(origins), len(destinations))
    km, time_h = np.full(shape, np.inf), np.full(shape, np.inf)
    for row in range(0, shape[0], at_once[0]):
        rows = np.arange(row, min(row + at_once[0], shape[0]))
        for column in range(0, shape[1], at_once[1]):
            columns = np.arange(column, min(column + at_once[1], shape[1]))
            block = np.ix_(rows, columns)
            km[block], time_h[block] = table(origins.take(rows), destinations.take(columns))
    reachable = np.isfinite(km) & np.isfinite(time_h)
    km = np.where(reachable, km, np.inf)
    time_h = np.where(reachable, np.maximum(time_h, hours(km, profile)), np.inf)
    return Distances(km, time_h, np.zeros(shape, dtype=bool), reachable)


def ask(request: Any, timeout_s: float, unusable: Callable[[str], InputError]) -> Any:
    """Give the JSON that a server answers to an address or a request; ``unusable`` makes the error for what fails."""
    import urllib.error
    import urllib.request

    try:
        with urllib.request.urlopen(request, timeout=timeout_s) as reply:
            return json.load(reply)
    except urllib.error.HTTPError as problem:
        with problem:
            raise unusable(f"it answered {problem.code}: {_said(problem.read())}") from problem
    except TimeoutError as problem:
        raise unusable(f"it did not answer within {timeout_s:g} s") from problem
    except (OSError, ValueError) as problem:
        raise unusable(str(getattr(problem, "reason", problem))) from problem


def _said(body: bytes) -> str:
    """Give the server's own words about what it refuses."""
    try:
        answer = json.loads(body)
        return str(answer.get("message") or answer["error"])[:200]
    except (ValueError, KeyError, TypeError, AttributeError):
        return body.decode("utf-8", "replace")[:200] or "nothing more"
