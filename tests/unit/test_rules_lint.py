"""What lint says against a rulebook: every error with its file and row, and what a careful reader would mend."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from rules_book import FILES, with_row, write_book
from voltloop.app.rules_files import lint_folder
from voltloop.app.rules_report import lint_document, lint_lines
from voltloop.compliance.rulebook import packaged_folder
from voltloop.findings import Finding, Severity

ON = date(2026, 11, 23)


def _codes(found: list[Finding]) -> dict[str, list[str]]:
    codes: dict[str, list[str]] = {}
    for finding in found:
        codes.setdefault(finding.code, []).append(finding.where)
    return codes


def test_a_clean_rulebook_has_only_notes(tmp_path: Path) -> None:
    found = _codes(lint_folder(write_book(tmp_path / "book"), on=ON))
    assert set(found) == {"rules-unread", "rules-unsure"}
    assert found["rules-unsure"] == ["book/law/verdict.csv, row 5"]


def test_the_packaged_rulebook_has_no_errors() -> None:
    bad = [one.message for one in lint_folder(packaged_folder(), on=ON) if one.severity is Severity.REJECT]
    assert bad == []


def test_every_broken_row_is_named_at_once(tmp_path: Path) -> None:
    folder = write_book(
        tmp_path / "book",
        law__verdict=FILES["law/verdict.csv"].replace("new|used", "brandnew").replace("Law 3,B", "Law 3,D"),
        load__limits=with_row("load/limits.csv", "X,LAW,LAW-9,,LAW-9,total,points,,1,Say.,Law 1,A"),
        other__other=FILES["other/other.csv"].replace(",allowed,", ",alowed,"),
    )
    found = lint_folder(folder, on=ON)
    assert {finding.code for finding in found} == {"rules-load"}
    places = [finding.message.split(":")[0] for finding in found]
    assert places == [
        "book/load/limits.csv, row 4, column since",
        "book/law/verdict.csv, row 3, column when.state",
        "book/law/verdict.csv, row 4, column when.state",
        "book/law/verdict.csv, row 6, column confidence",
        "book/other/other.csv, row 2, column then.outcome",
        "book/other/other.csv, row 3, column then.outcome",
    ]


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        ("facts.csv", "fact,role", "fact,roll", "facts.csv"),
        ("law/verdict.csv", "<=100,exempt", "<=100 ,advise", "rulebook-file"),
        ("law/chain.toml", "regime", "regime = = ", "law/chain.toml"),
    ],
)
def test_what_cannot_be_read_at_all(tmp_path: Path, name: str, old: str, new: str, words: str) -> None:
    folder = write_book(tmp_path / "book")
    text = (folder / name).read_text(encoding="utf-8")
    (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    found = [one for one in lint_folder(folder, on=ON) if one.severity is Severity.REJECT]
    if (
        words == "rulebook-file"
    ):  # another effect is no error of loading, but the worked cases do not mind either
        assert found == []
    else:
        assert len(found) == 1
        assert words in found[0].message


def test_a_gap_is_an_error(tmp_path: Path) -> None:
    rows = [row for row in FILES["law/verdict.csv"].splitlines() if not row.startswith("LAW.any")]
    rows = [row.replace(",LAW.any,", ",,") for row in rows]
    (found,) = lint_folder(write_book(tmp_path / "book", law__verdict="\n".join(rows) + "\n"), on=ON)
    assert "no rule of the table verdict answers" in found.message


def test_a_case_that_comes_out_otherwise_is_an_error(tmp_path: Path) -> None:
    cases = FILES["cases/law.csv"].replace("20.1,allowed", "20.1,forbidden")
    found = lint_folder(write_book(tmp_path / "book", cases__law=cases), on=ON)
    bad = [one for one in found if one.severity is Severity.REJECT]
    assert [one.where for one in bad] == ["book/cases/law.csv, row 3"]
    assert "expected 'forbidden'" in bad[0].message


def test_a_case_that_cannot_be_asked_is_an_error(tmp_path: Path) -> None:
    cases = with_row("cases/law.csv", "early,law,2020-01-01,,li_ion,used,1,allowed,before any edition")
    bad = [one for one in lint_folder(write_book(tmp_path / "book", cases__law=cases), on=ON)
           if one.code == "rules-case-fails"]  # fmt: skip
    assert len(bad) == 1
    assert "covers 2020-01-01" in bad[0].message


@pytest.mark.parametrize(
    ("say", "fault"),
    [
        ("Small ones are free", "full stop"),
        ("small ones are free.", "capital"),
        ("Small ones are free. Large ones are not.", "more than one"),
        ("Small ones are free under No. 7 and Art. 3.", None),
        ("Up to 2.5 kg are free (e.g. Swiss ones).", None),
    ],
)
def test_sentences(tmp_path: Path, say: str, fault: str | None) -> None:
    table = FILES["law/verdict.csv"].replace("Small ones are free.", say)
    found = [one for one in lint_folder(write_book(tmp_path / "book", law__verdict=table), on=ON)
             if one.code == "rules-sentence"]  # fmt: skip
    assert len(found) == (0 if fault is None else 2)
    assert all(fault in one.message for one in found if fault)


@pytest.mark.parametrize(
    ("cite", "is_known"), [("Law 2", True), ("Law", True), ("Lawn 2", False), ("SP 2", False)]
)
def test_citations_begin_with_a_known_law(tmp_path: Path, cite: str, is_known: bool) -> None:
    table = FILES["law/verdict.csv"].replace(",Law 2,", f",{cite},")
    found = _codes(lint_folder(write_book(tmp_path / "book", law__verdict=table), on=ON))
    assert ("rules-law-unknown" not in found) is is_known


def test_rules_without_a_case_are_named(tmp_path: Path) -> None:
    cases = (
        "\n".join(row for row in FILES["cases/law.csv"].splitlines() if not row.startswith("critical,"))
        + "\n"
    )
    found = _codes(lint_folder(write_book(tmp_path / "book", cases__law=cases), on=ON))
    assert found["rules-no-case"] == ["book/law/verdict.csv, row 6"]


def test_rules_that_nobody_read_in_an_edition_in_force(tmp_path: Path) -> None:
    table = FILES["law/verdict.csv"].replace("LAW.any,LAW-1,,LAW-2", "LAW.any,LAW-1,,LAW-1")
    found = _codes(lint_folder(write_book(tmp_path / "book", law__verdict=table), on=ON))
    assert found["rules-unconfirmed"] == ["book/law/verdict.csv, row 2"]


@pytest.mark.parametrize(("on", "has_begun"), [(date(2026, 12, 31), False), (date(2027, 1, 1), True)])
def test_an_announced_edition_whose_first_day_has_come(tmp_path: Path, on: date, has_begun: bool) -> None:
    found = _codes(lint_folder(write_book(tmp_path / "book"), on=on))
    assert ("rules-edition-begun" in found) is has_begun


def test_files_out_of_form_are_a_warning(tmp_path: Path) -> None:
    folder = write_book(tmp_path / "book", laws='law,title\n"Law",The law\n')
    assert _codes(lint_folder(folder, on=ON))["rules-not-formatted"] == ["book/laws.csv"]


def test_lines_and_document_agree(tmp_path: Path) -> None:
    found = lint_folder(write_book(tmp_path / "book", laws='law,title\n"Law",The law\n'), on=ON)
    document = lint_document(found)
    assert document["ok"]
    assert document["counts"] == {"warning": 1, "note": 2}
    short, full = ("\n".join(lint_lines(found, with_notes=notes)) for notes in (False, True))
    assert "Rules of confidence C: 1" in short
    assert "LAW.critical.old is unsure" in full
    assert "The rulebook loads" in short
