"""Names in one file of a network folder that must stand in another."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

import polars as pl

from voltloop.app.network_cells import counts_of, names_of
from voltloop.app.network_values import RawTable
from voltloop.errors import nearest

__all__ = ["check_links"]


def check_links(tables: Mapping[str, pl.DataFrame], raw: Mapping[str, RawTable], problems: list[str]) -> None:
    """Tell of names that the file they refer to does not have.

    Parameters
    ----------
    tables
        The typed tables by file name; of a file that the folder does not have, what is taken in its place.
    raw
        Files of the folder as text, for the lines.
    problems
        Gets one sentence for each name that is not known.
    """
    from voltloop.catalogue.fleet import vehicle_types

    sites = tables["sites.csv"]
    depots, types = sites.filter("is_depot")["site_id"], vehicle_types()["vehicle_type"]
    drivers, packagings = tables["drivers.csv"]["driver_id"], tables["packagings.csv"]["packaging_id"]
    for file, column, names, known, what in (
        ("collection_points.csv", "vehicle_types", names_of, types, "a vehicle type of the catalogue"),
        ("collection_points.csv", "usual_driver", names_of, drivers, "a driver of drivers.csv"),
        ("collection_points.csv", "empties", _counted, packagings, "a packaging of packagings.csv"),
        ("vehicles.csv", "ends_at", names_of, depots, "a depot of sites.csv"),
        ("vehicles.csv", "reload_at", names_of, sites["site_id"], "a site of sites.csv"),
    ):
        _check(tables[file][column], raw[file], names, known.to_list(), what, problems)


def _counted(cell: str | None) -> Iterable[str]:
    return counts_of(cell) or ()


def _check(
    cells: pl.Series,
    table: RawTable,
    names: Callable[[str | None], Iterable[str]],
    known: Collection[str],
    what: str,
    problems: list[str],
) -> None:
    for place in cells.is_not_null().arg_true():
        for name in names(cells[place]):
            if name not in known:
                problems.append(
                    f'{table.file}, line {table.lines[place]}, column "{cells.name}": "{name}" is not {what}.'
                    f"{nearest(name, known)} Correct it, or add it there."
                )
