"""Arrivals, departures and ways left: fixes against fences, one fix at a time.

A thing is inside once two fixes in a row lie inside, or one whose accuracy radius does; outside likewise. So a single
stray fix and the shivering of a receiver at the edge conclude nothing. An arrival is told when the thing has stayed
inside for the fence's dwell, and dated from its first fix inside; a departure from its first fix outside.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from voltloop.ledger.telemetry.conclusions import Conclusion
from voltloop.ledger.telemetry.fences import Fence, FenceBook

__all__ = ["watch_fix"]

_VAGUE_M = 2000.0


def watch_fix(
    state: dict[str, Any],
    book: FenceBook,
    corridor: Fence | None,
    fix: tuple[float, float, float, float | None],
) -> Iterator[Conclusion]:
    """Take the next fix of a device and give what it shows.

    Parameters
    ----------
    state
        Of this device on this thing; changed in place, empty at first.
    book
        All fences.
    corridor
        The way that the thing has to keep to, where it has one.
    fix
        Seconds since 1970 (not before the last one), latitude, longitude [degrees], accuracy [m] or None.

    Notes
    -----
    A fix that is only known to 2 km is left out.
    """
    at, latitude, longitude, accuracy = fix
    if accuracy is not None and accuracy > _VAGUE_M:
        return
    fences: dict[str, Any] = state.setdefault("fences", {})
    near = {fence.id: fence for fence in book.around(latitude, longitude)}
    for identifier in [name for name in fences if name not in near]:
        if identifier not in book.by_id:
            del fences[identifier]
        else:
            near[identifier] = book.by_id[identifier]
    for identifier, fence in near.items():
        own = fences.setdefault(identifier, {"in": False})
        yield from _site(own, fence, at, latitude, longitude, accuracy)
        if not own["in"] and "run" not in own and "stay" not in own:
            del fences[identifier]
    if corridor is not None:
        own = state.setdefault("corridor", {"in": True})
        yield from _way(own, corridor, at, latitude, longitude, accuracy)


def _crossed(own: dict[str, Any], at: float, margin: float, accuracy: float | None) -> float | None:
    """Give since when the thing is on the other side, once that is sure; None while it is not."""
    inside = margin >= 0
    if inside == own["in"]:
        own.pop("run", None)
        return None
    run = own.setdefault("run", {"from": at, "count": 0})
    run["count"] += 1
    if run["count"] < 2 and not (accuracy is not None and abs(margin) >= accuracy):
        return None
    own["in"] = inside
    since: float = own.pop("run")["from"]
    return since


def _site(
    own: dict[str, Any], fence: Fence, at: float, latitude: float, longitude: float, accuracy: float | None
) -> Iterator[Conclusion]:
    since = _crossed(own, at, fence.side(latitude, longitude), accuracy)
    details = {"latitude": latitude, "longitude": longitude, "fence": fence.name, "place": fence.place}
    if since is not None and own["in"]:
        own["stay"] = {"from": since, "told": False}
    stay = own.get("stay")
    is_here = own["in"] and "run" not in own
    if is_here and stay is not None and not stay["told"] and at - stay["from"] >= fence.dwell_s:
        stay["told"] = True
        yield Conclusion("arrival", fence.id, stay["from"], at, details)
    if since is not None and not own["in"] and stay is not None:
        del own["stay"]
        if stay["told"]:
            yield Conclusion("departure", fence.id, since, at, {**details, "arrived": stay["from"]})


def _way(
    own: dict[str, Any], corridor: Fence, at: float, latitude: float, longitude: float, accuracy: float | None
) -> Iterator[Conclusion]:
    margin = corridor.side(latitude, longitude)
    since = _crossed(own, at, margin, accuracy)
    if since is None:
        return
    details = {
        "latitude": latitude,
        "longitude": longitude,
        "fence": corridor.name,
        "away_m": max(-margin, 0.0),
    }
    yield Conclusion("corridor-kept" if own["in"] else "corridor-left", corridor.id, since, at, details)
