"""What the resources of passports share: bodies, work in the database, results in the words of EN 18222."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from typing import Any, TypeVar

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from voltloop.errors import InputError
from voltloop.ledger.naming import stamp
from voltloop.ledger.passport.access import Reader, keeps
from voltloop.ledger.passport.reading import note, standing
from voltloop.ledger.passport.rows import Passport
from voltloop.ledger.passport.signing import Signer, open_signer
from voltloop.ledger.passport.texts import read_json, text_of
from voltloop.server.bodies import media_type_of, whole
from voltloop.server.negotiation import JSON_TYPES, best
from voltloop.server.problems import HttpProblem
from voltloop.server.readers import reader_of
from voltloop.server.service import Service

__all__ = [
    "PATCH_TYPES",
    "Call",
    "body_of",
    "forbidden",
    "in_words",
    "json_text",
    "read_instant",
    "result",
    "work",
]

_Answer = TypeVar("_Answer")
_CODES: Mapping[str, int] = {
    "no-such-passport": 404,
    "no-such-element": 404,
    "passport-forbidden": 403,
    "passport-exists": 409,
    "passport-product-taken": 409,
    "passport-archived": 409,
}
_STATUS_CODES: Mapping[int, str] = {
    400: "ClientErrorBadRequest",
    401: "ClientNotAuthorized",
    403: "ClientForbidden",
    404: "ClientErrorResourceNotFound",
    405: "ClientMethodNotAllowed",
    409: "ClientResourceConflict",
}
PATCH_TYPES = (*JSON_TYPES, "application/merge-patch+json")


@dataclass(frozen=True)
class Call:
    """One request on passports within a transaction."""

    connection: Connection
    reader: Reader
    signer: Signer
    at: datetime

    def check_keeps(self, record: Mapping[str, Any], passport: Passport | None, asked: str) -> None:
        """Let pass only who keeps a passport.

        Raises
        ------
        InputError
            ``passport-forbidden``; the refusal is written down.
        """
        reader = standing(self.connection, passport, self.reader) if passport else self.reader
        if not keeps(record, reader, self.at):
            note(self.connection, passport, self.reader, self.at, asked, ())
            raise forbidden()


def forbidden() -> InputError:
    """Give the refusal of what only the keeper of a passport may do."""
    return InputError(
        "Only who keeps this passport may do that: who answers for it, or administers the register.",
        code="passport-forbidden",
    )


async def work(request: Request, act: Callable[[Call], _Answer]) -> _Answer:
    """Do the work of a request in one transaction, beside the event loop.

    What is refused is written down all the same, so a refusal ends the transaction well.
    """
    service: Service = request.app.state.service

    def run() -> _Answer | InputError:
        reader = reader_of(request)
        signer = open_signer(service.ledger.data_folder)
        with service.ledger.engine.begin() as connection:
            try:
                return act(Call(connection, reader, signer, datetime.now(UTC)))
            except InputError as error:
                if error.code != "passport-forbidden":
                    raise
                return error

    found = await run_in_threadpool(run)
    if isinstance(found, InputError):
        raise found
    return found


def result(status: int, text: str, code: str, request: Request) -> Response:
    """Give a failure as EN 18222 tells it.

    References
    ----------
    EN 18222:2026 tables 12 to 15.
    """
    message = {
        "messageType": "Error",
        "text": text,
        "code": code,
        "correlationId": request.state.request_id,
        "timestamp": stamp(datetime.now(UTC).replace(microsecond=0)),
    }
    body = {"statusCode": _STATUS_CODES.get(status, "ClientErrorBadRequest"), "message": [message]}
    return json_text(body, status=status)


def in_words(
    resource: Callable[..., Awaitable[Response]],
) -> Callable[..., Awaitable[Response]]:
    """Turn what goes wrong in a resource into results of EN 18222."""

    @wraps(resource)
    async def guarded(request: Request, **path: str) -> Response:
        try:
            return await resource(request, **path)
        except InputError as error:
            return result(_CODES.get(error.code, 400), error.message, error.code, request)
        except HttpProblem as problem:
            answer = result(problem.status, problem.detail, problem.type, request)
            answer.headers.update(problem.headers)
            return answer

    return guarded


async def body_of(request: Request, media_types: tuple[str, ...] = JSON_TYPES) -> Any:
    """Read the JSON body of a request.

    Raises
    ------
    HttpProblem
        Its media type is none of those, or it is too long.
    InputError
        ``passport-json``.
    """
    media_type_of(request, media_types)
    service: Service = request.app.state.service
    return read_json(await whole(request, service.settings.event_limit_bytes))


def json_text(content: Any, request: Request | None = None, *, status: int = 200, **headers: str) -> Response:
    """Give JSON under the media type that the caller takes; numbers stay as they were given."""
    media_type = best(request.headers.get("accept"), JSON_TYPES) if request is not None else None
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(
        text_of(content),
        status_code=status,
        headers={"Cache-Control": "private, no-store", "Vary": "Accept, Authorization", **named},
        media_type=media_type or JSON_TYPES[0],
    )


def read_instant(text: str | None, name: str) -> datetime:
    """Read an instant of a query parameter.

    Raises
    ------
    InputError
        ``passport-parameter``.
    """
    try:
        at = datetime.fromisoformat((text or "").replace(" ", "+"))
        if at.tzinfo is not None and 1 < at.year < 9999:
            return at.astimezone(UTC)
    except ValueError:
        pass
    raise InputError(
        f"Query parameter {name}: a date and time with its zone was expected, such as 2027-02-18T09:00:00Z.",
        code="passport-parameter",
    )
