"""``voltloop warranty``: how restored packs fail, and what a warranty on them costs."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from voltloop.cli.options import day

if TYPE_CHECKING:
    from voltloop.app.warranty import WarrantyAnswer

__all__ = ["warranty"]


def warranty(  # noqa: PLR0913, PLR0917 - one argument per option
    returns: Annotated[
        Path,
        typer.Argument(metavar="RETURNS", help="Table with age_years, is_failed and, if wanted, quantity."),
    ],
    term_years: Annotated[float, typer.Option(metavar="YEARS", help="Length of the warranty [years].")],
    claim_cost: Annotated[float, typer.Option(metavar="MONEY", help="Cost of one claim met in full.")],
    packs: Annotated[int, typer.Option(metavar="N", help="Packs sold under the warranty.")],
    covers: Annotated[
        str, typer.Option(metavar="WORD", help="first_failure, every_failure or pro_rata.")
    ] = "first_failure",
    currency: Annotated[str, typer.Option(metavar="CODE", help="Of the money.")] = "EUR",
    priced_on: Annotated[
        str | None, typer.Option(metavar="DATE", help="Day of the prices, YYYY-MM-DD; today if left out.")
    ] = None,
    discount_rate: Annotated[float, typer.Option(metavar="SHARE", help="A year, such as 0.05.")] = 0.0,
    quantile: Annotated[
        float, typer.Option(metavar="SHARE", help="Chance that the reserve is enough.")
    ] = 0.95,
    capital_rate: Annotated[
        float, typer.Option(metavar="SHARE", help="Return a year on the reserve above the expected cost.")
    ] = 0.0,
    model: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="exponential, weibull, lognormal or loglogistic; the best if left out."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")] = False,
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="FILE.html", help="Write a chart as a page of its own.")
    ] = None,
) -> None:
    """Fit how restored packs fail, and price a warranty: expected claims, reserve, price per pack.

    Ages are years in service since the pack was restored: at failure, or at the last day it was known to work.

    Example: voltloop warranty returns.csv --term-years 2 --claim-cost 4000 --packs 500 --discount-rate 0.05
    """
    from voltloop.app.files import refuse_over, write_bytes
    from voltloop.app.plot_page import plot_page
    from voltloop.app.tables import json_bytes
    from voltloop.app.warranty import tell_warranty, warranty_charts, warranty_document
    from voltloop.economics.warranty import WarrantyTerms

    refuse_over(plot, returns)
    on = day(priced_on, "--priced-on") if priced_on else datetime.now().astimezone().date()
    answer = tell_warranty(
        returns, WarrantyTerms(term_years, claim_cost, currency, on, covers), packs=packs, model=model,
        discount_rate=discount_rate, quantile=quantile, capital_rate=capital_rate,
    )  # fmt: skip
    if plot is not None:
        notes = [finding.message for finding in (*answer.returns.findings, *answer.price.findings)]
        write_bytes(plot, plot_page("Warranty of restored packs", warranty_charts(answer), notes=notes))
    sys.stdout.write(json_bytes(warranty_document(answer)).decode() if as_json else _text(answer))


def _text(answer: WarrantyAnswer) -> str:
    from voltloop.cli.lines import finding_lines

    price, model = answer.price, answer.model
    money, low_high = price.terms.currency, price.claims_interval
    facts = (
        ("Packs observed", f"{model.units}, {model.failures} of them failed, {model.exposure_years:,.0f} years in all"),
        ("Failure model", f"{model.model}, scale {model.scale_years:.3g} years, shape {model.shape:.3g}"),
        ("Tried", ", ".join(f"{name} (AIC {aic:.1f})" for name, aic in model.candidates)),
        ("Claims per pack", f"{price.expected_claims:.4f} ({low_high[0]:.4f} to {low_high[1]:.4f} at "
                            f"{price.confidence:.0%} confidence) in {price.terms.term_years:g} years"),
        ("Cost per pack", f"{price.expected_cost:,.2f} {money}, discounted at {price.discount_rate:.1%} a year"),
        ("Reserve", f"{price.reserve:,.0f} {money} for {price.packs} packs: {price.reserve_claims} claims are enough "
                    f"with a chance of {price.quantile:.0%}"),
        ("Price per pack", f"{price.price:,.2f} {money}, prices of {price.terms.priced_on}"),
    )  # fmt: skip
    findings = (*answer.returns.findings, *price.findings)
    lines = [f"{name:<17}{text}" for name, text in facts]
    lines += finding_lines((finding.severity, finding.message) for finding in findings)
    return "".join(f"{line}\n" for line in lines)
