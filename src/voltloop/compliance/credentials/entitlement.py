"""Who may do a piece of work on a day, and what each holder lacks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

import polars as pl

from voltloop.compliance.credentials.jurisdictions import group_members
from voltloop.compliance.credentials.rules import CredentialRules, Requirement
from voltloop.compliance.credentials.table import CredentialTable, read_credentials
from voltloop.compliance.credentials.validity import FOREVER, LONG_AGO, Held
from voltloop.compliance.credentials.work import Work, applies, goods_in_question
from voltloop.compliance.loads.mixing import label_words
from voltloop.compliance.rulebook import Rulebook, load_rulebook
from voltloop.compliance.vocabulary import Edition
from voltloop.errors import InputError

__all__ = [
    "NOBODY", "Entitlement", "RequirementAnswer", "block_of", "by_holder", "entitlement_of", "held_of",
    "requirements_of", "who_may_carry",
]  # fmt: skip

NOBODY: Final = ""
"""Holder of an answer for a role that nobody fills."""


@dataclass(frozen=True, slots=True)
class RequirementAnswer:
    """How one holder stands to one requirement.

    Attributes
    ----------
    requirement, needs
        Its id, and the kinds of credential of which one is needed.
    status
        ``held``; ``grace`` (new staff, see ``say``) and ``refresh_due`` (held, training is older than the edition),
        which do not stop; ``missing``, ``expired``, ``not_yet_valid``, ``out_of_scope``, ``elsewhere`` (other
        countries); ``undecided`` (``facts`` would tell). For the entry ``goods``, which stands first where no
        credential can help: ``forbidden``, ``prohibited`` or ``undecided``.
    until_on
        Last day of what is or was held; None where there is none, or no end.
    facts
        What nobody stated.
    countries
        Countries on the way in which it does not hold.
    effect, say, cite, confidence, edition
        Of the requirement.
    """

    requirement: str
    needs: tuple[str, ...]
    status: str
    until_on: date | None
    facts: tuple[str, ...]
    countries: tuple[str, ...]
    effect: str
    say: str
    cite: tuple[str, ...]
    confidence: str
    edition: str

    @property
    def stops(self) -> bool | None:
        """Whether it stops the work; None when that is undecided."""
        if self.effect != "require" or self.status in ("held", "grace", "refresh_due"):
            return False
        return None if self.status == "undecided" else True


@dataclass(frozen=True, slots=True)
class Entitlement:
    """Whether a holder may do a piece of work in a role: ``yes``, ``no`` or ``undecided``, with every requirement."""

    holder: str
    holder_kind: str
    role: str
    answer: str
    requirements: tuple[RequirementAnswer, ...]

    @property
    def lacks(self) -> tuple[RequirementAnswer, ...]:
        """Requirements that stop the holder, or might."""
        return tuple(one for one in self.requirements if one.stops is not False)


def held_of(credentials: CredentialTable | pl.DataFrame, rulebook: Rulebook) -> tuple[Held, ...]:
    """Give credentials as they count; a frame is read first.

    Raises
    ------
    InputError
        A row of the frame cannot be used; read it with ``read_credentials`` to get all findings.
    """
    if isinstance(credentials, CredentialTable):
        return credentials.held
    table = read_credentials(credentials, rulebook)
    if table.rejected.height:
        raise InputError(
            f"{table.rejected.height} rows of the table of credentials cannot be used, the first: "
            f"{table.rejected['reason'][0]} Read the table with read_credentials to see all.",
            code="credential-rows",
        )
    return table.held


def by_holder(held: Iterable[Held]) -> dict[str, list[Held]]:
    """Give what each holder holds."""
    found: dict[str, list[Held]] = {}
    for one in held:
        found.setdefault(one.holder, []).append(one)
    return found


def requirements_of(
    work: Work, rulebook: Rulebook, on: date, *, activity: str = "carry"
) -> tuple[tuple[Requirement, Edition, bool | None, frozenset[str]], ...]:
    """Give the requirements of an activity that ask for something, or might, each with its edition.

    The third part is True, or None where the facts of the fourth part would tell.

    Raises
    ------
    RulebookError
        The mode is unknown or no edition covers the day.
    """
    rulebook.edition(rulebook.mode(work.mode).regime, on)
    rules = rulebook.credentials
    silent = {name: fact.unless_stated for name, (_, fact) in rules.facts.items() if fact.unless_stated}
    found = []
    for one in rules.requirements:
        if one.activity != activity or work.mode not in one.modes:
            continue
        group = group_members(one.countries) if one.countries else frozenset()
        if group and work.countries and not group & set(work.countries):
            continue
        edition = rulebook.edition(one.regime, on)
        if edition.order < one.since or (one.until is not None and edition.order >= one.until):
            continue
        asked, facts = applies(one, work, silent)
        if asked is not False:
            found.append((one, edition, asked, facts))
    return tuple(found)


def who_may_carry(
    credentials: CredentialTable | pl.DataFrame,
    work: Work,
    on: date,
    *,
    rulebook: Rulebook | None = None,
    activity: str = "carry",
    holders: Mapping[str, str] | None = None,
) -> tuple[Entitlement, ...]:
    """Say for each holder whether it may take part in a piece of work on a day, and what it lacks.

    Parameters
    ----------
    credentials
        From :func:`voltloop.compliance.read_credentials`, or a frame of the same columns.
    work
        From :func:`voltloop.compliance.work_of`.
    on
        Day of the work.
    rulebook
        The packaged one by default.
    activity
        ``carry`` by default; ``pack``, ``load``, ``consign``, ``export``, ``broker``, ``store`` or ``treat``.
    holders
        Further holders, by name with their kind, that may hold nothing at all.

    Returns
    -------
    tuple of Entitlement
        By role, then by holder. A role that nobody in the table could fill has a single entry for nobody, and so has
        one that a single person fills for all, such as the safety adviser, when none of its holders may.

    Raises
    ------
    RulebookError
        The mode is unknown or no edition covers the day.
    """
    book = rulebook or load_rulebook()
    held = held_of(credentials, book)
    of = by_holder(held)
    known = {one.holder: one.holder_kind for one in held} | dict(holders or {})
    asked = requirements_of(work, book, on, activity=activity)
    block = block_of(work, activity)
    found: list[Entitlement] = []
    for name, role in book.credentials.roles.items():
        mine = [entry for entry in asked if entry[0].role == name]
        if not mine:
            continue
        tried = [
            entitlement_of(holder, kind, name, mine, of.get(holder, ()), work, on, book.credentials)
            for holder, kind in sorted(known.items())
            if kind == role.holder_kind
        ]
        usable = tried if role.is_each else [one for one in tried if one.answer == "yes"]
        found.extend(usable or [_nobody(tried, role.holder_kind, name, mine, work, on, book)])
    if block is None:
        return tuple(found)
    return tuple(_blocked(one, block) for one in found or [Entitlement(NOBODY, "", "", "yes", ())])


def block_of(work: Work, activity: str) -> RequirementAnswer | None:
    """Give what no credential heals: goods that may not travel, or an export that is prohibited; None where nothing."""
    if activity == "export" and work.load.get("procedure") == "prohibited":
        return _block("prohibited", "The shipment of this waste to this country is prohibited.")
    if activity not in ("carry", "load", "consign"):
        return None
    outcomes = {row.get("outcome") for row in work.goods or ()}
    if "forbidden" in outcomes:
        return _block("forbidden", "Goods of the load may not travel in this mode on this day.")
    if "undecided" in outcomes:
        facts = {
            fact
            for row in work.goods or ()
            if row.get("outcome") == "undecided"
            for fact in str(row.get("missing_facts") or "").split(";")
        }
        return _block(
            "undecided", "Whether goods of the load may travel is undecided.", tuple(sorted(facts - {""}))
        )
    return None


def _block(status: str, say: str, facts: tuple[str, ...] = ()) -> RequirementAnswer:
    return RequirementAnswer("goods", (), status, None, facts, (), "require", say, (), "A", "")


def _blocked(one: Entitlement, block: RequirementAnswer) -> Entitlement:
    answer = "no" if block.stops or one.answer == "no" else "undecided"
    return replace(one, answer=answer, requirements=(block, *one.requirements))


def _nobody(
    tried: Sequence[Entitlement],
    kind: str,
    role: str,
    mine: Sequence[Any],
    work: Work,
    on: date,
    book: Rulebook,
) -> Entitlement:
    """Give the answer for a role that nobody fills: the one who came closest, or nobody."""
    near = [one for one in tried if any(answer.until_on for answer in one.requirements)]
    if near:
        return max(near, key=lambda one: max(answer.until_on or LONG_AGO for answer in one.requirements))
    return entitlement_of(NOBODY, kind, role, mine, (), work, on, book.credentials)


def entitlement_of(
    holder: str,
    holder_kind: str,
    role: str,
    asked: Sequence[tuple[Requirement, Edition, bool | None, frozenset[str]]],
    held: Sequence[Held],
    work: Work,
    on: date,
    rules: CredentialRules,
) -> Entitlement:
    """Give a holder's answer to requirements that :func:`requirements_of` gave for its role, from what it holds."""
    answers = tuple(
        _answer(requirement, edition, is_asked, facts, held, work, on, rules)
        for requirement, edition, is_asked, facts in asked
    )
    stops = [answer.stops for answer in answers]
    answer = "no" if True in stops else ("undecided" if None in stops else "yes")
    return Entitlement(holder, holder_kind, role, answer, answers)


def _answer(
    requirement: Requirement,
    edition: Edition,
    is_asked: bool | None,
    facts: frozenset[str],
    mine: Sequence[Held],
    work: Work,
    on: date,
    rules: CredentialRules,
) -> RequirementAnswer:
    status, until, countries, more = _status(requirement, edition, mine, work, on, rules)
    # Who holds what might be needed need not know whether it is; who does not, must.
    if is_asked is None and status not in ("held", "grace", "refresh_due"):
        status, more = "undecided", more | facts
    return RequirementAnswer(
        requirement.id, requirement.needs, status, None if until == FOREVER else until, tuple(sorted(more)), countries,
        requirement.effect, requirement.say, requirement.cite, requirement.confidence, edition.name,
    )  # fmt: skip


_Status = tuple[str, date | None, tuple[str, ...], frozenset[str]]


def _status(
    requirement: Requirement,
    edition: Edition,
    mine: Sequence[Held],
    work: Work,
    on: date,
    rules: CredentialRules,
) -> _Status:
    of_kind = [one for one in mine if one.kind in requirement.needs]
    current = [one for one in of_kind if one.covers(on)]
    nothing: frozenset[str] = frozenset()
    if not current:
        grace = _grace_until(requirement, mine, on)
        if grace is not None:
            return "grace", grace, (), nothing
        past = [one.until_on for one in of_kind if one.until_on < on]
        if past:
            return "expired", max(past), (), nothing
        return ("not_yet_valid" if of_kind else "missing"), None, (), nothing
    in_scope, goods_known = _in_scope(requirement, current, work)
    if not in_scope:
        return (
            ("out_of_scope" if goods_known else "undecided"),
            None,
            (),
            frozenset({"un_number"} if not goods_known else ()),
        )
    return _by_country(requirement, edition, in_scope, work, on, rules)


def _grace_until(requirement: Requirement, mine: Sequence[Held], on: date) -> date | None:
    """Give the last day on which new staff may work without the credential, under supervision."""
    hired = [one.from_on for one in mine if one.kind == requirement.grace_kind and one.covers(on)]
    if not hired or requirement.grace_days == 0 or max(hired) == LONG_AGO:
        return None
    last = max(hired) + timedelta(days=requirement.grace_days)
    return last if on <= last else None


def _in_scope(requirement: Requirement, current: Sequence[Held], work: Work) -> tuple[list[Held], bool]:
    """Give the credentials of which together every item is covered, and whether the goods are known at all."""
    if any(not one.scope for one in current):
        return [one for one in current if not one.scope], True
    goods = goods_in_question(requirement, work)
    if goods is None:
        return [], False
    if all(any(_covers(one.scope, row) for one in current) for row in goods):
        return list(current), True
    return [], True


def _covers(scope: frozenset[str], row: Mapping[str, Any]) -> bool:
    words = {f"un:{part}" for part in str(row.get("un_number") or "").split("|")}
    for code in str(row.get("waste_code") or "").split("|"):
        words.add(f"waste:{''.join(sign for sign in code if sign.isdigit())}")
    for label in label_words(row.get("hazard_class")):
        words |= {f"class:{label}", f"class:{label.rstrip('ABCDEFGHJKLNS')}", f"class:{label[0]}"}
    return bool(words & scope)


def _by_country(
    requirement: Requirement,
    edition: Edition,
    current: Sequence[Held],
    work: Work,
    on: date,
    rules: CredentialRules,
) -> _Status:
    nothing: frozenset[str] = frozenset()
    group = group_members(requirement.countries) if requirement.countries else None
    asked = [country for country in work.countries if group is None or country in group]
    holds = frozenset(country for one in current for country in one.countries)
    if not work.countries and "*" not in holds and not _holds_in_mode(holds, group, work):
        return ("undecided" if holds else "elsewhere"), None, (), frozenset({"countries"} if holds else ())
    away = tuple(country for country in asked if "*" not in holds and country not in holds)
    if away:
        return "elsewhere", None, away, nothing
    until = max(one.until_on for one in current)
    if requirement.refresh_edition and on >= edition.mandatory_on:
        fixed = [
            one
            for one in current
            if rules.kinds[one.kind].validity_months is not None or one.until_on != FOREVER
        ]
        if not fixed and all(LONG_AGO < one.from_on < edition.from_on for one in current):
            return "refresh_due", until, (), nothing
    return "held", until, (), nothing


def _holds_in_mode(holds: frozenset[str], group: frozenset[str] | None, work: Work) -> bool:
    """Whether a credential holds wherever the work can be, although its countries are not stated."""
    if group is not None:
        return holds >= group
    return work.mode in ("road_eu", "rail_eu") and holds >= group_members("adr_party")
