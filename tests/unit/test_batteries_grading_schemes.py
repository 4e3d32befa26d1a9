"""Grading schemes are read from tables; a wrong row is told and its scheme not used."""

from __future__ import annotations

import polars as pl
import pytest

from voltloop.batteries.grading import catalogue_schemes, measures, read_schemes
from voltloop.catalogue import diagnostics
from voltloop.errors import InputError

GOOD = [
    ("A", "reuse", "soh", ">=0.80", ""),
    ("A", "reuse", "visual", "sound|cosmetic", ""),
    ("B", "", "soh", ">0.6", "yes"),
    ("C", "", "", "", ""),
]
COLUMNS = ["grade", "route", "measure", "limit", "required"]


def read(rows: list[tuple[str, ...]]) -> list[str]:
    reading = read_schemes(pl.DataFrame(rows, schema=COLUMNS, orient="row"))
    assert bool(reading.findings) != bool(reading.schemes)
    return [finding.code for finding in reading.findings]


def test_the_catalogue_has_three_schemes_without_fault() -> None:
    reading = catalogue_schemes()
    assert reading.findings == ()
    assert list(reading.schemes) == ["application-bands", "ul-1974-style", "iec-63330-style"]
    assert [one.name for one in reading.named("ul-1974-style").grades] == ["A", "B", "C", "rejected"]


def test_a_scheme_of_ones_own() -> None:
    scheme = read_schemes(pl.DataFrame(GOOD, schema=COLUMNS, orient="row"), name="mine").named("mine")
    assert [(one.name, one.route, len(one.criteria)) for one in scheme.grades] == [
        ("A", "reuse", 2),
        ("B", "second_life", 1),
        ("C", "recycle", 0),
    ]
    assert scheme.measures == ("soh", "visual")
    assert scheme.grades[1].criteria[0].is_strict


@pytest.mark.parametrize(
    ("at", "row", "code"),
    [
        (0, ("A", "reuse", "sohh", ">=0.80", ""), "grading-scheme-measure"),
        (0, ("A", "reuse", "soh", "0.80", ""), "grading-scheme-limit"),
        (0, ("A", "reuse", "soh", ">=80", ""), "grading-scheme-limit"),
        (0, ("A", "reuse", "soh", ">=-0.1", ""), "grading-scheme-limit"),
        (0, ("A", "reuse", "soh", ">=nan", ""), "grading-scheme-limit"),
        (0, ("A", "reuse", "soh", ">=1.2.3", ""), "grading-scheme-limit"),
        (1, ("A", "reuse", "visual", "shiny", ""), "grading-scheme-limit"),
        (1, ("A", "reuse", "visual", ">=1", ""), "grading-scheme-limit"),
        (0, ("A", "resale", "soh", ">=0.80", ""), "grading-scheme-route"),
        (0, ("A", "reuse", "soh", ">=0.80", "maybe"), "grading-scheme-required"),
        (1, ("A", "reuse", "soh", ">=0.80", ""), "grading-scheme-twice"),
        (3, ("A", "", "bms_log", "clean", ""), "grading-scheme-order"),
        (3, ("C", "", "bms_log", "clean", ""), "grading-scheme-last"),
        (2, ("B", "", "", "", ""), "grading-scheme-never"),
    ],
)
def test_each_mistake_is_told(at: int, row: tuple[str, ...], code: str) -> None:
    assert code in read([*GOOD[:at], row, *GOOD[at + 1 :]])


def test_more_than_eight_grades_are_refused() -> None:
    rows = [(f"g{at}", "", "soh", f">={0.9 - at / 20:.2f}", "") for at in range(8)]
    assert read([*rows, GOOD[-1]]) == ["grading-scheme-many"]


def test_a_missing_column_and_an_empty_table_are_errors() -> None:
    with pytest.raises(InputError, match="no column limit"):
        read_schemes(pl.DataFrame({"grade": ["A"], "measure": ["soh"]}))
    with pytest.raises(InputError, match="has no row"):
        read_schemes(pl.DataFrame(schema=dict.fromkeys(COLUMNS, pl.String)))


def test_an_unknown_scheme_names_the_nearest_and_a_broken_one_its_fault() -> None:
    with pytest.raises(InputError, match='Did you mean "ul-1974-style"') as error:
        catalogue_schemes().named("ul-1974")
    assert error.value.code == "unknown-grading-scheme"
    broken = read_schemes(pl.DataFrame([GOOD[0]], schema=COLUMNS, orient="row"))
    with pytest.raises(InputError, match="may meet no grade"):
        broken.named("own")


@pytest.mark.parametrize(
    "table",
    [
        diagnostics.grading_measures,
        diagnostics.grading_priors,
        diagnostics.grading_schemes,
        diagnostics.diagnostic_tests,
        diagnostics.accuracies,
        diagnostics.access_rights,
        diagnostics.replacement_parts,
    ],
)
def test_every_row_of_the_catalogue_has_its_source(table: object) -> None:
    frame = table()  # type: ignore[operator]
    assert frame["source"].null_count() == 0
    assert set(frame["estimate"].unique()) <= {"yes", "no"}


def test_the_shares_of_each_choice_sum_to_one() -> None:
    for measure in measures().values():
        if measure.choices:
            assert sum(measure.prior_shares) == pytest.approx(1.0)
