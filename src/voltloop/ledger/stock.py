"""What is at a site, in an area or under way at any instant, inside containers too, and lots with their quantities."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from voltloop.epcis.identifiers import key_of
from voltloop.errors import InputError, nearest
from voltloop.ledger.naming import UNDER_WAY_ID, cursor_of, places_within, sites_of, stamp, texts
from voltloop.ledger.state_rows import states_at
from voltloop.ledger.stock_groups import GROUPS, KINDS, OF_MODEL, told_model_key

if TYPE_CHECKING:
    import psycopg
    from sqlalchemy import Connection

__all__ = ["GROUPS", "KINDS", "Group", "Item", "Lot", "Wanted", "items", "lots", "stock"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which stock is asked about. What is None makes no difference.

    Attributes
    ----------
    at
        The instant, with its zone.
    site
        A place: it, its SGLN extensions and the children that master data give it. None asks about every place.
    is_under_way
        Ask about what is between two places instead; ``site`` is then None.
    model
        GTIN of serialised items, in any spelling; or the model that master data tell of things without one.
    condition
        Disposition, such as ``damaged``.
    is_held
        Only what is held, by its own hold or that of a container; or only what is not.
    owner, custody
        Whose, or in whose hands.
    older_than_days, younger_than_days
        Age in days since commissioning; what has no such day is left out.
    health_from, health_below
        State of health as a share, 0 to 1; what has none is left out.
    with_parts
        Also count what is built into other things, such as modules in packs.
    kind
        One of :data:`KINDS`.
    """

    at: datetime
    site: str | None = None
    is_under_way: bool = False
    model: str | None = None
    condition: str | None = None
    is_held: bool | None = None
    owner: str | None = None
    custody: str | None = None
    older_than_days: float | None = None
    younger_than_days: float | None = None
    health_from: float | None = None
    health_below: float | None = None
    with_parts: bool = False
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """How many things share the facts that stock is grouped by."""

    facts: dict[str, str | None]
    count: int


@dataclass(frozen=True, slots=True)
class Item:
    """One thing in stock; ``since`` is when it came to the place, in whatever it was then."""

    epc: str
    kind: str
    model: str | None
    place: str | None
    container: str | None
    since: datetime | None
    disposition: str | None
    hold: str | None
    state_of_health: float | None
    owner: str | None
    custody: str | None
    born_at: datetime | None
    age_days: float | None

    def document(self) -> dict[str, Any]:
        """Give it as plain values for JSON."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return {
            name: stamp(value) if isinstance(value, datetime) else value for name, value in values.items()
        }


@dataclass(frozen=True, slots=True)
class Lot:
    """How much of a lot or class is at a place or in a container; no unit means pieces."""

    lot: str
    holder: str
    quantity: float
    uom: str | None

    def document(self) -> dict[str, Any]:
        """Give it as plain values for JSON."""
        return {name: getattr(self, name) for name in self.__slots__}


_NOW: Final = "s.from_at <= %(at)s AND s.until_at > %(at)s AND s.is_present"
_IN_CONTAINER: Final = (
    "s.container_id IS NOT NULL AND (s.assembly_id IS NULL OR s.contained_at >= s.assembled_at)"
)
_JOINED: Final = "greatest(s.contained_at, s.assembled_at)"
_PARENT: Final = f"CASE WHEN {_IN_CONTAINER} THEN s.container_id ELSE s.assembly_id END"
_SEEN: Final = f"s.placed_at > {_JOINED}"
_SEEN_ABOVE: Final = f"""
  above AS (
  SELECT s.epc_id, s.placed_at, 0 AS depth, {_PARENT} AS id, false AS is_elsewhere
  FROM {{states}} AS s WHERE {{at_place}} AND {_NOW} AND {_SEEN}
  UNION ALL
  SELECT above.epc_id, above.placed_at, above.depth + 1, {_PARENT},
    s.place_id IS NOT NULL AND s.placed_at >= above.placed_at AND ({_JOINED} IS NULL OR {_SEEN})
  FROM above CROSS JOIN LATERAL (SELECT * FROM {{states}} AS o
    WHERE o.epc_id = above.id AND o.from_at <= %(at)s AND o.until_at > %(at)s OFFSET 0) AS s
  WHERE above.depth < 32 AND NOT above.is_elsewhere)"""
"""Things seen by themselves since they were put in, and the containers above them: a container that was itself seen
later takes them along, wherever it was seen."""
_FACTS: Final = """s.epc_id, s.container_id, s.disposition, s.health, s.born_at,
    s.owner_id, s.owner_at, s.custody_id, s.custody_at"""
_PASSED: Final = """s.epc_id, s.container_id, s.disposition, s.health, s.born_at,
    CASE WHEN i.owner_at > s.owner_at OR s.owner_at IS NULL THEN i.owner_id ELSE s.owner_id END,
    greatest(i.owner_at, s.owner_at),
    CASE WHEN i.custody_at > s.custody_at OR s.custody_at IS NULL THEN i.custody_id ELSE s.custody_id END,
    greatest(i.custody_at, s.custody_at)"""
_SINCE: Final = f"""CASE WHEN {_JOINED} IS NULL OR {_JOINED} <= i.since THEN i.since
    WHEN s.place_id = i.place_id AND s.placed_at <= {_JOINED} THEN s.placed_at ELSE {_JOINED} END"""
"""Since when a thing is where its holder is, as :func:`voltloop.ledger.chain.placed_since` says."""
_INSIDE: Final = f"""
WITH RECURSIVE {_SEEN_ABOVE},
  i AS (
  SELECT {_FACTS}, s.hold, s.place_id, s.placed_at, s.placed_at AS since, 0 AS depth FROM (
    SELECT * FROM {{states}} AS s WHERE {{at_place}} AND {_NOW} AND s.container_id IS NULL AND s.assembly_id IS NULL
    UNION ALL
    SELECT s.* FROM (SELECT epc_id FROM above GROUP BY 1 HAVING NOT bool_or(is_elsewhere)) AS b
    CROSS JOIN LATERAL (SELECT * FROM {{states}} AS s WHERE s.epc_id = b.epc_id AND {_NOW} OFFSET 0) AS s) AS s
  UNION ALL
  SELECT {_PASSED}, coalesce(s.hold, i.hold), i.place_id, i.placed_at, {_SINCE}, i.depth + 1
  FROM i CROSS JOIN LATERAL ({{inside}} OFFSET 0) AS s
  WHERE i.depth < 32 AND NOT (s.place_id IS NOT NULL AND {_SEEN} AND s.placed_at > i.placed_at))
"""
_BY_CONTAINER: Final = (
    f"SELECT * FROM {{states}} AS s WHERE s.container_id = i.epc_id AND {_IN_CONTAINER} AND {_NOW}"
)
_WITH_PARTS: Final = (
    f"{_BY_CONTAINER} UNION ALL "
    f"SELECT * FROM {{states}} AS s WHERE s.assembly_id = i.epc_id AND NOT ({_IN_CONTAINER}) AND {_NOW}"
)
_NAMED: Final = "FROM i CROSS JOIN LATERAL (SELECT * FROM thing AS o WHERE o.id = i.epc_id OFFSET 0) AS t"
_LOTS: Final = """
WITH m AS (
  SELECT m.class_id, m.uom, m.quantity, m.is_count, m.event_at,
    CASE WHEN e.epc_id IS NULL THEN m.holder_id ELSE e.place_id END AS holder_id
  FROM movement AS m LEFT JOIN LATERAL (
    SELECT o.epc_id, o.place_id FROM emptied AS o
    WHERE o.epc_id = m.holder_id AND o.at >= m.event_at AND o.at <= %(at)s AND NOT o.is_assembly
    ORDER BY o.at LIMIT 1) AS e ON true
  WHERE m.event_at <= %(at)s AND {holder}),
counted AS (SELECT class_id, holder_id, uom, max(event_at) AS at FROM m WHERE is_count GROUP BY 1, 2, 3)
SELECT m.class_id, m.holder_id, m.uom, sum(m.quantity)
FROM m LEFT JOIN counted AS c USING (class_id, holder_id, uom)
WHERE {kept} AND CASE WHEN m.is_count THEN m.event_at = c.at ELSE c.at IS NULL OR m.event_at > c.at END
GROUP BY 1, 2, 3 HAVING sum(m.quantity) <> 0 ORDER BY 1, 2, 3
"""
_HELD_THERE: Final = """(m.holder_id = ANY(%(holders)s)
    OR m.holder_id IN (SELECT epc_id FROM emptied WHERE place_id = ANY(%(holders)s)))"""


def stock(connection: Connection, wanted: Wanted, group_by: Sequence[str] = ("model",)) -> list[Group]:
    """Count things in stock by what they share.

    Parameters
    ----------
    connection
        Any connection to the ledger.
    wanted
        Which stock.
    group_by
        Names of :data:`GROUPS`; none counts everything together.

    Returns
    -------
    list of Group
        Largest first. A model is a GTIN, else that of master data (``voltloop:model``), else None. A site is the
        place that an area is part of.

    Raises
    ------
    InputError
        ``stock-group``: a name is none of :data:`GROUPS`.
    """
    for name in group_by:
        if name not in GROUPS:
            raise InputError(
                f'Stock cannot be grouped by "{name}".{nearest(name, GROUPS)} Expected any of {", ".join(GROUPS)}.',
                code="stock-group",
            )
    cursor = cursor_of(connection)
    query, values = _query(cursor, wanted)
    columns = ", ".join(GROUPS[name] for name in group_by)
    numbers = ", ".join(str(number) for number in range(1, len(group_by) + 1))
    ending = f" GROUP BY {numbers} ORDER BY count(*) DESC, {numbers}" if numbers else ""
    statement = f"SELECT {columns}{', ' if columns else ''}count(*) {_NAMED}"
    rows = cursor.execute(f"{query[0]} {statement} WHERE {query[1]}{ending}", values).fetchall()
    names = texts(cursor, (value for row in rows for value in row[:-1] if isinstance(value, UUID)))
    sites = sites_of(cursor, {row[at] for row in rows for at, name in enumerate(group_by) if name == "site"})
    counts: Counter[tuple[str | None, ...]] = Counter()
    for row in rows:
        texts_of = {**names, **sites}
        facts = (
            (texts_of if name == "site" else names).get(value) if isinstance(value, UUID) else value
            for name, value in zip(group_by, row[:-1], strict=True)
        )
        counts[tuple(facts)] += row[-1]
    return [Group(dict(zip(group_by, facts, strict=True)), count) for facts, count in counts.most_common()]


def items(
    connection: Connection, wanted: Wanted, *, limit: int = 1000, after: str | None = None
) -> list[Item]:
    """List things in stock, in the order of their canonical identifiers.

    Parameters
    ----------
    connection
        Any connection to the ledger.
    wanted
        Which stock.
    limit
        Most things to give.
    after
        Give those behind this thing: the last of the page before.
    """
    from voltloop.epcis.identifiers import canonical

    cursor = cursor_of(connection)
    query, values = _query(cursor, wanted)
    behind = " AND t.canonical > %(after)s" if after is not None else ""
    rows = cursor.execute(
        f"{query[0]} SELECT t.text, {GROUPS['kind']}, {GROUPS['model']}, i.place_id, i.container_id, i.since, "
        "i.disposition, i.hold, i.health, i.owner_id, i.custody_id, i.born_at "
        f"{_NAMED} WHERE {query[1]}{behind} ORDER BY t.canonical LIMIT %(limit)s",
        {**values, "limit": limit, "after": None if after is None else canonical(after)},
    ).fetchall()
    names = texts(cursor, (value for row in rows for value in row if isinstance(value, UUID)))
    return [_item(row, names, wanted.at) for row in rows]


def _item(row: Sequence[Any], names: Mapping[UUID, str], at: datetime) -> Item:
    epc, kind, model, place, container, since, disposition, hold, health, owner, custody, born_at = row
    return Item(
        epc=epc,
        kind=kind,
        model=model,
        place=names.get(place),
        container=names.get(container),
        since=since,
        disposition=disposition,
        hold=hold,
        state_of_health=health,
        owner=names.get(owner),
        custody=names.get(custody),
        born_at=born_at,
        age_days=None if born_at is None else (at - born_at) / timedelta(days=1),
    )


def lots(connection: Connection, wanted: Wanted) -> list[Lot]:
    """Give the quantities of lots and classes at a site, or everywhere; in containers that stand there too.

    Only ``at``, ``site``, ``is_under_way`` and ``model`` of what is wanted make a difference.
    """
    cursor = cursor_of(connection)
    values: dict[str, Any] = {"at": wanted.at}
    if wanted.is_under_way:
        values["holders"] = [UNDER_WAY_ID]
    elif wanted.site is not None:
        query, inside = _query(cursor, Wanted(at=wanted.at, site=wanted.site))
        boxes = cursor.execute(
            f"{query[0]} SELECT i.epc_id {_NAMED} WHERE {query[1]} "
            "AND EXISTS (SELECT FROM movement AS m WHERE m.holder_id = i.epc_id)",
            inside,
        )
        values["holders"] = [*inside["places"], *(row[0] for row in boxes.fetchall())]
    parts = (_HELD_THERE, "m.holder_id = ANY(%(holders)s)") if "holders" in values else ("true", "true")
    rows = cursor.execute(_LOTS.format(holder=parts[0], kept=parts[1]), values).fetchall()
    names = texts(cursor, (key for row in rows for key in row[:2])) | {UNDER_WAY_ID: "under way"}
    kept = None if wanted.model is None else _of_model(cursor, (row[0] for row in rows), wanted.model)
    return [
        Lot(names[lot], names.get(place, "place unknown"), quantity, uom or None)
        for lot, place, uom, quantity in rows
        if kept is None or lot in kept
    ]


def _of_model(cursor: psycopg.Cursor[Any], lots: Iterable[UUID], model: str) -> set[UUID]:
    """Give those lots and classes that are a model, are of it by their GTIN, or by what master data tell of them."""
    values = {
        "lots": list(set(lots)),
        "model": key_of(model),
        "model_text": model,
        "told_model": told_model_key(),
    }
    rows = cursor.execute(
        "SELECT t.id FROM unnest(%(lots)s::uuid[]) AS i (epc_id) JOIN thing AS t ON t.id = i.epc_id "
        f"WHERE t.id = %(model)s OR {OF_MODEL}",
        values,
    )
    return {row[0] for row in rows.fetchall()}


def _query(cursor: psycopg.Cursor[Any], wanted: Wanted) -> tuple[tuple[str, str], dict[str, Any]]:
    """Give the recursive query ``i`` of the things at the wanted places, the conditions on them, and the values."""
    values: dict[str, Any] = {
        "at": wanted.at,
        "under_way": UNDER_WAY_ID,
        "told_model": told_model_key(),
        "model_text": wanted.model,
    }
    if wanted.is_under_way:
        values["places"] = [UNDER_WAY_ID]
    elif wanted.site is not None:
        values["places"] = places_within(cursor, wanted.site)
    at_place = "s.place_id = ANY(%(places)s)" if "places" in values else "s.place_id <> %(under_way)s"
    inside = _WITH_PARTS if wanted.with_parts else _BY_CONTAINER
    conditions = {
        OF_MODEL: wanted.model and key_of(wanted.model),
        f"{GROUPS['kind']} = %(kind)s": wanted.kind,
        "i.disposition = %(condition)s": wanted.condition,
        "(i.hold IS NOT NULL) = %(is_held)s": wanted.is_held,
        "i.owner_id = %(owner)s": wanted.owner and key_of(wanted.owner),
        "i.custody_id = %(custody)s": wanted.custody and key_of(wanted.custody),
        "i.born_at <= %(born_by)s": _born(wanted.at, wanted.older_than_days),
        "i.born_at > %(born_after)s": _born(wanted.at, wanted.younger_than_days),
        "i.health >= %(health_from)s": wanted.health_from,
        "i.health < %(health_below)s": wanted.health_below,
    }
    asked = {text: value for text, value in conditions.items() if value is not None}
    values |= {text.partition("%(")[2].partition(")s")[0]: value for text, value in asked.items()}
    states = states_at(cursor, wanted.at)
    query = _INSIDE.format(states=states, at_place=at_place, inside=inside.format(states=states))
    return (query, " AND ".join(asked) or "true"), values


def _born(at: datetime, age_days: float | None) -> datetime | None:
    """Give when something of an age was born; the beginning of the calendar where that lies before it."""
    if age_days is None:
        return None
    try:
        return at - timedelta(days=age_days)
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)
