"""Use case: why one item may travel as it may, from facts on a command line or from a row of a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import polars as pl

from voltloop.app.answer_rows import Judged, answer
from voltloop.app.classify_file import Source, judged_rows, open_source
from voltloop.app.scenarios import Asked, Defaults, read_rows
from voltloop.app.unit_loads import Loads
from voltloop.compliance import Explanation, Rulebook, ask_whom, explain
from voltloop.errors import InputError, nearest

__all__ = ["ItemExplained", "Reading", "explain_facts", "explain_row"]


@dataclass(frozen=True, slots=True)
class Reading:
    """The explanation under one edition; ``decides`` says that its answers are the verdict."""

    edition: str
    decides: bool
    explanation: Explanation


@dataclass(frozen=True)
class ItemExplained:
    """An item with its answers and reasons.

    Attributes
    ----------
    given
        What was stated, in the law's words.
    answers
        The row that ``voltloop classify`` writes.
    readings
        The edition that decides first, then other lawful ones that somebody has read; empty without mode or day.
    ask
        Whom to ask, by missing fact in the file's words.
    """

    given: Mapping[str, Any]
    answers: Mapping[str, Any]
    readings: tuple[Reading, ...]
    ask: Mapping[str, str]

    def document(self) -> dict[str, Any]:
        """Give all of it as a document."""
        return {
            "schema": "explain/1",
            "given": dict(self.given),
            "verdict": dict(self.answers),
            "editions": [_document(reading) for reading in self.readings],
            "missing": [{"fact": fact, "ask": sentence} for fact, sentence in self.ask.items()],
            "note": "Decision support. A trained person checks and signs; the text of the law always wins.",
        }


def _document(reading: Reading) -> dict[str, Any]:
    verdict = {name: value for name, value in reading.explanation.verdict.items() if name != "item"}
    steps = [
        {
            "table": step.table,
            "title": step.title,
            "fired": [
                {
                    "rule": fired.rule_id,
                    "effect": fired.effect,
                    "say": fired.say,
                    "cite": list(fired.cite),
                    "confidence": fired.confidence,
                    "because": dict(fired.because),
                    "assuming": dict(fired.assuming),
                }
                for fired in step.fired
            ],
            "considered": [
                {"rule": other.rule_id, "why_not": other.why_not, "cite": list(other.cite)}
                for other in step.considered
            ],
        }
        for step in reading.explanation.steps
    ]
    return {"edition": reading.edition, "decides": reading.decides, "verdict": verdict, "steps": steps}


def explain_facts(facts: Mapping[str, str], rulebook: Rulebook, defaults: Defaults) -> ItemExplained:
    """Explain an item by facts in the words of a scenario file.

    Parameters
    ----------
    facts
        Cells by column of a scenario file.
    rulebook, defaults
        The law; mode and day.
    """
    raw = pl.DataFrame({"id": ["item"], **{name: [value] for name, value in facts.items()}})
    source = Source("command line", "scenarios", lambda: iter([read_rows(raw, rulebook, defaults)]))
    asked, judged, loads = next(iter(judged_rows(source, rulebook)))
    return _explained(asked, judged, loads, 0, with_countries=False)


def explain_row(
    path: Path, row_id: str | None, rulebook: Rulebook, defaults: Defaults, today: date
) -> ItemExplained:
    """Explain a row of a file, with what the rest of its load does to it.

    Parameters
    ----------
    path
        As for :func:`voltloop.app.classify_file.classify_file`.
    row_id
        Id of the row; None where the file has one row only.
    rulebook, defaults, today
        As for :func:`voltloop.app.classify_file.classify_file`.

    Raises
    ------
    InputError
        ``unknown-id``: no row has the id, or none was given and there are several.
    """
    source = open_source(path, rulebook, defaults, today)
    seen: list[str] = []
    for asked, judged, loads in judged_rows(source, rulebook):
        ids = asked.goods["id"]
        if row_id is None and ids.len() == 1 and not seen:
            return _explained(asked, judged, loads, 0, with_countries=source.with_countries)
        at = (ids == row_id).fill_null(value=False).arg_true() if row_id is not None else pl.Series([])
        if len(at):
            return _explained(asked, judged, loads, int(at[0]), with_countries=source.with_countries)
        seen += ids.drop_nulls().head(10_000 - len(seen)).to_list()
    what = f'no row has the id "{row_id}".{nearest(row_id, seen)}' if row_id else "--id is missing."
    raise InputError(
        f"{path.name}: {what} The ids begin with {', '.join(seen[:5])}. Give one of them with --id.",
        code="unknown-id",
    )


_ASK: Final = {
    "mode": "Say how the goods travel.",
    "date": "Say on which day the goods travel.",
    "flags": "Mend the flags.",
    "row": "Mend the row in the file.",
}


def _short(value: Any) -> Any:
    """Give a whole number without its decimal point."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _explained(asked: Asked, judged: Judged, loads: Loads, at: int, *, with_countries: bool) -> ItemExplained:
    answers = answer(asked, judged, loads, with_countries=with_countries).row(at, named=True)
    row = judged.goods.row(at, named=True)
    given = {
        name: _short(value)
        for name, value in row.items()
        if value is not None and name in loads.rulebook.facts
    }
    if row.get("flags"):
        given["flags"] = row["flags"]
    facts_of_column = {column: fact for fact, column in asked.names.items()}
    ask = {
        name: _ASK.get(name) or ask_whom(facts_of_column.get(name, name), loads.rulebook)
        for name in (answers["missing_facts"] or "").split(";")
        if name
    }
    group = next((one for one in judged.groups if at in one.at), None)
    readings = []
    if group is not None:
        status = {
            one.name: one.status for one in loads.rulebook.editions[loads.rulebook.mode(group.mode).regime]
        }
        names = [group.edition, *(name for name in group.others if status[name] != "announced")]
        readings = [
            Reading(
                name,
                name == group.edition,
                explain(given, loads.rulebook, group.mode, row["on"], edition=name),
            )
            for name in names
        ]
    return ItemExplained(given, answers, tuple(readings), ask)
