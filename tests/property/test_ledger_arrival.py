"""Events in any order of arrival, some of them taken back, give the states of a plain replay in order of time."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text

from knowledge_cases import box, built, pack, packed, party, place, record, seen, when
from voltloop.epcis.identifiers import key_of
from voltloop.ledger.changes import UNDER_WAY

LORRY = "urn:epc:id:giai:9521234.lorry1"
RANK = {pack(1): 0, pack(2): 0, box(1): 1, box(2): 1, LORRY: 2}
THINGS = sorted(RANK)


@dataclass
class Known:
    place: str | None = None
    placed_at: float = -1
    left: str | None = None
    container: str | None = None
    contained_at: float = -1
    assembly: str | None = None
    assembled_at: float = -1
    disposition: str | None = None
    custody: str | None = None
    hold: str | None = None
    present: bool = True


class Replay:
    """What a person would do with all events before them, in order."""

    def __init__(self, events: list[tuple[float, dict[str, Any]]]) -> None:
        self.known: dict[str, Known] = {}
        self.at: dict[float, dict[str, Known]] = {}
        for hour in sorted({hour for hour, _ in events}):
            left: list[str] = []
            for when_, one in events:
                if when_ == hour:
                    left += self.take(hour, one)
            for _ in range(4):
                for epc in left:
                    known = self.known[epc]
                    if known.left is not None and known.placed_at == hour:
                        known.place = self.place_of(known.left)[0]
            self.at[hour] = deepcopy(self.known)

    def take(self, hour: float, one: dict[str, Any]) -> list[str]:
        parent, action = one.get("parentID"), one["action"]
        place_ = one["bizLocation"]["id"] if "bizLocation" in one else None
        if place_ is None and one.get("bizStep") in {"shipping", "departing"}:
            place_ = "under way"
        children = list(one.get("childEPCs", ()))
        named = [*one.get("epcList", ()), *([parent] if parent else []), *children]
        fact = "assembly" if one["type"] == "AssociationEvent" else "container"
        since = "assembled_at" if fact == "assembly" else "contained_at"
        unnamed = []
        if parent and action == "DELETE" and not children:
            unnamed = [epc for epc, known in self.known.items() if getattr(known, fact) == parent]
        left = []
        for epc in named + unnamed:
            known = self.known.setdefault(epc, Known())
            if epc in unnamed or (epc in children and action == "DELETE"):
                if getattr(known, fact) == parent:
                    setattr(known, fact, None)
                    setattr(known, since, -1)
                    if place_ is None:
                        known.place, known.placed_at, known.left = None, hour, parent
                        left.append(epc)
            elif epc in children and getattr(known, fact) != parent:
                setattr(known, fact, parent)
                setattr(known, since, hour)
            inside = known.container or known.assembly
            if place_ and (inside or known.left or known.place != place_):
                known.place, known.placed_at, known.left = place_, hour, None
            if epc not in unnamed:
                self.say(known, one)
        return left

    def say(self, known: Known, one: dict[str, Any]) -> None:
        known.disposition = one.get("disposition", known.disposition)
        if "destinationList" in one and one["bizStep"] == "receiving":
            known.custody = one["destinationList"][0]["destination"]
        if one.get("bizStep") == "holding":
            known.hold = "holding"
        elif one.get("disposition") == "conformant":
            known.hold = None
        if one["type"] == "ObjectEvent" and one["action"] != "OBSERVE":
            known.present = one["action"] == "ADD"

    def place_of(self, epc: str) -> tuple[str | None, float]:
        known = self.known.get(epc)
        if known is None:
            return None, -1
        own = known.place, known.placed_at
        if known.container and (not known.assembly or known.contained_at >= known.assembled_at):
            parent, joined = known.container, known.contained_at
        else:
            parent, joined = known.assembly, known.assembled_at
        if parent is None:
            return own
        above = self.place_of(parent)
        if above[0] is None or (own[0] is not None and own[1] > joined and own[1] > above[1]):
            return own
        return above


FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "location": st.sampled_from([place(1), place(2)]),
        "bizStep": st.sampled_from(["shipping", "storing", "holding", "receiving"]),
        "disposition": st.sampled_from(["active", "conformant"]),
        "party": st.sampled_from([party(1), party(2)]),
    },
)


@st.composite
def happenings(draw: st.DrawFn) -> tuple[float, dict[str, Any]]:
    hour = draw(st.integers(0, 12))
    fields = draw(FIELDS)
    receiver = fields.pop("party", None)
    if receiver and fields.get("bizStep") == "receiving":
        fields["destinationList"] = [{"type": "possessing_party", "destination": receiver}]
    make = draw(st.sampled_from([seen, packed, packed, packed, built]))
    if make is seen:
        action = draw(st.sampled_from(["OBSERVE", "OBSERVE", "OBSERVE", "ADD", "DELETE"]))
        return hour, seen(hour, draw(st.sampled_from(THINGS)), action=action, **fields)
    parent = draw(st.sampled_from([epc for epc in THINGS if RANK[epc]]))
    lower = [epc for epc in THINGS if RANK[epc] < RANK[parent]]
    action = draw(st.sampled_from(["ADD", "ADD", "OBSERVE", "DELETE"]))
    children = draw(st.lists(st.sampled_from(lower), max_size=2, unique=True))
    if not children and action != "DELETE":
        children = lower[:1]
    return hour, make(hour, parent, *children, action=action, **fields)


def stored(connection: Connection, hour: float) -> dict[Any, dict[str, Any]]:
    facts = "epc_id, place_id, container_id, assembly_id, custody_id, disposition, hold, is_present"
    rows = connection.execute(
        text(
            f"SELECT {facts} FROM past_state WHERE from_at <= :at AND until_at > :at "
            f"UNION ALL SELECT {facts} FROM state WHERE from_at <= :at"
        ),
        {"at": when(hour)},
    )
    return {row["epc_id"]: dict(row) for row in rows.mappings()}


def expected(known: dict[str, Known]) -> dict[Any, dict[str, Any]]:
    def key(value: str | None) -> Any:
        if value == "under way":
            return key_of("urn:epc:id:gid:1.1.1").__class__(bytes=UNDER_WAY[4:])
        return value and key_of(value)

    return {
        key_of(epc): {
            "epc_id": key_of(epc),
            "place_id": key(one.place),
            "container_id": key(one.container),
            "assembly_id": key(one.assembly),
            "custody_id": key(one.custody),
            "disposition": one.disposition,
            "hold": one.hold,
            "is_present": one.present,
        }
        for epc, one in known.items()
    }


@settings(
    phases=(Phase.explicit, Phase.generate),
    max_examples=60,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data(), told=st.lists(happenings(), min_size=1, max_size=12))
def test_the_order_of_arrival_makes_no_difference(
    ledger: Engine, data: st.DataObject, told: list[tuple[float, dict[str, Any]]]
) -> None:
    arrival = data.draw(st.permutations(told))
    wrong = [one for _, one in arrival if data.draw(st.integers(0, 4)) == 0]
    with ledger.connect() as connection, connection.begin() as transaction:
        waiting = [one for _, one in arrival]
        while waiting:
            size = data.draw(st.integers(1, len(waiting)))
            record(connection, waiting[:size])
            del waiting[:size]
            early = [one for one in wrong if one not in waiting and data.draw(st.booleans())]
            record(connection, [], voids=early)
            wrong = [one for one in wrong if one not in early]
        record(connection, [], voids=wrong)
        voided = set(
            connection.scalars(text("SELECT event_id FROM event JOIN voided USING (event_at, record_at)"))
        )
        replay = Replay([(hour, one) for hour, one in arrival if one["eventID"] not in voided])
        for hour, known in replay.at.items():
            assert stored(connection, hour) == expected(known), hour
        transaction.rollback()
