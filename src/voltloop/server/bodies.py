"""Bodies of requests: their media type, unpacked where they came by gzip, never longer than allowed."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence

from starlette.requests import Request

from voltloop.server.negotiation import JSON_TYPES, XML_TYPES
from voltloop.server.problems import HttpProblem

__all__ = ["media_type_of", "pieces", "whole"]

_PIECE = 1 << 20


def media_type_of(request: Request, known: Sequence[str] = (*JSON_TYPES, *XML_TYPES)) -> str:
    """Give the media type of a request's body, without parameters.

    Raises
    ------
    HttpProblem
        UnsupportedMediaTypeException: the header Content-Type is absent or names another type, or the body is
        encoded in another way than gzip.
    """
    given = request.headers.get("content-type", "")
    media_type = given.partition(";")[0].strip().lower()
    if media_type not in known:
        told = f'"{given}" is not read here' if given else "is missing"
        raise HttpProblem(
            "UnsupportedMediaTypeException",
            f"Header Content-Type: {told}. Expected one of {', '.join(known)}.",
            headers={"Accept-Post": ", ".join(known)},
        )
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in {"identity", "gzip", "x-gzip"}:
        raise HttpProblem(
            "UnsupportedMediaTypeException",
            f'Header Content-Encoding: "{encoding}" is not read here. Send the body by gzip or as it is.',
            headers={"Accept-Encoding": "gzip"},
        )
    return media_type


async def pieces(
    request: Request, limit_bytes: int, headers: Mapping[str, str] | None = None
) -> AsyncIterator[bytes]:
    """Give the body of a request piece by piece, unpacked, as it arrives.

    Parameters
    ----------
    request
        Its header Content-Encoding is gzip, identity or absent.
    limit_bytes
        Bytes, unpacked, after which the body is refused; so a small body cannot unpack without end.
    headers
        Of the refusal.

    Raises
    ------
    HttpProblem
        CaptureLimitExceededException: the body is longer. ValidationException: it is no gzip, or cut off.
    """
    refused = HttpProblem(
        "CaptureLimitExceededException",
        f"The body is longer than {limit_bytes:,} bytes, the limit here. Send it in several parts.",
        headers=headers,
    )
    if int(request.headers.get("content-length") or 0) > limit_bytes:
        raise refused
    is_packed = request.headers.get("content-encoding", "identity").strip().lower() != "identity"
    gzip = _Gzip() if is_packed else None
    taken = 0
    async for chunk in request.stream():
        for piece in gzip.unpack(chunk) if gzip else (chunk,):
            taken += len(piece)
            if taken > limit_bytes:
                raise refused
            yield piece
    if gzip:
        gzip.finish()


async def whole(request: Request, limit_bytes: int, headers: Mapping[str, str] | None = None) -> bytes:
    """Give the whole body of a request, for bodies that are small; see :func:`pieces`."""
    return b"".join([piece async for piece in pieces(request, limit_bytes, headers)])


class _Gzip:
    """Unpacks gzip as it arrives, a bounded piece at a time."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(wbits=31)

    def unpack(self, chunk: bytes) -> Iterator[bytes]:
        piece = b""
        while chunk or len(piece) == _PIECE:
            if self._stream.eof:
                self._stream = zlib.decompressobj(wbits=31)
            try:
                piece = self._stream.decompress(chunk, _PIECE)
            except zlib.error:
                raise HttpProblem(
                    "ValidationException",
                    "The body is not the gzip that Content-Encoding says. Send it unpacked, or pack it anew.",
                ) from None
            chunk = self._stream.unused_data if self._stream.eof else self._stream.unconsumed_tail
            yield piece

    def finish(self) -> None:
        if not self._stream.eof:
            raise HttpProblem(
                "ValidationException", "The body ends in the middle of its gzip. Send it again."
            )
