"""What an event says of the things it names, as plain changes of their states.

Which business step and disposition means what is data: ``step_rules.csv``, ``disposition_rules.csv`` and
``health_measures.csv`` in ``catalogue/traceability``. What a change says stands as cells of binary ``COPY``, the form
in which it is written to the tables; the things themselves are named by the 16 bytes of their keys.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import Any, Final, NamedTuple

from voltloop.epcis.identifiers import canonical, key_bytes
from voltloop.ledger.changes import (
    NAMESPACE,
    RELEASED,
    UNDER_WAY,
    UNDER_WAY_KEY,
    Assertions,
    Change,
    Movement,
    SealCheck,
    SealPut,
)
from voltloop.ledger.copying import float_cell, key_cell, text_cell

__all__ = ["assertions", "key_bytes", "key_cell_of", "own_prefix"]

_WHOLE_IN = {"P1": 100, "NX": 1000, "C62": 1, "": 1}  # UN/CEFACT Recommendation 20: per cent, per mille, one
_LONGEST_REASON = 500  # characters; an entry of an index in PostgreSQL may have 2,704 bytes
_LOT = re.compile(r"/10/")


@dataclass(frozen=True, slots=True)
class _Rule:
    without_location: str = ""
    parties: str = ""
    quantity: str = ""
    hold: str = ""
    of: str = "all"
    presence: str = ""


_NO_RULE = _Rule()


@cache
def _rules(name: str, column: str) -> dict[str, _Rule]:
    text = (resources.files("voltloop.catalogue") / "traceability" / name).read_text(encoding="utf-8")
    rows = csv.DictReader(io.StringIO(text))
    return {row.pop(column): _Rule(**{k: v for k, v in row.items() if k != "source"}) for row in rows}


@cache
def _health_names() -> frozenset[str]:
    text = (resources.files("voltloop.catalogue") / "traceability" / "health_measures.csv").read_text("utf-8")
    return frozenset(row["name"] for row in csv.DictReader(io.StringIO(text)))


@lru_cache(maxsize=1 << 15)
def key_cell_of(identifier: str) -> bytes:
    """Key of an identifier as a cell of binary ``COPY``."""
    return key_cell(key_bytes(identifier))


@lru_cache(maxsize=1 << 14)
def _is_lot(identifier: str) -> bool:
    return _LOT.search(canonical(identifier)) is not None


class _Own(NamedTuple):
    """Names of our own fields under one prefix."""

    status: str
    release: str
    finding: str
    seal: str
    check: str
    reason: str


@lru_cache(maxsize=64)
def _own_fields(prefix: str) -> _Own:
    return _Own(*(prefix + name for name in ("status", "release", "finding", "seal", "sealCheck", "reason")))


_USUAL: Final = _own_fields("voltloop:")


def own_prefix(context: Mapping[str, str] | None) -> str:
    """Prefix that a document's context gives to our own namespace, with its colon.

    Examples
    --------
    >>> own_prefix({"vl": "https://voltloop.org/epcis/"})
    'vl:'
    """
    for prefix, namespace in (context or {}).items():
        if namespace == NAMESPACE:
            return f"{prefix}:"
    return "voltloop:"


def assertions(event: Mapping[str, Any], context: Mapping[str, str] | None = None) -> Assertions | None:
    """Give what an event says of the things it names.

    Parameters
    ----------
    event
        Canonical event: EPCIS 2.0 JSON with bare CBV words.
    context
        Prefixes of the event's extensions.

    Returns
    -------
    Assertions or None
        None where nothing follows: a planned event, an error declaration, or one that names nothing to follow.

    References
    ----------
    EPCIS 2.0 section 7.4: what each type of event says; section 7.3.5.4: the business location is where the objects are
    until a later event says otherwise.

    Examples
    --------
    >>> event = {"type": "ObjectEvent", "action": "DELETE", "epcList": ["urn:epc:id:sgtin:9521234.012345.7"]}
    >>> assertions(event).changes[0][1].is_present
    False
    """
    own = _own_fields(own_prefix(context)) if context else _USUAL
    says = _SAYS.get(event["type"])
    if says is None or "errorDeclaration" in event or event.get(own.status) == "planned":
        return None  # an event type of a user's own says nothing that is known
    return says(event, _common(event, own), own)


@lru_cache(maxsize=1 << 12)
def _usual(step: str, disposition: str, place: str) -> tuple[Change, str]:
    """Give what business step, disposition and place say together, and whose party has it then; empty if not told."""
    rule = _rules("step_rules.csv", "biz_step").get(step, _NO_RULE)
    fit = _rules("disposition_rules.csv", "disposition").get(disposition, _NO_RULE)
    change = Change()
    if place:
        change.place = key_cell_of(place)
    elif rule.without_location or fit.without_location:
        change.place = UNDER_WAY
    if disposition and fit.of == "all":
        change.disposition = text_cell(disposition)
    if fit.presence == "ends":
        change.is_present = False
    hold = rule.hold or fit.hold
    if hold == "begins":
        change.hold = text_cell(step if rule.hold else disposition)
    change.may_go = hold == "ends"
    return change, rule.parties


def _common(event: Mapping[str, Any], own: _Own) -> Change:
    """Give what the event says of everything that is in it afterwards; not to be altered."""
    location = event.get("bizLocation")
    place = "" if location is None else location["id"]
    change, parties = _usual(event.get("bizStep", ""), event.get("disposition", ""), place)
    further: dict[str, Any] = {}
    if "persistentDisposition" in event:
        told = event["persistentDisposition"]
        further["persistent"] = (frozenset(told.get("set", ())), frozenset(told.get("unset", ())))
    if parties and ("sourceList" in event or "destinationList" in event):
        further["custody"], further["owner"] = _parties(event, parties)
    if "sensorElementList" in event:
        further["health"] = _health(event["sensorElementList"])
    if own.release in event:
        further["hold"] = RELEASED
    elif change.hold is not None:
        finding, reason = event.get(own.finding), event.get(own.reason)
        if isinstance(finding, Mapping) and finding.get("code"):
            further["hold"] = text_cell(f"finding:{finding['code']}")
        elif isinstance(reason, str) and reason.strip():
            further["hold"] = text_cell(reason.strip()[:_LONGEST_REASON])
    return _with(change, **further) if further else change


def _parties(event: Mapping[str, Any], end: str) -> tuple[bytes | None, bytes | None]:
    found: dict[str, bytes] = {}
    for entry in event.get(f"{end}List", ()):
        kind = entry["type"].rpartition(":")[2].rpartition("-")[2]
        found[kind] = key_cell_of(entry[end])
    return found.get("possessing_party"), found.get("owning_party")


def _health(elements: list[Mapping[str, Any]]) -> bytes | None:
    """State of health from the last report that tells one with a value."""
    for element in reversed(elements):
        for report in reversed(element.get("sensorReport", ())):
            if _is_health(report.get("type", "")):
                value = report.get("value", report.get("meanValue"))
                whole = _WHOLE_IN.get(report.get("uom", ""))
                if isinstance(value, int | float) and whole is not None:
                    return float_cell(round(value / whole, 9))  # 80.8 / 100 is 0.8079999999999999
    return None


@lru_cache(maxsize=1 << 10)
def _is_health(measure: str) -> bool:
    """Say whether a type of measurement, in any namespace and spelling, is a state of health."""
    return re.sub(r"[^a-z]", "", re.split(r"[:/#-]", measure)[-1].lower()) in _health_names()


def _with(change: Change, **further: Any) -> Change:
    """Give a copy of a change that says more."""
    other = copy(change)
    for name, value in further.items():
        setattr(other, name, value)
    return other


def _object(event: Mapping[str, Any], common: Change, own: _Own) -> Assertions:
    action = event["action"]
    if action != "OBSERVE":
        common = _with(common, is_present=action == "ADD")
    epcs = event.get("epcList", ())
    found = Assertions([(key_bytes(epc), common) for epc in epcs])
    if "quantityList" in event:
        sign = {"ADD": 1.0, "DELETE": -1.0}.get(action)
        _lots(event, event["quantityList"], common, sign, found)
    if own.check in event:
        _checks(event[own.check], epcs, found)
    return found


def _transaction(event: Mapping[str, Any], common: Change, own: _Own) -> Assertions:
    epcs = [*event.get("epcList", ()), *([event["parentID"]] if "parentID" in event else ())]
    found = Assertions([(key_bytes(epc), common) for epc in epcs])
    _lots(event, event.get("quantityList", ()), common, None, found)
    if own.check in event:
        _checks(event[own.check], epcs, found)
    return found


def _aggregation(event: Mapping[str, Any], common: Change, own: _Own) -> Assertions:
    return _family(event, common, own, is_assembly=False)


def _association(event: Mapping[str, Any], common: Change, own: _Own) -> Assertions:
    found = _family(event, common, own, is_assembly=True)
    facts = event.get(own.seal)
    if facts is not None or event.get("disposition") in {"container_closed", "container_open"}:
        seals = [
            SealPut(seal, event["parentID"], _facts_of(seal, facts)) for seal in event.get("childEPCs", ())
        ]
        if event["action"] == "ADD":
            found.seals = seals
        elif event["action"] == "DELETE":
            found.unseals = seals
    return found


def _facts_of(seal: str, facts: Any) -> Mapping[str, Any]:
    """Give what is told of one seal: by its ``id`` where several are told in a list."""
    if isinstance(facts, list):
        facts = next((fact for fact in facts if isinstance(fact, dict) and fact.get("id") == seal), None)
    return facts if isinstance(facts, dict) else {}


def _family(event: Mapping[str, Any], common: Change, own: _Own, *, is_assembly: bool) -> Assertions:
    """Say what a parent and its children are to each other after an event."""
    found = Assertions([])
    parent = event.get("parentID")
    children = event.get("childEPCs", ())
    quantities = event.get("childQuantityList", ())
    child = common
    if parent is not None:
        parent_key = key_bytes(parent)
        disposition = event.get("disposition")
        if disposition is not None and common.disposition is None:
            common = _with(common, disposition=text_cell(disposition))
        found.changes.append((parent_key, common))
        verb = "leaves" if event["action"] == "DELETE" else "joins"
        child = _with(child, **{f"{verb}_assembly" if is_assembly else verb: key_cell(parent_key)})
        if event["action"] == "DELETE" and not children and not quantities:
            found.emptied = (parent_key, is_assembly, common.place)
    found.changes += [(key_bytes(epc), child) for epc in children]
    if quantities and parent is not None:
        _lots_in(event, quantities, key_bytes(parent), found)
    if not is_assembly and event["action"] != "OBSERVE":
        found.packing = parent
    if own.check in event and parent is not None:
        _checks(event[own.check], [parent], found)
    return found


def _transformation(event: Mapping[str, Any], common: Change, _own: _Own) -> Assertions:
    made = _with(common, is_present=True, leaves_all=True)
    found = Assertions([(key_bytes(epc), _CONSUMED) for epc in event.get("inputEPCList", ())])
    found.changes += [(key_bytes(epc), made) for epc in event.get("outputEPCList", ())]
    _lots(event, event.get("inputQuantityList", ()), None, -1.0, found)
    _lots(event, event.get("outputQuantityList", ()), common, 1.0, found)
    return found


_CONSUMED: Final = Change(is_present=False)
_SAYS: Final = {
    "ObjectEvent": _object,
    "TransactionEvent": _transaction,
    "AggregationEvent": _aggregation,
    "AssociationEvent": _association,
    "TransformationEvent": _transformation,
}


def _stands_at(event: Mapping[str, Any]) -> bytes | None:
    """Key of the place at which the goods of an event are or were: its location, else its read point."""
    place = event.get("bizLocation") or event.get("readPoint")
    return None if place is None else key_bytes(place["id"])


def _lots(
    event: Mapping[str, Any],
    quantities: Any,
    common: Change | None,
    sign: float | None,
    found: Assertions,
) -> None:
    """Move quantities to or from the place of an event; without a sign the business step says which way."""
    if not quantities:
        return
    place = _stands_at(event)
    way = _rules("step_rules.csv", "biz_step").get(event.get("bizStep", ""), _NO_RULE).quantity
    for entry in quantities:
        text = entry["epcClass"]
        class_id, quantity, uom = key_bytes(text), entry.get("quantity"), entry.get("uom", "")
        if common is not None and _is_lot(text):
            found.changes.append((class_id, _with(common, place=None)))
        moves: list[tuple[bytes, float]] = []
        if sign is not None:
            moves = [] if place is None else [(place, sign)]
        elif way == "out":
            moves = [(UNDER_WAY_KEY, 1.0)] if place is None else [(place, -1.0), (UNDER_WAY_KEY, 1.0)]
        elif way == "in" and place is not None:
            moves = [(UNDER_WAY_KEY, -1.0), (place, 1.0)]
        elif way == "count" and place is not None:
            found.movements = [*found.movements, Movement(class_id, place, quantity, uom, is_count=True)]
        _move(found, class_id, moves, quantity, uom)


def _lots_in(event: Mapping[str, Any], quantities: Any, parent: bytes, found: Assertions) -> None:
    """Move quantities between a container and the place where it is packed or unpacked."""
    sign = {"ADD": 1.0, "DELETE": -1.0}.get(event["action"])
    if sign is None:
        return
    at = _stands_at(event)
    for entry in quantities:
        moves = [(parent, sign)] if at is None else [(parent, sign), (at, -sign)]
        _move(found, key_bytes(entry["epcClass"]), moves, entry.get("quantity"), entry.get("uom", ""))


def _move(
    found: Assertions, class_id: bytes, moves: list[tuple[bytes, float]], quantity: float | None, uom: str
) -> None:
    for holder, sign in moves:
        amount = None if quantity is None else sign * quantity
        found.movements = [*found.movements, Movement(class_id, holder, amount, uom)]


def _checks(told: Any, containers: Iterable[str], found: Assertions) -> None:
    given = [facts for facts in (told if isinstance(told, list) else [told]) if isinstance(facts, dict)]
    found.checks = [SealCheck(container, facts) for facts in given for container in containers]
