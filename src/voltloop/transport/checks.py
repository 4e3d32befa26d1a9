"""Problems of places, as findings."""

from __future__ import annotations

import numpy as np

from voltloop.catalogue import country_at
from voltloop.findings import Finding, make
from voltloop.transport.provider import Places
from voltloop.transport.road_network import RoadNetwork
from voltloop.transport.road_snap import REMOTE_KM

__all__ = ["check_places"]

_OFF_COAST_KM = 10.0


def check_places(places: Places, roads: RoadNetwork | None = None) -> list[Finding]:
    """Find places that no vehicle can drive to.

    Parameters
    ----------
    places
        With ids, so that the findings can name them.
    roads
        The network to check against; None checks only whether a place lies in the sea.

    Returns
    -------
    list of Finding
        In the order of the places. ``point-at-sea`` for one more than 10 km off every coast, ``point-off-road``
        for one on land that the network does not reach.
    """
    at_sea = [code is None for code in country_at(places.lat, places.lon, coast_tolerance_km=_OFF_COAST_KM)]
    cut_off = np.zeros(len(places), dtype=bool)
    if roads is not None and len(places):
        cut_off = roads.snaps(places).component < 0
    findings = []
    for number in np.flatnonzero(np.array(at_sea, dtype=bool) | cut_off).tolist():
        code, km = ("point-at-sea", _OFF_COAST_KM) if at_sea[number] else ("point-off-road", REMOTE_KM)
        raw = f"{places.lat[number]:.5f}, {places.lon[number]:.5f}"
        findings.append(make(code, where=places.name(number), field="lat, lon", raw=raw, km=km))
    return findings
