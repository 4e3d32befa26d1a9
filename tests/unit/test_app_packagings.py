"""A packaging is used only under instructions that are open to its kind."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from app_cases import template_network
from voltloop.app.network_folder import read_network
from voltloop.app.packagings import lawful_packagings

EXAMPLES = Path(__file__).parents[2] / "examples"


def _packagings(*rows: tuple[str, str, str | None, int | None]) -> pl.DataFrame:
    schema = {
        "packaging_id": pl.String,
        "packing_instructions": pl.String,
        "un_code": pl.String,
        "max_articles": pl.Int64,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def test_an_instruction_that_the_code_does_not_allow_is_struck_out() -> None:
    """A large packaging is no packaging under P908, but it is one under LP904; a drum of group III is none at all."""
    found, findings = lawful_packagings(
        _packagings(
            ("large", "LP904;P908", "50A/Y", 1), ("drum", "P908", "1A2/Z", 5), ("box", "P908", "4A/Y", 1)
        )
    )
    assert dict(found.select("packaging_id", "packing_instructions").iter_rows()) == {
        "large": "LP904",
        "box": "P908",
    }
    assert [(finding.where, finding.value) for finding in findings] == [
        ("packagings.csv, large", "P908"),
        ("packagings.csv, drum", "P908"),
    ]
    assert all("ADR 4.1.4" in finding.message for finding in findings)


@pytest.mark.parametrize("region", ["europe", "usa"])
def test_the_packagings_of_the_examples_are_lawful(region: str) -> None:
    """No example shows a packaging that a safety adviser would strike out."""
    assert lawful_packagings(read_network(EXAMPLES / region / "network").packagings)[1] == ()


def test_the_packagings_of_the_template_are_lawful(tmp_path: Path) -> None:
    """Nor does what everybody starts from."""
    assert lawful_packagings(template_network(tmp_path / "network").packagings)[1] == ()
