"""The application: every resource, what surrounds them, and how errors become problem documents."""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import InterfaceError, OperationalError
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from voltloop import __version__
from voltloop.errors import InputError
from voltloop.ledger.database import open_ledger
from voltloop.ledger.problems import CaptureRefused
from voltloop.ledger.query_model import QueryError
from voltloop.server import (
    captures,
    events,
    listings,
    master_data,
    named_queries,
    page_tokens,
    passport_desk,
    passport_links,
    passports,
    root,
    steps,
    stock,
    streams,
    subscription_routes,
    telemetry,
    things,
)
from voltloop.server.addresses import PREFIX
from voltloop.server.discovery import discovery, methods_at, own_discovery
from voltloop.server.documentation import answers, describe
from voltloop.server.doorway import Doorway
from voltloop.server.parameters import only_declared, wrong_value
from voltloop.server.problems import HttpProblem, answer
from voltloop.server.service import Service, start
from voltloop.server.settings import Settings, capture_limits

__all__ = ["application", "create"]

_STANDARD: Sequence[APIRouter] = (
    root.router,
    captures.router,
    events.router,
    listings.router,
    subscription_routes.router,
    streams.router,
    named_queries.router,
    page_tokens.router,
)
"""Routers of the standard's resources; each gets OPTIONS for all of its paths."""

_OWN: Sequence[APIRouter] = (
    steps.router,
    things.router,
    stock.router,
    master_data.router,
    telemetry.router,
)
"""Routers of what the ledger knows and does beyond the standard."""

_PASSPORTS: Sequence[APIRouter] = (passports.router, passport_desk.router, passport_links.router)
"""Routers of battery passports: whoever comes reads what is theirs to see, and is told so as EN 18222 does."""

_KNOWN: Mapping[str, Callable[..., Any]] = {
    **listings.KNOWN,
    "captureID": captures.known_job,
    "eventID": events.known_event,
    "queryName": named_queries.known_query,
    "subscriptionID": subscription_routes.known_subscription,
}
"""By the names of path parameters, the dependencies that refuse values of which the ledger does not know."""

_log = logging.getLogger("voltloop.server")


def create() -> FastAPI:
    """Open the ledger that the environment names and give the application over it: ``voltloop.server:create``.

    Raises
    ------
    VoltloopError
        A setting cannot be used, or the ledger cannot be opened.
    """
    settings = Settings.from_environment(os.environ)
    ledger = open_ledger(None, settings.data)
    try:
        return application(start(ledger, settings))
    except BaseException:
        ledger.close()
        raise


def application(service: Service) -> FastAPI:
    """Give the application of a service, which it closes when the server stops."""

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        async with service.beside():
            yield
        service.close()

    app = FastAPI(
        title="voltloop",
        summary="The ledger of every battery: EPCIS 2.0 and what follows from the events.",
        version=__version__,
        lifespan=life,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.service = service
    for router in (*_STANDARD, discovery(_STANDARD, _KNOWN)):
        app.include_router(router, prefix=PREFIX)
    for router in _OWN:
        app.include_router(router, responses=answers(400, 404), dependencies=[Depends(only_declared)])
    app.include_router(own_discovery(_OWN))
    for router in _PASSPORTS:
        app.include_router(router)
    _handle_errors(app, service)
    describe(app)
    app.add_middleware(GZipMiddleware, minimum_size=1024, compresslevel=5)
    if service.settings.allowed_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(service.settings.allowed_origins),
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=["*"],
        )
    app.add_middleware(Doorway, version=__version__, uri_limit_bytes=service.settings.uri_limit_bytes)
    return app


def _handle_errors(app: FastAPI, service: Service) -> None:
    @app.exception_handler(HttpProblem)
    async def problem(request: Request, error: HttpProblem) -> Response:
        return answer(error, request.headers.get("accept"))

    @app.exception_handler(QueryError)
    async def query(request: Request, error: QueryError) -> Response:
        return answer(HttpProblem(error.exception, error.message), request.headers.get("accept"))

    @app.exception_handler(CaptureRefused)
    async def capture(request: Request, error: CaptureRefused) -> Response:
        limits = capture_limits(service.settings)
        return answer(_of_capture(error, limits), request.headers.get("accept"))

    @app.exception_handler(InputError)
    async def unusable(request: Request, error: InputError) -> Response:
        return answer(HttpProblem("ValidationException", error.message), request.headers.get("accept"))

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        return answer(wrong_value(request, error.errors()[0]), request.headers.get("accept"))

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> Response:
        return answer(_of_routing(request, error), request.headers.get("accept"))

    @app.exception_handler(ClientDisconnect)
    async def gone(request: Request, _: ClientDisconnect) -> Response:
        found = HttpProblem("ValidationException", "The connection ended before the body did. Send it again.")
        return answer(found, request.headers.get("accept"))

    @app.exception_handler(OperationalError)
    @app.exception_handler(InterfaceError)
    async def without_database(request: Request, error: Exception) -> Response:
        _log.error("Request %s: the database cannot be used: %s", request.state.request_id, error)
        found = HttpProblem(
            "ImplementationException",
            "The database cannot be reached at the moment. Try again; `voltloop doctor` on the server tells more.",
            status=503,
            headers={"Retry-After": "5"},
        )
        return answer(found, request.headers.get("accept"))

    @app.exception_handler(Exception)
    async def failed(request: Request, _: Exception) -> Response:
        # Starlette raises the error again after this, and the server logs it.
        found = HttpProblem(
            "ImplementationException",
            f"This is a fault of the server, not of the request. Its log tells more under {request.state.request_id}.",
        )
        return answer(found, request.headers.get("accept"))


def _of_capture(error: CaptureRefused, limits: Mapping[str, str]) -> HttpProblem:
    """Put into a problem document why events were not captured."""
    first, *others = error.problems
    errors = [problem.as_dict() for problem in error.problems] if others else []
    headers = limits if first.kind == "CaptureLimitExceededException" else None
    return HttpProblem(first.kind, first.detail, errors=errors, headers=headers)


def _of_routing(request: Request, error: HTTPException) -> HttpProblem:
    """Put into words that there is no such resource, or that it has no such method."""
    if error.status_code == 405:
        path = request.scope["path"]
        allowed = methods_at(_STANDARD, path.removeprefix(PREFIX)) if path.startswith(PREFIX) else ""
        allowed = allowed or methods_at(_OWN, path) or (error.headers or {}).get("Allow", "")
        return HttpProblem(
            "about:blank",
            f"{request.method} is not a method of this resource. It has {allowed}.",
            status=405,
            title="The method is not allowed",
            headers={"Allow": allowed},
        )
    if error.status_code == 404:
        return HttpProblem(
            "NoSuchResourceException",
            f'There is nothing at "{request.url.path}". The resources of EPCIS are listed at /epcis.',
        )
    return HttpProblem(
        "about:blank",
        f"The request cannot be met: {error.detail}.",
        status=error.status_code,
        title=str(error.detail),
        headers=error.headers,
    )
