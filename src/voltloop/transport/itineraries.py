"""Itineraries over road, rail, sea, air and ferries: those that no other beats in cost, time and emissions at once."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import count

from voltloop.findings import Finding, make
from voltloop.transport.calendars import Service, next_departure
from voltloop.transport.itinerary_model import Itinerary, LegTaken, Permission, Permitted, Request, Search
from voltloop.transport.legs import Leg
from voltloop.transport.passages import passages
from voltloop.transport.terminals import Stop, Transfer, transfers

__all__ = ["itineraries"]

_MOST_LABELS = 400_000


@dataclass(frozen=True)
class _Label:
    """A way to a stop: cost and emissions per tonne, hours since the goods were ready."""

    cost: float
    hours: float
    co2e: float
    stop: str
    mode: str
    before: _Label | None = None
    taken: LegTaken | None = None

    @property
    def value(self) -> tuple[float, float, float]:
        return self.cost, self.hours, self.co2e


@dataclass
class _Barred:
    """Why legs could not be used, for the words about what is cut off."""

    law: Counter[str] = field(default_factory=Counter)
    closed: Counter[str] = field(default_factory=Counter)


def itineraries(
    stops: Mapping[str, Stop], legs: Sequence[Leg], request: Request, permitted: Permitted | None = None
) -> Search:
    """Find the itineraries that no other beats in cost, time and emissions at once.

    Parameters
    ----------
    stops, legs
        See :func:`voltloop.transport.legs_between`.
    request
        What is to be carried.
    permitted
        Asked for each leg on its day of departure and on its day of arrival; both must allow it. None allows all.

    Returns
    -------
    Search
        At most ``request.k`` itineraries.

    Notes
    -----
    Label setting with three criteria (Martins 1984, European Journal of Operational Research 16): labels leave a
    heap in the order of cost, and one that another label of the same stop and mode matches or beats in all
    three is dropped. It is exact as long as arriving earlier is never worse, which holds for calendars and
    headways. It does not hold where a law or a closure ends: an itinerary is never made later to wait for that.
    """
    barred = _Barred()
    front = _front(stops, legs, request, permitted, barred)
    if front:
        return Search(tuple(_chosen(front, request.k)), len(front), tuple(_left_out(barred, found=True)))
    return Search(
        (), 0, (_unreachable(stops, legs, request, permitted, barred), *_left_out(barred, found=False))
    )


def _front(
    stops: Mapping[str, Stop],
    legs: Sequence[Leg],
    request: Request,
    permitted: Permitted | None,
    barred: _Barred,
) -> list[Itinerary]:
    """Give all non-dominated itineraries, cheapest first."""
    leaving: dict[str, list[Leg]] = {}
    for leg in legs:
        leaving.setdefault(leg.start, []).append(leg)
    going = _Going(stops, request, permitted, barred)
    number = count()
    start = _Label(0.0, 0.0, 0.0, request.origin, "road")
    heap = [(start.value, next(number), start)]
    settled: dict[tuple[str, str], list[tuple[float, float, float]]] = {}
    arrived: list[_Label] = []
    while heap and next(number) < _MOST_LABELS:
        _, _, label = heapq.heappop(heap)
        if _is_beaten(label.value, settled.setdefault((label.stop, label.mode), [])):
            continue
        if _is_beaten(label.value, settled.setdefault(("", ""), [])):
            continue
        settled[label.stop, label.mode].append(label.value)
        if label.stop == request.destination:
            settled["", ""].append(label.value)
            arrived.append(label)
            continue
        for leg in leaving.get(label.stop, ()):
            following = going.after(label, leg)
            if following is not None and not _is_beaten(
                following.value, settled.get((following.stop, following.mode), ())
            ):
                heapq.heappush(heap, (following.value, next(number), following))
    return [_itinerary(label) for label in arrived]


def _is_beaten(value: tuple[float, float, float], others: Iterable[tuple[float, float, float]]) -> bool:
    """Whether another is as good in all three, up to what sums of floating-point numbers differ by."""
    cost, hours, co2e = (number + 1e-9 * (1.0 + number) for number in value)
    return any(other[0] <= cost and other[1] <= hours and other[2] <= co2e for other in others)


class _Going:
    """Takes a label one leg on."""

    def __init__(
        self, stops: Mapping[str, Stop], request: Request, permitted: Permitted | None, barred: _Barred
    ) -> None:
        self.stops, self.request, self.barred = stops, request, barred
        self.permitted = permitted
        self.said: dict[tuple[str, str, str, date], Permission] = {}
        self.services: dict[tuple[str, str, str], list[Service]] = {}
        for service in request.services:
            self.services.setdefault((service.mode, service.start, service.stop), []).append(service)

    def after(self, label: _Label, leg: Leg) -> _Label | None:
        """Give the label at the end of a leg, or None if it cannot be taken."""
        is_first = label.before is None
        if leg.mode == "road" and label.mode == "road":
            if not is_first:
                return None
            change = Transfer(0.0, 0.0, 0.0, 0.0)
        else:
            change = transfers()[label.mode, leg.mode]
        ready_at = self.request.ready_at + timedelta(hours=label.hours + change.hours)
        leaves = self._departure(leg, ready_at, change.cut_off_h)
        if leaves is None:
            return None
        departs_at, time_h, is_scheduled = leaves
        arrives_at = departs_at + timedelta(hours=time_h)
        if self._is_closed(leg, departs_at.date(), arrives_at.date()):
            return None
        permission = self._permission(leg, departs_at.date(), arrives_at.date())
        if not permission.is_allowed:
            return None
        last = self._last_transfer(leg)
        surcharge = leg.surcharge_eur_per_t if self.request.is_dangerous else 0.0
        tonnes = self.request.mass_kg / 1000.0
        taken = LegTaken(
            leg,
            self.stops[leg.start],
            self.stops[leg.stop],
            ready_at,
            departs_at,
            arrives_at,
            tonnes * (leg.cost_eur_per_t + surcharge),
            tonnes * leg.co2e_kg_per_t,
            tonnes * (change.cost_eur_per_t + last.cost_eur_per_t),
            tonnes * (change.co2e_kg_per_t + last.co2e_kg_per_t),
            is_scheduled,
            permission,
        )
        spent = (arrives_at - self.request.ready_at).total_seconds() / 3600.0 + last.hours
        return _Label(
            label.cost + taken.cost_eur + taken.transfer_cost_eur,
            spent,
            label.co2e + taken.co2e_kg + taken.transfer_co2e_kg,
            leg.stop,
            leg.mode,
            label,
            taken,
        )

    def _last_transfer(self, leg: Leg) -> Transfer:
        """Handing over at the destination, where that is a terminal and no truck brings the goods."""
        if leg.stop != self.request.destination or leg.mode == "road":
            return Transfer(0.0, 0.0, 0.0, 0.0)
        return transfers()[leg.mode, "road"]

    def _departure(
        self, leg: Leg, ready_at: datetime, cut_off_h: float
    ) -> tuple[datetime, float, bool] | None:
        """Departure, hours on the way, and whether a calendar gave them; None if nothing leaves any more."""
        lines = self.services.get((leg.mode, leg.start, leg.stop))
        if lines is None:
            wait_h = cut_off_h + leg.headway_h / 2.0
            return ready_at + timedelta(hours=wait_h), leg.hours, leg.headway_h == 0.0
        best: tuple[datetime, float, bool] | None = None
        for line in lines:
            if line.vehicle and line.vehicle != leg.vehicle:
                continue
            departs_at = next_departure(line, ready_at, cut_off_h)
            if departs_at is None:
                continue
            time_h = leg.hours if line.transit_h is None else line.transit_h
            arrives_at = departs_at + timedelta(hours=time_h)
            if best is None or arrives_at < best[0] + timedelta(hours=best[1]):
                best = departs_at, time_h, True
        return best

    def _is_closed(self, leg: Leg, start_on: date, end_on: date) -> bool:
        used = {leg.start, leg.stop, *leg.passages}
        shut = [one for one in self.request.closed if one.name in used and one.touches(start_on, end_on)]
        self.barred.closed.update(one.name for one in shut)
        return bool(shut)

    def _permission(self, leg: Leg, start_on: date, end_on: date) -> Permission:
        if self.permitted is None:
            return Permission(True)
        mode = "tunnel" if leg.is_tunnel else leg.mode
        countries = self.stops[leg.start].country, self.stops[leg.stop].country
        for on in (end_on, start_on):
            asked = (mode, *countries, on)
            if asked not in self.said:
                self.said[asked] = self.permitted(*asked)
            found = self.said[asked]
            if not found.is_allowed:
                self.barred.law[f"{mode}: {found.said}"] += 1
                break
        return found


def _itinerary(label: _Label) -> Itinerary:
    taken: list[LegTaken] = []
    at: _Label | None = label
    while at is not None and at.taken is not None:
        taken.append(at.taken)
        at = at.before
    return Itinerary(tuple(taken[::-1]), label.cost, label.hours, label.co2e)


def _chosen(front: list[Itinerary], k: int) -> list[Itinerary]:
    """Give the best of each criterion, then those farthest from all chosen, cheapest first."""
    values = [(one.cost_eur, one.hours, one.co2e_kg) for one in front]
    spans = [(max(line) - min(line)) or 1.0 for line in zip(*values, strict=True)]
    chosen: list[int] = []
    for criterion in range(3):
        best = min(range(len(front)), key=lambda one: (values[one][criterion], values[one]))
        if best not in chosen:
            chosen.append(best)

    def apart(one: int) -> float:
        gaps = [
            sum(abs(a - b) / span for a, b, span in zip(values[one], values[other], spans, strict=True))
            for other in chosen
        ]
        return min(gaps) + (0.5 if _how(front[one]) not in {_how(front[other]) for other in chosen} else 0.0)

    while len(chosen) < min(k, len(front)):
        chosen.append(
            max((one for one in range(len(front)) if one not in chosen), key=lambda one: (apart(one), -one))
        )
    return [front[one] for one in sorted(chosen[:k])]


def _how(itinerary: Itinerary) -> tuple[str, ...]:
    """Modes and passages of an itinerary: what makes it another one to a person."""
    return tuple(word for taken in itinerary.legs for word in (taken.leg.mode, *taken.leg.passages))


def _left_out(barred: _Barred, *, found: bool) -> list[Finding]:
    code = "itinerary-law" if found else "itinerary-barred"
    return [make(code, where="legs", field="mode", raw=reason) for reason, _ in barred.law.most_common()]


def _unreachable(
    stops: Mapping[str, Stop],
    legs: Sequence[Leg],
    request: Request,
    permitted: Permitted | None,
    barred: _Barred,
) -> Finding:
    """Say what cuts the destination off, by lifting the law, the closures and the calendars in turn."""
    origin, destination = stops[request.origin], stops[request.destination]
    open_now = replace(request, closed=())
    any_time = replace(open_now, services=())
    shut = ", ".join(_title(name) for name, _ in barred.closed.most_common())
    banned = "; ".join(reason for reason, _ in barred.law.most_common())
    tries = (
        (open_now, permitted, f"closed: {shut}"),
        (request, None, f"the law: {banned}"),
        (open_now, None, f"the law and what is closed together: {banned}; closed: {shut}"),
        (any_time, None, "the calendar: nothing leaves in time"),
    )
    why = next((said for other, law, said in tries if _front(stops, legs, other, law, _Barred())), "")
    if not why:
        ends = {leg.stop for leg in legs if leg.start == origin.id}
        into = {leg.start for leg in legs if leg.stop == destination.id}
        lone = origin if not ends else destination if not into else None
        why = (
            f"no road, railway, port or ferry of the catalogue reaches {lone.name}"
            if lone
            else "no chain of terminals of the catalogue joins them"
        )
    return make(
        "itinerary-unreachable", where=f"{origin.name} to {destination.name}", field="", raw=None, why=why
    )


def _title(name: str) -> str:
    return passages()[name].name if name in passages() else name
