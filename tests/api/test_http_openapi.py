"""Our OpenAPI beside the official one: what the standard's has, ours has too."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from http_cases import served

OFFICIAL = Path(__file__).parents[2].parent / "shared" / "standards" / "epcis" / "rest" / "openapi.json"
METHODS = ("get", "post", "delete", "options")

LEFT_OUT = {
    (
        "/bizLocations/{bizLocation}",
        "get",
        "parameters",
        ("query", "perpage"),
    ): "a list of one needs no pages",
    (
        "/bizLocations/{bizLocation}",
        "get",
        "parameters",
        ("query", "nextpagetoken"),
    ): "a list of one needs no pages",
    ("/readPoints/{readPoint}", "get", "parameters", ("query", "perpage")): "a list of one needs no pages",
    (
        "/readPoints/{readPoint}",
        "get",
        "parameters",
        ("query", "nextpagetoken"),
    ): "a list of one needs no pages",
    ("/nextPageToken/{token}", "delete", "answers", "501"): "tokens can be given back here",
    (
        "/queries/{queryName}/events",
        "get",
        "content",
        ("400", "application/json"),
    ): "problems are problem+json",
    ("/queries/{queryName}/events", "get", "content", ("400", "application/xml")): "problems are problem+xml",
    (
        "/queries/{queryName}/subscriptions",
        "get",
        "content",
        ("400", "application/json"),
    ): "problems are problem+json",
    (
        "/queries/{queryName}/subscriptions",
        "get",
        "content",
        ("400", "application/xml"),
    ): "problems are problem+xml",
}
"""What the official document has and ours has not, with the reason."""

pytestmark = pytest.mark.skipif(not OFFICIAL.exists(), reason=f"the official OpenAPI is not at {OFFICIAL}")


@pytest.fixture
def ours(ledger: Engine, tmp_path: Path) -> Iterator[Mapping[str, Any]]:
    with served(ledger, tmp_path) as client:
        yield client.get("/openapi.json").json()


def resolved(document: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow a reference within the document."""
    while "$ref" in node:
        found: Any = document
        for step in node["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        node = found
    return node


def operations(document: Mapping[str, Any], prefix: str = "") -> dict[tuple[str, str], dict[str, Any]]:
    """Give parameters, answers and their headers of every operation below a prefix."""
    found = {}
    for path, item in document["paths"].items():
        if not path.startswith(prefix):
            continue
        for method in METHODS:
            if method not in item:
                continue
            operation = item[method]
            parameters = [*item.get("parameters", []), *operation.get("parameters", [])]
            named = {(p["in"], p["name"].lower()) for p in (resolved(document, p) for p in parameters)}
            answers = {code: resolved(document, node) for code, node in operation["responses"].items()}
            headers = {
                (code, name.lower()) for code, node in answers.items() for name in node.get("headers", {})
            }
            body = resolved(document, operation.get("requestBody", {})).get("content", {})
            found[path.removeprefix(prefix) or "/", method] = {
                "parameters": named,
                "answers": set(answers),
                "headers": headers,
                "body": set(body),
                "content": {
                    (code, kind) for code, node in answers.items() for kind in node.get("content", {})
                },
            }
    return found


def answered(key: tuple[str, str], aspect: str, value: object) -> bool:
    """Whether this is part of an answer that is left out."""
    status = value[0] if isinstance(value, tuple) else value
    return (*key, "answers", status) in LEFT_OUT


def test_every_operation_of_the_standard_is_there_with_its_parameters_answers_and_headers(
    ours: Mapping[str, Any],
):
    official, own = operations(json.loads(OFFICIAL.read_text())), operations(ours, "/epcis")
    missing = []
    for key, wanted in official.items():
        if key not in own:
            missing.append((*key, "operation"))
            continue
        for aspect, values in wanted.items():
            missing += [
                (*key, aspect, value)
                for value in values - own[key][aspect]
                if (*key, aspect, value) not in LEFT_OUT and not answered(key, aspect, value)
            ]
    assert not missing, "\n".join(map(str, missing))
