"""The how-to that adds a chemistry, followed to the letter in a copy of the rulebook."""

from __future__ import annotations

import csv
import re
import shutil
from pathlib import Path

import pytest

from voltloop.compliance import Rulebook, load_rulebook
from voltloop.compliance.cases import differences, read_cases
from voltloop.compliance.rulebook import packaged_folder
from voltloop.errors import RulebookError

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "add-a-chemistry.md"
BLOCK = re.compile(r'^```csv title="([^"]+)"\n(.*?)^```$', re.MULTILINE | re.DOTALL)
SWAP = re.compile(r"^- `([^`]+\.csv)`: `([^`]+)` becomes `([^`]+)`$", re.MULTILINE)


def follow(folder: Path, *, leave_out: str = "") -> None:
    """Do what the page says; ``leave_out`` is a file whose rows are forgotten."""
    text = PAGE.read_text(encoding="utf-8")
    for name, old, new in SWAP.findall(text):
        before = (folder / name).read_text(encoding="utf-8")
        assert old in before, f"{name} holds no {old}"
        (folder / name).write_text(before.replace(old, new), encoding="utf-8")
    for name, block in BLOCK.findall(text):
        if name != leave_out:
            _append(folder / name, block)


def _append(path: Path, block: str) -> None:
    rows = list(csv.DictReader(block.splitlines()))
    if not path.exists():
        path.write_text(block, encoding="utf-8")
        return
    with path.open(encoding="utf-8") as file:
        header = next(csv.reader(file))
    assert set(rows[0]) <= set(header), f"{path.name} has no such columns"
    with path.open("a", encoding="utf-8", newline="") as file:
        csv.DictWriter(file, header, restval="", lineterminator="\n").writerows(rows)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    ignored = shutil.ignore_patterns("__pycache__")
    return Path(shutil.copytree(packaged_folder(), tmp_path / "rulebook", ignore=ignored))


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Rulebook:
    folder = tmp_path_factory.mktemp("copy") / "rulebook"
    shutil.copytree(packaged_folder(), folder, ignore=shutil.ignore_patterns("__pycache__"))
    follow(folder)
    return load_rulebook(folder)


def test_new_chemistry_answers_as_its_cases_expect_in_every_mode(extended: Rulebook) -> None:
    """Data alone: all cases of the page hold, and between them they ask every mode of carriage that takes batteries."""
    cases = [
        case for case in read_cases(extended) if case.place.startswith("rulebook/cases/new_chemistries.csv")
    ]
    assert [line for case in cases for line in differences(case, extended)] == []
    carriage = {name for name, mode in extended.modes.items() if name not in ("border_eu", "sea_bulk")}
    for chemistry in ("zinc_ion", "li_sulphur"):
        assert {case.mode for case in cases if case.facts["chemistry"] == chemistry} == carriage


def test_new_chemistry_leaves_the_others_as_they_were(extended: Rulebook) -> None:
    """Cases of the packaged rulebook hold in the extended one too."""
    cases = [case for case in read_cases(extended) if case.place.startswith("rulebook/cases/scenarios.csv")]
    assert cases
    assert [line for case in cases for line in differences(case, extended)] == []


@pytest.mark.parametrize("name", ["adr", "imdg", "icao", "cfr49"])
def test_new_chemistry_forgotten_in_a_regime_stops_the_load(copy: Path, name: str) -> None:
    """Silence about a chemistry is a load error that names the regime and the word, not a verdict."""
    follow(copy, leave_out=f"{name}/identity.csv")
    with pytest.raises(RulebookError, match=rf"{name}/chain.toml.*identity.*zinc_ion") as caught:
        load_rulebook(copy)
    assert caught.value.code == "rulebook-gap"
