"""The names that master data give to places, parties and things, for people to read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import unquote

from voltloop.epcis.identifiers import key_of
from voltloop.ledger.naming import cursor_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["names_of", "with_names"]

_URI = re.compile(r"(?:https?://|urn:)[^\s,;]*[^\s,;.:)]")


def names_of(connection: Connection, texts: Iterable[str | None]) -> dict[str, str]:
    """Give what people call what identifiers name: the attribute ``cbvmda:name`` of master data.

    An identifier without one that holds percent-encoded letters is given with the letters themselves; all others are
    left out.

    Parameters
    ----------
    connection
        Any connection to the ledger.
    texts
        Identifiers, or sentences with identifiers in them; None says nothing.
    """
    from voltloop.ledger.master_data import attribute_key

    found = dict.fromkeys(uri for text in texts if text for uri in _URI.findall(text))
    keys = {key_of(uri): uri for uri in found}
    if not keys:
        return {}
    rows = cursor_of(connection).execute(
        "SELECT id, value #>> '{}' FROM master_data_attribute WHERE id = ANY(%s) AND attribute_id = %s",
        [list(keys), attribute_key("urn:epcglobal:cbv:mda#name", {})],
    )
    plain = {uri: unquote(uri) for uri in found if unquote(uri) != uri}
    return plain | {keys[key]: name for key, name in rows.fetchall() if name}


def with_names(text: str, names: Mapping[str, str]) -> str:
    """Put names in the place of the identifiers in a sentence.

    Examples
    --------
    >>> with_names("Accepting, to the hands of urn:x:a.", {"urn:x:a": "Example Carrier"})
    'Accepting, to the hands of Example Carrier.'
    """
    return _URI.sub(lambda found: names.get(found[0], found[0]), text)
