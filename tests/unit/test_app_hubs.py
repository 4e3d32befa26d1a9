"""A battery is offered the depots that may take it, the cheapest first, or hears why there is none."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from voltloop.app.hubs import Hub, choose_hubs

NEAR = Hub("near", "DE", 1, 1, takes_damaged=False, reach_h=9.0)
FAR = Hub("far", "DE", 2, 2, takes_damaged=True, reach_h=9.0)
ABROAD = Hub("abroad", "PL", 3, 3, takes_damaged=True, reach_h=9.0)
KM = np.array([[0, 50, 60, 20, 400], [50, 0, 30, 60, 350], [60, 30, 0, 70, 340], [20, 60, 70, 0, 330], [400, 350, 340, 330, 0]], float)  # fmt: skip  # noqa: E501


def _item(row: int, **facts: Any) -> dict[str, Any]:
    return {
        "row": row, "point_id": "P", "place": 0, "country": "DE", "destination_id": "plant", "destination_column": 4,
        "destination_country": "DE", "is_waste": True, "waste_code": "16 06 07*", "is_damaged": False, "mass_kg": 300.0,
    } | facts  # fmt: skip


def _choose(
    *items: dict[str, Any], hubs: tuple[Hub, ...] = (NEAR, FAR, ABROAD), km: np.ndarray = KM
) -> list[Any]:
    found = choose_hubs(
        pl.DataFrame(list(items)),
        list(hubs),
        km=km,
        hours=km / 60,
        back_h=km.T / 60,
        collect_eur_per_kg_km=0.0004,
        onward_eur_per_kg_km=0.0002,
        may_move=lambda start, end, _code, is_waste, _site: start == end or not is_waste,
    )
    return [(row["depots"], row["why_not"]) for row in found.iter_rows(named=True)]


def test_the_cheapest_way_comes_first_and_waste_stays_in_the_country() -> None:
    """The depot abroad is nearer, but waste may not go there."""
    assert _choose(_item(1)) == [(["near", "far"], None)]
    assert _choose(_item(1, is_waste=False))[0][0][0] == "abroad"


def test_a_point_goes_by_the_depots_that_suit_all_its_batteries() -> None:
    """One damaged pack: the whole point goes where damaged goods are taken, so that one vehicle fetches it."""
    assert [depots for depots, _ in _choose(_item(1), _item(2, is_damaged=True))] == [["far"], ["far"]]


def test_what_no_common_depot_takes_goes_by_itself() -> None:
    """Without a common depot the sound ones still go, and the damaged one hears why not."""
    sound, damaged = _choose(_item(1), _item(2, is_damaged=True), hubs=(NEAR,))
    assert sound == (["near"], None)
    assert damaged[0] == []
    assert "accepts damaged" in damaged[1]


def test_reasons_name_the_law_the_distance_and_the_sea() -> None:
    """Each reason names what would have to change."""
    assert "consent" in _choose(_item(1), hubs=(ABROAD,))[0][1]
    assert "20.0 h of driving, and 9.0 h are allowed" in _choose(_item(1), km=KM * 30)[0][1]
    assert "No road leads" in _choose(_item(1), km=np.full_like(KM, np.inf))[0][1]


def test_every_battery_gets_an_answer() -> None:
    """Rows come back in their order, each once."""
    found = _choose(*(_item(number, point_id=f"P{number % 3}") for number in range(7)))
    assert len(found) == 7
