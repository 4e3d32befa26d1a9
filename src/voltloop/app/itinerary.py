"""Use case: how goods get from one place to another over land, sea and air, lawfully on their days."""

from __future__ import annotations

import csv
import difflib
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any, Final

import polars as pl

from voltloop.app.scenarios import Defaults, read_rows
from voltloop.compliance import Rulebook, ask_whom, classify_one, load_rulebook, mode_between
from voltloop.errors import InputError, RulebookError
from voltloop.transport import (
    EMISSION_BOUNDARY,
    EMISSION_FACTORS,
    OSM_ATTRIBUTION,
    SEA_ATTRIBUTION,
    DistanceProvider,
    Itinerary,
    LegTaken,
    Networks,
    Permission,
    Permitted,
    RailNetwork,
    Request,
    RoadNetwork,
    SeaNetwork,
    Search,
    Stop,
    closures_of,
    itineraries,
    legs_between,
    read_services,
    stops_between,
    terminals,
)
from voltloop.transport.passages import rows_of

__all__ = ["Asked", "Found", "facts_of", "find_itineraries", "law_between", "law_of_goods", "place_of"]

_COORDINATES: Final = re.compile(r"\s*(-?\d+(?:\.\d+)?)\s*,\s*(-?\d+(?:\.\d+)?)\s*")
_PARTS: Final = re.compile(r"[\s;]+")
_COAST_KM: Final = 10.0
_NO_DATE: Final = "date-outside-editions"


@dataclass(frozen=True, slots=True)
class Asked:
    """A question.

    Attributes
    ----------
    start, stop
        Id or name of a terminal, or ``latitude,longitude``.
    on
        Day on which the goods are ready, at 00:00 UTC.
    goods
        Facts in the law's words, such as ``chemistry=li_ion form=battery state=used``; empty for goods that are not
        dangerous.
    mass_kg
        Gross mass.
    closed
        Passages and terminals; see :func:`voltloop.transport.closures_of`.
    calendar
        File of departures, or None.
    k
        Most alternatives.
    """

    start: str
    stop: str
    on: date
    goods: str = ""
    mass_kg: float = 1000.0
    closed: Sequence[str] = ()
    calendar: Path | None = None
    k: int = 5


@dataclass(frozen=True)
class Found:
    """A question with its answer.

    Attributes
    ----------
    asked, start, stop
        As asked, and the places that were meant.
    search
        Itineraries and findings.
    """

    asked: Asked
    start: Stop
    stop: Stop
    search: Search

    def document(self) -> dict[str, Any]:
        """Give all of it as a document."""
        return {
            "schema": "itinerary/1",
            "from": _stop(self.start),
            "to": _stop(self.stop),
            "on": self.asked.on.isoformat(),
            "goods": self.asked.goods,
            "mass_kg": self.asked.mass_kg,
            "closed": list(self.asked.closed),
            "itineraries": [_itinerary(one) for one in self.search.itineraries],
            "non_dominated": self.search.front,
            "findings": [
                {"code": one.code, "severity": one.severity.value, "message": one.message, "help": one.help}
                for one in self.search.findings
            ],
            "emissions": {"boundary": EMISSION_BOUNDARY, "factors": EMISSION_FACTORS},
            "sources": [OSM_ATTRIBUTION, SEA_ATTRIBUTION],
            "note": "Decision support. Costs and times are typical values, not offers. A trained person checks.",
        }

    @property
    def is_undecided(self) -> bool:
        """Whether every itinerary has a leg that no law of the rulebook covers."""
        legs = [[taken.permission.is_decided for taken in one.legs] for one in self.search.itineraries]
        return bool(legs) and not any(all(decided) for decided in legs)


def _stop(stop: Stop) -> dict[str, Any]:
    return {"id": stop.id, "name": stop.name, "country": stop.country, "lat": stop.lat, "lon": stop.lon}


def _itinerary(one: Itinerary) -> dict[str, Any]:
    return {
        "cost_eur": round(one.cost_eur, 2),
        "hours": round(one.hours, 2),
        "co2e_kg": round(one.co2e_kg, 2),
        "distance_km": round(one.km, 1),
        "legs": [_leg(taken) for taken in one.legs],
    }


def _leg(taken: LegTaken) -> dict[str, Any]:
    leg = taken.leg
    return {
        "mode": leg.mode,
        "vehicle": leg.vehicle,
        "from": _stop(taken.start),
        "to": _stop(taken.stop),
        "ready_at": taken.ready_at.isoformat(),
        "departs_at": taken.departs_at.isoformat(),
        "arrives_at": taken.arrives_at.isoformat(),
        "distance_km": round(leg.km, 1),
        "distance_is_estimate": leg.is_estimated,
        "departure_is_estimate": not taken.is_scheduled,
        "passages": list(leg.passages),
        "cost_eur": round(taken.cost_eur, 2),
        "co2e_kg": round(taken.co2e_kg, 2),
        "transfer_cost_eur": round(taken.transfer_cost_eur, 2),
        "transfer_co2e_kg": round(taken.transfer_co2e_kg, 2),
        "law": taken.permission.said,
        "law_is_decided": taken.permission.is_decided,
    }


def find_itineraries(
    asked: Asked,
    cache_dir: Path | None = None,
    *,
    road: DistanceProvider | None = None,
    rulebook: Rulebook | None = None,
) -> Found:
    """Find the itineraries that no other beats in cost, time and emissions at once.

    Parameters
    ----------
    asked
        The question.
    cache_dir
        Where networks are kept for the next time; None keeps nothing.
    road
        Source of road distances; the built-in network by default.
    rulebook
        The law; the built-in one by default.

    Raises
    ------
    InputError, RulebookError
        A place, passage, fact, calendar or number that cannot be used; a day that no edition covers.
    """
    start, stop = place_of(asked.start), place_of(asked.stop)
    closed = closures_of(asked.closed, terminals())
    services = _services(asked.calendar)
    request = Request(
        start.id,
        stop.id,
        datetime.combine(asked.on, time(0), UTC),
        asked.mass_kg,
        bool(asked.goods.strip()),
        closed,
        services,
        asked.k,
    )
    law = None
    if request.is_dangerous:
        book = rulebook or load_rulebook()
        law = law_of_goods(facts_of(asked.goods, book, asked.on), book)
        _is_covered(law, asked.on)
    also = {name for line in services for name in (line.start, line.stop)}
    stops = stops_between(start, stop, sorted(also))
    networks = Networks(road or RoadNetwork(cache_dir, by_search=True), RailNetwork(cache_dir), SeaNetwork())
    legs = legs_between(start, stop, stops, networks, {one.name for one in closed})
    return Found(asked, start, stop, itineraries(stops, legs, request, law))


def place_of(text: str) -> Stop:
    """Give the place that a word means.

    Parameters
    ----------
    text
        Id of a terminal (``NLRTM``, ``AIR-FRA``), code of an airport (``FRA``), name of a terminal (``Rotterdam``), or
        ``latitude,longitude`` in degrees.

    Raises
    ------
    InputError
        ``unknown-place``, ``coordinates-out-of-range`` or ``place-at-sea``.

    Examples
    --------
    >>> place_of("rotterdam").id, place_of("52.52, 13.40").country
    ('NLRTM', 'DE')
    """
    if match := _COORDINATES.fullmatch(text):
        return _spot(text, float(match[1]), float(match[2]))
    word = text.strip().casefold()
    named = {stop.name.casefold(): stop for stop in terminals().values()}
    by_id = {name.casefold(): stop for name, stop in terminals().items()}
    for names, key in ((by_id, word), (by_id, f"air-{word}"), (named, word)):
        if key in names:
            return names[key]
    near = _near_names(word)
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    raise InputError(
        f'"{text}" is not a place known here.{hint} Expected the id or name of a port, airport, rail terminal or ferry '
        "port, or latitude,longitude in degrees such as 52.52,13.40.",
        code="unknown-place",
    )


def _near_names(word: str) -> list[str]:
    """Names of terminals that a mistyped one may mean: as a whole, or one word of them."""
    whole = {stop.name.casefold(): stop.name for stop in terminals().values()}
    parts = {part: name for key, name in whole.items() for part in key.split() if len(part) > 3}
    close = difflib.get_close_matches(word, whole, n=3) + difflib.get_close_matches(
        word, parts, n=2, cutoff=0.75
    )
    return list(dict.fromkeys((parts | whole)[key] for key in close))


def _spot(text: str, lat: float, lon: float) -> Stop:
    from voltloop.catalogue import country_at

    if not (abs(lat) <= 90 and abs(lon) <= 180):
        raise InputError(
            f'"{text}" is not a point on earth. Expected latitude from -90 to 90, then longitude from -180 to 180. '
            "Correct it; they may be swapped.",
            code="coordinates-out-of-range",
        )
    country = country_at([lat], [lon], coast_tolerance_km=_COAST_KM)[0]
    if country is None:
        raise InputError(
            f'"{text}" lies in the sea, more than {_COAST_KM:.0f} km off the nearest coast. Expected latitude, then '
            "longitude. Correct it; they may be swapped, or a minus sign may be missing.",
            code="place-at-sea",
        )
    return Stop(f"{lat:g},{lon:g}", f"{lat:g},{lon:g}", country, lat, lon)


def _services(path: Path | None) -> Any:
    if path is None:
        return ()
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        raise InputError(
            f"{path}: the calendar cannot be read: {problem}. Expected CSV in UTF-8. Correct the path.",
            code="calendar",
        ) from problem
    return read_services(csv.DictReader(io.StringIO(text)), path.name, terminals())


def facts_of(goods: str, rulebook: Rulebook, on: date) -> Mapping[str, Any]:
    """Read facts such as ``chemistry=li_ion form=battery soc_percent=30 un38_3_tested``.

    Raises
    ------
    InputError
        ``unknown-fact``, ``fact-without-value``, ``fact-twice`` or ``goods-fact``, for a value that cannot be.
    """
    from voltloop.app.explain_words import facts_of_words

    words = [f"--{part.lstrip('-').strip(',')}" for part in _PARTS.split(goods.strip()) if part.strip("-,")]
    facts, _ = facts_of_words(words, rulebook)
    row = pl.DataFrame({"id": ["goods"], **{name: [value] for name, value in facts.items()}})
    asked = read_rows(row, rulebook, Defaults("sea", on))
    wrong = asked.findings.table()["message"].to_list()
    if wrong:
        raise InputError(f"--goods: {' '.join(wrong)}", code="goods-fact")
    told = asked.goods.row(0, named=True)
    return {
        name: value for name, value in told.items() if value is not None and name not in {"id", "mode", "on"}
    }


def law_of_goods(facts: Mapping[str, Any], rulebook: Rulebook) -> Permitted:
    """Give the law of goods as what an itinerary asks of it.

    Parameters
    ----------
    facts
        See :func:`facts_of`.
    rulebook
        The law.

    Notes
    -----
    Road: ADR between its contracting states, 49 CFR within the USA. Rail: RID between its states. Sea and ferries: the
    IMDG Code. Air: cargo aircraft. A verdict that is forbidden or undecided for want of a fact bars the leg. A
    leg that no law of the rulebook covers, such as a road in China, is kept and marked as undecided.
    """

    @cache
    def verdict(mode: str, on: date) -> Permission:
        try:
            found = classify_one(facts, rulebook, mode=mode, on=on)
        except RulebookError as error:
            if error.code != _NO_DATE:
                raise
            return Permission(False, error.message.rstrip("."))
        said = ", ".join(
            filter(None, (_un(found["un_number"]), found["packing_instruction"], found["edition"]))
        )
        if found["outcome"] == "undecided":
            names = [name for name in (found["missing_facts"] or "").split(";") if name]
            asks = " ".join(ask_whom(name, rulebook) for name in names).rstrip(".")
            return Permission(False, f"undecided ({said}), missing: {', '.join(names)}. {asks}")
        if found["outcome"] == "forbidden":
            return Permission(False, f"forbidden ({said})")
        return Permission(True, f"{found['outcome'].replace('_', ' ')}: {said}")

    def permitted(mode: str, here: str, there: str, on: date) -> Permission:
        law = law_between(mode, here, there)
        if law is None:
            return Permission(
                True,
                f"undecided: no law of the rulebook covers {mode} from {here} to {there}. Ask the carrier.",
                False,
            )
        return verdict(law, on)

    return permitted


def _un(number: str | None) -> str:
    return f"UN {number}" if number else ""


def law_between(mode: str, here: str, there: str) -> str | None:
    """Give the mode of the rulebook whose law covers a leg; None where none does.

    Examples
    --------
    >>> law_between("ferry", "DE", "SE"), law_between("road", "CN", "CN")
    ('sea', None)
    """
    if mode == "air":
        return "air_cargo"
    if mode in {"sea", "ferry"}:
        return "sea"
    if mode == "rail":
        return "rail_eu" if {here, there} <= _rid_states() else None
    return mode_between(here, there)


@cache
def _rid_states() -> frozenset[str]:
    return frozenset(code for row in rows_of("rid_states") for code in row["states"].split("|"))


def _is_covered(law: Permitted, on: date) -> None:
    """Refuse a day for which the rulebook has no edition of any mode."""
    asked = [law(mode, "DE", "DE", on) for mode in ("road", "rail", "sea", "air")]
    if all(not one.is_allowed and one.said.startswith("No edition of") for one in asked):
        raise InputError(f"{asked[0].said}.", code=_NO_DATE)
