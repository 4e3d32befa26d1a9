"""Mixed loading: which goods may share a transport unit."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from voltloop.compliance import Load, VehicleFacts, check_load, load_rulebook
from voltloop.compliance.loads.mixing import label_words, read_groups, read_mixing
from voltloop.errors import RulebookError

BOOK = load_rulebook()
ON = date(2026, 11, 24)
TRUCK = VehicleFacts(is_adr_equipped=True, is_driver_certified=True)
LITHIUM, ACID, ALKALI, SODIUM = ("9A", "3480"), ("8", "2794"), ("8", "2795"), ("4.3", "3292")
OTHERS = ("2.1", "2.2", "2.3", "3", "4.1", "4.2", "4.3", "5.1", "5.2", "6.1", "6.2", "7", "8", "9", "1.4S")


def conflicts(mode: str, *goods: tuple[str, str]) -> tuple[str, ...]:
    """Rules that a load breaks, after the running account and the check of the whole load were found to agree."""
    load = Load(BOOK, mode=mode, on=ON)
    for labels, number in goods:
        load.add(
            load.profile(outcome="allowed", transport_category="4", labels=labels, un_number=number), 1.0
        )
    items = pl.DataFrame(
        [
            {"outcome": "allowed", "transport_category": "4", "special_provisions": "", "packing_instruction": "none",
             "net_mass_kg": 1.0, "quantity": 1, "labels": labels, "un_number": number}
            for labels, number in goods
        ]
    )  # fmt: skip
    found = check_load(items, TRUCK, BOOK, mode, ON)
    hard = [finding for finding in found if finding.code in ("load-mixing-forbidden", "load-mixing-approval")]
    assert bool(hard) is bool(load.conflicts)
    assert any(finding.code == "load-mixing-apart" for finding in found) is bool(load.kept_apart)
    assert load.conflicts == tuple(name for name in load.broken_limits if ".mixing." in name)
    return load.conflicts


def kept_apart(mode: str, *goods: tuple[str, str]) -> tuple[str, ...]:
    load = Load(BOOK, mode=mode, on=ON)
    for labels, number in goods:
        load.add(load.profile(outcome="allowed", labels=labels, un_number=number), 1.0)
    return load.kept_apart


@pytest.mark.parametrize("mode", ["road_eu", "rail_eu"])
@pytest.mark.parametrize("battery", [LITHIUM, ACID, SODIUM])
@pytest.mark.parametrize("other", OTHERS)
def test_batteries_share_a_vehicle_with_every_class_but_explosives(
    mode: str, battery: tuple[str, str], other: str
) -> None:
    assert conflicts(mode, battery, (other, "0000")) == ()


@pytest.mark.parametrize(("mode", "regime"), [("road_eu", "ADR"), ("rail_eu", "RID")])
@pytest.mark.parametrize("battery", [LITHIUM, ACID, SODIUM])
@pytest.mark.parametrize("explosive", ["1", "1.1D", "1.2", "1.3C", "1.4G", "1.5D", "1.6N"])
def test_batteries_never_share_a_vehicle_with_explosives(
    mode: str, regime: str, battery: tuple[str, str], explosive: str
) -> None:
    assert conflicts(mode, battery, (explosive, "0081")) == (f"{regime}.mixing.explosive",)


def test_life_saving_appliances_are_the_named_exception_of_class_9() -> None:
    assert conflicts("road_eu", ("9", "3072"), ("1.1D", "0081")) == ()


def test_exempt_goods_take_no_part() -> None:
    load = Load(BOOK, mode="road_eu", on=ON)
    load.add(load.profile(outcome="exempt_small", labels="9A", un_number="3480"), 1.0)
    explosive = load.profile(outcome="allowed", transport_category="1", labels="1.1D", un_number="0081")
    assert load.fits(explosive)
    load.add(explosive, 1.0)
    assert load.conflicts == ()


def test_goods_with_two_hazards_do_not_clash_with_themselves() -> None:
    assert conflicts("road_eu", ("4.1;1", "3222")) == ()
    assert conflicts("road_eu", ("4.1;1", "3222"), ("4.1;1", "3222")) == ()
    assert conflicts("road_eu", ("4.1;1", "3222"), LITHIUM) != ()


def test_american_trucks_part_corrosives_from_explosives_and_leave_class_9_free() -> None:
    assert conflicts("road_us", LITHIUM, ("1.1D", "0081")) == ()
    assert conflicts("road_us", ACID, ("1.1D", "0081")) == ("49CFR.mixing.explosive",)
    assert conflicts("road_us", ACID, ("1.4G", "0336")) == ()
    load = Load(BOOK, mode="road_us", on=ON)
    for labels, number in (ACID, SODIUM):
        load.add(load.profile(outcome="allowed", labels=labels, un_number=number), 1.0)
    assert (load.conflicts, load.kept_apart) == ((), ("49CFR.mixing.water",))
    assert load.broken_limits == ()


def test_the_last_package_taken_away_ends_the_conflict() -> None:
    load = Load(BOOK, mode="road_eu", on=ON)
    battery = load.profile(outcome="allowed", transport_category="2", labels="9A", un_number="3480")
    explosive = load.profile(outcome="allowed", transport_category="1", labels="1.1D", un_number="0081")
    for goods in (battery, battery, explosive):
        load.add(goods, 1.0)
    assert load.conflicts
    assert not load.fits(battery)
    load.remove(battery, 1.0)
    assert load.conflicts
    load.remove(battery, 1.0)
    assert not load.conflicts
    assert load.fits(explosive)


def test_the_message_names_both_goods_and_the_paragraph() -> None:
    items = pl.DataFrame(
        {
            "outcome": ["allowed"] * 2,
            "transport_category": ["2", "4"],
            "special_provisions": ["376", ""],
            "packing_instruction": ["none"] * 2,
            "net_mass_kg": [1.0, 1.0],
            "quantity": [1, 1],
            "labels": ["9A", "1.1D"],
            "un_number": ["3480", "0081"],
        }
    )
    (finding,) = check_load(items, TRUCK, BOOK, "road_eu", ON)
    assert finding.code == "load-mixing-forbidden"
    for word in ("item 1 (UN 3480)", "item 2 (UN 0081)", "ADR 7.5.2.1"):
        assert word in finding.message


@pytest.mark.parametrize(
    ("texts", "labels"),
    [
        (("9A",), {"9A"}),
        (("8 (6.1)", "8;6.1"), {"8", "6.1"}),
        (("1.4S",), {"1.4S"}),
        (("9A;cargo aircraft only", None), {"9A"}),
        (("UN 3480",), set()),
        (("",), set()),
    ],
)
def test_labels_are_read_from_words(texts: tuple[str | None, ...], labels: set[str]) -> None:
    assert label_words(*texts) == labels


GROUPS = "group,labels,un_numbers,not_labels,not_un_numbers,meaning\n"
RULES = "id,regime,since,until,confirmed,one,other,effect,say,cite,confidence\n"


@pytest.mark.parametrize("row", ["a,,,,,nothing in it\n", "a,9,,,,x\na,8,,,,y\n"])
def test_groups_that_cannot_be_are_refused(tmp_path: Path, row: str) -> None:
    file = tmp_path / "hazards.csv"
    file.write_text(GROUPS + row, encoding="utf-8")
    with pytest.raises(RulebookError, match=r"load/hazards\.csv, row"):
        read_groups(file, "load/hazards.csv")


@pytest.mark.parametrize(
    ("row", "word"),
    [
        ("a,ADR,ADR-2025,,ADR-2025,class_9,explosiv,forbidden,s,c,A", 'Did you mean "explosive"'),
        ("a,ADR,ADR-2025,,ADR-2025,class_9,explosive,banned,s,c,A", "banned"),
        ("a,ADR,ADR-2022,,ADR-2025,class_9,explosive,forbidden,s,c,A", "ADR-2022"),
    ],
)
def test_mixing_rules_that_cannot_be_are_refused(tmp_path: Path, row: str, word: str) -> None:
    file = tmp_path / "mixing.csv"
    file.write_text(RULES + row + "\n", encoding="utf-8")
    with pytest.raises(RulebookError, match=word) as caught:
        read_mixing(file, "load/mixing.csv", BOOK.editions, BOOK.load.groups)
    assert "load/mixing.csv, row 2" in caught.value.message


@pytest.mark.parametrize(
    ("one", "other", "effect"),
    [
        (ACID, ALKALI, "forbidden"), (ACID, ("8", "3028"), "forbidden"), (("8", "2800"), ALKALI, "forbidden"),
        (ACID, ("8", "2680"), "forbidden"), (ACID, ("8", "2800"), None), (ALKALI, ("8", "3028"), None),
        (ACID, SODIUM, "approval"), (ALKALI, SODIUM, "approval"), (LITHIUM, SODIUM, None), (LITHIUM, ACID, None),
        (LITHIUM, ("3", "1993"), None), (LITHIUM, ("5.1", "1942"), None), (LITHIUM, ("1.4S", "0012"), None),
        (LITHIUM, ("1.3C", "0092"), "forbidden"), (SODIUM, ("3", "1993"), "approval"),
        (SODIUM, ("5.1", "1942"), "forbidden"), (ACID, ("5.1", "1942"), "forbidden"),
        (ACID, ("4.2", "1362"), "approval"), (ACID, ("3", "1993"), None), (ACID, ("6.1", "3550"), None),
    ],
)  # fmt: skip
def test_units_at_sea_keep_classes_segregated(
    one: tuple[str, str], other: tuple[str, str], effect: str | None
) -> None:
    found = conflicts("sea", one, other)
    effects = {rule.effect for rule in BOOK.load.mixing if rule.id in found}
    assert effects == ({effect} if effect else set())


@pytest.mark.parametrize("mode", ["air_pax", "air_cargo"])
@pytest.mark.parametrize("battery", [LITHIUM, ("9A", "3090"), ("9A", "3551")])
@pytest.mark.parametrize(
    ("other", "is_kept_away"),
    [
        ("1.4G", True), ("1.4S", False), ("2.1", True), ("2.2", False), ("3", True), ("4.1", True), ("4.2", False),
        ("4.3", False), ("5.1", True), ("5.2", False), ("6.1", False), ("8", False), ("9", False),
    ],
)  # fmt: skip
def test_batteries_by_themselves_stay_away_from_what_feeds_a_fire_in_the_air(
    mode: str, battery: tuple[str, str], other: str, is_kept_away: bool
) -> None:
    """They may fly on one aircraft, stowed apart: nothing is forbidden, and the rule is named."""
    assert conflicts(mode, battery, (other, "0000")) == ()
    assert bool(kept_apart(mode, battery, (other, "0000"))) is is_kept_away


def test_batteries_in_or_with_equipment_are_not_kept_away_by_air() -> None:
    assert kept_apart("air_cargo", ("9A", "3481"), ("3", "1993")) == ()
    assert kept_apart("air_cargo", ACID, SODIUM) == ("IATA.mixing.corrosive_water",)
