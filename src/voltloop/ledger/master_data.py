"""Master data: what is known of places, classes and parties, as the headers of captured documents tell it.

The latest capture wins, attribute by attribute; an element that lists children replaces the children it had.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from voltloop.epcis.identifiers import key_of
from voltloop.ledger.names import name_key, qualified, scalar_key, scalars

if TYPE_CHECKING:
    from sqlalchemy import CTE, Connection

    from voltloop.epcis.master_data import MasterDataElement

__all__ = ["attribute_key", "elements", "store", "with_descendants"]


def attribute_key(name: str, namespaces: Mapping[str, str]) -> UUID:
    """Give the key of an attribute's name: ``cbvmda:site`` and ``urn:epcglobal:cbv:mda#site`` have one."""
    return name_key(f"attribute/{qualified(name, namespaces)}")


def store(
    connection: Connection,
    given: Iterable[MasterDataElement],
    *,
    captured_at: dt.datetime,
    namespaces: Mapping[str, str] | None = None,
) -> int:
    """Keep vocabulary elements; of an attribute or list of children named again the new one replaces the old.

    Parameters
    ----------
    connection
        Within the caller's transaction.
    given
        Elements in the order of the document: of two that name one attribute the later counts.
    captured_at
        Instant of the capture, kept with every attribute.
    namespaces
        Prefix to namespace of the document's extensions.

    Returns
    -------
    int
        How many elements were stored.

    References
    ----------
    EPCIS 2.0 sections 6.1 and 9.4 (vocabulary elements in the document header).
    """
    prefixes = namespaces or {}
    found: dict[tuple[UUID, str], dict[str, Any]] = {}
    attributes: dict[tuple[UUID, str, UUID], list[dict[str, Any]]] = {}
    children: dict[tuple[UUID, str], list[dict[str, Any]]] = {}
    for element in given:
        home = (key_of(element.id), element.vocabulary)
        at = {"id": home[0], "vocabulary": home[1]}
        found[home] = at | {"text": element.id, "captured_at": captured_at}
        for name, value in element.attributes.items():
            attribute_id = attribute_key(name, prefixes)
            attributes[*home, attribute_id] = [
                at
                | {
                    "attribute_id": attribute_id,
                    "position": position,
                    "attribute": name,
                    "value": item,
                    "value_id": _value_key(item, prefixes),
                    "captured_at": captured_at,
                }
                for position, item in enumerate(value if isinstance(value, list) else [value])
            ]
        if element.children:
            children[home] = [
                at | {"child_id": child_id, "child": child}
                for child_id, child in {key_of(child): child for child in element.children}.items()
            ]
    if found:
        _replace(connection, found, attributes, children)
    return len(found)


def _value_key(value: object, namespaces: Mapping[str, str]) -> UUID | None:
    """Give the key of a plain value, None of an object."""
    plain = next(iter(scalars(value)), None)
    return None if plain is None else scalar_key(plain, namespaces)


def _replace(
    connection: Connection,
    found: Mapping[tuple[UUID, str], dict[str, Any]],
    attributes: Mapping[tuple[UUID, str, UUID], list[dict[str, Any]]],
    children: Mapping[tuple[UUID, str], list[dict[str, Any]]],
) -> None:
    """Write elements, and their attributes and children in place of the former."""
    from sqlalchemy import bindparam, delete
    from sqlalchemy.dialects.postgresql import insert

    from voltloop.ledger.tables.queries import (
        master_data_attribute,
        master_data_child,
        master_data_element,
    )

    upsert = insert(master_data_element)
    upsert = upsert.on_conflict_do_update(
        index_elements=["id", "vocabulary"],
        set_={"text": upsert.excluded.text, "captured_at": upsert.excluded.captured_at},
    )
    connection.execute(upsert, [found[home] for home in sorted(found, key=str)])
    for table, groups in ((master_data_attribute, attributes), (master_data_child, children)):
        if not groups:
            continue
        columns = ("id", "vocabulary", "attribute_id")[: len(next(iter(groups)))]
        former = delete(table).where(*(table.c[name] == bindparam(f"former_{name}") for name in columns))
        connection.execute(
            former,
            [{f"former_{name}": part for name, part in zip(columns, home, strict=True)} for home in groups],
        )
        rows = [row for group in groups.values() for row in group]
        if rows:
            connection.execute(table.insert(), rows)


def with_descendants(ids: Collection[UUID]) -> CTE:
    """Give, as a recursive query with the column ``id``, places and all their children, grandchildren and so on.

    A place that is its own descendant ends there. The children of all vocabularies count: a business location and a
    read point of one id are one place.
    """
    from sqlalchemy import Uuid, func, select
    from sqlalchemy.dialects.postgresql import array

    from voltloop.ledger.tables.queries import master_data_child

    start = select(func.unnest(array(sorted(ids), type_=Uuid)).label("id"))
    closure = start.cte("descendant", recursive=True)
    return closure.union(
        select(master_data_child.c.child_id).join_from(
            closure, master_data_child, master_data_child.c.id == closure.c.id
        )
    )


def elements(
    connection: Connection,
    *,
    vocabulary: str | None = None,
    element_id: str | None = None,
    after: tuple[str, UUID] | None = None,
    limit: int = 30,
) -> list[MasterDataElement]:
    """Give stored vocabulary elements with their attributes and children, ordered by vocabulary and key.

    Parameters
    ----------
    connection
        Any connection to the ledger.
    vocabulary
        URI of one vocabulary; None for all.
    element_id
        Identifier of one element in any spelling; None for all.
    after
        Vocabulary and key (:func:`~voltloop.epcis.identifiers.key_of` of its id) of the last element of the page
        before.
    limit
        Most elements to give, at least 1.
    """
    from sqlalchemy import select, tuple_

    from voltloop.ledger.tables.queries import (
        master_data_attribute,
        master_data_child,
        master_data_element,
    )

    element = master_data_element.c
    wanted = select(element.id, element.vocabulary, element.text).order_by(element.vocabulary, element.id)
    if vocabulary is not None:
        wanted = wanted.where(element.vocabulary == vocabulary)
    if element_id is not None:
        wanted = wanted.where(element.id == key_of(element_id))
    if after is not None:
        wanted = wanted.where(tuple_(element.vocabulary, element.id) > tuple_(*after))
    found = connection.execute(wanted.limit(limit)).all()
    homes = [(row.id, row.vocabulary) for row in found]
    attributes: dict[tuple[UUID, str], dict[str, list[Any]]] = {home: {} for home in homes}
    attribute = master_data_attribute.c
    for row in connection.execute(
        select(attribute.id, attribute.vocabulary, attribute.attribute, attribute.value)
        .where(tuple_(attribute.id, attribute.vocabulary).in_(homes))
        .order_by(attribute.attribute, attribute.position)
    ):
        attributes[row.id, row.vocabulary].setdefault(row.attribute, []).append(row.value)
    children: dict[tuple[UUID, str], list[str]] = {home: [] for home in homes}
    child = master_data_child.c
    for below in connection.execute(
        select(child.id, child.vocabulary, child.child)
        .where(tuple_(child.id, child.vocabulary).in_(homes))
        .order_by(child.child)
    ):
        children[below.id, below.vocabulary].append(below.child)
    return [
        _element(row, attributes[row.id, row.vocabulary], children[row.id, row.vocabulary]) for row in found
    ]


def _element(row: Any, attributes: Mapping[str, list[Any]], children: Sequence[str]) -> MasterDataElement:
    """Put one element together again: a single value stands alone, several as a list."""
    from voltloop.epcis.master_data import MasterDataElement

    values = {name: found[0] if len(found) == 1 else found for name, found in attributes.items()}
    return MasterDataElement(row.vocabulary, row.text, values, tuple(children))
