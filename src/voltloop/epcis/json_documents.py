"""EPCIS documents in JSON: any size, constant memory, every flaw said in words before an event is used.

Reading goes twice over the document. The first pass (:func:`open_json`) finds the events, parses every part and
sees what is wrong with it as JSON or as a document; the second (:meth:`Document.batches`) gives the events.
Numbers are read as IEEE 754 doubles, as RFC 8259 section 6 advises; one beyond their range is refused.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO

from voltloop.epcis.canonical_form import is_comment
from voltloop.epcis.documents import Document, Limits, absorb_context, instant, namespaces
from voltloop.epcis.json_split import EVENT_LISTS, Split, split
from voltloop.epcis.master_data import elements
from voltloop.epcis.problems import json_path
from voltloop.epcis.validation import check_document, is_context
from voltloop.errors import InputError

__all__ = ["open_json"]

_STANDARD_LIMITS = Limits()
_ENCODINGS = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)


def open_json(
    source: bytes | BinaryIO,
    limits: Limits = _STANDARD_LIMITS,
    *,
    strict: bool = True,
    context: Mapping[str, str] | None = None,
) -> Document:
    """Open an EPCIS document in JSON: EPCISDocument, EPCISQueryDocument, or one event with its ``@context``.

    Parameters
    ----------
    source
        The document, or a binary file that can be read from its beginning and again; it must stay open while
        events are read.
    limits
        Beyond these the document is refused.
    strict
        Whether to refuse what the standard refuses around the events; if not, comment keys (``_comment``) are
        dropped.
    context
        Prefixes and namespaces for one event without ``@context``; None refuses such an event.

    Raises
    ------
    InputError
        The document is not JSON, not UTF-8, incomplete, beyond ``limits``, has a key twice, a character that no
        database text can hold, or is no EPCIS document. The ``code`` says which: ``epcis-encoding``,
        ``epcis-json``, ``epcis-truncated``, ``epcis-too-deep``, ``epcis-too-large``, ``epcis-document``.

    References
    ----------
    EPCIS 2.0 section 10 (JSON binding); RFC 8259.

    Examples
    --------
    >>> document = b'{"@context":[],"type":"EPCISDocument","schemaVersion":"2.0",'
    >>> document += b'"creationDate":"2026-11-22T14:05:00Z","epcisBody":{"eventList":[]}}'
    >>> open_json(document).event_count
    0
    """
    stream = io.BytesIO(source) if isinstance(source, bytes) else source
    start = _after_byte_order_mark(stream)
    parts = split(stream, limits)
    frame = _parsed(bytes(parts.frame), 1, parts.frame_keys, "$")[0]
    if isinstance(frame, dict) and not strict:
        frame = {key: value for key, value in frame.items() if not is_comment(key)}
    if context is not None and isinstance(frame, dict) and frame.get("type") not in EVENT_LISTS:
        frame.setdefault("@context", dict(context))
    if problems := check_document(frame):
        raise InputError(f"The document cannot be captured. {problems[0]}", code="epcis-document")
    return _document(frame, parts, stream, start, limits)


def _after_byte_order_mark(stream: BinaryIO) -> int:
    """Go to the first byte of the text and give its offset; refuse what is visibly not UTF-8."""
    stream.seek(0)
    head = stream.read(4)
    encoding = next((name for mark, name in _ENCODINGS if head.startswith(mark)), None)
    if encoding is None and b"\x00" in head:
        encoding = "UTF-32" if head.count(0) == 3 else "UTF-16"
    if encoding:
        raise InputError(
            f"The document is written in {encoding}. Expected UTF-8 (RFC 8259 section 8.1); convert it first.",
            code="epcis-encoding",
        )
    if not head:
        raise InputError("The document is empty. Expected an EPCIS document in JSON.", code="epcis-json")
    return stream.seek(3 if head.startswith(b"\xef\xbb\xbf") else 0)


def _document(frame: dict[str, Any], parts: Split, stream: BinaryIO, start: int, limits: Limits) -> Document:
    """Join the frame with the reading of its events."""
    kind: str = frame["type"]
    expected = EVENT_LISTS.get(kind)
    context = namespaces(frame["@context"])
    if parts.path != expected:
        raise InputError(
            f"The document has events at $.{'.'.join(parts.path or ())}, where its type {kind} has none. "
            f"Expected them at $.{'.'.join(expected or ())}.",
            code="epcis-document",
        )
    if expected is None:
        text, size = bytes(parts.frame), len(parts.frame)
        if size > limits.event_bytes:
            raise InputError(
                f"The event is larger than {limits.event_bytes:,} bytes.", code="epcis-too-large"
            )
        count, pieces = 1, lambda: iter([([_alone(text)], size)])
    else:
        count, pieces = _pieces(parts, stream, start, context)
    header = frame.get("epcisHeader", {})
    results = frame.get("epcisBody", {}).get("queryResults", {}).get("resultsBody", {})
    lists = results.get("vocabularyList") or header.get("epcisMasterData", {}).get("vocabularyList") or []
    return Document(
        kind=kind,
        context=context,
        header=header,
        created_at=instant(frame.get("creationDate")),
        event_count=count,
        master_data=elements(lists),
        pieces=pieces,
    )


_Piece = tuple[list[Any], int]


def _alone(text: bytes) -> dict[str, Any]:
    """Give an event that is a document of its own, without its context."""
    import orjson

    event: dict[str, Any] = orjson.loads(text)
    event.pop("@context", None)
    return event


def _pieces(
    parts: Split, stream: BinaryIO, start: int, context: dict[str, str]
) -> tuple[int, Callable[[], Iterator[_Piece]]]:
    """Parse every piece once, to see that it is sound; give the number of events and the way to read them.

    ``context`` gains what single events add to it.
    """
    spans = [
        (start + begin, end - 1 - begin) for begin, end in zip(parts.cuts[:-1], parts.cuts[1:], strict=True)
    ]

    def read(number: int) -> bytes:
        offset, size = spans[number]
        stream.seek(offset)
        return stream.read(size)

    if len(spans) == 1 and not read(0).strip():
        return 0, lambda: iter(())
    place = "$." + ".".join(parts.path or ())
    first = 0
    parsed: list[Any] = []
    for number in range(len(spans)):
        parsed = _parsed(b"[" + read(number) + b"]", parts.counts[number], parts.keys[number], place, first)
        _absorb_contexts(parsed, context)
        first += len(parsed)
    # What is small enough to be one piece is parsed once; whoever reads it again gets it fresh.
    kept = [parsed] if len(spans) == 1 else []
    del parsed

    def pieces() -> Iterator[_Piece]:
        import orjson

        for number, (_, size) in enumerate(spans):
            events = kept.pop() if kept else orjson.loads(b"[" + read(number) + b"]")
            _absorb_contexts(events, context)
            yield events, size

    return first, pieces


def _absorb_contexts(events: list[Any], context: dict[str, str]) -> None:
    """Move the contexts of single events into the document's; one that is not valid stays, to be refused."""
    for event in events:
        if type(event) is dict and "@context" in event and is_context(event["@context"]):
            absorb_context(event, context)


def _parsed(text: bytes, count: int, keys: int, place: str, first: int | None = None) -> list[Any]:
    """Parse a part of the document and see that nothing in it is lost or cannot be kept.

    Parameters
    ----------
    text
        The frame, or a list of ``count`` events of which the first is number ``first``.
    keys
        How many keys the text has.
    place
        JSONPath of the value or the list.
    """
    import orjson

    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise _not_json(text, error, place, first) from None
    values: list[Any] = [value] if first is None else value
    if len(values) != count:
        raise InputError(f"{place} has a comma with no event before or after it. Drop it.", code="epcis-json")
    if _keys_in(values) != keys:
        raise _repeated_key(text, place, first)
    if b"\\u0000" in text and (found := _find(values, lambda item: "\x00" in item)) is not None:
        path = _path(place, first, found)
        raise InputError(
            f"{path} holds the character U+0000, which no text in the database can. Leave it out.",
            code="epcis-json",
        )
    return values


def _not_json(text: bytes, error: Any, place: str, first: int | None) -> InputError:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError as wrong:
        shown = text[max(0, wrong.start - 20) : wrong.start + 10].decode("utf-8", "replace")
        return InputError(
            f'The document is not UTF-8: the byte 0x{text[wrong.start]:02x} after "{shown}" at {place}. '
            "Expected UTF-8 (RFC 8259 section 8.1); convert it first.",
            code="epcis-encoding",
        )
    before = text.decode("utf-8")[max(0, error.pos - 30) : error.pos]
    where = place if first is None else f"{place}, at or after event {first}"
    return InputError(
        f"The document is not JSON: {error.msg}, after {before!r} ({where}). Expected JSON by RFC 8259; "
        "write it with a JSON library.",
        code="epcis-json",
    )


def _keys_in(values: list[Any]) -> int:
    """Count the keys of JSON values, at any depth."""
    import orjson

    written = orjson.dumps(values)
    # A quote before a colon ends a key, unless it is escaped or begins a text that begins with a colon.
    if any(mark in written for mark in (b"\\", b'[":', b',":', b':":', b'{":')):
        return _count_keys(values)
    return written.count(b'":')


def _count_keys(value: Any) -> int:
    count = 0
    if type(value) is dict:
        count = len(value)
        value = value.values()
    for item in value:
        if type(item) is dict or type(item) is list:
            count += _count_keys(item)
    return count


class _Repeated(dict[str, Any]):
    """An object that has a key twice."""

    key: str


def _repeated_key(text: bytes, place: str, first: int | None) -> InputError:
    """Find the key that stands twice in one object."""
    import json

    def build(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        built = dict(pairs)
        if len(built) == len(pairs):
            return built
        repeated = _Repeated(built)
        names = [name for name, _ in pairs]
        repeated.key = next(name for n, name in enumerate(names) if name in names[:n])
        return repeated

    value = json.loads(text, object_pairs_hook=build)
    values = [value] if first is None else value
    found = _find(values, lambda item: isinstance(item, _Repeated)) or []
    holder = values
    for step in found:
        holder = holder[step]
    path = _path(place, first, found)
    return InputError(
        f'{path} has the key "{getattr(holder, "key", "")}" twice. Expected each key once; drop one of them.',
        code="epcis-json",
    )


def _find(value: Any, wanted: Callable[[Any], bool], path: tuple[Any, ...] = ()) -> list[Any] | None:
    """Give the path of the first text, key or object that is wanted."""
    if isinstance(value, str | dict) and wanted(value):
        return list(path)
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, item in pairs:
        if isinstance(step, str) and wanted(step):
            return [*path, step]
        if (found := _find(item, wanted, (*path, step))) is not None:
            return found
    return None


def _path(place: str, first: int | None, found: list[Any]) -> str:
    """Give the JSONPath of what was found in a list of values."""
    number, *rest = found or [0]
    return place + ("" if first is None else f"[{first + number}]") + json_path(rest)[1:]
