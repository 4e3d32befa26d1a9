"""Whatever numbers come in, an answer is finite or the error names what is wrong: no other way out."""

from __future__ import annotations

import math
from dataclasses import asdict
from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from voltloop.economics import (
    Part,
    disassembly_cost,
    lease,
    pack_disassembly,
    plant_finance,
    recycling_economics,
    remanufacturing_margin,
    second_life_value,
    transport_leg_cost,
)
from voltloop.errors import InputError

any_number = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True),
    st.floats(-1e3, 1e9),
    st.sampled_from([0.0, -0.0, 1.0, -1.0, 1e-9, 0.5, 12.0]),
)
SIX = st.lists(any_number, min_size=6, max_size=6)


def _leaves(value: Any) -> list[float]:
    if isinstance(value, dict):
        return [leaf for part in value.values() for leaf in _leaves(part)]
    if isinstance(value, list | tuple):
        return [leaf for part in value for leaf in _leaves(part)]
    return [value] if isinstance(value, float) else []


def _answers_or_names(work: Any) -> None:
    named: InputError | None = None
    try:
        found = work()
    except InputError as error:
        named = error
    if named is not None:
        assert named.code
        assert "Expected" in named.message
        return
    values = [found] if isinstance(found, float) else _leaves(asdict(found))
    assert not any(math.isnan(value) for value in values)


@given(SIX, st.floats(1e-3, 1e7), any_number, any_number)
def test_plants(amounts: list[float], tonnes: float, life: float, rate: float) -> None:
    names = (
        "isbl_usd", "raw_materials_usd_per_yr", "utilities_usd_per_yr", "effluent_usd_per_yr",
        "operating_labor_usd_per_yr", "rd_usd_per_yr",
    )  # fmt: skip
    given_amounts = {
        name: min(a, 1e200) if math.isfinite(a) else a for name, a in zip(names, amounts, strict=True)
    }
    _answers_or_names(
        lambda: plant_finance(
            throughput_t_per_yr=tonnes,
            plant_life_yr=min(life, 1e6),
            interest_rate=min(rate, 1e6),
            **given_amounts,
        )
    )


@given(any_number, any_number, any_number)
def test_disassembly(first: float, second: float, third: float) -> None:
    _answers_or_names(lambda: disassembly_cost(min(first, 1e99), min(second, 1e99), min(third, 1e99)))
    _answers_or_names(lambda: pack_disassembly(min(first, 1e99), packs_per_yr=min(second, 1e99)))


@given(SIX)
def test_transport_and_second_life(values: list[float]) -> None:
    a, b, c, d, e, _ = (min(value, 1e50) for value in values)
    _answers_or_names(
        lambda: transport_leg_cost(
            kg_moved_per_kg_feedstock=a,
            miles=b,
            payload_short_ton=c,
            usd_per_mile=d,
            packaging_usd_per_kg_feedstock=e,
        )
    )
    _answers_or_names(lambda: second_life_value(a, b, "grid_storage", resistance_ratio=c))


@given(SIX)
def test_remanufacturing(values: list[float]) -> None:
    a, b, c, d, e, f = (min(value, 1e50) for value in values)
    _answers_or_names(
        lambda: remanufacturing_margin(
            price_eur=a,
            parts=[Part("module", b, c, d)],
            labor_h=1.0,
            wage_eur_per_h=e,
            fallout_share=f,
            priced_on=date(2026, 1, 1),
        )
    )


@given(SIX)
def test_leases(values: list[float]) -> None:
    a, b, c, d, e, f = (min(value, 1e9) for value in values)
    _answers_or_names(
        lambda: lease(
            battery_price=a,
            monthly_fee=b,
            term_years=c,
            residual_share_of_price=d,
            monthly_cost=e,
            yearly_survival=f,
            currency="EUR",
            priced_on=date(2026, 1, 1),
        )
    )


@given(any_number, any_number)
def test_recycling(tonnes: float, price: float) -> None:
    _answers_or_names(
        lambda: recycling_economics(
            "LFP", "hydro", feed_t_per_yr=min(tonnes, 1e9), feed_price_usd_per_kg=min(price, 1e9)
        )
    )
