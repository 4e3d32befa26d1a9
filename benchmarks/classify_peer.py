"""An equal decision for zen-engine: our compiled decision tables written as JDM decision tables, one after the other.

The tables are the first ones of ADR: branch of the state, identity, type test, size, relief for small batteries. Rules
keep their conditions; exceptions stand above what they override, since zen-engine takes the first row that matches.
"""

from __future__ import annotations

import json
import random
import time
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np

from voltloop.compliance import load_rulebook
from voltloop.compliance.boards import Boards
from voltloop.compliance.conditions import Condition
from voltloop.compliance.machine import Machine
from voltloop.compliance.rulebook import Chain, Rulebook
from voltloop.compliance.tables import Table, _ranked

ON = date(2026, 11, 24)
LAST = "small relief"
ITEMS = 2_000


def first_tables(book: Rulebook) -> Chain:
    """The tables of road law up to the relief for small batteries, without those for materials."""
    full = book.chain("road_eu", ON)
    names = [table.spec.name for table in full.tables]
    tables = tuple(table for table in full.tables[: names.index(LAST) + 1] if is_for_batteries(table, full))
    used = {name for table in tables for name in (*table.facts, *table.guard, *table.spec.decides)}
    axes = {name: axis for name, axis in full.axes.items() if name in used}
    return Chain(full.mode, full.edition, full.editions, tables, axes)


def is_for_batteries(table: Table, chain: Chain) -> bool:
    """Whether goods that are batteries may come to a table."""
    for name, word in (("goods", "battery"), ("family", "lithium")):
        if name in table.guard and not table.guard[name][chain.axes[name].codes[word]]:
            return False
    return not any("material" in name for name in (*table.facts, *table.guard) if name != "material")


def unary(condition: Condition, values: tuple[str, ...]) -> str:
    """A condition as a cell of a JDM decision table."""
    if condition.bounds:
        return " and ".join(f"{sign} {limit:g}" for sign, limit in condition.bounds)
    return ", ".join(json.dumps(value) for value in values if value in condition.values)


def table_node(table: Table, chain: Chain, at: int) -> dict[str, Any]:
    """One decision table. ``rule_N`` is the rule that fired, -1 where the table is not asked."""
    only = table.spec.only
    names = [*only, *(name for name in table.facts if name not in only)]
    derived = [name for name in table.spec.decides if name in chain.axes and chain.axes[name].fact.is_derived]
    rows = []
    for index in _ranked(table.spec, table.rules)[0]:
        rule = table.rules[index]
        row = {"_id": rule.id, "rule": str(index)}
        for name in names:
            values = chain.axes[name].fact.values
            held = [one[name] for one in (only, rule.when) if name in one]
            if len(held) == 2:
                both = held[0].values & held[1].values
                row[f"in_{name}"] = ", ".join(json.dumps(value) for value in values if value in both)
                if not both:
                    row = {}
                    break
            else:
                row[f"in_{name}"] = unary(held[0], values) if held else ""
        if not row:
            continue
        row |= {f"out_{name}": json.dumps(rule.then[name]) if name in rule.then else "" for name in derived}
        rows.append(row)
    if only:
        rows.append({"_id": f"none{at}", "rule": "-1"} | {f"in_{name}": "" for name in names})
    return {
        "id": f"table{at}", "name": table.spec.name, "type": "decisionTableNode", "position": {"x": at, "y": 0},
        "content": {
            "hitPolicy": "first", "passThrough": True, "inputField": None, "outputPath": None,
            "executionMode": "single",
            "inputs": [{"id": f"in_{name}", "name": name, "field": name} for name in names],
            "outputs": [{"id": "rule", "name": "rule", "field": f"rule_{at}"}]
            + [{"id": f"out_{name}", "name": name, "field": name} for name in derived],
            "rules": rows,
        },
    }  # fmt: skip


def graph(tables: tuple[Table, ...], chain: Chain) -> str:
    """The tables as a JDM graph."""
    nodes: list[dict[str, Any]] = [
        {"id": "in", "name": "in", "type": "inputNode", "position": {"x": 0, "y": 0}}
    ]
    nodes += [table_node(table, chain, at) for at, table in enumerate(tables)]
    nodes.append({"id": "out", "name": "out", "type": "outputNode", "position": {"x": 0, "y": 0}})
    edges = [
        {"id": f"edge{at}", "type": "edge", "sourceId": one["id"], "targetId": other["id"]}
        for at, (one, other) in enumerate(pairwise(nodes))
    ]
    return json.dumps({"nodes": nodes, "edges": edges})


def items(chain: Chain, count: int) -> list[dict[str, Any]]:
    """Complete goods of which no rule says that they cannot be or that the law is open."""
    dice = random.Random(3)
    machine = Machine(chain)
    found: list[dict[str, Any]] = []
    while len(found) < count:
        cells = [dice.randrange(chain.axes[name].count) for name in chain.given]
        cells = [0 if name == "material" else cell for name, cell in zip(chain.given, cells, strict=True)]
        fired = machine.fire(cells)
        assert fired is not None
        ends = (
            table.rules[rule].effect in ("undecided", "impossible")
            for table, rule in zip(chain.tables, fired, strict=True)
            if rule >= 0
        )
        if any(ends):
            continue
        facts = {
            name: chain.axes[name]._inside(cell)
            if chain.axes[name].fact.kind == "decimal"
            else chain.axes[name].fact.values[cell]
            for name, cell in zip(chain.given, cells, strict=True)
        }
        unset = {
            name: axis.fact.unless_stated or axis.fact.values[0]
            for name, axis in chain.axes.items()
            if axis.fact.is_derived
        }
        found.append({"cells": cells, "fired": fired, "facts": facts | unset})
    return found


def best(work: Any, repeats: int = 5) -> float:
    """Least wall time of several runs [s]."""
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return min(times)


def ours(chain: Chain, goods: list[dict[str, Any]], rows: int = 1_000_000) -> dict[str, float]:
    """Seconds per item: one by one, and in columns of cells."""
    machine = Machine(chain)
    boards = Boards(machine)
    cells = [one["cells"] for one in goods]
    for codes, one in zip(cells, goods, strict=True):
        assert machine.fire(codes) == one["fired"]
    columns = np.tile(np.array(cells, np.uint8), (rows // len(cells), 1)).T.copy()
    places = [machine.places[name] for name in chain.given]

    def in_columns() -> None:
        for start in range(0, columns.shape[1], 65_536):
            block = columns[:, start : start + 65_536]
            states = np.full(block.shape[1], machine.start, np.int64)
            for place, codes in zip(places, block, strict=True):
                boards.move(states, place, codes)

    in_columns()
    return {
        "one_by_one": best(lambda: [machine.fire(codes) for codes in cells]) / len(cells),
        "in_columns": best(in_columns) / columns.shape[1],
    }


def peer(
    chain: Chain, tables: tuple[Table, ...], offset: int, goods: list[dict[str, Any]]
) -> dict[str, float]:
    """Seconds per item of zen-engine in each of its ways, after checking that every item gets the same rules."""
    import zen

    text = graph(tables, chain)
    decision = zen.ZenEngine().create_decision(zen.ZenDecisionContent(text))
    engine = zen.ZenEngine({"loader": {"type": "static", "content": {"adr": json.loads(text)}}})
    for one in goods:
        said = decision.evaluate(one["facts"])["result"]
        rules = tuple(said[f"rule_{at}"] for at in range(len(tables)))
        assert rules == one["fired"][offset : offset + len(tables)], (rules, one)
    facts = [one["facts"] for one in goods]
    packed = [json.dumps(one).encode() for one in facts]
    requests = [{"key": "adr", "context": one} for one in facts]
    engine.evaluate_batch(requests[:10])
    return {
        "decision": best(lambda: [decision.evaluate(one) for one in facts]) / len(facts),
        "decision_of_bytes": best(lambda: [decision.evaluate(one) for one in packed]) / len(facts),
        "static_loader": best(lambda: [engine.evaluate("adr", one) for one in facts]) / len(facts),
        "batch": best(lambda: engine.evaluate_batch(requests)) / len(facts),
    }


def one_table(
    table: Table, goods: list[dict[str, Any]], chain: Chain, at: int, rows: int = 1_000_000
) -> float:
    """Seconds per item of one compiled table, in columns of cells."""
    cells = []
    for one in goods:
        facts = with_derived(one, chain, at)["facts"]
        cells.append(
            [
                int(chain.axes[name].cell(facts[name]))
                if chain.axes[name].fact.kind == "decimal"
                else chain.axes[name].codes[facts[name]]
                for name in table.facts
            ]
        )
    columns = np.tile(np.array(cells, np.uint8), (rows // len(cells), 1)).T.copy()
    expected = np.tile([one["fired"][at] for one in goods], rows // len(cells))

    def look_up() -> Any:
        index = np.zeros(columns.shape[1], np.int64)
        for stride, codes in zip(table.strides, columns, strict=True):
            index += codes * np.int64(stride)
        return table.dense[index]

    assert (look_up()[expected >= 0] == expected[expected >= 0]).all()
    return best(look_up) / columns.shape[1]


def compare() -> dict[str, Any]:
    """The chain of tables, and the identity table alone."""
    chain = first_tables(load_rulebook())
    goods = items(chain, ITEMS)
    names = [table.spec.name for table in chain.tables]
    at = names.index("identity")
    result: dict[str, Any] = {"items_checked_equal": len(goods), "tables": names}
    result["chain"] = beside(chain.tables, ours(chain, goods), peer(chain, chain.tables, 0, goods))
    table = chain.tables[at]
    used = {*table.facts, *table.guard}
    there = [with_derived(one, chain, at) for one in goods]
    there = [
        one | {"facts": {name: value for name, value in one["facts"].items() if name in used}}
        for one in there
    ]
    mine = {"in_columns": one_table(table, goods, chain, at)}
    result["identity_table_alone"] = beside((table,), mine, peer(chain, (table,), at, there))
    return result


def beside(tables: tuple[Table, ...], mine: dict[str, float], theirs: dict[str, float]) -> dict[str, Any]:
    """Times of both per item, and how often ours goes into the best of theirs."""
    least = min(theirs.values())
    return {
        "rules": sum(len(table.rules) for table in tables),
        "zen_engine_us_per_item": {way: round(seconds * 1e6, 2) for way, seconds in theirs.items()},
        "voltloop_us_per_item": {way: round(seconds * 1e6, 4) for way, seconds in mine.items()},
        "best_zen_engine_over_voltloop": {way: round(least / seconds, 1) for way, seconds in mine.items()},
    }


def with_derived(one: dict[str, Any], chain: Chain, upto: int) -> dict[str, Any]:
    """Goods with what the tables before one say of derived facts."""
    facts = dict(one["facts"])
    for table, rule in zip(chain.tables[:upto], one["fired"], strict=False):
        if rule >= 0:
            facts |= {name: value for name, value in table.rules[rule].then.items() if name in chain.axes}
    return one | {"facts": facts}
