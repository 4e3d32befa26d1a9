"""Linehaul over days: the best loads on tiny cases, legal ones on large, nothing lost."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from collection_cases import line, truck, van
from voltloop.collection import VehicleKind
from voltloop.collection.haul_exact import Lane
from voltloop.collection.haul_search import heuristic_departures
from voltloop.collection.hauls import Hauls, plan_hauls
from voltloop.collection.onward_load import Contents, Good, LoadRules, read_goods, way_of

MONDAY = date(2026, 11, 23)
DAYS = [MONDAY + timedelta(days=number) for number in range(3)]
PLACES = {"hub": 0, "plant": 1, "far": 2}
ROADS = line(0, 100, 250)
RULES = LoadRules(frozenset({frozenset({"acid", "alkali"})}), 1000.0, 50.0)
FLEET = (
    van(payload_kg=3000.0, floor_positions=6.0, volume_m3=12.0),
    truck(payload_kg=9000.0, floor_positions=14.0, volume_m3=30.0),
)


def goods(number: int, **changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "item": number, "depot_id": "hub", "site_id": "plant", "gross_mass_kg": 2000.0, "floor_positions": 4.0,
        "points": 300.0, "needs_critical_box": False, "requires_adr_vehicle": False, "due_on": None, "ready_on": MONDAY,
        "goods": [], "volume_m3": 1.0,
    }  # fmt: skip
    return {**values, **changes}


def table(rows: Sequence[dict[str, Any]]) -> pl.DataFrame:
    types = {"due_on": pl.Date, "ready_on": pl.Date, "goods": pl.List(pl.String)}
    return pl.DataFrame(list(rows), schema_overrides=types, infer_schema_length=None)


def run(
    rows: Sequence[dict[str, Any]], *, fleet: Sequence[VehicleKind] = FLEET, limit_kg: float | None = None,
    days: Sequence[date] = DAYS,
) -> Hauls:  # fmt: skip
    storage = {} if limit_kg is None else {"hub": limit_kg}
    return plan_hauls(table(rows), fleet, ROADS, PLACES, rules=RULES, days=days, storage_kg=storage)


def random_goods(seed: int, count: int, days: int = 3) -> list[dict[str, Any]]:
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(count):
        ready = int(rng.integers(0, days))
        due = MONDAY + timedelta(days=ready + int(rng.integers(-1, days + 2)))
        rows.append(
            goods(
                number, site_id=str(rng.choice(["plant", "far"])), gross_mass_kg=float(rng.integers(200, 2900)),
                floor_positions=float(rng.choice([0.5, 1, 2, 5])), points=float(rng.choice([0, 400, 1100])),
                needs_critical_box=bool(rng.random() < 0.1), requires_adr_vehicle=bool(rng.random() < 0.1),
                ready_on=MONDAY + timedelta(days=ready), due_on=due if rng.random() < 0.5 else None,
                goods=[str(rng.choice(["acid", "alkali", "plain"]))], volume_m3=float(rng.choice([0.5, 3.0, 11.0])),
            )
        )  # fmt: skip
    return rows


def check(
    rows: Sequence[dict[str, Any]], found: Hauls, limit_kg: float | None, days: Sequence[date] = DAYS
) -> None:
    """Every rule, asked anew from the tables."""
    entry = {row["item"]: row for row in rows}
    kinds = {kind.vehicle_type: kind for kind in FLEET}
    items = [item for items in found.loads["items"] for item in items]
    assert sorted(items + found.stock["item"].to_list()) == sorted(entry)
    stored = dict.fromkeys(days, 0.0)
    for row in rows:
        for day in days:
            stored[day] += row["gross_mass_kg"] if row["ready_on"] <= day else 0.0
    for load in found.loads.iter_rows(named=True):
        aboard, kind = [entry[item] for item in load["items"]], kinds[load["vehicle_type"]]
        assert {row["site_id"] for row in aboard} == {load["site_id"]}
        assert sum(row["gross_mass_kg"] for row in aboard) <= kind.payload_kg + 1e-6
        assert sum(row["floor_positions"] for row in aboard) <= kind.floor_positions + 1e-6
        assert sum(row["volume_m3"] for row in aboard) <= kind.volume_m3 + 1e-6
        assert sum(row["needs_critical_box"] for row in aboard) <= kind.critical_boxes
        above = sum(row["points"] for row in aboard) > 1000 or any(
            row["requires_adr_vehicle"] for row in aboard
        )
        assert kind.is_adr_equipped or not above
        assert not {"acid", "alkali"} <= {name for row in aboard for name in row["goods"]}
        for row in aboard:
            assert row["ready_on"] <= load["leaves_on"]
            assert row["due_on"] is None or load["leaves_on"] <= max(row["due_on"], row["ready_on"])
        for day in days:
            stored[day] -= load["gross_mass_kg"] if load["leaves_on"] <= day else 0.0
    for item, outcome in found.stock.select("item", "outcome").iter_rows():
        assert outcome == "held" or entry[item]["due_on"] is None or entry[item]["due_on"] > days[-1]
    assert found.storage["stored_kg"].to_list() == pytest.approx([stored[day] for day in days], abs=1e-6)
    if limit_kg is not None:
        assert found.storage["stored_kg"].max() <= limit_kg + 1e-3
    assert found.bound_eur <= found.objective_eur + 1e-6


def partitions(items: Sequence[int]) -> Iterator[list[list[int]]]:
    if not items:
        yield []
        return
    for rest in partitions(items[1:]):
        yield [[items[0]], *rest]
        for number, group in enumerate(rest):
            yield [*rest[:number], [items[0], *group], *rest[number + 1 :]]


def brute_force(rows: Sequence[dict[str, Any]], limit_kg: float | None) -> float:
    """Least objective over every way to leave goods behind, group the others, and choose days."""
    entry = {good.item: good for good in read_goods(table(rows), PLACES)}
    ready = {item: (good.ready_on - MONDAY).days for item, good in entry.items() if good.ready_on}
    later = {item: lane(good).later_eur[0] for item, good in entry.items()}
    due = {
        item: max((good.due_on - MONDAY).days, ready[item]) if good.due_on else 9
        for item, good in entry.items()
    }
    price: dict[tuple[int, ...], float] = {}
    for size in range(1, len(entry) + 1):
        for group in itertools.combinations(sorted(entry), size):
            price[group] = group_price([entry[item] for item in group])
    best = np.inf
    may_stay = [item for item in entry if due[item] > 2]
    for stays in itertools.chain.from_iterable(
        itertools.combinations(may_stay, n) for n in range(len(may_stay) + 1)
    ):
        base = sum(later[item] for item in stays)
        for groups in partitions([item for item in sorted(entry) if item not in stays]):
            cost = base + sum(price[tuple(sorted(group))] for group in groups)
            if cost < best - 1e-9 and any_days(groups, entry, ready, due, limit_kg):
                best = cost
    return float(best)


def lane(*members: Good) -> Lane:
    way, many = way_of(ROADS, PLACES, "hub", members[0].site_id), len(members)
    return Lane(way, FLEET, members, (0,) * many, (9,) * many, RULES)


def group_price(members: Sequence[Good]) -> float:
    if len({good.site_id for good in members}) > 1:
        return np.inf
    if {"acid", "alkali"} <= {name for good in members for name in good.classes}:
        return np.inf
    way = way_of(ROADS, PLACES, "hub", members[0].site_id)
    able = [kind for kind in FLEET if RULES.fits(kind, Contents.of(members))]
    return min((RULES.objective_eur(kind, way) for kind in able), default=np.inf)


def any_days(
    groups: list[list[int]],
    entry: dict[int, Good],
    ready: dict[int, int],
    due: dict[int, int],
    limit_kg: float | None,
) -> bool:
    spans = [range(max(ready[i] for i in group), min(2, *(due[i] for i in group)) + 1) for group in groups]
    if limit_kg is None:
        return all(len(span) for span in spans)
    for days in itertools.product(*spans):
        stored = np.zeros(3)
        for item, good in entry.items():
            stored[ready[item] :] += good.mass_kg
        for day, group in zip(days, groups, strict=True):
            stored[day:] -= sum(entry[item].mass_kg for item in group)
        if (stored <= limit_kg + 1e-6).all():
            return True
    return False


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("limit_kg", [None, 2500.0])
def test_tiny_cases_are_solved_to_the_optimum(seed: int, limit_kg: float | None) -> None:
    rows = random_goods(seed, 5)
    found = run(rows, limit_kg=limit_kg)
    check(rows, found, limit_kg)
    assert found.objective_eur == pytest.approx(brute_force(rows, limit_kg), rel=1e-6)
    assert found.bound_eur == pytest.approx(found.objective_eur, rel=1e-6)


def test_goods_wait_for_a_full_load_and_deadlines_take_others_along() -> None:
    tuesday = DAYS[1]
    found = run(
        [goods(0, due_on=tuesday), goods(1, ready_on=tuesday), goods(2, ready_on=DAYS[2])], fleet=(truck(),)
    )
    assert found.loads.select("leaves_on", "items").rows() == [(tuesday, [0, 1])]
    assert str(tuesday) in found.loads["reason"][0]
    assert found.stock["outcome"].to_list() == ["stays"]


def test_a_full_depot_sends_goods_before_they_are_due() -> None:
    rows = [goods(0), goods(1, ready_on=DAYS[1])]
    assert run(rows).loads.is_empty()
    found = run(rows, limit_kg=2000.0)
    check(rows, found, 2000.0)
    assert found.loads.height == 1


def test_what_nothing_can_take_is_held_and_counts_as_stored() -> None:
    rows = [goods(0, gross_mass_kg=20_000.0), goods(1), goods(2, ready_on=DAYS[-1] + timedelta(days=1))]
    found = run(rows, limit_kg=5000.0)
    assert dict(found.stock.select("item", "code").iter_rows()) == {0: "load-no-vehicle", 2: ""}
    assert found.storage["stored_kg"].to_list() == [20_000.0] * 3
    assert found.loads["items"].to_list() == [[1]]


@pytest.mark.parametrize("limit_kg", [None, 6000.0])
def test_the_search_is_legal_and_near_the_optimum(
    limit_kg: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    gaps = []
    for seed in range(8):
        rows = random_goods(100 + seed, 9)
        exact = run(rows, limit_kg=limit_kg)
        with monkeypatch.context() as patch:
            patch.setattr("voltloop.collection.hauls.exact_departures", lambda *args, **options: None)
            searched = run(rows, limit_kg=limit_kg)
        check(rows, searched, limit_kg)
        assert searched.objective_eur >= exact.objective_eur - 1e-6
        gaps.append(searched.objective_eur / exact.objective_eur - 1)
    assert np.mean(gaps) < 0.05


def test_many_goods_over_many_days() -> None:
    days = [MONDAY + timedelta(days=number) for number in range(8)]
    rows = random_goods(5, 250, days=8)
    for limit_kg in (None, 40_000.0):
        found = run(rows, days=days, limit_kg=limit_kg)
        check(rows, found, limit_kg, days)
        assert found.loads["fill"].mean() > 0.6
    assert run(rows, days=days).loads.equals(run(rows, days=days).loads)


def test_a_lane_without_goods_needs_no_load() -> None:
    assert heuristic_departures([], 3, np.full(3, np.inf)) == []
    assert run([goods(0, site_id="hub")]).loads.is_empty()
