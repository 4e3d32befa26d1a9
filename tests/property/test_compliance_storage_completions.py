"""What the check of a store says of incomplete facts holds for every way of completing them."""

from __future__ import annotations

from itertools import product
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store_cases import ON, area, checked, lot, table
from voltloop.compliance import StoreArea

LOT_FACTS: dict[str, tuple[Any, ...]] = {
    "state": ("used", "damaged", "new"),
    "energy_wh": (90.0, 400.0),
    "mass_kg": (0.5, 20.0),
    "chemistry": ("li_ion", "lead_acid_vrla"),
    "is_waste": (False, True),
}
AREA_FACTS: dict[str, tuple[Any, ...]] = {
    "area_kind": ("indoor", "quarantine"),
    "distance_m": (1.0, 6.0),
    "fire_rating_min": (0.0, 120.0),
    "detection": (False, True),
    "insurer_agreed": (False, True),
    "permit": (False, True),
}
SLOW = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])


def _verdict(country: str, place: dict[str, Any], goods: dict[str, Any]) -> str:
    fixed = {"placement": "indoor"} if place["area_kind"] == "quarantine" else {}
    return checked([area(country, **fixed, **place)], [lot(quantity=500, **goods)]).verdict


@SLOW
@given(st.data())
def test_a_verdict_holds_for_every_completion(data: st.DataObject) -> None:
    """Up to two facts are left out: allowed or forbidden must then be the verdict of each completion."""
    country = data.draw(st.sampled_from(["DE", "US", "FR"]))
    goods = {name: data.draw(st.sampled_from(values)) for name, values in LOT_FACTS.items()}
    place = {name: data.draw(st.sampled_from(values)) for name, values in AREA_FACTS.items()}
    names = [*LOT_FACTS, *AREA_FACTS]
    hidden = data.draw(st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True))
    blank = _verdict(
        country,
        {name: None if name in hidden else value for name, value in place.items()},
        {name: None if name in hidden else value for name, value in goods.items()},
    )
    if blank == "undecided":
        return
    for values in product(*({**LOT_FACTS, **AREA_FACTS}[name] for name in hidden)):
        known = dict(zip(hidden, values, strict=True))
        full = _verdict(
            country,
            {name: known.get(name, value) for name, value in place.items()},
            {name: known.get(name, value) for name, value in goods.items()},
        )
        assert full == blank, (country, known)


@SLOW
@given(
    st.lists(st.integers(1, 400), min_size=1, max_size=6),
    st.sampled_from([{"own_energy_kwh": 8.0}, {"own_volume_m3": 0.2}, {"own_mass_kg": 90.0}]),
)
def test_more_goods_never_come_back_under_a_limit(counts: list[int], limit: dict[str, float]) -> None:
    seen: list[bool] = []
    for upto in range(1, len(counts) + 1):
        lots = [lot(str(at), quantity=count) for at, count in enumerate(counts[:upto])]
        seen.append(checked([area("DE", **limit)], lots).verdict == "forbidden")
    assert seen == sorted(seen)


@SLOW
@given(st.data())
def test_what_fits_is_what_the_check_allows(data: st.DataObject) -> None:
    """One lot after another: while all is allowed, a lot fits exactly when the store with it is still allowed."""
    country = data.draw(st.sampled_from(["DE", "US", "FR"]))
    place = {name: data.draw(st.sampled_from((*values, None))) for name, values in AREA_FACTS.items()}
    place |= data.draw(
        st.sampled_from([{}, {"own_energy_kwh": 60.0}, {"own_mass_kg": 500.0}, {"own_volume_m3": 0.6}])
    )
    place |= {"placement": "indoor"}
    room = StoreArea(table([area(country, **place)]), table([]), "A", ON)
    stock: list[dict[str, Any]] = []
    for at in range(data.draw(st.integers(1, 3))):
        facts = {name: data.draw(st.sampled_from(values)) for name, values in LOT_FACTS.items()}
        new = lot(str(at), quantity=data.draw(st.sampled_from([1, 150, 400])), **facts)
        fits = room.fits(new).verdict
        stock.append(new)
        verdict = checked([area(country, **place)], stock).verdict
        assert (fits == "yes") == (verdict == "allowed"), (fits, verdict)
        if verdict != "allowed":
            return
        room.add(new)


@SLOW
@given(st.lists(st.sampled_from(["fine", "negative", "nowhere", "twice"]), max_size=8))
def test_no_lot_is_lost(kinds: list[str]) -> None:
    """Lots in are lots checked and lots rejected, whatever they hold."""
    bad: dict[str, dict[str, Any]] = {"fine": {}, "negative": {"mass_kg": -1}, "nowhere": {"area_id": "Z"}}
    lots = [lot("same") if kind == "twice" else lot(str(at), **bad[kind]) for at, kind in enumerate(kinds)]
    result = checked([area("DE")], lots)
    outcomes = result.lots["outcome"].to_list()
    assert len(outcomes) == len(kinds)
    spare = max(0, kinds.count("twice") - 1)
    assert outcomes.count("rejected") == kinds.count("negative") + kinds.count("nowhere") + spare
    assert result.lots.filter(outcome="rejected")["reason"].null_count() == 0
