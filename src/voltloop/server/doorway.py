"""What happens to every request before and after its resource: its number, the length of its address, HEAD."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from voltloop.server.problems import HttpProblem, answer
from voltloop.server.versions import ANSWERED

__all__ = ["Doorway"]

_NUMBER = re.compile(r"[\w.:-]{1,128}", re.ASCII)


def _misspelt(scope: Scope) -> HttpProblem | None:
    """Refuse an address whose bytes are no UTF-8: what it asks for would be another thing than was meant."""
    for part, name in (("query_string", "query string"), ("raw_path", "path")):
        text = unquote_to_bytes(scope.get(part) or b"")
        try:
            text.decode()
        except UnicodeDecodeError as error:
            return HttpProblem(
                "QueryParameterException" if part == "query_string" else "ValidationException",
                f'The {name} of the address is not UTF-8: after "{text[: error.start].decode()[-30:]}" comes the byte '
                f"%{text[error.start]:02X}. Expected percent-encoded UTF-8 (RFC 3987 section 3.1).",
            )
    return None


class Doorway:
    """Middleware around the whole application.

    Every answer carries ``X-Request-ID`` (the caller's own, where it sent a usable one), answers under ``/epcis`` the
    versions that they are written in. HEAD is answered as GET without the body, an overlong address with 414.

    Parameters
    ----------
    app
        The application within.
    version
        Of voltloop, told as ``GS1-Vendor-Version``.
    uri_limit_bytes
        Length of path and query string from which on a request is refused.
    """

    def __init__(self, app: ASGIApp, *, version: str, uri_limit_bytes: int) -> None:
        self._app = app
        self._version = version
        self._uri_limit_bytes = uri_limit_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request, web socket or the life of the server."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope)
        number = given.get("X-Request-ID", "")
        number = number if _NUMBER.fullmatch(number) else str(uuid4())
        scope.setdefault("state", {})["request_id"] = number
        is_head = scope["method"] == "HEAD"
        is_standard = scope["path"] == "/epcis" or scope["path"].startswith("/epcis/")

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message.setdefault("headers", []))
                headers["X-Request-ID"] = number
                if is_standard:
                    for name, value in ANSWERED.items():
                        headers.setdefault(name, value)
                    headers["GS1-Vendor-Version"] = self._version
            elif is_head and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        problem = _misspelt(scope)
        if problem is not None:
            await answer(problem, given.get("accept"))(scope, receive, tell)
            return
        length = len(scope.get("raw_path") or scope["path"].encode()) + len(scope["query_string"])
        if length > self._uri_limit_bytes:
            problem = HttpProblem(
                "URITooLongException",
                f"The address has {length:,} bytes; {self._uri_limit_bytes:,} are taken. "
                "Create a named query by POST /epcis/queries, and fetch its events.",
            )
            await answer(problem, given.get("accept"))(scope, receive, tell)
            return
        # A copy: what sends the answer must still see HEAD, or it waits for a body as long as Content-Length says.
        await self._app({**scope, "method": "GET"} if is_head else scope, receive, tell)
