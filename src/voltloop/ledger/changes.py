"""What one event may say of the things it names: the words in which :mod:`voltloop.ledger.assertions` speaks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from voltloop.ledger.copying import key_cell, text_cell

__all__ = [
    "NAMESPACE",
    "RELEASED",
    "UNDER_WAY",
    "UNDER_WAY_KEY",
    "Assertions",
    "Change",
    "Movement",
    "SealCheck",
    "SealPut",
]

NAMESPACE: Final = "https://voltloop.org/epcis/"
"""Namespace of our own fields in events: ``status``, ``seal``, ``sealCheck``, ``release`` and others."""

UNDER_WAY_KEY: Final = (1).to_bytes(16, "big")
UNDER_WAY: Final = key_cell(UNDER_WAY_KEY)
"""Cell of the place of things that have left one place and have not come to another."""

RELEASED: Final = text_cell("")
"""Cell of the hold of things that a person releases."""


@dataclass(slots=True)
class Change:
    """What one event says of one thing, as cells; None where it says nothing. Many things share one: do not alter it.

    Attributes
    ----------
    is_present
        True where the thing is made or comes out of a transformation, False where it ends.
    place
        The place where it is afterwards.
    joins, joins_assembly
        The container, or the whole that it is built into.
    leaves, leaves_assembly
        The container, or the whole, that it leaves.
    leaves_all
        It is afterwards in nothing.
    hold
        Why it is held from here on; :data:`RELEASED` where a decision ends every hold.
    may_go
        A disposition that ends a hold, unless a finding began it.
    health
        State of health as a share.
    is_unnamed
        The event empties what the thing ``leaves`` without naming the thing: it says nothing if that was not in it.
    """

    is_present: bool | None = None
    place: bytes | None = None
    joins: bytes | None = None
    joins_assembly: bytes | None = None
    leaves: bytes | None = None
    leaves_assembly: bytes | None = None
    leaves_all: bool = False
    custody: bytes | None = None
    owner: bytes | None = None
    disposition: bytes | None = None
    persistent: tuple[frozenset[str], frozenset[str]] | None = None
    hold: bytes | None = None
    may_go: bool = False
    health: bytes | None = None
    is_unnamed: bool = False

    def __copy__(self) -> Change:
        return Change(
            self.is_present,
            self.place,
            self.joins,
            self.joins_assembly,
            self.leaves,
            self.leaves_assembly,
            self.leaves_all,
            self.custody,
            self.owner,
            self.disposition,
            self.persistent,
            self.hold,
            self.may_go,
            self.health,
            self.is_unnamed,
        )


@dataclass(frozen=True, slots=True)
class Movement:
    """A quantity of a lot or class that comes to a place or container, leaves it, or is counted there."""

    class_id: bytes
    holder_id: bytes
    quantity: float | None
    uom: str
    is_count: bool = False


@dataclass(frozen=True, slots=True)
class SealPut:
    """A seal that is put on a container, or taken off it."""

    seal: str
    container: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SealCheck:
    """What somebody found when looking at the seals of a container."""

    container: str
    facts: Mapping[str, Any]


@dataclass(slots=True)
class Assertions:
    """All that one event says.

    ``emptied`` is the container that loses everything in it, whether it is an assembly, and the place told.
    ``packing`` is the parent whose contents change.
    """

    changes: list[tuple[bytes, Change]]
    movements: Sequence[Movement] = ()
    emptied: tuple[bytes, bool, bytes | None] | None = None
    packing: str | None = None
    seals: Sequence[SealPut] = ()
    unseals: Sequence[SealPut] = ()
    checks: Sequence[SealCheck] = ()
