"""The rulebook as pages: every rule stands on the page of its regime once."""

from __future__ import annotations

from pathlib import Path

from rules_book import write_book
from voltloop.app.rulebook_pages import rulebook_pages
from voltloop.compliance import load_rulebook


def test_every_rule_and_entry_of_the_packaged_rulebook_is_on_a_page() -> None:
    """Rules that a regime takes over stand on the page of the regime that they come from."""
    book = load_rulebook()
    text = "\n".join(rulebook_pages(book).values())
    shown = {rule.place for rule in book.rules.values() if f"`{rule.id}`" in text}
    assert {rule.place for rule in book.rules.values()} == shown
    assert all(f"`{limit.id}`" in text for limit in book.limits)


def test_a_page_tells_editions_conditions_answers_and_place(tmp_path: Path) -> None:
    pages = rulebook_pages(load_rulebook(write_book(tmp_path / "book")))
    assert set(pages) == {"rulebook.md", "rulebook/law.md", "rulebook/other.md"}
    assert (
        "| `LAW.small.old` | LAW-1 before LAW-2, read to LAW-1 | state new\\|used; energy_wh &lt;=20; before LAW.any "
        "| exempt: outcome exempt_small; un_number 3480 | Small ones are free. | Law 2 | A |"
    ) in pages["rulebook/law.md"]
    assert (
        "**LAW-3**, announced: 5 rules and entries on loads wait to be read, of 3 rules."
        in pages["rulebook.md"]
    )
