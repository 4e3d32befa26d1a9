"""The folder of an answer about a network: ``answer.json``, one CSV for each table, and the words."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import polars as pl

from voltloop import __version__
from voltloop.app.files import new_folder, read_bytes
from voltloop.app.tables import csv_bytes, json_bytes
from voltloop.errors import InputError
from voltloop.network import Answer, Design, Scenario

__all__ = [
    "PlannedNetwork",
    "facts_of",
    "read_answer",
    "scenario_hash",
    "weighed",
    "write_answer",
    "write_tables",
]

_SCHEMA = "network-answer/1"
_FILE = "answer.json"
_NEEDED = {
    "name",
    "scenario_sha256",
    "money_of",
    "carbon_price_given",
    "cases",
    "cost_eur",
    "bound_eur",
    "gap",
}


@dataclass(frozen=True)
class PlannedNetwork:
    """A plan with what it was asked for.

    Attributes
    ----------
    scenario
        The first case.
    answer
        Tables of the plan.
    facts
        What ``answer.json`` holds: name, cost, bound, gap, seconds, status, hash of the scenario, cases with weights.
    """

    scenario: Scenario | None
    answer: Answer
    facts: dict[str, Any]


def scenario_hash(folder: Path) -> str:
    """Give the SHA-256 of the TOML and CSV files of a scenario, names and contents in order of name."""
    digest = hashlib.sha256()
    for path in sorted((*folder.glob("*.toml"), *folder.glob("*.csv"))):
        digest.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def facts_of(
    scenario: Scenario, plan: Design, *, gap: float, scenario_sha256: str, weights: dict[str, float]
) -> dict[str, Any]:
    """Give what ``answer.json`` says of a plan."""
    total = sum(weights.values())
    return {
        "schema": _SCHEMA,
        "voltloop": __version__,
        "name": scenario.name,
        "scenario_sha256": scenario_sha256,
        "currency": scenario.currency,
        "money_of": scenario.periods["first_on"][0],
        "carbon_price_eur_per_t": scenario.carbon_price_eur_per_t,
        "cases": {name: weight / total for name, weight in weights.items()},
        "cost_eur": plan.objective_eur,
        "bound_eur": plan.bound_eur,
        "gap": plan.gap,
        "seconds": round(plan.seconds, 3),
        "status": "within gap" if plan.gap <= gap + 1e-9 else "time over",
    }


def weighed(table: pl.DataFrame, cases: dict[str, float]) -> pl.DataFrame:
    """Give a table of several cases with a column ``weight`` of each row's case."""
    return table.with_columns(weight=pl.col("case").replace_strict(cases, return_dtype=pl.Float64))


def write_answer(
    plan: PlannedNetwork, target: Path, words: list[str], more: dict[str, pl.DataFrame] | None = None,
    *, replace: bool = False,
) -> None:  # fmt: skip
    """Write an answer folder whole or not at all.

    Parameters
    ----------
    plan, words
        What is written to ``answer.json`` and the tables, and to ``summary.md``.
    target
        Folder to make.
    more
        Further tables by name.
    replace
        Whether an earlier answer there may be replaced.
    """
    tables = {field.name: getattr(plan.answer, field.name) for field in fields(Answer)}
    write_tables(_SCHEMA, plan.facts, tables | (more or {}), target, words, replace=replace)


def write_tables(
    schema: str,
    facts: dict[str, Any],
    tables: dict[str, pl.DataFrame],
    target: Path,
    words: list[str],
    *,
    replace: bool = False,
) -> None:
    """Write ``answer.json`` with facts, one CSV for each table, and ``summary.md``, whole or not at all."""

    def fill(folder: Path) -> None:
        (folder / _FILE).write_bytes(json_bytes({**facts, "schema": schema}))
        (folder / "summary.md").write_text("\n".join(words) + "\n", encoding="utf-8")
        for name, table in tables.items():
            (folder / f"{name}.csv").write_bytes(csv_bytes(table))

    new_folder(target, fill, replace=replace)


def read_answer(folder: Path) -> PlannedNetwork:
    """Read an answer folder.

    Raises
    ------
    InputError
        ``network-answer`` where it is not one; ``no-such-file`` where a table is missing.
    """
    try:
        facts = json.loads(read_bytes(folder / _FILE))
    except ValueError:
        facts = None
    if not isinstance(facts, dict) or facts.get("schema") != _SCHEMA or not facts.keys() >= _NEEDED:
        raise InputError(
            f'{folder / _FILE}: this is not the answer of "voltloop network design". Expected the schema {_SCHEMA}. '
            "Name a folder that it wrote with --out.",
            code="network-answer",
        )
    tables = {field.name: _table(folder / f"{field.name}.csv") for field in fields(Answer)}
    return PlannedNetwork(None, Answer(**tables), facts)


_NUMBERS = ("amount", "runs", "steps", "steps_added", "taken", "left", "served", "unserved")
_YES_NO = ("is_open", "is_opened", "is_closed")


def _table(path: Path) -> pl.DataFrame:
    try:
        text = pl.read_csv(read_bytes(path), infer_schema=False)
        return text.with_columns(
            pl.col(name).cast(pl.Int64 if name.startswith("steps") else pl.Float64)
            if name in _NUMBERS or name.endswith(("_eur", "_t", "_kg"))
            else pl.col(name) == "true"
            for name in text.columns
            if name in (*_NUMBERS, *_YES_NO) or name.endswith(("_eur", "_t", "_kg"))
        )
    except pl.exceptions.PolarsError as error:
        raise InputError(
            f"{path}: the table cannot be read: {str(error).splitlines()[0]} Make the answer again with "
            "voltloop network design --out.",
            code="network-answer",
        ) from None
