"""The canonical form: the same whatever it started from, and never another meaning."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from rules_book import FILES, write_book
from voltloop.app.rules_files import format_folder, rulebook_files
from voltloop.compliance import load_rulebook
from voltloop.compliance.cases import read_cases
from voltloop.compliance.rulebook import Rulebook, packaged_folder
from voltloop.compliance.upkeep.formatting import format_text
from voltloop.errors import InputError, RulebookError


def _meaning(book: Rulebook) -> object:
    rules = {
        name: (rule.regime, rule.since, rule.until, rule.confirmed, rule.overrides, dict(rule.when), rule.effect,
               dict(rule.then), rule.say, rule.cite, rule.confidence)
        for name, rule in book.rules.items()
    }  # fmt: skip
    cases = {case.id: (case.mode, case.on, case.facts, case.expect, case.why) for case in read_cases(book)}
    chains = {name: [spec.name for spec in specs] for name, specs in book.specs.items()}
    return (list(rules), rules, book.facts, book.answers, book.editions, book.modes, book.flags, book.implied,
            book.limits, book.duties, cases, chains)  # fmt: skip


def test_formatting_the_rulebook_changes_no_meaning_and_is_done_once(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(packaged_folder(), tmp_path / "rulebook"))
    format_folder(folder, write=True)
    assert _meaning(load_rulebook(folder)) == _meaning(load_rulebook())
    assert format_folder(folder, write=False).changed == ()


def test_a_mangled_rulebook_gets_the_same_form(tmp_path: Path) -> None:
    """Every cell quoted, Windows line ends, a byte-order mark, blanks and empty rows: the form comes back."""
    clean = write_book(tmp_path / "clean" / "book")
    format_folder(clean, write=True)
    mangled = write_book(tmp_path / "mangled" / "book")
    for path in rulebook_files(mangled):
        lines = path.read_text(encoding="utf-8").splitlines()
        if path.suffix == ".csv":
            lines = [line.replace(",", " , ") if '"' not in line else line for line in lines]
        path.write_text("\ufeff" + " \r\n\r\n".join(lines) + "\r\n\r\n", encoding="utf-8", newline="")
    format_folder(mangled, write=True)
    for path in rulebook_files(clean):
        if path.suffix == ".csv":
            assert (mangled / path.relative_to(clean)).read_bytes() == path.read_bytes(), path
    assert _meaning(load_rulebook(mangled)) == _meaning(load_rulebook(clean))


def test_columns_of_a_table_go_into_their_order_and_rows_keep_theirs() -> None:
    text = (
        "cite,then.b,when.z,effect,id,say,when.a,confidence,overrides,since,confirmed,until,then.a\n"
        "C,1,2,require,R2,S.,3,A,O,s,c,u,4\n"
        "C,1,2,require,R1,S.,3,A,O,s,c,u,4\n"
    )
    assert format_text(text, "x.csv").splitlines() == [
        "id,since,until,confirmed,overrides,when.z,when.a,effect,then.b,then.a,say,cite,confidence",
        "R2,s,u,c,O,2,3,require,1,4,S.,C,A",
        "R1,s,u,c,O,2,3,require,1,4,S.,C,A",
    ]


@pytest.mark.parametrize(
    ("text", "formed"),
    [
        ('a,b\n"x","y, z"\n', 'a,b\nx,"y, z"\n'),
        ('a,b\n"say ""so""", x \n', 'a,b\n"say ""so""",x\n'),
        ("a,b\n,\n1,2\n\n", "a,b\n1,2\n"),
        ("b,a\r\n1,2\r\n", "b,a\n1,2\n"),
    ],
)
def test_cells(text: str, formed: str) -> None:
    assert format_text(text, "facts.csv") == formed
    assert format_text(formed, "facts.csv") == formed


@pytest.mark.parametrize(
    ("text", "formed"),
    [
        ("a = 1   \n\n\n\n[[r]]\nid = 2\n[[r]]\nid = 3\n\n\n", "a = 1\n\n[[r]]\nid = 2\n\n[[r]]\nid = 3\n"),
        ("a = 1\n# about b\n[b]\nc = 2", "a = 1\n# about b\n[b]\nc = 2\n"),
        ("", ""),
        ("x = [\n  1,\n\n\n  2,\n]\n", "x = [\n  1,\n\n  2,\n]\n"),
    ],
)  # fmt: skip
def test_toml_only_changes_its_blanks(text: str, formed: str) -> None:
    assert format_text(text, "x.toml") == formed
    assert format_text(formed, "x.toml") == formed


def test_text_over_several_lines_keeps_blanks_that_mean_something() -> None:
    text = 'say = """one  \n\n\n\ntwo"""\n'
    assert format_text(text, "x.toml") == text


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("x.csv", "", "rulebook-columns"),
        ("x.csv", "a,a\n", "rulebook-columns"),
        ("x.csv", "a,b\n1,2,3\n", "rulebook-cells"),
        ("x.toml", "a = \n", "rulebook-file"),
    ],
)
def test_what_is_no_table_has_no_form(name: str, text: str, code: str) -> None:
    with pytest.raises(RulebookError, match=r"x\.(csv|toml)") as caught:
        format_text(text, name)
    assert caught.value.code == code


def test_one_bad_file_leaves_all_files_as_they_are(tmp_path: Path) -> None:
    folder = write_book(tmp_path / "book")
    (folder / "laws.csv").write_text('law,title\n"Law","The law"\n', encoding="utf-8")
    (folder / "modes.csv").write_bytes(b"mode\n\xff\xfe\n")
    before = {path: path.read_bytes() for path in rulebook_files(folder)}
    with pytest.raises(RulebookError, match=r"book/modes\.csv"):
        format_folder(folder, write=True)
    assert {path: path.read_bytes() for path in rulebook_files(folder)} == before


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    from voltloop.app.rules_files import rulebook_folder

    with pytest.raises(InputError, match="there is no such folder"):
        rulebook_folder(tmp_path / "nowhere")
    assert rulebook_folder(None) == packaged_folder()
    assert FILES
