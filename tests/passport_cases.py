"""Passports for tests: the official examples where they are, and one with a canary under every data point."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from voltloop.ledger.passport.points import data_points
from voltloop.ledger.passport.texts import read_json

SHARED = Path(__file__).parents[1].resolve().parent / "shared" / "standards" / "passport"
AT = datetime(2027, 3, 1, 12, tzinfo=UTC)
ITEM = "https://id.gs1.org/01/09521002005004/21/BAT2024-001"
MODEL = "https://id.gs1.org/01/09521002005004"
OPERATOR = "https://id.gs1.org/417/9521234000006"


def official(path: str) -> Any:
    """Read one of the official files, or skip the test where they are not."""
    file = SHARED / path
    if not file.is_file():
        pytest.skip(f"the official files of the passport are not here: {path}")
    return read_json(file.read_bytes())


def frame(**further: Any) -> dict[str, Any]:
    """Give the frame of a passport of one battery."""
    return {
        "digitalProductPassportId": ITEM,
        "uniqueProductIdentifier": ITEM,
        "granularity": "item",
        "economicOperatorId": OPERATOR,
        **further,
    }


def canary(name: str) -> str:
    return f"canary-{name}-7f3a"


def with_canaries(category: str) -> dict[str, Any]:
    """Give a passport with a word of its own in every data point but those that are identifiers of it."""
    points = data_points(AT.date()).values()
    told = {point.name: {"value": 1, "note": canary(point.name)} for point in points}
    return frame(**told) | {"batteryCategory": {"value": category, "note": canary("batteryCategory")}}
