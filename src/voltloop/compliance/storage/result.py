"""Checks a store and gives the answer as tables: areas, checks, findings, lots."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from voltloop.compliance.rulebook import Rulebook
from voltloop.compliance.storage.check import GroupAnswer, StoreAnswers, answer_store
from voltloop.compliance.storage.days import Periods, periods_of
from voltloop.compliance.storage.findings import Tell
from voltloop.compliance.storage.measures import Cell, State

__all__ = ["StoreResult", "check_store"]

_STATES = {
    State.OK: "ok",
    State.UNKNOWN: "unknown",
    State.EXCEEDED: "exceeded",
    State.UNCONFIRMED: "unconfirmed",
}
_CHECKS = {
    "site_id": pl.String(),
    "area_id": pl.String(),
    "code": pl.String(),
    "edition": pl.String(),
    "requirement": pl.String(),
    "rule": pl.String(),
    "effect": pl.String(),
    "limit": pl.String(),
    "unit": pl.String(),
    "value": pl.Float64(),
    "most": pl.Float64(),
    "allowed": pl.Float64(),
    "over": pl.Float64(),
    "share": pl.Float64(),
    "state": pl.String(),
    "rule_state": pl.String(),
    "requirement_state": pl.String(),
    "confidence": pl.String(),
    "cite": pl.String(),
}

_HEADS = [
    "is_site",
    "code",
    "edition",
    "requirement",
    "rule",
    "effect",
    "limit",
    "unit",
    "sense",
    "confidence",
    "cite",
]


@dataclass(frozen=True)
class StoreResult:
    """The answer for a store.

    Attributes
    ----------
    on
        Day of the check.
    areas
        One row per area: lots, energy [kWh], volume [m3], mass [kg] and height [m] as far as known and the number of
        lots of which each is not, the limit that is used most and its share, and the verdict: ``allowed``,
        ``forbidden``, ``undecided`` or ``empty``.
    checks
        One row per limit and area (or site): ``value`` is what there is for certain and ``most`` what there may be,
        ``over`` by how much the limit is passed, ``share`` of it used. Rules of one ``requirement`` are alternatives.
    findings
        See :data:`voltloop.compliance.storage.findings.FINDING_SCHEMA`.
    lots
        Every lot of the list: ``checked`` or ``rejected`` with the reason, days waited and the last day allowed.
    editions
        Edition of each code that was asked.
    """

    on: date
    areas: pl.DataFrame
    checks: pl.DataFrame
    findings: pl.DataFrame
    lots: pl.DataFrame
    editions: Mapping[str, str]

    @property
    def verdict(self) -> str:
        """The worst verdict of any area; rows that could not be read leave the store undecided."""
        said = set(self.areas["verdict"].to_list())
        if "forbidden" in said:
            return "forbidden"
        is_open = self.findings["severity"].is_in(["review", "reject"]).any()
        return "undecided" if "undecided" in said or is_open else "allowed" if "allowed" in said else "empty"


def check_store(
    areas: pl.DataFrame, stock: pl.DataFrame, on: date, *, rulebook: Rulebook | None = None
) -> StoreResult:
    """Check the stock of a store by area against every storage rule that applies there.

    Parameters
    ----------
    areas
        ``area_id``, ``country``; ``site_id``, ``codes``, and facts of ``storage/area_facts.csv``. One area is one fire
        area. Codes follow from the country where ``codes`` is silent; law applies in any case.
    stock
        ``lot_id``, ``area_id``; ``chemistry``, ``group_id``, ``since_on``, and facts of ``storage/lot_facts.csv``, with
        energy, mass and volume of one unit.
    on
        Day of the check.
    rulebook
        The packaged one by default.

    Raises
    ------
    InputError
        A table lacks a column that it must have, or a column holds no plain values. A bad row is a finding.
    RulebookError
        The storage rules are broken, or no period of storage covers the day.

    Notes
    -----
    Lots in are lots checked and lots rejected. A missing fact never makes a limit hold: the area is undecided and the
    finding names the fact and who can tell.

    References
    ----------
    IFC 2024 section 320; NFPA 855; VdS 3103; Regulation (EU) 2023/1542, Annex XII; 40 CFR 273.
    """
    answers = answer_store(areas, stock, on, rulebook=rulebook)
    periods = periods_of(answers, rulebook=rulebook)
    tell = Tell(answers)
    tell.given(answers.findings)
    tell.groups()
    tell.periods(periods)
    tell.missing(periods)
    tell.unsettled()
    tell.left_out()
    findings = tell.table()
    checks = _checks(answers)
    editions = {group.code: group.edition for group in answers.groups}
    return StoreResult(
        on,
        _areas(answers, checks, tell.reach),
        checks,
        findings,
        _lots(answers, periods, stock.height),
        editions,
    )


def _checks(answers: StoreAnswers) -> pl.DataFrame:
    """Give every limit in every area or site that has goods it may be about."""
    heads: list[tuple[Any, ...]] = []
    parts: list[tuple[npt.NDArray[Any], ...]] = []
    for group in answers.groups:
        here = group.members.number(group.members.possible) > 0
        for rule, cells, state in zip(group.rules, group.cells, group.states, strict=False):
            for cell in cells:
                units = np.flatnonzero(here & (cell.state != State.NONE))
                if len(units):
                    parts.append(_part(len(heads), units, cell, state, group))
                    word = cell.bound.word
                    heads.append(
                        (group.is_site, group.code, group.edition, rule.one_of, rule.id, rule.effect, word.name,
                         word.unit, word.sense, rule.confidence, "; ".join(rule.cite))
                    )  # fmt: skip
    if not parts:
        return pl.DataFrame(schema=_CHECKS)
    names = ("head", "place", "value", "most", "allowed", "state", "rule_state", "requirement_state")
    table = pl.DataFrame(dict(zip(names, map(np.concatenate, zip(*parts, strict=True)), strict=True)))
    head = pl.DataFrame(heads, schema=_HEADS, orient="row").with_row_index("head")
    areas = answers.areas.frame.select(
        place=pl.int_range(pl.len()), site_id="site_id", area_id="area_id", is_site=False
    )
    sites = pl.DataFrame(
        {"place": range(len(answers.sites)), "site_id": answers.sites},
        schema={"place": pl.Int64, "site_id": pl.String},
    ).select("place", "site_id", area_id=pl.lit(None, pl.String), is_site=True)
    gap = pl.when(pl.col("sense") == "min").then(pl.col("most")).otherwise("value") - pl.col("allowed")
    is_capacity = pl.col("sense").is_in(["max", "below"]) & (pl.col("allowed") > 0)
    return (
        table.with_columns(pl.col("head").cast(pl.UInt32), pl.col("value", "most", "allowed").fill_nan(None))
        .join(head, on="head", maintain_order="left")
        .join(pl.concat([areas, sites]), on=["place", "is_site"], maintain_order="left")
        .with_columns(
            pl.col("state", "rule_state", "requirement_state").replace_strict(
                _STATES, default=None, return_dtype=pl.String
            ),
            share=pl.when(is_capacity).then(pl.col("value") / pl.col("allowed")),
        )
        .with_columns(
            over=pl.when(pl.col("state") == "exceeded").then(gap.abs()).otherwise(0.0 * pl.col("allowed")),
            most=pl.when(pl.col("most").is_finite()).then(pl.col("most")),
        )
        .select(pl.col(name).cast(kind) for name, kind in _CHECKS.items())
    )


def _part(
    head: int, units: npt.NDArray[np.int64], cell: Cell, state: npt.NDArray[np.int64], group: GroupAnswer
) -> tuple[npt.NDArray[Any], ...]:
    columns = (cell.low, cell.high, cell.limit, cell.state, state, group.state)
    return (np.full(len(units), head), units, *(column[units] for column in columns))


def _areas(answers: StoreAnswers, checks: pl.DataFrame, reach: list[tuple[int, str]]) -> pl.DataFrame:
    areas, count = answers.areas.frame, answers.areas.height
    table = areas.select("site_id", "area_id", "country", "area_kind", "placement").with_columns(
        pl.Series("codes", _codes(answers), dtype=pl.List(pl.String)),
        pl.Series("lots", np.bincount(answers.area_of, minlength=count), dtype=pl.Int64),
    )
    for name in ("energy_kwh", "volume_m3", "mass_kg"):
        values = answers.values[name]
        known = ~np.isnan(values)
        sums = np.bincount(answers.area_of[known], weights=values[known], minlength=count).astype(np.float64)
        open_ = np.bincount(answers.area_of[~known], minlength=count)
        table = table.with_columns(
            pl.Series(name, sums), pl.Series(f"{name.rsplit('_', 1)[0]}_unknown_lots", open_, dtype=pl.Int64)
        )
    height = np.full(count, np.nan)
    stacks = answers.values["stack_height_m"]
    np.fmax.at(height, answers.area_of, stacks)
    # An alternative that was not taken says nothing about how full an area is.
    is_taken = (pl.col("rule_state") != "exceeded") | (pl.col("requirement_state") == "exceeded")
    used = (
        checks.filter(pl.col("share").is_not_null() & is_taken & (pl.col("effect") == "require"))
        .sort("share", descending=True)
        .group_by("area_id", maintain_order=True)
        .first()
        .select("area_id", top_share="share", top_limit="limit", top_rule="rule")
    )
    table = table.with_columns(pl.Series("height_m", height).fill_nan(None)).join(
        used, on="area_id", how="left", maintain_order="left"
    )
    return table.with_columns(pl.Series("verdict", _verdicts(table, reach), dtype=pl.String))


def _verdicts(table: pl.DataFrame, reach: list[tuple[int, str]]) -> list[str]:
    """Give the verdict of each area from the weights of the findings that concern it."""
    weights: dict[int, set[str]] = {}
    for area, severity in reach:
        weights.setdefault(area, set()).add(severity)
    found = []
    for area, lots in enumerate(table["lots"].to_list()):
        mine = weights.get(area, set())
        if "forbid" in mine:
            found.append("forbidden")
        elif mine & {"review", "reject"}:
            found.append("undecided")
        else:
            found.append("allowed" if lots else "empty")
    return found


def _codes(answers: StoreAnswers) -> list[list[str]]:
    return [
        [name for name, mask in answers.applies.items() if mask[at]] for at in range(answers.areas.height)
    ]


def _lots(answers: StoreAnswers, periods: Periods, count: int) -> pl.DataFrame:
    lots = answers.lots
    due = pl.lit(pl.Series("days", periods.due).fill_nan(None).cast(pl.Int64))
    exempt = [
        pl.when(pl.Series(mask & answers.applies[code][answers.area_of])).then(pl.lit(code)).alias(f"_{code}")
        for code, (mask, _) in answers.exempt.items()
    ]
    checked = lots.frame.select(
        "lot_id",
        "area_id",
        pl.lit("checked").alias("outcome"),
        pl.lit(None, pl.String).alias("reason"),
        pl.concat_str(exempt, separator=";", ignore_nulls=True).alias("exempt_from")
        if exempt
        else pl.lit("").alias("exempt_from"),
        "since_on",
        pl.Series("days_stored", periods.days).fill_nan(None).cast(pl.Int64),
        (pl.col("since_on") + pl.duration(days=due)).cast(pl.Date).alias("leaves_by_on"),
    )
    rejected = lots.rejected.select(
        lot_id="id", area_id="area_id", outcome=pl.lit("rejected"), reason="reason", exempt_from=pl.lit(""),
        since_on=pl.lit(None, pl.Date), days_stored=pl.lit(None, pl.Int64), leaves_by_on=pl.lit(None, pl.Date),
    )  # fmt: skip
    table = pl.concat([checked, rejected])
    if table.height != count:
        raise AssertionError(f"{count} lots came in and {table.height} went out")
    return table
