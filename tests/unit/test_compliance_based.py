"""A regime that takes the tables of another one over."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from voltloop.compliance import classify, load_rulebook
from voltloop.compliance.rulebook import packaged_folder
from voltloop.errors import RulebookError

RAIL = Path("rid/chain.toml")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(packaged_folder(), tmp_path / "rulebook"))


def test_rail_answers_as_road_with_its_own_paragraphs_and_no_tunnel_code() -> None:
    book = load_rulebook()
    goods = pl.DataFrame({"chemistry": ["li_ion"], "form": ["battery"], "state": ["damaged"]})
    rail = classify(goods, book, mode="rail_eu", on=date(2026, 3, 10)).row(0, named=True)
    road = classify(goods, book, mode="road_eu", on=date(2026, 3, 10)).row(0, named=True)
    assert (rail["tunnel_code"], road["tunnel_code"], rail["edition"]) == ("n/a", "E", "RID-2025")
    assert rail["packing_instruction"] == road["packing_instruction"] == "P908|LP904"
    assert rail["points_per_kg"] == 3.0
    rules = [book.rules[name] for name in rail["rules"].split(";")]
    assert not any("ADR" in word for rule in rules for word in (rule.id, rule.say, *rule.cite))
    assert rail["confidence"] == "B"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('regime = "ADR"', 'regime = "IMO"', "rulebook-value"),
        ('confidence = "B"', 'confidence = "D"', "rulebook-key"),
        ('answers = {', 'answer = {', "rulebook-key"),
        ('name = "papers"', 'name = "paper"', "rulebook-value"),
    ],
)  # fmt: skip
def test_what_is_not_certain_is_refused(folder: Path, old: str, new: str, code: str) -> None:
    file = folder / RAIL
    file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(RulebookError) as caught:
        load_rulebook(folder)
    assert caught.value.code == code
    assert "rid/chain.toml" in caught.value.message


def test_editions_of_both_go_in_step(folder: Path) -> None:
    file = folder / "editions.csv"
    lines = [
        line for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith("RID,RID-2027")
    ]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(RulebookError, match="do not go in step"):
        load_rulebook(folder)
