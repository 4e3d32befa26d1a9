"""Whatever goes into a recycling process comes out of it: as product or as loss."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltloop.economics import FEEDS, METALS, PROCESSES, feed_materials, process_balance
from voltloop.errors import InputError

CHEMISTRIES = ("NMC111", "NMC532", "NMC622", "NMC811", "NCA", "LFP", "LMO", "LCO")
MATERIALS = tuple(feed_materials("NMC622", "pack"))
masses = st.dictionaries(st.sampled_from((*MATERIALS, "unobtainium")), st.floats(0, 1e6), min_size=1)


@given(st.sampled_from(CHEMISTRIES), st.sampled_from(FEEDS), st.sampled_from(PROCESSES), st.floats(1e-6, 1e9))
def test_known_feeds_close_in_mass_and_in_every_metal(
    chemistry: str, feed: str, process: str, kilograms: float
) -> None:
    one = feed_materials(chemistry, feed)
    assert sum(one.values()) == pytest.approx(1.0, rel=1e-12)
    found = process_balance({name: kilograms * share for name, share in one.items()}, process)
    out = sum(found.products_kg.values()) + sum(found.lost_kg.values())
    assert out == pytest.approx(found.feed_kg + found.added_kg, rel=1e-9)
    assert found.feed_kg == pytest.approx(kilograms, rel=1e-9)
    for metal in METALS:
        held = found.recovered_kg.get(metal, 0.0) + found.lost_kg[metal]
        assert held == pytest.approx(found.materials_kg[metal], rel=1e-9, abs=1e-300)
    assert all(mass >= 0 for mass in (*found.products_kg.values(), *found.lost_kg.values()))
    assert 0 <= found.recovered_share <= 1


@given(masses, st.sampled_from(PROCESSES), st.data())
def test_any_feed_and_any_recovery_close(feed: dict[str, float], process: str, data: st.DataObject) -> None:
    usual = process_balance(feed, process)
    own = {
        material: data.draw(st.floats(0, 1))
        for material in data.draw(st.lists(st.sampled_from(sorted(usual.recovered_kg)), unique=True))
    }
    found = process_balance(feed, process, recovery=own)
    out = sum(found.recovered_kg.values()) + sum(found.lost_kg.values())
    assert out == pytest.approx(sum(feed.values()), rel=1e-9)
    assert min(found.lost_kg.values()) >= 0
    for material, share in own.items():
        assert found.recovered_kg[material] == pytest.approx(feed.get(material, 0.0) * share)


@given(st.sampled_from(PROCESSES), st.floats(max_value=-1e-9) | st.floats(1.0 + 1e-9) | st.just(float("nan")))
def test_shares_that_cannot_be_are_refused(process: str, share: float) -> None:
    with pytest.raises(InputError, match="copper") as error:
        process_balance({"copper": 1.0}, process, recovery={"copper": share})
    assert error.value.code == "economics-share"


def test_a_recovery_of_what_a_process_does_not_make_is_refused() -> None:
    with pytest.raises(InputError, match="lithium") as error:
        process_balance({"lithium": 1.0}, "pyro", recovery={"lithium": 0.5})
    assert error.value.code == "economics-recovery"
