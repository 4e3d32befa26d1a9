"""Loading a rulebook: what is refused, with file and row, and which edition answers on a day."""

# ruff: noqa: E501 - rows of rule files are longer than lines of code
from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from voltloop.compliance import load_rulebook
from voltloop.compliance.rulebook import packaged_folder
from voltloop.errors import RulebookError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(
        shutil.copytree(
            packaged_folder(), tmp_path / "rulebook", ignore=shutil.ignore_patterns("__pycache__")
        )
    )


def swap(name: str, old: str, new: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        text = (folder / name).read_text(encoding="utf-8")
        assert old in text, f"{name} no longer holds {old!r}"
        (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


def append(name: str, line: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        with (folder / name).open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    return change


BROKEN = {
    "a gap": (
        swap("adr/size.csv", "energy,battery,>100", "energy,battery,>101"),
        "rulebook-gap", ["adr/chain.toml, table 6", "ADR-2023", ">100 <=101"],
    ),
    "an overlap": (
        swap("adr/size.csv", "energy,battery,<=100", "energy,battery,<=120"),
        "rulebook-overlap", ["adr/size.csv, row", "ADR.size.energy.battery.large", "overrides"],
    ),
    "a comparison with no number": (
        swap("implied.csv", "moisture_pct,<tml_pct", "moisture_pct,<tml"),
        "rulebook-condition", ["implied.csv, row", "when.moisture_pct", '"<tml"'],
    ),
    "a rule that never answers": (
        append("adr/gate.csv", "ADR.gate.never,ADR-2023,,ADR-2025,,!sound|prototype|waste|damaged|critical,,"
               "require,pass,,Never.,ADR 1,A"),
        "rulebook-dead-rule", ["adr/gate.csv, row 5", "ADR.gate.never"],
    ),
    "an unknown fact": (
        swap("adr/gate.csv", "when.un38_3_tested", "when.un38_3_testd"),
        "rulebook-fact", ["adr/gate.csv, row 2", "un38_3_testd", 'Did you mean "un38_3_tested"?'],
    ),
    "an unknown value": (
        swap("adr/condition.csv", ",critical,,,,,,require", ",critcal,,,,,,require"),
        "rulebook-value", ["adr/condition.csv, row 2", "critcal", 'Did you mean "critical"?'],
    ),
    "an unknown edition": (
        swap("adr/gate.csv", "ADR.gate.pass,ADR-2023", "ADR.gate.pass,ADR-2022"),
        "rulebook-edition", ["adr/gate.csv, row 2, column since", "ADR-2022", "ADR-2023, ADR-2025, ADR-2027"],
    ),
    "an unknown column": (
        swap("adr/gate.csv", "confidence", "sureness"),
        "rulebook-columns", ["adr/gate.csv", "sureness"],
    ),
    "an unknown key": (
        swap("adr/sp188.toml", "confidence = ", "confidnce = "),
        "rulebook-key", ["adr/sp188.toml, rule 1", "confidnce"],
    ),
    "a broken bound": (
        swap("adr/size.csv", "<=100", "=<100"),
        "rulebook-condition", ["adr/size.csv, row", "=<100"],
    ),
    "an id twice": (
        swap("cfr49/gate.csv", "49CFR.gate.pass", "ADR.gate.pass"),
        "rulebook-twice", ["cfr49/gate.csv, row 2", "adr/gate.csv, row 2"],
    ),
    "a hole between editions": (
        swap("editions.csv", "ADR-2023,2023-01-01,2023-07-01,2025-06-30", "ADR-2023,2023-01-01,2023-07-01,2024-11-30"),
        "rulebook-date-hole", ["editions.csv, row 4", "2024-11-30", "2025-01-01"],
    ),
    "a malformed day": (
        swap("editions.csv", "2025-07-01", "1.7.2025"),
        "rulebook-date", ["editions.csv, row 4, column mandatory_from", "1.7.2025"],
    ),
    "two rules in one edition": (
        swap("adr/lithium.csv", "ADR.lithium.critical_2023,ADR-2023,ADR-2025", "ADR.lithium.critical_2023,ADR-2023,ADR-2027"),
        "rulebook-overlap", ["ADR.lithium.critical_2023"],
    ),
    "an edition that no rule answers": (
        swap("adr/lithium.csv", "ADR.lithium.critical,ADR-2025", "ADR.lithium.critical,ADR-2027"),
        "rulebook-gap", ["adr/chain.toml, table 10", "ADR-2025", "branch critical"],
    ),
    "an unsure rule that allows": (
        swap("adr/ctu.csv", "389,A", "389,C"),
        "rulebook-confidence", ["adr/ctu.csv, row 2", "ADR.ctu.sound"],
    ),
    "an exception to a foreign rule": (
        swap("adr/special_relief.csv", "ADR-2025,ADR.special.none", "ADR-2025,ADR.gate.pass"),
        "rulebook-overrides", ["adr/special_relief.csv", "ADR.gate.pass"],
    ),
    "a circle of exceptions": (
        swap("adr/special_relief.csv", "ADR.special.none,ADR-2023,,ADR-2025,,", "ADR.special.none,ADR-2023,,ADR-2025,ADR.special.sp636,"),
        "rulebook-overrides", ["circle"],
    ),
    "a file nobody lists": (
        append("adr/new.csv", "id"), "rulebook-file", ["adr/new.csv", "chain.toml"],
    ),
    "a fact asked too early": (
        swap("adr/condition.csv", "when.run_gt_100", "when.gate"),
        "rulebook-value", ["adr/condition.csv", "gate"],
    ),
    "tables in the wrong order": (
        swap("adr/chain.toml", 'name = "gate"\ntitle = "Type test and quality programme"\nfiles = ["gate.csv"]\nonly = { family = "lithium", excluded = "no" }',
             'name = "gate"\ntitle = "Type test and quality programme"\nfiles = ["gate.csv"]\nonly = { small_relief = "yes" }'),
        "rulebook-order", ["small_relief", "Reorder"],
    ),
    "two tables for one answer": (
        swap("adr/chain.toml", 'files = ["wet.csv"]\nonly = { family = "wet", excluded = "no" }', 'files = ["wet.csv"]\nonly = { family = "wet|vehicle" }'),
        "rulebook-", ["table"],
    ),
    "a cell too many": (
        swap("adr/gate.csv", "The type is proven", "The type, is proven"),
        "rulebook-cells", ["adr/gate.csv, row 2", "quotes"],
    ),
    "a category without a limit": (
        swap("adr/capacitor.csv", "P003,4,E", "P003,5,E"),
        "rulebook-value", ["adr/capacitor.csv, row 5", '"5"', "load/limits.csv"],
    ),
    "a regime without a folder": (
        swap("regimes.csv", "ADR,adr,", "ADX,adr,"), "rulebook-value", ["regimes.csv, row 3", "ADX"],
    ),
    "a mode without a regime": (
        swap("modes.csv", "UN;RID;LOW", "UN;ADR;LOV"), "rulebook-value", ["modes.csv, row 3", 'Did you mean "LOW"?'],
    ),
    "a fact twice": (
        append("facts.csv", "soc,given,decimal,,,,,,,,"), "rulebook-twice", ["facts.csv, row", "soc"],
    ),
    "a flag for no fact": (
        append("flags.csv", "wet_case,wetness,yes"), "rulebook-fact", ["flags.csv, row", "wetness"],
    ),
    "a limit that is no number": (
        swap("load/limits.csv", ",2,3,333,", ",2,three,333,"), "rulebook-value", ["load/limits.csv, row 5", "three"],
    ),
    "a broken TOML file": (
        swap("adr/sp188.toml", "[[rule]]", "[[rule]"), "rulebook-file", ["adr/sp188.toml"],
    ),
    "a missing file": (
        lambda folder: (folder / "editions.csv").unlink(), "rulebook-file", ["editions.csv"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_rulebook_is_refused_with_file_and_row(folder: Path, name: str) -> None:
    change, code, words = BROKEN[name]
    change(folder)
    with pytest.raises(RulebookError) as caught:
        load_rulebook(folder)
    assert caught.value.code.startswith(code)
    for word in words:
        assert word in caught.value.message


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RulebookError, match="no such folder"):
        load_rulebook(tmp_path / "nowhere")


def test_the_packaged_rulebook_is_loaded_once() -> None:
    assert load_rulebook() is load_rulebook()


@pytest.mark.parametrize(
    ("on", "edition"),
    [
        (date(2023, 1, 1), "ADR-2023"),
        (date(2024, 12, 31), "ADR-2023"),
        (date(2025, 1, 1), "ADR-2025"),
        (date(2027, 6, 30), "ADR-2025"),
        (date(2027, 7, 1), "ADR-2027"),
        (date(2029, 6, 30), "ADR-2027"),
    ],
)
def test_the_newest_lawful_edition_that_was_read_answers(on: date, edition: str) -> None:
    assert load_rulebook().edition("ADR", on).name == edition


def test_in_a_transition_all_lawful_editions_are_named() -> None:
    book = load_rulebook()
    assert book.lawful_editions("road_eu", date(2025, 6, 30)) == ("ADR-2023", "ADR-2025")
    assert book.lawful_editions("road_eu", date(2025, 7, 1)) == ("ADR-2025",)
    assert book.lawful_editions("road_eu", date(2027, 1, 1)) == ("ADR-2025", "ADR-2027")
    assert book.lawful_editions("road_us", date(2020, 1, 1)) == ()


def test_an_older_edition_may_be_chosen_while_it_is_lawful() -> None:
    book = load_rulebook()
    assert book.edition("ADR", date(2025, 6, 30), "ADR-2023").name == "ADR-2023"
    assert book.edition("ADR", date(2027, 1, 1), "ADR-2027").name == "ADR-2027"
    with pytest.raises(
        RulebookError, match="may be used from 2023-01-01 to 2025-06-30, not on 2025-07-01"
    ) as caught:
        book.edition("ADR", date(2025, 7, 1), "ADR-2023")
    assert caught.value.code == "date-outside-editions"


@pytest.mark.parametrize("on", [date(2022, 12, 31), date(2029, 7, 1)])
def test_a_day_without_an_edition_names_the_covered_range(on: date) -> None:
    with pytest.raises(RulebookError, match="Covered: 2023-01-01 to 2029-06-30") as caught:
        load_rulebook().chain("road_eu", on)
    assert caught.value.code == "date-outside-editions"


def test_unknown_modes_and_editions_are_named_with_the_nearest() -> None:
    with pytest.raises(RulebookError, match='Did you mean "road_eu"'):
        load_rulebook().mode("rode_eu")
    with pytest.raises(RulebookError, match='Did you mean "ADR-202'):
        load_rulebook().edition("ADR", date(2026, 1, 1), "ADR-202")
