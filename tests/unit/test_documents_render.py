"""From values to PDF."""

from __future__ import annotations

from datetime import date

import pytest

from document_cases import text_of, tour
from voltloop.documents import render, transport_document
from voltloop.errors import InputError, VoltloopError


def test_the_same_load_gives_the_same_bytes() -> None:
    """A plan that is rerun from its folder must give the same files."""
    assert transport_document(tour()) == transport_document(tour())


def test_a_font_folder_that_is_missing_is_named() -> None:
    with pytest.raises(InputError, match="no-such-folder") as caught:
        transport_document(tour(), font_folders=["no-such-folder"])
    assert caught.value.code == "font-folder-missing"


def test_a_broken_template_says_so(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken.typ").write_text("#let x = ")  # type: ignore[operator]
    monkeypatch.setattr(render, "TEMPLATE_FOLDER", tmp_path)
    with pytest.raises(VoltloopError) as caught:
        render.pdf("broken", {}, on=date(2026, 1, 1))
    assert caught.value.code == "paper-not-set"


def test_a_further_font_folder_is_used() -> None:
    paper = transport_document(tour(), font_folders=[render.FONT_FOLDER])
    assert "Ανακύκλωση Αθήνα" in text_of(paper)
