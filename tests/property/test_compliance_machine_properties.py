"""What must hold for any goods in every mode of the rulebook: one item like many, unknown like its completions."""

from __future__ import annotations

import itertools
import random
from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from voltloop.compliance import Load, classify_kinds, classify_one, load_rulebook
from voltloop.compliance.chain import walk
from voltloop.compliance.kinds import law_of
from voltloop.compliance.rulebook import Chain
from voltloop.compliance.verdicts import Verdict

BOOK = load_rulebook()
ON = date(2026, 11, 24)
MODES = tuple(BOOK.modes)
FREE = ("allowed", "exempt_small", "exempt_other")

seeds = st.integers(0, 2**32 - 1)


def random_cells(chain: Chain, seed: int, unknown: float) -> dict[str, int]:
    """Cells of batteries or materials; an unknown fact is in any of the cells that stand for several."""
    dice = random.Random(seed)
    cells = {}
    for name in chain.given:
        axis = chain.axes[name]
        default = axis.fact.unless_stated
        if name in chain.mode.states:
            cells[name] = axis.codes[chain.mode.states[name]]
        elif dice.random() < unknown:
            cells[name] = axis.count + dice.randrange(len(axis.partial))
        elif default and dice.random() < 0.7:
            cells[name] = axis.codes[default]
        else:
            cells[name] = dice.randrange(axis.count)
    return cells


def verdict_of(chain: Chain, cells: dict[str, int]) -> Verdict:
    law = law_of(BOOK, chain)
    state = law.machine.start
    for name, cell in cells.items():
        state = law.machine.move(state, law.machine.places[name], cell)
    return law.judge.verdict(state)


def outcome_of(verdict: Verdict) -> str:
    return str(verdict.answers[list(BOOK.answers).index("outcome")])


def is_contradiction(verdict: Verdict) -> bool:
    return verdict.missing[:1] == ("contradiction",)


def rules_by_tables(chain: Chain, cells: dict[str, int]) -> set[tuple[int, ...]]:
    """Rules that the dense tables fire, by completion."""
    leaves = walk(chain, {name: np.array([cell]) for name, cell in cells.items()})
    return {tuple(row) for row in leaves.fired.tolist()}


@pytest.mark.parametrize("mode", MODES)
@settings(max_examples=60, deadline=None, derandomize=True)
@given(seed=seeds)
def test_the_machine_fires_the_rules_of_the_dense_tables(mode: str, seed: int) -> None:
    chain = BOOK.chain(mode, ON)
    cells = random_cells(chain, seed, unknown=0.0)
    fired = law_of(BOOK, chain).machine.fire([cells[name] for name in chain.given])
    assert {fired} == rules_by_tables(chain, cells)


@pytest.mark.parametrize("mode", MODES)
@settings(max_examples=25, deadline=None, derandomize=True)
@given(seed=seeds, unknown=st.sampled_from([0.03, 0.1]))
def test_completions_of_unknown_facts_fire_the_rules_of_the_dense_tables(
    mode: str, seed: int, unknown: float
) -> None:
    chain = BOOK.chain(mode, ON)
    cells = random_cells(chain, seed, unknown)
    machine = law_of(BOOK, chain).machine
    state = machine.start
    for name, cell in cells.items():
        state = machine.move(state, machine.places[name], cell)
    found, seen, open_states = set(), {state}, [state]
    while open_states:
        one = open_states.pop()
        if not machine.support[one]:
            found.add(tuple(machine.diagrams.value[node] for node in machine.nodes[one]))
            continue
        place = (machine.support[one] & -machine.support[one]).bit_length() - 1
        after = {machine.move(one, place, cell) for cell in machine.possible(one, place)} - seen
        seen |= after
        open_states += after
    assert found == rules_by_tables(chain, cells)


@pytest.mark.parametrize("mode", MODES)
@settings(max_examples=40, deadline=None, derandomize=True)
@given(seed=seeds, count=st.integers(1, 3))
def test_every_mode_answers_unknown_facts_like_all_their_completions(
    mode: str, seed: int, count: int
) -> None:
    """Decided exactly when all possible completions agree; the facts named are those that change the verdict."""
    chain = BOOK.chain(mode, ON)
    cells = random_cells(chain, seed, unknown=0.0)
    free = [name for name in chain.given if name not in chain.mode.states]
    names = sorted(random.Random(seed).sample(free, min(count, len(free))), key=chain.given.index)
    asked = verdict_of(chain, cells | {name: chain.axes[name].count for name in names})
    choices = itertools.product(*(range(chain.axes[name].count) for name in names))
    verdicts = {
        choice: verdict_of(chain, cells | dict(zip(names, choice, strict=True))) for choice in choices
    }
    possible = {
        choice: (one.answers, one.missing) for choice, one in verdicts.items() if not is_contradiction(one)
    }
    if not possible:
        assert is_contradiction(asked)
        return
    if len(set(possible.values())) == 1:
        assert (asked.answers, asked.missing) == next(iter(possible.values()))
        return
    by_place: dict[tuple[Any, ...], set[Any]] = {}
    for at in range(len(names)):
        for choice, answer in possible.items():
            by_place.setdefault((at, choice[:at], choice[at + 1 :]), set()).add(answer)
    deciding = {names[key[0]] for key, answers in by_place.items() if len(answers) > 1}
    own = {name for _, missing in possible.values() for name in missing}
    all_open = all(outcome_of(one) == "undecided" for one in verdicts.values() if not is_contradiction(one))
    assert outcome_of(asked) == "undecided"
    assert set(asked.missing) == deciding | (own if all_open else set())


@pytest.mark.parametrize("mode", MODES)
@settings(max_examples=40, deadline=None, derandomize=True)
@given(seed=seeds)
def test_a_fact_made_known_never_makes_free_goods_undecided(mode: str, seed: int) -> None:
    chain = BOOK.chain(mode, ON)
    cells = random_cells(chain, seed, unknown=0.15)
    before = outcome_of(verdict_of(chain, cells))
    if before not in FREE:
        return
    for name in chain.given:
        axis = chain.axes[name]
        if cells[name] >= axis.count:
            for cell in axis.partial[cells[name] - axis.count][1]:
                after = verdict_of(chain, cells | {name: cell})
                assert is_contradiction(after) or outcome_of(after) == before


@pytest.mark.parametrize("mode", MODES)
@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    seed=seeds, grows=st.sampled_from(["package_gross_kg", "package_net_kg", "energy_wh", "lithium_g", "soc"])
)
def test_what_grows_never_regains_the_small_relief(mode: str, seed: int, grows: str) -> None:
    chain = BOOK.chain(mode, ON)
    if grows not in chain.given:
        return
    cells = random_cells(chain, seed, unknown=0.0)
    verdicts = [verdict_of(chain, cells | {grows: cell}) for cell in range(chain.axes[grows].count)]
    relieved = [outcome_of(one) == "exempt_small" for one in verdicts if not is_contradiction(one)]
    assert relieved == sorted(relieved, reverse=True)


WORDS: dict[str, list[Any]] = {
    name: [None, *fact.values, *fact.groups, *fact.also, "no such word", " " + fact.values[0].upper()]
    if fact.kind == "choice"
    else [None, "yes", "No", "unknown", "perhaps", "true", "0"]
    if fact.kind == "boolean"
    else [None, "0.3", "1.5", "19.9", "60", "450", "5e3", "-1", "much", "n/a", " 12 ", "inf", "1_0"]
    for name, fact in BOOK.facts.items()
    if not fact.is_derived
}
FLAGS = [None, "", "not a flag", *BOOK.flags, "shorted_0v;discharged_0v", "valves_closed; leaking_case"]


def random_goods(seed: int, stated: float) -> dict[str, Any]:
    dice = random.Random(seed)
    row = {name: dice.choice(words) if dice.random() < stated else None for name, words in WORDS.items()}
    row["material"] = row["material"] if dice.random() < 0.2 else None
    return row | {"flags": dice.choice(FLAGS) if dice.random() < 0.3 else None}


@pytest.mark.parametrize("mode", MODES)
@settings(max_examples=6, deadline=None, derandomize=True)
@given(seed=seeds, stated=st.sampled_from([0.3, 0.8]))
@example(seed=0, stated=0.0)
def test_one_item_is_answered_like_a_row_of_many(mode: str, seed: int, stated: float) -> None:
    """Every column, every sentence, good values and bad ones, in text."""
    rows = [random_goods(seed + at, stated) for at in range(25)]
    goods = pl.DataFrame(rows, schema=dict.fromkeys(rows[0], pl.String))
    many = classify_kinds(goods, BOOK, mode=mode, on=ON).frame().drop("item").rows(named=True)
    one = [dict(classify_one(row, BOOK, mode=mode, on=ON)) for row in rows]
    assert one == many


@pytest.mark.parametrize("mode", MODES)
@settings(max_examples=6, deadline=None, derandomize=True)
@given(seed=seeds)
def test_numbers_booleans_and_categories_are_read_like_their_words(mode: str, seed: int) -> None:
    rows = [random_goods(seed + at, 0.5) for at in range(25)]
    columns: dict[str, pl.Series] = {}
    for name, fact in BOOK.facts.items():
        if fact.is_derived:
            continue
        words = pl.Series(name, [row[name] for row in rows], dtype=pl.String)
        if fact.kind == "decimal":
            columns[name] = words.cast(pl.Float64, strict=False)
        elif fact.kind == "boolean":
            columns[name] = words.replace_strict(
                {"yes": True, "No": False, "true": True}, default=None, return_dtype=pl.Boolean
            )
        elif len(columns) % 2:
            columns[name] = words.cast(pl.Categorical)
        else:
            columns[name] = words.cast(pl.Enum(words.unique().drop_nulls().to_list()))
    goods = pl.DataFrame(columns)
    many = classify_kinds(goods, BOOK, mode=mode, on=ON).frame().drop("item").rows(named=True)
    one = [dict(classify_one(row, BOOK, mode=mode, on=ON)) for row in goods.rows(named=True)]
    assert one == many


@pytest.mark.parametrize("mode", ["road_eu", "rail_eu"])
@settings(max_examples=80, deadline=None, derandomize=True)
@given(
    category=st.sampled_from(["0", "2", "3", "4"]),
    others=st.lists(st.tuples(st.sampled_from(["2", "3", "4"]), st.floats(0.01, 400)), max_size=4),
    mass=st.floats(0.01, 1100),
    more=st.floats(0.001, 400),
)
def test_more_mass_never_regains_the_relief_and_less_never_loses_it(
    mode: str, category: str, others: list[tuple[str, float]], mass: float, more: float
) -> None:
    load = Load(BOOK, mode=mode, on=ON)
    for name, kg in others:
        load.add(load.profile(outcome="allowed", transport_category=name), kg)
    goods = load.profile(outcome="allowed", transport_category=category)
    load.add(goods, mass)
    light = load.exceeds_1136
    load.add(goods, more)
    heavy = load.exceeds_1136
    assert heavy >= light
    load.remove(goods, more)
    assert load.exceeds_1136 == light
