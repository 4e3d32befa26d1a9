"""The state of one thing, event by event: the only place that says how a change becomes a state.

A state is a list of cells of binary ``COPY`` in the order of
:data:`~voltloop.ledger.tables.knowledge.STATE_COLUMNS`: it is written as it stands, without being taken apart.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from typing import Final, NamedTuple

from voltloop.ledger.changes import RELEASED, Change
from voltloop.ledger.copying import NULL, bool_cell, text_cell
from voltloop.ledger.tables.knowledge import STATE_COLUMNS

__all__ = [
    "ASSEMBLED",
    "ASSEMBLY",
    "CONTAINED",
    "CONTAINER",
    "FROM",
    "LEFT",
    "PLACE",
    "PLACED",
    "State",
    "Told",
    "after",
    "micros_of",
    "spells_of",
]

State = list[bytes]

_AT: Final = dict(zip(STATE_COLUMNS, count(), strict=False))
FROM: Final = _AT["from_at"]
RECORD: Final = _AT["record_at"]
PRESENT: Final = _AT["is_present"]
BORN: Final = _AT["born_at"]
PLACE: Final = _AT["place_id"]
PLACED: Final = _AT["placed_at"]
LEFT: Final = _AT["left_id"]
CONTAINER: Final = _AT["container_id"]
CONTAINED: Final = _AT["contained_at"]
ASSEMBLY: Final = _AT["assembly_id"]
ASSEMBLED: Final = _AT["assembled_at"]
CUSTODY: Final = _AT["custody_id"]
OWNER: Final = _AT["owner_id"]
DISPOSITION: Final = _AT["disposition"]
PERSISTENT: Final = _AT["persistent"]
HOLD: Final = _AT["hold"]
HEALTH: Final = _AT["health"]

_TRUE, _FALSE = bool_cell(True), bool_cell(False)
_FINDING = b"finding:"
_EMPTY: Final = [NULL] * len(STATE_COLUMNS)


class Told(NamedTuple):
    """What one event says of one thing: its times in microseconds and as cells, and the change."""

    event_at: int
    record_at: int
    at: bytes
    record: bytes
    change: Change


def micros_of(cell: bytes) -> int:
    """Microseconds of a cell of an instant; no instant lies before all others."""
    return -(1 << 63) if cell == NULL else int.from_bytes(cell[4:], "big", signed=True)


def after(state: State | None, change: Change, at: bytes, record: bytes) -> State:
    """Give the state of a thing after a change.

    Parameters
    ----------
    state
        The state before, None for a thing not seen before. It is not altered.
    change
        What the event says.
    at, record
        Cells of eventTime and recordTime.

    Returns
    -------
    State
        ``state`` itself where the change says nothing new, so that a repeated assertion begins no new spell.
    """
    if state is None:
        new = _EMPTY.copy()
        new[PRESENT] = _TRUE
    else:
        new = state.copy()
    if change.is_present is not None:
        _presence(new, change.is_present, at)
    if change.leaves or change.joins or change.leaves_assembly or change.joins_assembly or change.leaves_all:
        _kinship(new, change, at)
    if change.place is not None:
        _place(new, change.place, at)
    _condition(new, change, at)
    if state is not None and new == state:
        return state
    new[FROM], new[RECORD] = at, record
    return new


def _condition(new: State, change: Change, at: bytes) -> None:
    if change.disposition is not None:
        _since(new, DISPOSITION, change.disposition, at)
    if change.custody is not None:
        _since(new, CUSTODY, change.custody, at)
    if change.owner is not None:
        _since(new, OWNER, change.owner, at)
    if change.persistent is not None:
        told = "" if new[PERSISTENT] == NULL else new[PERSISTENT][4:].decode()
        lasting = set(told.split()) - change.persistent[1] | change.persistent[0]
        new[PERSISTENT] = text_cell(" ".join(sorted(lasting)) or None)
    if change.hold is not None or change.may_go:
        _hold(new, change, at)
    if change.health is not None:
        new[HEALTH], new[HEALTH + 1] = change.health, at


def _since(new: State, fact: int, value: bytes, at: bytes) -> None:
    """Set a fact; the instant since which it holds stands beside it."""
    if new[fact] != value:
        new[fact], new[fact + 1] = value, at


def _presence(new: State, is_present: bool, at: bytes) -> None:
    if is_present and (new[BORN] == NULL or new[PRESENT] == _FALSE):
        new[BORN] = at
    new[PRESENT] = _TRUE if is_present else _FALSE


def _kinship(new: State, change: Change, at: bytes) -> None:
    """Join and leave containers and wholes. Who leaves with no place told is where the container was."""
    left = NULL
    if change.leaves_all:
        inner = CONTAINER if micros_of(new[CONTAINED]) >= micros_of(new[ASSEMBLED]) else ASSEMBLY
        left = new[inner]
        new[CONTAINER] = new[CONTAINED] = new[ASSEMBLY] = new[ASSEMBLED] = NULL
    for leaves, joins, fact in (
        (change.leaves, change.joins, CONTAINER),
        (change.leaves_assembly, change.joins_assembly, ASSEMBLY),
    ):
        if leaves is not None and new[fact] == leaves:
            left = leaves
            new[fact] = new[fact + 1] = NULL
        if joins is not None:
            _since(new, fact, joins, at)
    if left != NULL and change.place is None:
        new[PLACE], new[PLACED], new[LEFT] = NULL, at, left


def _place(new: State, place: bytes, at: bytes) -> None:
    """Set the place. Within something else every sighting counts: the thing may have been taken out untold."""
    is_inside = new[CONTAINER] != NULL or new[ASSEMBLY] != NULL
    if is_inside or new[LEFT] != NULL or new[PLACE] != place:
        new[PLACE], new[PLACED], new[LEFT] = place, at, NULL


def _hold(new: State, change: Change, at: bytes) -> None:
    by_finding = new[HOLD].startswith(_FINDING, 4)
    if change.hold == RELEASED or (change.may_go and not by_finding):
        new[HOLD] = new[HOLD + 1] = NULL
    elif change.hold is not None and not by_finding:
        _since(new, HOLD, change.hold, at)


def _is_inside(state: State | None, change: Change) -> bool:
    """Whether a thing is in what an event empties."""
    if state is None:
        return False
    return (change.leaves is not None and state[CONTAINER] == change.leaves) or (
        change.leaves_assembly is not None and state[ASSEMBLY] == change.leaves_assembly
    )


def spells_of(base: State | None, changes: Iterable[Told]) -> list[State]:
    """Give the states that follow a base, one per spell.

    Parameters
    ----------
    base
        State before the first change; None for a thing not seen before.
    changes
        What is told of the thing, in order.
    """
    spells: list[State] = []
    state = base
    for told in changes:
        if told.change.is_unnamed and not _is_inside(state, told.change):
            continue
        new = after(state, told.change, told.at, told.record)
        if new is not state:
            if spells and spells[-1][FROM] == new[FROM]:
                spells[-1] = new
            else:
                spells.append(new)
            state = new
    return spells
