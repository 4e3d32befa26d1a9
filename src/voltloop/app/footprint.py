"""Use case: footprints of packs, from a table or options to a table, a document and a page of charts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from voltloop.app.store import read_table
from voltloop.footprint.accounts import FACTOR_SET, Account, AvoidedBurden, CutOff
from voltloop.footprint.cases import Case, CaseResults, footprints_of
from voltloop.footprint.factors import Grid
from voltloop.footprint.pack import Footprint
from voltloop.footprint.uncertainty import Spread, spread_of

__all__ = ["FootprintAnswer", "footprint_charts", "footprint_document", "tell_footprints"]

_GROUPS: Final = (
    ("credit", "credit for what is not made"),
    ("transport", "transport"),
    ("new modules", "new modules"),
    ("test", "test"),
    ("losses", "losses of storage"),
    ("cell making", "cell making"),
    ("cathode", "cathode"),
    ("burning", "burning of the feed"),
)


_RECYCLING: Final = "reagents and energy of recycling"
_MATERIAL: Final = "material"
_PALETTE: Final = (
    "#0b5567", "#d1495b", "#edae49", "#66a182", "#8d6a9f", "#2e86ab", "#bc6c25", "#606c38", "#c77dff", "#4a4e69",
    "#9a031e", "#5fa8d3", "#a3b18a", "#e07a5f",
)  # fmt: skip
"""One colour for each group of lines and each uncertain input, the same in every chart."""


@dataclass(frozen=True)
class FootprintAnswer:
    """Footprints, and how sure they are.

    Attributes
    ----------
    results
        Footprints and findings.
    spreads
        By case, treatment and view; empty where no draws were asked for.
    """

    results: CaseResults
    spreads: Mapping[tuple[str, str, str], Spread]


def tell_footprints(
    path: Path | None, given: Mapping[str, str], *, samples: int = 0, seed: int = 0
) -> FootprintAnswer:
    """Tell the footprints of the cases of a file, or of the one case that options give.

    Parameters
    ----------
    path
        Table of cases, columns as in :data:`voltloop.footprint.cases.CASE_COLUMNS`; None makes one case of ``given``.
    given
        Values by column, for every row that leaves them out.
    samples, seed
        Draws of the uncertain inputs; 0 draws none.

    Raises
    ------
    InputError
        The file cannot be read, a needed column is missing, or ``samples`` is 1 or less than 0.
    """
    table = pl.DataFrame({"case_id": ["pack"]}) if path is None else read_table(path)
    results = footprints_of(table, given)
    spreads = {}
    if samples:
        for case, footprints in results.cases:
            for done in footprints:
                for account in (done.cut_off, done.avoided_burden):
                    key = (case.case_id, done.treatment, account.view)
                    spreads[key] = spread_of(account, samples=samples, seed=seed)
    return FootprintAnswer(results, spreads)


def footprint_document(answer: FootprintAnswer) -> dict[str, Any]:
    """Give the answer for JSON: each view apart, line by line."""
    results = answer.results
    return {
        "schema": "footprint/1",
        "factor_set": FACTOR_SET,
        "views": {view.view: view.boundary for view in (CutOff, AvoidedBurden)},
        "cases": [_case(case, footprints, answer) for case, footprints in results.cases],
        "rejected": results.rejected.to_dicts(),
        "findings": [
            {"code": f.code, "severity": f.severity, "where": f.where, "message": f.message}
            for f in results.findings
        ],
    }


def _case(case: Case, footprints: tuple[Footprint, ...], answer: FootprintAnswer) -> dict[str, Any]:
    return {
        "case_id": case.case_id,
        "pack": asdict(case.pack),
        "grid": _grid(case.grid),
        "made_in": _grid(case.made_in),
        "legs": [asdict(leg) for leg in case.legs],
        "treatments": [
            {
                "treatment": done.treatment,
                "unit": done.unit,
                "units_per_pack": done.amount,
                "cut_off": _view(done.cut_off, done.cut_off_per_unit, case, done, answer),
                "avoided_burden": _view(
                    done.avoided_burden, done.avoided_burden_per_unit, case, done, answer
                ),
                "kept_from_extraction_kg": dict(done.kept_kg),
            }
            for done in footprints
        ],
    }


def _grid(grid: Grid) -> dict[str, Any]:
    return asdict(grid)


def _view(
    whole: Account, per_unit: Account | None, case: Case, done: Footprint, answer: FootprintAnswer
) -> dict[str, Any]:
    spread = answer.spreads.get((case.case_id, done.treatment, whole.view))
    found: dict[str, Any] = {
        "per_pack": asdict(whole.impacts),
        "per_unit": None if per_unit is None else asdict(per_unit.impacts),
        "lines": [{"name": part.name, **asdict(part.impacts)} for part in whole.parts],
    }
    return found if spread is None else {**found, "co2e_kg_spread": asdict(spread)}


def footprint_charts(answer: FootprintAnswer) -> list[tuple[str, Any]]:
    """Give the charts: carbon per pack by treatment in each view, and what the spread comes from."""
    import plotly.graph_objects as go

    charts = []
    for view, title in (("cut_off", "Cut-off view"), ("avoided_burden", "Avoided-burden view")):
        labels, groups = [], dict[str, list[float]]()
        shown = [(case, done) for case, footprints in answer.results.cases for done in footprints]
        many = len(answer.results.cases) > 1
        for place, (case, done) in enumerate(shown):
            labels.append(f"{case.case_id}, {done.treatment}" if many else done.treatment.replace("_", " "))
            for part in getattr(done, view).parts:
                bars = groups.setdefault(_group(part.name), [0.0] * len(shown))
                bars[place] += part.impacts.co2e_kg
        figure = go.Figure(
            [
                go.Bar(name=name, x=labels, y=values, marker={"color": _colour(name)})
                for name, values in groups.items()
            ]
        )
        figure.add_trace(
            go.Scatter(
                name="sum", x=labels, y=[getattr(done, view).co2e_kg for _, done in shown], mode="markers",
                marker={"color": "black", "symbol": "diamond"},
            )
        )  # fmt: skip
        figure.update_layout(barmode="relative", yaxis_title="kg CO2e per pack")
        charts.append((f"{title}: carbon of one pack", figure))
    if answer.spreads:
        charts.append(("What the spread comes from, avoided-burden view", _importance(answer)))
    return charts


def _importance(answer: FootprintAnswer) -> Any:
    import plotly.graph_objects as go

    spreads = {key: spread for key, spread in answer.spreads.items() if key[2] == "avoided_burden"}
    names = list(dict.fromkeys(driver.name for spread in spreads.values() for driver in spread.drivers))
    labels = [f"{case_id}, {treatment}" for case_id, treatment, _ in spreads]
    shares = [{driver.name: driver.share for driver in spread.drivers} for spread in spreads.values()]
    figure = go.Figure(
        [
            go.Bar(
                name=name.replace("_", " "),
                x=labels,
                y=[share.get(name, 0.0) for share in shares],
                marker={"color": _PALETTE[place % len(_PALETTE)]},
            )
            for place, name in enumerate(sorted(names))
        ]
    )
    figure.update_layout(barmode="stack", yaxis_title="share of the spread")
    return figure


def _group(name: str) -> str:
    for word, group in _GROUPS:
        if word in name:
            return group
    return _RECYCLING if name.startswith(("pyro", "hydro", "direct", "preprocessing")) else _MATERIAL


def _colour(group: str) -> str:
    order = [*(name for _, name in _GROUPS), _RECYCLING, _MATERIAL]
    return _PALETTE[order.index(group)]
