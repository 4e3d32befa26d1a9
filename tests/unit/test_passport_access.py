"""Who may see which field: every data point and every term of the official matrix, for every class of readers."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest

from passport_cases import AT, ITEM, OPERATOR, SHARED, canary, frame, official, with_canaries
from voltloop.errors import InputError
from voltloop.ledger.passport.access import READERS, Grant, Reader, keeps, may_read, visible
from voltloop.ledger.passport.places import term_place
from voltloop.ledger.passport.points import CATEGORIES, data_points, is_displayed

TIERS = {
    "public": {"public"},
    "legitimate": {"public", "legitimate", "individual"},
    "authority": {"public", "legitimate", "individual", "authority"},
    "owner": {"public", "individual"},
    "oem": {"all"},
    "licensee": {"public"},
    "remanufacturer": {"public", "legitimate", "individual"},
    "recycler": {"public", "legitimate", "individual"},
    "carrier": {"public", "transport"},
    "administrator": {"all"},
}
"""Which tiers each class sees, written here once more by hand."""


def test_every_class_of_readers_is_held_to_the_matrix() -> None:
    assert set(TIERS) == set(READERS)


@pytest.mark.parametrize("category", CATEGORIES)
@pytest.mark.parametrize("kind", READERS)
def test_every_data_point_by_every_class(kind: str, category: Any) -> None:
    record = with_canaries(category)
    sight = visible(record, Reader(kind), AT)
    text = json.dumps(sight.record)
    for point in data_points(AT.date()).values():
        tiers = TIERS[kind]
        open_to = "all" in tiers or (point.tier in tiers and is_displayed(point, category))
        assert (canary(point.name) in text) == open_to, (kind, point.number, point.name)
        assert may_read(record, [point.name], Reader(kind), AT) == open_to


def _matrix() -> list[tuple[str, str]]:
    file = SHARED / "dpp-ready" / "access-matrix-battery.md"
    if not file.is_file():
        pytest.skip("the official matrix of access is not here")
    return re.findall(r"^\| `(\S+)` \|[^|]*\| \*\*([^*]+)\*\*", file.read_text(), flags=re.M)


PENDING = {17, 18, 19, 44}


@pytest.mark.parametrize("kind", READERS)
def test_every_term_of_the_official_matrix(kind: str) -> None:
    """A canary under each of the 227 terms, alone at the top and within a public group."""
    sees = TIERS[kind]
    rows = _matrix()
    assert len(rows) == 227
    for term, tier in rows:
        place = term_place(term, AT.date(), is_top=True)
        for record in (frame(**{term: canary(term)}), frame(**{f"eubat:{term}": {"value": canary(term)}})):
            shown = canary(term) in json.dumps(visible(record, Reader(kind), AT).record)
            if "all" in sees:
                expected = True
            elif tier == "Public":
                expected = not (place.points & PENDING)
            elif tier == "AuthorizedOnly":
                expected = bool(sees & {"legitimate", "individual"}) and place.tier in sees
                expected = expected and not (place.points & PENDING)
            else:
                expected = tier == "Restricted" and "authority" in sees
            assert shown == expected, (kind, term, tier)
        if tier != "(inherited)":
            inside = frame(hasTechnicalSpecifications={term: canary(term)})
            shown = canary(term) in json.dumps(visible(inside, Reader(kind), AT).record)
            assert shown <= ("all" in sees or tier == "Public" or bool(sees - {"public", "transport"}))


def test_a_field_that_nobody_knows_is_the_keepers() -> None:
    record = frame(
        secret=canary("a"), netWeight={"value": 1, "secret": canary("b")}, catenaX={"secret": canary("c")}
    )
    for kind in READERS:
        text = json.dumps(visible(record, Reader(kind), AT).record)
        assert ("canary" in text) == (TIERS[kind] == {"all"}), kind


def _leaves(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(node, dict) and node:
        return [leaf for name, part in node.items() for leaf in _leaves(part, (*path, name))]
    if isinstance(node, list) and node:
        return [leaf for place, part in enumerate(node) for leaf in _leaves(part, (*path, place))]
    return [path]


def _put(node: Any, path: tuple[Any, ...], value: str) -> None:
    for step in path[:-1]:
        node = node[step]
    node[path[-1]] = value


def test_no_field_of_another_data_model_is_seen_beyond_its_tier() -> None:
    """Every field of the examples holds a canary; who may read it by the policy alone sees it, nobody else."""
    documents = {
        "catenaX": official("examples/catenax/battery.battery_pass-6.1.0-BatteryPass.json"),
        "batteryPassReady": official("examples/batterypass-ready/ev.gefeg.json")["Battery_Passport"],
        "batteryPass": {
            "PerformanceAndDurability": official(
                "examples/batterypass/PerformanceAndDurability-payload.json"
            ),
            "Labeling": official("examples/batterypass/Labeling-payload.json"),
        },
    }
    for model, document in documents.items():
        leaves = _leaves(document)
        for number, leaf in enumerate(leaves):
            _put(document, leaf, f"canary-{number}-x")
        record = frame(batteryCategory="ev", **{model: document})
        seen = {kind: json.dumps(visible(record, Reader(kind), AT).record) for kind in READERS}
        for number, leaf in enumerate(leaves):
            path = [model, *leaf]
            for kind in READERS:
                is_seen = f"canary-{number}-x" in seen[kind]
                assert is_seen == may_read(record, path, Reader(kind), AT), (kind, path)
        dynamic = [number for number, leaf in enumerate(leaves) if "negativeEvents" in leaf]
        reports = [
            number
            for number, leaf in enumerate(leaves)
            if str(leaf[-1]).startswith(("resultOfTest", "ResultsOfTest"))
        ]
        assert not any(f"canary-{number}-x" in seen["public"] for number in dynamic + reports)
        assert not any(f"canary-{number}-x" in seen["legitimate"] for number in reports)


def test_a_contract_opens_what_it_names_while_it_counts_for_what_it_covers() -> None:
    record = with_canaries("ev")
    model = ITEM.partition("/21/")[0]
    grant = Grant(
        "urn:lab", frozenset({"diagnostics"}), frozenset({61}), (model,), AT, AT + timedelta(days=30)
    )
    reader = Reader("licensee", "urn:lab", (grant,))

    def sees(when: timedelta, of: Reader = reader, product: str = ITEM) -> bool:
        told = record | {"uniqueProductIdentifier": product}
        return canary("stateOfCertifiedEnergy") in json.dumps(visible(told, of, AT + when).record)

    assert sees(timedelta())
    assert not sees(timedelta(seconds=-1))
    assert not sees(timedelta(days=30))
    assert not sees(timedelta(), product="https://id.gs1.org/01/09521002005011/21/1")
    assert not sees(timedelta(), product=f"{model}9/21/1")
    assert not sees(timedelta(), Reader("licensee", "urn:other", (grant,)))
    assert canary("capacityFade") not in json.dumps(visible(record, reader, AT).record)


def test_a_maker_keeps_its_own_passports_only() -> None:
    record = with_canaries("ev")
    assert keeps(record, Reader("oem", OPERATOR), AT)
    assert not keeps(record, Reader("oem", "https://id.gs1.org/417/9521234000105"), AT)
    other = visible(record, Reader("oem", "https://id.gs1.org/417/9521234000105"), AT).record
    assert other == visible(record, Reader("public"), AT).record


def test_an_unknown_class_is_refused() -> None:
    with pytest.raises(InputError, match="no class of readers"):
        Reader("king")
