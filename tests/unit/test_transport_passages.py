from datetime import date

import pytest

from voltloop.errors import InputError
from voltloop.transport.passages import Closure, closures_of, passages, ships


def test_every_name_that_people_use_is_known():
    words = [
        "suez",
        "Suez Canal",
        "ormuz",
        "Strait of Hormuz",
        "babalmandab",
        "CAPE OF GOOD HOPE",
        "Malacca Strait",
    ]
    assert [one.name for one in closures_of(words)] == [
        "suez", "suez", "hormuz", "hormuz", "bab-el-mandeb", "cape", "malacca",
    ]  # fmt: skip


def test_days_bound_a_closure_and_both_belong_to_it():
    (shut,) = closures_of(["suez:2026-12-01:2026-12-31"])
    assert shut.touches(date(2026, 12, 31), date(2027, 2, 1))
    assert shut.touches(date(2026, 11, 1), date(2026, 12, 1))
    assert not shut.touches(date(2027, 1, 1), date(2027, 2, 1))
    assert closures_of(["suez::2026-12-31"])[0].touches(date(2020, 1, 1), date(2020, 1, 1))
    assert Closure("suez").touches(date(2020, 1, 1), date(2020, 1, 1))


def test_terminals_can_be_closed_too():
    assert closures_of(["nlrtm"], ["NLRTM"])[0].name == "NLRTM"


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("suezz", "unknown-passage"),
        ("suez:tomorrow", "closure-dates"),
        ("suez:2027-01-01:2026-01-01", "closure-dates"),
        ("suez:2026-01-01:2026-01-02:2026-01-03", "closure-dates"),
    ],
)
def test_what_cannot_be_read_is_refused(word, code):
    with pytest.raises(InputError) as error:
        closures_of([word])
    assert error.value.code == code


def test_unknown_passage_names_the_nearest():
    with pytest.raises(InputError, match='Did you mean "suez"'):
        closures_of(["suezz"])


def test_ships_get_smaller_and_ice_is_closed_to_all():
    lengths = [one.size_m[0] for one in ships().values()]
    assert lengths == sorted(lengths, reverse=True)
    assert all(14 <= one.speed_kn <= 16 for one in ships().values())
    assert all({"northwest", "bering"} <= one.shut_tags() for one in ships().values())
    assert all(one.fits(passages()["suez"]) for one in ships().values())
