"""The frames of a report joined for showing: names beside ids, sums by treatment, what became of each point."""

from __future__ import annotations

from typing import Final

import polars as pl

from voltloop.documents.report.data import REQUIRED_COLUMNS, ReportData
from voltloop.errors import InputError
from voltloop.findings import Finding, Severity, kinds

__all__ = [
    "SEVERITY_ORDER",
    "baselines",
    "batteries",
    "check",
    "codes",
    "flows",
    "held",
    "loads",
    "packaging",
    "plan_findings",
    "points",
    "row_findings",
    "sites",
    "stops",
    "tours",
    "treatments",
]

SEVERITY_ORDER: Final = [
    Severity.FORBID,
    Severity.REJECT,
    Severity.REVIEW,
    Severity.WARNING,
    Severity.NOTE,
]
"""Worst first."""

_STATUS_ORDER: Final = ["review", "rejected", "accepted_with_findings", "ignored", "accepted"]
_FLOW_SITES: Final = 12


def check(data: ReportData) -> None:
    """Refuse frames that lack a column the page cannot do without.

    Raises
    ------
    InputError
        Code ``report-column-missing``; names the frame and the columns.
    """
    for name, columns in REQUIRED_COLUMNS.items():
        frame: pl.DataFrame = getattr(data, name)
        missing = [column for column in columns if column not in frame.columns]
        if frame.height and missing:
            raise InputError(
                f"Report, frame {name}: the column {', '.join(missing)} is missing. Needed are "
                f"{', '.join(columns)}; there are {', '.join(frame.columns)}. Add it before drawing the report.",
                code="report-column-missing",
            )


def tours(data: ReportData) -> pl.DataFrame:
    """Give the tours by day, depot and start, with the depot's name and the number of batteries."""
    frame = data.tours
    if not frame.height:
        return frame
    if "batteries" not in frame.columns and {"tour_id", "batteries"} <= set(data.stops.columns):
        fetched = data.stops.group_by("tour_id").agg(pl.col("batteries").sum())
        frame = frame.join(fetched, on="tour_id", how="left")
    frame = _with_name(frame, "depot_id", "depot", data)
    order = [name for name in ("day", "depot", "starts_at", "tour_id") if name in frame.columns]
    return frame.sort(order, nulls_last=True, maintain_order=True)


def stops(data: ReportData) -> pl.DataFrame:
    """Give the stops in driving order, with place and coordinates filled from the points where stops lack them."""
    if not data.stops.height:
        return data.stops
    frame = _fill_from_points(data.stops, data)
    return _with_place(frame).sort("tour_id", "seq", maintain_order=True)


def loads(data: ReportData) -> pl.DataFrame:
    """Give the loads by day and id."""
    order = [name for name in ("day", "load_id") if name in data.loads.columns]
    return data.loads.sort(order, nulls_last=True) if order else data.loads


def held(frame: pl.DataFrame, data: ReportData) -> pl.DataFrame:
    """Give held or deferred batteries, the worst kind first, with the place in one column."""
    if not frame.height:
        return frame
    if "kind" not in frame.columns:
        frame = frame.with_columns(kind=pl.lit(None, pl.String))
    frame = frame.with_columns(pl.col("kind").cast(pl.String))
    if {"point_id"} <= set(frame.columns):
        frame = _fill_from_points(frame, data)
    if "point_name" in frame.columns:
        frame = frame.with_columns(name=_first(frame, "point_name", "name"))
    rank = pl.col("kind").replace_strict(
        ["forbidden", "undecided", "approval_needed"], [0, 1, 2], default=3, return_dtype=pl.Int8
    )
    shown = _with_place(frame, with_name=True)
    order = ["due_on"] if "due_on" in shown.columns else []
    return shown.sort(rank, *order, "kind", "row", nulls_last=True, maintain_order=True)


def row_findings(data: ReportData) -> pl.DataFrame:
    """Give the findings of the list, rows for review and rejected ones first, heavy findings before light ones."""
    if not data.row_findings.height:
        return data.row_findings
    known = kinds()
    severities = {code: kind.severity for code, kind in known.items()}
    weight = (
        pl.col("code").replace_strict(
            list(severities), [SEVERITY_ORDER.index(value) for value in severities.values()], default=3
        )
        if severities
        else pl.lit(3)
    )
    status = pl.col("status").replace_strict(
        _STATUS_ORDER, list(range(len(_STATUS_ORDER))), default=len(_STATUS_ORDER)
    )
    return data.row_findings.sort(status, weight, "row", maintain_order=True)


def codes(data: ReportData) -> pl.DataFrame:
    """Give the number of rows by finding code, heavy codes first, with title and help of the catalogue."""
    if not data.row_findings.height:
        return pl.DataFrame()
    known = kinds()
    counted = data.row_findings.group_by("code").agg(rows=pl.col("row").n_unique())
    names = counted["code"].to_list()
    titled = counted.with_columns(
        title=pl.Series(
            [known[c].title if c in known else c.replace("-", " ") for c in names], dtype=pl.String
        ),
        severity=pl.Series([str(known[c].severity) if c in known else None for c in names], dtype=pl.String),
        help=pl.Series([known[c].help if c in known else None for c in names], dtype=pl.String),
        rank=pl.Series(
            [SEVERITY_ORDER.index(known[c].severity) if c in known else 3 for c in names], dtype=pl.Int8
        ),
    )
    return titled.sort("rank", "rows", "code", descending=[False, True, False]).drop("rank")


def batteries(data: ReportData) -> pl.DataFrame:
    """Give one row per accepted row of the list with verdict, treatment, destination and place in the plan."""
    if not data.batteries.height:
        return data.batteries
    frame = data.batteries
    if data.treatments.height:
        extra = ["treatment", "destination_id", "net_value_eur", "co2e_kg", "reason"]
        chosen = data.treatments.select("row", *(name for name in extra if name in data.treatments.columns))
        chosen = _with_name(chosen, "destination_id", "destination", data)
        frame = _join(frame, chosen, "row")
    if data.verdicts.height:
        given = ["outcome", "un_number"]
        verdicts = data.verdicts.select(
            pl.col("item").alias("row"), *(name for name in given if name in data.verdicts.columns)
        )
        frame = _join(frame, verdicts, "row")
    return frame.sort("row")


def treatments(data: ReportData) -> pl.DataFrame:
    """Give batteries, mass, energy, sites, value and carbon by treatment, the most batteries first."""
    frame = batteries(data)
    if "treatment" not in frame.columns:
        return pl.DataFrame()
    quantity = _quantity(frame)
    sums = [quantity.sum().alias("batteries")]
    for name in ("mass_kg", "energy_wh"):
        if name in frame.columns:
            sums.append((pl.col(name) * quantity).sum().alias(name))
    if "destination_id" in frame.columns:
        sums.append(pl.col("destination_id").drop_nulls().n_unique().alias("sites"))
    sums += [pl.col(name).sum() for name in ("net_value_eur", "co2e_kg") if name in frame.columns]
    grouped = frame.filter(pl.col("treatment").is_not_null()).group_by("treatment").agg(sums)
    return grouped.sort("batteries", "treatment", descending=[True, False])


def flows(data: ReportData) -> pl.DataFrame:
    """Give batteries and mass by chemistry, treatment and destination; small destinations are put together."""
    frame = batteries(data)
    if "treatment" not in frame.columns or "chemistry" not in frame.columns:
        return pl.DataFrame()
    quantity = _quantity(frame)
    weight = pl.col("mass_kg") * quantity if "mass_kg" in frame.columns else quantity.cast(pl.Float64)
    place = pl.col("destination") if "destination" in frame.columns else pl.lit(None, pl.String)
    grouped = (
        frame.filter(pl.col("treatment").is_not_null())
        .with_columns(
            chemistry=pl.col("chemistry").fill_null("unknown"), site=place.fill_null("No destination yet")
        )
        .group_by("chemistry", "treatment", "site")
        .agg(quantity.sum().alias("batteries"), weight.cast(pl.Float64).fill_nan(None).sum().alias("mass_kg"))
    )
    biggest = (
        grouped.group_by("site")
        .agg(pl.col("mass_kg").sum())
        .sort("mass_kg", "site", descending=[True, False])
    )
    kept = biggest["site"].head(_FLOW_SITES).to_list()
    others = f"{biggest.height - len(kept)} other sites"
    named = grouped.with_columns(
        site=pl.when(pl.col("site").is_in(kept)).then("site").otherwise(pl.lit(others))
    )
    return (
        named.group_by("chemistry", "treatment", "site")
        .agg(pl.col("batteries").sum(), pl.col("mass_kg").sum())
        .filter(pl.col("mass_kg") > 0)
        .sort("mass_kg", "chemistry", "treatment", "site", descending=[True, False, False, False])
    )


def packaging(data: ReportData) -> pl.DataFrame:
    """Give the packagings used, with what is left of a limited stock."""
    frame = data.packaging
    if not frame.height:
        return frame
    if {"used", "stock"} <= set(frame.columns):
        frame = frame.with_columns(left=pl.col("stock").cast(pl.Float64) - pl.col("used"))
    return _with_name(frame, "depot_id", "depot", data)


def baselines(data: ReportData) -> pl.DataFrame:
    """Give the tours of this plan and other ways to do the same work, with how much more those cost."""
    frame = data.baselines
    if not frame.height:
        return frame
    totals = data.totals
    plan = {
        "name": "This plan",
        "tours": totals.tours,
        "km": _of_tours(data, "km", totals.distance_km),
        "co2e_kg": _of_tours(data, "co2e_kg", totals.transport_co2e_kg),
        "cost_eur": _of_tours(data, "cost_eur", totals.cost_eur),
        "objective_eur": totals.objective_eur,
    }
    measure = "objective_eur" if "objective_eur" in frame.columns else "cost_eur"
    first = pl.DataFrame([{key: value for key, value in plan.items() if key in frame.columns}])
    both = pl.concat([first, frame], how="diagonal_relaxed").with_columns(
        pl.col("name").str.slice(0, 1).str.to_uppercase() + pl.col("name").str.slice(1)
    )
    own = totals.objective_eur if measure == "objective_eur" else _of_tours(data, "cost_eur", totals.cost_eur)
    if own and measure in frame.columns:
        more = (pl.col(measure) / own - 1.0).cast(pl.Float64)
        both = both.with_columns(more=pl.when(pl.int_range(pl.len()) > 0).then(more))
    return both


def _of_tours(data: ReportData, column: str, otherwise: float | None) -> float | None:
    return (
        float(data.tours[column].sum()) if column in data.tours.columns and data.tours.height else otherwise
    )


def plan_findings(data: ReportData) -> list[Finding]:
    """Give the findings about network, plan and loads, heavy ones first."""
    return sorted(data.findings, key=lambda finding: SEVERITY_ORDER.index(finding.severity))


def points(data: ReportData) -> pl.DataFrame:
    """Give the collection points with what is fetched there: the state is fetched, waiting or nothing to fetch."""
    frame = data.points
    if not frame.height:
        return frame
    amounts = [name for name in ("batteries", "mass_kg") if name in data.stops.columns]
    if "point_id" in data.stops.columns:
        fetched = data.stops.group_by("point_id").agg(
            *(pl.col(name).sum() for name in amounts), fetched=pl.lit(True)
        )
        frame = _join(frame, fetched, "point_id")
    else:
        frame = frame.with_columns(fetched=pl.lit(False))
    waiting = [
        str(point)
        for other in (data.held, data.deferred)
        if "point_id" in other.columns
        for point in other["point_id"].drop_nulls()
    ]
    state = (
        pl.when(pl.col("fetched").fill_null(False))
        .then(pl.lit("fetched"))
        .when(pl.col("point_id").is_in(sorted(set(waiting))))
        .then(pl.lit("waiting"))
        .otherwise(pl.lit("nothing to fetch"))
    )
    return _with_place(frame.with_columns(state=state)).sort(
        pl.col("state").replace_strict(["waiting", "fetched"], [0, 1], default=2), "point_id"
    )


def sites(data: ReportData) -> pl.DataFrame:
    """Give depots and treatment sites, depots first, with the number of batteries sent to each."""
    frame = data.sites
    if not frame.height:
        return frame
    if {"row", "destination_id"} <= set(data.treatments.columns) and data.batteries.height:
        joined = data.treatments.join(
            data.batteries.select("row", _quantity(data.batteries)), on="row", how="left"
        )
        sent = joined.group_by(pl.col("destination_id").alias("site_id")).agg(
            batteries=pl.col("quantity").sum()
        )
        frame = _join(frame, sent.drop_nulls("site_id"), "site_id")
    is_depot = pl.col("is_depot") if "is_depot" in frame.columns else pl.lit(False)
    frame = frame.with_columns(
        is_depot=is_depot.cast(pl.String).str.to_lowercase().is_in(["true", "yes", "1"]).fill_null(False)
    )
    order = [pl.col("is_depot").not_()]
    if "batteries" in frame.columns:
        order.append(-pl.col("batteries").fill_null(0).cast(pl.Int64))
    return _with_place(frame).sort(*order, "site_id")


def _quantity(frame: pl.DataFrame) -> pl.Expr:
    return pl.col("quantity") if "quantity" in frame.columns else pl.lit(1).alias("quantity")


def _join(left: pl.DataFrame, right: pl.DataFrame, key: str) -> pl.DataFrame:
    clash = [name for name in right.columns if name in left.columns and name != key]
    single = right.with_columns(pl.col(key).cast(left.schema[key])).unique(
        key, keep="first", maintain_order=True
    )
    return left.drop(clash).join(single, on=key, how="left")


def _first(frame: pl.DataFrame, *names: str) -> pl.Expr:
    return pl.coalesce([pl.col(name) for name in names if name in frame.columns])


def _with_name(frame: pl.DataFrame, key: str, name: str, data: ReportData) -> pl.DataFrame:
    if key not in frame.columns:
        return frame
    if not data.sites.height or "name" not in data.sites.columns:
        return frame.with_columns(pl.col(key).alias(name))
    named = data.sites.select(pl.col("site_id").alias(key), pl.col("name").alias(name)).unique(
        key, maintain_order=True
    )
    return (
        frame.drop(name, strict=False)
        .join(named, on=key, how="left")
        .with_columns(pl.coalesce(name, key).alias(name))
    )


def _fill_from_points(frame: pl.DataFrame, data: ReportData) -> pl.DataFrame:
    if "point_id" not in frame.columns or not data.points.height:
        return frame
    known = [name for name in ("name", "city", "country", "lat", "lon") if name in data.points.columns]
    wanted = [name for name in known if name not in frame.columns or frame[name].null_count() == frame.height]
    facts = data.points.select("point_id", *wanted).unique("point_id", maintain_order=True)
    return frame.drop(wanted, strict=False).join(facts, on="point_id", how="left")


def _with_place(frame: pl.DataFrame, *, with_name: bool = False) -> pl.DataFrame:
    parts = [name for name in (["name"] if with_name else []) + ["city", "country"] if name in frame.columns]
    if not parts:
        return (
            frame.with_columns(place=pl.col("point_id"))
            if with_name and "point_id" in frame.columns
            else frame
        )
    place = pl.concat_str([pl.col(name).cast(pl.String) for name in parts], separator=", ", ignore_nulls=True)
    return frame.with_columns(place=place)
