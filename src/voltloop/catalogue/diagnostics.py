"""What is measured to grade a battery, by which tests, at what cost, and who may use them.

Every function reads one CSV file of ``catalogue/grading``, once; each row has its source. What a column means stands
in ``docs/reference/grading.md``.
"""

from __future__ import annotations

from functools import cache
from importlib import resources

import polars as pl

__all__ = [
    "access_rights",
    "accuracies",
    "diagnostic_tests",
    "grading_measures",
    "grading_priors",
    "grading_schemes",
    "replacement_parts",
]


@cache
def _table(name: str, *, text: tuple[str, ...] = (), dates: tuple[str, ...] = ()) -> pl.DataFrame:
    data = (resources.files("voltloop") / "catalogue" / "grading" / name).read_bytes()
    overrides = dict.fromkeys(text, pl.String)
    table = pl.read_csv(data, infer_schema_length=None, schema_overrides=overrides)
    return table.with_columns(pl.col(day).str.to_date("%Y-%m-%d") for day in dates)


def grading_measures() -> pl.DataFrame:
    """Give what a grading scheme may ask for.

    Returns
    -------
    polars.DataFrame
        ``measure``, ``label``, ``kind`` (``number`` or ``choice``), ``unit``, ``min`` and ``max`` (of what can be
        right), ``values`` (choices, ``|``-joined, best first), ``scale`` (``linear``: errors are absolute;
        ``log``: errors are shares of the value), ``prior_centre`` (mean, or median on the log scale) and ``prior_sd``
        (on that scale) of a battery that nobody has measured, ``meaning``, ``estimate``, ``source``.
    """
    return _table("measures.csv", text=("unit", "values", "scale"))


def grading_priors() -> pl.DataFrame:
    """How often each choice is found in batteries that nobody has looked at: ``measure``, ``value``, ``share``."""
    return _table("priors.csv", text=("value",))


def grading_schemes() -> pl.DataFrame:
    """Grading schemes as text, one row per limit, grades from best to worst.

    Returns
    -------
    polars.DataFrame
        ``scheme``, ``grade``, ``route`` (what becomes of the grade), ``measure``, ``limit``, ``required``,
        ``estimate``, ``source``; all text. See :func:`voltloop.batteries.grading.read_schemes`.
    """
    return _table("schemes.csv", text=("limit", "required", "measure", "grade"))


def diagnostic_tests() -> pl.DataFrame:
    """Give the tests with what they cost [EUR], how long they take [h] and the access that they need.

    ``words`` are the names (``|``-joined) by which lists call the test in their column of the diagnostic source.
    """
    return _table("tests.csv", text=("words",), dates=("priced_on",))


def accuracies() -> pl.DataFrame:
    """How exact each test is, best default first: ``test``, ``measure``, ``sd``, ``miss_share``.

    ``sd`` is on the scale of the measure; ``miss_share`` is the share of bad choices that is read as the best one.
    """
    return _table("accuracies.csv")


def access_rights() -> pl.DataFrame:
    """Who may use which access to the battery management system, and for what fee [EUR]."""
    return _table("access.csv", dates=("priced_on",))


def replacement_parts() -> pl.DataFrame:
    """Say what must be replaced, and for how much [EUR], where a holder has no full access to a kept battery."""
    return _table("replacements.csv", dates=("priced_on",))
