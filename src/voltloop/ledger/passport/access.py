"""Who may see what of a passport: the one place that decides, for interface, pages, exports and search alike.

``data/access.csv`` says with dates which tiers each class of readers sees. The act that will say who has a legitimate
interest is still to be adopted (Art. 77(9)); it will come as further rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, Final

from voltloop.errors import InputError, nearest
from voltloop.ledger.passport.categories import category_of
from voltloop.ledger.passport.places import (
    DIALECTS,
    INHERITED,
    Place,
    document_place,
    local_name,
    places_below,
    term_place,
)
from voltloop.ledger.passport.points import Category, data_points, is_displayed, rows_of

__all__ = ["ADMINISTRATOR", "PUBLIC", "READERS", "Grant", "Reader", "Sight", "keeps", "may_read", "visible"]

READERS: Final = tuple(dict.fromkeys(row["reader"] for row in rows_of("access.csv")))
"""Classes of readers."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A right by contract to diagnostics beyond what the law gives.

    Attributes
    ----------
    party
        Who has the right.
    tiers, points
        Tiers and numbers of data points that it opens.
    products
        Identifiers of products, batches or models that it covers, with everything below them; empty covers all.
    from_at, until_at
        Since when, and until when it counts; None is without end.
    """

    party: str
    tiers: frozenset[str]
    points: frozenset[int]
    products: tuple[str, ...]
    from_at: datetime
    until_at: datetime | None

    def covers(self, product: str, at: datetime) -> bool:
        """Tell whether it counts for a product at an instant."""
        if not self.from_at <= at or (self.until_at is not None and at >= self.until_at):
            return False
        return not self.products or any(
            product == one or product.startswith(f"{one}/") for one in self.products
        )


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads.

    Attributes
    ----------
    kind
        One of :data:`READERS`.
    party
        Identifier of the reader or their organisation; with it an ``oem`` keeps only the passports that this party
        answers for. Empty where the class counts for every battery.
    grants
        What contracts give them.

    Raises
    ------
    InputError
        ``unknown-reader``.
    """

    kind: str
    party: str = ""
    grants: tuple[Grant, ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in READERS:
            raise InputError(
                f'"{self.kind}" is no class of readers.{nearest(self.kind, READERS)} Expected one of '
                f"{', '.join(READERS)}.",
                code="unknown-reader",
            )


PUBLIC: Final = Reader("public")
ADMINISTRATOR: Final = Reader("administrator")


@dataclass(frozen=True, slots=True)
class _Rights:
    """What a reader may see of one passport at one instant."""

    tiers: frozenset[str]
    is_keeper: bool
    points: frozenset[int]
    category: Category | None
    on: date

    def allow(self, place: Place) -> bool:
        """Tell whether a place is open."""
        if self.is_keeper:
            return True
        known = data_points(self.on)
        points = [known[number] for number in place.points if number in known]
        if points and not any(is_displayed(point, self.category) for point in points):
            return False
        return place.tier in self.tiers or bool(place.points & self.points)


@dataclass(slots=True)
class Sight:
    """What a reader sees of a passport.

    Attributes
    ----------
    record
        The passport without what the reader may not see.
    sensitive
        Tiers beyond the public one of which something is shown.
    withheld
        Whether something was left out.
    """

    record: dict[str, Any]
    sensitive: set[str] = field(default_factory=set)
    withheld: bool = False


@cache
def _policy(kind: str, on: date) -> tuple[frozenset[str], bool]:
    for row in rows_of("access.csv"):
        begins, ends = date.fromisoformat(row["from_on"]), row["to_on"]
        if row["reader"] == kind and begins <= on and (not ends or on < date.fromisoformat(ends)):
            return frozenset(row["tiers"].split()), row["is_keeper"] == "yes"
    return frozenset(), False


def _rights(record: Mapping[str, Any], reader: Reader, at: datetime) -> _Rights:
    on = at.astimezone(UTC).date()
    operator = record.get("economicOperatorId")
    is_other = reader.kind == "oem" and bool(reader.party) and reader.party != operator
    tiers, is_keeper = _policy(PUBLIC.kind if is_other else reader.kind, on)
    product = str(record.get("uniqueProductIdentifier", ""))
    grants = [grant for grant in reader.grants if grant.party == reader.party and grant.covers(product, at)]
    return _Rights(
        tiers=tiers.union(*(grant.tiers for grant in grants)),
        is_keeper=is_keeper,
        points=frozenset().union(*(grant.points for grant in grants)),
        category=category_of(record),
        on=on,
    )


def keeps(record: Mapping[str, Any], reader: Reader, at: datetime) -> bool:
    """Tell whether a reader keeps a passport: sees all of it and may change it."""
    return _rights(record, reader, at).is_keeper


def visible(record: Mapping[str, Any], reader: Reader, at: datetime) -> Sight:
    """Give what a reader may see of a passport.

    Parameters
    ----------
    record
        The whole passport in compressed form: what EN 18223 puts around it, and the elements by name.
    reader
        Who reads.
    at
        The instant of reading, whose policy and contracts count.

    Returns
    -------
    Sight
        A copy; the record itself is not altered.

    References
    ----------
    Regulation (EU) 2023/1542 Art. 77(2), Annex XIII.
    """
    rights = _rights(record, reader, at)
    sight = Sight({})
    for name, value in record.items():
        if name in DIALECTS:
            found = _of_document(name, value, (), rights, sight)
        else:
            found = _of_term(name, value, rights, sight, is_top=True)
        if found is not _NOTHING:
            sight.record[name] = found
    return sight


_NOTHING: Final = object()


def _shown(place: Place, value: Any, rights: _Rights, sight: Sight) -> Any:
    if not rights.allow(place):
        sight.withheld = True
        return _NOTHING
    if place.tier != "public":
        sight.sensitive.add(place.tier)
    return value


def _of_term(name: str, value: Any, rights: _Rights, sight: Sight, *, is_top: bool) -> Any:
    place = term_place(name, rights.on, is_top=is_top)
    if place.tier != INHERITED and _shown(place, value, rights, sight) is _NOTHING:
        return _NOTHING
    return value if place.covers else _parts(value, rights, sight)


def _parts(value: Any, rights: _Rights, sight: Sight) -> Any:
    if isinstance(value, list):
        return [_parts(one, rights, sight) for one in value]
    if not isinstance(value, dict):
        return value
    kept = {name: _of_term(name, part, rights, sight, is_top=False) for name, part in value.items()}
    return {name: part for name, part in kept.items() if part is not _NOTHING}


def _of_document(dialect: str, value: Any, path: tuple[str, ...], rights: _Rights, sight: Sight) -> Any:
    """Keep the values of a document whose own places are open, and what they stand in."""
    if isinstance(value, dict) and value:
        kept = {
            name: _of_document(dialect, part, (*path, name), rights, sight) for name, part in value.items()
        }
        left = {name: part for name, part in kept.items() if part is not _NOTHING}
        return left or _NOTHING
    if isinstance(value, list) and value:
        items = [_of_document(dialect, one, path, rights, sight) for one in value]
        left_items = [one for one in items if one is not _NOTHING]
        return left_items or _NOTHING
    return _shown(document_place(dialect, ".".join(path)), value, rights, sight)


def may_read(record: Mapping[str, Any], path: Sequence[str | int], reader: Reader, at: datetime) -> bool:
    """Tell whether the policy opens a path to a reader at all, whether or not the passport has anything there.

    So a refusal tells nothing of what the passport holds.

    Parameters
    ----------
    record
        The whole passport, for its product and category.
    path
        Names and indices from the top.
    reader, at
        As of :func:`visible`.
    """
    rights = _rights(record, reader, at)
    names = [part for part in path if isinstance(part, str)]
    if not names:
        return True
    if names[0] in DIALECTS:
        return len(names) == 1 or _leads_on(names[0], names[1:], rights)
    return _all_open(names, rights)


def _all_open(names: Iterable[str], rights: _Rights) -> bool:
    for depth, name in enumerate(names):
        place = term_place(local_name(name), rights.on, is_top=depth == 0)
        if place.tier != INHERITED and not rights.allow(place):
            return False
        if place.covers:
            return True
    return True


def _leads_on(dialect: str, names: Sequence[str], rights: _Rights) -> bool:
    return any(rights.allow(place) for place in places_below(dialect, ".".join(names)))
