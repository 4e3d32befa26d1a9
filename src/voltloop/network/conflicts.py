"""Why no plan exists: which conditions of the business cannot be kept together, in words."""

from __future__ import annotations

from typing import Any

import numpy as np

from voltloop.errors import NoFeasiblePlan
from voltloop.network.program import Ids, Numbers, Program, highs_of

__all__ = ["conflicts_of"]

_SAID = {
    "supply": "at most {bound:g} of {commodity} arise at {site}{when}",
    "supply_least": "at least {bound:g} of {commodity} must be taken at {site}{when}",
    "demand": "at most {bound:g} of {commodity} can be delivered to {site}{when}",
    "demand_least": "at least {bound:g} of {commodity} must be delivered to {site}{when}",
    "stock": "at most {bound:g} of {commodity} can lie at {site}{when}",
    "capacity": "{facility} is limited in capacity{when}",
    "least_use": "{facility} must be used at least so much while it is open{when}",
    "lane": "the lane {lane} carries at most {bound:g} t{when}",
    "budget": "at most {bound:g} EUR may be spent on opening and expanding{when}",
    "carbon_cap": "at most {bound:g} t CO2e may be emitted{when}",
    "contract_least": "the contract {contract} wants at least {bound:g}{when}",
    "contract_most": "the contract {contract} allows at most {bound:g}{when}",
    "target_least": "the target {target} must be reached{when}",
}
_FIRST = [
    "supply_least",
    "demand_least",
    "contract_least",
    "target_least",
    "carbon_cap",
    "budget",
    "contract_most",
]
_SLACK = 1e-6


def conflicts_of(program: Program) -> NoFeasiblePlan:
    """Give the error that names conditions which cannot all be kept, none of which could be left out.

    Notes
    -----
    Every condition may be broken at a price; what is broken is then kept by force, until nothing works any more
    (elastic filter, [1]_ sec. 3.2). Of what was forced, each that is not needed for the conflict is dropped (deletion
    filter, [1]_ sec. 3.1). Where openings alone can be in parts, they are; if that resolves the conflict, they are
    whole.

    References
    ----------
    .. [1] Chinneck, J. W., Dravnieks, E. W. (1991). Locating minimal infeasible constraint sets in linear programs.
       ORSA Journal on Computing 3(2).
    """
    rows, labels = _business_rows(program)
    found: list[int] | None = None
    for is_relaxed in (True, False):
        elastic = _Elastic(program, rows, is_relaxed=is_relaxed)
        found = elastic.conflict()
        if found is not None:
            break
    if not found:
        return NoFeasiblePlan(
            "No plan keeps every condition, and which of them conflict could not be told. Sites may be cut off by "
            "bans, by law or by dates of facilities. Loosen them one by one.",
            code="network-infeasible",
        )
    sentences = "".join(f"\n  - {line}" for line in _told([labels[one] for one in found]))
    return NoFeasiblePlan(
        "No plan keeps all of these conditions together, with the lanes that bans, law and dates leave open:"
        f"{sentences}\nLoosen at least one of them, or give it a penalty so that it may be paid for.",
        code="network-infeasible",
    )


def _business_rows(program: Program) -> tuple[Ids, list[tuple[str, dict[str, Any], float]]]:
    lower, upper = np.concatenate(program.row_lower), np.concatenate(program.row_upper)
    numbers: list[int] = []
    labels: list[tuple[str, dict[str, Any], float]] = []
    for block in program.blocks:
        if block.kind not in _SAID:
            continue
        for row, keys in zip(block.rows.tolist(), block.keys.iter_rows(named=True), strict=True):
            numbers.append(row)
            bound = lower[row] if np.isfinite(lower[row]) else upper[row]
            labels.append((block.kind, keys, float(bound)))
    return np.array(numbers, dtype=np.int64), labels


class _Elastic:
    """A programme in which each condition of the business may be broken at a price."""

    def __init__(self, program: Program, rows: Ids, *, is_relaxed: bool) -> None:
        self._solver = highs_of(program.without_cuts(), relaxed=is_relaxed)
        self._solver.setOptionValue("time_limit", 60.0)
        self._first = program.columns
        self._rows = rows
        columns = np.arange(program.columns, dtype=np.int32)
        self._solver.changeColsCost(len(columns), columns, np.zeros(len(columns)))
        lower = np.concatenate(program.row_lower)[rows]
        upper = np.concatenate(program.row_upper)[rows]
        count = len(rows)
        sign = np.where(np.isfinite(lower), 1.0, -1.0)
        bound = np.abs(np.where(np.isfinite(lower), lower, upper))
        price = 1.0 / np.maximum(bound, 1.0)
        self._solver.addCols(
            count,
            price,
            np.zeros(count),
            np.full(count, np.inf),
            count,
            np.arange(count, dtype=np.int32),
            rows.astype(np.int32),
            sign,
        )

    def _broken(self) -> Numbers | None:
        """How far each condition is broken at least price; None when even so nothing works."""
        import highspy

        self._solver.run()
        if self._solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        return np.asarray(self._solver.getSolution().col_value)[self._first :]

    def _force(self, which: list[int], *, is_kept: bool) -> None:
        for one in which:
            self._solver.changeColBounds(int(self._first + one), 0.0, 0.0 if is_kept else np.inf)

    def conflict(self) -> list[int] | None:
        """Numbers of conditions that conflict; None where none do, or where something else does."""
        forced: list[int] = []
        broken = self._broken()
        if broken is None:
            return []
        while broken is not None:
            new = np.flatnonzero(broken > _SLACK * np.maximum(1.0, broken.max(initial=0.0))).tolist()
            if not new:
                return None
            self._force(new, is_kept=True)
            forced += new
            broken = self._broken()
        kept = list(forced)
        for one in forced:
            self._force([one], is_kept=False)
            if self._broken() is None:
                kept.remove(one)
            else:
                self._force([one], is_kept=True)
        return kept


def _told(labels: list[tuple[str, dict[str, Any], float]]) -> list[str]:
    """Give one sentence for each condition, those of several periods together."""
    groups: dict[tuple[Any, ...], list[tuple[str, float]]] = {}
    for kind, keys, bound in labels:
        what = tuple((name, value) for name, value in keys.items() if name not in {"period", "t"})
        groups.setdefault((kind, what), []).append((str(keys.get("period", "")), bound))
    order = sorted(groups, key=lambda group: (group[0] not in _FIRST, group[0]))
    lines = []
    for kind, what in order:
        periods = [period for period, _ in groups[kind, what] if period]
        when = f" in {', '.join(dict.fromkeys(periods))}" if periods else ""
        bound = groups[kind, what][0][1]
        lines.append(_SAID[kind].format(**dict(what), bound=bound, when=when))
    return lines
