"""Which facts would decide a storage rule that cannot be checked, and whom to ask for them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from voltloop.compliance.storage.check import GroupAnswer, StoreAnswers
from voltloop.compliance.storage.measures import Cell, State
from voltloop.compliance.storage.tables import Mask

__all__ = ["DERIVED", "Doubts"]

_SAID = {
    "energy_kwh": ("energy_wh", "quantity"),
    "volume_m3": ("volume_m3", "quantity"),
    "mass_kg": ("mass_kg", "quantity"),
    "soc_pct": ("soc",),
    "stack_height_m": ("stack_height_m",),
}
"""Facts of the goods behind each measure."""

DERIVED = {"family": ("chemistry",), "power": ("chemistry", "energy_wh", "lithium_g", "mass_kg")}
"""Facts that the table states behind those that are worked out."""

_ASK = {
    "chemistry": "Read the type plate or ask the manufacturer for the chemistry.",
    "group_id": "Say which lots stand in one group.",
    "since_on": "Look up when the lot arrived.",
}


@dataclass
class Doubts:
    """Finds the missing facts of a store; what is the same for all its areas is worked out once."""

    answers: StoreAnswers
    _masks: dict[str, list[tuple[str, Mask]]] = field(default_factory=dict)

    def ask(self, name: str) -> str:
        """Say whom to ask for a fact."""
        book = self.answers.book
        fact = book.lot_facts.get(name) or book.area_facts.get(name)
        return _ASK.get(name) or (fact.ask if fact else "Ask the site.")

    def missing(self, group: GroupAnswer, unit: int) -> list[str]:
        """Name the facts that would decide a group of alternatives in one area or site."""
        names: dict[str, None] = {}
        rows = group.members.rows(unit)
        for cells, states in zip(group.cells, group.states, strict=True) if group.cells[0] else ():
            if states[unit] == State.UNKNOWN:
                for cell in cells:
                    if cell.state[unit] == State.UNKNOWN:
                        names.update(dict.fromkeys(self._behind(cell, rows)))
        doubtful = rows[~group.members.certain[rows]]
        if len(doubtful):
            names.update(dict.fromkeys(self.about(group, doubtful)))
        return list(names)

    def _behind(self, cell: Cell, rows: npt.NDArray[np.int64]) -> list[str]:
        """Name the missing facts behind one limit."""
        word, lots = cell.bound.word, self.answers.lots
        areas = np.unique(self.answers.area_of[rows])
        if word.how == "area":
            return [word.measure] if self._is_silent(word.measure, areas) else []
        found = [name for name in _SAID[word.measure] if np.isnan(lots.numbers[name][rows]).any()]
        if word.how == "group" and lots.frame["group_id"].gather(rows.tolist()).null_count():
            found.append("group_id")
        return [*found, word.unless] if word.unless and self._is_silent(word.unless, areas) else found

    def _is_silent(self, name: str, areas: npt.NDArray[np.int64]) -> bool:
        facts = self.answers.areas
        if name in facts.numbers:
            return bool(np.isnan(facts.numbers[name][areas]).any())
        bits = facts.words[name][areas]
        return bool((bits & (bits - 1) != 0).any())

    def about(self, group: GroupAnswer, rows: npt.NDArray[np.int64]) -> list[str]:
        """Name the facts that decide whether a rule is about some lots."""
        rule, numbers = group.rules[0], self.answers.lots.numbers
        if rule.id not in self._masks:
            self._masks[rule.id] = self._doubtful(group)
        found = [name for name, mask in self._masks[rule.id] if mask[rows].any()]
        return [name for name in found if name not in numbers or np.isnan(numbers[name][rows]).any()]

    def _doubtful(self, group: GroupAnswer) -> list[tuple[str, Mask]]:
        """For each fact that selects goods or exempts them: the lots of which it is open."""
        answers, rule = self.answers, group.rules[0]
        found: list[tuple[str, Mask]] = []
        everywhere = np.ones(answers.lots.height, np.bool_)
        asked = [(rule.lot, everywhere)]
        for rules in answers.book.groups(group.code, answers.on):
            if rules[0].effect == "exempt":
                met, may = answers.lots.select(rules[0].lot)
                asked.append((rules[0].lot, may & ~met))
        for conditions, where in asked:
            for name, condition in conditions.items():
                met, may = answers.lots.holds(condition)
                found += [(one, may & ~met & where) for one in DERIVED.get(name, (name,))]
        for condition in rule.area.values():
            met, may = answers.areas.holds(condition)
            found.append((condition.fact, (may & ~met)[answers.area_of]))
        family = answers.lots.words["family"]
        known = (family & (family - 1)) == 0
        return [(name, mask & ~known if name == "chemistry" else mask) for name, mask in found]
