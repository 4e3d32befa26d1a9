"""Which rows are surely of a catalogue model."""

from __future__ import annotations

import polars as pl
import pytest

from voltloop.batteries import match_models
from voltloop.catalogue.vocab import pack_models


def _ids(*pairs: tuple[str | None, str | None]) -> list[str | None]:
    makers = pl.Series([maker for maker, _ in pairs], dtype=pl.String)
    names = pl.Series([name for _, name in pairs], dtype=pl.String)
    return match_models(makers, names).to_list()


def test_names_and_aliases_match_whatever_their_spelling() -> None:
    """Case, spaces, signs and the maker's aliases do not matter; two spellings of one alias are one model."""
    found = _ids(
        ("NISSAN", "leaf 40kWh"), ("VW", "ID3 58 kWh"), ("Renault", "ZOE ZE40"), (None, "Nissan Leaf 40 kWh")
    )
    assert found == ["leaf40", "id3_58", "zoe41", "leaf40"]


def test_a_series_alone_or_another_maker_is_no_match() -> None:
    """A family leaves several models open, a misspelling is no certainty, a foreign maker excludes the model."""
    assert (
        _ids(("Nissan", "Leaf"), ("Nissan", "Leaf 4O kWh"), ("Kia", "Leaf 40 kWh"), (None, None))
        == [None] * 4
    )


def test_every_model_of_the_catalogue_matches_itself() -> None:
    """The catalogue's own names lead back to its own identifiers, row by row."""
    models = pack_models()
    assert match_models(models["manufacturer"], models["model"]).to_list() == models["model_id"].to_list()


def test_empty_columns_and_unequal_lengths() -> None:
    """No rows give no answers; columns of different lengths are the caller's mistake."""
    empty = pl.Series([], dtype=pl.String)
    assert match_models(empty, empty).to_list() == []
    with pytest.raises(ValueError, match="expected one for each row"):
        match_models(pl.Series(["a"]), empty)
