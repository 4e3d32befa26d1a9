"""Use case: the price of a warranty on restored packs, from a table of ages and failures."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from voltloop.app.store import read_table
from voltloop.economics.failures import FailureModel, FailureReturns, failure_returns, fit_failures
from voltloop.economics.warranty import WarrantyPrice, WarrantyTerms, warranty_price
from voltloop.errors import InputError

__all__ = ["WarrantyAnswer", "tell_warranty", "warranty_charts", "warranty_document"]

_YES: Final = ("true", "yes", "1", "failed")
_NO: Final = ("false", "no", "0", "working")
_CURVE_POINTS: Final = 60


@dataclass(frozen=True)
class WarrantyAnswer:
    """Returns, the model fitted to them, and the price."""

    returns: FailureReturns
    model: FailureModel
    price: WarrantyPrice


def tell_warranty(
    path: Path,
    terms: WarrantyTerms,
    *,
    packs: int,
    model: str | None = None,
    discount_rate: float = 0.0,
    quantile: float = 0.95,
    capital_rate: float = 0.0,
) -> WarrantyAnswer:
    """Fit a failure model to a file of returns and price a warranty with it.

    Parameters
    ----------
    path
        Table with ``age_years``, ``is_failed`` (true or false, yes or no, 1 or 0) and, if wanted, ``quantity``.
    terms, packs, discount_rate, quantile, capital_rate
        As in :func:`warranty_price`.
    model
        As in :func:`fit_failures`.

    Raises
    ------
    InputError
        The file cannot be read; codes of :func:`failure_returns`, :func:`fit_failures`, :func:`warranty_price`.
    """
    returns = failure_returns(_typed(read_table(path), path))
    fitted = fit_failures(returns, model)
    price = warranty_price(
        fitted, terms, packs=packs, discount_rate=discount_rate, quantile=quantile, capital_rate=capital_rate
    )
    return WarrantyAnswer(returns, fitted, price)


def _typed(table: pl.DataFrame, path: Path) -> pl.DataFrame:
    """Give text columns as numbers and truths; a cell that is none of them becomes empty, and is told as that."""
    columns = []
    for name in ("age_years", "quantity"):
        if name in table.columns and table[name].dtype == pl.String:
            columns.append(pl.col(name).str.strip_chars().cast(pl.Float64, strict=False))
    if "is_failed" in table.columns and table["is_failed"].dtype == pl.String:
        word = pl.col("is_failed").str.strip_chars().str.to_lowercase()
        columns.append(
            pl.when(word.is_in(_YES)).then(pl.lit(value=True)).when(word.is_in(_NO)).then(pl.lit(value=False))
            .alias("is_failed")
        )  # fmt: skip
    if table.is_empty():
        raise InputError(
            f"{path}: the table has no rows. One row for each pack observed was expected.",
            code="failures-none",
        )
    return table.with_columns(columns)


def warranty_document(answer: WarrantyAnswer) -> dict[str, Any]:
    """Give the answer for JSON."""
    price, model = answer.price, answer.model
    told = {**asdict(price), "model": asdict(model)}
    told.pop("findings")
    return {
        "schema": "warranty/1",
        **told,
        "rejected": answer.returns.rejected.to_dicts(),
        "findings": [
            {"code": f.code, "severity": f.severity, "where": f.where, "message": f.message}
            for f in (*answer.returns.findings, *price.findings)
        ],
    }


def warranty_charts(answer: WarrantyAnswer) -> list[tuple[str, Any]]:
    """Give the chart: share failed by age with its interval, beside what was observed (Kaplan-Meier)."""
    import plotly.graph_objects as go

    model, term = answer.model, answer.price.terms.term_years
    oldest = max(term, model.oldest_years)
    ages = [oldest * place / _CURVE_POINTS for place in range(_CURVE_POINTS + 1)]
    bounds = [model.interval(age, answer.price.confidence) for age in ages]
    steps = _kaplan_meier(answer.returns.table)
    figure = go.Figure(
        [
            go.Scatter(
                name=f"{answer.price.confidence:.0%} interval", x=[*ages, *reversed(ages)],
                y=[*(low for low, _ in bounds), *(high for _, high in reversed(bounds))],
                fill="toself", line={"width": 0}, fillcolor="rgba(11,85,103,0.15)",
            ),
            go.Scatter(name=model.model, x=ages, y=[model.failure_share(age) for age in ages]),
            go.Scatter(
                name="observed (Kaplan-Meier)", x=[age for age, _ in steps], y=[share for _, share in steps],
                mode="lines", line={"shape": "hv", "dash": "dot"},
            ),
        ]
    )  # fmt: skip
    figure.add_vline(x=term, line_dash="dash", annotation_text="term")
    figure.update_layout(xaxis_title="years in service", yaxis_title="share failed")
    return [("Packs failed by age", figure)]


def _kaplan_meier(table: pl.DataFrame) -> list[tuple[float, float]]:
    by_age = (
        table.group_by("age_years")
        .agg(
            pl.col("quantity").sum().alias("left"),
            pl.col("quantity").filter(pl.col("is_failed")).sum().alias("failed"),
        )
        .sort("age_years")
    )
    at_risk, survival, steps = float(table["quantity"].sum()), 1.0, [(0.0, 0.0)]
    for age, left, failed in by_age.iter_rows():
        survival *= 1.0 - failed / at_risk
        at_risk -= left
        steps.append((age, 1.0 - survival))
    return steps
