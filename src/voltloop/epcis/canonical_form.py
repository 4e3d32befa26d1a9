"""The one form in which events are kept: bare CBV words, no record time.

:func:`to_canonical` is for valid events: it changes spelling only. A CBV word may validly come as a Web URI
(``https://ref.gs1.org/cbv/BizStep-shipping``, which passes as a user's own URI) or in compact form
(``cbv:BizStep-shipping``); it becomes bare, so that a query finds it under one spelling. :func:`mend` is for
events of lenient senders, before they are judged: it also takes CBV URNs, drops comment keys and reads numbers
that stand in quotation marks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from voltloop.epcis.vocabulary import bare_word

__all__ = ["is_comment", "mend", "to_canonical"]

_TYPED_LISTS = (
    ("bizTransactionList", "bizTransactionType"),
    ("sourceList", "sourceDestinationType"),
    ("destinationList", "sourceDestinationType"),
)
_REPORT_WORDS = (("type", "measurementType"), ("exception", "sensorAlert"), ("component", "component"))
_QUANTITY_LISTS = ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList")
_REPORT_NUMBERS = ("value", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue")


def to_canonical(events: list[dict[str, Any]]) -> None:
    """Bring valid events to the form they are kept in, in place: bare words, no ``recordTime``.

    Examples
    --------
    >>> event = {"bizStep": "cbv:BizStep-shipping", "recordTime": "2026-11-22T14:05:00Z"}
    >>> to_canonical([event])
    >>> event
    {'bizStep': 'shipping'}
    """
    for event in events:
        event.pop("recordTime", None)
        _words(event)


def mend(events: list[dict[str, Any]]) -> None:
    """Mend what lenient senders get wrong, in place: word URIs and URNs, comment keys, numbers as text.

    Examples
    --------
    >>> event = {"disposition": "urn:epcglobal:cbv:disp:active", "_comment": "a note"}
    >>> mend([event])
    >>> event
    {'disposition': 'active'}
    """
    for event in events:
        if isinstance(event, dict):
            _drop_comments(event)
            _words(event)
            for field in _QUANTITY_LISTS:
                _each(event.get(field), lambda element: _numbers(element, ("quantity",)))
            _for_reports(event, lambda report: _numbers(report, _REPORT_NUMBERS))


def is_comment(key: str) -> bool:
    """Tell whether a key is a comment, as lenient senders write them (``_comment``, ``_comment_why``)."""
    return key.startswith("_")


def _words(event: dict[str, Any]) -> None:
    """Make the CBV words of an event bare, in whatever spelling they came."""
    _word(event, "bizStep", "bizStep")
    _word(event, "disposition", "disposition")
    for field, kind in _TYPED_LISTS:
        if field in event:
            for element in event[field] if isinstance(event[field], list) else ():
                if isinstance(element, dict):
                    _word(element, "type", kind)
    if isinstance(persistent := event.get("persistentDisposition"), dict):
        for key, words in persistent.items():
            if isinstance(words, list):
                persistent[key] = [_bare("disposition", word) for word in words]
    if isinstance(declaration := event.get("errorDeclaration"), dict):
        _word(declaration, "reason", "errorReason")
    if "sensorElementList" in event:
        _for_reports(event, _report_words)


def _report_words(report: dict[str, Any]) -> None:
    for key, kind in _REPORT_WORDS:
        _word(report, key, kind)


def _word(holder: dict[str, Any], key: str, kind: str) -> None:
    text = holder.get(key)
    if isinstance(text, str) and ":" in text:
        holder[key] = bare_word(kind, text)


def _bare(kind: str, text: Any) -> Any:
    return bare_word(kind, text) if isinstance(text, str) else text


def _for_reports(event: dict[str, Any], change: Callable[[dict[str, Any]], None]) -> None:
    """Apply a change to every sensor report of an event that is an object."""
    _each(event.get("sensorElementList"), lambda element: _each(element.get("sensorReport"), change))


def _each(elements: Any, change: Callable[[dict[str, Any]], None]) -> None:
    for element in elements if isinstance(elements, list) else ():
        if isinstance(element, dict):
            change(element)


def _numbers(holder: dict[str, Any], keys: tuple[str, ...]) -> None:
    """Read numbers that stand in quotation marks; text that is no number stays, to be refused in words."""
    import json

    for key in keys:
        text = holder.get(key)
        if isinstance(text, str):
            try:
                number = json.loads(text.strip())
            except ValueError:
                continue
            if isinstance(number, int | float) and not isinstance(number, bool):
                holder[key] = number


def _drop_comments(node: Any) -> None:
    """Drop every comment key, at any depth outside of extensions."""
    if isinstance(node, dict):
        for key in [key for key in node if is_comment(key)]:
            del node[key]
        for key, value in node.items():
            if ":" not in key:
                _drop_comments(value)
    elif isinstance(node, list):
        for item in node:
            _drop_comments(item)
