"""Documents of other data models: taken whole, given back without loss, refused with the data point named."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from passport_cases import AT, SHARED, frame, official
from voltloop.errors import InputError
from voltloop.ledger.passport.access import ADMINISTRATOR, visible
from voltloop.ledger.passport.checks import refuse_faults
from voltloop.ledger.passport.models import exported, imported
from voltloop.ledger.passport.representation import (
    NOT_THERE,
    compressed,
    element_at,
    full,
    merged,
    path_of,
    put_at,
)
from voltloop.ledger.passport.texts import read_json, text_of

DOCUMENTS = {
    "catenax/battery.battery_pass-6.1.0-BatteryPass.json": "catenaX",
    "catenax/battery.battery_pass-5.0.0-BatteryPass.json": "catenaX",
    "batterypass-ready/ev.gefeg.json": "batteryPassReady",
    "batterypass-ready/stationary.gefeg.json": "batteryPassReady",
    "batterypass-ready/industrial-without-bms.gefeg.json": "batteryPassReady",
    "batterypass/GeneralProductInformation-payload.json": "GeneralProductInformation",
    "batterypass/Labeling-payload.json": "Labeling",
    "batterypass/PerformanceAndDurability-payload.json": "PerformanceAndDurability",
    "batterypass/SupplyChainDueDiligence-payload.json": "SupplyChainDueDiligence",
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_official_examples_come_back_without_loss(name: str) -> None:
    document = official(f"examples/{name}")
    parts = read_json(text_of(imported(document, AT)))
    refuse_faults(parts, AT)
    model = DOCUMENTS[name]
    held = exported(visible(parts, ADMINISTRATOR, AT), model if model[0].islower() else "batteryPass", AT)
    assert (held if model[0].islower() else held[model]) == document


@pytest.mark.parametrize(
    "name",
    [
        *(f"amperia-staxwall-{level}.jsonld" for level in ("model", "batch")),
        *(f"battery-product{level}.jsonld" for level in ("", "-model", "-batch")),
        "batterypass-ev-item.jsonld",
        "batterypass-industrial-item.jsonld",
    ],
)
def test_linked_data_comes_back_without_loss(name: str) -> None:
    document = official(f"examples/dpp-jsonld/{name}")
    parts = imported(document, AT)
    refuse_faults(parts, AT)
    assert exported(visible(parts, ADMINISTRATOR, AT), "jsonLd", AT) == document
    assert full(compressed(full(parts))) == full(parts)


def test_the_full_form_comes_back_with_all_that_its_sender_said() -> None:
    document = official("examples/dpp-jsonld/battery-product.en18223.json")
    parts = imported(document, AT)
    refuse_faults(parts, AT)
    assert full(read_json(text_of(parts))) != {}
    assert sorted(full(parts)["elements"], key=str) == sorted(document["elements"], key=str)


def test_the_official_example_with_a_wrong_number_is_refused_by_its_data_point() -> None:
    with pytest.raises(InputError, match="data point 45") as raised:
        imported(official("examples/batterypass/MaterialComposition-payload.json"), AT)
    assert "7439-93-2 " in raised.value.message


def _places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(node, dict):
        return [
            found for name, part in node.items() for found in [(*path, name), *_places(part, (*path, name))]
        ]
    if isinstance(node, list):
        return [found for place, part in enumerate(node) for found in _places(part, (*path, place))]
    return []


@pytest.mark.parametrize(
    "name",
    ["catenax/battery.battery_pass-6.1.0-BatteryPass.json", "batterypass-ready/ev.gefeg.json"],
)
def test_our_verdict_is_that_of_the_official_schema_whatever_is_taken_out(name: str) -> None:
    """Each field taken out, and each replaced by a value of another kind: refused where the schema refuses it."""
    import json

    import jsonschema_rs

    document = official(f"examples/{name}")
    verdicts = official("examples/verdicts.json")
    schema = json.loads((SHARED / verdicts[f"examples/{name}"]["schema"]).read_text(encoding="utf-8-sig"))
    judge = jsonschema_rs.validator_for(schema, validate_formats=True)
    assert judge.is_valid(document)
    for path in _places(document):
        for value in (NOT_THERE, {"x": 1}, 10**6, "\x01"):
            changed = copy.deepcopy(document)
            node = changed
            for step in path[:-1]:
                node = node[step]
            if value is NOT_THERE:
                del node[path[-1]]
            else:
                node[path[-1]] = value
            if not judge.is_valid(changed):
                with pytest.raises((InputError, KeyError)):
                    imported(changed, AT)


def test_what_no_data_model_knows_is_refused() -> None:
    for document in ([], "x", {}, {"colour": "red"}, {"@context": "x"}):
        with pytest.raises(InputError, match="data model"):
            imported(document, AT)


@pytest.mark.parametrize(
    "text", ["", "$", "netWeight", "$..a", "$.*", "$[0]", "$[*]", "$.a[?@.b]", "$.a[1:2]", "$.a["]
)
def test_a_path_that_is_not_to_one_element_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="JSONPath"):
        path_of(text)


def test_elements_are_found_and_put_at_their_paths() -> None:
    record = frame(hasLabels=[{"a": 1}, {"a": 2}])
    assert element_at(record, path_of("$.hasLabels[1].a")) == 2
    assert element_at(record, path_of("$.hasLabels[7]")) is NOT_THERE
    assert put_at(record, path_of("$['hasLabels'][1]['a']"), 5)["hasLabels"] == [{"a": 1}, {"a": 5}]
    assert put_at(record, path_of("$.hasLabels[0]"), None)["hasLabels"] == [{"a": 2}]
    with pytest.raises(KeyError):
        put_at(record, path_of("$.nothing.a"), 1)
    assert record["hasLabels"] == [{"a": 1}, {"a": 2}]


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_patches_merge_as_rfc_7396_says(target: Any, patch: Any, result: Any) -> None:
    assert merged(target, patch) == result
