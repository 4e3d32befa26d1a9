"""What to do in an emergency, by UN number."""

from __future__ import annotations

from voltloop.documents.emergency import advice_for


def test_advice_is_given_once_per_number_and_unknown_numbers_give_none() -> None:
    first, second = advice_for(["3480", "2794", "3480", "9999", ""])
    assert (first.un_number, first.us_guide) == ("3480", "147")
    assert (second.un_number, second.us_guide) == ("2794", "154")


def test_water_is_never_advised_for_sodium() -> None:
    (advice,) = advice_for(["3292"])
    assert "Never water" in advice.fire


def test_every_row_is_complete_and_sourced() -> None:
    for un in (
        "3480",
        "3481",
        "3090",
        "3091",
        "3551",
        "3552",
        "2794",
        "2795",
        "2800",
        "3292",
        "3171",
        "3556",
        "3028",
    ):
        (advice,) = advice_for([un])
        assert all((advice.name, advice.danger, advice.fire, advice.leak, advice.people, advice.source)), un
