"""An explanation as text for a person at a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any, Final

from voltloop.app.explain_item import ItemExplained, Reading
from voltloop.app.row_findings import MARK
from voltloop.compliance import NOTE_MARK, Considered, Step

__all__ = ["text_of"]

_WIDTH: Final = 100
_NEAR_MISSES: Final = 6
_OBLIGATIONS: Final = (
    ("Bulk cargo", "bulk_cargo_name"),
    ("Group of the bulk cargo", "imsbc_group"),
    ("Hazards in bulk only", "mhb"),
    ("Packing group", "packing_group"),
    ("Packing", "packing_instruction"),
    ("Limit per package", "package_limit"),
    ("Limited quantity per inner packaging", "limited_quantity"),
    ("State of charge, at most %", "soc_limit_pct"),
    ("Special provisions", "special_provisions"),
    ("Marks", "marks"),
    ("Labels", "labels"),
    ("Statements in the document", "statements"),
    ("Documents", "documents"),
    ("People and permits", "training"),
    ("Keep apart from", "segregation"),
    ("Stow", "stowage"),
    ("Transport category", "transport_category"),
    ("Tunnel code", "tunnel_code"),
    ("Points of the load", "adr_points"),
    ("Waste code", "waste_code"),
    ("Waste shipment", "waste_procedure"),
    ("Waste papers", "waste_documents"),
)
_SURE: Final = {
    "A": "A, seen in a public source",
    "B": "B, expert knowledge",
    "C": "C, unsure: it decides nothing by itself",
}


def text_of(item: ItemExplained, *, with_considered: bool = False) -> str:
    """Give the outcome, the chain of reasons, what follows, what is missing, and who signs.

    Parameters
    ----------
    item
        From :func:`voltloop.app.explain_item.explain_facts` or ``explain_row``.
    with_considered
        Whether to list every rule that did not answer, and why; otherwise only exceptions that fail by one condition.
    """
    parts = [
        *_head(item.answers),
        *_findings(item.answers),
        *(line for reading in item.readings for line in _chain(reading, with_considered)),
        *_follows(item.answers),
        *_missing(item.ask),
        *_last(item.answers),
    ]
    return "\n".join(parts) + "\n"


def _head(answers: Mapping[str, Any]) -> Iterator[str]:
    name = f"{answers['id']}: " if answers["id"] not in (None, "item") else ""
    words = [f"{name}{answers['outcome']}"]
    if answers["un_number"] not in (None, "none"):
        words.append(f"UN {answers['un_number']} {answers['proper_shipping_name'] or ''}".rstrip())
    if answers["hazard_class"] not in (None, "none"):
        words.append(f"class {answers['hazard_class']}")
    if answers["packing_instruction"] not in (None, "none"):
        words.append(f"packing {answers['packing_instruction'].replace('|', ' or ')}")
    yield from _wrapped(", ".join(words), "", "  ")
    if answers["mode"] and answers["date"]:
        under = f" under {answers['edition']}" if answers["edition"] else ""
        yield f"{answers['mode']} on {answers['date']}{under}"


def _findings(answers: Mapping[str, Any]) -> Iterator[str]:
    if answers["findings"]:
        yield ""
        yield "About what was stated"
        for sentence in answers["findings"].split(MARK):
            yield from _wrapped(sentence, "  - ", "    ")


def _chain(reading: Reading, with_considered: bool) -> Iterator[str]:
    verdict = reading.explanation.verdict
    yield ""
    if reading.decides:
        yield f"Why, step by step ({reading.edition})"
    else:
        yield f"{reading.edition} is lawful on this day as well, and says {verdict['outcome']}"
    for number, step in enumerate(reading.explanation.steps, start=1):
        yield from _wrapped(step.title, f"{number:>3}. ", "     ")
        for fired in step.fired:
            assumed = " and ".join(f"{name} is {value}" for name, value in fired.assuming.items())
            condition = f"If {assumed}: " if assumed else ""
            yield from _wrapped(f"{condition}{fired.say}", "     ", "     ")
            yield from _wrapped(f"[{fired.rule_id}; {'; '.join(fired.cite)}]", "       ", "        ")
            seen = ", ".join(f"{name} {value}" for name, value in fired.because.items())
            if seen:
                yield from _wrapped(f"because {seen}", "       ", "        ")
        others = step.considered if with_considered else _near_misses(step)
        shown = others if with_considered else others[:_NEAR_MISSES]
        for other in shown:
            yield from _wrapped(f"not {other.rule_id}: {other.why_not}", "       ", "         ")
        if len(others) > len(shown):
            yield f"       and {len(others) - len(shown)} others that do not apply (--considered lists them)"


def _near_misses(step: Step) -> list[Considered]:
    """Give the exceptions of which a single condition is not met, where nothing but the default answered."""
    if any(fired.effect != "advise" for fired in step.fired):
        return []
    return [
        other for other in step.considered if "it asks for" in other.why_not and "; " not in other.why_not
    ]


def _follows(answers: Mapping[str, Any]) -> Iterator[str]:
    held = [
        (title, str(answers[name]))
        for title, name in _OBLIGATIONS
        if answers.get(name) not in (None, "", "n/a")
    ]
    if held:
        yield ""
        yield "What follows"
    for title, value in held:
        parts = value.split(";") if ";" in value else [value]
        if len(parts) == 1:
            yield from _wrapped(f"{title}: {parts[0].replace('|', ' or ')}", "  ", "    ")
            continue
        yield f"  {title}:"
        for part in parts:
            yield from _wrapped(part.strip(), "    - ", "      ")


def _missing(ask: Mapping[str, str]) -> Iterator[str]:
    if ask:
        yield ""
        yield "Missing, and whom to ask"
    for fact, sentence in ask.items():
        yield from _wrapped(f"{fact}: {sentence}", "  ", "    ")


def _last(answers: Mapping[str, Any]) -> Iterator[str]:
    yield ""
    if answers["other_editions"]:
        yield "Other lawful editions"
        for sentence in answers["other_editions"].split(MARK):
            yield from _wrapped(sentence, "  ", "    ")
    notes = [note for note in (answers["notes"] or "").split(NOTE_MARK) if note]
    for note in notes:
        yield from _wrapped(f"Note: {note.rstrip('.')}.", "", "  ")
    if answers["confidence"]:
        yield f"Confidence: {_SURE[answers['confidence']]}."
    yield "Decision support. A trained person checks and signs; the text of the law always wins."


def _wrapped(text: str, first: str, further: str) -> Iterator[str]:
    lines = textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=first,
        subsequent_indent=further,
        break_long_words=False,
        break_on_hyphens=False,
    )
    yield from lines or [first.rstrip()]
