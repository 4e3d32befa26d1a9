"""Models: sure when the names agree but for spelling, never silent otherwise."""

from __future__ import annotations

import pytest

from voltloop.batteries._models import match_model, models, narrowed


def names(manufacturer: str | None, model: str) -> list[str]:
    return [models()[place].name for place in match_model(manufacturer, model).places]


@pytest.mark.parametrize(
    ("manufacturer", "model", "name"),
    [
        ("Nissan", "Leaf 40 kWh", "Leaf 40 kWh"),
        ("NISSAN", "LEAF 40KWH", "Leaf 40 kWh"),
        (None, "Nissan Leaf 40 kWh", "Leaf 40 kWh"),
        ("VW", "id.3 58 kwh", "ID.3 58 kWh"),
        ("Volkswagen AG", "ID.3 58 kWh", "ID.3 58 kWh"),
        ("Bosch", "Powerpack-500", "PowerPack 500"),
        ("Renault", "Zoe Z.E. 40 41 kWh", "Zoe Z.E.40 41 kWh"),
    ],
)
def test_spelling_does_not_matter(manufacturer: str | None, model: str, name: str) -> None:
    """Case, spaces, signs and the maker's short name do not make another model."""
    assert names(manufacturer, model) == [name]
    assert match_model(manufacturer, model).is_sure


def test_other_names_are_not_sure() -> None:
    """A name that only resembles a model's is read with a finding."""
    match = match_model("Tesla", "Model 3 Long Range")
    assert [models()[place].name for place in match.places] == ["Model 3 LR NCA 82 kWh"]
    assert not match.is_sure


def test_a_series_leaves_its_models_open() -> None:
    """ "Leaf" alone is four models; the listed energy may tell which."""
    match = match_model("Nissan", "Leaf")
    assert len(match.places) == 4
    assert [models()[place].name for place in narrowed(match.places, None, 39500.0)] == ["Leaf 40 kWh"]
    assert narrowed(match.places, None, 500.0) == match.places


@pytest.mark.parametrize(
    ("manufacturer", "model"),
    [("Renault", "Leaf 40 kWh"), ("Acme", "Leaf 40 kWh"), ("Nissan", "Ariya"), (None, "x")],
)
def test_another_maker_is_another_model(manufacturer: str | None, model: str) -> None:
    """The same words from another maker are not this model."""
    assert match_model(manufacturer, model).places == ()
