"""What a piece of work is, in the words that requirements for credentials ask for."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import polars as pl

from voltloop.compliance.countries import border_procedure
from voltloop.compliance.credentials.jurisdictions import countries_of
from voltloop.compliance.credentials.rules import Requirement
from voltloop.compliance.loads.load import Load
from voltloop.compliance.loads.mixing import label_words
from voltloop.compliance.rulebook import Rulebook, load_rulebook
from voltloop.errors import InputError, nearest

__all__ = ["Work", "applies", "goods_in_question", "work_of"]

_EXEMPT: Final = ("exempt_small", "exempt_other")
_US_TABLE_1: Final = ("1", "2.3", "4.3", "7")
"""Classes that are placarded at any quantity (49 CFR 172.504(e))."""
_US_PLACARD_KG: Final = 454.0
"""Gross mass of goods of table 2 up to which a vehicle needs no placards (49 CFR 172.504(c): 1001 lb)."""


@dataclass(frozen=True)
class Work:
    """One piece of work: a load, or what is to be packed, consigned, stored or treated.

    Attributes
    ----------
    mode
        Mode of the rulebook.
    countries
        ISO-2 codes of all countries on the way, in order; empty where nobody said.
    load
        Facts of the whole, see ``credentials/facts.csv``; what is absent is not known.
    goods
        Facts of the goods, one entry per kind; None where nothing is known of them.
    """

    mode: str
    countries: tuple[str, ...] = ()
    load: Mapping[str, bool | float | str] = field(default_factory=dict)
    goods: tuple[Mapping[str, Any], ...] | None = None


def work_of(
    goods: pl.DataFrame | None,
    rulebook: Rulebook | None = None,
    *,
    mode: str,
    on: date,
    countries: Iterable[str] = (),
    stated: Mapping[str, bool | float | str] | None = None,
) -> Work:
    """Give the work of moving goods, from their verdicts.

    Parameters
    ----------
    goods
        Rows with the columns of a verdict; ``net_mass_kg`` of one unit and ``quantity`` for the points,
        ``package_gross_kg`` for American placards, ``is_waste`` or ``state`` for the law of waste,
        ``from_country`` where goods start in different countries. None where only ``stated`` is known.
    rulebook
        The packaged one by default.
    mode, on
        As for :func:`voltloop.compliance.classify`.
    countries
        ISO-2 codes on the way, first and last being dispatch and destination.
    stated
        Facts that win over what the goods say.

    Raises
    ------
    InputError
        A country, or a stated fact or its value, is not known.
    """
    book = rulebook or load_rulebook()
    way = countries_of(countries) or (("US",) if mode == "road_us" else ())
    facts: dict[str, bool | float | str | None] = {}
    rows: tuple[Mapping[str, Any], ...] | None = None
    if goods is not None:
        rows = tuple(_goods(row) for row in goods.iter_rows(named=True))
        facts = _facts_of(rows, book, mode, on, way)
    facts.update(_stated(stated or {}, book))
    return Work(mode, way, {name: value for name, value in facts.items() if value is not None}, rows)


def _stated(stated: Mapping[str, Any], book: Rulebook) -> dict[str, Any]:
    found: dict[str, Any] = {}
    known = {name: fact for name, (of, fact) in book.credentials.facts.items() if of == "load"}
    for name, given in stated.items():
        if name not in known:
            raise InputError(
                f'"{name}" is not a fact of a load.{nearest(name, known)} Choices: {", ".join(known)}.',
                code="unknown-fact",
            )
        fact, word = known[name], str(given).strip().lower()
        value: bool | float | str | None
        if fact.kind == "boolean":
            value = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}.get(word)
        elif fact.kind == "choice":
            value = word if word in fact.values else None
        else:
            value = float(word) if word.replace(".", "", 1).isdigit() else None
        if value is None:
            expected = " or ".join(reversed(fact.values)) or "a number"
            raise InputError(
                f'The fact {name} is given as "{given}". Expected {expected}.', code="unknown-fact"
            )
        found[name] = value
    return found


def _goods(row: Mapping[str, Any]) -> dict[str, Any]:
    """Give the facts of one row, with whether it is regulated and waste."""
    found = dict(row)
    found["is_regulated"] = row.get("outcome") not in _EXEMPT
    waste = row.get("is_waste")
    if waste is None and row.get("state") is not None:
        waste = True if row["state"] == "waste" else (False if row["state"] in ("new", "prototype") else None)
    found["is_waste"] = waste
    return found


def _any(values: Iterable[bool | None]) -> bool | None:
    """Whether one of several is true; None where that depends on one that nobody knows."""
    seen = list(values)
    return True if True in seen else (None if None in seen else False)


def _facts_of(
    rows: Sequence[Mapping[str, Any]], book: Rulebook, mode: str, on: date, way: Sequence[str]
) -> dict[str, bool | float | str | None]:
    regulated = [row for row in rows if row["is_regulated"]]
    waste = _any(row["is_waste"] for row in rows)
    return {
        "regulated": bool(regulated),
        "above_limit": _above(regulated, book, mode, on),
        "placarded": _placarded(regulated) if mode == "road_us" else False,
        "waste": waste,
        "procedure": _procedure(rows, book, on, way) if len(set(way)) > 1 else "none",
        "small_air": mode.startswith("air") and any(row.get("outcome") == "exempt_small" for row in rows),
    }


def _above(rows: Sequence[Mapping[str, Any]], book: Rulebook, mode: str, on: date) -> bool | None:
    load = Load(book, mode=mode, on=on)
    is_open = False
    for row in rows:
        mass, quantity = row.get("net_mass_kg"), row.get("quantity")
        is_open = is_open or mass is None
        load.add(load.profile_of(row), float(mass or 0.0) * float(1 if quantity is None else quantity))
    return True if load.exceeds_1136 else (None if is_open and load.has_points_rule else False)


def _placarded(rows: Sequence[Mapping[str, Any]]) -> bool | None:
    """Whether a vehicle in the USA needs placards; class 9 asks for none within the country.

    Goods of table 1 ask for them at any quantity, the others above 454 kg gross together. A gross mass may be of one
    package of all units or of one package each, so it gives a least and a greatest mass.
    """
    least, most = 0.0, 0.0
    for row in rows:
        classes = {name for name in label_words(row.get("hazard_class")) if name[0] != "9"}
        if any(name.startswith(_US_TABLE_1) for name in classes):
            return True
        if classes:
            gross, quantity = row.get("package_gross_kg"), float(row.get("quantity") or 1)
            least += max(float(row.get("net_mass_kg") or 0.0) * quantity, float(gross or 0.0))
            most += math.inf if gross is None else float(gross) * quantity
    return True if least > _US_PLACARD_KG else (None if most > _US_PLACARD_KG else False)


def _procedure(rows: Sequence[Mapping[str, Any]], book: Rulebook, on: date, way: Sequence[str]) -> str | None:
    if "US" in way and not any(row["is_waste"] for row in rows):
        return None if any(row["is_waste"] is None for row in rows) else "none"
    asked = {
        (
            row.get("waste_code") if row["is_waste"] is not False else None,
            row["is_waste"],
            row.get("from_country") or way[0],
        )
        for row in rows
    }
    kinds = [
        border_procedure(code, waste, start, way[-1], on, rulebook=book).kind for code, waste, start in asked
    ]
    for kind in ("prohibited", "undecided", "notification", "annex_vii"):
        if kind in kinds:
            return None if kind == "undecided" else kind
    return "none"


def applies(
    requirement: Requirement, work: Work, stated_else: Mapping[str, Any]
) -> tuple[bool | None, frozenset[str]]:
    """Say whether a requirement asks for something in a piece of work, and which facts would tell where nobody knows.

    ``stated_else`` gives what silence about a fact stands for, where it stands for something.
    """
    answers: list[bool | None] = []
    open_facts: set[str] = set()
    for need in requirement.when:
        if need.of == "load":
            answers.append(need.holds(work.load.get(need.fact, stated_else.get(need.fact))))
            if answers[-1] is None:
                open_facts.add(need.fact)
    needs = [need for need in requirement.when if need.of == "goods"]
    if needs:
        met, unknown = _goods_meet(requirement, work, stated_else)
        answers.append(met)
        open_facts |= unknown
    if False in answers:
        return False, frozenset()
    return (None, frozenset(open_facts)) if None in answers else (True, frozenset())


def _goods_meet(
    requirement: Requirement, work: Work, stated_else: Mapping[str, Any]
) -> tuple[bool | None, frozenset[str]]:
    needs = [need for need in requirement.when if need.of == "goods"]
    if work.goods is None:
        return None, frozenset(need.fact for need in needs)
    found: list[bool | None] = []
    unknown: set[str] = set()
    for row in work.goods:
        each = {need.fact: need.holds(_value(row, need.fact, stated_else)) for need in needs}
        values = list(each.values())
        found.append(False if False in values else (None if None in values else True))
        if found[-1] is None:
            unknown |= {name for name, value in each.items() if value is None}
    answer = _any(found)
    return answer, frozenset(unknown) if answer is None else frozenset()


def _value(row: Mapping[str, Any], name: str, stated_else: Mapping[str, Any]) -> Any:
    value = row.get(name)
    return stated_else.get(name) if value is None else value


def goods_in_question(requirement: Requirement, work: Work) -> tuple[Mapping[str, Any], ...] | None:
    """Give the goods that a credential's scope must cover; None where nothing is known of them."""
    if work.goods is None:
        return None
    named = {need.fact for need in requirement.when}
    if named & {"waste", "procedure"}:
        return tuple(row for row in work.goods if row["is_waste"] is not False)
    meets = [need for need in requirement.when if need.of == "goods"]
    rows = work.goods if "small_air" in named else [row for row in work.goods if row["is_regulated"] or meets]
    return tuple(row for row in rows if all(need.holds(row.get(need.fact)) is not False for need in meets))
