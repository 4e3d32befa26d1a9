"""Verdicts as rows: the columns of a verdict, for one item and for many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import polars as pl

from voltloop.compliance.loads.limits import active
from voltloop.compliance.rulebook import Chain, Rulebook
from voltloop.compliance.verdicts import Verdict

__all__ = ["NOTE_MARK", "VERDICT_COLUMNS", "verdict_frame", "verdict_row"]

VERDICT_COLUMNS: Final = (
    "item", "outcome", "un_number", "proper_shipping_name", "hazard_class", "packing_group", "packing_instruction",
    "special_provisions", "soc_limit_pct", "package_limit", "limited_quantity", "transport_category", "tunnel_code",
    "points_per_kg", "segregation", "stowage", "bulk_cargo_name", "imsbc_group", "mhb", "marks", "labels",
    "statements", "documents", "training", "waste_code", "procedure", "missing_facts", "rules", "edition", "notes",
    "confidence",
)  # fmt: skip
"""Columns of a verdict frame, in order. Lists are joined by semicolons, several lawful answers by vertical bars."""


NOTE_MARK: Final = " | "
"""What joins the sentences of ``notes``, which hold semicolons themselves."""


_ROOM: Final = 200_000
"""Verdicts whose rows are kept."""

_NAMES: Final = VERDICT_COLUMNS[1:]
_POINTS, _MISSING, _RULES, _EDITION, _NOTES, _CONFIDENCE = (
    _NAMES.index(name)
    for name in ("points_per_kg", "missing_facts", "rules", "edition", "notes", "confidence")
)


def verdict_row(verdict: Verdict, rulebook: Rulebook, chain: Chain) -> dict[str, Any]:
    """Give a verdict as a row of :data:`VERDICT_COLUMNS` without ``item``."""
    return dict(zip(_NAMES, _values(verdict, rulebook, chain), strict=True))


def verdict_frame(verdicts: Sequence[Verdict], rulebook: Rulebook, chain: Chain) -> pl.DataFrame:
    """Give verdicts as a frame, without ``item``."""
    known = chain.memo.setdefault("rows", {})
    if len(known) > _ROOM:
        known.clear()
    rows = []
    for verdict in verdicts:
        # Verdicts are kept with their rows, so that the id of one is never given to another.
        found = known.get(id(verdict))
        if found is None:
            found = known[id(verdict)] = (verdict, _values(verdict, rulebook, chain))
        rows.append(found[1])
    schema = {name: pl.Float64 if name == "points_per_kg" else pl.String for name in _NAMES}
    return pl.DataFrame({name: [row[at] for row in rows] for at, name in enumerate(_NAMES)}, schema=schema)


def _values(verdict: Verdict, rulebook: Rulebook, chain: Chain) -> list[Any]:
    """Give the cells of a row, in the order of the columns."""
    if "places" not in chain.memo:
        known = list(rulebook.answers)
        chain.memo["own"] = [known.index(name) for name in ("outcome", "transport_category")]
        chain.memo["places"] = [known.index(name) if name in known else None for name in _NAMES]
    answers = verdict.answers
    row = [None if at is None else answers[at] for at in chain.memo["places"]]
    outcome, category = (answers[at] for at in chain.memo["own"])
    if outcome != "undecided" and category is not None:
        row[_POINTS] = _points(rulebook, chain).get(category)
    row[_MISSING] = ";".join(verdict.missing)
    row[_RULES] = ";".join(verdict.rules)
    row[_EDITION] = chain.edition.name
    row[_NOTES] = NOTE_MARK.join(verdict.notes)
    row[_CONFIDENCE] = verdict.confidence
    return row


def _points(rulebook: Rulebook, chain: Chain) -> dict[str, float | None]:
    """Give the points per kilogram of each transport category [1/kg]."""
    if "points" not in chain.memo:
        chain.memo["points"] = {
            key: limit.points_per_kg
            for limit in active(rulebook.limits, chain.edition)
            if limit.kind == "category"
            for key in limit.keys
        }
    points: dict[str, float | None] = chain.memo["points"]
    return points
