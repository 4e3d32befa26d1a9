"""Package lines gathered into the items of a transport document."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from voltloop.documents.load import CategoryTotal, Load, PackageLine

__all__ = ["Item", "adr_categories", "items", "packages_text", "packaging_text"]


@dataclass(frozen=True, slots=True)
class Item:
    """Lines of one consignor that read the same: one entry of a transport document.

    Masses in kg, of all packages; ``gross_mass_kg`` is None when that of one line is not known.
    """

    description: str
    line: PackageLine
    count: int
    net_mass_kg: float
    gross_mass_kg: float | None
    energy_wh: float | None
    batteries: int
    package_ids: tuple[str, ...]


def items(lines: Iterable[PackageLine], describe: Callable[[PackageLine], str]) -> list[Item]:
    """Gather lines with the same description, packaging, waste code and statements, in the order of loading."""
    groups: dict[tuple[object, ...], list[PackageLine]] = {}
    for line in lines:
        key = (
            describe(line),
            line.outcome,
            line.transport_category,
            line.packaging,
            line.packaging_code,
            line.packing_instruction,
            line.waste_code,
            line.is_waste,
            line.statements,
        )
        groups.setdefault(key, []).append(line)
    return [_item(describe(group[0]), group) for group in groups.values()]


def _item(description: str, group: list[PackageLine]) -> Item:
    return Item(
        description=description,
        line=group[0],
        count=sum(line.count for line in group),
        net_mass_kg=sum(line.net_mass_kg for line in group),
        gross_mass_kg=_sum(line.gross_mass_kg for line in group),
        energy_wh=_sum(line.energy_wh for line in group),
        batteries=sum(battery.quantity for line in group for battery in line.batteries),
        package_ids=tuple(name for line in group for name in line.package_ids),
    )


def _sum(values: Iterable[float | None]) -> float | None:
    total = 0.0
    for value in values:
        if value is None:
            return None
        total += value
    return total


def adr_categories(load: Load) -> tuple[CategoryTotal, ...]:
    """Give the totals per transport category: the load's own, or summed from its lines when it has none.

    References
    ----------
    ADR 1.1.3.6.3 and 1.1.3.6.4: articles count with their mass without packaging, exempted goods do not count.
    """
    if load.points:
        return load.points
    totals: dict[str, tuple[float, float | None]] = {}
    for line in load.lines:
        if not line.is_dangerous:
            continue
        mass, points = totals.get(line.transport_category, (0.0, 0.0))
        known = points is not None and line.points_per_kg is not None
        added = (points or 0.0) + line.net_mass_kg * (line.points_per_kg or 0.0) if known else None
        totals[line.transport_category] = (mass + line.net_mass_kg, added)
    return tuple(CategoryTotal(name, *totals[name]) for name in sorted(totals))


def packaging_text(line: PackageLine) -> str:
    """Give the packaging in words with its code: ``steel drum (1A2)``."""
    if line.packaging_code and line.packaging_code not in line.packaging:
        return f"{line.packaging} ({line.packaging_code})"
    return line.packaging


def packages_text(count: int, line: PackageLine) -> str:
    """Give number and kind of packages: ``3 × steel drum (1A2)``."""
    return f"{count} × {packaging_text(line)}"
