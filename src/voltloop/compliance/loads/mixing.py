"""Which goods may share a transport unit: groups of hazards, and rules for pairs of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from voltloop.compliance.loads.limits import entry_head, entry_tail
from voltloop.compliance.vocabulary import Edition, rows_of, split
from voltloop.errors import RulebookError, nearest

__all__ = ["HazardGroup", "MixingRule", "label_words", "read_groups", "read_mixing"]

EFFECTS: Final = ("forbidden", "approval", "apart")
_LABEL: Final = re.compile(r"(?<![\w.])\d(?:\.\d)?[A-Z]?(?![\w.])")


def label_words(*texts: str | None) -> frozenset[str]:
    """Give the labels and classes named in texts, ``9A`` and ``6.1`` from ``"9A;label 6.1"``.

    Examples
    --------
    >>> sorted(label_words("8 (6.1)", "8;cargo aircraft only", None))
    ['6.1', '8']
    """
    return frozenset(word for text in texts if text for word in _LABEL.findall(text))


@dataclass(frozen=True, slots=True)
class HazardGroup:
    """Goods that a rule on mixed loading speaks of.

    Goods belong to it by a label or a UN number; one of ``not_labels`` or ``not_un_numbers`` keeps them out. A label
    covers its divisions and letters: ``1`` covers ``1.4S``, ``9`` covers ``9A``.
    """

    name: str
    labels: tuple[str, ...]
    un_numbers: frozenset[str]
    not_labels: tuple[str, ...]
    not_un_numbers: frozenset[str]
    meaning: str

    def has(self, labels: frozenset[str], un_number: str) -> bool:
        """Whether goods with these labels and this UN number belong to the group."""
        if un_number in self.not_un_numbers or _any_covers(self.not_labels, labels):
            return False
        return un_number in self.un_numbers or _any_covers(self.labels, labels)


def _any_covers(wide: tuple[str, ...], labels: frozenset[str]) -> bool:
    return any(
        one == label or label.startswith(f"{one}.") or (label[:-1] == one and label[-1].isalpha())
        for one in wide
        for label in labels
    )


@dataclass(frozen=True, slots=True)
class MixingRule:
    """What holds for goods of two groups on one transport unit.

    ``effect`` is ``forbidden``, ``approval`` (only with the competent authority's approval) or ``apart`` (only when
    kept apart as ``say`` tells). Pairs without a rule may share the unit.
    """

    id: str
    regime: str
    since: int
    until: int | None
    confirmed: int
    one: str
    other: str
    effect: str
    say: str
    cite: tuple[str, ...]
    confidence: str


def read_groups(path: Path, shown: str) -> dict[str, HazardGroup]:
    """Read ``load/hazards.csv``.

    Raises
    ------
    RulebookError
        A group stands twice, or has neither labels nor UN numbers.
    """
    head = ("group", "labels", "un_numbers", "not_labels", "not_un_numbers", "meaning")
    groups: dict[str, HazardGroup] = {}
    for place, row in rows_of(path, shown, head):
        if row["group"] in groups:
            raise RulebookError(
                f'{place}, column group: "{row["group"]}" stands twice. Give each group its own name.',
                code="rulebook-twice",
            )
        labels, numbers = split(row["labels"], ";"), frozenset(split(row["un_numbers"], ";"))
        if not labels and not numbers:
            raise RulebookError(
                f'{place}: the group "{row["group"]}" has neither labels nor UN numbers, so no goods belong to it. '
                "Fill one of the two.",
                code="rulebook-value",
            )
        groups[row["group"]] = HazardGroup(
            row["group"], labels, numbers, split(row["not_labels"], ";"),
            frozenset(split(row["not_un_numbers"], ";")), row["meaning"],
        )  # fmt: skip
    return groups


def read_mixing(
    path: Path,
    shown: str,
    editions: Mapping[str, tuple[Edition, ...]],
    groups: Mapping[str, HazardGroup],
) -> tuple[MixingRule, ...]:
    """Read ``load/mixing.csv``.

    Raises
    ------
    RulebookError
        An unknown edition, group or effect, or an id that stands twice.
    """
    head = (
        "id",
        "regime",
        "since",
        "until",
        "confirmed",
        "one",
        "other",
        "effect",
        "say",
        "cite",
        "confidence",
    )
    found, seen = [], set[str]()
    for place, row in rows_of(path, shown, head):
        for column, choices in (("one", tuple(groups)), ("other", tuple(groups)), ("effect", EFFECTS)):
            if row[column] not in choices:
                raise RulebookError(
                    f'{place}, column {column}: "{row[column]}" is not known. '
                    f"Choices: {', '.join(choices)}.{nearest(row[column], choices)}",
                    code="rulebook-value",
                )
        found.append(
            MixingRule(
                *entry_head(row, seen, editions, place),
                row["one"],
                row["other"],
                row["effect"],
                *entry_tail(row),
            )
        )
    return tuple(found)
