"""``/passports``: what keepers of passports do beyond EN 18222, and what anybody may know of the register."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from voltloop.documents.codes import qr_svg
from voltloop.errors import InputError
from voltloop.ledger.naming import cursor_of, stamp
from voltloop.ledger.passport.access import Grant, Sight, keeps
from voltloop.ledger.passport.categories import category_of
from voltloop.ledger.passport.checks import examine
from voltloop.ledger.passport.frame import levels_of
from voltloop.ledger.passport.models import exported, imported
from voltloop.ledger.passport.points import data_points, is_displayed
from voltloop.ledger.passport.reading import add_contract, end_contract, policy_rows, reads, see, standing
from voltloop.ledger.passport.register import export_register
from voltloop.ledger.passport.rows import Passport
from voltloop.ledger.passport.serving import read, versions
from voltloop.ledger.passport.store import succeed, take
from voltloop.ledger.passport.values import told, values_of
from voltloop.server.passport_answers import Call, body_of, forbidden, in_words, json_text, read_instant, work
from voltloop.server.service import Service

__all__ = ["point_rows", "router"]

router = APIRouter(prefix="/passports", include_in_schema=False)


@router.get("/access")
@in_words
async def access(request: Request) -> Response:
    """Tell which class of readers sees which tiers, since when and by which provision."""
    return json_text(policy_rows(), request)


@router.get("/keys")
@in_words
async def keys(request: Request) -> Response:
    """Give the public keys by which signatures of versions are checked (RFC 7517)."""

    def act(call: Call) -> list[dict[str, Any]]:
        rows = cursor_of(call.connection).execute(
            "SELECT id, jwk FROM passport_signing_key ORDER BY from_at, id"
        )
        found = {row[0]: json.loads(row[1]) for row in rows.fetchall()}
        found.setdefault(call.signer.key_id, call.signer.jwk)
        return [{"kid": name, "alg": "EdDSA", "use": "sig", **jwk} for name, jwk in found.items()]

    return json_text({"keys": await work(request, act)}, request)


@router.post("/import")
@in_words
async def import_document(request: Request) -> Response:
    """Take a document of any known data model into a passport: into the one named by ``passport``, else a new one."""
    body = await body_of(request)
    into = request.query_params.get("passport")
    product = request.query_params.get("product")

    def act(call: Call) -> tuple[str, int]:
        passport = None if into is None else read(call.connection, into, call.signer, call.at)
        record = imported(body, call.at) if passport is None else passport.record
        call.check_keeps(record, passport, "import")
        taken = take(call.connection, body, call.signer, call.at, into=into, product_id=product)
        return taken.passport_id, 201 if passport is None else 200

    name, status = await work(request, act)
    return json_text({"digitalProductPassportId": name}, request, status=status)


@router.get("/register")
@in_words
async def whole_register(request: Request) -> Response:
    """Give the whole register as lines of JSON, for a copy elsewhere; for administrators."""

    def act(call: Call) -> None:
        if call.reader.kind != "administrator":
            raise forbidden()

    await work(request, act)
    service: Service = request.app.state.service

    def lines() -> Iterator[bytes]:
        with service.ledger.engine.connect() as connection:
            yield from export_register(connection, datetime.now(UTC))

    return StreamingResponse(lines(), media_type="application/x-ndjson")


@router.post("/contracts")
@in_words
async def contract(request: Request) -> Response:
    """Write down a contract that opens diagnostics to a party; for administrators."""
    body = await body_of(request)
    if not isinstance(body, dict):
        raise InputError("The body: a contract was expected.", code="passport-json")
    grant = _grant(body)

    def act(call: Call) -> UUID:
        if call.reader.kind != "administrator":
            raise forbidden()
        return add_contract(call.connection, grant, str(body.get("note", "")))

    return json_text({"contractId": str(await work(request, act))}, request, status=201)


def _grant(body: dict[str, Any]) -> Grant:
    lists = {name: body.get(name, []) for name in ("tiers", "points", "products")}
    party, until = body.get("party", ""), body.get("until")
    fits = (
        isinstance(party, str)
        and all(isinstance(value, list) for value in lists.values())
        and all(isinstance(one, str) for one in lists["tiers"] + lists["products"])
        and all(isinstance(one, int) and not isinstance(one, bool) for one in lists["points"])
    )
    if not fits:
        raise InputError(
            "The contract: party (text), tiers, points and products (lists), from and until (date and time) were "
            "expected.",
            code="passport-json",
        )
    return Grant(
        party,
        frozenset(lists["tiers"]),
        frozenset(lists["points"]),
        tuple(lists["products"]),
        read_instant(str(body.get("from", "")), "from"),
        None if until is None else read_instant(str(until), "until"),
    )


@router.delete("/contracts/{contract_id}")
@in_words
async def end_of_contract(request: Request, contract_id: str) -> Response:
    """End a contract now; for administrators."""

    def act(call: Call) -> bool:
        if call.reader.kind != "administrator":
            raise forbidden()
        try:
            return end_contract(call.connection, UUID(contract_id), call.at)
        except ValueError:
            return False

    if not await work(request, act):
        raise InputError("There is no such contract, or it has ended.", code="no-such-element")
    return Response(status_code=204)


@router.get("/{dpp_id:path}/versions")
@in_words
async def history(request: Request, dpp_id: str) -> Response:
    """Tell the versions of a passport, each with digest, predecessor and signature."""

    def act(call: Call) -> list[dict[str, Any]]:
        return [
            {
                "version": one.version,
                "validFrom": stamp(one.from_at),
                "sha256": one.digest,
                "previous": one.previous,
                "signature": one.signature,
            }
            for one in versions(call.connection, dpp_id)
        ]

    return json_text({"versions": await work(request, act)}, request)


@router.get("/{dpp_id:path}/reads")
@in_words
async def read_log(request: Request, dpp_id: str) -> Response:
    """Tell who read what beyond the public part, and who was refused; for the keeper."""

    def act(call: Call) -> list[dict[str, Any]]:
        passport = read(call.connection, dpp_id, call.signer, call.at)
        call.check_keeps(passport.record, passport, "log of reads")
        return [
            {
                "at": stamp(one.at), "reader": one.reader, "party": one.party, "asked": one.asked,
                "granted": one.is_granted, "tiers": list(one.tiers),
            }
            for one in reads(call.connection, passport)
        ]  # fmt: skip

    return json_text({"reads": await work(request, act)}, request)


@router.post("/{dpp_id:path}/successor")
@in_words
async def successor(request: Request, dpp_id: str) -> Response:
    """Make the passport that follows after re-use, repurposing or remanufacturing."""
    body = await body_of(request)
    names = ("how", "economicOperatorId")
    if not isinstance(body, dict) or not all(isinstance(body.get(name), str) for name in names):
        raise InputError("The body: how and economicOperatorId were expected.", code="passport-json")
    product = body.get("uniqueProductIdentifier")

    def act(call: Call) -> str:
        passport = read(call.connection, dpp_id, call.signer, call.at)
        call.check_keeps(passport.record, passport, "successor")
        new = succeed(
            call.connection, dpp_id, body["how"], body["economicOperatorId"], call.signer, call.at,
            product_id=product if isinstance(product, str) else None,
        )  # fmt: skip
        return new.passport_id

    return json_text({"digitalProductPassportId": await work(request, act)}, request, status=201)


@router.get("/{dpp_id:path}/points")
@in_words
async def points(request: Request, dpp_id: str) -> Response:
    """Give the data points of a passport in a table; who keeps it is also told what is wrong or missing."""

    def act(call: Call) -> dict[str, Any]:
        passport = read(call.connection, dpp_id, call.signer, call.at)
        sight = see(call.connection, passport, call.reader, call.at, "data points")
        found: dict[str, Any] = {"points": point_rows(sight, passport, call)}
        if keeps(passport.record, standing(call.connection, passport, call.reader), call.at):
            found["findings"] = [
                {
                    "code": one.code,
                    "severity": one.severity,
                    "field": one.field,
                    "message": one.message,
                    "help": one.help,
                }
                for one in examine(passport.record, call.at)
            ]
        return found

    found = await work(request, act)
    if request.query_params.get("format") == "csv":
        return Response(_csv(found["points"]), media_type="text/csv; charset=utf-8")
    return json_text(found, request)


def point_rows(sight: Sight, passport: Passport, call: Call) -> list[dict[str, Any]]:
    """Give the data points that a reader sees, one row each, with what is told under them."""
    on = call.at.date()
    category = category_of(passport.record)
    said = values_of(sight.record, on)
    return [
        {
            "number": point.number,
            "name": point.name,
            "title": point.title,
            "source": point.source,
            "tier": point.tier,
            "level": point.level,
            "unit": point.unit,
            "value": told(point, said[point.number]),
            "at": said[point.number][0].at,
        }
        for point in data_points(on).values()
        if point.number in said and is_displayed(point, category)
    ]


def _csv(rows: list[dict[str, Any]]) -> str:
    """Give rows as CSV; a cell that a spreadsheet would run as a formula is quoted by an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out)
    names = ("number", "name", "title", "source", "tier", "level", "unit", "value", "at")
    writer.writerow(names)
    for row in rows:
        cells = [
            row[name] if isinstance(row[name], str | int | float) else json.dumps(row[name]) for name in names
        ]
        writer.writerow(
            [f"'{cell}" if isinstance(cell, str) and cell[:1] in set("=+-@\t\r") else cell for cell in cells]
        )
    return out.getvalue()


@router.get("/{dpp_id:path}/documents/{model}")
@in_words
async def document(request: Request, dpp_id: str, model: str) -> Response:
    """Give back a document of another data model, as far as the reader sees it."""

    def act(call: Call) -> dict[str, Any]:
        passport = read(call.connection, dpp_id, call.signer, call.at)
        sight = see(call.connection, passport, call.reader, call.at, f"document {model}")
        return exported(sight, model, call.at)

    return json_text(await work(request, act), request)


@router.get("/{dpp_id:path}/qr.svg")
@in_words
async def code(request: Request, dpp_id: str) -> Response:
    """Give the QR code that leads to a passport, as a drawing."""

    def act(call: Call) -> str:
        product = read(call.connection, dpp_id, call.signer, call.at).product_id
        return levels_of(product)[-1]

    return Response(qr_svg(await work(request, act)), media_type="image/svg+xml")
