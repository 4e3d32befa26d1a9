"""Prices of a day: the newest not later than it, in euro, with what is missing named."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from voltloop import economics
from voltloop.errors import InputError

ON = date(2026, 11, 24)


def table(*rows: tuple[str, date, float, str]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=["item", "priced_on", "value", "currency"], orient="row")


def test_the_newest_price_on_or_before_the_day_is_used() -> None:
    prices = table(
        ("eur_per_usd", date(2026, 1, 1), 0.5, "EUR"),
        ("nickel", date(2026, 1, 1), 10.0, "USD"),
        ("nickel", date(2026, 6, 1), 20.0, "USD"),
        ("nickel", date(2027, 1, 1), 99.0, "USD"),
    )
    assert economics.price_set(prices, on=ON).value("nickel") == 10.0
    assert economics.price_set(prices, on=date(2026, 6, 1)).value("nickel") == 10.0
    assert economics.price_set(prices, on=date(2026, 5, 31)).value("nickel") == 5.0
    assert economics.price_set(prices, on=ON).priced_on["nickel"] == date(2026, 6, 1)


def test_a_price_set_without_a_metal_names_it_and_counts_it_as_worthless() -> None:
    prices = table(("eur_per_usd", date(2026, 1, 1), 0.9, "EUR"), ("nickel", date(2026, 1, 1), 16.0, "USD"))
    found = economics.price_set(prices, on=ON)
    assert "cobalt" in found.missing
    assert "nickel" not in found.missing
    assert found.value("cobalt") == 0.0
    messages = [f.message for f in found.findings if f.code == "treatment-price-missing"]
    assert any("cobalt" in message and "2026-11-24" in message for message in messages)


def test_prices_in_euro_stay_and_the_rate_comes_from_the_catalogue() -> None:
    """Costs of the catalogue are in dollars, so a rate is always needed and never taken as one."""
    found = economics.price_set(table(("nickel", date(2026, 1, 1), 16.0, "EUR")), on=ON)
    assert found.value("nickel") == 16.0
    assert found.eur_per_usd == economics.price_set(on=ON).eur_per_usd == 0.86


def test_old_prices_are_told() -> None:
    prices = table(("nickel", date(2020, 1, 1), 16.0, "EUR"), ("copper", date(2026, 1, 1), 9.0, "EUR"))
    old = {f.field for f in economics.price_set(prices, on=ON).findings if f.code == "treatment-price-old"}
    assert old == {"nickel"}


@pytest.mark.parametrize(
    ("prices", "code"),
    [
        (pl.DataFrame({"item": ["nickel"]}), "price-table-columns"),
        (table(("nickel", date(2026, 1, 1), 16.0, "GBP")), "price-currency"),
        (table(("nickel", date(2026, 1, 1), -1.0, "EUR")), "price-value"),
        (table(("nickel", date(2026, 1, 1), float("nan"), "EUR")), "price-value"),
    ],
)
def test_an_unusable_table_is_an_error_with_a_code(prices: pl.DataFrame, code: str) -> None:
    with pytest.raises(InputError) as error:
        economics.price_set(prices, on=ON)
    assert error.value.code == code


def test_the_catalogue_has_every_metal_on_the_day() -> None:
    found = economics.price_set(on=ON)
    assert found.missing == ()
    assert found.currency == "EUR"
    assert found.newest_on == date(2026, 5, 1)


def test_a_day_before_all_prices_is_an_error_not_a_guess() -> None:
    with pytest.raises(InputError) as error:
        economics.price_set(on=date(2019, 1, 1))
    assert error.value.code == "price-no-rate"
