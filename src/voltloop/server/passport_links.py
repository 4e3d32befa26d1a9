"""``/01/…``: GS1 Digital Links of batteries resolved, with or without an app, without sign-in.

References
----------
GS1 Digital Link URI Syntax 1.2; GS1-Conformant Resolver 1.1 (link types, linkset); RFC 9264.
"""

from __future__ import annotations

from html import escape
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from voltloop.errors import InputError
from voltloop.ledger.passport.frame import check_digit
from voltloop.ledger.passport.reading import see
from voltloop.ledger.passport.rows import Passport
from voltloop.ledger.passport.serving import read_product
from voltloop.server.negotiation import JSON_TYPES, best
from voltloop.server.passport_answers import Call, in_words, json_text, work
from voltloop.server.passport_desk import point_rows

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
_LINKSET = "application/linkset+json"
_HTML = "text/html"
_VOCABULARY = "https://ref.gs1.org/voc/"
_TYPES = ("pip", "dpp", "defaultLink")
"""Link types that lead to the passport: product information page, passport, and where none is named."""


@router.get("/01/{gtin}")
@router.get("/01/{gtin}/10/{lot}")
@router.get("/01/{gtin}/21/{serial}")
@router.get("/01/{gtin}/10/{lot}/21/{serial}")
@in_words
async def resolve(request: Request, gtin: str, lot: str | None = None, serial: str | None = None) -> Response:
    """Lead from the code on a battery to its passport, in the form that the caller takes."""
    product = _product(gtin, lot, serial)
    kind = request.query_params.get("linkType", "").removeprefix("gs1:").removeprefix(_VOCABULARY)
    offers = (_HTML, *JSON_TYPES, _LINKSET)
    accepted = best(request.headers.get("accept"), offers)
    if kind in {"all", "linkset"} or accepted == _LINKSET:
        passport = await work(request, lambda call: _found(call, product))
        return Response(
            json_text(_linkset(request, passport)).body, media_type=_LINKSET, headers={"Vary": "Accept"}
        )
    if kind and kind not in _TYPES:
        raise InputError(
            f"linkType: there is no link of this type. Expected all, {', '.join(f'gs1:{one}' for one in _TYPES)}.",
            code="no-such-element",
        )
    if accepted == _HTML:
        return await _page(request, product)
    passport = await work(request, lambda call: _found(call, product))
    return RedirectResponse(
        _data_address(request, passport.product_id), status_code=307, headers={"Vary": "Accept"}
    )


def _product(gtin: str, lot: str | None, serial: str | None) -> str:
    digits = gtin.zfill(14)
    if not (gtin.isascii() and gtin.isdigit()) or len(gtin) not in {8, 12, 13, 14}:
        raise InputError("The GTIN: 8, 12, 13 or 14 digits were expected.", code="passport-parameter")
    if check_digit(digits[:-1]) != digits[-1]:
        raise InputError("The GTIN: its check digit is wrong.", code="passport-parameter")
    parts = [f"https://id.gs1.org/01/{digits}"]
    parts += [f"10/{quote(lot, safe='')}"] if lot else []
    parts += [f"21/{quote(serial, safe='')}"] if serial else []
    return "/".join(parts)


def _found(call: Call, product: str) -> Passport:
    return read_product(call.connection, product, call.signer, call.at)


def _data_address(request: Request, product: str) -> str:
    return f"{request.base_url}v1/dppsByProductId/{quote(product, safe='')}"


def _linkset(request: Request, passport: Passport) -> dict[str, Any]:
    data = _data_address(request, passport.product_id)
    page = str(request.url).partition("?")[0]
    links = [
        {"href": data, "type": "application/ld+json", "title": "Battery passport"},
        {"href": page, "type": _HTML, "title": "Battery passport"},
    ]
    return {
        "linkset": [
            {
                "anchor": passport.product_id,
                f"{_VOCABULARY}defaultLink": [links[1]],
                f"{_VOCABULARY}pip": [links[1]],
                f"{_VOCABULARY}dpp": links,
            }
        ]
    }


async def _page(request: Request, product: str) -> Response:
    """Give the passport as a page that needs nothing else: the data points that the reader sees."""

    def act(call: Call) -> tuple[Passport, list[dict[str, Any]]]:
        passport = _found(call, product)
        sight = see(call.connection, passport, call.reader, call.at, "page")
        return passport, point_rows(sight, passport, call)

    passport, rows = await work(request, act)
    lines = "".join(
        f"<tr><th scope=row>{escape(row['title'])}</th><td>{_shown(row['value'])} {escape(row['unit'])}</td></tr>"
        for row in rows
    )
    title = f"Battery passport {escape(passport.product_id.rsplit('/', 1)[-1])}"
    page = (
        f"<!doctype html><html lang=en><head><meta charset=utf-8><title>{title}</title>"
        '<meta name=viewport content="width=device-width, initial-scale=1"></head>'
        f"<body><main><h1>{title}</h1><p>{escape(passport.product_id)}: {escape(passport.status)}</p>"
        f"<table>{lines}</table></main></body></html>"
    )
    headers = {
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
        "Cache-Control": "private, no-store",
        "Vary": "Accept, Authorization",
        "X-Content-Type-Options": "nosniff",
    }
    return HTMLResponse(page, headers=headers)


def _shown(value: Any) -> str:
    """Give a value as text for a page, its parts in a list."""
    if isinstance(value, dict):
        parts = (f"<li>{escape(str(name))}: {_shown(part)}</li>" for name, part in value.items())
        return f"<ul>{''.join(parts)}</ul>"
    if isinstance(value, list):
        return f"<ul>{''.join(f'<li>{_shown(one)}</li>' for one in value)}</ul>"
    return escape(str(value))
