"""Goods with unknown facts beside all their completions: what both must say."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from voltloop.compliance import VERDICT_COLUMNS, Rulebook, classify

ADVICE = {"", "legal_advice"}
"""Words of missing facts that name no fact of the goods."""


def frame_of(
    values: Mapping[str, Sequence[Any]], rows: Sequence[Mapping[str, Any]], book: Rulebook
) -> pl.DataFrame:
    """Give goods as a frame with a column for each name in ``values``."""
    schema = {name: pl.Float64 if book.facts[name].kind == "decimal" else pl.String for name in values}
    return pl.DataFrame({name: [row[name] for row in rows] for name in values}, schema=schema)


def must_answer_like_completions(
    values: Mapping[str, Sequence[Any]],
    goods: Mapping[str, Any],
    unknown: set[str],
    book: Rulebook,
    mode: str,
    on: date,
    named_by_rules: frozenset[str] = frozenset(),
) -> None:
    """Check that goods are decided exactly when all possible completions agree, and name the facts that decide.

    ``values`` has one value for every cell of each unknown fact; ``named_by_rules`` are facts that a rule of the law
    names by itself, whatever the others are.
    """
    answers = [name for name in VERDICT_COLUMNS if name in book.answers or name == "missing_facts"]

    def said(rows: Sequence[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
        verdicts = classify(frame_of(values, rows, book), book, mode=mode, on=on)
        return verdicts.select(answers).rows()

    place = answers.index("missing_facts")
    (asked,) = said([{**goods, **dict.fromkeys(unknown)}])
    names = sorted(unknown)
    choices = list(itertools.product(*(values[name] for name in names)))
    completions = said([{**goods, **dict(zip(names, choice, strict=True))} for choice in choices])
    possible = {
        choice: answer
        for choice, answer in zip(choices, completions, strict=True)
        if not answer[place].startswith("contradiction")
    }
    if not possible:
        assert asked[place].startswith("contradiction")
        return
    if len(set(possible.values())) == 1:
        assert asked == next(iter(possible.values()))
        return
    assert asked[answers.index("outcome")] == "undecided"
    deciding = {
        name
        for at, name in enumerate(names)
        for one, two in itertools.combinations(possible, 2)
        if possible[one] != possible[two] and one[:at] + one[at + 1 :] == two[:at] + two[at + 1 :]
    }
    named = set(asked[place].split(";")) - ADVICE
    assert named - named_by_rules <= deciding <= named
