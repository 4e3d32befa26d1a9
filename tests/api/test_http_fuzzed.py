"""Requests made up from our own OpenAPI: every answer is one that it describes, and none is a fault of the server."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from sqlalchemy import Engine

from voltloop.ledger.database import Ledger
from voltloop.ledger.keys import add_key
from voltloop.server.application import application
from voltloop.server.service import start
from voltloop.server.settings import Settings

with warnings.catch_warnings():
    # Its client for applications in process still asks for a successor of httpx.
    warnings.simplefilter("ignore")
    import schemathesis
    from schemathesis import Case, GenerationMode
    from schemathesis.checks import load_all_checks
    from schemathesis.python import asgi as schemathesis_asgi
    from schemathesis.schemas import BaseSchema

pytestmark = pytest.mark.slow

MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
EXAMPLES = 4
_numbers = itertools.count()


@pytest.fixture
def schema(ledger: Engine, tmp_path: Path) -> Iterator[tuple[BaseSchema, dict[str, str]]]:
    key = add_key(ledger, "tests", ["admin"])
    service = start(Ledger(ledger, tmp_path, None), Settings())
    yield (
        schemathesis.openapi.from_asgi("/openapi.json", application(service)),
        {"Authorization": f"Bearer {key}"},
    )
    schemathesis_asgi.shutdown_lifespans()  # closes the service, before the database of the test is dropped


def adapt(case: Case) -> bool:
    """Keep a valid request within what no schema can say; False where nothing remains to be asked.

    Page tokens come from the server; the two limits of events exclude each other, and the one that cuts needs an order;
    most event times that can be made up lie in the future; names of queries are printable and new, and their parameters
    more than can be listed; of XML an OpenAPI document says nothing.
    """
    for parameters in (case.query, case.body.get("query") if isinstance(case.body, dict) else None):
        if isinstance(parameters, dict):
            parameters.pop("nextPageToken", None)
            if "maxEventCount" in parameters or "orderBy" not in parameters:
                parameters.pop("eventCountLimit", None)
            for name in [name for name in parameters if not name.isidentifier() or "_" not in name]:
                if case.path.endswith("/queries") and name not in ("eventType", "orderBy", "orderDirection"):
                    parameters.pop(name)
    if case.media_type and case.media_type.endswith("xml"):
        return False
    if isinstance(case.body, dict) and "eventTime" in case.body:
        case.body["eventTime"] = "2026-11-22T08:15:00Z"
    if isinstance(case.body, dict) and "name" in case.body:
        case.body["name"] = f"query {next(_numbers)}"
    return _adapt_own(case)


def _adapt_own(case: Case) -> bool:
    """Keep a valid request of our own resources within what no schema can say.

    Event times as above; rings are closed and do not cross; a device leaves after it came; kinds of goods, measures
    and their units are those of the catalogue; an inspection tells at least one thing, as a word of the CBV.
    """
    if not isinstance(case.body, dict):
        return True
    for name in {"at", "from_at"} & set(case.body):
        case.body[name] = "2026-11-22T08:15:00Z"
    for name in ("shape", "corridor"):
        if case.body.get(name):
            case.body[name] = {"type": "Circle", "center": [7.01, 51.45], "radius_m": 300}
    for limit in case.body.get("limits", ()):
        limit.update({"metric": "temperature", "uom": None})
    if "goods" in case.body:
        case.body["goods"] = "cells_dry"
    case.body.pop("until_at", None)
    if case.body.get("kind") == "inspect":
        case.body["disposition"] = "damaged"
    return True


@pytest.mark.parametrize("prefix", ["/epcis", "/ledger", "/telemetry"])
def test_every_answer_is_as_described(schema: tuple[BaseSchema, dict[str, str]], prefix: str):
    described, key = schema
    load_all_checks()
    operations = [result.ok() for result in described.get_all_operations()]
    asked = [operation for operation in operations if operation.path.startswith(prefix)]
    assert asked
    for operation in asked:
        for mode in MODES:

            @given(case=operation.as_strategy(generation_mode=mode))
            @settings(
                max_examples=EXAMPLES,
                deadline=None,
                suppress_health_check=list(HealthCheck),
                phases=[Phase.generate],
                derandomize=True,
                database=None,
            )
            def ask(case: Case) -> None:
                if case.meta.generation.mode is GenerationMode.NEGATIVE or adapt(case):
                    case.call_and_validate(headers=key)

            ask()
