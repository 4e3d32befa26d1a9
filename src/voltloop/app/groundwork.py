"""What every plan stands on before its tours: the list read, places and roads, law, treatment, packages, deadlines."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import polars as pl

from voltloop.app.assess import Assessed, assess
from voltloop.app.borders import Borders
from voltloop.app.due import planning_days
from voltloop.app.law_days import days_of_one_law
from voltloop.app.network_folder import Network
from voltloop.app.network_tables import PackagingSchema
from voltloop.app.origins import Origins, locate
from voltloop.app.packagings import lawful_packagings
from voltloop.app.placed import placed
from voltloop.app.prepare import Prepared, prepare
from voltloop.app.read_list import require_usable
from voltloop.app.world import World, survey
from voltloop.batteries import ReadResult, read_list
from voltloop.compliance import Rulebook, load_rulebook
from voltloop.errors import InputError, VoltloopError
from voltloop.findings import Finding
from voltloop.transport import DistanceProvider

__all__ = ["Groundwork", "PlanRequest", "Say", "Search", "lay_groundwork"]

_ACCEPTED = ("accepted", "accepted_with_findings")

Say = Callable[[str, str], None]
"""Told of each step: its name, and what is known of it."""


@dataclass(frozen=True, slots=True)
class Search:
    """How long and how the tour engine searches.

    Attributes
    ----------
    seed
        Seed of every random choice.
    time_limit_s
        Cap on the wall time of the search [s].
    max_iterations
        Iterations by road law, search and part of an earlier plan, to repeat it; None searches anew.
    workers
        Processes.
    start
        Plan folder to go on from, with little changed; None plans anew.
    frozen
        Tours of that plan that are driving already, or shall stay as they are.
    """

    seed: int = 0
    time_limit_s: float = 10.0
    max_iterations: Mapping[str, Mapping[str, Mapping[str, int]]] | None = None
    workers: int = 2
    start: Path | None = None
    frozen: tuple[str, ...] = ()


@dataclass(frozen=True)
class PlanRequest:
    """What to plan.

    Attributes
    ----------
    returns_name, returns
        File name and bytes of the list.
    network
        The network folder, read.
    on
        First day that may be planned; also the day on which the list is read.
    search
        How the tour engine searches.
    """

    returns_name: str
    returns: bytes
    network: Network
    on: date
    search: Search = field(default_factory=Search)


@dataclass(frozen=True)
class Groundwork:
    """All that is known before the tours are searched.

    Attributes
    ----------
    request, network, read, origins, world, rulebook, borders, assessed, prepared
        Step by step; ``network`` has only packagings that the law allows.
    days
        Planning days.
    onward_on
        Day on which onward loads leave, see :class:`voltloop.app.plan.MadePlan`.
    held
        Batteries that stop before the tours, with the reason.
    findings
        About network, law and places.
    """

    request: PlanRequest
    network: Network
    read: ReadResult
    origins: Origins
    world: World
    rulebook: Rulebook
    borders: Borders
    assessed: Assessed
    prepared: Prepared
    days: tuple[date, ...]
    onward_on: date | None
    held: pl.DataFrame
    findings: tuple[Finding, ...]


def lay_groundwork(request: PlanRequest, provider: DistanceProvider, say: Say) -> Groundwork:
    """Do all that comes before the tours.

    Raises
    ------
    InputError
        The list cannot be read or has no usable row; no day can be planned.
    RulebookError
        No edition of the law covers the day.
    """
    packagings, unsuitable = lawful_packagings(request.network.packagings)
    network = replace(request.network, packagings=PackagingSchema.validate(packagings))
    on = request.on
    settings = network.settings
    days = planning_days(on, settings.planning_days, settings.working_days, settings.holidays)
    if not days:
        raise InputError(
            f"From {on} on there is no working day within a year. network.toml gives working_days "
            f"{', '.join(settings.working_days) or 'none'} and {len(settings.holidays)} holidays. Correct them.",
            code="no-planning-day",
        )
    rulebook = load_rulebook()
    days, onward_on, changes = days_of_one_law(network, rulebook, days)
    borders = Borders(network.consents, rulebook, days[0], onward_on or days[-1])
    say("Reading", request.returns_name)
    read = read_list(request.returns, request.returns_name, on=on, points=network.points)
    _check_records(read)
    require_usable(read, request.returns_name)
    origins = locate(read.batteries, network.points, network.sites)
    table, held = placed(read.batteries, origins)
    say("Distances", f"{origins.points.height} places with batteries, {network.sites.height} sites")
    world = survey(origins.points.filter("is_plannable"), network.sites.filter("is_plannable"), provider)
    table = table.join(
        world.index("point"), left_on="point_id", right_on="id", how="left", maintain_order="left"
    )
    say("Law and treatment", f"{table.height} batteries")
    assessed = assess(
        table, network, world, borders, rulebook, on=days[0], days=(days[-1] - days[0]).days + 1
    )
    stock = read.batteries.join(origins.point_of, on="row").select(
        "row", "point_id", "mass_kg", "quantity", "returned_on"
    )
    prepared = prepare(
        assessed.batteries, stock, network, world, borders, origins.points, rulebook,
        on=on, eur_per_usd=assessed.decision.prices.eur_per_usd,
    )  # fmt: skip
    held = pl.concat([held, assessed.held, prepared.held])
    return Groundwork(
        request, network, read, origins, world, rulebook, borders, assessed, prepared, days, onward_on, held,
        (*network.findings, *unsuitable, *changes, *origins.findings),
    )  # fmt: skip


def _check_records(read: ReadResult) -> None:
    """Nothing is lost: every record of the list has one status, and the accepted ones are the battery table."""
    records = [entry["row"] for entry in read.entries]
    accepted = [entry["row"] for entry in read.entries if entry["status"] in _ACCEPTED]
    whole = records == list(range(1, len(records) + 1)) and sum(read.counts.values()) == len(records)
    if not whole or accepted != read.batteries["row"].sort().to_list():
        raise VoltloopError(
            f"The list has {len(records)} records; {sum(read.counts.values())} have a status, {len(accepted)} are "
            f"accepted and {read.batteries.height} are in the battery table. This is a fault of voltloop; nothing was "
            "written. Please send us the list.",
            code="records-lost",
        )
