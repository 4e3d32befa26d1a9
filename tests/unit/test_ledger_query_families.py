"""Every family of query parameters finds exactly the events that it should, in both spellings of identifiers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine

from ledger_cases import Databases
from query_cases import NOW, ask, ask_json, event, fill
from voltloop.epcis.master_data import MasterDataElement
from voltloop.ledger.master_data import store

PACK = "urn:epc:id:sgtin:9521234.012345.1"
PACK_LINK = "https://id.gs1.org/01/09521234123453/21/1"
OTHER_PACK = "https://example.com/01/09521234123453/21/2"
FOREIGN = "urn:epc:id:sgtin:4012345.012345.1"
LOAD = "urn:epc:id:sscc:9521234.0000000333"
LOT = "urn:epc:class:lgtin:9521234.012345.A1"
SITE = "urn:epc:id:sgln:9521234.00001.0"
HALL = "urn:epc:id:sgln:9521234.00001.7"
SHELF = "https://example.com/places/shelf"
PLACES = "urn:epcglobal:epcis:vtype:BusinessLocation"
POINTS = "urn:epcglobal:epcis:vtype:ReadPoint"
PARTIES = "urn:epcglobal:epcis:vtype:Party"
STEPS = "urn:epcglobal:epcis:vtype:BusinessStep"


def _sensors(**report: Any) -> list[dict[str, Any]]:
    return [{"sensorReport": [report]}]


EVENTS = [
    event("plain", epcList=[PACK], action="ADD", bizStep="commissioning", disposition="active"),
    event(
        "shipped", "2026-01-02T10:00:00Z", epcList=[OTHER_PACK], bizStep="shipping", readPoint={"id": SITE}
    ),
    event(
        "custom", epcList=[FOREIGN], bizStep="https://example.com/steps/crushing", bizLocation={"id": SHELF}
    ),
    event(
        "packed",
        kind="AggregationEvent",
        parentID=LOAD,
        childEPCs=[PACK],
        bizStep="packing",
        bizLocation={"id": HALL, "example:gate": "7"},
        bizTransactionList=[{"type": "po", "bizTransaction": "urn:epcglobal:cbv:bt:9521234000006:77"}],
    ),
    event(
        "paper",
        kind="TransactionEvent",
        parentID=PACK,
        bizTransactionList=[{"type": "desadv", "bizTransaction": "urn:epcglobal:cbv:bt:9521234000006:77"}],
        sourceList=[{"type": "owning_party", "source": "urn:epc:id:pgln:9521234.00001"}],
        destinationList=[{"type": "https://example.com/kinds/agent", "destination": "https://example.com/a"}],
    ),
    event(
        "shredded",
        kind="TransformationEvent",
        inputEPCList=[PACK],
        outputQuantityList=[{"epcClass": LOT, "quantity": 0.5, "uom": "TNE"}],
        transformationID="urn:epc:id:gdti:9521234.00001.1",
        ilmd={"cbvmda:lotNumber": "007", "example:mass": {"example:dry": 480, "example:note": "wet inside"}},
    ),
    event("counted", quantityList=[{"epcClass": LOT, "quantity": 3}], disposition="damaged"),
    event(
        "held",
        epcList=[PACK],
        persistentDisposition={"set": ["damaged"], "unset": ["conformant"]},
        **{"example:level": 5, "example:when": "2026-03-01T12:00:00+02:00", "example:tag": ["a", "b"]},
    ),
    event(
        "texts", epcList=[PACK], **{"example:level": "5.0", "example:deep": {"ex2:in": {"ex2:most": "gold"}}}
    ),
    event(
        "warm",
        epcList=[PACK],
        sensorElementList=[
            {
                "sensorMetadata": {
                    "time": "2026-01-01T09:00:00Z",
                    "deviceID": "urn:epc:id:giai:9521234.111",
                    "example:firmware": "1.2",
                },
                "sensorReport": [
                    {"type": "Temperature", "value": 25, "uom": "CEL", "example:quality": "good"},
                    {"type": "RelativeHumidity", "value": 12.1, "uom": "P1"},
                ],
                "example:mount": {"example:side": "left"},
            }
        ],
    ),
    event(
        "spread",
        epcList=[PACK],
        sensorElementList=_sensors(type="Temperature", sDev=0.9, uom="FAH", percRank=50),
    ),
    event(
        "odd",
        epcList=[PACK],
        sensorElementList=_sensors(
            type="https://example.com/types/smell", stringValue="sweet", booleanValue=True
        ),
    ),
    event(
        "wrong",
        "2026-01-05T10:00:00Z",
        epcList=[PACK],
        errorDeclaration={
            "declarationTime": "2026-02-01T00:00:00Z",
            "reason": "incorrect_data",
            "correctiveEventIDs": ["urn:example:event:right"],
            "example:by": "QA",
        },
    ),
]
MASTER_DATA = [
    MasterDataElement(PLACES, SITE, {"cbvmda:city": "Ulm"}, (HALL,)),
    MasterDataElement(PLACES, HALL, {"cbvmda:city": "Bonn", "urn:x:dry": "yes"}, (SHELF,)),
    MasterDataElement(POINTS, SITE, {"cbvmda:city": "Essen", "urn:x:gate": "north"}, ()),
    MasterDataElement(POINTS, HALL, {"urn:x:gate": "south"}, ()),
    MasterDataElement(PARTIES, "urn:epc:id:pgln:9521234.00001", {"urn:x:licence": "7"}, ()),
    MasterDataElement(POINTS, "urn:epc:id:pgln:9521234.00001", {"urn:x:gate": "west"}, ()),
    MasterDataElement(STEPS, "urn:epcglobal:cbv:bizstep:shipping", {"urn:x:owner": "sales"}, ()),
    MasterDataElement(
        "urn:epcglobal:epcis:vtype:EPCClass", LOT, {"cbvmda:descriptionShort": "black mass"}, ()
    ),
]
OLD = {"plain", "custom", "packed", "paper", "shredded", "counted", "held", "texts", "warm", "spread", "odd"}
EVERY = OLD | {"shipped", "wrong"}


@pytest.fixture(scope="module")
def filled(databases: Databases) -> Iterator[Engine]:
    """Give one ledger for all cases: they only read."""
    with databases.fresh() as ledger:
        fill(ledger, EVENTS)
        with ledger.begin() as connection:
            store(connection, MASTER_DATA, captured_at=NOW)
        yield ledger


CASES: list[tuple[str, str, set[str]]] = [
    # type and time
    ("eventType", "TransactionEvent|TransformationEvent", {"paper", "shredded"}),
    ("eventType", "https://example.com/types/none", set()),
    ("GE_eventTime", "2026-01-02T11:00:00+01:00", {"shipped", "wrong"}),
    ("LT_eventTime", "2026-01-02T11:00:00.000001+01:00", OLD | {"shipped"}),
    (
        "GE_recordTime",
        "2026-06-01T12:00:00.000005Z",
        {"shredded", "counted", "held", "texts", "warm", "spread", "odd", "wrong"},
    ),
    ("LT_recordTime", "2026-06-01T12:00:00.000001Z", {"plain"}),
    # equals
    ("EQ_action", "ADD", {"plain"}),
    ("EQ_bizStep", "shipping|packing", {"shipped", "packed"}),
    ("EQ_bizStep", "urn:epcglobal:cbv:bizstep:shipping", {"shipped"}),
    ("EQ_bizStep", "https://ref.gs1.org/cbv/BizStep-shipping", {"shipped"}),
    ("EQ_bizStep", "https://example.com/steps/crushing", {"custom"}),
    ("EQ_disposition", "active", {"plain"}),
    ("EQ_persistentDisposition_set", "damaged", {"held"}),
    ("EQ_persistentDisposition_unset", "urn:epcglobal:cbv:disp:conformant", {"held"}),
    ("EQ_persistentDisposition_unset", "damaged", set()),
    ("EQ_readPoint", "https://id.gs1.org/414/9521234000013", {"shipped"}),
    ("EQ_bizLocation", SHELF, {"custom"}),
    ("EQ_transformationID", "urn:epc:id:gdti:9521234.00001.1", {"shredded"}),
    ("EQ_eventID", "urn:example:event:plain|urn:example:event:wrong", {"plain", "wrong"}),
    # with descendants
    ("WD_bizLocation", SITE, {"custom", "packed"}),
    ("WD_bizLocation", HALL, {"custom", "packed"}),
    ("WD_bizLocation", SHELF, {"custom"}),
    ("WD_readPoint", SITE, {"shipped"}),
    # identifiers
    ("MATCH_epc", PACK, {"plain", "packed", "held", "texts", "warm", "spread", "odd", "wrong"}),
    ("MATCH_epc", PACK_LINK, {"plain", "packed", "held", "texts", "warm", "spread", "odd", "wrong"}),
    ("MATCH_epc", "urn:epc:id:sgtin:9521234.012345.2", {"shipped"}),
    ("MATCH_epc", "urn:epc:idpat:sgtin:9521234.012345.2", {"shipped"}),
    ("MATCH_epc", "urn:epc:idpat:sgtin:4012345.*.*", {"custom"}),
    ("MATCH_epc", f"{FOREIGN}|urn:epc:idpat:sgtin:9521234.012345.2", {"custom", "shipped"}),
    (
        "MATCH_epc",
        "https://id.gs1.org/01/09521234123453",
        {"shipped", "plain", "packed", "held", "texts", "warm", "spread", "odd", "wrong"},
    ),
    ("MATCH_epc", LOAD, set()),
    ("MATCH_parentID", LOAD, {"packed"}),
    ("MATCH_parentID", "urn:epc:idpat:sscc:9521234.*", {"packed"}),
    ("MATCH_parentID", PACK, {"paper"}),
    ("MATCH_inputEPC", PACK_LINK, {"shredded"}),
    ("MATCH_outputEPC", PACK, set()),
    ("MATCH_anyEPC", "urn:epc:idpat:sgtin:9521234.*.*", EVERY - {"custom", "counted"}),
    ("MATCH_anyEPC", LOAD, {"packed"}),
    ("MATCH_epcClass", LOT, {"counted"}),
    ("MATCH_epcClass", "https://id.gs1.org/01/09521234123453/10/A1", {"counted"}),
    ("MATCH_outputEPCClass", LOT, {"shredded"}),
    ("MATCH_inputEPCClass", LOT, set()),
    ("MATCH_anyEPCClass", "urn:epc:idpat:lgtin:9521234.*.*", {"counted", "shredded"}),
    ("MATCH_anyEPCClass", PACK, set()),
    # typed references
    ("EQ_bizTransaction_po", "urn:epcglobal:cbv:bt:9521234000006:77", {"packed"}),
    ("EQ_bizTransaction_urn:epcglobal:cbv:btt:desadv", "urn:epcglobal:cbv:bt:9521234000006:77", {"paper"}),
    ("EQ_source_owning_party", "https://id.gs1.org/417/9521234000013", {"paper"}),
    ("EQ_source_possessing_party", "urn:epc:id:pgln:9521234.00001", set()),
    ("EQ_destination_https://example.com/kinds/agent", "https://example.com/a", {"paper"}),
    # quantities
    ("EQ_quantity", "3", {"counted"}),
    ("GE_quantity", "0.5", {"counted", "shredded"}),
    ("GT_quantity", "0.5", {"counted"}),
    ("EQ_quantity_KGM", "500", {"shredded"}),
    ("LT_quantity_KGM", "500.001", {"shredded"}),
    ("LT_quantity_TNE", "0.5", set()),
    ("LE_quantity_TNE", "0.5", {"shredded"}),
    # error declarations
    ("EXISTS_errorDeclaration", "true", {"wrong"}),
    ("EXISTS_errorDeclaration", "", {"wrong"}),
    ("EXISTS_errorDeclaration", "false", EVERY),
    ("GE_errorDeclarationTime", "2026-02-01T00:00:00Z", {"wrong"}),
    ("LT_errorDeclaration_Time", "2026-02-01T00:00:00Z", set()),
    ("GE_errorDeclaration_Time", "2026-01-31T00:00:00Z", {"wrong"}),
    ("EQ_errorReason", "incorrect_data", {"wrong"}),
    ("EQ_errorReason", "did_not_occur", set()),
    ("EQ_correctiveEventID", "urn:example:event:right", {"wrong"}),
    ("EQ_ERROR_DECLARATION_example:by", "QA", {"wrong"}),
    # sensors
    ("EXISTS_sensorElementList", "true", {"warm", "spread", "odd"}),
    ("EQ_type", "Temperature", {"warm", "spread"}),
    ("EQ_type", "https://gs1.org/voc/RelativeHumidity", {"warm"}),
    ("EQ_type", "https://example.com/types/smell", {"odd"}),
    ("EQ_deviceID", "https://id.gs1.org/8004/9521234111", {"warm"}),
    ("EQ_stringValue", "sweet", {"odd"}),
    ("EQ_booleanValue", "true", {"odd"}),
    ("EQ_booleanValue", "false", set()),
    ("EQ_value_FAH", "77", {"warm"}),
    ("EQ_value_CEL", "25.0|99", {"warm"}),
    ("GE_value_KEL", "298.15", {"warm"}),
    ("GT_value_FAH", "77", set()),
    ("LE_value_P1", "12.1", {"warm"}),
    ("LE_value_CEL", "24.9", set()),
    ("LT_sDev_CEL", "0.501", {"spread"}),
    ("GE_sDev_KEL", "0.5", {"spread"}),
    ("EQ_percRank", "50", {"spread"}),
    ("GT_percRank", "50", set()),
    ("GE_time", "2026-01-01T09:00:00Z", {"warm"}),
    ("LT_time", "2026-01-01T09:00:00Z", set()),
    ("GE_startTime", "2020-01-01T09:00:00Z", set()),
    ("EQ_SENSORMETADATA_example:firmware", "1.2", {"warm"}),
    ("EXISTS_SENSORELEMENT_example:mount", "", {"warm"}),
    ("EQ_INNER_SENSORELEMENT_example:side", "left", {"warm"}),
    ("EQ_SENSORREPORT_example:quality", "good|bad", {"warm"}),
    # extensions
    ("EQ_example:level", "5", {"held"}),
    ("EQ_example:level", "5.0", {"held", "texts"}),
    ("GE_example:level", "4.5", {"held", "texts"}),
    ("LT_example:level", "5", set()),
    ("EQ_example:tag", "b", {"held"}),
    ("EQ_example:when", "2026-03-01T10:00:00Z", {"held"}),
    ("GE_example:when", "2026-03-01T10:00:00.000Z", {"held"}),
    ("GT_example:when", "2026-03-01T10:00:00.000Z", set()),
    ("EQ_https://example.com/ns#tag", "a", {"held"}),
    ("EXISTS_example:level", "", {"held", "texts"}),
    ("EXISTS_example:nothing", "", set()),
    ("EXISTS_example:deep", "", {"texts"}),
    ("EQ_INNER_ex2:most", "gold", {"texts"}),
    ("EQ_ex2:most", "gold", set()),
    ("EXISTS_INNER_ex2:in", "", {"texts"}),
    ("EQ_ILMD_cbvmda:lotNumber", "007", {"shredded"}),
    ("EQ_ILMD_cbvmda:lotNumber", "7", set()),
    ("EQ_ILMD_urn:epcglobal:cbv:mda#lotNumber", "007", {"shredded"}),
    ("GE_INNER_ILMD_example:dry", "480", {"shredded"}),
    ("EQ_INNER_ILMD_example:note", "wet inside", {"shredded"}),
    ("EQ_bizLocation_example:gate", "7", {"packed"}),
    ("EQ_readPoint_example:gate", "7", set()),
    # master data
    ("HASATTR_bizLocation", "urn:x:dry", {"packed"}),
    ("HASATTR_readPoint", "urn:epcglobal:cbv:mda#city", {"shipped"}),
    ("EQATTR_bizLocation_cbvmda:city", "Bonn|Rome", {"packed"}),
    ("EQ_ATTR_bizLocation_cbvmda:city", "Ulm", set()),
    ("EQATTR_readPoint_cbvmda:city", "Essen", {"shipped"}),
    ("EQATTR_readPoint_cbvmda:city", "Ulm", set()),
    ("HASATTR_readPoint", "urn:x:gate", {"shipped"}),
    ("HASATTR_readPoint", "urn:x:dry", set()),
    ("HASATTR_bizLocation", "urn:x:gate", set()),
    ("HASATTR_source", "urn:x:licence", {"paper"}),
    ("HASATTR_source", "urn:x:gate", set()),
    ("HASATTR_bizStep", "urn:x:owner", {"shipped"}),
    ("EQATTR_epcClass_cbvmda:descriptionShort", "black mass", {"counted", "shredded"}),
]


@pytest.mark.parametrize(("name", "value", "expected"), CASES)
def test_a_parameter_finds_what_the_standard_says(
    filled: Engine, name: str, value: str, expected: set[str]
) -> None:
    """Each parameter by itself."""
    assert set(ask(filled, (name, value))) == expected


def test_no_parameter_finds_everything_newest_first(filled: Engine) -> None:
    """Without a condition every event is found, ordered by eventTime and then recordTime, newest first."""
    found = ask(filled)
    assert found[:2] == ["wrong", "shipped"]
    assert found[2] == "odd"
    assert found[-1] == "plain"
    assert set(found) == EVERY


def test_parameters_are_and_ed_and_values_or_ed(filled: Engine) -> None:
    """Repeated keys are more values of one parameter; different parameters must all hold."""
    assert ask(filled, ("EQ_bizStep", "shipping"), ("EQ_bizStep", "packing"), ("MATCH_epc", PACK)) == [
        "packed"
    ]


def test_the_same_parameter_of_the_path_holds_besides(filled: Engine) -> None:
    """The events of an EPC, asked for another EPC, are those that name both."""
    from voltloop.ledger.query import known_namespaces, run
    from voltloop.ledger.query_parameters import parse_url

    with filled.connect() as connection:
        known = known_namespaces(connection)
        query = parse_url([("MATCH_anyEPC", LOAD)], known, presets=[("MATCH_anyEPC", PACK)])
        assert len(run(connection, query, now=NOW).events) == 1
        query = parse_url([("MATCH_anyEPC", LOAD)], known, presets=[("MATCH_anyEPC", FOREIGN)])
        assert run(connection, query, now=NOW).events == []


def test_json_queries_say_types(filled: Engine) -> None:
    """A number of a JSON query equals a number and a text that says one; texts, lists, truths and nulls hold too."""
    assert set(ask_json(filled, {"EQ_example:level": 5})) == {"held", "texts"}
    assert set(ask_json(filled, {"EQ_example:level": ["5"]})) == {"held"}
    assert set(ask_json(filled, {"EQ_bizStep": ["shipping", "packing"]})) == {"shipped", "packed"}
    assert set(ask_json(filled, {"EQ_booleanValue": True})) == {"odd"}
    assert set(ask_json(filled, {"EXISTS_errorDeclaration": None})) == {"wrong"}
    assert set(ask_json(filled, {"EQ_quantity": [3, 4], "GE_quantity": 3})) == {"counted"}
    query = {"@context": [{"other": "https://example.com/ns/"}], "EQ_other:tag": ["a"]}
    assert ask_json(filled, query) == ["held"]


def test_prefixes_are_the_callers_or_else_the_documents(filled: Engine) -> None:
    """GS1-Extensions says what a prefix stands for; without it all that documents call so are meant."""
    assert ask(filled, ("EQ_mine:tag", "a")) == []
    assert ask(filled, ("EQ_mine:tag", "a"), extensions={"mine": "https://example.com/ns"}) == ["held"]
    assert ask(filled, ("EQ_example:tag", "a"), extensions={"example": "https://elsewhere.example/"}) == []


def test_compact_words_are_found_in_full_and_the_other_way_round(ledger: Engine) -> None:
    """A document may write its own business step as prefix:word."""
    fill(ledger, [event("short", epcList=[PACK], bizStep="example:crush")])
    fill(ledger, [event("long", epcList=[PACK], bizStep="https://example.com/ns/crush")])
    assert set(ask(ledger, ("EQ_bizStep", "example:crush"))) == {"short", "long"}
    assert set(ask(ledger, ("EQ_bizStep", "https://example.com/ns/crush"))) == {"short", "long"}


def test_a_query_may_have_dozens_of_conditions(filled: Engine) -> None:
    """PostgreSQL would plan dozens of joins for minutes: few are left to it, the others are checked on documents."""
    many = [(f"EXISTS_example:field{number}", "false") for number in range(50)]
    held = [(f"{comparison}_example:level", "5") for comparison in ("EQ", "GE", "LE")]
    others = [
        ("EXISTS_example:when", ""),
        ("EXISTS_example:tag", ""),
        ("EQ_example:tag", "a"),
        ("MATCH_epc", PACK),
    ]
    missed = [(f"EXISTS_example:field{number}", "") for number in range(50)]
    assert ask(filled, *many, *held, *others) == ["held"]
    assert ask(filled, *held, *others, *missed) == []
