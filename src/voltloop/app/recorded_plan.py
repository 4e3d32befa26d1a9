"""A plan folder as the ledger takes it: the tables that say what will be packed, loaded, carried and handed over."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from voltloop.app.ledger_names import DEFAULT_BASE, Names
from voltloop.app.network_folder import Network, read_network
from voltloop.catalogue import zone_of
from voltloop.errors import InputError

__all__ = ["RecordedPlan", "read_plan"]

_TABLES = ("tours.csv", "stops.csv", "loads.csv")


@dataclass(frozen=True)
class RecordedPlan:
    """What the ledger needs of a plan.

    Attributes
    ----------
    plan_id
        First day, seed and a digest of the inputs: the same order to plan has the same number.
    network
        The network folder that was planned for.
    batteries, tours, stops, loads
        Tables of the plan folder.
    folder
        Where it stands.
    """

    plan_id: str
    on: date
    network: Network
    batteries: pl.DataFrame
    tours: pl.DataFrame
    stops: pl.DataFrame
    loads: pl.DataFrame
    folder: Path

    @cached_property
    def names(self) -> Names:
        """Names of the plan's things."""
        return Names(self.network.settings.identifier_base or DEFAULT_BASE, self.plan_id)

    @property
    def network_name(self) -> str:
        """Name of the network, by which a later plan finds what it replaces."""
        return self.network.settings.name or self.operator

    @property
    def operator(self) -> str:
        """Who carries and packs, as a party: the carrier of the settings, else the network's name."""
        settings = self.network.settings
        return settings.carrier.name or settings.name or "operator"

    @cached_property
    def places(self) -> dict[str, dict[str, Any]]:
        """Collection points and sites by id; a place that only the list names stands in the stops."""
        stops = {row["point_id"]: row for row in self.stops.iter_rows(named=True)}
        points = {row["point_id"]: row for row in self.network.points.iter_rows(named=True)}
        sites = {row["site_id"]: row for row in self.network.sites.iter_rows(named=True)}
        return stops | points | sites

    def instant(self, day: date, clock: str, place_id: str) -> datetime:
        """Give the instant of a local time ``HH:MM`` at a place; 24:00 and later lie on the days after."""
        place = self.places.get(place_id, {})
        zone = zone_of(place.get("country"), place.get("admin1")) or "UTC"
        hours, minutes = (int(part) for part in clock.split(":"))
        start = datetime.combine(day, time(hours % 24, minutes), ZoneInfo(zone))
        return (start if hours < 24 else start + timedelta(days=hours // 24)).astimezone(UTC)

    def offset(self, at: datetime, place_id: str) -> str:
        """Give ``eventTimeZoneOffset`` at a place."""
        place = self.places.get(place_id, {})
        zone = zone_of(place.get("country"), place.get("admin1")) or "UTC"
        text = at.astimezone(ZoneInfo(zone)).strftime("%z")
        return f"{text[:3]}:{text[3:5]}"

    def aboard(self, column: str, load_id: str) -> Iterator[dict[str, Any]]:
        """Give the batteries of a tour (``tour_id``) or onward load (``onward_load_id``)."""
        yield from self._by_load[column].get(load_id, [])

    @cached_property
    def _by_load(self) -> dict[str, dict[str, list[dict[str, Any]]]]:
        found: dict[str, dict[str, list[dict[str, Any]]]] = {"tour_id": {}, "onward_load_id": {}}
        for row in self.batteries.iter_rows(named=True):
            for column, groups in found.items():
                if row[column]:
                    groups.setdefault(row[column], []).append(row)
        return found


def read_plan(folder: Path) -> RecordedPlan:
    """Read a plan folder.

    Raises
    ------
    InputError
        ``not-a-plan``: a file that ``voltloop plan`` writes is missing or not as it wrote it.
    """
    try:
        run = json.loads((folder / "inputs/run.json").read_bytes())
        tables = {name: pl.read_csv(folder / name, try_parse_dates=True) for name in _TABLES}
        tables["tours.csv"] = _trips(tables["tours.csv"])
        batteries = pl.read_parquet(folder / "batteries.parquet")
        on = date.fromisoformat(run["on"])
        digest = _digest(folder / "inputs")
        plan_id = f"{on:%Y%m%d}-{int(run['seed'])}-{digest[:8]}"
        _check_whole(tables, batteries)
    except (OSError, ValueError, KeyError, TypeError, pl.exceptions.PolarsError) as error:
        raise InputError(
            f"{folder}: this is not a whole plan folder ({error}). Name the folder that voltloop plan wrote.",
            code="not-a-plan",
        ) from None
    return RecordedPlan(
        plan_id, on, read_network(folder / "inputs/network"), batteries,
        tables["tours.csv"], tables["stops.csv"], tables["loads.csv"], folder,
    )  # fmt: skip


def _trips(tours: pl.DataFrame) -> pl.DataFrame:
    """Give the trips with goods; plans of before tours unloaded on the way say only where the vehicle stands."""
    ends = [
        pl.col("depot_id").alias(name) for name in ("start_id", "end_depot_id") if name not in tours.columns
    ]
    return tours.with_columns(ends).filter(pl.col("stop_count") > 0)


def _check_whole(tables: Mapping[str, pl.DataFrame], batteries: pl.DataFrame) -> None:
    """Refuse tables that were cut or edited: days that are none, and tours and loads that only one of them has.

    Raises
    ------
    ValueError
        What does not fit, in words.
    """
    tours, stops, loads = (tables[name] for name in _TABLES)
    for name, table in (("tours.csv", tours), ("loads.csv", loads)):
        if table.height and table["day"].dtype != pl.Date:
            raise ValueError(f"{name}: a day in the column day is not of the form YYYY-MM-DD")
    known = set(loads["load_id"])
    named = {
        "tours.csv": set(tours["tour_id"]),
        "stops.csv": set(stops["tour_id"]),
        "batteries.parquet": set(batteries["tour_id"].drop_nulls())
        | set(batteries["onward_load_id"].drop_nulls()),
    }
    for name, ids in named.items():
        if lost := sorted(ids - known):
            raise ValueError(f"{name} has the load {lost[0]}, and loads.csv does not")
    pickups = set(stops["pickup_id"])
    if lost := sorted(pickups ^ set(batteries.filter(pl.col("tour_id").is_not_null())["pickup_id"])):
        raise ValueError(
            f"the pick-up {lost[0]} stands in one of stops.csv and batteries.parquet, and not in both"
        )
    if lost := sorted(set(loads.filter(pl.col("kind") == "tour")["load_id"]) - named["tours.csv"]):
        raise ValueError(f"loads.csv has the tour {lost[0]}, and tours.csv does not")


def _digest(inputs: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(inputs.rglob("*")):
        if path.is_file():
            digest.update(f"{path.relative_to(inputs)}\0{path.stat().st_size}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()
