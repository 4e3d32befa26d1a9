"""What the commands about rules print: lines that fit a terminal, and documents for programs."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from voltloop.app.rules_impact import Impact, Step
from voltloop.findings import Finding, Severity, kinds

__all__ = ["impact_document", "impact_lines", "lint_document", "lint_lines", "wrapped"]

_WIDTH = 100
_KINDS = 12
_STOPS = (Severity.REJECT, Severity.FORBID)


def wrapped(lines: Iterable[str]) -> str:
    """Give lines as text of at most 100 columns; a line that is broken goes on under its own beginning.

    Examples
    --------
    >>> print(wrapped(["Rules", "  - " + "word " * 22]), end="")
    Rules
      - word word word word word word word word word word word word word word word word word word word
        word word word
    """
    found: list[str] = []
    for line in lines:
        depth = len(line) - len(line.lstrip())
        hang = " " * (depth + (2 if line.lstrip().startswith("- ") else 0))
        found += textwrap.wrap(
            line, _WIDTH, subsequent_indent=hang, break_long_words=False, break_on_hyphens=False
        ) or [""]
    return "\n".join(found) + "\n"


def impact_lines(result: Impact, name: str) -> list[str]:
    """Give what changes between days as lines."""
    lines = [f"{name}: {_rows(result.asked)} compared."]
    if result.left_out:
        why = ", ".join(f"{reason} ({count})" for reason, count in result.reasons.items() if count)
        lines.append(f"{_rows(result.left_out)} left out: {why}.")
    for step in result.steps:
        lines += ["", *_step_lines(step, result.asked)]
    return lines


def _step_lines(step: Step, asked: int) -> list[str]:
    verb = "gets" if asked == 1 else "get"
    lines = [
        f"From {step.before_on} to {step.after_on}: {step.rows} of {_rows(asked)} {verb} another verdict."
    ]
    for mode, (before, after) in step.editions.items():
        gone, come = [one for one in before if one not in after], [one for one in after if one not in before]
        said = [f"{', '.join(come)} may be used from then on"] if come else []
        said += [f"{', '.join(gone)} may no longer be used"] if gone else []
        lines.append(f"  {mode}: {'; '.join(said) or 'the same editions, ' + ', '.join(after)}.")
    if step.unread:
        lines.append(f"  Nobody has read {', '.join(step.unread)}, which may be used then; it is left out.")
    for column, old, new, rows in step.kinds[:_KINDS]:
        lines.append(f"  - {_rows(rows)}: {column} {old or '(not given)'} -> {new or '(not given)'}")
    if len(step.kinds) > _KINDS:
        rest = len(step.kinds) - _KINDS
        lines.append(f"  - and {rest} further kinds of change; write the table with -o to see every row.")
    return lines


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"


def impact_document(result: Impact) -> dict[str, Any]:
    """Give what changes between days as plain values for JSON, schema ``rules-impact/1``."""
    return {
        "schema": "rules-impact/1",
        "rows": result.asked,
        "left_out": result.left_out,
        "reasons": dict(result.reasons),
        "steps": [
            {
                "from_on": step.before_on,
                "to_on": step.after_on,
                "editions": {
                    mode: {"before": list(before), "after": list(after)}
                    for mode, (before, after) in step.editions.items()
                },
                "unread": list(step.unread),
                "rows": step.rows,
                "kinds": [
                    {"column": column, "before": before, "after": after, "rows": rows}
                    for column, before, after, rows in step.kinds
                ],
            }
            for step in result.steps
        ],
        "changes": result.changes.to_dicts(),
    }


def lint_lines(found: Sequence[Finding], *, with_notes: bool) -> list[str]:
    """Give the findings about a rulebook as lines: errors first, notes only as counts unless they are wanted."""
    lines: list[str] = []
    for title, weights in (
        ("Errors", _STOPS),
        ("Warnings", (Severity.WARNING, Severity.REVIEW)),
        ("Notes", (Severity.NOTE,)),
    ):
        mine = [finding for finding in found if finding.severity in weights]
        if not mine:
            continue
        lines.append(f"{title}: {len(mine)}")
        if title == "Notes" and not with_notes:
            tally = Counter(finding.code for finding in mine)
            lines += [f"  - {kinds()[code].title}: {count}" for code, count in tally.items()]
            lines.append("  Add --notes to list them.")
        else:
            lines += [f"  - {finding.message}" for finding in mine]
        lines.append("")
    stops = any(finding.severity in _STOPS for finding in found)
    lines.append(
        "The rulebook has errors. Mend them and run the command again."
        if stops
        else "The rulebook loads, and every worked case comes out as expected."
    )
    return lines


def lint_document(found: Sequence[Finding]) -> dict[str, Any]:
    """Give the findings about a rulebook as plain values for JSON, schema ``rules-lint/1``."""
    tally = Counter(str(finding.severity) for finding in found)
    return {
        "schema": "rules-lint/1",
        "ok": not any(finding.severity in _STOPS for finding in found),
        "counts": dict(tally),
        "findings": [
            {
                "code": finding.code,
                "severity": str(finding.severity),
                "where": finding.where,
                "about": finding.field,
                "message": finding.message,
                "help": kinds()[finding.code].help,
            }
            for finding in found
        ],
    }
