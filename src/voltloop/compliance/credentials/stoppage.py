"""Which planned work a lapse would stop."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import polars as pl

from voltloop.compliance.credentials.entitlement import (
    NOBODY,
    Entitlement,
    RequirementAnswer,
    block_of,
    by_holder,
    entitlement_of,
    held_of,
    requirements_of,
)
from voltloop.compliance.credentials.table import CredentialTable
from voltloop.compliance.credentials.validity import Held
from voltloop.compliance.credentials.work import Work
from voltloop.compliance.rulebook import Rulebook, load_rulebook
from voltloop.errors import InputError, nearest

__all__ = ["PlannedWork", "stopped_work"]


@dataclass(frozen=True, slots=True)
class PlannedWork:
    """One piece of planned work, its day and who is assigned in which role."""

    work_id: str
    on: date
    work: Work
    assigned: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    activity: str = "carry"


def stopped_work(
    planned: Iterable[PlannedWork],
    credentials: CredentialTable | pl.DataFrame,
    on: date,
    days: int,
    *,
    rulebook: Rulebook | None = None,
) -> pl.DataFrame:
    """List the planned work that cannot go ahead for want of a credential, in the coming days.

    Parameters
    ----------
    planned
        Work of any days; what is before ``on`` or more than ``days`` days after it is left out. Only roles that
        somebody is assigned to are checked, and those that one person fills for all.
    credentials, rulebook
        As for :func:`who_may_carry`.
    on
        Today.
    days
        How far to look ahead [d].

    Returns
    -------
    polars.DataFrame
        ``work_id, day, role, holder, requirement, needs, status, lapsed_after, is_new`` (true when the holder may
        still do it on ``on``: the lapse stops it), ``facts`` that nobody stated, ``countries`` in which it does not
        hold, ``instead`` (others who may), ``say, cite``.
    """
    book = rulebook or load_rulebook()
    held = held_of(credentials, book)
    kinds = {one.holder: one.holder_kind for one in held}
    of = by_holder(held)
    rows: list[dict[str, Any]] = []
    for one in sorted(planned, key=lambda job: (job.on, job.work_id)):
        if on <= one.on <= on + timedelta(days=days):
            rows.extend(_stops(one, of, kinds, on, book))
    schema = {
        "work_id": pl.String, "day": pl.Date, "role": pl.String, "holder": pl.String, "requirement": pl.String,
        "needs": pl.String, "status": pl.String, "lapsed_after": pl.Date, "is_new": pl.Boolean, "facts": pl.String,
        "countries": pl.String, "instead": pl.String, "say": pl.String, "cite": pl.String,
    }  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row")


def _stops(
    job: PlannedWork, of: Mapping[str, Sequence[Held]], kinds: Mapping[str, str], on: date, book: Rulebook
) -> list[dict[str, Any]]:
    rules = book.credentials
    for name in job.assigned:
        if name not in rules.roles:
            raise InputError(
                f'"{name}" is not a role.{nearest(name, rules.roles)} Choices: {", ".join(rules.roles)}.',
                code="unknown-role",
            )
    asked = requirements_of(job.work, book, job.on, activity=job.activity)
    block = block_of(job.work, job.activity)
    rows = [_row(job, "", NOBODY, block, is_new=False, able=())] if block else []
    for name, role in rules.roles.items():
        mine = [entry for entry in asked if entry[0].role == name]
        if not mine:
            continue

        def ask(holder: str, day: date, role_name: str = name, kind: str = role.holder_kind,
                entries: Sequence[Any] = mine) -> Entitlement:  # fmt: skip
            return entitlement_of(holder, kind, role_name, entries, of.get(holder, ()), job.work, day, rules)

        same_kind = sorted(holder for holder, kind in kinds.items() if kind == role.holder_kind)
        able = [holder for holder in same_kind if ask(holder, job.on).answer == "yes"]
        if role.is_each:
            asked_of = [holder for holder in job.assigned.get(name, ()) if holder not in able]
        else:
            asked_of = [] if able else [*job.assigned.get(name, ()), *same_kind, NOBODY][:1]
        for holder in asked_of:
            before = {one.requirement for one in ask(holder, on).lacks}
            rows.extend(
                _row(job, name, holder, lack, is_new=lack.requirement not in before, able=able)
                for lack in ask(holder, job.on).lacks
            )
    return rows


def _row(
    job: PlannedWork, role: str, holder: str, lack: RequirementAnswer, *, is_new: bool, able: Sequence[str]
) -> dict[str, Any]:
    return {
        "work_id": job.work_id, "day": job.on, "role": role, "holder": holder, "requirement": lack.requirement,
        "needs": "|".join(lack.needs), "status": lack.status, "lapsed_after": lack.until_on, "is_new": is_new,
        "facts": ";".join(lack.facts), "countries": ";".join(lack.countries), "instead": ";".join(able[:10]),
        "say": lack.say, "cite": ";".join(lack.cite),
    }  # fmt: skip
