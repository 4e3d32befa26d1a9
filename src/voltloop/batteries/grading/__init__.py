"""Grading of used batteries: measurements, schemes, chances, tests and what they are worth."""

from voltloop.batteries.grading.grades import GRADES_SCHEMA, Graded, grade
from voltloop.batteries.grading.measurements import FINDINGS_SCHEMA, Measurements, read_measurements
from voltloop.batteries.grading.measures import Measure, measures
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
    "Criterion",
    "Grade",
    "Graded",
    "Measure",
    "Measurements",
    "Scheme",
    "SchemeReading",
    "catalogue_schemes",
    "grade",
    "measures",
    "read_measurements",
    "read_schemes",
]
