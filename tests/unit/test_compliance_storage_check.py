"""The check of a store: both sides of every limit, alternatives, exceptions, and what silence gives."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from store_cases import area, checked, codes, lot
from voltloop.errors import InputError

EXCEEDED = ("store-limit-exceeded", "store-insurer-limit", "store-practice-limit", "store-advice",
            "store-time-exceeded", "store-time-advice", "store-goods-misplaced", "store-unconfirmed")  # fmt: skip


def faults(areas: dict[str, Any] | list[dict[str, Any]], *lots: dict[str, Any], rule: str) -> list[str]:
    """Codes of the faults that a store has by a rule."""
    result = checked(areas if isinstance(areas, list) else [areas], list(lots))
    return [code for code in codes(result, rule) if code in EXCEEDED]


LIMITED = {"fire_rating_min": 0, "technical_report": False, "explosion_control": False}
"""No storage area of the IFC: only the limited storage in containers is left."""


@pytest.mark.parametrize(
    ("changes", "lots", "code"),
    [
        ({}, {"quantity": 420}, None),
        ({}, {"quantity": 421}, "store-limit-exceeded"),
        ({"container_m3": 0.21}, {}, None),
        ({"container_m3": 0.22}, {}, "store-limit-exceeded"),
        ({"group_distance_m": 0.914}, {}, None),
        ({"group_distance_m": 0.91}, {}, "store-limit-exceeded"),
        ({"distance_m": 0.914}, {}, None),
        ({"distance_m": 0.91}, {}, "store-limit-exceeded"),
        ({"containers": "open_noncombustible"}, {}, None),
        ({"containers": "other"}, {}, "store-limit-exceeded"),
    ],
)
def test_limited_storage_indoors(changes: dict[str, Any], lots: dict[str, Any], code: str | None) -> None:
    """IFC 320.4.1: 15 cubic feet in containers of 7.5, 3 feet apart and from combustibles; all limits included."""
    found = faults(area("US", **LIMITED, **changes), lot(**lots), rule="IFC.320.indoor")
    assert found == ([code] if code else [])


@pytest.mark.parametrize(
    ("changes", "holds"),
    [
        ({"fire_rating_min": 120}, True),
        ({"fire_rating_min": 119}, False),
        ({"detection": False}, False),
        ({"suppression": False}, False),
        ({"explosion_control": False}, False),
        ({"technical_report": False}, False),
    ],
)
def test_a_storage_area_indoors_has_no_limit_of_volume(changes: dict[str, Any], holds: bool) -> None:
    """IFC 320.4.2: 2 h barriers, report, detection, sprinklers and explosion control, all of them."""
    found = faults(area("US", **changes), lot(quantity=5000), rule="IFC.320.indoor")
    assert found == ([] if holds else ["store-limit-exceeded"])


@pytest.mark.parametrize(
    ("soc", "plan", "found"),
    [(0.30, True, []), (0.301, True, ["store-limit-exceeded"]), (0.30, False, ["store-limit-exceeded"])],
)
def test_little_charge_lightens_a_storage_area(soc: float, plan: bool, found: list[str]) -> None:
    """IFC 320.4.2.6: at most 30 % of charge under an approved procedure, in place of barriers and report."""
    place = area("US", **LIMITED, soc_plan=plan)
    assert faults(place, lot(quantity=5000, soc=soc), rule="IFC.320.indoor") == found


@pytest.mark.parametrize(("quantity", "permit", "found"), [
    (420, False, []), (421, False, ["store-limit-exceeded"]), (421, True, []), (421, None, []),
])  # fmt: skip
def test_the_permit_of_a_site(quantity: int, permit: bool | None, found: list[str]) -> None:
    """IFC 320.2: more than 15 cubic feet need a permit; silence is open, never a permit."""
    result = checked([area("US", permit=permit)], [lot(quantity=quantity)])
    assert [code for code in codes(result, "IFC.320.permit") if code in EXCEEDED] == found
    is_open = "permit" in ";".join(result.findings["missing"].drop_nulls().to_list()).split("; ")
    assert is_open == (permit is None and quantity > 420)


def test_a_finding_about_a_site_concerns_the_areas_that_it_is_about() -> None:
    """Lead batteries in another area of the site are none of the permit's business."""
    two = [area("US", permit=False), area("US", area_id="B", permit=False)]
    result = checked(two, [lot("1", quantity=421), lot("2", area_id="B", chemistry="lead_acid_vrla")])
    assert dict(result.areas.select("area_id", "verdict").iter_rows()) == {"A": "forbidden", "B": "undecided"}


def test_only_what_nobody_stated_is_asked_for() -> None:
    """Facts that are stated are not asked for again because the state of a lot is open."""
    result = checked([area("FR", area_kind="quarantine", placement="indoor")], [lot(state=None)])
    assert result.findings.filter(code="store-fact-missing")["missing"].to_list() == ["state"]
    permit = checked([area("US", permit=None)], [lot(quantity=300), lot("2", volume_m3=None)])
    row = permit.findings.filter(pl.col("area_id").is_null() & (pl.col("code") == "store-fact-missing"))
    assert row["missing"].to_list() == ["volume_m3; permit"]


@pytest.mark.parametrize(
    ("word", "is_yes"), [("1.0", True), ("true", True), ("Y", True), ("0.0", False), ("No", False)]
)
def test_yes_and_no_in_many_words(word: str, is_yes: bool) -> None:
    found = faults(
        area("DE", fire_rating_min=0, distance_m=1, suppression=word), lot(), rule="VDS.low.distance"
    )
    assert found == ([] if is_yes else ["store-insurer-limit"])


def test_the_permit_counts_all_areas_of_a_site() -> None:
    two = [area("US", permit=False), area("US", area_id="B", permit=False)]
    halves = [lot("1", quantity=300), lot("2", area_id="B", quantity=300)]
    assert faults(two, *halves, rule="IFC.320.permit") == ["store-limit-exceeded"]
    apart = [two[0], {**two[1], "site_id": "T"}]
    assert faults(apart, *halves, rule="IFC.320.permit") == []


@pytest.mark.parametrize(
    ("changes", "is_exempt"),
    [
        ({"form": "contained_in", "state": "new"}, True),
        ({"form": "contained_in", "state": "refurbished"}, True),
        ({"form": "contained_in", "state": "used"}, False),
        ({"form": "vehicle", "state": "new"}, True),
        ({"form": "packed_with", "state": "new"}, True),
        ({"form": "packed_with", "state": "waste", "is_waste": True}, False),
        ({"retail_pack": True, "energy_wh": 300.0}, True),
        ({"retail_pack": True, "energy_wh": 300.1}, False),
        ({"retail_pack": False, "energy_wh": 50.0}, False),
        ({"retail_pack": True, "chemistry": "li_metal", "lithium_g": 25.0}, True),
        ({"retail_pack": True, "chemistry": "li_metal", "lithium_g": 25.1}, False),
        ({"activity": "manufacturing"}, True),
        ({"activity": "vehicle_repair"}, True),
        ({"activity": "storage"}, False),
        ({"form": "alone", "state": "new"}, False),
    ],
)
def test_what_the_fire_code_exempts(changes: dict[str, Any], is_exempt: bool) -> None:
    """IFC 320.1: what is exempt counts neither for the permit nor for the storage area."""
    place = area("US", **LIMITED, permit=False)
    result = checked([place], [lot(quantity=5000, **changes)])
    assert (codes(result, "IFC.320.permit") == []) == is_exempt
    assert (codes(result, "IFC.320.indoor") == []) == is_exempt
    assert (result.lots["exempt_from"][0] == "IFC") == is_exempt
    assert (result.verdict == "allowed") == is_exempt


def test_an_exemption_that_hangs_on_a_missing_fact_is_open() -> None:
    place = area("US", **LIMITED, permit=False)
    result = checked([place], [lot(quantity=5000, retail_pack=True, energy_wh=None)])
    assert [code for code in codes(result, "IFC.320.indoor") if code in EXCEEDED] == []
    missing = result.findings.filter(code="store-fact-missing")["missing"].to_list()
    assert all("energy_wh" in text for text in missing)
    assert missing
    assert result.verdict == "undecided"


@pytest.mark.parametrize(
    ("changes", "lots", "rule", "found"),
    [
        ({}, {"energy_wh": 100.0, "quantity": 6000}, "NFPA855.ess.energy", []),
        ({}, {"energy_wh": 100.0, "quantity": 6001}, "NFPA855.ess.energy", ["store-limit-exceeded"]),
        ({"large_scale_fire_test": True}, {"energy_wh": 100.0, "quantity": 6001}, "NFPA855.ess.energy",
         ["store-unconfirmed"]),
        ({}, {"energy_wh": 50000.0}, "NFPA855.ess.group", []),
        ({}, {"energy_wh": 50001.0}, "NFPA855.ess.group", ["store-limit-exceeded"]),
        ({"large_scale_fire_test": True}, {"energy_wh": 50001.0}, "NFPA855.ess.group", []),
        ({"group_distance_m": 0.914}, {}, "NFPA855.ess.spacing", []),
        ({"group_distance_m": 0.9}, {}, "NFPA855.ess.spacing", ["store-limit-exceeded"]),
        ({"group_distance_m": 0.9, "large_scale_fire_test": True}, {}, "NFPA855.ess.spacing", []),
        ({"area_kind": "indoor"}, {"energy_wh": 50001.0, "quantity": 20}, "NFPA855", []),
        ({}, {"energy_wh": 50001.0, "quantity": 20, "chemistry": "lead_acid_vrla"}, "NFPA855", []),
    ],
)  # fmt: skip
def test_energy_storage_systems(
    changes: dict[str, Any], lots: dict[str, Any], rule: str, found: list[str]
) -> None:
    """NFPA 855: 600 kWh in a fire area, 50 kWh in a group, 3 feet between groups; a fire test lifts the last two."""
    place = area("US", **{"area_kind": "ess", "placement": "indoor", **changes})
    assert faults(place, lot(group_id="g", **{"mass_kg": 100.0, **lots}), rule=rule) == found


def test_groups_are_added_up_by_name() -> None:
    place = area("US", area_kind="ess", placement="indoor")
    two = [lot("1", energy_wh=30_000.0, group_id="g"), lot("2", energy_wh=30_000.0, group_id="h")]
    assert faults(place, *two, rule="NFPA855.ess.group") == []
    assert faults(place, *[{**one, "group_id": "g"} for one in two], rule="NFPA855.ess.group") == [
        "store-limit-exceeded"
    ]
    open_ = checked([place], [{**one, "group_id": None} for one in two])
    assert codes(open_, "NFPA855.groups") == ["store-fact-missing"]
    assert "group_id" in open_.findings.filter(code="store-fact-missing")["missing"][0]


@pytest.mark.parametrize(
    ("changes", "lots", "rule", "holds"),
    [
        ({"distance_m": 5.0}, {}, "VDS.low.distance", True),
        ({"distance_m": 2.49}, {}, "VDS.low.distance", False),
        ({"distance_m": 1, "fire_rating_min": 90}, {}, "VDS.low.distance", True),
        ({"distance_m": 1, "fire_rating_min": 89}, {}, "VDS.low.distance", False),
        ({"distance_m": 1, "suppression": True}, {}, "VDS.low.distance", True),
        ({}, {"quantity": 7000}, "VDS.low.amount", True),
        ({"detection": False}, {"quantity": 7001}, "VDS.low.amount", False),
        ({"distance_m": 5, "detection": True}, {"quantity": 7001}, "VDS.low.amount", True),
        ({"distance_m": 4.9, "detection": True}, {"quantity": 7001}, "VDS.low.amount", False),
        ({"distance_m": 5}, {"energy_wh": 101}, "VDS.medium.distance", True),
        ({"distance_m": 4.99}, {"energy_wh": 101}, "VDS.medium.distance", False),
        ({"distance_m": 0, "fire_rating_min": 90}, {"energy_wh": 101}, "VDS.medium.distance", True),
        ({"distance_m": 0}, {"energy_wh": 100}, "VDS.medium", True),
        ({"detection": False}, {"energy_wh": 101}, "VDS.medium.detection", False),
        ({"suppression": False}, {"energy_wh": 101}, "VDS.medium.suppression", False),
        ({"suppression": True}, {"energy_wh": 101}, "VDS.medium.suppression", True),
        ({"area_m2": 60}, {"energy_wh": 101, "stack_height_m": 3}, "VDS.medium.size", True),
        ({"area_m2": 60.1}, {"energy_wh": 101}, "VDS.medium.size", False),
        ({}, {"energy_wh": 101, "stack_height_m": 3.01}, "VDS.medium.size", False),
        ({"insurer_agreed": True}, {"energy_wh": 101, "stack_height_m": 3.01}, "VDS.medium.size", True),
        ({"other_goods": True}, {"energy_wh": 101}, "VDS.medium.unmixed", False),
        ({"other_goods": True, "storage_concept": True}, {"energy_wh": 101}, "VDS.medium.unmixed", True),
        ({}, {"energy_wh": 101, "mass_kg": 12}, "VDS.high", True),
        ({}, {"energy_wh": 101, "mass_kg": 12.1}, "VDS.high", False),
        ({"insurer_agreed": True}, {"energy_wh": 101, "mass_kg": 12.1}, "VDS.high", True),
        ({}, {"energy_wh": 100, "mass_kg": 12.1}, "VDS.high", True),
        ({}, {"chemistry": "li_metal", "lithium_g": 2.0, "mass_kg": 20}, "VDS.high", True),
        ({}, {"chemistry": "li_metal", "lithium_g": 2.1, "mass_kg": 20}, "VDS.high", False),
        ({"distance_m": 0}, {"chemistry": "li_metal", "lithium_g": 2.1, "mass_kg": 12}, "VDS.medium.distance", False),
        ({}, {"chemistry": "lead_acid_vrla", "energy_wh": 1000, "mass_kg": 20}, "VDS", True),
    ],
)  # fmt: skip
def test_the_insurers_of_germany(
    changes: dict[str, Any], lots: dict[str, Any], rule: str, holds: bool
) -> None:
    """VdS 3103: three classes of power; both sides of every figure, and each alternative."""
    place = area(
        "DE", **{"fire_rating_min": 0, "suppression": False, "is_fire_compartment": False, **changes}
    )
    assert faults(place, lot(**lots), rule=rule) == ([] if holds else ["store-insurer-limit"])


@pytest.mark.parametrize(("distance", "verdict", "found"), [
    (2.4, "undecided", ["store-insurer-limit"]),
    (2.5, "undecided", ["store-unconfirmed"]),
    (4.9, "undecided", ["store-unconfirmed"]),
    (5.0, "allowed", []),
])  # fmt: skip
def test_a_distance_that_nobody_confirmed_allows_nothing_by_itself(
    distance: float, verdict: str, found: list[str]
) -> None:
    """VdS 3103: the 2.5 m for low power are of confidence C; at the 5 m of medium power they are not needed."""
    place = area("DE", fire_rating_min=0, suppression=False, distance_m=distance)
    assert faults(place, lot(), rule="VDS.low.distance") == found
    assert checked([place], [lot()]).verdict == verdict


@pytest.mark.parametrize("state", ["damaged", "suspect", "recalled", "critical", "defective"])
def test_damaged_goods_in_an_ordinary_area_are_forbidden(state: str) -> None:
    result = checked([area("DE")], [lot(state=state)])
    assert codes(result, "QUARANTINE.apart") == ["store-goods-misplaced"]
    assert result.verdict == "forbidden"
    assert result.areas["verdict"].to_list() == ["forbidden"]


def test_damaged_goods_in_quarantine_are_not_misplaced() -> None:
    result = checked([area("DE", area_kind="quarantine", placement="indoor")], [lot(state="damaged")])
    assert codes(result, "QUARANTINE.apart") == []
    assert result.verdict == "allowed"


def test_a_state_that_nobody_stated_is_never_sound() -> None:
    result = checked([area("DE")], [lot(state=None)])
    assert result.verdict == "undecided"
    row = result.findings.filter(code="store-fact-missing").row(0, named=True)
    assert "QUARANTINE.apart" in row["rule"]
    assert "state" in row["missing"].split("; ")
    assert "technical expert" in row["message"]


@pytest.mark.parametrize(("changes", "found"), [
    ({"distance_m": 5.0}, []),
    ({"distance_m": 4.9}, ["store-practice-limit"]),
    ({"distance_m": 4.9, "is_fire_compartment": True}, []),
    ({"distance_m": 9.9, "quarantine_distance_m": 10.0}, ["store-limit-exceeded"]),
    ({"distance_m": 3.0, "quarantine_distance_m": 3.0}, []),
])  # fmt: skip
def test_the_distance_of_quarantine(changes: dict[str, Any], found: list[str]) -> None:
    """5 m unless the site set its own figure, which then binds."""
    place = area(
        "FR", **{"area_kind": "quarantine", "placement": "outdoor", "is_fire_compartment": False, **changes}
    )
    assert faults(place, lot(state="damaged"), rule="QUARANTINE.distance") == found


@pytest.mark.parametrize(("changes", "found"), [
    ({"distance_m": 15.0}, []),
    ({"distance_m": 14.9}, ["store-advice"]),
    ({"distance_m": 14.9, "vehicle_distance_m": 15.0}, ["store-limit-exceeded"]),
])  # fmt: skip
def test_a_whole_vehicle_in_quarantine(changes: dict[str, Any], found: list[str]) -> None:
    """About 15 m is practice that nobody has confirmed: advice, until the site makes it its own."""
    place = area(
        "FR", area_kind="quarantine", placement="outdoor", **{"is_fire_compartment": False, **changes}
    )
    assert faults(place, lot(state="damaged", form="vehicle"), rule="QUARANTINE.vehicle") == found


@pytest.mark.parametrize(
    ("state", "since", "own", "found"),
    [
        ("damaged", "2026-11-21", {}, []),
        ("damaged", "2026-11-20", {}, ["store-time-advice"]),
        ("damaged", "2026-11-21", {"quarantine_days": 2}, ["store-time-exceeded"]),
        ("damaged", "2026-11-14", {"quarantine_days": 10}, []),
        ("critical", "2026-11-23", {}, []),
        ("critical", "2026-11-22", {}, ["store-time-advice"]),
        ("critical", "2026-11-22", {"critical_days": 1}, ["store-time-exceeded"]),
    ],
)
def test_the_time_in_quarantine(state: str, since: str, own: dict[str, Any], found: list[str]) -> None:
    """72 and 24 hours are practice; the site's own figure binds."""
    place = area("DE", area_kind="quarantine", placement="indoor", **own)
    assert faults(place, lot(state=state, since_on=since), rule="STORE.quarantine") == found


@pytest.mark.parametrize(
    ("country", "changes", "since", "found"),
    [
        ("DE", {}, "2023-11-25", []),
        ("DE", {}, "2023-11-24", ["store-time-exceeded"]),
        ("DE", {"for_disposal": True}, "2025-11-24", []),
        ("DE", {"for_disposal": True}, "2025-11-23", ["store-time-exceeded"]),
        ("US", {}, "2025-11-24", []),
        ("US", {}, "2025-11-23", ["store-time-exceeded"]),
        ("JP", {}, "2025-11-23", ["store-time-advice"]),
    ],
)
def test_the_time_of_waste(country: str, changes: dict[str, Any], since: str, found: list[str]) -> None:
    """Directive 1999/31/EC, Article 2(g): 3 years before recovery, 1 before disposal; 40 CFR 273: 1 year."""
    result = checked([area(country)], [lot(state="waste", is_waste=True, since_on=since, **changes)])
    assert [code for code in codes(result, "STORE.") if code in EXCEEDED] == found
    assert result.lots["leaves_by_on"][0] == date.fromisoformat(since) + (
        result.lots["leaves_by_on"][0] - result.lots["since_on"][0]
    )


def test_waste_without_a_date_is_open() -> None:
    result = checked([area("DE")], [lot(state="waste", is_waste=True, since_on=None)])
    assert "since_on" in result.findings.filter(code="store-fact-missing")["missing"][0].split("; ")
    assert result.verdict == "undecided"


@pytest.mark.parametrize(("mass", "epa_id", "found"), [
    (4999.9, False, []), (5000.0, False, ["store-limit-exceeded"]), (5000.0, True, []),
])  # fmt: skip
def test_a_large_handler_of_universal_waste(mass: float, epa_id: bool, found: list[str]) -> None:
    """40 CFR 273.9: a handler of 5000 kg and more is a large one; less than that is small."""
    heavy = lot(chemistry="lead_acid_vrla", state="waste", is_waste=True, mass_kg=mass)
    assert faults(area("US", epa_id=epa_id), heavy, rule="UW.large_handler") == found


@pytest.mark.parametrize(
    ("changes", "rule", "holds"),
    [
        ({}, "BATREG.XII.c", True),
        ({"weather_cover": False, "suitable_containers": True}, "BATREG.XII.c", True),
        ({"weather_cover": False, "suitable_containers": False}, "BATREG.XII.c", False),
        ({"impermeable_floor": False, "suitable_containers": False}, "BATREG.XII.c", False),
        ({"conductive_or_combustible": True}, "BATREG.XII.unmixed", False),
        ({"protected_from_harm": False}, "BATREG.XII.lithium", False),
        ({"warning_sign": False}, "BATREG.XII.lithium", False),
        ({"upright_insulated": False}, "BATREG.XII.lithium", False),
    ],
)
def test_annex_xii(changes: dict[str, Any], rule: str, holds: bool) -> None:
    """It binds treatment sites, from the day it applies, for waste; elsewhere it advises."""
    waste = lot(state="waste", is_waste=True)
    at = {"treatment": "store-limit-exceeded", "warehouse": "store-advice"}
    for site_kind, code in at.items():
        found = faults(area("FR", site_kind=site_kind, **changes), waste, rule=rule)
        assert found == ([] if holds else [code])
    assert faults(area("FR", site_kind="treatment", **changes), lot(), rule=rule) == []
    early = checked(
        [area("FR", site_kind="treatment", **changes)],
        [waste | {"since_on": "2025-08-01"}],
        date(2025, 8, 17),
    )
    assert codes(early, rule) == []


@pytest.mark.parametrize(("changes", "rule"), [
    ({"building_distance_m": 6.0}, "IFC.320.outdoor.buildings"),
    ({"lot_line_distance_m": 6.0}, "IFC.320.outdoor.buildings"),
    ({"group_distance_m": 3.0}, "IFC.320.outdoor.piles"),
    ({"area_m2": 84.0}, "IFC.320.outdoor.piles"),
])  # fmt: skip
def test_figures_that_nobody_confirmed_only_advise(changes: dict[str, Any], rule: str) -> None:
    """Outdoor figures of the IFC are of confidence C: neither a ground to forbid nor one to allow."""
    place = area("US", area_kind="outdoor", **changes)
    assert faults(place, lot(), rule=rule) == ["store-advice"]
    kept = checked([area("US", area_kind="outdoor")], [lot()])
    assert [code for code in codes(kept, "IFC.320.outdoor") if code in EXCEEDED] == []
    assert kept.verdict == "undecided"
    assert "store-no-rule" in kept.findings["code"].to_list()


def test_goods_without_a_rule_are_undecided() -> None:
    for country, goods in (
        ("FR", {}),
        ("DE", {"chemistry": "lead_acid_vrla"}),
        ("US", {"chemistry": "na_ion"}),
    ):
        result = checked([area(country)], [lot(**goods)])
        assert result.verdict == "undecided", country
        assert "store-no-rule" in result.findings["code"].to_list()


def test_a_site_may_name_the_codes_that_apply() -> None:
    adopted = checked([area("FR", codes="vds3103")], [lot()])
    assert adopted.verdict == "allowed"
    dropped = checked(
        [area("US", codes="VDS3103")], [lot(state="waste", is_waste=True, mass_kg=6000.0, energy_wh=90.0)]
    )
    assert codes(dropped, "IFC") == []
    assert "UW" in dropped.areas["codes"][0].to_list(), "law applies in any case"
    strange = checked([area("FR", codes="VDS3013")], [lot()])
    assert "VDS3103" in strange.findings.filter(code="store-code-unknown")["message"][0]


@pytest.mark.parametrize(
    ("limits", "lots", "holds"),
    [
        ({"own_energy_kwh": 5.0}, {"quantity": 100}, True),
        ({"own_energy_kwh": 5.0}, {"quantity": 101}, False),
        ({"own_volume_m3": 0.1}, {"quantity": 100}, True),
        ({"own_volume_m3": 0.1}, {"quantity": 101}, False),
        ({"volume_m3": 0.1}, {"quantity": 101}, False),
        ({"own_mass_kg": 50}, {"quantity": 100}, True),
        ({"own_mass_kg": 50}, {"quantity": 101}, False),
        ({"own_soc_pct": 20}, {}, True),
        ({"own_soc_pct": 19.9}, {}, False),
        ({"height_m": 2.0}, {}, True),
        ({"height_m": 1.9}, {}, False),
    ],
)
def test_limits_that_the_site_states(limits: dict[str, Any], lots: dict[str, Any], holds: bool) -> None:
    found = faults(area("DE", **limits), lot(**lots), rule="SITE.")
    assert found == ([] if holds else ["store-limit-exceeded"])


def test_a_sum_counts_what_is_known_and_leaves_the_rest_open() -> None:
    """Known lots above a limit exceed it whatever the others are; below it the limit is open, not kept."""
    place = area("DE", own_energy_kwh=5.0)
    over = checked([place], [lot("1", quantity=101), lot("2", energy_wh=None)])
    assert "store-limit-exceeded" in codes(over, "SITE.energy")
    under = checked([place], [lot("1", quantity=99), lot("2", energy_wh=None)])
    assert codes(under, "SITE.energy") == ["store-fact-missing"]
    assert under.areas["energy_unknown_lots"].to_list() == [1]
    assert under.verdict == "undecided"


def test_tenths_add_up_to_a_limit() -> None:
    """Ten times 0.1 is 1, although floating-point sums are not."""
    lots = [lot(str(at), volume_m3=0.1) for at in range(10)]
    assert faults(area("DE", own_volume_m3=1.0), *lots, rule="SITE.volume") == []


def test_the_finding_says_by_how_much_which_rule_and_where() -> None:
    result = checked([area("DE", own_energy_kwh=4.0)], [lot(quantity=100)])
    row = result.findings.filter(code="store-limit-exceeded").row(0, named=True)
    for word in (
        "area A",
        "energy 5 kWh",
        "at most 4 kWh",
        "1 kWh over",
        "125%",
        "SITE.energy",
        "table of areas",
    ):
        assert word in row["message"]
    check = result.checks.filter(pl.col("rule") == "SITE.energy").row(0, named=True)
    figures = [check[name] for name in ("value", "allowed", "over", "share", "state")]
    assert figures == [5.0, 4.0, 1.0, 1.25, "exceeded"]
    assert result.areas["top_rule"].to_list() == ["SITE.energy"]


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"chemistry": "unobtainium"}, "unobtainium"),
        ({"energy_wh": -5}, "-5"),
        ({"soc": 1.3}, "1.3"),
        ({"quantity": 0}, "quantity"),
        ({"quantity": "many"}, "many"),
        ({"energy_wh": "nan"}, "energy_wh"),
        ({"energy_wh": "inf"}, "inf"),
        ({"state": "brokn"}, "brokn"),
        ({"is_waste": "perhaps"}, "perhaps"),
        ({"state": "waste", "is_waste": False}, "is_waste is no"),
        ({"since_on": "24/11/2026"}, "24/11/2026"),
        ({"since_on": "2026-11-25"}, "2026-11-25"),
        ({"area_id": "Z"}, '"Z"'),
        ({"area_id": None}, "area"),
        ({"lot_id": None}, "lot_id"),
        ({"lot_id": "good"}, "stands twice"),
    ],
)
def test_a_bad_lot_is_rejected_and_the_others_are_answered(changes: dict[str, Any], word: str) -> None:
    result = checked([area("DE")], [lot("good"), lot("bad", **changes)])
    assert result.lots["outcome"].to_list() == ["checked", "rejected"]
    assert word in result.lots["reason"][1]
    assert word in result.findings.filter(code="store-lot-rejected")["message"][0]
    assert result.verdict == "undecided", "an area with lots left out is never allowed"


def test_a_rejected_lot_leaves_the_sums_of_its_site_open() -> None:
    """The permit counts the whole site, so no area that it is about is allowed while a lot is missing."""
    two = [area("US", permit=False), area("US", area_id="B", permit=False)]
    result = checked(two, [lot("1"), lot("2", area_id="B", energy_wh=-1)])
    assert dict(result.areas.select("area_id", "verdict").iter_rows()) == {"A": "undecided", "B": "undecided"}
    apart = checked([two[0], {**two[1], "site_id": "T"}], [lot("1"), lot("2", area_id="B", energy_wh=-1)])
    assert dict(apart.areas.select("area_id", "verdict").iter_rows()) == {"A": "allowed", "B": "undecided"}


@pytest.mark.parametrize(("changes", "word"), [
    ({"country": "XX"}, "XX"),
    ({"area_kind": "cellar"}, "cellar"),
    ({"fire_rating_min": -1}, "-1"),
    ({"area_kind": "indoor", "placement": "outdoor"}, "placement"),
    ({"area_id": "A"}, "stands twice"),
    ({"detection": "maybe"}, "maybe"),
])  # fmt: skip
def test_a_bad_area_is_rejected_with_its_lots(changes: dict[str, Any], word: str) -> None:
    result = checked(
        [area("DE"), {**area("DE"), "area_id": "B", **changes}], [lot("1"), lot("2", area_id="B")]
    )
    assert word in result.findings.filter(code="store-area-rejected")["message"][0]
    assert result.lots["outcome"].to_list() == ["checked", "rejected"]
    assert result.areas["area_id"].to_list() == ["A"]


def test_an_unknown_column_is_named_and_ignored() -> None:
    result = checked([area("DE", detecton="yes")], [lot(enregy_wh=3)])
    notes = result.findings.filter(code="store-column-ignored")["message"].to_list()
    assert any("detecton" in note and "detection" in note for note in notes)
    assert any("enregy_wh" in note and "energy_wh" in note for note in notes)


def test_a_missing_column_and_a_strange_type_are_errors() -> None:
    from voltloop.compliance import check_store

    areas = pl.DataFrame({"area_id": ["A"], "country": ["DE"]})
    with pytest.raises(InputError, match="lot_id"):
        check_store(areas, pl.DataFrame({"area_id": ["A"]}), date(2026, 11, 24))
    with pytest.raises(InputError, match="country"):
        check_store(
            areas.drop("country"), pl.DataFrame({"lot_id": ["1"], "area_id": ["A"]}), date(2026, 11, 24)
        )
    stock = pl.DataFrame({"lot_id": ["1"], "area_id": ["A"], "energy_wh": [[1.0]]})
    with pytest.raises(InputError, match="energy_wh"):
        check_store(areas, stock, date(2026, 11, 24))


def test_an_empty_store_is_empty() -> None:
    result = checked([area("DE")], [])
    assert result.verdict == "empty"
    assert result.areas["verdict"].to_list() == ["empty"]
