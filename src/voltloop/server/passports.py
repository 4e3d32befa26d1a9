"""``/v1``: digital product passports by the methods of EN 18222.

References
----------
EN 18222:2026 clauses 4 to 6 and 8; EN 18223:2026.
"""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from voltloop.errors import InputError
from voltloop.ledger.naming import cursor_of
from voltloop.ledger.passport.access import Sight
from voltloop.ledger.passport.reading import see, see_element
from voltloop.ledger.passport.representation import (
    ENVELOPE,
    FULL_FORM,
    NOT_THERE,
    compressed,
    element_at,
    element_value,
    full,
    full_element,
    path_of,
    put_at,
)
from voltloop.ledger.passport.rows import Passport
from voltloop.ledger.passport.serving import find_ids, read, read_at, read_product
from voltloop.ledger.passport.store import change, create, end
from voltloop.ledger.passport.texts import text_of
from voltloop.server.passport_answers import (
    PATCH_TYPES,
    Call,
    body_of,
    in_words,
    json_text,
    read_instant,
    work,
)

__all__ = ["router", "shown"]

router = APIRouter(include_in_schema=False)
_PAGE = 100
_LARGEST_PAGE = 1000


def _representation(request: Request) -> str:
    asked = request.query_params.get("representation", "compressed")
    if asked not in {"compressed", "full"}:
        raise InputError(
            "Query parameter representation: compressed or full was expected.", code="passport-parameter"
        )
    return asked


def shown(sight: Sight, passport: Passport, form: str) -> dict[str, Any]:
    """Give what a reader sees of a passport in one of the two forms."""
    record = {name: value for name, value in sight.record.items() if name != FULL_FORM}
    if form == "compressed":
        return record
    return full(record | {FULL_FORM: passport.record.get(FULL_FORM, {})})


def _answer(request: Request, passport: Passport, sight: Sight, form: str) -> Response:
    return json_text(
        shown(sight, passport, form),
        request,
        ETag=f'"{passport.version}-{passport.digest[:16]}-{form}"',
        Passport_Version=str(passport.version),
    )


@router.get("/v1/dpps/{dpp_id:path}/elements/{path:path}")
@in_words
async def read_element(request: Request, dpp_id: str, path: str) -> Response:
    """Give one element of a passport."""
    form, steps = _representation(request), path_of(path)

    def act(call: Call) -> Any:
        passport = read(call.connection, dpp_id, call.signer, call.at)
        found = see_element(call.connection, passport, steps, call.reader, call.at, f"element {path}")
        if found is NOT_THERE:
            raise InputError("The passport has nothing at this path.", code="no-such-element")
        return found

    value = await work(request, act)
    return json_text(full_element(str(steps[-1]), value) if form == "full" else value, request)


@router.patch("/v1/dpps/{dpp_id:path}/elements/{path:path}")
@in_words
async def update_element(request: Request, dpp_id: str, path: str) -> Response:
    """Change one element of a passport, or take it out by null."""
    form, steps = _representation(request), path_of(path)
    body = await body_of(request, PATCH_TYPES)
    value = element_value(body) if form == "full" else body
    name = steps[0]
    if name in ENVELOPE or name == FULL_FORM:
        raise InputError(
            "The frame of a passport is changed by PATCH of the passport, not of an element.",
            code="passport-path",
        )

    def act(call: Call) -> Any:
        passport = read(call.connection, dpp_id, call.signer, call.at)
        call.check_keeps(passport.record, passport, f"update of {path}")
        try:
            changed = put_at(passport.own, steps, value)
        except KeyError:
            raise InputError(
                "The passport has nothing that holds this path.", code="no-such-element"
            ) from None
        inner = {str(name): None} if name not in changed else {str(name): changed[name]}
        cleared = change(call.connection, dpp_id, _replacing(passport, inner), call.signer, call.at)
        return element_at(cleared.own, steps)

    found = await work(request, act)
    if found is NOT_THERE:
        return Response(status_code=204)
    return json_text(full_element(str(steps[-1]), found) if form == "full" else found, request)


def _replacing(passport: Passport, patch: dict[str, Any]) -> dict[str, Any]:
    """Give a merge patch that puts whole elements in the place of others, whatever parts those had."""
    return {name: _over(passport.own.get(name), value) for name, value in patch.items()}


def _over(before: Any, after: Any) -> Any:
    if not isinstance(before, dict) or not isinstance(after, dict):
        return after
    gone = {name: None for name in before if name not in after}
    return gone | {name: _over(before.get(name), part) for name, part in after.items()}


@router.get("/v1/dpps/{dpp_id:path}")
@in_words
async def read_dpp(request: Request, dpp_id: str) -> Response:
    """Give a passport by its identifier."""
    form = _representation(request)

    def act(call: Call) -> tuple[Passport, Sight]:
        passport = read(call.connection, dpp_id, call.signer, call.at)
        return passport, see(call.connection, passport, call.reader, call.at, "passport")

    return _answer(request, *await work(request, act), form)


@router.get("/v1/dppsByProductId/{product_id:path}")
@in_words
async def read_by_product(request: Request, product_id: str) -> Response:
    """Give the present passport of a product."""
    form = _representation(request)

    def act(call: Call) -> tuple[Passport, Sight]:
        passport = read_product(call.connection, product_id, call.signer, call.at)
        return passport, see(call.connection, passport, call.reader, call.at, "passport by product")

    return _answer(request, *await work(request, act), form)


@router.get("/v1/dppsByIdAndDate/{dpp_id:path}")
@in_words
async def read_by_date(request: Request, dpp_id: str) -> Response:
    """Give a passport as it was at an instant."""
    form = _representation(request)
    then = read_instant(request.query_params.get("date"), "date")

    def act(call: Call) -> tuple[Passport, Sight]:
        passport = read_at(call.connection, dpp_id, then)
        return passport, see(call.connection, passport, call.reader, call.at, f"passport at {then}")

    return _answer(request, *await work(request, act), form)


@router.post("/v1/dppsByProductIds")
@in_words
async def find(request: Request) -> Response:
    """Give the identifiers of the passports of products, page by page."""
    body = await body_of(request)
    products = body.get("productIds") if isinstance(body, dict) else None
    if not isinstance(products, list) or not products or not all(isinstance(one, str) for one in products):
        raise InputError(
            "productIds: a list of one identifier or more was expected.", code="passport-parameter"
        )
    limit, after = _limit(request), _cursor(request)
    found, last = await work(request, lambda call: find_ids(call.connection, products, limit, after))
    more = {} if last is None else {"nextCursor": base64.urlsafe_b64encode(last.encode()).decode()}
    return json_text({"dppIds": found, **more}, request)


def _limit(request: Request) -> int:
    text = request.query_params.get("limit", str(_PAGE))
    if not (text.isascii() and text.isdigit()) or len(text) > 9 or int(text) < 1:
        raise InputError(
            "Query parameter limit: a whole number above zero was expected.", code="passport-parameter"
        )
    return min(int(text), _LARGEST_PAGE)


def _cursor(request: Request) -> str | None:
    text = request.query_params.get("cursor")
    if text is None:
        return None
    try:
        found = base64.b64decode(text, altchars=b"-_", validate=True).decode()
        if found and "\x00" not in found:
            return found
    except ValueError:
        pass
    raise InputError(
        "Query parameter cursor: the nextCursor of an earlier page was expected.", code="passport-parameter"
    )


@router.post("/v1/dpps")
@in_words
async def create_dpp(request: Request) -> Response:
    """Make a passport."""
    form = _representation(request)
    document = _document(await body_of(request), form)

    def act(call: Call) -> str:
        call.check_keeps(document, None, "creation")
        return create(call.connection, document, call.signer, call.at).passport_id

    name = await work(request, act)
    where = f"{request.base_url}v1/dpps/{quote(name, safe='')}"
    return json_text({"digitalProductPassportId": name}, request, status=201, Location=where)


def _document(body: Any, form: str) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise InputError(
            "The body: a passport was expected, a group of names and values.", code="passport-json"
        )
    if form == "full" or isinstance(body.get("elements"), list):
        return compressed(body)
    if FULL_FORM in body:
        raise InputError(
            f'The element "{FULL_FORM}" is kept by the register itself.', code="passport-element"
        )
    return body


@router.patch("/v1/dpps/{dpp_id:path}")
@in_words
async def update_dpp(request: Request, dpp_id: str) -> Response:
    """Change a passport: all of the patch, or nothing."""
    form = _representation(request)
    patch = _document(await body_of(request, PATCH_TYPES), form)

    def act(call: Call) -> tuple[Passport, Sight]:
        passport = read(call.connection, dpp_id, call.signer, call.at)
        call.check_keeps(passport.record, passport, "update")
        changed = change(call.connection, dpp_id, patch, call.signer, call.at)
        return changed, see(call.connection, changed, call.reader, call.at, "update")

    return _answer(request, *await work(request, act), form)


@router.delete("/v1/dpps/{dpp_id:path}")
@in_words
async def delete_dpp(request: Request, dpp_id: str) -> Response:
    """End a passport: it is archived, and stays readable."""

    def act(call: Call) -> None:
        passport = read(call.connection, dpp_id, call.signer, call.at)
        call.check_keeps(passport.record, passport, "end")
        end(call.connection, dpp_id, call.signer, call.at)

    await work(request, act)
    return Response(status_code=204)


_ENTRY = (
    "uniqueProductIdentifier",
    "digitalProductPassportId",
    "uniqueEconomicOperatorIdentifier",
    "dppApiEndpoint",
)


@router.post("/v1/registerDPP")
@in_words
async def register(request: Request) -> Response:
    """Enter a passport into the register of passports."""
    entry = await body_of(request)
    if not isinstance(entry, dict):
        raise InputError("The body: an entry of the register was expected.", code="passport-json")
    for name in (*_ENTRY, "backupUniqueEconomicOperatorIdentifier"):
        value = entry.get(name)
        if (name in _ENTRY or name in entry) and not (isinstance(value, str) and value.strip()):
            raise InputError(f"{name}: an identifier was expected.", code="passport-json")

    def act(call: Call) -> tuple[str, bool]:
        passport = read(call.connection, entry["digitalProductPassportId"], call.signer, call.at)
        call.check_keeps(passport.record, passport, "registration")
        _check_entry(entry, passport)
        return _registered(call, passport, entry)

    name, is_new = await work(request, act)
    return json_text({"registrationId": f"urn:uuid:{name}"}, request, status=201 if is_new else 200)


def _check_entry(entry: dict[str, Any], passport: Passport) -> None:
    pairs = (
        ("uniqueProductIdentifier", passport.product_id),
        ("uniqueEconomicOperatorIdentifier", passport.record.get("economicOperatorId")),
    )
    for name, value in pairs:
        if entry[name] != value:
            raise InputError(f"{name}: the passport names another one.", code="passport-parameter")


def _registered(call: Call, passport: Passport, entry: dict[str, Any]) -> tuple[str, bool]:
    """Write an entry down; the same entry a second time has the identifier of the first."""
    cursor = cursor_of(call.connection)
    document = text_of(entry)
    row = cursor.execute(
        "SELECT id, document FROM passport_registration WHERE passport_key = %s", [passport.key]
    ).fetchone()
    if row is not None:
        if row[1] != document:
            raise InputError("The passport is registered with another entry already.", code="passport-exists")
        return str(row[0]), False
    key = uuid4()
    cursor.execute(
        "INSERT INTO passport_registration (id, at, passport_key, document) VALUES (%s, %s, %s, %s)",
        [key, call.at, passport.key, document],
    )
    return str(key), True
