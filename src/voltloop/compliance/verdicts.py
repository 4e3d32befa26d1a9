"""From fired rules to verdicts: what the completions of goods agree on, and which fact would decide the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from voltloop.compliance.chain import NOT_ASKED
from voltloop.compliance.diagram import NEVER, Diagrams
from voltloop.compliance.machine import Machine
from voltloop.compliance.reading import Rule
from voltloop.compliance.rulebook import Rulebook

__all__ = ["Judge", "Verdict"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """One verdict.

    Attributes
    ----------
    answers
        Text of every answer, in the order of the rulebook; None where there is none, or completions disagree.
    missing
        Facts that would decide an undecided verdict.
    rules
        Ids of the rules that it rests on, in the order of decision.
    notes
        Sentences for a person: why it is undecided, and what nobody has confirmed.
    confidence
        Worst confidence of its rules.
    """

    answers: tuple[str | None, ...]
    missing: tuple[str, ...]
    rules: tuple[str, ...]
    notes: tuple[str, ...]
    confidence: str


@dataclass(frozen=True, slots=True)
class _Reading:
    """What one completion gets."""

    answers: tuple[str | None, ...]
    missing: tuple[str, ...]
    rules: tuple[Rule, ...]
    why: tuple[str, ...]
    impossible: bool


class Judge:
    """Gives the verdict of a state of a machine: of goods of which all that is known has been taken in.

    The completions of what is not known form a decision diagram over the open facts. It says which answers all
    completions share, and a fact decides when two completions that differ in it alone differ in their verdict.
    """

    def __init__(self, rulebook: Rulebook, machine: Machine) -> None:
        self._rulebook = rulebook
        self._machine = machine
        self._names = list(rulebook.answers)
        self._outcome = self._names.index("outcome")
        self._readings: list[_Reading] = []
        self._patterns: dict[tuple[int, ...], int] = {}
        self._laws = Diagrams()
        self._law_of: dict[int, int] = {}
        self._classes = Diagrams()
        self._class_of: dict[int, int] = {}
        self._apart: dict[tuple[int, int], bool] = {}
        self._verdicts: dict[int, Verdict] = {}

    def verdict(self, state: int) -> Verdict:
        """Give the verdict of a state; the same object for states with the same completions."""
        law = self._law_of.get(state)
        if law is None:
            with self._machine.lock:
                law = self._law(state)
        return self._of(law)

    def verdict_of_rules(self, fired: tuple[int, ...]) -> Verdict:
        """Give the verdict of goods for which :meth:`Machine.fire` gives these rules."""
        at = self._patterns.get(fired)
        if at is None:
            with self._machine.lock:
                return self._of(self._complete(fired))
        return self._of(self._laws.terminal(at))

    def _of(self, law: int) -> Verdict:
        found = self._verdicts.get(law)
        if found is None:
            with self._machine.lock:
                found = self._verdicts[law] = self._verdicts.get(law) or self._combined(law)
        return found

    def _law(self, state: int) -> int:
        """Give what each completion of the open facts gets, as a diagram of readings."""
        law = self._law_of.get(state)
        if law is None:
            machine = self._machine
            left = machine.support[state]
            if left:
                place = (left & -left).bit_length() - 1
                kids = [NEVER] * machine.chain.axes[machine.facts[place]].count
                for cell in machine.possible(state, place):
                    kids[cell] = self._law(machine.move(state, place, cell))
                law = self._laws.make(place, tuple(kids))
            else:
                value = machine.diagrams.value
                law = self._complete(tuple(value[node] for node in machine.nodes[state]))
            self._law_of[state] = law
        return law

    def _complete(self, pattern: tuple[int, ...]) -> int:
        """Give what goods get of which every table's rule is known, as a diagram."""
        if pattern not in self._patterns:
            self._patterns[pattern] = len(self._readings)
            self._readings.append(_reading(self._rulebook, self._rules(pattern)))
        return self._laws.terminal(self._patterns[pattern])

    def _rules(self, pattern: tuple[int, ...]) -> tuple[Rule, ...]:
        tables = self._machine.chain.tables
        return tuple(
            table.rules[index] for table, index in zip(tables, pattern, strict=True) if index != NOT_ASKED
        )

    def _combined(self, law: int) -> Verdict:
        """Give the verdict of goods from all their completions."""
        reached = [self._readings[at] for at in self._laws.reached(law)]
        distinct = [reading for reading in reached if not reading.impossible]
        if not distinct:
            return self._contradiction(reached[0].rules)
        if len({(reading.answers, reading.missing) for reading in distinct}) == 1:
            return self._agreed(distinct)
        columns = zip(*(reading.answers for reading in distinct), strict=True)
        agreed = [values[0] if len(set(values)) == 1 else None for values in columns]
        agreed[self._outcome] = "undecided"
        missing = self._deciding_facts(law)
        if all(reading.answers[self._outcome] == "undecided" for reading in distinct):
            missing = tuple(
                dict.fromkeys((*(name for reading in distinct for name in reading.missing), *missing))
            )
        in_all = set(distinct[0].rules).intersection(*(reading.rules for reading in distinct[1:]))
        common = [rule for rule in distinct[0].rules if rule in in_all]
        open_here = self._machine.places
        why = tuple(f"{name} is not known" for name in missing if name in open_here)
        return Verdict(tuple(agreed), missing, _ids(common), why + self._unconfirmed(common), _worst(common))

    def _agreed(self, readings: Sequence[_Reading]) -> Verdict:
        """Give the verdict of completions that all say the same."""
        rules = list(dict.fromkeys(rule for reading in readings for rule in reading.rules))
        why = tuple(dict.fromkeys(sentence for reading in readings for sentence in reading.why))
        first = readings[0]
        return Verdict(
            first.answers, first.missing, _ids(rules), why + self._unconfirmed(rules), _worst(rules)
        )

    def _contradiction(self, rules: Sequence[Rule]) -> Verdict:
        answers = tuple("undecided" if name == "outcome" else None for name in self._names)
        facts = dict.fromkeys(fact for rule in rules if rule.effect == "impossible" for fact in rule.when)
        says = tuple(rule.say for rule in rules if rule.effect == "impossible")
        given = tuple(name for name in facts if not self._rulebook.facts[name].is_derived)
        return Verdict(answers, ("contradiction", *given), _ids(rules), says, "A")

    def _unconfirmed(self, rules: Sequence[Rule]) -> tuple[str, ...]:
        editions = self._machine.chain.editions
        late = {rule.regime for rule in rules if rule.confirmed < editions[rule.regime].order}
        return tuple(f"not confirmed for {editions[regime].name}" for regime in editions if regime in late)

    def _deciding_facts(self, law: int) -> tuple[str, ...]:
        """Facts of which a change alone can change the verdict."""
        classes = {
            at: None if reading.impossible else (reading.answers, reading.missing)
            for at, reading in ((at, self._readings[at]) for at in self._laws.reached(law))
        }
        diagrams = self._classes
        top = self._laws.relabelled(law, classes, self._class_of, diagrams)
        found: set[int] = set()
        seen, open_nodes = {top}, [top]
        while open_nodes:
            node = open_nodes.pop()
            kids = [kid for kid in dict.fromkeys(diagrams.kids[node]) if kid != NEVER]
            open_nodes += [kid for kid in kids if kid not in seen]
            seen.update(kids)
            if kids and diagrams.fact[node] not in found:
                pairs = ((one, other) for at, one in enumerate(kids) for other in kids[:at])
                if any(self._differ(one, other) for one, other in pairs):
                    found.add(diagrams.fact[node])
        return tuple(self._machine.facts[place] for place in sorted(found))

    def _differ(self, one: int, other: int) -> bool:
        """Whether some completion of the other facts is possible under both and gets two verdicts."""
        if one == other:
            return False
        key = (one, other) if one < other else (other, one)
        if key not in self._apart:
            diagrams = self._classes
            place = min(diagrams.fact[one], diagrams.fact[other])
            if not diagrams.kids[one] and not diagrams.kids[other]:
                found = diagrams.value[one] is not None and diagrams.value[other] is not None
            else:
                mine = diagrams.kids[one] if diagrams.fact[one] == place else None
                theirs = diagrams.kids[other] if diagrams.fact[other] == place else None
                pairs = set(
                    zip(mine or (one,) * len(theirs or ()), theirs or (other,) * len(mine or ()), strict=True)
                )
                found = any(NEVER not in (a, b) and self._differ(a, b) for a, b in pairs)
            self._apart[key] = found
        return self._apart[key]


def _reading(rulebook: Rulebook, rules: tuple[Rule, ...]) -> _Reading:
    """Put the rules of one completion together."""
    scalars: dict[str, str] = {}
    sets: dict[str, dict[str, None]] = {
        name: {} for name, answer in rulebook.answers.items() if answer.is_set
    }
    for rule in rules:
        for name, value in rule.then.items():
            if name in sets:
                sets[name].update(dict.fromkeys(part.strip() for part in value.split(";") if part.strip()))
            elif name in rulebook.answers:
                scalars[name] = value
    undecided = [rule for rule in rules if rule.effect == "undecided"]
    if undecided:
        scalars["outcome"] = "undecided"
    missing = tuple(sets.pop("missing_facts", {}))
    words = {name: scalars.get(name, "") for name in rulebook.answers}
    answers = tuple(
        (";".join(part.format_map(words) for part in sets[name]) if name in sets else scalars.get(name))
        if name != "missing_facts"
        else None
        for name in rulebook.answers
    )
    impossible = any(rule.effect == "impossible" for rule in rules)
    return _Reading(answers, missing, rules, tuple(rule.say for rule in undecided), impossible)


def _ids(rules: Sequence[Rule]) -> tuple[str, ...]:
    return tuple(rule.id for rule in rules if rule.effect != "advise")


def _worst(rules: Sequence[Rule]) -> str:
    return max((rule.confidence for rule in rules if rule.effect != "advise"), default="A")
