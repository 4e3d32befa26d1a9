"""What needs a decision, ranked: forbidden and undecided goods first, notes last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from voltloop.documents.report import words
from voltloop.documents.report.data import ReportData
from voltloop.findings import Finding, Severity, kinds

__all__ = ["Decision", "decisions"]

_HELD: Final = {
    "forbidden": ("stop", "Forbidden", "The law forbids the journey"),
    "undecided": ("ask", "Undecided", "The law gives no answer yet"),
    "approval_needed": ("ask", "Approval needed", "Travels only with an authority’s approval"),
}
_FINDING: Final = {
    Severity.FORBID: ("stop", "Forbidden", 0),
    Severity.REJECT: ("look", "Rejected", 4),
    Severity.REVIEW: ("look", "Review", 3),
    Severity.WARNING: ("warn", "Warning", 6),
    Severity.NOTE: ("note", "Note", 8),
}
_STATUS_RANK: Final = {"review": 4, "rejected": 5}
_EXAMPLES: Final = 3


@dataclass(frozen=True, slots=True)
class Decision:
    """One thing that waits for a person.

    Attributes
    ----------
    rank
        0 first.
    tone
        ``stop``, ``ask``, ``held``, ``look``, ``wait``, ``warn`` or ``note``: colour and icon, never without ``word``.
    word
        The weight in words.
    title
        What it is.
    amount
        How many, with noun.
    size
        The same as a number, to sort by.
    text
        Why, a sentence.
    next_step
        What to do or whom to ask; empty when nothing is known.
    target
        Anchor of the table with the rows behind it.
    search
        Text that filters that table to these rows.
    """

    rank: int
    tone: str
    word: str
    title: str
    amount: str
    size: int
    text: str
    next_step: str
    target: str
    search: str


def decisions(data: ReportData) -> list[Decision]:
    """Give everything that waits for a person, the most pressing first, then the most frequent."""
    found = [
        *_waiting(data.held, is_held=True),
        *_waiting(data.deferred, is_held=False),
        *_of_plan(data.findings),
        *_of_list(data),
    ]
    return sorted(found, key=lambda item: (item.rank, -item.size, item.title, item.text))


def _waiting(frame: pl.DataFrame, *, is_held: bool) -> list[Decision]:
    if not frame.height:
        return []
    table = "held" if is_held else "deferred"
    full = frame.with_columns(
        pl.lit(None, pl.String).alias(name)
        for name in ("kind", "missing_facts", "ask")
        if name not in frame.columns
    )
    quantity = pl.col("quantity").fill_null(1) if "quantity" in frame.columns else pl.lit(1)
    grouped = full.group_by("kind", "missing_facts", maintain_order=True).agg(
        quantity.cast(pl.Int64).sum().alias("size")
        if "quantity" in frame.columns
        else pl.len().alias("size"),
        pl.col("reason").unique(maintain_order=True).alias("reasons"),
        pl.col("ask").drop_nulls().unique(maintain_order=True).alias("asks"),
    )
    return [_group(row, table, is_held=is_held) for row in grouped.iter_rows(named=True)]


def _group(row: dict[str, object], table: str, *, is_held: bool) -> Decision:
    kind, facts, size = str(row["kind"] or ""), str(row["missing_facts"] or ""), int(str(row["size"]))
    reasons = [str(reason) for reason in _list(row["reasons"]) if reason]
    default = ("held", "Held", "") if is_held else ("wait", "Deferred", "")
    tone, word, meaning = _HELD.get(kind, default) if is_held else default
    missing = ", ".join(_fact(part.strip()) for part in facts.split(";") if part.strip())
    own = meaning or (words.label(kind) if kind else "Held" if is_held else "Waits for a later day")
    return Decision(
        rank={"stop": 0, "ask": 1, "held": 2}.get(tone, 7),
        tone=tone,
        word=word,
        title=f"Missing: {missing}" if missing else own,
        amount=words.plural(size, "battery", "batteries"),
        size=size,
        text=_examples(reasons),
        next_step=_examples([str(ask) for ask in _list(row["asks"]) if ask]),
        target=table,
        search=facts or (words.label(kind) if kind else ""),
    )


def _of_plan(findings: Sequence[Finding]) -> list[Decision]:
    grouped: dict[str, list[Finding]] = {}
    for finding in findings:
        grouped.setdefault(finding.code, []).append(finding)
    result = []
    for code, same in grouped.items():
        kind = kinds()[code]
        tone, word, rank = _FINDING[kind.severity]
        texts = list(dict.fromkeys(finding.message for finding in same))
        result.append(
            Decision(
                rank,
                tone,
                word,
                kind.title,
                words.plural(len(same), "time"),
                len(same),
                _examples(texts),
                kind.help,
                "plan-findings",
                code,
            )
        )
    return result


def _of_list(data: ReportData) -> list[Decision]:
    frame = data.row_findings
    if not frame.height:
        return []
    known = kinds()
    result = []
    for status, rank in _STATUS_RANK.items():
        rows = frame.filter(pl.col("status") == status)
        counted = dict(rows.group_by("code").agg(pl.col("row").n_unique()).iter_rows())
        deciding = {
            code: size
            for code, size in counted.items()
            if code not in known
            or known[code].severity in {Severity.REVIEW, Severity.REJECT, Severity.FORBID}
        }
        for code, size in (deciding or counted).items():
            kind = known.get(code)
            messages: list[str] = []
            if "message" in rows.columns:
                same = rows.filter(pl.col("code") == code)
                messages = same["message"].drop_nulls().unique(maintain_order=True).head(_EXAMPLES).to_list()
            result.append(
                Decision(
                    rank,
                    "look",
                    words.label(status),
                    kind.title if kind else words.label(code.replace("-", " ")),
                    words.plural(size, "row"),
                    size,
                    _examples(messages, size),
                    kind.help if kind else "",
                    "findings",
                    code,
                )
            )
    return result


def _fact(name: str) -> str:
    for ending, unit in (("_wh", "Wh"), ("_kg", "kg"), ("_g", "g"), ("_pct", "%"), ("_v", "V")):
        if name.endswith(ending):
            return f"{name.removesuffix(ending).replace('_', ' ')} ({unit})"
    return name.replace("_", " ")


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []


def _examples(texts: list[str], total: int | None = None) -> str:
    if len(texts) == 1 and (total is None or total == 1):
        return texts[0]
    shown = texts[:1]
    rest = (total or len(texts)) - len(shown)
    if not shown:
        return ""
    return f"{shown[0]} (and {words.number(rest)} more of this kind)" if rest else shown[0]
