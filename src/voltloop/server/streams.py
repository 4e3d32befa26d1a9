"""``/queries/{name}/events`` by web socket: new events pushed to whoever keeps the connection open.

A client that reads slowly is sent the next document only once it has taken the last one, so nothing piles up for it
here; one that takes nothing for half a minute is cut off.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from typing import cast, get_args
from uuid import uuid4

from fastapi import APIRouter, WebSocket
from starlette.websockets import WebSocketDisconnect

from voltloop.app.new_events import Batch, new_events
from voltloop.app.query_results import results_document
from voltloop.app.subscribe import CONTROLS, Controls, controls_in
from voltloop.epcis.formats import EpcFormat
from voltloop.errors import InputError, nearest
from voltloop.ledger.keys import check_key
from voltloop.ledger.named_queries import find
from voltloop.ledger.query import last_record_at
from voltloop.ledger.query_model import QueryError
from voltloop.ledger.subscriptions import LARGEST_BATCH
from voltloop.server.problems import HttpProblem, answer
from voltloop.server.service import Service

__all__ = ["router"]

router = APIRouter()

_PROTOCOL = "epcis"
_KEY_PROTOCOL = "bearer."
_PATIENCE_S = 30.0
_LOOK_S = 3.0
_GOING_AWAY, _REFUSED, _FAULT = 1001, 1008, 1011
_log = logging.getLogger("voltloop.server")


class _Ended(Exception):
    """The push ends: with which close code, and why."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@router.websocket("/queries/{queryName:path}/events")
async def stream_events(websocket: WebSocket) -> None:
    """Push the new events of a named query as EPCIS query documents, in the order of capture."""
    service: Service = websocket.app.state.service
    try:
        push = await asyncio.to_thread(_Push, websocket, service)
    except (HttpProblem, InputError) as error:
        await websocket.send_denial_response(answer(_problem(error), websocket.headers.get("accept")))
        return
    await websocket.accept(
        _PROTOCOL if _PROTOCOL in websocket.scope["subprotocols"] else None,
        [(b"GS1-Query-Min-Record-Time", push.told_from.encode())],
    )
    sending = asyncio.create_task(push.run())
    reading = asyncio.create_task(_read(websocket))
    try:
        await asyncio.wait((sending, reading), return_when=asyncio.FIRST_COMPLETED)
        if sending.done():
            await _close(websocket, sending)
    finally:
        for task in (sending, reading):
            task.cancel()
        await asyncio.gather(sending, reading, return_exceptions=True)


async def _read(websocket: WebSocket) -> None:
    """Take what the client sends, which means nothing here, until it goes."""
    try:
        while (await websocket.receive())["type"] != "websocket.disconnect":
            pass
    except (WebSocketDisconnect, RuntimeError):
        return


async def _close(websocket: WebSocket, sending: asyncio.Task[None]) -> None:
    """Say goodbye to a client as the end of its push wants it; one that was too slow hears nothing more."""
    error = sending.exception()
    code, reason = _FAULT, "This is a fault of the server; its log tells more."
    if isinstance(error, TimeoutError | WebSocketDisconnect | OSError):
        return
    if isinstance(error, _Ended):
        code, reason = error.code, error.reason
    elif error is not None:
        _log.error("A push of events failed", exc_info=error)
    try:
        async with asyncio.timeout(_PATIENCE_S):
            await websocket.close(code, reason)
    except (TimeoutError, RuntimeError, WebSocketDisconnect):
        return


def _problem(error: HttpProblem | InputError) -> HttpProblem:
    if isinstance(error, HttpProblem):
        return error
    name = error.exception if isinstance(error, QueryError) else "ValidationException"
    return HttpProblem(name, error.message)


class _Push:
    """The push to one client; made in a thread, since it asks the database who calls and for what.

    Raises
    ------
    HttpProblem
        SecurityException, NotAcceptableException.
    QueryError
        NoSuchNameException, SubscriptionControlsException.
    """

    def __init__(self, websocket: WebSocket, service: Service) -> None:
        self._websocket = websocket
        self._service = service
        self._key = _key(websocket)
        self._id = str(uuid4())
        self._name: str = websocket.path_params["queryName"]
        self._check_key()
        _check_names(websocket)
        self._controls: Controls = controls_in(websocket.query_params)
        self._epc_format = _epc_format(websocket)
        with service.ledger.engine.connect() as connection:
            self._created_at = find(connection, self._name).created_at
            last = last_record_at(connection)
        initial = self._controls.initial_record_at
        self._watermark = last if initial is None else initial - timedelta(microseconds=1)

    @property
    def told_from(self) -> str:
        """The record time from which on events are told, as text."""
        from_at = (self._watermark + timedelta(microseconds=1)).astimezone(UTC)
        return from_at.isoformat().replace("+00:00", "Z")

    def _check_key(self) -> None:
        caller = None if self._key is None else check_key(self._service.ledger.engine, self._key)
        if caller is None:
            raise HttpProblem(
                "SecurityException",
                "The web socket carries no valid key. Send one in the header Authorization: Bearer KEY, or as the "
                f"subprotocol {_KEY_PROTOCOL}KEY beside the subprotocol {_PROTOCOL}.",
                headers={"WWW-Authenticate": 'Bearer realm="voltloop"'},
            )
        if not caller.may("read"):
            raise HttpProblem(
                "SecurityException",
                f'The key "{caller.name}" may not read events. Use another key, or make one by `voltloop keys add`.',
                status=403,
                title="The key does not permit this",
            )

    async def run(self) -> None:
        """Push until the client, the query or the key is gone.

        Raises
        ------
        _Ended
            The query or the key is gone.
        TimeoutError
            The client takes nothing.
        """
        while True:
            await self._wait()
            is_first = True
            while True:
                batch = await asyncio.to_thread(self._next)
                is_report = is_first and self._controls.schedule and self._controls.report_if_empty
                if batch.events or is_report:
                    await self._send(batch)
                self._watermark, is_first = batch.watermark, False
                if batch.is_last:
                    break

    async def _wait(self) -> None:
        """Wait until there is something to do: an event, or the instant of the schedule."""
        schedule = self._controls.schedule
        if schedule is None:
            while not await self._service.signal.after(self._watermark, _LOOK_S):
                await asyncio.to_thread(self._still_there)
            return
        due_at = schedule.next_after(datetime.now(UTC))
        if due_at is None:
            raise _Ended(_GOING_AWAY, "The schedule has come to its end.")
        while (left_s := (due_at - datetime.now(UTC)).total_seconds()) > 0:
            await asyncio.sleep(min(left_s, _LOOK_S))
            await asyncio.to_thread(self._still_there)

    def _still_there(self) -> None:
        """Refuse to go on without a key that counts, and without the query, were there another of its name."""
        try:
            self._check_key()
            with self._service.ledger.engine.connect() as connection:
                is_same = find(connection, self._name).created_at == self._created_at
        except HttpProblem:
            raise _Ended(_REFUSED, "The key does not count any more.") from None
        except QueryError as error:
            raise _Ended(_GOING_AWAY, error.message[:120]) from None
        if not is_same:
            raise _Ended(_GOING_AWAY, "The query was deleted, and another made under its name.")

    def _next(self) -> Batch:
        self._still_there()
        try:
            with self._service.ledger.engine.connect() as connection:
                return new_events(connection, self._name, after=self._watermark, most_events=LARGEST_BATCH)
        except QueryError as error:
            raise _Ended(_GOING_AWAY, error.message[:120]) from None

    async def _send(self, batch: Batch) -> None:
        document = await asyncio.to_thread(
            results_document,
            batch.events,
            query_name=self._name,
            subscription_id=self._id,
            epc_format=self._epc_format,
            prefixes=batch.prefixes,
            created_at=datetime.now(UTC),
        )
        async with asyncio.timeout(_PATIENCE_S):
            await self._websocket.send_text(document.decode())


def _key(websocket: WebSocket) -> str | None:
    """Give the key that came with the handshake; a browser can send it only as a subprotocol."""
    scheme, _, key = websocket.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and key.strip():
        return key.strip()
    for protocol in websocket.scope["subprotocols"]:
        if protocol.startswith(_KEY_PROTOCOL):
            return str(protocol.removeprefix(_KEY_PROTOCOL))
    return None


def _check_names(websocket: WebSocket) -> None:
    """Refuse parameters that a web socket does not have."""
    known = (*CONTROLS, "GS1-EPC-Format")
    for name in websocket.query_params:
        if name not in known:
            raise HttpProblem(
                "QueryParameterException",
                f'Query parameter "{name}": a web socket has none of that name.{nearest(name, known)} '
                f"It takes {', '.join(known)}.",
            )


def _epc_format(websocket: WebSocket) -> EpcFormat:
    """Give the spelling of identifiers that the client wants, by the header or, from browsers, by the URL."""
    name = "GS1-EPC-Format"
    given = websocket.headers.get(name) or websocket.query_params.get(name) or "Always_GS1_Digital_Link"
    if given not in get_args(EpcFormat):
        raise HttpProblem(
            "NotAcceptableException",
            f'{name}: "{given}" is none of the formats. Expected one of {", ".join(get_args(EpcFormat))}.',
        )
    return cast("EpcFormat", given)
