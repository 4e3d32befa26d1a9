"""Deliveries by HTTP: one POST to a checked address, and when the next attempt is due."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from voltloop.errors import InputError
from voltloop.exchange.addresses import Destination, resolve
from voltloop.exchange.signing import headers_of

if TYPE_CHECKING:
    import httpx

__all__ = ["ATTEMPTS", "Reply", "Sender", "next_pause_s"]

_PAUSES_S = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
ATTEMPTS = len(_PAUSES_S) + 1
"""Attempts at one delivery before it is given up, over about three days."""

_SLOW = (429, 502, 504)
_SLOW_PAUSE_S = 60
_LONGEST_PAUSE_S = 86_400
_PATIENCE_S = 20.0
_NOTE_BYTES = 500


@dataclass(frozen=True)
class Reply:
    """What came of an attempt.

    Attributes
    ----------
    status
        HTTP status, None where there was no answer.
    note
        In words: the beginning of the answer, or why there was none.
    retry_after_s
        How long the receiver asks to be left alone [s].
    duration_s
        How long the attempt took [s].
    """

    status: int | None
    note: str = ""
    retry_after_s: float | None = None
    duration_s: float = 0.0

    @property
    def is_accepted(self) -> bool:
        """Whether the receiver has the delivery."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        """Whether the receiver wants nothing any more."""
        return self.status == 410

    @property
    def is_too_large(self) -> bool:
        """Whether the receiver wants smaller deliveries."""
        return self.status == 413


def next_pause_s(attempts: int, reply: Reply, chance: float) -> float | None:
    """Give how long to wait for the next attempt [s], or None where there is to be none.

    Parameters
    ----------
    attempts
        Attempts so far, at least 1.
    reply
        To the last of them, which was not accepted.
    chance
        Random, 0 to 1: it spreads attempts over a fifth of the pause, so that many do not come at once.

    References
    ----------
    Standard Webhooks, "Deliverability and reliability".

    Examples
    --------
    >>> next_pause_s(1, Reply(500), 0.0), next_pause_s(1, Reply(503, retry_after_s=120), 0.0)
    (5.0, 120)
    """
    if reply.is_gone or attempts >= ATTEMPTS:
        return None
    pause_s = float(_PAUSES_S[attempts - 1])
    if reply.status in _SLOW:
        pause_s = max(pause_s, _SLOW_PAUSE_S)
    return max(pause_s * (1 + chance / 5), min(reply.retry_after_s or 0.0, _LONGEST_PAUSE_S))


class Sender:
    """Sends deliveries; one for a process.

    Each goes over a connection of its own: a kept one could lead to another receiver at the same IP address.

    Parameters
    ----------
    may_be_private
        Whether receivers may be in a private network and speak plain ``http``.
    patience_s
        How long an attempt may take in all [s].
    """

    def __init__(self, *, may_be_private: bool = False, patience_s: float = _PATIENCE_S) -> None:
        self._may_be_private = may_be_private
        self._patience_s = patience_s
        self._client: httpx.AsyncClient | None = None

    async def post(self, url: str, body: bytes, keys: Sequence[bytes], delivery_id: str) -> Reply:
        """Make one attempt at a delivery; whatever goes wrong is told by the reply.

        Parameters
        ----------
        url
            Of the receiver. Redirects are not followed.
        body
            EPCIS query document in JSON.
        keys
            To sign with, see :func:`voltloop.exchange.signing.headers_of`.
        delivery_id
            The same for every attempt at this delivery.
        """
        began = time.monotonic()
        try:
            async with asyncio.timeout(self._patience_s):
                reply = await self._attempt(url, body, headers_of(keys, delivery_id, int(time.time()), body))
        except TimeoutError:
            reply = Reply(None, f"There was no answer within {self._patience_s:g} s.")
        except InputError as error:
            reply = Reply(None, error.message)
        except Exception as error:
            reply = Reply(None, f"{type(error).__name__}: {error}"[:_NOTE_BYTES])
        return Reply(reply.status, reply.note, reply.retry_after_s, time.monotonic() - began)

    async def _attempt(self, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        import httpx

        found = await asyncio.to_thread(resolve, url, may_be_private=self._may_be_private)
        if self._client is None:
            self._client = httpx.AsyncClient(
                follow_redirects=False,
                trust_env=False,
                timeout=self._patience_s,
                limits=httpx.Limits(max_keepalive_connections=0),
            )
        request = self._client.build_request(
            "POST",
            _pinned(found),
            content=body,
            headers={
                **headers,
                "Host": httpx.URL(url).netloc.decode("ascii"),
                "Content-Type": "application/json",
                "Accept-Encoding": "identity",
                "User-Agent": "voltloop",
                "GS1-EPCIS-Version": "2.0.0",
                "GS1-CBV-Version": "2.0.0",
            },
            extensions={"sni_hostname": found.host},
        )
        answer = await self._client.send(request, stream=True)
        try:
            note = b"" if answer.is_success else await _beginning(answer)
        finally:
            await answer.aclose()
        return Reply(
            answer.status_code,
            note.decode("utf-8", "replace"),
            _retry_after_s(answer.headers.get("retry-after"), datetime.now(UTC)),
        )

    async def close(self) -> None:
        """Close what is open."""
        if self._client is not None:
            await self._client.aclose()


def _pinned(destination: Destination) -> str:
    """Give the URL with the checked IP address in the place of the name."""
    import httpx

    return str(httpx.URL(destination.url).copy_with(host=destination.address, port=destination.port))


async def _beginning(answer: httpx.Response) -> bytes:
    """Read as much of an answer as the log keeps."""
    found = b""
    async for piece in answer.aiter_raw():
        found += piece
        if len(found) >= _NOTE_BYTES:
            break
    return found[:_NOTE_BYTES]


def _retry_after_s(value: str | None, now: datetime) -> float | None:
    """Read the header Retry-After: seconds or a date; None where it is absent or neither.

    Examples
    --------
    >>> _retry_after_s("Mon, 23 Nov 2026 12:00:30 GMT", datetime(2026, 11, 23, 12, tzinfo=UTC))
    30.0
    """
    if value is None:
        return None
    if value.strip().isdecimal():
        return float(value[:12])
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds())
