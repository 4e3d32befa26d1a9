"""``voltloop tco``: what it costs to own a battery, to lease it, or to restore it under licence; what is left."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from voltloop.cli.money_lines import AsJson, Plot, numbers, show, words
from voltloop.cli.options import day

__all__ = ["app"]

app = typer.Typer(
    no_args_is_help=False,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)

On = Annotated[
    str | None, typer.Option("--on", metavar="DATE", help="Day of the prices, YYYY-MM-DD. Default: today.")
]


def _on(text: str | None) -> date:
    return datetime.now().astimezone().date() if text is None else day(text, "--on")


@app.callback()
def tco(  # noqa: PLR0913, PLR0917 - one argument per option
    context: typer.Context,
    purchase: Annotated[
        float, typer.Option("--purchase", metavar="EUR", help="Vehicle with its first battery.")
    ] = 40_000.0,
    running: Annotated[
        float, typer.Option("--running", metavar="EUR", help="Energy, upkeep and insurance a year.")
    ] = 2_500.0,
    years: Annotated[int, typer.Option("--years", metavar="N", help="Years looked at.")] = 15,
    battery_kwh: Annotated[
        float, typer.Option("--battery-kwh", metavar="KWH", help="Of the battery.")
    ] = 60.0,
    chemistry: Annotated[
        str, typer.Option("--chemistry", metavar="NAME", help="Of the battery: NMC, NCA, LFP and so on.")
    ] = "NMC",
    battery_price: Annotated[
        float | None, typer.Option("--battery-price", metavar="EUR", help="New. Default: the catalogue's.")
    ] = None,
    restored_price: Annotated[
        float | None, typer.Option("--restored-price", metavar="EUR", help="Default: a share of the new.")
    ] = None,
    fitting: Annotated[
        float, typer.Option("--fitting", metavar="EUR", help="Work of a replacement.")
    ] = 500.0,
    core_credit: Annotated[
        float, typer.Option("--core-credit", metavar="EUR", help="Paid for the old battery.")
    ] = 0.0,
    life: Annotated[float, typer.Option("--life", metavar="YEARS", help="Mean life, new battery.")] = 15.0,
    restored_life: Annotated[
        float, typer.Option("--restored-life", metavar="YEARS", help="Mean life, restored battery.")
    ] = 12.0,
    vehicle_life: Annotated[
        float, typer.Option("--vehicle-life", metavar="YEARS", help="Mean life, vehicle.")
    ] = 17.0,
    warranty: Annotated[int, typer.Option("--warranty", metavar="YEARS", help="Of a new battery.")] = 8,
    restored_warranty: Annotated[
        int, typer.Option("--restored-warranty", metavar="YEARS", help="Of a restored battery.")
    ] = 2,
    rate: Annotated[float, typer.Option("--rate", metavar="SHARE", help="Discount a year.")] = 0.05,
    residual_share: Annotated[
        float, typer.Option("--residual-share", metavar="SHARE", help="Of the purchase, at the end.")
    ] = 0.1,
    on: On = None,
    as_json: AsJson = False,
    plot: Plot = None,
) -> None:
    """Compare ownership with new and with restored batteries, every year weighted with survival.

    Leases, residual values and licences have commands of their own: lease, residual, licence.

    Example: voltloop tco --battery-kwh 75 --restored-price 7000 --years 12
    """
    if context.invoked_subcommand is not None:
        return
    from voltloop.app.tco import OwnershipTerms, ownership_table, tco_charts

    terms = OwnershipTerms(
        purchase_eur=purchase,
        running_eur_per_yr=running,
        years=years,
        battery_kwh=battery_kwh,
        chemistry=chemistry,
        battery_eur=battery_price,
        restored_eur=restored_price,
        fitting_eur=fitting,
        core_credit_eur=core_credit,
        battery_life_yr=life,
        restored_life_yr=restored_life,
        vehicle_life_yr=vehicle_life,
        warranty_years=warranty,
        restored_warranty_years=restored_warranty,
        discount_rate=rate,
        residual_share=residual_share,
    )
    show(ownership_table(terms, on=_on(on)), tco_charts, as_json=as_json, plot=plot)


@app.command("lease")
def lease(  # noqa: PLR0913, PLR0917 - one argument per option
    price: Annotated[
        float | None,
        typer.Option("--price", metavar="MONEY", help="Of the battery. Default: leases on offer."),
    ] = None,
    fee: Annotated[float | None, typer.Option("--fee", metavar="MONEY", help="A month.")] = None,
    years: Annotated[str, typer.Option("--years", metavar="YEARS", help="Terms, by comma.")] = "8,10,12",
    residual: Annotated[
        str, typer.Option("--residual", metavar="SHARES", help="Of the price at the end, by comma.")
    ] = "0,0.15,0.3",
    cost: Annotated[float, typer.Option("--cost", metavar="MONEY", help="Upkeep and swaps, a month.")] = 0.0,
    survival: Annotated[
        float, typer.Option("--survival", metavar="SHARE", help="Leases that go on for another year.")
    ] = 1.0,
    lost: Annotated[
        float, typer.Option("--lost", metavar="SHARE", help="Of the residual when a lease ends early.")
    ] = 0.0,
    rate: Annotated[float, typer.Option("--rate", metavar="SHARE", help="Discount a year.")] = 0.08,
    currency: Annotated[str, typer.Option("--currency", metavar="CODE", help="Of price and fee.")] = "EUR",
    on: On = None,
    as_json: AsJson = False,
    plot: Plot = None,
) -> None:
    """Give the lessor's return on a battery lease, and when buying would have been cheaper.

    Without --price and --fee the leases of the catalogue are told.

    Example: voltloop tco lease --price 70000 --fee 728 --years 8,10 --residual 0,0.3 --currency CNY
    """
    from voltloop.app.tco import LeaseTerms, lease_table, offered_leases, tco_charts
    from voltloop.errors import InputError

    if (price is None) != (fee is None):
        raise InputError(
            "Only one of --price and --fee is given. Expected both, or neither for the leases of the catalogue. "
            "Add the other.",
            code="lease-terms",
        )
    if price is None or fee is None:
        leases = offered_leases()
    else:
        leases = [LeaseTerms("this lease", price, fee, currency, _on(on))]
    table = lease_table(
        leases,
        numbers(years, "--years"),
        numbers(residual, "--residual"),
        monthly_cost=cost,
        yearly_survival=survival,
        lost_share=lost,
        discount_rate=rate,
    )
    show(table, tco_charts, as_json=as_json, plot=plot)


@app.command("residual")
def residual(
    kwh: Annotated[float, typer.Option("--battery-kwh", metavar="KWH", help="Of the pack when new.")] = 60.0,
    chemistry: Annotated[
        str, typer.Option("--chemistry", metavar="NAME", help="Such as NMC622 or LFP.")
    ] = "NMC622",
    soh: Annotated[
        str, typer.Option("--soh", metavar="SHARES", help="States of health, by comma.")
    ] = "0.95,0.9,0.85,0.8,0.75,0.7,0.65,0.6,0.55",
    price: Annotated[
        float | None, typer.Option("--new-price", metavar="USD", help="New. Default: the catalogue's.")
    ] = None,
    band: Annotated[str, typer.Option("--band", metavar="WORD", help="Of prices: low, mid, high.")] = "mid",
    on: On = None,
    as_json: AsJson = False,
    plot: Plot = None,
) -> None:
    """Give what a pack is worth at each state of health, by its best use.

    Example: voltloop tco residual --battery-kwh 75 --chemistry LFP --soh 0.9,0.8,0.7
    """
    from voltloop.app.cost import chemistry_named
    from voltloop.app.tco import residual_table, tco_charts

    table = residual_table(
        energy_kwh=kwh,
        chemistry=chemistry_named(chemistry),
        sohs=numbers(soh, "--soh"),
        price_usd=price,
        band=band,
        on=_on(on),
    )
    show(table, tco_charts, as_json=as_json, plot=plot)


@app.command("licence")
def licence(  # noqa: PLR0913, PLR0917 - one argument per option
    sales: Annotated[
        Path, typer.Argument(metavar="SALES", help="Sales of a year: CSV with grade, units, revenue_eur.")
    ],
    rates: Annotated[
        str,
        typer.Option("--rates", metavar="GRADE=SHARE", help="Royalty by grade, by comma, such as A=0.08."),
    ],
    minimum: Annotated[float, typer.Option("--minimum", metavar="EUR", help="Paid at least, a year.")] = 0.0,
    audit: Annotated[
        Path | None, typer.Option("--audit", metavar="FILE", help="Sample: CSV with reported, found, packs.")
    ] = None,
    tolerance: Annotated[
        float, typer.Option("--tolerance", metavar="SHARE", help="Shortfall that is let pass.")
    ] = 0.02,
    audit_cost: Annotated[
        float, typer.Option("--audit-cost", metavar="EUR", help="Borne if above it.")
    ] = 0.0,
    penalty: Annotated[float, typer.Option("--penalty", metavar="SHARE", help="Added to a shortfall.")] = 0.0,
    on: On = None,
    as_json: AsJson = False,
    plot: Plot = None,
) -> None:
    """Give the royalty that a licensee owes the maker for a year, and what an audit of the grades says.

    Example: voltloop tco licence sales.csv --rates A=0.08,B=0.05,C=0.02 --minimum 20000 --audit audit.csv
    """
    from voltloop.app.licence import licence_charts, licence_table, read_audit, read_sales
    from voltloop.economics import LicenceTerms

    pairs = (word.partition("=") for word in words(rates, "--rates"))
    terms = LicenceTerms(
        {grade.strip(): numbers(text or "nothing", "--rates")[0] for grade, _, text in pairs},
        minimum_eur_per_yr=minimum,
        audit_tolerance=tolerance,
        audit_cost_eur=audit_cost,
        penalty_share=penalty,
    )
    sample = None if audit is None else read_audit(audit)
    table = licence_table(read_sales(sales), terms, on=_on(on), sample=sample)
    show(table, licence_charts, as_json=as_json, plot=plot)
