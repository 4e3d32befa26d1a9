"""Itineraries against all ways of tiny networks, and what the law, closures and calendars do to them."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voltloop.errors import InputError
from voltloop.transport.calendars import Service
from voltloop.transport.itineraries import itineraries
from voltloop.transport.itinerary_model import Permission, Request
from voltloop.transport.legs import Leg
from voltloop.transport.passages import closures_of
from voltloop.transport.terminals import Stop, modes, transfers

READY = datetime(2026, 12, 1, 8, tzinfo=UTC)
STOPS = {
    name: Stop(name, f"Place {name}", country, 50.0, 5.0)
    for name, country in zip("ABCDE", ("DE", "DE", "NL", "GB", "GB"), strict=True)
}


def leg(start, stop, mode="road", cost=10.0, hours=5.0, co2e=1.0, **more):
    return Leg(mode, mode, start, stop, 100.0, hours, cost, co2e, **more)


def ask(legs, *, start="A", stop="D", law=None, **more):
    return itineraries(STOPS, legs, Request(start, stop, READY, **{"k": 50} | more), law)


def ways(legs, at, stop, mode="road", seen=()):
    """All ways as lists of legs that come to no stop twice by the same mode, with the rules of transfers."""
    been = {("A", "road"), *((other.stop, other.mode) for other in seen)}
    for one in legs:
        if one.start != at or (one.stop, one.mode) in been or (one.mode == mode == "road" and seen):
            continue
        if one.stop == stop:
            yield (*seen, one)
        else:
            yield from ways(legs, one.stop, stop, one.mode, (*seen, one))


def value(way):
    cost, hours, co2e, mode = 0.0, 0.0, 0.0, "road"
    for one in way:
        if (mode, one.mode) != ("road", "road"):
            change = transfers()[mode, one.mode]
            hours += change.hours + change.cut_off_h
            cost, co2e = cost + change.cost_eur_per_t, co2e + change.co2e_kg_per_t
        cost, hours, co2e, mode = (
            cost + one.cost_eur_per_t,
            hours + one.hours + one.headway_h / 2,
            co2e + one.co2e_kg_per_t,
            one.mode,
        )
    if mode != "road":
        change = transfers()[mode, "road"]
        cost, hours, co2e = cost + change.cost_eur_per_t, hours + change.hours, co2e + change.co2e_kg_per_t
    return cost, hours, co2e


LEGS = st.lists(
    st.builds(
        leg,
        st.sampled_from("ABCE"),
        st.sampled_from("BCDE"),
        st.sampled_from(["road", "rail", "sea", "ferry"]),
        st.integers(1, 60).map(float),
        st.integers(1, 90).map(float),
        st.integers(1, 60).map(float),
        headway_h=st.sampled_from([0.0, 24.0]),
    ).filter(lambda one: one.start != one.stop),
    max_size=9,
    unique_by=lambda one: (one.start, one.stop, one.mode),
)


@settings(max_examples=150, deadline=None)
@given(LEGS)
def test_the_front_is_that_of_all_ways(legs):
    values = {tuple(round(number, 6) for number in value(way)) for way in ways(legs, "A", "D")}
    front = {
        one
        for one in values
        if not any(all(a <= b for a, b in zip(o, one, strict=True)) for o in values - {one})
    }
    found = ask(legs)
    assert {
        tuple(round(number, 6) for number in (one.cost_eur, one.hours, one.co2e_kg))
        for one in found.itineraries
    } == front
    assert found.front == len(front)
    assert any(one.code == "itinerary-unreachable" for one in found.findings) == (not front)


def test_every_mode_can_follow_every_other_but_roads_join_up_by_themselves():
    names = {*modes(), "sea"}
    assert set(transfers()) == {(one, other) for one in names for other in names} - {("road", "road")}


@settings(max_examples=60, deadline=None)
@given(LEGS, st.integers(1, 4))
def test_k_alternatives_hold_the_best_of_each_kind_and_none_beats_another(legs, k):
    whole, few = ask(legs).itineraries, ask(legs, k=k).itineraries
    assert len(few) == min(k, len(whole))
    assert set(few) <= set(whole)
    if few:
        assert few[0].cost_eur == min(one.cost_eur for one in whole)
    if k >= 3 and few:
        assert min(one.hours for one in few) == min(one.hours for one in whole)
        assert min(one.co2e_kg for one in few) == min(one.co2e_kg for one in whole)


@settings(max_examples=60, deadline=None)
@given(LEGS)
def test_legs_join_up_and_their_sums_are_those_of_the_whole(legs):
    for one in ask(legs, mass_kg=2500.0).itineraries:
        assert one.legs[0].start.id == "A"
        assert one.legs[-1].stop.id == "D"
        for before, after in zip(one.legs, one.legs[1:], strict=False):
            assert before.stop == after.start
            assert before.arrives_at <= after.ready_at <= after.departs_at < after.arrives_at
        cost = sum(taken.cost_eur + taken.transfer_cost_eur for taken in one.legs)
        assert cost == pytest.approx(one.cost_eur)
        assert cost == pytest.approx(2.5 * value([taken.leg for taken in one.legs])[0])
        co2e = sum(taken.co2e_kg + taken.transfer_co2e_kg for taken in one.legs)
        assert co2e == pytest.approx(one.co2e_kg)


SEA_OR_ROAD = [
    leg("A", "B"),
    leg("B", "C", "sea", cost=1.0, hours=240.0, passages=("suez",)),
    leg("B", "C", "sea", cost=2.0, hours=480.0, passages=("cape",)),
    leg("C", "D"),
    leg("A", "D", cost=500.0, hours=100.0),
]


def passages_of(found):
    return [tuple(name for taken in one.legs for name in taken.leg.passages) for one in found.itineraries]


def test_what_the_law_forbids_never_appears():
    def law(mode, start, stop, on):
        return Permission(mode != "sea", "No batteries at sea.")

    found = ask(SEA_OR_ROAD, law=law)
    assert [[taken.leg.mode for taken in one.legs] for one in found.itineraries] == [["road"]]
    assert [one.code for one in found.findings] == ["itinerary-law"]
    assert "No batteries at sea." in found.findings[0].message


def test_the_law_of_the_day_of_arrival_binds_too():
    def law(mode, start, stop, on):
        return Permission(mode != "sea" or on < date(2026, 12, 20), "Not after the new year's edition.")

    found = ask(SEA_OR_ROAD[:4], law=law)
    assert passages_of(found) == [("suez",)]
    assert "new year" in found.findings[0].message


def test_a_passage_closed_for_some_days_closes_the_ships_of_those_days():
    assert passages_of(ask(SEA_OR_ROAD)) == [("suez",), ()]
    shut = closures_of(["suez:2026-12-01:2026-12-31"])
    assert passages_of(ask(SEA_OR_ROAD, closed=shut)) == [("cape",), ()]
    assert passages_of(ask(SEA_OR_ROAD, closed=closures_of(["suez:2027-12-01:"]))) == [("suez",), ()]


def test_a_closed_terminal_is_passed_by():
    shut = closures_of(["C"], "ABCD")
    assert [len(one.legs) for one in ask(SEA_OR_ROAD, closed=shut).itineraries] == [1]


def test_a_calendar_gives_the_exact_wait():
    """Ready on Tuesday 13:00 at the port, two days' cut-off: the ship of Friday 18:00 is the first."""
    line = Service("sea", "B", "C", frozenset({4}), time(18), transit_h=100.0)
    found = ask(SEA_OR_ROAD[:4], services=(line,))
    ship = found.itineraries[0].legs[1]
    assert ship.departs_at == datetime(2026, 12, 4, 18, tzinfo=UTC)
    assert ship.arrives_at - ship.departs_at == timedelta(hours=100)
    assert ship.is_scheduled


def test_without_a_calendar_half_the_headway_is_waited_and_marked():
    found = ask([leg("A", "B"), leg("B", "D", "rail", headway_h=48.0)])
    train = found.itineraries[0].legs[1]
    cut_off_h = transfers()["road", "rail"].cut_off_h
    assert train.departs_at - train.ready_at == timedelta(hours=24 + cut_off_h)
    assert not train.is_scheduled
    assert found.itineraries[0].legs[0].is_scheduled


def test_dangerous_goods_pay_the_surcharge():
    legs = [leg("A", "D", surcharge_eur_per_t=2.5)]
    plain, dangerous = ask(legs), ask(legs, is_dangerous=True)
    assert dangerous.itineraries[0].cost_eur - plain.itineraries[0].cost_eur == pytest.approx(2.5)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"closed": closures_of(["suez", "cape"])}, "closed: Suez Canal, Cape of Good Hope"),
        ({"law": lambda *_: Permission(False, "Everything is forbidden.")}, "Everything is forbidden."),
        (
            {"services": (Service("sea", "B", "C", frozenset({4}), time(18), last_on=date(2026, 1, 1)),)},
            "calendar",
        ),
        (
            {
                "law": lambda mode, *_: Permission(mode != "road", "No roads."),
                "closed": closures_of(["suez", "cape"]),
            },
            "No roads.",
        ),
    ],
)
def test_what_cuts_a_place_off_is_named(more, words):
    found = ask(SEA_OR_ROAD[:4], **more)
    assert found.itineraries == ()
    assert found.findings[0].code == "itinerary-unreachable"
    assert words in found.findings[0].message


def test_a_place_that_nothing_reaches_is_named():
    assert "reaches Place D" in ask([leg("A", "B")]).findings[0].message
    assert "reaches Place A" in ask([leg("B", "D")]).findings[0].message
    assert "no chain of terminals" in ask([leg("A", "B"), leg("C", "D")]).findings[0].message


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"mass_kg": 0.0}, "itinerary-mass"),
        ({"mass_kg": float("nan")}, "itinerary-mass"),
        ({"k": 0}, "itinerary-alternatives"),
        ({"stop": "A"}, "itinerary-same-place"),
    ],
)
def test_questions_that_cannot_be_are_refused(more, code):
    with pytest.raises(InputError) as error:
        ask([], **more)
    assert error.value.code == code
