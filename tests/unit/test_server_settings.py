"""The settings of the server: read from the environment, refused in words, and every one in the docs."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from voltloop.errors import InputError
from voltloop.server.problems import EXCEPTIONS
from voltloop.server.settings import Settings

DOCS = Path(__file__).parents[2] / "docs"


def test_every_setting_can_be_set_and_is_in_the_docs():
    page = (DOCS / "how-to" / "run-the-server.md").read_text(encoding="utf-8")
    for item in fields(Settings):
        assert f"`VOLTLOOP_{item.name.upper()}`" in page
    settings = Settings.from_environment(
        {
            "VOLTLOOP_DATA": "/data",
            "VOLTLOOP_LENIENT": "yes",
            "VOLTLOOP_ALLOWED_ORIGINS": "https://a.example/, https://b.example",
            "VOLTLOOP_URI_LIMIT_BYTES": "",
        }
    )
    assert settings == Settings(
        data=Path("/data"), lenient=True, allowed_origins=("https://a.example", "https://b.example")
    )


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("VOLTLOOP_LENIENT", "perhaps"),
        ("VOLTLOOP_PAGE_LIMIT_EVENTS", "0"),
        ("VOLTLOOP_PAGE_LIMIT_EVENTS", "many"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(variable: str, text: str):
    with pytest.raises(InputError, match=f'{variable}: "{text}" cannot be used'):
        Settings.from_environment({variable: text})


def test_every_exception_of_the_standard_is_in_the_docs():
    page = (DOCS / "reference" / "http-api.md").read_text(encoding="utf-8")
    for name in EXCEPTIONS:
        assert f"`{name}`" in page
