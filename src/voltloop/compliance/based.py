"""Regimes that share their text with another one: RID takes its tables for batteries from ADR."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from voltloop.compliance.reading import Rule, TableSpec
from voltloop.compliance.vocabulary import Edition
from voltloop.errors import RulebookError

__all__ = ["BasedOn", "read_based_on", "rebased"]

_KEYS: Final = ("regime", "confidence", "answers")


@dataclass(frozen=True, slots=True)
class BasedOn:
    """Whose tables a regime takes over: no rule surer than ``confidence``, ``answers`` put in place of theirs."""

    regime: str
    confidence: str
    answers: Mapping[str, str]


def read_based_on(entry: Mapping[str, Any], place: str) -> BasedOn:
    """Read the ``[based_on]`` part of a ``chain.toml``.

    Raises
    ------
    RulebookError
        A key is unknown or missing.
    """
    if (
        set(entry) - set(_KEYS)
        or "regime" not in entry
        or entry.get("confidence", "A") not in ("A", "B", "C")
    ):
        raise RulebookError(
            f"{place}, based_on: known keys are {', '.join(_KEYS)}; regime is needed and confidence is A, B or C. "
            "Mend the entry.",
            code="rulebook-key",
        )
    return BasedOn(entry["regime"], entry.get("confidence", "A"), dict(entry.get("answers", {})))


def rebased(
    own: Sequence[TableSpec],
    based_on: BasedOn,
    known: Mapping[str, Sequence[TableSpec]],
    editions: Mapping[str, Sequence[Edition]],
    regime: str,
    place: str,
) -> tuple[TableSpec, ...]:
    """Give the tables of the other regime under this regime's name, its own tables in place of their namesakes.

    Raises
    ------
    RulebookError
        The other regime is unknown or itself based on one that is not read yet, the editions of the two do not go
        in step, or an own table has no namesake.
    """
    if based_on.regime not in known:
        raise RulebookError(
            f'{place}, based_on: "{based_on.regime}" is not a regime that stands before this one in regimes.csv. '
            "Put it there.",
            code="rulebook-value",
        )
    theirs = [edition.name.replace(based_on.regime, regime) for edition in editions[based_on.regime]]
    if theirs != [edition.name for edition in editions[regime]]:
        raise RulebookError(
            f"{place}, based_on: the editions of {regime} do not go in step with those of {based_on.regime}. "
            f"Expected {', '.join(theirs)} in editions.csv.",
            code="rulebook-edition",
        )
    replaced = {spec.name: spec for spec in own}
    names = [spec.name for spec in known[based_on.regime]]
    for name in replaced:
        if name not in names:
            raise RulebookError(
                f'{place}: {based_on.regime} has no table "{name}" to take the place of. '
                f"Its tables are {', '.join(names)}.",
                code="rulebook-value",
            )
    return tuple(
        replaced.get(spec.name) or _renamed(spec, based_on, regime, place) for spec in known[based_on.regime]
    )


def _renamed(spec: TableSpec, based_on: BasedOn, regime: str, place: str) -> TableSpec:
    word = re.compile(rf"\b{re.escape(based_on.regime)}\b")
    return replace(
        spec,
        regime=regime,
        title=word.sub(regime, spec.title),
        rules=tuple(_rule(rule, based_on, regime, word) for rule in spec.rules),
        place=f"{place}, from {spec.place}",
    )


def _rule(rule: Rule, based_on: BasedOn, regime: str, word: re.Pattern[str]) -> Rule:
    then = {name: word.sub(regime, value) for name, value in rule.then.items()}
    return replace(
        rule,
        id=word.sub(regime, rule.id),
        regime=regime,
        overrides=tuple(word.sub(regime, name) for name in rule.overrides),
        then=then | {name: value for name, value in based_on.answers.items() if name in then},
        say=word.sub(regime, rule.say),
        cite=tuple(word.sub(regime, cite) for cite in rule.cite),
        confidence=max(rule.confidence, based_on.confidence),
    )
