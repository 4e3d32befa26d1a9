"""A test is worth what deciding after it brings more than deciding before it."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grading_cases import SOUND, bands, own_scheme
from voltloop.batteries.grading import (
    DiagnosticTest,
    Measurements,
    RouteValues,
    Scheme,
    holders,
    read_measurements,
    rights_of,
    value_of_tests,
)
from voltloop.errors import InputError

STEP = own_scheme(("good", "soh", ">=0.80"), ("rest", "", ""))


def values(rows: int, base: list[float], per_soh: list[float], fail: list[float]) -> RouteValues:
    return RouteValues(*(np.tile(np.array(column), (rows, 1)) for column in (base, per_soh, fail)))


def battery(**cells: Any) -> Measurements:
    return read_measurements(
        pl.DataFrame({"battery_id": ["b"], **{name: [cell] for name, cell in cells.items()}})
    )


def a_test(**accuracy: float) -> DiagnosticTest:
    return DiagnosticTest("t", "a test", "open", 10.0, 1.0, accuracy)


def worth(given_: Measurements, scheme: Scheme, money: RouteValues, test: DiagnosticTest) -> float:
    return float(value_of_tests(given_, scheme, money, [test])["value_eur"].item())


def simulated(centre: float, sd: float, error: float, base: float, per_soh: float, fail: float) -> float:
    """Value of information of one reading of the state of health, by a fine grid of true and read values."""
    truth = centre + sd * np.linspace(-8, 8, 20_001)
    p_truth = np.exp(-(((truth - centre) / sd) ** 2) / 2)
    payoff = np.where(truth >= 0.80, base + per_soh * truth, fail)
    read = centre + math.hypot(sd, error) * np.linspace(-8, 8, 401)
    joint = p_truth * np.exp(-(((read[:, None] - truth) / error) ** 2) / 2)
    joint /= joint.sum()
    return float(np.maximum(joint @ payoff, 0.0).sum() - max((joint.sum(axis=0) * payoff).sum(), 0.0))


@pytest.mark.parametrize(
    ("centre", "sd", "error"),
    [(0.80, 0.05, 0.01), (0.75, 0.05, 0.03), (0.86, 0.05, 0.02), (0.80, 0.10, 0.10)],
)
def test_a_reading_of_health_equals_a_fine_sum_over_truth_and_reading(
    centre: float, sd: float, error: float
) -> None:
    """Sent to the good grade it brings 200 + 1000 * soh or loses 1500; the rest brings nothing."""
    money = values(1, [200.0, 0.0], [1000.0, 0.0], [-1500.0, 0.0])
    found = worth(battery(soh=centre, soh_sd=sd), STEP, money, a_test(soh=error))
    assert found == pytest.approx(simulated(centre, sd, error, 200.0, 1000.0, -1500.0), rel=0.01, abs=0.5)


def test_a_yes_or_no_test_by_hand() -> None:
    """85 of 100 pass. Passing brings 100, failing loses 400, the rest brings 0.

    Untested the good grade is best: 0.85 * 100 - 0.15 * 400 = 25. A perfect test brings 85, so it is worth 60. One that
    overlooks a tenth of the failures brings 0.85 * 100 - 0.015 * 400 = 79, so it is worth 54.
    """
    scheme = own_scheme(("good", "power_test", "passed"), ("rest", "", ""))
    money = values(1, [100.0, 0.0], [0.0, 0.0], [-400.0, 0.0])
    given_ = battery(soh=0.9)
    assert worth(given_, scheme, money, a_test(power_test=0.0)) == pytest.approx(60.0)
    assert worth(given_, scheme, money, a_test(power_test=0.1)) == pytest.approx(54.0)


def test_two_readings_at_once_equal_the_sum_over_their_results() -> None:
    """Power test and recall, perfect: only batteries that pass both are sent on."""
    scheme = own_scheme(("good", "power_test", "passed"), ("good", "is_recalled", "no"), ("rest", "", ""))
    money = values(1, [100.0, 0.0], [0.0, 0.0], [-400.0, 0.0])
    both = 0.85 * 0.97
    untested = both * 100 - (1 - both) * 400
    found = worth(battery(soh=0.9), scheme, money, a_test(power_test=0.0, is_recalled=0.0))
    assert found == pytest.approx(both * 100 - max(untested, 0.0))


CELLS = {
    "soh": st.none() | st.floats(0.3, 1.0),
    "visual": st.sampled_from([None, "sound", "swollen", "dented"]),
    "resistance_ratio": st.none() | st.floats(0.8, 3.0),
    "cell_spread_mv": st.none() | st.floats(1, 200),
}
MONEY = st.lists(st.floats(-3000, 6000), min_size=5, max_size=5)


@settings(deadline=None, max_examples=30)
@given(
    cells=st.fixed_dictionaries(CELLS),
    base=MONEY,
    per_soh=MONEY,
    fail=MONEY,
    holder=st.sampled_from(holders()),
)
def test_information_is_never_worth_less_than_nothing(
    cells: dict[str, Any], base: list[float], per_soh: list[float], fail: list[float], holder: str
) -> None:
    money = values(1, base, per_soh, fail)
    given_ = battery(**{**SOUND, **cells})
    table = value_of_tests(given_, bands(), money, rights_of(holder).tests)
    assert table.height == len(rights_of(holder).tests)
    assert (table["value_eur"] >= 0).all()
    assert table["rank"].to_list() == list(range(1, table.height + 1))
    assert table["net_eur"].is_sorted(descending=True)


@settings(deadline=None, max_examples=30)
@given(centre=st.floats(0.6, 1.0), sd=st.floats(0.01, 0.15), fail=st.floats(-3000, 0), errors=st.tuples(
    st.floats(0.002, 0.1), st.floats(0.002, 0.1)))  # fmt: skip
def test_a_more_exact_test_is_worth_more_and_no_test_more_than_knowing(
    centre: float, sd: float, fail: float, errors: tuple[float, float]
) -> None:
    money = values(1, [500.0, 0.0], [800.0, 0.0], [fail, 0.0])
    given_ = battery(soh=centre, soh_sd=sd)
    fine, coarse = (worth(given_, STEP, money, a_test(soh=error)) for error in sorted(errors))
    assert fine >= coarse - 2.0
    high, low = (centre - 0.8) / sd, math.erfc((centre - 0.8) / sd / math.sqrt(2)) / 2
    gain = (500 + 800 * centre) * (1 - low) + 800 * sd * math.exp(-high * high / 2) / math.sqrt(2 * math.pi)
    assert fine <= gain - max(gain + fail * low, 0.0) + 15.0


def test_a_test_of_what_no_longer_matters_is_worth_nothing() -> None:
    """A swollen pack is recycled; its health is not worth measuring."""
    money = values(1, [0, 1000, 0, 0, -300.0], [4000, 3000, 1500, 900, 0.0], [-600.0, -800, -500, -500, -300])
    table = value_of_tests(battery(soh=None, visual="swollen"), bands(), money, rights_of("oem").tests)
    assert (table["value_eur"] == 0).all()


def test_batteries_are_answered_alike_alone_and_in_a_crowd() -> None:
    """The table is cut into portions; the cuts change nothing."""
    rows = 700
    rng = np.random.default_rng(3)
    crowd = pl.DataFrame({"soh": rng.uniform(0.5, 1, rows), "cell_spread_mv": rng.uniform(5, 80, rows)})
    money = values(
        rows, [0, 1000, 0, 0, -300.0], [4000, 3000, 1500, 900, 0.0], [-600.0, -800, -500, -500, -300]
    )
    tests = [test for test in rights_of("oem").tests if test.name == "bms_diagnosis"]
    found = value_of_tests(read_measurements(crowd), bands(), money, tests)
    assert found["row"].to_list() == list(range(1, rows + 1))
    one = replace(
        money, **{name: getattr(money, name)[:1] for name in ("base_eur", "per_soh_eur", "fail_eur")}
    )
    for at in (0, 350, 699):
        alone = value_of_tests(read_measurements(crowd[at]), bands(), one, tests)
        assert found["value_eur"][at] == pytest.approx(alone["value_eur"][0])


def test_amounts_that_are_none_are_errors() -> None:
    with pytest.raises(InputError, match="one column per grade"):
        value_of_tests(battery(soh=0.8), bands(), values(1, [1.0], [1.0], [1.0]), [])
    with pytest.raises(InputError, match="row 1, grade 2"):
        value_of_tests(battery(soh=0.8), STEP, values(1, [1.0, math.nan], [0, 0], [0, 0]), [])
