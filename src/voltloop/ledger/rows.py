"""Events as rows: everything that can be made before the capture's turn has come, in plain Python and in parallel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from struct import Struct
from types import MappingProxyType
from typing import Any

import orjson

from voltloop.epcis.identifiers import digest, key_bytes
from voltloop.epcis.json_schema import EVENT_TYPES
from voltloop.ledger.changes import Assertions
from voltloop.ledger.copying import (
    NULL,
    CopyRows,
    bool_cell,
    float_cell,
    instant_cell,
    int_cell,
    key_cell,
    length,
    row_start,
    small_cell,
    text_cell,
)
from voltloop.ledger.event_keys import Identified, context_of, identity_of
from voltloop.ledger.fields import field_values
from voltloop.ledger.instants import instant_of
from voltloop.ledger.names import name_key, scalar_text
from voltloop.ledger.own_types import searchable
from voltloop.ledger.recorded import Event
from voltloop.ledger.roles import Role
from voltloop.ledger.spells import assertions
from voltloop.ledger.things import KnownThings, Thing, thing_of

__all__ = [
    "NAMESPACE",
    "Prepared",
    "planned_key",
    "prepare",
]

NAMESPACE = "https://voltloop.org/epcis/"
"""Namespace of the extensions of our own; ``status`` = ``planned`` in it marks a planned event."""

_EVENT_COLUMNS = (
    "event_at",
    "record_at",
    "type",
    "action",
    "biz_step",
    "disposition",
    "read_point_id",
    "biz_location_id",
    "parent_id",
    "event_id",
    "declared_at",
    "planned",
    "context_id",
    "document",
)
_TRACE_COLUMNS = ("event_at", "record_at", "epc_id", "role", "quantity", "uom", "position")
_FIELD_COLUMNS = ("event_at", "record_at", "name_id", "value_id", "number", "position")
_IDENTITY_COLUMNS = ("event_at", "record_at", "id", "declaration_id")
_RECORD_AT = 18
"""Offset of record_at in every row: the start, then event_at with its length, then the length of record_at."""

_EPCS = {
    "epcList": Role.OBJECT,
    "childEPCs": Role.CHILD,
    "inputEPCList": Role.INPUT,
    "outputEPCList": Role.OUTPUT,
}
_QUANTITIES = {
    "quantityList": Role.OBJECT_CLASS,
    "childQuantityList": Role.CHILD_CLASS,
    "inputQuantityList": Role.INPUT_CLASS,
    "outputQuantityList": Role.OUTPUT_CLASS,
}
_PARTIES = {"sourceList": "source", "destinationList": "destination"}
_LISTS = frozenset((*_EPCS, *_QUANTITIES, *_PARTIES))
_WHEN = Struct(">iqiq").pack
_EVENT_START = row_start(len(_EVENT_COLUMNS))
_TRACE_START = row_start(len(_TRACE_COLUMNS))
_FIELD_START = row_start(len(_FIELD_COLUMNS))
_IDENTITY_START = row_start(len(_IDENTITY_COLUMNS))
_PLAIN_TAIL = {role: small_cell(role) + NULL + NULL + int_cell(0) for role in Role}


@dataclass(slots=True)
class Prepared(Identified):
    """Events with all rows that they need, but for their record_at.

    Attributes
    ----------
    context_id, context_text
        Key of the context, and its JSON text; the key is None where there are no prefixes.
    event_ats
        eventTime in microseconds from PostgreSQL's zero.
    tables
        Rows of ``event``, ``trace`` and ``event_field``.
    identity_rows
        Rows of ``event_identity``.
    things
        Identifiers whose rows may be missing, by text.
    assertions
        What each event says of things; None for planned events and error declarations.
    """

    context_id: bytes | None
    context_text: str
    event_ats: list[int]
    identity_rows: CopyRows
    tables: tuple[CopyRows, ...]
    things: dict[str, Thing]
    assertions: list[Assertions | None]

    @property
    def size_bytes(self) -> int:
        """How much room the rows take [B]."""
        return sum(rows.size_bytes for rows in self.tables)


def planned_key(context: Mapping[str, str]) -> str | None:
    """Give the field by which planned events are marked in documents of this context, or None."""
    for prefix, namespace in context.items():
        if namespace == NAMESPACE:
            return f"{prefix}:status"
    return None


def prepare(
    events: Sequence[Event],
    context: Mapping[str, str],
    known: KnownThings,
    recent: Mapping[str, Thing] = MappingProxyType({}),
) -> Prepared:
    """Make the rows of valid events.

    Parameters
    ----------
    events
        Valid events in canonical form. Each gets its eventID (the event hash where the sender gave none) and loses
        its recordTime, which is the ledger's to say.
    context
        Prefix to namespace of the document's extensions.
    known
        Things that need no row any more.
    recent
        Things whose rows are written before these events are.
    """
    return _Preparation(context, known, recent).run(events)


@dataclass(slots=True)
class _Preparation:
    """The rows under way."""

    context: Mapping[str, str]
    known: KnownThings
    recent: Mapping[str, Thing]
    things: dict[str, Thing] = field(default_factory=dict)
    event_rows: list[bytes] = field(default_factory=list)
    trace_rows: list[bytes] = field(default_factory=list)
    field_rows: list[bytes] = field(default_factory=list)
    words: dict[tuple[Any, ...], bytes] = field(default_factory=dict)
    said: dict[tuple[str, Any], bytes] = field(default_factory=dict)

    def run(self, events: Sequence[Event]) -> Prepared:
        context_text, context_id = "", None
        if self.context:
            context_text = orjson.dumps(dict(self.context), option=orjson.OPT_SORT_KEYS).decode()
            context_id = digest(context_text)
        context_cell = key_cell(context_id)
        planned = planned_key(self.context)
        ats, identities, identity_rows, asserted = [], [], [], []
        for rank, event in enumerate(events):
            context = context_of(event, self.context)
            identity = identity_of(event, context)
            at = instant_of(event["eventTime"])
            is_planned = planned is not None and event.get(planned) == "planned"
            when = _WHEN(8, at, 8, rank)
            identity_rows.append(_IDENTITY_START + when + key_cell(identity[0]) + key_cell(identity[1]))
            found_by = event if event["type"] in EVENT_TYPES else searchable(event)
            self._event(event, found_by, when, bool_cell(is_planned) + context_cell)
            self._lists(found_by, _TRACE_START + when)
            self._fields(found_by, context, _FIELD_START + when)
            ats.append(at)
            identities.append(identity)
            asserted.append(None if is_planned or "errorDeclaration" in event else assertions(event, context))
        return Prepared(
            list(events),
            self.context,
            identities,
            context_id,
            context_text,
            ats,
            CopyRows("event_identity", _IDENTITY_COLUMNS, identity_rows, _RECORD_AT),
            (
                CopyRows("event", _EVENT_COLUMNS, self.event_rows, _RECORD_AT),
                CopyRows("trace", _TRACE_COLUMNS, self.trace_rows, _RECORD_AT),
                CopyRows("event_field", _FIELD_COLUMNS, self.field_rows, _RECORD_AT),
            ),
            self.things,
            asserted,
        )

    def _key(self, text: str) -> bytes:
        """Give the cell of the key of an identifier, and note its thing where that is not known."""
        key = self.known.get(text)
        if key is None:
            thing = self.things.get(text) or self.recent.get(text)
            if thing is None:
                thing = self.things[text] = thing_of(text)
            key = thing.key
        return key

    def _event(
        self, event: Event, found_by: Mapping[str, Any], when: bytes, planned_and_context: bytes
    ) -> None:
        get = found_by.get
        words = (event["type"], get("action"), get("bizStep"), get("disposition"))
        cells = self.words.get(words)
        if cells is None:
            cells = self.words[words] = b"".join(map(text_cell, words))
        read_point, location, parent = get("readPoint"), get("bizLocation"), get("parentID")
        declaration = get("errorDeclaration")
        document = orjson.dumps(event)
        self.event_rows.append(
            b"".join(
                (
                    _EVENT_START,
                    when,
                    cells,
                    NULL if read_point is None else self._key(read_point["id"]),
                    NULL if location is None else self._key(location["id"]),
                    NULL if parent is None else self._key(parent),
                    text_cell(event["eventID"]),
                    NULL if declaration is None else instant_cell(instant_of(declaration["declarationTime"])),
                    planned_and_context,
                    length(len(document)),
                    document,
                )
            )
        )

    def _lists(self, event: Mapping[str, Any], start: bytes) -> None:
        """Make the rows of ``trace``; note parties as things, since spells and stock name them by key."""
        rows = self.trace_rows
        parent = event.get("parentID")
        if parent is not None:
            rows.append(start + self._key(parent) + _PLAIN_TAIL[Role.PARENT])
        for name in [name for name in event if name in _LISTS]:
            if name in _EPCS:
                tail = _PLAIN_TAIL[_EPCS[name]]
                rows += [start + key + tail for key in dict.fromkeys(map(self._key, event[name]))]
            elif name in _QUANTITIES:
                self._quantities(event[name], _QUANTITIES[name], start)
            else:
                party = _PARTIES[name]
                for entry in event[name]:
                    self._key(entry[party])

    def _quantities(self, elements: Sequence[Mapping[str, Any]], role: Role, start: bytes) -> None:
        positions: dict[bytes, int] = {}
        for element in elements:
            key = self._key(element["epcClass"])
            position = positions.get(key, 0)
            positions[key] = position + 1
            quantity = element.get("quantity")
            amount = float_cell(None if quantity is None else float(quantity)) + text_cell(element.get("uom"))
            self.trace_rows.append(start + key + small_cell(role) + amount + int_cell(position))

    def _fields(self, event: Mapping[str, Any], context: Mapping[str, str], start: bytes) -> None:
        counts: dict[str, int] = {}
        for name, value, number in field_values(event, context):
            position = counts.get(name, 0)
            counts[name] = position + 1
            is_known = context is self.context and (value is None or value.__class__ is str)  # 1 == True
            said = self.said.get((name, value)) if is_known else None
            if said is None:
                key = None if value is None else key_bytes(scalar_text(value, context))
                said = key_cell(name_key(name).bytes) + key_cell(key)
                if is_known:
                    self.said[name, value] = said
            self.field_rows.append(start + said + float_cell(number) + int_cell(position))
