"""The sentences: whole numbers, right verbs, nothing invented."""

from __future__ import annotations

import polars as pl
import pytest

from voltloop.treatment.words import add_reasons, held_reasons


def row(**facts: object) -> pl.DataFrame:
    base = {
        "row": 1, "treatment": "second_life", "site_name": "Łódź Store", "label": "second-life integrator",
        "distance_km": 411.6, "is_estimated": False, "say": "{chemistry} at {soh} state of health, {condition}",
        "chemistry": "NMC", "soh": 0.745, "soh_words": None, "condition": "ok", "net_value_eur": 1234.5,
        "freight_eur": 12.2, "co2e_kg": -210.4, "score": 100.0, "other_treatment": "recycle", "other_site": "Shred",
        "other_score": 88.0,
        "held_reason": None,
        "flip": None,
    }  # fmt: skip
    numbers = dict.fromkeys(("soh", "other_score", "distance_km", "freight_eur"), pl.Float64)
    words = dict.fromkeys(("site_name", "other_treatment", "other_site", "held_reason", "flip"), pl.String)
    return pl.DataFrame([base | facts], schema_overrides=numbers | words)


def sentence(**facts: object) -> str:
    return str(add_reasons(row(**facts))["reason"][0])


def test_the_whole_sentence() -> None:
    assert sentence() == (
        "Given a second life at Łódź Store (second-life integrator, 412 km): NMC at 74 % state of health, ok; "
        "net 1234 EUR, freight about 12 EUR, saves 210 kg CO2e; runner-up: recycling at Shred, 12 EUR less."
    )


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"co2e_kg": 33.0}, "emits 33 kg CO2e"),
        ({"co2e_kg": 0.2}, "no carbon to speak of"),
        ({"soh": None}, "NMC at unknown state of health"),
        ({"soh_words": "84 % (made 2019)"}, "NMC at 84 % (made 2019) state of health"),
        ({"chemistry": "unknown"}, "unknown chemistry at"),
        ({"other_score": 150.0}, "recycling at Shred, 50 EUR more but full in this plan"),
        ({"other_treatment": None, "other_site": None, "other_score": None}, "nothing else is open to it."),
        ({"is_estimated": True}, "about 412 km"),
        ({"treatment": "reuse"}, "Tested and resold whole by Łódź Store"),
        ({"treatment": "remanufacture"}, "Remanufactured at Łódź Store"),
        ({"treatment": "quarantine"}, "Kept under watch and inspected at Łódź Store"),
        (
            {"site_name": None, "distance_km": None, "freight_eur": None},
            "Meant for a second life: NMC at 74 %",
        ),
    ],
)
def test_variants(facts: dict[str, object], words: str) -> None:
    assert words in sentence(**facts)


def held(**facts: object) -> str:
    base = {
        "condition": "damaged", "chemistry": "NiMH", "form": "pack", "manufacturer": "Toyota", "model": None,
        "fitting": 2, "reachable": 1, "legal": 0, "open_treatments": "recycle;quarantine", "point": "Valletta Garage",
        "country_name": "Malta", "is_waste": True, "refused_site": "SNAM", "refused_country": "France",
        "refused_km": 2011.4, "refused_why": "waste from MT to FR needs a consent.", "mass_kg": 41.0,
    }  # fmt: skip
    words = dict.fromkeys(
        ("manufacturer", "model", "point", "country_name", "refused_country", "refused_why"), pl.String
    )
    return str(held_reasons(pl.DataFrame([base | facts], schema_overrides=words), horizon_days=5)[0])


def test_each_cause_of_waiting_has_its_sentence() -> None:
    assert held() == (
        "No site within legal reach takes waste damaged NiMH packs (Toyota) from Malta: the nearest, SNAM in France "
        "(2011 km), may not get it: waste from MT to FR needs a consent."
    )
    nobody = held(fitting=0)
    assert nobody.startswith(
        "No operating site of the network is known to take damaged NiMH packs (Toyota) for recycl"
    )
    assert nobody.endswith("write what it takes and accepts_damaged = yes in sites.csv.")
    assert held(fitting=0, condition="ok").endswith("Ask one that may, and write what it takes in sites.csv.")
    assert held(reachable=0).startswith(
        "2 site(s) would take damaged NiMH packs (Toyota), but no road leads there from Valletta Garage."
    )
    assert held(legal=3).startswith(
        "All 3 offers open to it are full for the next 5 day(s): 41 kg find no room."
    )


def test_what_is_not_known_is_not_invented() -> None:
    found = held(
        manufacturer=None, country_name=None, refused_country=None, refused_why=None, condition="unknown"
    )
    assert "uninspected NiMH packs from an unknown country" in found
    assert "the lane is not open to it." in found
