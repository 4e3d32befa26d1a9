"""Where the events of a JSON document begin and end, found without parsing it: any size, constant memory.

One pass over the bytes, in chunks, finds the brackets, commas and colons outside of strings with numpy. What
stands around the event list is kept (the *frame*, with the list left empty); of the list itself only offsets
are: a *cut* every few dozen events. Frame and pieces together are the document: if each of them is well-formed
JSON, so is the whole.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from voltloop.epcis.documents import Limits
from voltloop.errors import InputError

__all__ = ["EVENT_LISTS", "Split", "split"]

EVENT_LISTS = {
    "EPCISDocument": ("epcisBody", "eventList"),
    "EPCISQueryDocument": ("epcisBody", "queryResults", "resultsBody", "eventList"),
}
"""Where each kind of document has its events."""

_CHUNK_BYTES = 2**18
_EVENTS_PER_PIECE = 64
_SHALLOW = 5  # deepest bracket that can open an event list
_QUOTE, _BACKSLASH, _COMMA, _COLON = b'"\\,:'
_OPEN_LIST = ord("[")
_OPEN, _CLOSE, _BRACKET_BIT = ord("{"), ord("}"), 0x20  # with this bit set, [ reads { and ] reads }


@dataclass
class Split:
    """The parts of a document.

    ``frame`` is the document with an empty event list, ``frame_keys`` the number of keys in it. ``cuts[i]`` to
    ``cuts[i + 1] - 1`` are the offsets of piece ``i`` of the list [B], without the comma that ends it;
    ``counts[i]`` is the number of its events and ``keys[i]`` of the keys in it. ``path`` is where the list
    stands; None if the document has none.
    """

    frame: bytearray = field(default_factory=bytearray)
    frame_keys: int = 0
    path: tuple[str, ...] | None = None
    cuts: array[int] = field(default_factory=lambda: array("q"))
    counts: array[int] = field(default_factory=lambda: array("q"))
    keys: array[int] = field(default_factory=lambda: array("q"))


def split(source: BinaryIO, limits: Limits) -> Split:
    """Find the parts of a JSON document.

    Parameters
    ----------
    source
        The document, from its beginning to its end.
    limits
        Beyond these the document is refused.

    Raises
    ------
    InputError
        The document ends too early (``epcis-truncated``), or is deeper (``epcis-too-deep``) or larger in a part
        (``epcis-too-large``) than ``limits``. That the parts are well-formed is for the caller to see.
    """
    scanner = _Scanner(limits)
    while chunk := source.read(_CHUNK_BYTES):
        scanner.feed(chunk)
    return scanner.finish()


class _Scanner:
    """The state between two chunks."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.parts = Split()
        self.offset = 0  # of the chunk in the document
        self.in_string = False
        self.is_escaped = False  # whether the chunk's first byte is
        self.depth = 0
        self.total_keys = 0
        # Outside of the event list: the string read last, the key it became, and the keys of the open brackets.
        self.string_from = 0
        self.string: tuple[int, int] = (0, 0)
        self.key: tuple[int, int] | None = None
        self.open_keys: list[tuple[int, int] | None] = []
        # Inside of it.
        self.list_depth: int | None = None
        self.event_from = 0
        self.events = 0  # complete ones
        self.cut_events = 0  # those before the last cut, as the keys
        self.cut_keys = 0

    def _in_list(self) -> bool:
        """Whether the event list has begun and not ended."""
        return self.list_depth is not None

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes."""
        at, byte, quotes, outside, depths = self._tokens(chunk)
        if len(depths) and int(depths.max()) > self.limits.depth:
            raise self._too_deep(int(at[np.argmax(depths > self.limits.depth)]))
        keys = self.total_keys + np.cumsum(outside & (byte == _COLON), dtype=np.int64)
        if not self._in_list():
            self.parts.frame += chunk
        first = 0  # token to go on from
        while first < len(at):
            rest = slice(first, None)
            if not self._in_list():
                first += self._frame_tokens(
                    at[rest], byte[rest], quotes[rest], outside[rest], depths[rest], chunk
                )
                if self._in_list():
                    self.cut_keys = int(keys[first - 1])
            else:
                first += self._list_tokens(at[rest], byte[rest], outside[rest], depths[rest], keys[rest])
                if not self._in_list():
                    self.parts.frame += chunk[int(at[first]) :]
        if len(depths):
            self.depth, self.total_keys = int(depths[-1]), int(keys[-1])
        self.offset += len(chunk)
        self._check_sizes()

    def _tokens(self, chunk: bytes) -> tuple[Any, ...]:
        """Give the tokens of a chunk: place, byte, whether a quote, whether outside strings, depth after each."""
        data = np.frombuffer(chunk, np.uint8)
        brackets = data | _BRACKET_BIT
        is_token = (
            (data == _QUOTE)
            | (data == _COMMA)
            | (data == _COLON)
            | (brackets == _OPEN)
            | (brackets == _CLOSE)
        )
        is_token[self._escaped(data, chunk)] = False
        at = np.flatnonzero(is_token)
        byte = data[at]
        quotes = byte == _QUOTE
        inside = (np.cumsum(quotes) + self.in_string) & 1 == 1
        if len(inside):
            self.in_string = bool(inside[-1])
        outside = ~inside & ~quotes
        brackets = byte | _BRACKET_BIT
        steps = (outside & (brackets == _OPEN)).view(np.int8) - (outside & (brackets == _CLOSE)).view(np.int8)
        depths = self.depth + np.cumsum(steps, dtype=np.int32)
        return at, byte, quotes, outside, depths

    def _escaped(self, data: npt.NDArray[np.uint8], chunk: bytes) -> npt.NDArray[np.int64]:
        """Give the places of the bytes that a backslash before them makes plain text."""
        carried, self.is_escaped = self.is_escaped, False
        if b"\\" not in chunk:
            return np.zeros(int(carried), np.int64)
        slashes = np.flatnonzero(data == _BACKSLASH)
        run_starts = np.flatnonzero(np.diff(slashes, prepend=-2) != 1)
        run_of = np.cumsum(np.diff(slashes, prepend=-2) != 1) - 1
        within = np.arange(len(slashes)) - run_starts[run_of]
        if carried and slashes[0] == 0:  # the first backslash is itself escaped
            within[run_of == 0] -= 1
        escaped = slashes[within % 2 == 0] + 1
        if len(escaped) and escaped[-1] == len(data):
            self.is_escaped = True
            escaped = escaped[:-1]
        return np.append(escaped, 0) if carried else escaped

    def _frame_tokens(self, at: Any, byte: Any, quotes: Any, outside: Any, depths: Any, chunk: bytes) -> int:
        """Walk the shallow tokens around the event list; give how many tokens are done: all, or up to its bracket."""
        closes = outside & (
            (byte | _BRACKET_BIT) == _CLOSE
        )  # a closing bracket stands as deep as what it closes
        shallow = np.flatnonzero((depths + closes <= _SHALLOW) & (outside | quotes))
        frame_from = len(self.parts.frame) - len(chunk)
        for token, place, char in zip(
            shallow.tolist(), at[shallow].tolist(), byte[shallow].tolist(), strict=True
        ):
            if char == _QUOTE:
                self.string = (self.string_from, frame_from + place)
                self.string_from = frame_from + place + 1
            elif char == _COLON:
                self.key = self.string
            elif char == _COMMA:
                self.key = None
            elif char | _BRACKET_BIT == _OPEN:
                self.open_keys.append(self.key)
                self.key = None
                if self.parts.path is None and (path := self._event_list_path(char)):
                    self._enter_list(path, int(depths[token]), frame_from, place)
                    return int(token) + 1
            elif self.open_keys:
                self.open_keys.pop()
        return len(at)

    def _event_list_path(self, char: int) -> tuple[str, ...] | None:
        """Give the path of the bracket just opened if it is one of an event list."""
        if char != _OPEN_LIST or None in self.open_keys[1:]:
            return None
        names = tuple(
            bytes(self.parts.frame[key[0] : key[1]]).decode("utf-8", "replace")
            for key in self.open_keys[1:]
            if key
        )
        return names if names in EVENT_LISTS.values() else None

    def _enter_list(self, path: tuple[str, ...], depth: int, frame_from: int, place: int) -> None:
        self.parts.path = path
        self.list_depth = depth
        del self.parts.frame[frame_from + place + 1 :]
        self.event_from = self.offset + place + 1
        self.parts.cuts.append(self.event_from)

    def _list_tokens(self, at: Any, byte: Any, outside: Any, depths: Any, keys: Any) -> int:
        """Note cuts between events; give how many tokens are done: all, or up to the bracket that ends the list."""
        leaving = np.flatnonzero(depths < self.list_depth)
        end = int(leaving[0]) if len(leaving) else len(at)
        here = slice(0, end)
        commas = np.flatnonzero(outside[here] & (byte[here] == _COMMA) & (depths[here] == self.list_depth))
        ends = at[commas] + self.offset
        if len(ends):
            self._check_event_sizes(ends)
            wanted = np.arange(len(commas))
            wanted = wanted[(wanted + 1) % _EVENTS_PER_PIECE == 0]
            last = len(commas) - 1
            for n in [*wanted.tolist(), *([] if len(wanted) and wanted[-1] == last else [last])]:
                self._cut(int(ends[n]) + 1, self.events + n + 1, int(keys[commas[n]]))
            self.events += len(commas)
            self.event_from = int(ends[-1]) + 1
        if len(leaving):
            self._check_event_sizes(at[end : end + 1] + self.offset)
            self._cut(int(at[end]) + self.offset + 1, self.events + 1, int(keys[end]))
            self.list_depth = None
        return end

    def _cut(self, offset: int, events: int, keys: int) -> None:
        """Note the end of a piece, given the events and keys up to there."""
        self.parts.cuts.append(offset)
        self.parts.counts.append(events - self.cut_events)
        self.parts.keys.append(keys - self.cut_keys)
        self.cut_events, self.cut_keys = events, keys

    def _check_event_sizes(self, ends: npt.NDArray[np.int64]) -> None:
        """Refuse an event that is too large, given where the next ones end."""
        sizes = np.diff(ends, prepend=self.event_from)
        if int(sizes.max()) > self.limits.event_bytes:
            raise self._too_large(self.events + int(np.argmax(sizes > self.limits.event_bytes)))

    def _check_sizes(self) -> None:
        """Refuse what has grown too large and has not ended yet."""
        if self.list_depth is not None and self.offset - self.event_from > self.limits.event_bytes:
            raise self._too_large(self.events)
        if len(self.parts.frame) > self.limits.frame_bytes:
            raise InputError(
                f"The document is larger than {self.limits.frame_bytes:,} bytes outside of its events. "
                "Send master data in several documents.",
                code="epcis-too-large",
            )

    def finish(self) -> Split:
        """Give the parts, once the document has ended."""
        parts = self.parts
        parts.frame_keys = self.total_keys - sum(parts.keys)
        if self.in_string or self.depth > 0:
            where = f", within {self._event_path(self.events)}" if self.list_depth is not None else ""
            what = "a text is" if self.in_string else f"{self.depth} brackets are"
            raise InputError(
                f"The document ends after {self.offset:,} bytes{where}, while {what} still open. "
                "Expected a complete JSON document; send it again in full.",
                code="epcis-truncated",
            )
        return parts

    def _too_large(self, event: int) -> InputError:
        return InputError(
            f"{self._event_path(event)} is larger than {self.limits.event_bytes:,} bytes, or its brackets are not "
            "closed. Expected a smaller event; split it, or refer to large data by URI.",
            code="epcis-too-large",
        )

    def _too_deep(self, place: int) -> InputError:
        return InputError(
            f"The document nests objects and lists more than {self.limits.depth} deep, at byte "
            f"{self.offset + place:,}. Expected an EPCIS document, which needs far less.",
            code="epcis-too-deep",
        )

    def _event_path(self, event: int) -> str:
        return "$." + ".".join(self.parts.path or ()) + f"[{event}]"
