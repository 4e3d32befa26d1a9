"""Owning and leasing batteries: tables of ownership, leases, residual values and licences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from voltloop.app.money_table import MoneyTable
from voltloop.catalogue import money, processes
from voltloop.economics import (
    BatteryReplacement,
    Ownership,
    OwnershipCost,
    break_even_months,
    compare_ownership,
    feed_materials,
    feed_price,
    lease,
    lease_fee,
    logistic_survival,
    price_set,
    residual_value,
)
from voltloop.economics.checks import one_of, positive, share

__all__ = [
    "LeaseTerms",
    "OwnershipTerms",
    "lease_table",
    "offered_leases",
    "ownership_table",
    "residual_table",
    "tco_charts",
]

_SD_YR = 4.0
"""Standard deviation of the lives of batteries and vehicles (Busch et al. 2025)."""


@dataclass(frozen=True, slots=True)
class OwnershipTerms:
    """What ``voltloop tco`` is asked; money in EUR, lives in years, shares 0 to 1."""

    purchase_eur: float = 40_000.0
    running_eur_per_yr: float = 2_500.0
    years: int = 15
    battery_kwh: float = 60.0
    chemistry: str = "NMC"
    battery_eur: float | None = None
    restored_eur: float | None = None
    fitting_eur: float = 500.0
    core_credit_eur: float = 0.0
    battery_life_yr: float = 15.0
    restored_life_yr: float = 12.0
    vehicle_life_yr: float = 17.0
    warranty_years: int = 8
    restored_warranty_years: int = 2
    discount_rate: float = 0.05
    residual_share: float = 0.1


@dataclass(frozen=True, slots=True)
class LeaseTerms:
    """A lease to be valued, money in ``currency``."""

    name: str
    battery_price: float
    monthly_fee: float
    currency: str
    offered_on: date


def offered_leases() -> list[LeaseTerms]:
    """Give the leases of the catalogue whose price and fee are both known."""
    table = processes.battery_leases().drop_nulls("battery_price")
    return [
        LeaseTerms(
            row["lease"],
            float(row["battery_price"]),
            float(row["monthly_fee"]),
            row["currency"],
            row["offered_on"],
        )
        for row in table.iter_rows(named=True)
    ]


def ownership_table(terms: OwnershipTerms, *, on: date) -> MoneyTable:
    """Give the total cost of ownership with new and with restored batteries.

    Parameters
    ----------
    terms
        Without prices of batteries, a new one costs the catalogue's price of a service pack, a restored one its share.
    on
        Day of the prices.

    Raises
    ------
    InputError
        ``economics-word``, ``economics-number``, ``economics-share``.
    """
    prices = price_set(on=on)
    given = money.route_parameters()
    table = money.chemistry_values()
    family = "NMC" if terms.chemistry.startswith("NMC") else terms.chemistry
    one_of("chemistry", family, table["chemistry"].to_list())
    notes = [
        f"Lives are logistic with a standard deviation of {_SD_YR:g} years (Busch et al. 2025).",
        "Every year is weighted with survival.",
    ]
    new_eur = terms.battery_eur
    if new_eur is None:
        per_kwh = table.filter(chemistry=family)["new_pack_usd_per_kwh"][0] * given["reman_service_markup"]
        new_eur = positive("battery_kwh", terms.battery_kwh) * per_kwh * prices.eur_per_usd
        markup = given["reman_service_markup"]
        notes.append(
            f"New service pack at {per_kwh:.0f} USD/kWh: the pack of EverBatt 2023 times {markup:g}, an estimate; "
            "give --battery-price for your own."
        )
    restored_eur = terms.restored_eur
    if restored_eur is None:
        part = share("share of the new price", given["reman_price_share_of_new"])
        restored_eur = new_eur * part
        notes.append(
            f"Restored pack at {part:.0%} of a new one, recalled; give --restored-price for your own."
        )
    case = Ownership(
        terms.purchase_eur,
        terms.running_eur_per_yr,
        terms.years,
        logistic_survival(terms.years, mean_life_yr=terms.battery_life_yr, sd_yr=_SD_YR),
        warranty_years=terms.warranty_years,
        vehicle_survival=logistic_survival(terms.years, mean_life_yr=terms.vehicle_life_yr, sd_yr=_SD_YR),
        discount_rate=terms.discount_rate,
        residual_share=terms.residual_share,
        priced_on=on,
    )
    found = compare_ownership(
        case,
        BatteryReplacement(
            new_eur + terms.fitting_eur,
            logistic_survival(terms.years, mean_life_yr=terms.battery_life_yr, sd_yr=_SD_YR),
            terms.warranty_years,
            terms.core_credit_eur,
        ),
        BatteryReplacement(
            restored_eur + terms.fitting_eur,
            logistic_survival(terms.years, mean_life_yr=terms.restored_life_yr, sd_yr=_SD_YR),
            terms.restored_warranty_years,
            terms.core_credit_eur,
        ),
    )
    notes.append(
        f"Restored batteries save {found.saving_eur:,.0f} EUR over {terms.years} years; they break even at "
        f"{found.break_even_cost_eur:,.0f} EUR fitted."
        if found.break_even_cost_eur is not None
        else "No battery is ever paid for within these years."
    )
    return MoneyTable(
        "tco/1",
        f"Ownership over {terms.years} years, present value in EUR",
        [_ownership_row("new", found.new), _ownership_row("restored", found.restored)],
        "EUR",
        on,
        notes,
        further={
            "saving_eur": found.saving_eur,
            "break_even_cost_eur": found.break_even_cost_eur,
            "new_battery_eur": new_eur,
            "restored_battery_eur": restored_eur,
            "yearly_eur": {"new": found.new.yearly_eur, "restored": found.restored.yearly_eur},
            "replacements": {"new": found.new.replacements, "restored": found.restored.replacements},
        },
    )


def _ownership_row(way: str, cost: OwnershipCost) -> dict[str, Any]:
    return {
        "batteries": way,
        "purchase_eur": cost.purchase_eur,
        "running_eur": cost.running_eur,
        "batteries_eur": cost.batteries_eur,
        "residual_eur": cost.residual_eur,
        "total_eur": cost.total_eur,
        "per_year_eur": cost.cost_eur_per_year,
        "expected_replacements": sum(cost.replacements),
    }


def lease_table(
    leases: Sequence[LeaseTerms],
    terms_years: Sequence[float],
    residual_shares: Sequence[float],
    *,
    monthly_cost: float = 0.0,
    yearly_survival: float = 1.0,
    lost_share: float = 0.0,
    discount_rate: float = 0.08,
) -> MoneyTable:
    """Give what leases are worth to the lessor, and when buying is cheaper, one row per lease, term and residual.

    Raises
    ------
    InputError
        ``economics-number``, ``economics-share``; ``irr-ambiguous``.
    """
    rows = []
    for terms in leases:
        for years in terms_years:
            for residual in residual_shares:
                found = lease(
                    battery_price=terms.battery_price,
                    monthly_fee=terms.monthly_fee,
                    term_years=years,
                    residual_share_of_price=residual,
                    monthly_cost=monthly_cost,
                    yearly_survival=yearly_survival,
                    lost_share=lost_share,
                    discount_rate=discount_rate,
                    currency=terms.currency,
                    priced_on=terms.offered_on,
                )
                rows.append(
                    {
                        "lease": terms.name,
                        "battery_price": terms.battery_price,
                        "monthly_fee": terms.monthly_fee,
                        "term_years": years,
                        "residual_share": residual,
                        "lessor_irr": found.irr,
                        "lessor_npv": found.npv,
                        "payback_months": found.payback_months,
                        "fair_monthly_fee": lease_fee(
                            battery_price=terms.battery_price,
                            term_years=years,
                            target_rate=discount_rate,
                            residual_share_of_price=residual,
                            monthly_cost=monthly_cost,
                        ),
                        "buying_cheaper_from_month": break_even_months(
                            battery_price=terms.battery_price, monthly_fee=terms.monthly_fee
                        ),
                        "currency": terms.currency,
                    }
                )
    notes = [
        "The return is effective per year, fees at the end of each month.",
        f"Present value and fair fee at {discount_rate:.1%} a year; the fair fee holds for a whole term.",
    ]
    currency = " and ".join(sorted({terms.currency for terms in leases}))
    newest = max(terms.offered_on for terms in leases)
    return MoneyTable("tco-lease/1", f"Leases of batteries, {currency}", rows, currency, newest, notes)


def residual_table(
    *, energy_kwh: float, chemistry: str, sohs: Sequence[float], price_usd: float | None, band: str, on: date
) -> MoneyTable:
    """Give what a pack is worth at states of health, by its best use, one row per state of health.

    Parameters
    ----------
    energy_kwh, chemistry
        Of the pack; a chemistry of ``compositions.csv``.
    sohs
        States of health, 0 to 1.2.
    price_usd
        Of the pack when new; None takes the catalogue's.
    band
        Price band of second-life applications: ``low``, ``mid`` or ``high``.
    on
        Day of the metal prices.

    Raises
    ------
    InputError
        ``economics-word``, ``economics-number``, ``price-missing``.
    """
    prices = price_set(on=on)
    # What the recycler pays for the feed, or the gate fee that it takes.
    per_kg = feed_price(feed_materials(chemistry, "pack"), prices)
    kg_per_kwh = processes.compositions().filter(chemistry=chemistry, feed="pack")["kg_per_kwh"][0]
    recycling = per_kg * kg_per_kwh * positive("energy_kwh", energy_kwh)
    family = "NMC" if chemistry.startswith("NMC") else chemistry
    new_usd = price_usd
    if new_usd is None:
        row = money.chemistry_values().filter(chemistry=family)
        new_usd = float(row["new_pack_usd_per_kwh"][0]) * energy_kwh
    rows = []
    for soh in sohs:
        found = residual_value(
            energy_kwh, soh, price_usd=new_usd, priced_on=on, recycling_usd=recycling, band=band
        )
        rows.append(
            {
                "soh": soh,
                "best_use": found.use,
                "value_usd": found.value_usd,
                "value_usd_per_kwh": found.value_usd / energy_kwh,
                "share_of_new_price": found.share_of_price,
            }
        )
    notes = [
        f"Second life in the {band} band of the catalogue's applications, after test and integration.",
        "Recycling at the usual price of feed, before freight.",
        f"New pack at {new_usd:,.0f} USD.",
    ]
    title = f"Residual value of a pack of {energy_kwh:g} kWh, {chemistry}, USD"
    return MoneyTable("tco-residual/1", title, rows, "USD", on, notes, prices.findings)


def tco_charts(table: MoneyTable) -> list[tuple[str, Any]]:
    """Give the charts of a table of ``voltloop tco``: heading and Plotly figure."""
    import plotly.graph_objects as go

    rows = table.rows
    if not rows:
        return []
    if table.schema.startswith("tco-residual"):
        figure = go.Figure(
            go.Scatter(
                x=[row["soh"] for row in rows],
                y=[row["value_usd"] for row in rows],
                text=[row["best_use"] for row in rows],
                mode="lines+markers",
            )
        )
        figure.update_layout(xaxis_title="state of health", yaxis_title="USD per pack")
        return [("Value by state of health", figure)]
    if table.schema.startswith("tco-lease"):
        groups: dict[str, list[dict[str, Any]]] = {}
        for row in rows:
            groups.setdefault(f"{row['lease']}, residual {row['residual_share']:.0%}", []).append(row)
        figure = go.Figure(
            [
                go.Scatter(
                    name=name,
                    mode="lines+markers",
                    x=[row["term_years"] for row in group],
                    y=[row["lessor_irr"] for row in group],
                )
                for name, group in groups.items()
            ]
        )
        figure.update_layout(xaxis_title="term, years", yaxis_title="return a year", yaxis_tickformat=".1%")
        return [("Return of the lessor", figure)]
    parts = {"purchase_eur": 1, "running_eur": 1, "batteries_eur": 1, "residual_eur": -1}
    stack = go.Figure(
        [
            go.Bar(
                name=name.removesuffix("_eur"),
                x=[row["batteries"] for row in rows],
                y=[sign * row[name] for row in rows],
            )
            for name, sign in parts.items()
        ]
    )
    stack.update_layout(barmode="relative", yaxis_title="present value, EUR")
    yearly = go.Figure(
        [
            go.Scatter(name=way, x=list(range(len(values))), y=_running_sum(values), mode="lines+markers")
            for way, values in table.further["yearly_eur"].items()
        ]
    )
    yearly.update_layout(xaxis_title="year", yaxis_title="EUR spent, undiscounted")
    return [("Cost by kind", stack), ("Spent by year", yearly)]


def _running_sum(values: Sequence[float]) -> list[float]:
    from itertools import accumulate

    return list(accumulate(values))
