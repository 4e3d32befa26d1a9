"""The docs: generated pages are current, links lead somewhere, and commands are the ones that exist."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
HAND_WRITTEN = [page for page in PAGES if "decisions" not in page.parts]


def generated() -> dict[Path, str]:
    pages: dict[Path, str] = runpy.run_path(str(ROOT / "scripts" / "make_docs.py"))["pages"]()
    return pages


def test_generated_pages_are_current() -> None:
    for path, text in generated().items():
        assert path.read_text(encoding="utf-8") == text, (
            f"{path.name} is stale. Run: python scripts/make_docs.py"
        )


def test_the_check_of_the_script_agrees() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "make_docs.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")


def _nav(entry: Any) -> list[str]:
    if isinstance(entry, str):
        return [entry]
    if isinstance(entry, dict):
        return [page for value in entry.values() for page in _nav(value)]
    return [page for item in entry for page in _nav(item)]


def test_every_page_is_in_the_navigation_once() -> None:
    nav = _nav(tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))["project"]["nav"])
    assert sorted(nav) == sorted(page.relative_to(DOCS).as_posix() for page in PAGES)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(DOCS).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if not target.startswith(("http:", "https:", "mailto:")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(DOCS).as_posix())
def test_a_page_has_one_title_on_top(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    prose = re.sub(r"```.*?```", "", text, flags=re.S)
    assert text.startswith("# ")
    assert len(re.findall(r"^# ", prose, flags=re.M)) == 1


def _options(command: str, following: str = "") -> set[str]:
    """Options of a command, or of the subcommand that the following word names."""
    import typer

    from voltloop.cli.main import app

    group = typer.main.get_command(app)
    found = group.commands[command]  # type: ignore[attr-defined]
    found = getattr(found, "commands", {}).get(following, found)
    facts = set()
    if command == "explain":  # whose options are the facts of the rulebook
        from voltloop.app.explain_words import facts_help
        from voltloop.compliance import load_rulebook

        facts = set(re.findall(r"--[a-z0-9-]+", "\n".join(facts_help(load_rulebook()))))
    names = {name for parameter in found.params for name in (*parameter.opts, *parameter.secondary_opts)}
    return names | facts | {"-h", "--help"}


@pytest.mark.parametrize("page", HAND_WRITTEN, ids=lambda page: page.relative_to(DOCS).as_posix())
def test_commands_in_the_docs_exist_with_these_options(page: Path) -> None:
    blocks = re.findall(r"```console\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.S)
    for line in (line for block in blocks for line in block.splitlines() if line.startswith("voltloop ")):
        words = line.split("#")[0].split()
        if words[1].startswith("-"):
            continue
        options = {word for word in words[2:] if word.startswith("-")}
        assert options <= _options(*words[1:3]), line


def test_the_page_on_files_lists_every_input_column() -> None:
    from voltloop.app.scenarios import scenario_columns

    text = (DOCS / "how-to" / "classify.md").read_text(encoding="utf-8")
    for column in scenario_columns().values():
        assert f"`{column.column}`" in text
        assert column.use == "ignored" or f"| `{column.column}` | {column.meaning} |" in text
