"""Where the published examples lie, and how the tests read them without a document reader."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = next(
    (
        parent / "shared/standards/epcis/examples"
        for parent in Path(__file__).parents
        if (parent / "shared/standards/epcis/examples").exists()
    ),
    None,
)


def examples(pattern: str, beside: str = "") -> list[Any]:
    """Give the files as test parameters, or one parameter that skips and says why.

    With ``beside`` only those that have a file of the same name with this ending beside them.
    """
    if EXAMPLES is None:
        why = "The published EPCIS examples are not beside this clone (../shared/standards/epcis)."
        return [pytest.param(Path(), marks=pytest.mark.skip(reason=why))]
    return [pytest.param(file, id=file.name) for file in sorted(EXAMPLES.glob(pattern)) if _has(file, beside)]


def _has(file: Path, ending: str) -> bool:
    return not ending or file.with_suffix(ending).exists()


def events_of(file: Path) -> Iterator[tuple[dict[str, Any], dict[str, str]]]:
    """Give each event of a JSON document with the namespaces in force."""
    document = json.loads(file.read_text(encoding="utf-8"))
    body = document.get("epcisBody", {"eventList": [document]})
    if "queryResults" in body:
        body = body["queryResults"]["resultsBody"]
    for event in body["eventList"]:
        yield event, _namespaces(document) | _namespaces(event)


def _namespaces(holder: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in holder.get("@context", []):
        if isinstance(entry, dict):
            found |= {prefix: uri for prefix, uri in entry.items() if isinstance(uri, str)}
    return found
