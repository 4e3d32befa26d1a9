"""Which minimums, limits and budgets cannot be kept together, in words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from voltloop.findings import Finding, make
from voltloop.treatment.program import Measure, Program, Rule, Side
from voltloop.treatment.relaxation import Columns, shortage

__all__ = ["amount_words", "conflict"]

_MISSED = 1e-7


def amount_words(amount: float, measure: Measure) -> str:
    """Give an amount with its unit, as a person says it.

    Examples
    --------
    >>> amount_words(12_500.0, Measure.KG), amount_words(40.0, Measure.PACKS), amount_words(-350.0, Measure.CARBON)
    ('12.5 t', '40 packs', '-350 kg CO2e')
    """
    if measure is Measure.PACKS:
        return f"{amount:,.6g} packs".replace(",", "\N{NARROW NO-BREAK SPACE}")
    unit = " CO2e" if measure is Measure.CARBON else ""
    large = abs(amount) >= 1000
    return f"{amount / 1000:.6g} t{unit}" if large else f"{amount:.6g} kg{unit}"


def _said(side: Side) -> str:
    words = amount_words(side.amount, side.measure)
    return f"{side.name} ({'at most' if side.rule is Rule.MOST else 'at least'} {words})"


def _lone(program: Program, side: Side) -> float:
    """Give the most that may go to the options of a minimum if nothing else bound."""
    reach = (np.isfinite(program.value_eur) & side.options).any(axis=1)
    size = program.mass_kg if side.measure is Measure.KG else np.ones(program.mass_kg.size)
    return float((program.count * size)[reach].sum())


def conflict(program: Program) -> Finding:
    """Name the side conditions that cannot be kept together, no more of them than needed.

    Parameters
    ----------
    program
        For which :func:`voltloop.treatment.optimum.optimum` found no placing.

    Returns
    -------
    Finding
        ``treatment-conflict``: the conditions, by how much they miss one another, and what to do.

    Notes
    -----
    The dual prices of the least shortage are a certificate of infeasibility (Farkas); conditions without a price are no
    part of it. The rest is thinned by leaving out one condition at a time (deletion filter, Chinneck 2008).
    """
    columns = Columns(program)
    sides = tuple(side for side in program.sides if side.rule in (Rule.MOST, Rule.MUST))
    found = shortage(program, sides, columns)
    if found.value > -_MISSED:
        return _indivisible(program)
    core = [side for side, price in zip(sides, found.prices, strict=True) if price > 0]
    for side in list(core):
        fewer = tuple(other for other in core if other is not side)
        if shortage(program, fewer, columns).value < -_MISSED:
            core = list(fewer)
    short = shortage(program, tuple(core), columns).short
    missing = [
        f"{amount_words(float(lack), side.measure)} {'too much' if side.rule is Rule.MOST else 'missing'} for "
        f"{side.name}"
        for side, lack in zip(core, short, strict=True)
        if lack > _MISSED
    ]
    words = "; ".join(_said(side) for side in core)
    if len(core) == 1 and core[0].rule is Rule.MUST:
        most = amount_words(_lone(program, core[0]), core[0].measure)
        words += f", while only {most} of the list may go there at all"
    return make("treatment-conflict", where=words, field="minimums", value="; ".join(missing))


def _indivisible(program: Program) -> Finding:
    """Say that only whole batteries stand in the way."""
    bound = [side for side in program.sides if side.rule is not Rule.PAY]
    narrow = [side for side in bound if side.rule is not Rule.MOST] or bound
    part = replace(program, sides=tuple(narrow))
    words = "; ".join(_said(side) for side in part.sides)
    return make(
        "treatment-conflict", where=words, field="minimums",
        value="in parts of batteries they could be kept, in whole ones they cannot",
    )  # fmt: skip
