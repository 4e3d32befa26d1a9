"""What loading a rulebook proves over all its tables, beyond what each table proves by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from voltloop.compliance.loads.law import LoadTables
from voltloop.compliance.reading import Rule, TableSpec
from voltloop.compliance.tables import Table
from voltloop.compliance.vocabulary import Fact, Mode
from voltloop.errors import RulebookError

__all__ = ["prove_all_fire", "prove_load", "prove_order", "unique_rules"]


def unique_rules(rules: Sequence[Rule]) -> dict[str, Rule]:
    """Give the rules by id, and refuse an id that stands twice."""
    found: dict[str, Rule] = {}
    for rule in rules:
        if rule.id in found:
            raise RulebookError(
                f'{rule.place}, column id: "{rule.id}" is already the id of {found[rule.id].place}. '
                "Give each rule its own id.",
                code="rulebook-twice",
            )
        found[rule.id] = rule
    return found


def prove_order(chain: Sequence[TableSpec], facts: Mapping[str, Fact], mode: Mode) -> None:
    """Refuse a derived fact that is asked before it is answered, or a column that two tables may answer at once."""
    answered: dict[str, list[TableSpec]] = {}
    for spec in chain:
        for name in {*spec.only, *(name for rule in spec.rules for name in rule.when)}:
            fact = facts[name]
            if fact.is_derived and name not in answered:
                raise RulebookError(
                    f"{spec.place}: the table {spec.name} asks for {name}, "
                    f"which no earlier table of {mode.name} answers. "
                    "Reorder chain.toml.",
                    code="rulebook-order",
                )
            if name in spec.only and not fact.is_derived:
                raise RulebookError(
                    f'{spec.place}: "only" may name derived facts, and {name} is stated by the goods. '
                    "Ask for it in the rules instead.",
                    code="rulebook-order",
                )
        for name in spec.decides:
            for other in answered.get(name, []):
                if not _disjoint(spec, other):
                    raise RulebookError(
                        f"{spec.place}: the tables {spec.name} and {other.name} may both answer {name}. "
                        'Give them an "only" that no goods can meet at once.',
                        code="rulebook-overlap",
                    )
            answered.setdefault(name, []).append(spec)
            fact_or_none = facts.get(name)
            if fact_or_none and fact_or_none.is_derived and fact_or_none.unless_stated is None:
                _prove_filled(spec, name)


def _prove_filled(spec: TableSpec, name: str) -> None:
    for rule in spec.rules:
        if name not in rule.then and rule.effect not in ("undecided", "impossible"):
            raise RulebookError(
                f'{rule.place}: the rule "{rule.id}" leaves {name} open, which later tables ask for. Fill then.{name}.',
                code="rulebook-gap",
            )
    if spec.only:
        raise RulebookError(
            f"{spec.place}: {name} is answered only for some goods and has no value for the others. "
            "Give it an unless_stated in facts.csv.",
            code="rulebook-gap",
        )


def _disjoint(one: TableSpec, other: TableSpec) -> bool:
    return any(
        name in other.only and not (condition.values & other.only[name].values)
        for name, condition in one.only.items()
    )


def prove_load(rules: Mapping[str, Rule], load: LoadTables) -> None:
    """Refuse a transport category without a limit, and a tunnel code without tunnels: loads could not be judged."""
    for column, file, entries in (
        ("transport_category", "limits.csv", [(one.regime, key) for one in load.limits
                                              if one.kind == "category" for key in one.keys]),
        ("tunnel_code", "tunnels.csv", [(one.regime, one.code) for one in load.tunnels]),
    ):  # fmt: skip
        silent = {"n/a"} if column == "transport_category" else {"n/a", "none"}
        known: dict[str, set[str]] = {}
        for regime, key in entries:
            known.setdefault(regime, set()).add(key)
        for rule in rules.values():
            value = rule.then.get(column)
            mine = known.get(rule.regime, set())
            if value is not None and value.strip("()") not in mine | silent:
                raise RulebookError(
                    f'{rule.place}, column then.{column}: "{value}" has no row in load/{file}. '
                    f"Known in {rule.regime}: {', '.join(sorted(mine)) or 'none'}. Add it there first.",
                    code="rulebook-value",
                )


def prove_all_fire(rules: Mapping[str, Rule], tables: Mapping[tuple[str, str], tuple[Table, ...]]) -> None:
    """Refuse a rule that can never answer."""
    fired: set[str] = set()
    seen: set[int] = set()
    for table in (table for group in tables.values() for table in group):
        if id(table) not in seen:
            seen.add(id(table))
            fired.update(table.rules[index].id for index in table.fires)
    asked = {rule.id for group in tables.values() for table in group for rule in table.spec.rules}
    for name in (name for name in rules if name in asked and name not in fired):
        raise RulebookError(
            f'{rules[name].place}: the rule "{name}" can never answer; others answer every cell that it matches. '
            "Remove it, or mend its conditions or the overrides of the others.",
            code="rulebook-dead-rule",
        )
