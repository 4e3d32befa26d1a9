"""Facts on a command line: ``--energy-wh 500 --state damaged --strong-case-12kg``."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import Final

from voltloop.app.scenarios import scenario_columns
from voltloop.compliance import Rulebook
from voltloop.errors import InputError, nearest

__all__ = ["facts_help", "facts_of_words"]

_YES_NO: Final = ("yes", "no", "true", "false", "1", "0", "y", "n", "unknown")
_SILENT_USES: Final = ("ignored", "mode", "date", "id", "load", "country")


def facts_of_words(words: Sequence[str], rulebook: Rulebook) -> tuple[dict[str, str], list[str]]:
    """Part the words of a command line into facts and the rest.

    Parameters
    ----------
    words
        Words as they were typed. A fact, an input column of scenario files or a flag is an option, hyphens for
        underscores; a yes-or-no fact needs no value to mean yes.
    rulebook
        Names facts and flags.

    Returns
    -------
    tuple
        Facts by column of a scenario file, and words that are neither.

    Raises
    ------
    InputError
        ``unknown-fact``, ``fact-without-value`` or ``fact-twice``.

    Examples
    --------
    >>> from voltloop.compliance import load_rulebook
    >>> facts_of_words(["--energy-wh", "500", "--strong-case-12kg"], load_rulebook())
    ({'energy_wh': '500', 'strong_case_12kg': 'yes'}, [])
    """
    facts: dict[str, str] = {}
    flags: list[str] = []
    rest: list[str] = []
    left = list(words)
    while left:
        word = left.pop(0)
        if not word.startswith("--"):
            rest.append(word)
            continue
        typed, _, inline = word.partition("=")
        name = typed.removeprefix("--").replace("-", "_").lower()
        if name in _columns(rulebook):
            value = inline or _value(name, typed, left, rulebook)
            if name in facts:
                raise InputError(f"{typed} stands twice. Give each fact once.", code="fact-twice")
            facts[name] = value
        elif name in rulebook.flags:
            flags.append(name)
        else:
            raise InputError(
                f"{typed} is neither an option nor a fact.{_nearest(name, rulebook)} "
                "voltloop explain --help lists all of them.",
                code="unknown-fact",
            )
    if flags:
        facts["flags"] = ";".join([*filter(None, [facts.get("flags")]), *flags])
    return facts, rest


def _columns(rulebook: Rulebook) -> set[str]:
    inputs = {name for name, column in scenario_columns().items() if column.use not in _SILENT_USES}
    return inputs | {name for name, fact in rulebook.facts.items() if not fact.is_derived}


def _nearest(name: str, rulebook: Rulebook) -> str:
    return nearest("--" + name.replace("_", "-"), _spelled((*sorted(_columns(rulebook)), *rulebook.flags)))


def _spelled(names: Sequence[str]) -> list[str]:
    return ["--" + name.replace("_", "-") for name in names]


def _value(name: str, typed: str, left: list[str], rulebook: Rulebook) -> str:
    """Take the value of a fact from the words that follow it."""
    column = scenario_columns().get(name)
    fact = rulebook.facts.get(column.fact if column else name)
    is_boolean = fact is not None and fact.kind == "boolean"
    follows = left[0] if left else None
    if is_boolean and (follows is None or follows.lower() not in _YES_NO):
        return "yes"
    if follows is None or follows.startswith("--"):
        raise InputError(
            f"{typed} needs a value{_choices(fact.values if fact else ())}. Write it after the option.",
            code="fact-without-value",
        )
    return left.pop(0)


def _choices(values: Sequence[str]) -> str:
    return f", one of {', '.join(values)}" if values else ""


def facts_help(rulebook: Rulebook) -> Iterator[str]:
    """Give the lines of help that list every fact with its unit, words and meaning."""
    yield "Facts (any of them may be given; what is not stated is not known):"
    for name, fact in rulebook.facts.items():
        if fact.is_derived:
            continue
        what = {"choice": "WORD", "boolean": "[yes|no]"}.get(fact.kind, fact.unit.upper() or "NUMBER")
        yield f"  --{name.replace('_', '-')} {what}"
        yield from _wrapped(fact.meaning)
        if fact.kind == "choice":
            yield from _wrapped(", ".join((*fact.values, *fact.groups)))
    yield ""
    yield "Also as in scenario files:"
    for name, column in scenario_columns().items():
        if column.use not in _SILENT_USES and name not in rulebook.facts:
            yield f"  --{name.replace('_', '-')}"
            yield from _wrapped(column.meaning)
    yield ""
    yield "Flags of scenario files, as options of their own:"
    yield from _wrapped(" ".join(_spelled(list(rulebook.flags))))


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(
        text,
        96,
        initial_indent="      ",
        subsequent_indent="      ",
        break_on_hyphens=False,
        break_long_words=False,
    )
