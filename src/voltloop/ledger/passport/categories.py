"""The category of a battery, in whatever words a passport tells it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from voltloop.ledger.passport.points import Category

__all__ = ["category_of", "category_word"]

_WORDS: Final[tuple[tuple[str, Category], ...]] = (
    ("nonstationary", "industrial"),
    ("stationary", "stationary"),
    ("energystorage", "stationary"),
    ("lmt", "lmt"),
    ("lightmeans", "lmt"),
    ("electricvehicle", "ev"),
    ("industrial", "industrial"),
)
_WHERE: Final = (
    ("batteryCategory",),
    ("category",),
    ("schema:category",),
    ("batteryPass", "GeneralProductInformation", "batteryCategory"),
    ("batteryPassReady", "IdentifiersAndProductData", "BatteryCategory"),
    ("catenaX", "identification", "category"),
)


def category_word(text: str) -> Category | None:
    """Read the category of a battery; None where the words name none that needs a passport.

    Examples
    --------
    >>> category_word("industrial/stationary battery"), category_word("eubat:EVBattery"), category_word("SLI")
    ('stationary', 'ev', None)
    """
    letters = re.sub(r"[^a-z]", "", re.split(r"[:#]", text)[-1].lower())
    if letters in {"ev", "evbattery"}:
        return "ev"
    return next((category for word, category in _WORDS if word in letters), None)


def category_of(record: Mapping[str, Any]) -> Category | None:
    """Give the category that a passport tells, None where it tells none."""
    for path in _WHERE:
        node: Any = record
        for name in path:
            node = node.get(name) if isinstance(node, Mapping) else None
        for text in _texts(node):
            found = category_word(text)
            if found is not None:
                return found
    return None


def _texts(node: Any) -> list[str]:
    if isinstance(node, str):
        return [node]
    if isinstance(node, Mapping):
        return [text for part in node.values() for text in _texts(part)]
    if isinstance(node, list):
        return [text for part in node for text in _texts(part)]
    return []
