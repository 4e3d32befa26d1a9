"""Grading of used batteries: measurements, schemes, chances, tests and what they are worth."""

from voltloop.batteries.grading.diagnosis import (
    DiagnosticTest,
    GradeCost,
    Rights,
    cost_of_grade,
    holders,
    rights_of,
)
from voltloop.batteries.grading.grades import GRADES_SCHEMA, Graded, grade
from voltloop.batteries.grading.information import TESTS_SCHEMA, RouteValues, value_of_tests
from voltloop.batteries.grading.measurements import Measurements, read_measurements
from voltloop.batteries.grading.measures import Measure, measures
from voltloop.batteries.grading.row_findings import FINDINGS_SCHEMA, row_findings
from voltloop.batteries.grading.schemes import (
    ROUTES,
    Criterion,
    Grade,
    Scheme,
    SchemeReading,
    catalogue_schemes,
    read_schemes,
)

__all__ = [
    "FINDINGS_SCHEMA",
    "GRADES_SCHEMA",
    "ROUTES",
    "TESTS_SCHEMA",
    "Criterion",
    "DiagnosticTest",
    "Grade",
    "GradeCost",
    "Graded",
    "Measure",
    "Measurements",
    "Rights",
    "RouteValues",
    "Scheme",
    "SchemeReading",
    "catalogue_schemes",
    "cost_of_grade",
    "grade",
    "holders",
    "measures",
    "read_measurements",
    "read_schemes",
    "rights_of",
    "row_findings",
    "value_of_tests",
]
