"""Who may use which tests on a battery at a plant, what its grade costs there, and what that closes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import polars as pl

from voltloop.batteries.grading import catalogue_schemes, cost_of_grade, rights_of
from voltloop.catalogue import money
from voltloop.treatment.contracts import contract_bars
from voltloop.treatment.program import Bools, Floats, Ints

__all__ = ["GradeTerms", "grade_terms", "rights_told"]

_MAKER, _LICENSEE, _OTHER = "oem", "licensee", "third-party"
_HOLDERS = (_MAKER, _LICENSEE, _OTHER)
_WORDS = {"bms_log": "the log of its battery management system"}
_NOUNS = {
    "reuse": "Reuse",
    "remanufacture": "Remanufacturing",
    "second_life": "A second life",
    "quarantine": "Inspection",
}


@dataclass(frozen=True)
class GradeTerms:
    """What grading each battery at each offer costs and closes.

    Attributes
    ----------
    closed
        Rows by offers: closed by a contract or for want of rights.
    lacking
        Rows by offers: the plant may not take a reading that the offer needs, or a contract grants the maker's
        diagnostics to others.
    extra_eur
        Rows by offers [EUR, all units]: cost of the grade above that at the maker's own plant, whose tests are in the
        unit costs of the routes.
    """

    closed: Bools
    lacking: Bools
    extra_eur: Floats


@cache
def _grade(treatment: str, holder: str, *, is_soh_known: bool) -> tuple[float, tuple[str, ...]]:
    """Cost of the grade of a treatment [EUR per battery], and the measures that the holder cannot read."""
    terms = money.treatment_rights().row(by_predicate=pl.col("treatment") == treatment, named=True)
    scheme = catalogue_schemes().named(terms["scheme"])
    scheme = replace(scheme, grades=tuple(one for one in scheme.grades if one.route == treatment))
    known = ("soh",) if is_soh_known else ()
    whole = cost_of_grade(scheme, holder, known=known)
    if not whole.parts:
        return whole.cost_eur, whole.unmeasured
    read = {measure for test in rights_of(holder).tests for measure in test.accuracy}
    hidden = tuple(name for name in scheme.required_measures if name not in read)
    if terms["part"] == "never":
        return whole.cost_eur, hidden
    if terms["part"] == "included":
        return cost_of_grade(scheme, holder, known=(*known, *hidden)).cost_eur, whole.unmeasured
    return whole.cost_eur, whole.unmeasured


def _holders(makers: list[str], accepts: pl.DataFrame, contracts: pl.DataFrame) -> Ints:
    """Makers by offers: which of the holders each offer's plant is of a maker's batteries."""
    held = np.full((len(makers), accepts.height), _HOLDERS.index(_OTHER), dtype=np.int64)
    offers = list(accepts.select("site_id", "treatment", "makers").iter_rows())
    licences = contracts.filter(pl.col("kind") == "diagnostics")
    granted = [
        (str(row["manufacturer"]).lower(), row["site_id"], row["treatment"])
        for row in licences.iter_rows(named=True)
    ]
    for number, maker in enumerate(makers):
        for place, (site, treatment, own) in enumerate(offers):
            if maker and maker in (own or ()):
                held[number, place] = _HOLDERS.index(_MAKER)
            elif any(
                (maker, site) == (whose, where) and (what is None or what == treatment)
                for whose, where, what in granted
            ):
                held[number, place] = _HOLDERS.index(_LICENSEE)
    return held


def grade_terms(batteries: pl.DataFrame, accepts: pl.DataFrame, contracts: pl.DataFrame) -> GradeTerms:
    """Give what the rights of each plant mean for each battery.

    Parameters
    ----------
    batteries
        Columns ``manufacturer``, ``quantity``, ``energy_wh``, ``soh_known``.
    accepts
        Offers of the sites.
    contracts
        In force; a diagnostics contract makes its site a licensee of the maker. A site whose operator is the maker
        holds all rights, any other is a third party.

    Notes
    -----
    Rights, fees and tests are those of ``catalogue/grading``; which scheme a treatment asks for, and whether a new part
    may stand in for a reading that nobody grants, is in ``treatment_rules_rights.csv``.
    """
    names = batteries["manufacturer"].fill_null("").str.to_lowercase()
    makers = names.unique(maintain_order=True).to_list()
    holder = _holders(makers, accepts, contracts)
    graded = set(money.treatment_rights()["treatment"])
    closed = np.zeros((2, len(makers), accepts.height), dtype=bool)
    extra = np.zeros(closed.shape)
    for place, treatment in enumerate(accepts["treatment"].to_list()):
        if treatment not in graded:
            continue
        for known in (0, 1):
            own = _grade(treatment, _MAKER, is_soh_known=bool(known))[0]
            terms = [_grade(treatment, one, is_soh_known=bool(known)) for one in _HOLDERS]
            closed[known, :, place] = np.array([bool(lacks) for _, lacks in terms])[holder[:, place]]
            extra[known, :, place] = np.array([cost - own for cost, _ in terms])[holder[:, place]]
    known_of = (batteries["soh_known"] == "yes").cast(pl.Int64).to_numpy().astype(np.int64)
    maker_of = (
        names.replace_strict({maker: number for number, maker in enumerate(makers)}, return_dtype=pl.Int64)
        .to_numpy()
        .astype(np.int64)
    )
    small = money.route_parameters()["small_unit_kwh"] * 1000.0
    units = batteries.select(
        pl.col("quantity").cast(pl.Float64).fill_null(1.0)
        * (pl.col("energy_wh").cast(pl.Float64) / small).clip(0.0, 1.0).fill_null(1.0)
    ).to_series()
    granted = contract_bars(contracts, accepts, batteries["manufacturer"], kinds=("diagnostics",))
    lacking = closed[known_of, maker_of] | granted
    bound = contract_bars(contracts, accepts, batteries["manufacturer"], kinds=("exclusive",))
    return GradeTerms(bound | lacking, lacking, extra[known_of, maker_of] * units.to_numpy()[:, None])


def rights_told(
    batteries: pl.DataFrame, accepts: pl.DataFrame, contracts: pl.DataFrame, barred: Ints
) -> pl.Series:
    """Say for each row which treatment is closed to it for want of rights; null where none is.

    Parameters
    ----------
    batteries
        The battery table.
    accepts, contracts
        Offers of the sites; contracts in force.
    barred
        Offer that each row would have had with the rights, -1 for none.
    """
    refused = rights_of(_OTHER).refused.get("bms_diagnosis", "")
    names = dict(accepts.select("site_id", "name").iter_rows())
    granted: dict[str, list[str]] = {}
    for one in contracts.filter(pl.col("kind") == "diagnostics").iter_rows(named=True):
        granted.setdefault(str(one["manufacturer"]).lower(), []).append(
            f"{names[one['site_id']]} (contract {one['contract_id']})"
        )
    said: list[str | None] = [None] * barred.size
    for row in np.flatnonzero(barred >= 0).tolist():
        maker, known = batteries["manufacturer"][row] or "", batteries["soh_known"][row] == "yes"
        treatment, site = accepts["treatment"][int(barred[row])], accepts["name"][int(barred[row])]
        if maker.lower() in granted:
            why = f"the diagnostics of {maker} are granted to {' and '.join(granted[maker.lower()])}"
        else:
            lacks = " and ".join(
                _WORDS.get(name, name) for name in _grade(treatment, _OTHER, is_soh_known=known)[1]
            )
            why = f"it asks for {lacks}. {refused.removesuffix('.')}"
        said[row] = f" {_NOUNS[treatment]} at {site} is closed to it: {why}."
    return pl.Series("rights", said, dtype=pl.String)
