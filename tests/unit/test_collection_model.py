"""A tour problem says at once when it cannot be meant."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest

from collection_cases import line, problem, stop, table, van
from voltloop.collection import EU_DRIVING, Driver, Problem, Roads
from voltloop.errors import InputError


@pytest.mark.parametrize(
    ("stops", "changes", "code"),
    [
        (table(stop("A", 1), stop("A", 1)), {}, "tours-stop-twice"),
        (table(stop("A", 1)).drop("points"), {}, "tours-stop-column-missing"),
        (table(stop("A", 1, mass_kg=None)), {}, "tours-stop-blank"),
        (table(stop("A", 1, mass_kg=-1.0)), {}, "tours-stop-number"),
        (table(stop("A", 1, points=float("nan"))), {}, "tours-stop-number"),
        (table(stop("A", 7)), {}, "tours-place-unknown"),
        (table(stop("A", -1)), {}, "tours-place-unknown"),
        (table(), {"days": ()}, "tours-no-day"),
        (table(), {"fleet": (van("elsewhere"),)}, "tours-depot-unknown"),
        (table(), {"fleet": (van(profile="air"),)}, "tours-profile-unknown"),
        (table(), {"fleet": (van(), van())}, "tours-vehicle-twice"),
        (table(), {"fleet": (van(payload_kg=-1.0),)}, "tours-vehicle-number"),
        (table(), {"fleet": (van(cost_eur_per_km=float("nan")),)}, "tours-vehicle-number"),
    ],
)
def test_what_cannot_be_meant_is_refused(stops: Any, changes: dict[str, Any], code: str) -> None:
    with pytest.raises(InputError) as caught:
        problem(stops, line(0, 10), **changes)
    assert caught.value.code == code
    assert caught.value.message.endswith((".", ")"))


def test_driving_without_end_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        problem(table(), line(0), rules=replace(EU_DRIVING, max_stretch_s=0))
    assert caught.value.code == "tours-rules-number"


def test_matrices_must_be_square() -> None:
    with pytest.raises(InputError) as caught:
        problem(table(), Roads(np.zeros((2, 3)), np.zeros((2, 3))))
    assert caught.value.code == "tours-roads-shape"


def small(**changes: Any) -> Problem:
    return problem(table(stop("A", 1, **changes)), line(0, 60), days=(date(2026, 11, 23), date(2026, 11, 24)))


@pytest.mark.parametrize(
    ("due", "required", "last"), [(None, False, 2), (3, False, 2), (2, True, 2), (1, True, 1), (0, True, 1)]
)
def test_deadlines(due: int | None, required: bool, last: int) -> None:
    case = small(due_day=due)
    assert case.is_required(0) is required
    assert case.last_day(0) == last


def test_what_a_left_out_stop_weighs() -> None:
    assert small(due_day=None, prize_eur=70.0).unserved_eur(0) == 70
    assert small().unserved_eur(0) == small().penalty_eur > 1000
    case = problem(table(stop("A", 1)), line(0, 60), missed_penalty_eur=5.0)
    assert case.unserved_eur(0) == 5


def test_crews_count_certificates_by_day() -> None:
    drivers = (Driver("A", "hub", date(2026, 11, 23)), Driver("B", "hub"), Driver("C", "gone"))
    case = problem(table(), line(0), drivers=drivers, days=(date(2026, 11, 23), date(2026, 11, 24)))
    assert case.crews == {"hub": ((2, 1), (2, 0))}


def test_roads_round_driving_up_and_mark_gaps() -> None:
    roads = Roads(np.array([[0, 1.0], [np.nan, 0]]), np.array([[0, 1.00001 / 3600], [1, 0]]))
    assert roads.drive_s.tolist() == [[0, 2], [-1, 0]]
    assert np.isinf(roads.km[1, 0])
