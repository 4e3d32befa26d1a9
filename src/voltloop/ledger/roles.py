"""As what an identifier stands in an event, and which aspects of a thing the ledger follows."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["Aspect", "Role"]


class Role(IntEnum):
    """The place of an identifier in an event. Classes with a quantity (lots, GTINs) have roles of their own."""

    OBJECT = 1
    PARENT = 2
    CHILD = 3
    INPUT = 4
    OUTPUT = 5
    OBJECT_CLASS = 11
    CHILD_CLASS = 13
    INPUT_CLASS = 14
    OUTPUT_CLASS = 15


class Aspect(IntEnum):
    """What may be said of a thing over a period."""

    EXISTENCE = 1
    PLACE = 2
    CONTAINER = 3
    ASSEMBLY = 4
    CUSTODY = 5
    OWNERSHIP = 6
    DISPOSITION = 7
    HEALTH = 8
    HOLD = 9
    SEALED = 10
