"""Itineraries over the real networks of sea and rail; roads are straight lines times a factor, which is quick."""

import csv
import json
from datetime import date

import pytest

from voltloop.app.itinerary import Asked, facts_of, find_itineraries, law_of_goods, place_of
from voltloop.app.tables import json_bytes
from voltloop.compliance import load_rulebook
from voltloop.errors import InputError
from voltloop.transport import GreatCircle

DAY = date(2026, 12, 1)
SOUND = (
    "chemistry=li_ion form=battery unit_kind=battery state=used energy_wh=50000 un38_3_tested package_net_kg=400 "
    "soc_percent=25"
)
DAMAGED = "chemistry=li_ion form=battery state=damaged"


@pytest.fixture(scope="module")
def find(tmp_path_factory):
    cache = tmp_path_factory.mktemp("networks")

    def ask(start, stop, goods="", on=DAY, **more):
        return find_itineraries(Asked(start, stop, on, goods, **more), cache, road=GreatCircle())

    return ask


def legs_of(found):
    return [taken for one in found.search.itineraries for taken in one.legs]


def modes_of(found):
    return {taken.leg.mode for taken in legs_of(found)}


def test_damaged_packs_never_fly_and_sound_ones_within_the_limits_do(find):
    """The law's own verdict on the day decides, leg by leg."""
    free, damaged = find("FRA", "ICN", k=20), find("FRA", "ICN", DAMAGED, k=20)
    assert "air" in modes_of(free)
    assert "air" not in modes_of(damaged)
    assert any("air: forbidden" in one.message for one in damaged.search.findings)
    assert all(taken.permission.is_allowed for taken in legs_of(damaged))


def test_a_missing_fact_bars_the_mode_and_is_named(find):
    found = find(
        "FRA",
        "ORD",
        "chemistry=li_ion form=battery unit_kind=battery state=used energy_wh=50000 un38_3_tested",
    )
    assert "air" not in modes_of(found)
    assert any("missing: package_net_kg, soc" in one.message for one in found.search.findings)


def test_every_leg_carries_the_edition_of_its_day(find):
    """A ship of December arrives in 2027; the law of either day must allow it, and the day of departure is told."""
    found = find("Shanghai", "Rotterdam", SOUND)
    ship = next(taken for taken in legs_of(found) if taken.leg.mode == "sea" and taken.stop.id == "NLRTM")
    assert "IMDG-42-24" in ship.permission.said
    assert ship.permission.is_decided
    rail = next(taken for taken in legs_of(found) if taken.leg.mode == "rail")
    assert not rail.permission.is_decided
    assert "no law of the rulebook covers rail from CN" in rail.permission.said


def test_large_ships_go_round_the_cape_when_suez_is_closed(find):
    found = find("Shanghai", "Rotterdam", closed=["suez"], k=30)
    large = [taken.leg for taken in legs_of(found) if taken.leg.vehicle == "container_large"]
    assert any(leg.stop == "NLRTM" and "cape" in leg.passages and 25_000 < leg.km < 26_300 for leg in large)
    assert not any("panama" in leg.passages for leg in large)
    assert not any("suez" in leg.passages for taken in legs_of(found) for leg in [taken.leg])


def test_a_closure_counts_on_its_days_only(find):
    shut = find("Singapore", "Rotterdam", closed=["suez:2026-12-01:2027-01-15"], k=30)
    later = find("Singapore", "Rotterdam", on=date(2027, 2, 1), closed=["suez:2026-12-01:2027-01-15"], k=30)
    assert not any("suez" in taken.leg.passages for taken in legs_of(shut))
    assert any("suez" in taken.leg.passages for taken in legs_of(later))


def test_islands_are_reached_by_ferry_and_sea(find):
    found = find("41.9,12.5", "35.9,14.45", k=30)
    ferries = [taken.leg for taken in legs_of(found) if taken.leg.mode == "ferry"]
    assert any("VALLETTA" in {leg.start, leg.stop} for leg in ferries)
    assert "ferry" in modes_of(find("52.52,13.40", "57.63,18.30"))


def test_an_atoll_is_unreachable_and_said_so(find):
    found = find("Rotterdam", "-24.37,-128.32")
    assert found.search.itineraries == ()
    assert [one.code for one in found.search.findings] == ["itinerary-unreachable"]
    assert "reaches -24.37,-128.32" in found.search.findings[0].message


def test_hormuz_closed_leaves_the_ports_inside_to_the_roads(find):
    found = find("Dammam", "Singapore", closed=["hormuz"], k=30)
    assert found.search.itineraries
    assert not any("hormuz" in taken.leg.passages for taken in legs_of(found))
    cut = find("Dammam", "Singapore", closed=["hormuz", "SADMM"])
    assert "closed: " in cut.search.findings[0].message


def test_a_calendar_of_the_user_is_kept_to(find, tmp_path):
    file = tmp_path / "calendar.csv"
    with file.open("w", newline="") as handle:
        rows = csv.writer(handle)
        rows.writerow(["mode", "from", "to", "days", "departs", "cut_off_h", "transit_h", "vehicle"])
        rows.writerow(["sea", "CNSHA", "NLRTM", "fri", "18:00", "24", "800", "container_large"])
    found = find("Shanghai", "Rotterdam", calendar=file, k=30)
    ships = [
        taken
        for taken in legs_of(found)
        if (taken.leg.start, taken.leg.stop) == ("CNSHA", "NLRTM") and taken.leg.mode == "sea"
    ]
    assert ships
    assert {str(taken.departs_at) for taken in ships} == {"2026-12-04 18:00:00+00:00"}
    assert all(taken.is_scheduled for taken in ships)


def test_the_document_is_json_with_boundary_factors_and_sums(find):
    document = json.loads(json_bytes(find("Hamburg", "Genoa", SOUND, mass_kg=2000.0).document()))
    assert document["schema"] == "itinerary/1"
    assert "ISO 14083" in document["emissions"]["boundary"]
    assert "DEFRA" in document["emissions"]["factors"]
    for one in document["itineraries"]:
        assert sum(leg["cost_eur"] + leg["transfer_cost_eur"] for leg in one["legs"]) == pytest.approx(
            one["cost_eur"], abs=0.1
        )
        assert all(leg["law"] for leg in one["legs"])


def test_road_rail_and_law_by_country():
    law = law_of_goods(facts_of(SOUND, load_rulebook(), DAY), load_rulebook())
    assert "ADR-2025" in law("road", "DE", "PL", DAY).said
    assert "49CFR" in law("road", "US", "US", DAY).said
    assert "RID-2025" in law("rail", "DE", "IT", DAY).said
    assert "ADR-2025" in law("tunnel", "FR", "GB", DAY).said
    assert "IMDG" in law("ferry", "SE", "SE", DAY).said
    assert not law("rail", "US", "US", DAY).is_decided
    assert not law("air", "DE", "US", date(2029, 1, 1)).is_allowed


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("NLRTM", "NLRTM"),
        ("rotterdam", "NLRTM"),
        ("fra", "AIR-FRA"),
        ("AIR-FRA", "AIR-FRA"),
        (" Dover ", "GBDVR"),
    ],
)
def test_places_are_known_by_id_code_and_name(word, name):
    assert place_of(word).id == name


@pytest.mark.parametrize(
    ("start", "code", "words"),
    [
        ("Roterdam", "unknown-place", "Did you mean Rotterdam"),
        ("Franfurt", "unknown-place", "Frankfurt"),
        ("", "unknown-place", "latitude,longitude"),
        ("91,0", "coordinates-out-of-range", "swapped"),
        ("45,-40", "place-at-sea", "swapped"),
    ],
)
def test_places_that_cannot_be_are_refused(start, code, words):
    with pytest.raises(InputError, match=words) as error:
        place_of(start)
    assert error.value.code == code


@pytest.mark.parametrize(
    ("goods", "code"),
    [
        ("chemistry=li_ionn", "goods-fact"),
        ("chemistyr=li_ion", "unknown-fact"),
        ("state=used state=damaged", "fact-twice"),
        ("energy_wh=lots", "goods-fact"),
    ],
)
def test_goods_that_cannot_be_are_refused(find, goods, code):
    with pytest.raises(InputError) as error:
        find("Hamburg", "Genoa", goods)
    assert error.value.code == code


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"closed": ["suezz"]}, "unknown-passage"),
        ({"goods": SOUND, "on": date(2035, 1, 1)}, "date-outside-editions"),
        ({"mass_kg": -1.0}, "itinerary-mass"),
        ({"k": 0}, "itinerary-alternatives"),
    ],
)
def test_questions_that_cannot_be_are_refused(find, more, code):
    with pytest.raises(InputError) as error:
        find("Hamburg", "Genoa", **more)
    assert error.value.code == code


def test_a_calendar_that_is_not_there_is_said(find, tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        find("Hamburg", "Genoa", calendar=tmp_path / "none.csv")
