"""Load limits and duties of a transport unit, read from the rulebook's ``load`` folder."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from voltloop.compliance.vocabulary import Edition, rows_of, split
from voltloop.errors import RulebookError, nearest

__all__ = ["Duty", "Limit", "active", "entry_number", "entry_order", "new_id", "read_duties", "read_limits"]


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit of a load: of a transport category, of the sum of points, of a provision, or goods that go alone.

    ``points_per_kg`` is None where the small-load relief cannot be used; ``limit`` is in kg (in points for the sum) and
    None where there is none.
    """

    id: str
    regime: str
    since: int
    until: int | None
    confirmed: int
    kind: str
    keys: tuple[str, ...]
    points_per_kg: float | None
    limit: float | None
    say: str
    cite: tuple[str, ...]
    confidence: str


@dataclass(frozen=True, slots=True)
class Duty:
    """Something a load obliges to, and when.

    ``when`` holds words that must all be true: ``regulated`` (any regulated goods aboard), ``within_limit`` or
    ``above_limit`` (regulated goods under or above the small-load relief, where the mode has one), ``waste`` (any waste
    aboard, regulated or not), ``tunnel_b`` to ``tunnel_e`` (tunnels of that category are closed to the load), and
    ``aboard:GROUP`` (goods of that group of ``load/hazards.csv`` are aboard, regulated).
    """

    id: str
    regime: str
    since: int
    until: int | None
    confirmed: int
    when: str
    duty: str
    text: str
    cite: tuple[str, ...]
    confidence: str


_DUTY_WHEN = (
    "regulated", "within_limit", "above_limit", "waste", "tunnel_b", "tunnel_c", "tunnel_d", "tunnel_e",
)  # fmt: skip


class _Dated(Protocol):
    """What belongs to editions of one regime."""

    @property
    def regime(self) -> str: ...
    @property
    def since(self) -> int: ...
    @property
    def until(self) -> int | None: ...


_Entry = TypeVar("_Entry", bound=_Dated)


def active(entries: tuple[_Entry, ...], edition: Edition) -> tuple[_Entry, ...]:
    """Give the entries that belong to an edition."""
    return tuple(
        entry
        for entry in entries
        if entry.regime == edition.regime
        and entry.since <= edition.order
        and (entry.until is None or edition.order < entry.until)
    )


def entry_order(
    row: Mapping[str, str], column: str, editions: Mapping[str, tuple[Edition, ...]], place: str
) -> int | None:
    """Give the order of the edition that a cell names; None for an empty ``until``."""
    if not row[column] and column == "until":
        return None
    known = {edition.name: edition.order for edition in editions.get(row["regime"], ())}
    if row[column] not in known:
        raise RulebookError(
            f'{place}, column {column}: "{row[column]}" is not an edition of "{row["regime"]}". '
            f"Known editions: {', '.join(known)}.{nearest(row[column], known)}",
            code="rulebook-edition",
        )
    return known[row[column]]


def entry_number(text: str, place: str, column: str) -> float | None:
    """Give the number in a cell, None for an empty one."""
    try:
        return float(text) if text else None
    except ValueError:
        raise RulebookError(
            f'{place}, column {column}: "{text}" is not a number. Write it with a decimal point.',
            code="rulebook-value",
        ) from None


def new_id(name: str, seen: set[str], place: str) -> str:
    """Give an id that no earlier row has."""
    if name in seen:
        raise RulebookError(
            f'{place}, column id: "{name}" stands twice. Give each its own id.', code="rulebook-twice"
        )
    seen.add(name)
    return name


def entry_head(
    row: Mapping[str, str], seen: set[str], editions: Mapping[str, tuple[Edition, ...]], place: str
) -> tuple[str, str, int, int | None, int]:
    """Give what every entry begins with: id, regime, and the orders of its first, end and last confirmed edition."""
    return (
        new_id(row["id"], seen, place),
        row["regime"],
        entry_order(row, "since", editions, place) or 0,
        entry_order(row, "until", editions, place),
        entry_order(row, "confirmed", editions, place) or 0,
    )


def entry_tail(row: Mapping[str, str], said: str = "say") -> tuple[str, tuple[str, ...], str]:
    """Give what every entry ends with: its sentence, the places in the law, and how sure it is."""
    return row[said], split(row["cite"], ";"), row["confidence"]


def read_limits(path: Path, shown: str, editions: Mapping[str, tuple[Edition, ...]]) -> tuple[Limit, ...]:
    """Read ``load/limits.csv``.

    Raises
    ------
    RulebookError
        An unknown edition or kind, a malformed number, or an id that stands twice.
    """
    head = (
        "id",
        "regime",
        "since",
        "until",
        "confirmed",
        "kind",
        "key",
        "points_per_kg",
        "limit",
        "say",
        "cite",
        "confidence",
    )
    found, seen = [], set[str]()
    for place, row in rows_of(path, shown, head):
        if row["kind"] not in ("category", "total", "provision", "sole"):
            raise RulebookError(
                f'{place}, column kind: "{row["kind"]}" is not known. Choices: category, total, provision, sole.',
                code="rulebook-value",
            )
        found.append(
            Limit(
                *entry_head(row, seen, editions, place),
                row["kind"],
                split(row["key"], ";"),
                entry_number(row["points_per_kg"], place, "points_per_kg"),
                entry_number(row["limit"], place, "limit"),
                *entry_tail(row),
            )
        )
    return tuple(found)


def read_duties(
    path: Path,
    shown: str,
    editions: Mapping[str, tuple[Edition, ...]],
    groups: Collection[str] = (),
) -> tuple[Duty, ...]:
    """Read ``load/duties.csv``; ``groups`` are the hazard groups that a duty may name.

    Raises
    ------
    RulebookError
        An unknown edition or condition, or an id that stands twice.
    """
    head = ("id", "regime", "since", "until", "confirmed", "when", "duty", "text", "cite", "confidence")
    found, seen = [], set[str]()
    for place, row in rows_of(path, shown, head):
        choices = (*_DUTY_WHEN, *(f"aboard:{group}" for group in groups))
        for word in row["when"].split() or [""]:
            if word not in choices:
                raise RulebookError(
                    f'{place}, column when: "{word}" is not known. '
                    f"Choices: {', '.join(choices)}.{nearest(word, choices)}",
                    code="rulebook-value",
                )
        found.append(
            Duty(
                *entry_head(row, seen, editions, place),
                row["when"],
                row["duty"],
                *entry_tail(row, "text"),
            )
        )
    return tuple(found)
