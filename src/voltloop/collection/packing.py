"""Choose packagings: legal first, then cheapest in money, floor and working time, within what is in stock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import polars as pl

from voltloop.collection.packagings import Packaging, PackingCosts, read_packagings
from voltloop.collection.shares import first_fit_decreasing
from voltloop.errors import InputError
from voltloop.findings import Finding, make

__all__ = ["HELD_COLUMNS", "PACKED_COLUMNS", "Packed", "pack"]

PACKED_COLUMNS: Final[dict[str, pl.DataType]] = {
    "item": pl.Int64(),
    "package_id": pl.String(),
    "packaging_id": pl.String(),
    "package_no": pl.Int64(),
    "packing_instruction": pl.String(),
    "articles": pl.Int64(),
    "share": pl.Float64(),
    "net_mass_kg": pl.Float64(),
    "gross_mass_kg": pl.Float64(),
    "floor_positions": pl.Float64(),
    "volume_m3": pl.Float64(),
    "pack_minutes": pl.Float64(),
    "cost_eur": pl.Float64(),
}
"""One row per item and package. ``share`` is the item's part of the package by net mass, 0 to 1; mass, floor,
volume, minutes and cost are this part, so that they add up. ``package_no`` counts from 1 through the whole result."""

HELD_COLUMNS: Final[dict[str, pl.DataType]] = {
    "item": pl.Int64(),
    "code": pl.String(),
    "words": pl.String(),
}
"""Items without a legal packaging, with the reason."""

_SINGLE: Final = frozenset({"LP903", "LP904", "LP905", "LP906"})
"""Large-packaging instructions for one article each (ADR 4.1.4.3)."""

_SINGLE_ABOVE_KG: Final[dict[str, float]] = {"P908": 30.0, "P911": 30.0, "173.185(f)": 0.0}
"""Net mass above which a damaged battery needs an outer packaging of its own (ADR 4.1.4.1 P908, P911;
49 CFR 173.185(f): one battery in each)."""

_SHARED_BY: Final = ("point_id", "group", "un_number", "is_waste", "is_critical")
"""Columns that must be equal for batteries to share a package; those that the items have."""


@dataclass(frozen=True, slots=True)
class Packed:
    """Packages, items held, and packagings used.

    ``packages`` has :data:`PACKED_COLUMNS`, ``held`` :data:`HELD_COLUMNS`, ``consumption`` the columns
    ``packaging_id``, ``depot_id`` (null when the items name none), ``used``, ``stock`` (null: unlimited).
    """

    packages: pl.DataFrame
    held: pl.DataFrame
    consumption: pl.DataFrame


@dataclass
class _Group:
    """Items that may share packages: same point, same instructions, same everything in ``_SHARED_BY``."""

    instructions: tuple[str, ...]
    is_critical: bool
    depot_id: str | None
    items: list[tuple[int, float, int]] = field(default_factory=list)  # item, unit mass, quantity


def pack(items: pl.DataFrame, packagings: pl.DataFrame, *, costs: PackingCosts | None = None) -> Packed:
    """Choose packagings for batteries.

    Parameters
    ----------
    items
        Columns ``item`` (unique), ``net_mass_kg`` (of one unit), ``quantity``, ``packing_instruction`` (legal
        alternatives, "P908|LP904"; blank or null: any packaging that is not for critical batteries),
        ``is_critical``. Optional: ``point_id``, ``group``, ``un_number``, ``is_waste`` (batteries share a package
        only when all of them agree), ``depot_id`` (whose stock is used). Earlier rows are served first when a
        packaging runs short; critical batteries before all others.
    packagings
        Columns of ``packagings.csv`` of the network folder (``volume_m3`` may be absent). With a column ``depot_id``
        stocks are counted per depot, else over all.

    Returns
    -------
    Packed
        Every item is either wholly in packages or held with a reason.

    Raises
    ------
    InputError
        A column is missing, an item number stands twice, a mass or quantity is not above zero.

    Notes
    -----
    Per group of like batteries the packaging with the lowest weight per kilogram packed (price, floor, minutes)
    is taken for all it can hold, first fit decreasing, and so on with the rest; at last each package is changed
    to a cheaper one that still holds its content. One article per package where the instruction says so.

    References
    ----------
    ADR 2025 4.1.4.1 P903, P908, P909, P911; 4.1.4.3 LP903 to LP906; 49 CFR 173.185.
    """
    _check(items)
    return _Packer(read_packagings(packagings), costs or PackingCosts()).run(items)


class _Packer:
    def __init__(
        self, packagings: tuple[list[Packaging], dict[tuple[str, str | None], int]], costs: PackingCosts
    ):
        self._packagings, self._stock = packagings
        self._by_depot = any(depot is not None for _, depot in self._stock)
        self._costs = costs
        self._used: dict[tuple[str, str | None], int] = defaultdict(int)
        self._rows: list[dict[str, Any]] = []
        self._held: list[dict[str, Any]] = []
        self._number = 0

    def run(self, items: pl.DataFrame) -> Packed:
        for group in _group(items):
            self._pack_group(group)
        used = [
            {"packaging_id": packaging, "depot_id": depot, "used": count, "stock": self._limit(packaging, depot)}
            for (packaging, depot), count in sorted(self._used.items(), key=str)
            if count
        ]  # fmt: skip
        schema = {
            "packaging_id": pl.String(),
            "depot_id": pl.String(),
            "used": pl.Int64(),
            "stock": pl.Int64(),
        }
        return Packed(
            pl.DataFrame(self._rows, schema=PACKED_COLUMNS),
            pl.DataFrame(self._held, schema=HELD_COLUMNS),
            pl.DataFrame(used, schema=schema),
        )

    def _pack_group(self, group: _Group) -> None:
        legal = [packaging for packaging in self._packagings if _instruction(packaging, group) is not None]
        left = []
        for item, mass, quantity in group.items:
            finding = self._hopeless(group, legal, item, mass)
            if finding is None:
                left.append((item, mass, quantity))
            else:
                self._hold(item, finding)
        boxes: list[tuple[Packaging, list[tuple[int, float, int]]]] = []
        taken: dict[tuple[str, str | None], int] = defaultdict(int)
        while left:
            choice = self._cheapest(group, legal, left, taken)
            if choice is None:
                break
            packaging, filled, left = choice
            boxes.extend((packaging, content) for content in filled)
            taken[self._key(packaging, group)] += len(filled)
        short = {item for item, _, _ in left}
        for item in sorted(short):
            self._hold(
                item, make("pack-out-of-stock", where=f"Item {item}", value="|".join(group.instructions))
            )
        kept = [(p, [part for part in content if part[0] not in short]) for p, content in boxes]
        for packaging, content in kept:
            taken[self._key(packaging, group)] -= 1
            if content:
                self._write(group, self._smallest(group, legal, packaging, content, taken), content)

    def _hopeless(self, group: _Group, legal: list[Packaging], item: int, mass: float) -> Finding | None:
        where, wanted = f"Item {item}", "|".join(group.instructions)
        if not legal:
            code = "pack-no-certified-box" if group.is_critical else "pack-no-legal-packaging"
            return make(code, where=where, value=wanted or "none given")
        largest = max(packaging.max_net_kg for packaging in legal)
        if mass > largest + 1e-9:
            return make(
                "pack-too-heavy", where=where, value=f"{mass:g}", limit=f"{largest:g}", instruction=wanted
            )
        return None

    def _cheapest(
        self,
        group: _Group,
        legal: list[Packaging],
        left: list[tuple[int, float, int]],
        taken: dict[tuple[str, str | None], int],
    ) -> tuple[Packaging, list[list[tuple[int, float, int]]], list[tuple[int, float, int]]] | None:
        best: tuple[float, str] | None = None
        found = None
        for packaging in legal:
            key = self._key(packaging, group)
            limit = self._limit(*key)
            room = None if limit is None else limit - self._used[key] - taken[key]
            filled, rest = _fill(packaging, group, left, room)
            packed_kg = sum(mass * count for content in filled for _, mass, count in content)
            if packed_kg <= 0:
                continue
            rank = (len(filled) * packaging.weight_eur(self._costs) / packed_kg, packaging.packaging_id)
            if best is None or rank < best:
                best, found = rank, (packaging, filled, rest)
        return found

    def _smallest(
        self,
        group: _Group,
        legal: list[Packaging],
        packaging: Packaging,
        content: list[tuple[int, float, int]],
        taken: dict[tuple[str, str | None], int],
    ) -> Packaging:
        """Find the cheapest packaging in stock that still holds this content."""
        options = [packaging]
        for other in legal:
            key = self._key(other, group)
            limit = self._limit(*key)
            if (limit is None or self._used[key] + taken[key] < limit) and not _fill(
                other, group, content, 1
            )[1]:
                options.append(other)
        return min(options, key=lambda entry: (entry.weight_eur(self._costs), entry.packaging_id))

    def _write(self, group: _Group, packaging: Packaging, content: list[tuple[int, float, int]]) -> None:
        self._number += 1
        self._used[self._key(packaging, group)] += 1
        net = sum(mass * count for _, mass, count in content)
        for item, mass, count in content:
            share = mass * count / net
            self._rows.append({
                "item": item,
                "package_id": f"K{self._number:05d}",
                "packaging_id": packaging.packaging_id,
                "package_no": self._number,
                "packing_instruction": _instruction(packaging, group) or None,
                "articles": count,
                "share": share,
                "net_mass_kg": mass * count,
                "gross_mass_kg": mass * count + packaging.tare_kg * share,
                "floor_positions": packaging.floor_positions * share,
                "volume_m3": packaging.volume_m3 * share,
                "pack_minutes": packaging.pack_minutes * share,
                "cost_eur": packaging.cost_eur * share,
            })  # fmt: skip

    def _hold(self, item: int, finding: Finding) -> None:
        self._held.append({"item": item, "code": finding.code, "words": finding.message})

    def _key(self, packaging: Packaging, group: _Group) -> tuple[str, str | None]:
        return packaging.packaging_id, group.depot_id

    def _limit(self, packaging_id: str, depot: str | None) -> int | None:
        if self._by_depot:
            return self._stock.get(
                (packaging_id, depot), 0 if (packaging_id, None) not in self._stock else None
            )
        total = self._stock.get((packaging_id, None))
        if total is None:
            return None
        elsewhere = sum(n for (other, at), n in self._used.items() if other == packaging_id and at != depot)
        return total - elsewhere


def _fill(
    packaging: Packaging, group: _Group, left: Sequence[tuple[int, float, int]], room: int | None
) -> tuple[list[list[tuple[int, float, int]]], list[tuple[int, float, int]]]:
    """Fill packages of one kind; the content of each, and what does not go in."""
    instruction = _instruction(packaging, group) or ""
    fit, rest, alone = [], [], []
    for entry in left:
        if entry[1] > packaging.max_net_kg + 1e-9:
            rest.append(entry)
        elif instruction in _SINGLE or entry[1] > _SINGLE_ABOVE_KG.get(instruction, float("inf")):
            alone.append(entry)
        else:
            fit.append(entry)
    filled: list[list[tuple[int, float, int]]] = []
    for item, mass, count in alone:
        some = count if room is None else min(count, max(room - len(filled), 0))
        filled.extend([[(item, mass, 1)]] * some)
        if some < count:
            rest.append((item, mass, count - some))
    more = None if room is None else max(room - len(filled), 0)
    shared, over = first_fit_decreasing(fit, packaging.max_net_kg, packaging.max_articles, more)
    return filled + shared, rest + over


def _instruction(packaging: Packaging, group: _Group) -> str | None:
    """Name the instruction under which a packaging is used; "" when none is asked, None when it is not legal."""
    if group.is_critical and not packaging.is_certified:
        return None
    if not group.instructions:
        return None if packaging.is_certified and not group.is_critical else ""
    return next((name for name in group.instructions if name in packaging.instructions), None)


def _group(items: pl.DataFrame) -> list[_Group]:
    keys = [name for name in _SHARED_BY if name in items.columns]
    groups: dict[tuple[Any, ...], _Group] = {}
    for row in items.iter_rows(named=True):
        wanted = tuple(part.strip() for part in (row["packing_instruction"] or "").split("|") if part.strip())
        depot = row.get("depot_id")
        key = (tuple(sorted(wanted)), depot, *(row[name] for name in keys))
        # Without a point nobody knows where a battery is: it shares with nothing else.
        if row.get("point_id") is None:
            key = (*key, row["item"])
        group = groups.setdefault(key, _Group(wanted, bool(row["is_critical"]), depot))
        group.items.append((row["item"], float(row["net_mass_kg"]), int(row["quantity"])))
    return sorted(groups.values(), key=lambda group: not group.is_critical)


def _check(items: pl.DataFrame) -> None:
    needed = ("item", "net_mass_kg", "quantity", "packing_instruction", "is_critical")
    missing = [name for name in needed if name not in items.columns]
    if missing:
        raise InputError(
            f"The items to pack lack the column(s) {', '.join(missing)}. Needed: {', '.join(needed)}.",
            code="pack-column-missing",
        )
    if items["item"].n_unique() != items.height:
        raise InputError("An item number stands twice in the items to pack. Give each a number of its own.",
                         code="pack-item-twice")  # fmt: skip
    bad = items.filter(
        pl.col("net_mass_kg").is_null() | ~(pl.col("net_mass_kg") > 0) | pl.col("net_mass_kg").is_nan()
        | pl.col("quantity").is_null() | ~(pl.col("quantity") >= 1)
    )  # fmt: skip
    if bad.height:
        row = bad.row(0, named=True)
        raise InputError(
            f"Item {row['item']}: mass {row['net_mass_kg']} kg, quantity {row['quantity']}. Expected a mass above 0 "
            "and a quantity of 1 or more. Complete the list of batteries.",
            code="pack-number",
        )
