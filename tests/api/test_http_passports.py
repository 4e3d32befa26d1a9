"""Passports over HTTP: all methods of EN 18222 by their official description, Digital Links, and nothing leaks."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jsonschema_rs
import pytest
from sqlalchemy import Engine, text

from http_cases import TestClient, captured, served
from ledger_cases import Databases
from passport_cases import AT, ITEM, MODEL, OPERATOR, SHARED, canary, frame, official, with_canaries
from voltloop.ledger.passport.access import READERS, Reader, visible
from voltloop.ledger.passport.points import data_points

PASSPORT = f"/v1/dpps/{quote(ITEM, safe='')}"


@pytest.fixture(scope="module")
def engine(databases: Databases) -> Iterator[Engine]:
    with databases.fresh() as found:
        yield found


@pytest.fixture
def client(ledger: Engine, tmp_path: Path) -> Iterator[TestClient]:
    """A client whose class of reader is told by a header, as tests may and nobody else."""
    with served(ledger, tmp_path) as found:
        found.app.state.reader_of = lambda request: Reader(  # type: ignore[attr-defined]
            request.headers.get("x-reader", "administrator"), request.headers.get("x-party", "")
        )
        yield found


def as_(kind: str, party: str = "") -> dict[str, str]:
    return {"x-reader": kind, "x-party": party}


class Description:
    """The official description of the interface: which answers it has, and what stands in them."""

    def __init__(self) -> None:
        yaml = pytest.importorskip("yaml")
        file = SHARED / "dpp-ready" / "en18222-dpp-api.openapi.yaml"
        if not file.is_file():
            pytest.skip("the official description is not here")
        self.document = yaml.safe_load(file.read_text())
        # A discriminator says which of the alternatives is meant; JSON Schema alone does not know it.
        element = self.document["components"]["schemas"]["DataElement"]
        kinds = element.pop("discriminator")["mapping"]
        del element["oneOf"]
        element["required"] = ["objectType"]
        element["properties"] = {"objectType": {"enum": list(kinds)}}
        element["allOf"] = [
            {"if": {"properties": {"objectType": {"const": kind}}}, "then": {"$ref": where}}
            for kind, where in kinds.items()
        ]

    def check(self, path: str, method: str, answer: Any) -> Any:
        """Hold an answer to the description of its operation."""
        responses = self.document["paths"][path][method]["responses"]
        described = responses[str(answer.status_code)]
        if "$ref" in described:
            described = self.document["components"]["responses"][described["$ref"].rsplit("/", 1)[1]]
        if "content" in described:
            schema = {
                "components": self.document["components"],
                **described["content"]["application/json"]["schema"],
            }
            found = json.loads(answer.content)
            if "DigitalProductPassport" in json.dumps(described["content"]) and "elements" in found:
                schema["$ref"] = "#/components/schemas/DigitalProductPassportFull"
            elif schema.get("$ref", "").endswith("/DigitalProductPassport"):
                schema["$ref"] = "#/components/schemas/DigitalProductPassportCompressed"
            jsonschema_rs.Draft202012Validator(schema).validate(found)
        return json.loads(answer.content) if answer.content else None


def test_every_method_by_the_official_description(client: TestClient) -> None:
    told = Description()
    document = official("examples/dpp-jsonld/battery-product.operational.jsonld")
    made = client.post("/v1/dpps", json=document)
    assert told.check("/v1/dpps", "post", made) == {"digitalProductPassportId": ITEM}
    assert made.status_code == 201
    assert (
        told.check("/v1/dpps", "post", client.post("/v1/dpps", json=document))["statusCode"]
        == "ClientResourceConflict"
    )
    dpp = "/v1/dpps/{dppId}"
    assert told.check(dpp, "get", client.get(made.headers["Location"])) == document
    full = told.check(dpp, "get", client.get(PASSPORT, params={"representation": "full"}))
    assert {one["elementId"] for one in full["elements"]} | {"elements"} >= document.keys() - full.keys()
    by_product = f"/v1/dppsByProductId/{quote(ITEM, safe='')}"
    assert told.check("/v1/dppsByProductId/{productId}", "get", client.get(by_product)) == document
    patch = {"numberOfCells": 17, "numberOfModules": None}
    changed = client.patch(PASSPORT, json=patch, headers={"Content-Type": "application/merge-patch+json"})
    record = told.check(dpp, "patch", changed)
    assert record["numberOfCells"] == 17
    assert "numberOfModules" not in record
    element, described = (
        f"{PASSPORT}/elements/{quote('$.netWeight.value', safe='')}",
        dpp + "/elements/{elementIdPath}",
    )
    assert client.get(element).json() == "125.5"
    assert client.patch(element, json=126.5).json() == 126.5
    got = told.check(described, "get", client.get(element, params={"representation": "full"}))
    assert (got["value"], got["valueDataType"]) == (126.5, "xsd:double")
    query = client.post("/v1/dppsByProductIds", json={"productIds": [ITEM, MODEL]})
    assert told.check("/v1/dppsByProductIds", "post", query) == {"dppIds": [ITEM]}
    entry = {
        "uniqueProductIdentifier": ITEM,
        "digitalProductPassportId": ITEM,
        "uniqueEconomicOperatorIdentifier": OPERATOR,
        "dppApiEndpoint": "https://example.org/v1",
    }
    first = client.post("/v1/registerDPP", json=entry)
    assert first.status_code == 201
    again = client.post("/v1/registerDPP", json=entry)
    assert told.check("/v1/registerDPP", "post", again) == told.check("/v1/registerDPP", "post", first)
    client.patch(PASSPORT, json={"capacityFade": {"value": 3, "unit": "%"}})
    versions = client.get(f"/passports/{quote(ITEM, safe='')}/versions").json()["versions"]
    then = client.get(
        f"/v1/dppsByIdAndDate/{quote(ITEM, safe='')}", params={"date": versions[0]["validFrom"]}
    )
    assert told.check("/v1/dppsByIdAndDate/{dppId}", "get", then) == document
    told.check(dpp, "delete", client.delete(PASSPORT))
    archived = told.check(dpp, "get", client.get(PASSPORT))
    assert archived["dppStatus"] == "archived"
    assert (
        told.check(dpp, "patch", client.patch(PASSPORT, json=patch))["statusCode"] == "ClientResourceConflict"
    )
    missing = client.get("/v1/dpps/urn%3Anone")
    assert told.check(dpp, "get", missing)["statusCode"] == "ClientErrorResourceNotFound"
    assert told.check(dpp, "get", client.get(PASSPORT, params={"representation": "half"}))["message"][0][
        "text"
    ]


def test_pages_of_identifiers_are_stable_and_end(client: TestClient) -> None:
    products = [f"https://id.gs1.org/01/09521002005004/21/P{number}" for number in range(7)]
    for product in products:
        document = frame(digitalProductPassportId=product, uniqueProductIdentifier=product)
        assert client.post("/v1/dpps", json=document).status_code == 201
    found, cursor = [], None
    while True:
        params = {"limit": 3, **({"cursor": cursor} if cursor else {})}
        page = client.post("/v1/dppsByProductIds", json={"productIds": products}, params=params).json()
        found += page["dppIds"]
        cursor = page.get("nextCursor")
        if cursor is None:
            break
    assert found == products
    for wrong in ({"limit": "0"}, {"limit": "x"}, {"cursor": ""}, {"cursor": "%%"}):
        answer = client.post("/v1/dppsByProductIds", json={"productIds": products}, params=wrong)
        assert answer.status_code == 400


def test_no_class_is_told_a_canary_that_is_not_theirs_in_any_answer(client: TestClient) -> None:
    """JSON, full form, elements, CSV, page, linkset, versions, errors: word by word what the policy shows."""
    record = with_canaries("ev")
    points = data_points(AT.date()).values()
    told = {
        point.name: {"value": point.name, "note": canary(point.name)}
        for point in points
        if point.kind in {"text", "list", "document", "address", "contact"}
    }
    numbers = {
        point.name: {"value": 1, "unit": point.unit, "note": canary(point.name)} if point.unit else 1
        for point in points
        if point.kind in {"quantity", "range"}
    }
    record = frame(batteryCategory="ev", **told, **numbers)
    assert client.post("/v1/dpps", json=record).status_code == 201
    own = quote(ITEM, safe="")
    link = ITEM.removeprefix("https://id.gs1.org")
    asked = [
        PASSPORT,
        f"{PASSPORT}?representation=full",
        f"/v1/dppsByProductId/{own}",
        f"/passports/{own}/points",
        f"/passports/{own}/points?format=csv",
        f"/passports/{own}/versions",
        f"/passports/{own}/reads",
        f"/passports/{own}/documents/jsonLd",
        f"/passports/{own}/qr.svg",
        f"{link}?linkType=all",
    ]
    for kind in READERS:
        allowed = json.dumps(visible(record, Reader(kind), AT).record)
        planted = json.dumps(record)
        hidden = [word for one in points if (word := canary(one.name)) in planted and word not in allowed]
        assert (not hidden) == (kind in {"oem", "administrator"})
        answers = [client.get(address, headers=as_(kind)).text for address in asked]
        answers.append(client.get(link, headers={**as_(kind), "Accept": "text/html"}).text)
        for point in points:
            path = quote(f"$.{point.name}.note", safe="")
            single = client.get(f"{PASSPORT}/elements/{path}", headers=as_(kind))
            answers.append(single.text)
            absent = client.get(
                f"{PASSPORT}/elements/{quote(f'$.{point.name}.nothing', safe='')}", headers=as_(kind)
            )
            if canary(point.name) in hidden:
                assert single.status_code == 403
                assert _without_call(single.json()) == _without_call(absent.json())
        for word in hidden:
            assert not any(word in answer for answer in answers), (kind, word)


def _without_call(result: dict[str, Any]) -> Any:
    return {
        name: part
        for name, part in result["message"][0].items()
        if name not in {"correlationId", "timestamp"}
    }


def test_who_may_not_change_is_refused_and_written_down(client: TestClient) -> None:
    document = frame(numberOfCells=4, testReportResults="https://example.org/report")
    for kind in set(READERS) - {"administrator", "oem"}:
        assert client.post("/v1/dpps", json=document, headers=as_(kind)).status_code == 403
    other = "https://id.gs1.org/417/9521234000105"
    assert client.post("/v1/dpps", json=document, headers=as_("oem", other)).status_code == 403
    assert client.post("/v1/dpps", json=document, headers=as_("oem", OPERATOR)).status_code == 201
    assert client.patch(PASSPORT, json={"numberOfCells": 5}, headers=as_("oem", other)).status_code == 403
    assert client.delete(PASSPORT, headers=as_("recycler")).status_code == 403
    own = f"/passports/{quote(ITEM, safe='')}"
    assert (
        client.post(
            f"{own}/successor", json={"how": "reuse", "economicOperatorId": other}, headers=as_("owner")
        ).status_code
        == 403
    )
    assert client.get("/passports/register", headers=as_("oem", OPERATOR)).status_code == 403
    client.get(PASSPORT, headers=as_("authority", "urn:msa"))
    client.get(PASSPORT, headers=as_("public"))
    log = client.get(f"{own}/reads").json()["reads"]
    assert [(one["reader"], one["granted"]) for one in log if one["party"] == "urn:msa"] == [
        ("authority", True)
    ]
    assert sum(not one["granted"] for one in log) == 3
    assert not any(one["reader"] == "public" for one in log)


def test_a_contract_opens_diagnostics_until_it_ends(client: TestClient) -> None:
    client.post(
        "/v1/dpps", json=frame(stateOfCertifiedEnergy={"value": 91, "unit": "%"}, batteryCategory="ev")
    )
    lab = as_("licensee", "urn:lab")
    assert "stateOfCertifiedEnergy" not in client.get(PASSPORT, headers=lab).json()
    terms = {"party": "urn:lab", "points": [61], "products": [MODEL], "from": "2020-01-01T00:00:00Z"}
    assert client.post("/passports/contracts", json=terms, headers=lab).status_code == 403
    assert client.post("/passports/contracts", json=terms | {"points": [50]}).status_code == 400
    key = client.post("/passports/contracts", json=terms).json()["contractId"]
    assert client.get(PASSPORT, headers=lab).json()["stateOfCertifiedEnergy"]["value"] == 91
    assert client.delete(f"/passports/contracts/{key}").status_code == 204
    assert "stateOfCertifiedEnergy" not in client.get(PASSPORT, headers=lab).json()
    assert client.delete(f"/passports/contracts/{key}").status_code == 404


def test_a_digital_link_leads_to_what_the_caller_takes(client: TestClient) -> None:
    client.post("/v1/dpps", json=frame(manufacturerName="<script>alert(1)</script>", batteryCategory="ev"))
    link = ITEM.removeprefix("https://id.gs1.org")
    led = client.get(link, headers={"Accept": "application/ld+json"}, follow_redirects=False)
    assert led.status_code == 307
    assert client.get(led.headers["Location"]).json()["uniqueProductIdentifier"] == ITEM
    page = client.get(link, headers={"Accept": "text/html", **as_("public")})
    assert "&lt;script&gt;" in page.text
    assert "<script>" not in page.text
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
    links = client.get(link, params={"linkType": "all"}).json()["linkset"][0]
    assert links["anchor"] == ITEM
    assert client.get(link, params={"linkType": "gs1:recipeInfo"}).status_code == 404
    assert client.get(link.replace("5004", "5005")).status_code == 400
    assert client.get(link + "9").status_code == 404
    assert client.get(f"/passports/{quote(ITEM, safe='')}/qr.svg").text.startswith("<svg")


def test_bodies_that_are_no_passport_are_refused_in_words(client: TestClient) -> None:
    wrong: list[tuple[Any, str]] = [
        (b"{", "passport-json"),
        (b'{"a":1,"a":2}', "passport-json"),
        (b'{"a":NaN}', "passport-json"),
        (b"[" * 300 + b"]" * 300, "passport-json"),
        (json.dumps(frame(uniqueProductIdentifier=ITEM.replace("5004", "5005"))).encode(), "data point 7"),
        (json.dumps(frame(economicOperatorId=None)).encode(), "data point 2"),
        (json.dumps(frame(granularity="model")).encode(), "data point 7"),
        (json.dumps(frame(capacityFade={"value": 3, "unit": "kg"})).encode(), "data point 52"),
        (json.dumps(frame(capacityFade={"value": 300, "unit": "%"})).encode(), "data point 52"),
        (json.dumps(frame(lifeStatus="sold")).encode(), "data point 67"),
        (json.dumps(frame(manufacturingDate="31.12.2026")).encode(), "data point 9"),
    ]
    for body, words in wrong:
        answer = client.post("/v1/dpps", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 400, words
        assert words in answer.text
    packed = gzip.compress(b'{"a":"' + b"x" * (8 << 20) + b'"}')
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    assert client.post("/v1/dpps", content=packed, headers=headers).status_code == 413
    assert client.post("/v1/dpps", content=b"a,b", headers={"Content-Type": "text/csv"}).status_code == 415


def test_without_a_key_only_the_public_part_is_read_and_nothing_changed(
    ledger: Engine, tmp_path: Path
) -> None:
    with served(ledger, tmp_path) as client:
        client.post("/v1/dpps", json=frame(batteryCategory="ev", testReportResults="x", numberOfCells=4))
        anonymous = {"Authorization": ""}
        assert "testReportResults" in client.get(PASSPORT).json()
        assert "testReportResults" not in client.get(PASSPORT, headers=anonymous).json()
        assert (
            client.get(PASSPORT, headers=anonymous | {"x-reader": "authority"})
            .json()
            .get("testReportResults")
            is None
        )
        assert client.patch(PASSPORT, json={"numberOfCells": 5}, headers=anonymous).status_code == 403
        assert client.get(PASSPORT, headers={"Authorization": "Bearer forged"}).status_code == 401


def test_events_of_the_battery_come_into_its_passport(client: TestClient, ledger: Engine) -> None:
    client.post("/v1/dpps", json=frame(batteryCategory="ev"))

    def capture(event_id: str, at: str, step: str, reports: list[dict[str, Any]], **further: Any) -> None:
        event = {
            "type": "ObjectEvent", "action": "OBSERVE", "eventID": f"urn:uuid:{event_id}", "eventTime": at,
            "eventTimeZoneOffset": "+00:00", "epcList": [ITEM], "bizStep": step, **further,
        }  # fmt: skip
        if reports:
            event["sensorElementList"] = [
                {"sensorMetadata": {"deviceID": "urn:x:bench"}, "sensorReport": reports}
            ]
        body = {
            "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", {"voltloop": "https://voltloop.org/epcis/"}],
            "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": at, "epcisBody": {"eventList": [event]},
        }  # fmt: skip
        job = captured(client, json.dumps(body).encode(), "application/json")
        assert job["success"], job["errors"]

    capture("11111111-1111-4111-8111-111111111111", "2026-03-02T10:00:00Z", "inspecting", [
        {"type": "voltloop:stateOfHealth", "value": 91.5, "uom": "P1"}, {"type": "voltloop:cycleCount", "value": 400},
    ])  # fmt: skip
    first = client.get(PASSPORT).json()
    assert first["stateOfHealth"]["value"] == 91.5
    assert first["cycleCount"]["eventId"].endswith("111111111111")
    capture("22222222-2222-4222-8222-222222222222", "2026-03-01T10:00:00Z", "inspecting", [
        {"type": "voltloop:stateOfHealth", "value": 95, "uom": "P1"}, {"type": "voltloop:cycleCount", "value": 420},
    ])  # fmt: skip
    late = client.get(PASSPORT).json()
    assert (late["stateOfHealth"]["value"], late["cycleCount"]["value"]) == (91.5, 420)
    capture(
        "33333333-3333-4333-8333-333333333333",
        "2026-03-03T10:00:00Z",
        "inspecting",
        [],
        disposition="damaged",
    )
    assert client.get(PASSPORT).json()["negativeEvents"][0]["event"] == "damaged"
    assert (
        client.get(PASSPORT, headers=as_("public"))
        .json()
        .keys()
        .isdisjoint({"stateOfHealth", "negativeEvents"})
    )
    capture(
        "44444444-4444-4444-8444-444444444444",
        "2026-04-03T10:00:00Z",
        "destroying",
        [],
        action="DELETE",
        disposition="destroyed",
    )
    gone = client.get(PASSPORT).json()
    assert (gone["dppStatus"], gone["endedAt"], gone["lifeStatus"]["value"]) == (
        "archived",
        "2026-04-03T10:00:00Z",
        "waste",
    )
    assert client.patch(PASSPORT, json={"numberOfCells": 1}).status_code == 409
    with ledger.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM passport_version")) == 5


def test_documents_of_other_data_models_go_in_and_come_out(client: TestClient) -> None:
    ready = official("examples/batterypass-ready/ev.gefeg.json")
    made = client.post("/passports/import", json=ready)
    assert made.status_code == 201
    name = quote(made.json()["digitalProductPassportId"], safe="")
    assert client.get(f"/passports/{name}/documents/batteryPassReady").json() == ready
    for module in ("Labeling", "SupplyChainDueDiligence"):
        payload = official(f"examples/batterypass/{module}-payload.json")
        into = {"passport": made.json()["digitalProductPassportId"]}
        assert client.post("/passports/import", json=payload, params=into).status_code == 200
        assert client.get(f"/passports/{name}/documents/batteryPass").json()[module] == payload
    wrong = official("examples/batterypass/MaterialComposition-payload.json")
    refused = client.post("/passports/import", json=wrong, params=into)
    assert refused.status_code == 400
    assert "data point 45" in refused.text
    assert client.post("/passports/import", json=ready, headers=as_("public")).status_code == 403
    public = client.get(f"/passports/{name}/documents/batteryPassReady", headers=as_("public")).text
    assert "UniqueManufacturerIdentifier" not in public
    assert client.get(f"/passports/{name}/documents/catenaX").status_code == 400
