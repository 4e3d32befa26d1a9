"""Excursions: limits, hysteresis, minimum duration, exposure budgets and the dew point."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltloop.epcis.readings import measures
from voltloop.errors import InputError
from voltloop.ledger.telemetry.conclusions import Conclusion
from voltloop.ledger.telemetry.excursions import watch_value
from voltloop.ledger.telemetry.limits import Limit, goods_kinds, limits_of, own_limits
from voltloop.ledger.telemetry.moisture import dew_point_c, moisture_ppmv, saturation_pa

WARM = Limit("warm", "temperature", "max", 40.0, clear_by=2.0, min_duration_s=600.0, budget_s=1800.0)


def watched(values: list[tuple[float, float]], limit: Limit = WARM) -> list[Conclusion]:
    state: dict[str, Any] = {}
    return [one for at, value in values for one in watch_value(state, [limit], limit.metric, at * 60, value)]


def kinds(values: list[tuple[float, float]], limit: Limit = WARM) -> list[tuple[str, float]]:
    return [(one.kind, one.at / 60) for one in watched(values, limit)]


def test_an_excursion_begins_with_the_first_value_outside_and_ends_when_clear() -> None:
    """It is told after ten minutes, dated from its first value, and ends only 2 K inside."""
    found = watched([(0, 39), (5, 41), (10, 43), (15, 42), (20, 39), (25, 38)])
    assert [(one.kind, one.at / 60, one.seen_at / 60) for one in found] == [
        ("excursion-start", 5, 15), ("excursion-end", 25, 25),
    ]  # fmt: skip
    assert found[1].details | {"from": 0, "until": 0, "peak_at": 0} == {
        "from": 0, "until": 0, "peak_at": 0, "count": 4, "min": 39, "max": 43, "mean": 41.25, "peak": 43,
    }  # fmt: skip


def test_the_limit_itself_is_allowed() -> None:
    assert kinds([(minute, 40.0) for minute in range(60)]) == []


def test_short_excursions_are_none() -> None:
    """Nine minutes outside, back inside, again nine: neither lasted ten."""
    assert kinds([(0, 41), (9, 41), (9.5, 39), (10, 41), (19, 41), (19.5, 37)]) == []


def test_time_outside_adds_up_over_short_excursions() -> None:
    """The budget of 30 minutes is spent by three times twelve, at the minute it is spent."""
    spells = [(0, 41), (9, 41), (12, 30), (100, 41), (109, 41), (112, 30), (200, 41), (205, 41), (215, 30)]
    assert ("exposure", 206.0) in kinds(spells)
    assert [kind for kind, _ in kinds(spells)].count("exposure") == 1


def test_silence_is_no_exposure() -> None:
    """A device that is silent for a day after one warm value has shown one hour at the most."""
    silent = Limit("warm", "temperature", "max", 40.0, budget_s=3700.0)
    assert [kind for kind, _ in kinds([(0, 41), (1440, 30)], silent)] == ["excursion-start", "excursion-end"]


def test_a_lower_limit_is_the_mirror() -> None:
    cold = Limit("cold", "temperature", "min", -20.0, clear_by=1.0)
    assert kinds([(0, -20), (1, -21), (2, -19.5), (3, -19)], cold) == [
        ("excursion-start", 1),
        ("excursion-end", 3),
    ]


@given(
    st.lists(st.tuples(st.floats(0.1, 90), st.floats(30, 50)), max_size=40),
    st.sets(st.integers(0, 40)),
)
def test_conclusions_do_not_depend_on_the_batches(steps: list[tuple[float, float]], cuts: set[int]) -> None:
    """A state that goes to the database and back between readings changes nothing."""
    at, values = 0.0, []
    for step, value in steps:
        at += step
        values.append((at, value))
    state: dict[str, Any] = {}
    found = []
    for number, (minute, value) in enumerate(values):
        if number in cuts:
            state = json.loads(json.dumps(state))
        found += watch_value(state, [WARM], "temperature", minute * 60, value)
    assert found == watched(values)
    told = [one.kind for one in found if one.kind != "exposure"]
    assert told == ["excursion-start", "excursion-end"] * (len(told) // 2) + ["excursion-start"] * (
        len(told) % 2
    )


def test_the_dew_point_is_the_frost_point_below_zero() -> None:
    """-40 degC is 127 ppmv over ice; over supercooled water it would be 188."""
    assert moisture_ppmv(-40) == pytest.approx(127, abs=0.5)
    assert saturation_pa(-40) != pytest.approx(19.05, abs=0.5)
    for humidity in (0.55, 20, 50, 99):
        dew_point = dew_point_c(20.0, humidity)
        assert dew_point is not None
        assert saturation_pa(dew_point) == pytest.approx(saturation_pa(20.0) * humidity / 100, rel=1e-9)
    assert (dew_point_c(20, 0), dew_point_c(20, 120), dew_point_c(200, 50)) == (None, None, None)


def test_temperature_and_humidity_together_are_a_dew_point() -> None:
    state: dict[str, Any] = {}
    limits = limits_of("cells_dry")
    told = [
        *watch_value(state, limits, "temperature", 0, 20.0),
        *watch_value(state, limits, "humidity", 10, 2.0),
    ]
    told += watch_value(state, limits, "humidity", 400, 2.0)
    assert [(one.kind, one.rule) for one in told] == [("excursion-start", "dew_point_high")]
    assert told[0].details["peak"] == pytest.approx(-28.0, abs=0.1)
    stale: dict[str, Any] = {}
    old = [
        *watch_value(stale, limits, "temperature", 0, 20.0),
        *watch_value(stale, limits, "humidity", 5000, 2.0),
    ]
    assert old == []
    assert "dew_point_high" not in stale["limits"]


def test_every_rule_of_goods_can_be_used() -> None:
    known = {measure.metric for measure in measures().values()}
    for goods in goods_kinds():
        limits = limits_of(goods)
        assert len({limit.rule for limit in limits}) == len(limits)
        for limit in limits:
            assert limit.metric in known
            assert limit.severity in {"warning", "hold"}
            assert limit.source
            assert math.isfinite(limit.limit)
            assert limit.clear_by >= 0


def test_a_load_may_have_limits_of_its_own() -> None:
    """One of the same name takes the place of the goods' rule; units are converted."""
    own = own_limits([{"rule": "temperature_high", "metric": "temperature", "limit": 86, "uom": "FAH"}])
    found = {limit.rule: limit for limit in limits_of("batteries", own)}
    assert found["temperature_high"].limit == pytest.approx(30.0)
    assert len(found) == len(limits_of("batteries"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"rule": "a", "metric": "taste", "limit": 1},
        {"rule": "a", "metric": "temperature"},
        {"rule": "a", "metric": "temperature", "limit": 1, "uom": "KGM"},
        {"rule": "", "metric": "temperature", "limit": 1},
        {"rule": "a", "metric": "temperature", "limit": 1, "clear_by": -1},
        {"rule": "a", "metric": "temperature", "limit": 1, "severity": "loud"},
    ],
)
def test_limits_that_cannot_be_used(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError) as error:
        own_limits([wrong])
    assert error.value.message.startswith("limits[0]: ")


def test_an_unknown_kind_of_goods() -> None:
    with pytest.raises(InputError, match="Known: batteries"):
        limits_of("batery")
