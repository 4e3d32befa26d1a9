"""Identifiers on their way into the table ``thing``: each is written once, when a capture first names it."""

from __future__ import annotations

import re
from itertools import islice
from threading import Lock
from typing import NamedTuple

from voltloop.epcis.identifiers import canonical, digest
from voltloop.ledger.copying import key_cell

__all__ = ["KnownThings", "Thing", "thing_of"]

_KEY = re.compile(r"https://id\.gs1\.org/(\d{2,4})/")
_GTIN = "https://id.gs1.org/01/"
_MODEL_LENGTH = len(_GTIN) + 14
_KNOWN = 200_000
_LONGEST_SEARCHED = 2_000  # characters; an entry of an index in PostgreSQL may have 2,704 bytes


class Thing(NamedTuple):
    """One row of ``thing`` but for its time; the keys as cells of binary ``COPY``."""

    key: bytes
    text: str
    canonical: str
    kind: int
    class_key: bytes


def thing_of(text: str) -> Thing:
    """Give the row of an identifier.

    Returns
    -------
    Thing
        ``kind`` is the GS1 application identifier of its primary key, -1 where it is no GS1 key; ``class_key`` the
        key of the GTIN of a serialised item or lot. ``canonical`` is for searching by its beginning, and ends after
        2,000 characters; ``key`` is that of the whole.

    Examples
    --------
    >>> thing_of("urn:epc:id:sscc:9521234.0000000333").kind
    0
    >>> thing_of("https://example.org/dock").kind
    -1
    >>> pack = thing_of("urn:epc:id:sgtin:9521234.012345.7")
    >>> pack.class_key == thing_of("https://id.gs1.org/01/09521234123453").key
    True
    """
    link = canonical(text)
    key = key_cell(digest(link))
    found = _KEY.match(link)
    if found is None:
        return Thing(key, text, link[:_LONGEST_SEARCHED], -1, key_cell(None))
    is_item = link.startswith(_GTIN) and len(link) > _MODEL_LENGTH
    model = digest(link[:_MODEL_LENGTH]) if is_item else None
    return Thing(key, text, link[:_LONGEST_SEARCHED], int(found.group(1)), key_cell(model))


class KnownThings:
    """Keys, as cells of binary ``COPY``, of identifiers whose rows are committed in one database; bounded in number.

    It saves the work of making the rows again; a thing that is forgotten here is only looked up once more.
    """

    def __init__(self) -> None:
        self._keys: dict[str, bytes] = {}
        self._changing = Lock()
        self.get = self._keys.get

    def learn(self, things: dict[str, Thing]) -> None:
        """Remember things after the commit of their rows; the oldest are forgotten first."""
        with self._changing:
            if len(self._keys) + len(things) > _KNOWN:
                for text in list(islice(self._keys, len(self._keys) // 2)):
                    del self._keys[text]
            self._keys.update({text: thing.key for text, thing in things.items()})
