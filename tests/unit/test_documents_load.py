"""The values that papers are made from."""

from __future__ import annotations

from dataclasses import replace

import pytest

from document_cases import DAMAGED, SMALL, WASTE_LITHIUM, tour
from voltloop.documents.load import Stop, WasteMovement
from voltloop.errors import InputError


def test_each_of_several_packages_has_its_own_id() -> None:
    """A scan must tell two drums of one line apart."""
    assert WASTE_LITHIUM.package_ids == ("PKG-1-1", "PKG-1-2")
    assert DAMAGED.package_ids == ("PKG-2",)


@pytest.mark.parametrize("given", ["3480", "UN 3480", "UN3480", "un3480"])
def test_un_number_is_read_in_every_usual_spelling(given: str) -> None:
    assert replace(DAMAGED, un_number=given).un == "3480"


def test_only_allowed_goods_with_a_number_count_as_dangerous() -> None:
    """Exempted goods do not count on the document nor in the points (ADR 1.1.3.6.5)."""
    assert DAMAGED.is_dangerous
    assert replace(DAMAGED, outcome="approval_needed").is_dangerous
    assert not SMALL.is_dangerous
    assert not replace(DAMAGED, un_number="").is_dangerous


def test_gross_mass_is_unknown_when_one_package_is_not_weighed() -> None:
    """A sum over some of the packages would look like the whole."""
    load = tour()
    assert load.gross_mass_kg == pytest.approx(905 + 402.5 + 262 + 16.2)
    first = load.consignments[0]
    unweighed = replace(first, lines=(replace(DAMAGED, gross_mass_kg=None),))
    assert replace(load, consignments=(unweighed, load.consignments[1])).gross_mass_kg is None


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"mode": "road_uk"}, "paper-unknown-word"),
        ({"kind": "walk"}, "paper-unknown-word"),
        ({"consignments": ()}, "paper-empty-load"),
    ],
)
def test_a_load_that_cannot_be_is_refused(change: dict[str, object], code: str) -> None:
    with pytest.raises(InputError) as caught:
        tour(**change)
    assert caught.value.code == code


def test_a_typo_names_the_nearest_choice() -> None:
    with pytest.raises(InputError, match='Did you mean "pickup"'):
        Stop(1, "pikcup", "x")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="green_listed"):
        WasteMovement("green", "PL", "DE", "x")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "change", [{"count": 0}, {"net_mass_kg": -1.0}, {"net_mass_kg": float("nan")}, {"gross_mass_kg": -0.1}]
)
def test_numbers_that_cannot_be_are_refused(change: dict[str, float]) -> None:
    with pytest.raises(InputError) as caught:
        replace(DAMAGED, **change)
    assert caught.value.code == "paper-bad-number"
    assert "PKG-2" in caught.value.message
