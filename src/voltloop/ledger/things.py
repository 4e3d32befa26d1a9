"""Identifiers on their way into the table ``thing``: each is written once, when a capture first names it."""

from __future__ import annotations

import re
from itertools import islice
from threading import Lock
from typing import NamedTuple

from voltloop.epcis.identifiers import canonical, key_of

__all__ = ["KnownThings", "Thing", "thing_of"]

_HOST = "https://id.gs1.org/"
_KEY = re.compile(re.escape(_HOST) + r"(\d{2,4})/")
_MODEL = re.compile(re.escape(_HOST) + r"01/\d{14}(?=/)")
_KNOWN = 200_000


class Thing(NamedTuple):
    """One row of ``thing`` but for its time."""

    key: bytes
    text: str
    canonical: str
    kind: int
    class_key: bytes | None


def thing_of(text: str) -> Thing:
    """Give the row of an identifier.

    Returns
    -------
    Thing
        ``kind`` is the GS1 application identifier of its primary key, -1 where it is no GS1 key; ``class_key`` the
        key of the GTIN of a serialised item or lot.

    Examples
    --------
    >>> thing_of("urn:epc:id:sscc:9521234.0000000333").kind
    0
    >>> thing_of("https://example.org/dock").kind
    -1
    >>> pack = thing_of("urn:epc:id:sgtin:9521234.012345.7")
    >>> pack.class_key == key_of("https://id.gs1.org/01/09521234123453").bytes
    True
    """
    link = canonical(text)
    found = _KEY.match(link)
    model = _MODEL.match(link)
    return Thing(
        key_of(text).bytes,
        text,
        link,
        int(found.group(1)) if found else -1,
        key_of(model.group()).bytes if model else None,
    )


class KnownThings:
    """Keys of identifiers whose rows are known to be committed in one database, bounded in number.

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
