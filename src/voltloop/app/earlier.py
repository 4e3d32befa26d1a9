"""A plan as the tour engine knows it, kept in the plan folder: to go on from, to ask about, to compare with."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from voltloop.app.route import Routed
from voltloop.app.tables import json_bytes, parquet_bytes
from voltloop.collection import Plan
from voltloop.errors import InputError, nearest

__all__ = ["FOLDER", "Earlier", "frozen_tours", "read_earlier", "search_files"]

FOLDER = "search"
"""Folder of a plan folder with one folder for each road law."""

_TABLES = ("tours", "stops", "breaks", "unserved", "reloads")
_FIGURES = (
    "totals", "bound_eur", "gap", "is_proven", "iterations", "stopped_by", "seconds", "first_plan_s", "seed", "solver",
)  # fmt: skip


@dataclass(frozen=True)
class Earlier:
    """A plan of one road law.

    Attributes
    ----------
    plan
        As :func:`voltloop.collection.solve` gave it.
    late
        Pick-ups that were planned as late although they were not.
    """

    plan: Plan
    late: tuple[str, ...]


def search_files(routed: Sequence[Routed]) -> dict[str, bytes]:
    """Give the files that :func:`read_earlier` reads, by their place in the plan folder."""
    files = {}
    for entry in routed:
        for name in _TABLES:
            files[f"{FOLDER}/{entry.mode}/{name}.parquet"] = parquet_bytes(getattr(entry.plan, name))
        figures = {name: getattr(entry.plan, name) for name in _FIGURES}
        for name in ("totals", "iterations", "stopped_by"):
            figures[name] = dict(figures[name])
        files[f"{FOLDER}/{entry.mode}/plan.json"] = json_bytes(
            {"schema": "search/1", **figures, "late": list(entry.late)}
        )
    return files


def read_earlier(folder: Path) -> dict[str, Earlier]:
    """Read the plans of a plan folder by road law.

    Raises
    ------
    InputError
        ``not-a-plan``: the folder holds no plan of this version, or one that cannot be read.
    """
    found = {}
    for part in sorted(path for path in (folder / FOLDER).glob("*") if path.is_dir()):
        try:
            tables: dict[str, Any] = {name: pl.read_parquet(part / f"{name}.parquet") for name in _TABLES}
            figures = json.loads((part / "plan.json").read_bytes())
            late = tuple(figures.pop("late"))
            plan = Plan(**{**tables, **{name: figures[name] for name in _FIGURES}})
        except (OSError, ValueError, KeyError, TypeError, AttributeError, pl.exceptions.PolarsError) as error:
            raise InputError(
                f"{part}: the plan cannot be read ({error}). The folder must be as voltloop plan wrote it.",
                code="not-a-plan",
            ) from None
        found[part.name] = Earlier(plan, late)
    if not found:
        raise InputError(
            f"{folder}: this is not a plan folder, or one of an older version: {FOLDER}/ is missing. "
            "Name a folder that voltloop plan wrote, or plan it again with voltloop rerun.",
            code="not-a-plan",
        )
    return found


def frozen_tours(names: Collection[str], earlier: Mapping[str, Earlier]) -> frozenset[str]:
    """Give the tours of an earlier plan that are named, by their own ids or by one of their trips.

    Raises
    ------
    InputError
        ``tour-unknown``: the earlier plan has no such tour.
    """
    known = [tour for entry in earlier.values() for tour in entry.plan.tours["tour_id"]]
    found = set()
    for name in names:
        whole = name if name in known else name.rpartition("-")[0]
        if whole not in known:
            raise InputError(
                f'"{name}" is not a tour of the plan to start from.{nearest(name, known)} It has {len(known)} tours, '
                f"from {min(known, default='none')} to {max(known, default='none')}. Take the ids of its tours.csv.",
                code="tour-unknown",
            )
        found.add(whole)
    return frozenset(found)
