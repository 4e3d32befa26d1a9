"""Who needs which licence, approval or training for what work: the rulebook's ``credentials`` folder."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from voltloop.compliance.conditions import Condition, parse_condition
from voltloop.compliance.loads.limits import entry_number, entry_order, new_id
from voltloop.compliance.vocabulary import Edition, Fact, Mode, rows_of, rows_with_header, split
from voltloop.errors import RulebookError, nearest

__all__ = [
    "ACTIVITIES",
    "CredentialKind",
    "CredentialRules",
    "Need",
    "Requirement",
    "Role",
    "read_credential_rules",
]

ACTIVITIES: Final = ("carry", "pack", "load", "consign", "export", "broker", "store", "treat")
"""Kinds of work that requirements speak of."""

HOLDER_KINDS: Final = ("person", "vehicle", "packaging", "site", "undertaking")
WORLD: Final = "world"
COUNTRY_GROUPS: Final = ("eu", "eea", "oecd", "basel_party", "adr_party")
"""Groups of countries of the catalogue."""


@dataclass(frozen=True, slots=True)
class CredentialKind:
    """One kind of credential.

    Attributes
    ----------
    name, title, say, cite, confidence
        Name in tables, name for people, what it is, and where it stands.
    holder_kinds
        Who may hold it; the first one is meant where a table does not say.
    validity_months, early_months
        How long the law lets it run, None where it sets no period, and how long before its end a renewal may be made
        without losing time.
    recognised
        ``world`` or the group of countries that recognise it wherever in the group it was issued; empty where it holds
        only for the countries that it names.
    lead_days
        How long before its end somebody should be told.
    scope_words
        Words that its scope may hold beside UN numbers, classes and waste codes; they do not narrow it.
    also
        Other names.
    """

    name: str
    title: str
    holder_kinds: tuple[str, ...]
    validity_months: int | None
    early_months: int
    recognised: str
    lead_days: int
    scope_words: frozenset[str]
    also: tuple[str, ...]
    say: str
    cite: tuple[str, ...]
    confidence: str


@dataclass(frozen=True, slots=True)
class Role:
    """What somebody does in a piece of work; ``is_each`` when each one needs the credential, else one is enough."""

    name: str
    holder_kind: str
    is_each: bool
    title: str


@dataclass(frozen=True, slots=True)
class Need:
    """One condition of a requirement; a fact is of the whole ``load`` or of single ``goods`` aboard."""

    fact: str
    of: str
    condition: Condition | None
    words: frozenset[str]
    is_not: bool

    def holds(self, value: object) -> bool | None:
        """Whether a fact meets the condition; None when nobody stated it."""
        if value is None:
            return None
        if self.condition is not None:
            known = ("yes" if value else "no") if isinstance(value, bool) else value
            return self.condition.holds(known)  # type: ignore[arg-type]
        found = {word.strip() for part in str(value).split(";") for word in part.split("|")}
        return bool(found & self.words) is not self.is_not


@dataclass(frozen=True, slots=True)
class Requirement:
    """One rule: under these conditions, who does this work needs one of these kinds of credential.

    ``countries`` names the group of countries that ask for it, empty for all: the credential must hold in each of them
    on the way. ``refresh_edition`` wants training since the edition in force became applicable; new staff have
    ``grace_days`` from the first day of their credential ``grace_kind``. ``effect`` is ``require``, or ``advise`` for
    what is kept on file.
    """

    id: str
    regime: str
    modes: frozenset[str]
    countries: str
    since: int
    until: int | None
    confirmed: int
    activity: str
    when: tuple[Need, ...]
    needs: tuple[str, ...]
    role: str
    refresh_edition: bool
    grace_days: int
    grace_kind: str
    effect: str
    say: str
    cite: tuple[str, ...]
    confidence: str


@dataclass(frozen=True)
class CredentialRules:
    """The ``credentials`` folder of a rulebook."""

    kinds: Mapping[str, CredentialKind]
    roles: Mapping[str, Role]
    facts: Mapping[str, tuple[str, Fact]]
    requirements: tuple[Requirement, ...]


def read_credential_rules(
    folder: Path, shown: str, editions: Mapping[str, tuple[Edition, ...]], modes: Mapping[str, Mode]
) -> CredentialRules:
    """Read the ``credentials`` folder of a rulebook.

    Raises
    ------
    RulebookError
        An unknown edition, mode, fact, value, kind, role or group, or a name that stands twice.
    """
    kinds = _kinds(folder / "kinds.csv", f"{shown}/kinds.csv")
    roles = _roles(folder / "roles.csv", f"{shown}/roles.csv")
    facts = _facts(folder / "facts.csv", f"{shown}/facts.csv")
    words = _Words(kinds, roles, facts, editions, modes)
    requirements = _requirements(folder / "requirements.csv", f"{shown}/requirements.csv", words)
    return CredentialRules(kinds, roles, facts, requirements)


@dataclass(frozen=True, slots=True)
class _Words:
    kinds: Mapping[str, CredentialKind]
    roles: Mapping[str, Role]
    facts: Mapping[str, tuple[str, Fact]]
    editions: Mapping[str, tuple[Edition, ...]]
    modes: Mapping[str, Mode]


def _one_of(value: str, choices: Collection[str], place: str, column: str) -> str:
    if value not in choices:
        raise RulebookError(
            f'{place}, column {column}: "{value}" is not known. '
            f"Choices: {', '.join(choices)}.{nearest(value, choices)}",
            code="rulebook-value",
        )
    return value


def _whole(text: str, place: str, column: str) -> int | None:
    number = entry_number(text, place, column)
    return None if number is None else int(number)


def _kinds(path: Path, shown: str) -> dict[str, CredentialKind]:
    head = (
        "kind", "title", "holder_kinds", "validity_months", "early_months", "recognised", "lead_days", "scope_words",
        "also", "say", "cite", "confidence",
    )  # fmt: skip
    kinds: dict[str, CredentialKind] = {}
    seen: set[str] = set()
    for place, row in rows_of(path, shown, head):
        holders = split(row["holder_kinds"], "|")
        for holder in holders or ("",):
            _one_of(holder, HOLDER_KINDS, place, "holder_kinds")
        _one_of(row["recognised"], ("", WORLD, "US", *COUNTRY_GROUPS), place, "recognised")
        for name in split(row["also"], "|"):
            new_id(name, seen, place)
        kinds[new_id(row["kind"], seen, place)] = CredentialKind(
            row["kind"], row["title"], holders, _whole(row["validity_months"], place, "validity_months"),
            _whole(row["early_months"], place, "early_months") or 0, row["recognised"],
            _whole(row["lead_days"], place, "lead_days") or 0, frozenset(split(row["scope_words"], "|")),
            split(row["also"], "|"), row["say"], split(row["cite"], ";"), row["confidence"],
        )  # fmt: skip
    return kinds


def _roles(path: Path, shown: str) -> dict[str, Role]:
    roles: dict[str, Role] = {}
    seen: set[str] = set()
    for place, row in rows_of(path, shown, ("role", "holder_kind", "how", "title")):
        _one_of(row["holder_kind"], HOLDER_KINDS, place, "holder_kind")
        how = _one_of(row["how"], ("each", "any"), place, "how")
        roles[new_id(row["role"], seen, place)] = Role(
            row["role"], row["holder_kind"], how == "each", row["title"]
        )
    return roles


def _facts(path: Path, shown: str) -> dict[str, tuple[str, Fact]]:
    head = ("fact", "of", "type", "unit", "values", "unless_stated", "ask", "meaning")
    facts: dict[str, tuple[str, Fact]] = {}
    seen: set[str] = set()
    for place, row in rows_of(path, shown, head):
        kind = _one_of(row["type"], ("boolean", "choice", "decimal", "text"), place, "type")
        values = ("no", "yes") if kind == "boolean" else split(row["values"], "|")
        fact = Fact(
            new_id(row["fact"], seen, place), kind, row["unit"], values, False, {}, {}, "",
            row["unless_stated"] or None, row["ask"], row["meaning"],
        )  # fmt: skip
        facts[fact.name] = (_one_of(row["of"], ("load", "goods"), place, "of"), fact)
    return facts


_HEAD: Final = (
    "id", "regime", "modes", "countries", "since", "until", "confirmed", "activity", "needs", "role",
    "refresh", "grace_days", "grace_kind", "effect", "say", "cite", "confidence",
)  # fmt: skip


def _requirements(path: Path, shown: str, words: _Words) -> tuple[Requirement, ...]:
    header, rows = rows_with_header(path, shown)
    conditions = [name for name in header if name.startswith("when.")]
    for name in conditions:
        if name[5:] not in words.facts:
            raise RulebookError(
                f'{shown}, column {name}: "{name[5:]}" is not a fact.{nearest(name[5:], words.facts)} '
                "Declare it in credentials/facts.csv first.",
                code="rulebook-fact",
            )
    wrong = {*header} ^ {*_HEAD, *conditions}
    if wrong:
        raise RulebookError(
            f'{shown}: the column "{min(wrong)}" is missing or unknown. '
            f"Expected columns: {', '.join(_HEAD)}, when.FACT.",
            code="rulebook-columns",
        )
    seen: set[str] = set()
    return tuple(_requirement(row, place, conditions, words, seen) for place, row in rows)


def _requirement(
    row: Mapping[str, str], place: str, conditions: list[str], words: _Words, seen: set[str]
) -> Requirement:
    for column in ("needs", "say", "cite", "confidence"):
        if not row[column]:
            raise RulebookError(
                f"{place}, column {column}: the cell is empty. Every requirement needs it.",
                code="rulebook-value",
            )
    modes, needs = (split(row[name], "|") for name in ("modes", "needs"))
    for mode in modes:
        _one_of(mode, words.modes, place, "modes")
    for kind in (*needs, *split(row["grace_kind"], "|")):
        _one_of(kind, words.kinds, place, "needs")
    _one_of(row["countries"], ("", "US", *COUNTRY_GROUPS), place, "countries")
    _one_of(row["refresh"], ("", "edition"), place, "refresh")
    _one_of(row["confidence"], ("A", "B", "C"), place, "confidence")
    return Requirement(
        new_id(row["id"], seen, place),
        row["regime"],
        frozenset(modes or (mode.name for mode in words.modes.values() if row["regime"] in mode.chain)),
        row["countries"],
        entry_order(row, "since", words.editions, place) or 0,
        entry_order(row, "until", words.editions, place),
        entry_order(row, "confirmed", words.editions, place) or 0,
        _one_of(row["activity"], ACTIVITIES, place, "activity"),
        tuple(_need(name[5:], row[name], words, place) for name in conditions if row[name]),
        needs,
        _one_of(row["role"], words.roles, place, "role"),
        row["refresh"] == "edition",
        _whole(row["grace_days"], place, "grace_days") or 0,
        row["grace_kind"],
        _one_of(row["effect"], ("require", "advise"), place, "effect"),
        row["say"],
        split(row["cite"], ";"),
        row["confidence"],
    )


def _need(name: str, text: str, words: _Words, place: str) -> Need:
    of, fact = words.facts[name]
    if fact.kind == "text":
        return Need(name, of, None, frozenset(split(text.removeprefix("!"), "|")), text.startswith("!"))
    return Need(name, of, parse_condition(fact, text, place), frozenset(), False)
