"""Limits of storage as rule data: what each code asks of an area and of the batteries in it.

Read from the rulebook's ``storage`` folder. How long goods may wait stands in ``collection_points.csv`` and is read by
:func:`voltloop.compliance.storage_rules`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final

from voltloop.compliance.conditions import Condition, parse_condition
from voltloop.compliance.rulebook import packaged_folder
from voltloop.compliance.storage.words import (
    Code,
    LimitWord,
    PowerClass,
    cannot_be,
    must_be,
    read_families,
    read_limit_words,
    read_powers,
)
from voltloop.compliance.vocabulary import (
    Edition,
    Fact,
    read_editions,
    read_facts,
    rows_of,
    rows_with_header,
    split,
)
from voltloop.errors import RulebookError

__all__ = ["Bound", "StorageBook", "StoreRule", "load_storage_book"]

_FORCES: Final = ("site", "law", "code", "insurer", "guidance", "practice")
_EFFECTS: Final = ("require", "forbid", "advise", "exempt")
_PLAIN: Final = (
    "id",
    "since",
    "until",
    "confirmed",
    "scope",
    "one_of",
    "effect",
    "settles",
    "say",
    "cite",
    "confidence",
)
_NEEDED: Final = ("id", "since", "until", "confirmed", "effect", "say", "cite", "confidence")


@dataclass(frozen=True, slots=True)
class Bound:
    """One limit of a rule: a number or values, and the fact by which a site sets its own figure."""

    word: LimitWord
    number: float | None
    values: frozenset[str]
    own: str


@dataclass(frozen=True, slots=True)
class StoreRule:
    """One rule of storage.

    Attributes
    ----------
    id, code, say, cite, confidence
        Name, code it belongs to, our own sentence, places in the text, and A, B or C.
    since, until, confirmed
        Order of the editions of the code, as for every rule.
    scope
        ``area`` or ``site``: over what amounts are added up.
    lot, area
        Conditions on the goods and on the area.
    one_of
        Name shared by rules of which one suffices; its own id when it stands alone.
    effect
        ``require`` or ``advise`` its bounds, ``forbid`` such goods there, or ``exempt`` them from the code.
    settles
        Whether its code lets the goods be stored where it holds. Goods that no such rule covers are undecided.
    bounds
        All must hold.
    """

    id: str
    code: str
    since: int
    until: int | None
    confirmed: int
    scope: str
    lot: Mapping[str, Condition]
    area: Mapping[str, Condition]
    one_of: str
    effect: str
    settles: bool
    bounds: tuple[Bound, ...]
    say: str
    cite: tuple[str, ...]
    confidence: str


@dataclass(frozen=True)
class StorageBook:
    """All storage rules of a rulebook. Make one with :func:`load_storage_book`."""

    folder: Path
    lot_facts: Mapping[str, Fact]
    area_facts: Mapping[str, Fact]
    families: Mapping[str, tuple[str, ...]]
    powers: tuple[PowerClass, ...]
    limits: Mapping[str, LimitWord]
    codes: Mapping[str, Code]
    editions: Mapping[str, tuple[Edition, ...]]
    rules: tuple[StoreRule, ...]

    def edition(self, code: str, on: date) -> Edition | None:
        """Give the newest edition of a code that covers a day and has been read; None when there is none."""
        lawful = [edition for edition in self.editions[code] if edition.covers(on)]
        read = [edition for edition in lawful if edition.status != "announced"]
        newest = read or lawful
        return newest[-1] if newest else None

    def unread(self, code: str, on: date) -> Edition | None:
        """Give a newer edition that may be binding on the day and whose figures nobody has read."""
        newer = [one for one in self.editions[code] if one.covers(on) and one.status == "announced"]
        return newer[-1] if newer else None

    def groups(self, code: str, on: date) -> tuple[tuple[StoreRule, ...], ...]:
        """Give the rules of a code on a day: each tuple holds alternatives of which one suffices."""
        edition = self.edition(code, on)
        found: dict[str, list[StoreRule]] = {}
        for rule in self.rules:
            if edition is not None and rule.code == code and _applies(rule, edition.order):
                found.setdefault(rule.one_of, []).append(rule)
        return tuple(tuple(rules) for rules in found.values())


def _applies(rule: StoreRule, order: int) -> bool:
    return rule.since <= order and (rule.until is None or order < rule.until)


@cache
def _packaged() -> StorageBook:
    return _load(packaged_folder() / "storage", "rulebook/storage")


def load_storage_book(folder: Path | None = None) -> StorageBook:
    """Read and prove the storage rules of a rulebook.

    Parameters
    ----------
    folder
        Folder of a rulebook with a folder ``storage``; None for the one that comes with voltloop, loaded once.

    Raises
    ------
    RulebookError
        An unknown column, fact, value, limit, code or edition, an id that stands twice, days between editions that
        belong to none, a rule without a limit, alternatives that ask for different goods, or a rule of confidence C
        that would be the only ground for an answer. The message names file and row.

    Examples
    --------
    >>> sorted(load_storage_book().codes)[:3]
    ['BATREG', 'EPA', 'IFC']
    """
    return (
        _packaged()
        if folder is None or Path(folder) == packaged_folder()
        else _load(Path(folder) / "storage", f"{Path(folder).name}/storage")
    )


def _load(folder: Path, shown: str) -> StorageBook:
    lot_facts = read_facts(folder / "lot_facts.csv", f"{shown}/lot_facts.csv")
    area_facts = read_facts(folder / "area_facts.csv", f"{shown}/area_facts.csv")
    for name in lot_facts.keys() & area_facts.keys() - {"volume_m3", "height_m"}:
        raise cannot_be(f"{shown}/area_facts.csv", "fact", name, "It is a fact of the goods already", "fact")
    limits = read_limit_words(folder / "limits.csv", f"{shown}/limits.csv", area_facts)
    editions = read_editions(folder / "editions.csv", f"{shown}/editions.csv")
    codes: dict[str, Code] = {}
    rules: list[StoreRule] = []
    seen: set[str] = set()
    for place, row in rows_of(
        folder / "codes.csv", f"{shown}/codes.csv", ("code", "where", "force", "file", "title")
    ):
        if row["code"] not in editions:
            raise cannot_be(place, "code", row["code"], "It has no edition in editions.csv", "edition")
        if row["code"] in codes:
            raise cannot_be(place, "code", row["code"], "It stands twice", "twice")
        must_be(row["force"], _FORCES, place, "force")
        codes[row["code"]] = Code(row["code"], row["where"], row["force"], row["title"])
        reader = _Reader(row["code"], editions[row["code"]], lot_facts, area_facts, limits, seen)
        rules += reader.read(folder / row["file"], f"{shown}/{row['file']}")
    for name in editions:
        if name not in codes:
            raise cannot_be(f"{shown}/editions.csv", "regime", name, "It has no row in codes.csv", "value")
    _prove_alternatives(rules, shown)
    return StorageBook(
        folder, lot_facts, area_facts,
        read_families(folder / "families.csv", f"{shown}/families.csv", lot_facts["family"]),
        read_powers(folder / "power.csv", f"{shown}/power.csv", lot_facts),
        limits, codes, editions, tuple(rules),
    )  # fmt: skip


@dataclass
class _Reader:
    """Reads the rules of one code."""

    code: str
    editions: tuple[Edition, ...]
    lot_facts: Mapping[str, Fact]
    area_facts: Mapping[str, Fact]
    limits: Mapping[str, LimitWord]
    seen: set[str]

    def read(self, path: Path, shown: str) -> list[StoreRule]:
        """Read one file of rules."""
        header, rows = rows_with_header(path, shown)
        for name in _NEEDED:
            if name not in header:
                raise cannot_be(shown, name, name, "The file lacks this column", "columns")
        for name in header:
            fact = name.removeprefix("when.")
            if fact != name:
                must_be(fact, {**self.lot_facts, **self.area_facts}, shown, name, "fact")
            else:
                must_be(name, (*_PLAIN, *self.limits), shown, "header", "columns")
        return [self._rule(row, place) for place, row in rows]

    def _rule(self, row: Mapping[str, str], place: str) -> StoreRule:
        if not row["id"] or row["id"] in self.seen:
            raise cannot_be(place, "id", row["id"], "It is empty or stands twice", "twice")
        self.seen.add(row["id"])
        for name in ("say", "cite"):
            if not row[name]:
                raise cannot_be(place, name, "", "A rule says what it asks and where that stands", "value")
        lot: dict[str, Condition] = {}
        area: dict[str, Condition] = {}
        for column, text in row.items():
            name = column.removeprefix("when.")
            if name != column and text:
                # Measures of the same name are of the goods: an area's own size selects no rule.
                facts, into = (self.lot_facts, lot) if name in self.lot_facts else (self.area_facts, area)
                into[name] = parse_condition(facts[name], text, place)
        bounds = tuple(
            self._bound(word, row[name], place) for name, word in self.limits.items() if row.get(name)
        )
        rule = StoreRule(
            row["id"], self.code, self._order(row, "since", place) or 0, self._order(row, "until", place),
            self._order(row, "confirmed", place) or 0,
            must_be(row.get("scope") or "area", ("area", "site"), place, "scope"), lot, area,
            row.get("one_of") or row["id"], must_be(row["effect"], _EFFECTS, place, "effect"),
            bool(must_be(row.get("settles") or "", ("", "yes"), place, "settles")), bounds, row["say"],
            split(row["cite"], ";"), must_be(row["confidence"], "ABC", place, "confidence"),
        )  # fmt: skip
        _prove_rule(rule, place)
        return rule

    def _order(self, row: Mapping[str, str], column: str, place: str) -> int | None:
        if not row[column] and column == "until":
            return None
        known = {edition.name: edition.order for edition in self.editions}
        return known[must_be(row[column], known, place, column, "edition")]

    def _bound(self, word: LimitWord, text: str, place: str) -> Bound:
        number, mark, own = text.partition("@")
        if mark:
            must_be(own, self.area_facts, place, word.name, "fact")
        if word.sense == "is":
            condition = parse_condition(self.area_facts[word.measure], text, place)
            return Bound(word, None, condition.values, "")
        try:
            value = float(number) if number or not mark else None
        except ValueError:
            value = -1.0
        if value is not None and not 0 <= value < float("inf"):
            raise cannot_be(
                place, word.name, text, "A limit is a number of at least 0, or @ and a fact", "value"
            )
        return Bound(word, value, frozenset(), own)


def _prove_rule(rule: StoreRule, place: str) -> None:
    if rule.until is not None and rule.until <= rule.since:
        raise cannot_be(place, "until", rule.id, "The rule ends before it begins", "date")
    if rule.confirmed < rule.since:
        raise cannot_be(place, "confirmed", rule.id, "It was confirmed before it begins", "date")
    if bool(rule.bounds) == (rule.effect in ("forbid", "exempt")):
        raise cannot_be(
            place, "effect", rule.effect, "require and advise need a limit, the others have none", "value"
        )
    if rule.effect == "exempt" and rule.area:
        raise cannot_be(place, "effect", rule.effect, "An exemption asks for facts of the goods only", "fact")
    is_number = any(
        bound.own or (bound.word.how == "area" and bound.word.sense != "is") for bound in rule.bounds
    )
    if rule.scope == "site" and is_number:
        raise cannot_be(place, "scope", rule.scope, "A whole site has no figure of one area", "value")


def _prove_alternatives(rules: Iterable[StoreRule], shown: str) -> None:
    """Show that alternatives stand beside each other, and that no answer rests on confidence C alone."""
    found: dict[tuple[str, str], list[StoreRule]] = {}
    for rule in rules:
        found.setdefault((rule.code, rule.one_of), []).append(rule)
    for group in found.values():
        first = group[0]
        for rule in group[1:]:
            same = (rule.effect, rule.settles, rule.scope, rule.lot, rule.area) == (
                first.effect,
                first.settles,
                first.scope,
                first.lot,
                first.area,
            )
            if not same or rule.effect in ("forbid", "exempt"):
                raise RulebookError(
                    f'{shown}: the rules "{first.id}" and "{rule.id}" are alternatives by one_of and ask for other '
                    "goods, places or effects. Alternatives differ in their limits only. Mend one of them.",
                    code="rulebook-overlap",
                )
        if first.effect != "advise" and all(rule.confidence == "C" for rule in group):
            raise RulebookError(
                f'{shown}: the rule "{first.id}" has confidence C and the effect {first.effect}. A figure that nobody '
                "has confirmed may only advise, or be one alternative beside others. Mend the effect.",
                code="rulebook-confidence",
            )
