"""Tunnel restriction codes: which tunnels they close, and which code of a mixed load binds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from voltloop import findings
from voltloop.compliance.loads.limits import entry_head, entry_number, entry_tail
from voltloop.compliance.vocabulary import Edition, rows_of
from voltloop.errors import InputError, RulebookError
from voltloop.findings import Finding

if TYPE_CHECKING:
    from voltloop.compliance.loads.load import Load

__all__ = [
    "CATEGORIES",
    "UNKNOWN_CODE",
    "TunnelCode",
    "check_route",
    "closed_by",
    "read_tunnels",
    "strictest",
]

CATEGORIES: Final = ("A", "B", "C", "D", "E")
"""Tunnel categories, least restricted first (ADR 1.9.5.2.2)."""

UNKNOWN_CODE: Final = "unknown"
"""Stands for the code of regulated goods whose code nobody knows."""

_CARRIAGES: Final = ("packages", "bulk", "tank")


@dataclass(frozen=True, slots=True)
class TunnelCode:
    """What one tunnel restriction code closes.

    ``packages``, ``bulk`` and ``tank`` name the first closed category (all after it are closed as well), None where the
    code closes none; ``above`` that with more than ``explosive_kg`` kg of net explosive mass on the unit.
    """

    id: str
    regime: str
    since: int
    until: int | None
    confirmed: int
    code: str
    packages: str | None
    bulk: str | None
    tank: str | None
    explosive_kg: float | None
    above: str | None
    say: str
    cite: tuple[str, ...]
    confidence: str

    def closes(self, carriage: str, net_explosive_kg: float | None) -> tuple[str, ...]:
        """Give the closed categories; an unknown explosive mass counts as above the limit of the code."""
        first: str | None = {"packages": self.packages, "bulk": self.bulk, "tank": self.tank}[carriage]
        if self.explosive_kg is not None and (
            net_explosive_kg is None or net_explosive_kg > self.explosive_kg
        ):
            first = self.above
        return CATEGORIES[CATEGORIES.index(first) :] if first else ()


def closed_by(
    codes: Iterable[str], table: Mapping[str, TunnelCode], carriage: str, net_explosive_kg: float | None
) -> tuple[str, ...]:
    """Give the categories that any of the codes closes, the most restrictive code binding the whole load.

    Raises
    ------
    InputError
        ``carriage`` is not packages, bulk or tank.
    """
    if carriage not in _CARRIAGES:
        raise InputError(
            f'"{carriage}" is not a way of carriage. Choices: {", ".join(_CARRIAGES)}.',
            code="unknown-carriage",
        )
    closed: tuple[str, ...] = ()
    for code in codes:
        mine = table[code].closes(carriage, net_explosive_kg) if code in table else CATEGORIES[1:]
        closed = max(closed, mine, key=len)
    return closed


def strictest(codes: Iterable[str], table: Mapping[str, TunnelCode]) -> str | None:
    """Give the most restrictive of several codes (ADR 8.6.3.2); None where none closes a tunnel."""
    held = [code for code in codes if code not in table or table[code].closes("tank", None)]
    order = list(table)
    return min(held, key=lambda code: order.index(code) if code in table else -1, default=None)


def check_route(
    load: Load,
    tunnels: Sequence[tuple[str, str]],
    *,
    where: str = "load",
    carriage: str = "packages",
    net_explosive_kg: float | None = None,
) -> list[Finding]:
    """List the tunnels of a way that the load may not pass.

    Parameters
    ----------
    load
        Account of the unit.
    tunnels
        Name and category (A to E) of each tunnel on the way.
    where
        Name of the load for the messages.
    carriage, net_explosive_kg
        As for :meth:`voltloop.compliance.Load.may_pass`.

    References
    ----------
    ADR 8.6.3 and 8.6.4; 1.9.5 for the categories.
    """
    closed = load.closed_tunnels(carriage, net_explosive_kg)
    found = []
    for name, text in tunnels:
        category = text.strip().strip("()").upper()
        if category not in CATEGORIES:
            found.append(findings.make("route-tunnel-unknown", where=where, field=name, raw=text))
        elif category in closed:
            found.append(
                findings.make(
                    "route-tunnel-closed",
                    where=where,
                    field=name,
                    raw=category,
                    value=load.tunnel_restriction,
                )
            )
    return found


def read_tunnels(
    path: Path, shown: str, editions: Mapping[str, tuple[Edition, ...]]
) -> tuple[TunnelCode, ...]:
    """Read ``load/tunnels.csv``, strictest code first.

    Raises
    ------
    RulebookError
        An unknown edition or category, a malformed number, or an id that stands twice.
    """
    head = (
        "id", "regime", "since", "until", "confirmed", "code", "packages", "bulk", "tank", "explosive_kg", "above",
        "say", "cite", "confidence",
    )  # fmt: skip
    found, seen = [], set[str]()
    for place, row in rows_of(path, shown, head):
        for column in (*_CARRIAGES, "above"):
            choices = (*CATEGORIES[1:], "none", *(("",) if column == "above" else ()))
            if row[column] not in choices:
                raise RulebookError(
                    f'{place}, column {column}: "{row[column]}" is not a tunnel category. '
                    "Choices: B, C, D, E, none.",
                    code="rulebook-value",
                )
        first = {name: None if row[name] in ("none", "") else row[name] for name in (*_CARRIAGES, "above")}
        found.append(
            TunnelCode(
                *entry_head(row, seen, editions, place),
                row["code"],
                first["packages"],
                first["bulk"],
                first["tank"],
                entry_number(row["explosive_kg"], place, "explosive_kg"),
                first["above"],
                *entry_tail(row),
            )
        )
    return tuple(found)
