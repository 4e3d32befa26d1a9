"""Freight rates for batteries."""

from __future__ import annotations

import pytest

from voltloop.economics import freight_eur_per_kg_km, freight_region


def test_damaged_goods_cost_four_times_as_much() -> None:
    sound, damaged = (freight_eur_per_kg_km("europe", is_damaged=d, eur_per_usd=0.9) for d in (False, True))
    assert damaged == pytest.approx(4 * sound)


def test_the_american_rate_meets_everbatt() -> None:
    """1.834 USD per mile for 10 short tons of dangerous goods, in USD per tonne-km: 0.1256."""
    assert freight_eur_per_kg_km("us", is_damaged=False, eur_per_usd=1.0) * 1000 == pytest.approx(
        0.1256, rel=0.002
    )


def test_european_rates_do_not_move_with_the_dollar() -> None:
    rates = {freight_eur_per_kg_km("europe", is_damaged=False, eur_per_usd=rate) for rate in (0.8, 1.2)}
    assert len(rates) == 1


@pytest.mark.parametrize(
    ("country", "region"), [("CA", "us"), ("DE", "europe"), ("", "europe"), (None, "europe")]
)
def test_regions(country: str | None, region: str) -> None:
    assert freight_region(country) == region
