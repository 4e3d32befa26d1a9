"""Tunnel codes: which tunnels a load may pass."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from voltloop.compliance import Load, check_route, load_rulebook
from voltloop.compliance.loads.tunnels import read_tunnels
from voltloop.errors import InputError, RulebookError

BOOK = load_rulebook()
ON = date(2026, 11, 24)


def load_with(*codes: str | None, mode: str = "road_eu", mass_kg: float = 400.0) -> Load:
    load = Load(BOOK, mode=mode, on=ON)
    for code in codes:
        load.add(load.profile(outcome="allowed", transport_category="2", tunnel_code=code), mass_kg)
    return load


def passable(load: Load, carriage: str = "packages", net_explosive_kg: float | None = None) -> str:
    return "".join(name for name in "ABCDE" if load.may_pass(name, carriage, net_explosive_kg))


@pytest.mark.parametrize(
    ("code", "packages", "tank"),
    [
        ("B", "A", "A"), ("B/D", "ABC", "A"), ("B/E", "ABCD", "A"), ("C", "AB", "AB"), ("C/D", "ABC", "AB"),
        ("C/E", "ABCD", "AB"), ("D", "ABC", "ABC"), ("D/E", "ABCD", "ABC"), ("E", "ABCD", "ABCD"),
        ("-", "ABCDE", "ABCDE"), ("(E)", "ABCD", "ABCD"), ("(-)", "ABCDE", "ABCDE"),
    ],
)  # fmt: skip
def test_each_code_closes_its_tunnels(code: str, packages: str, tank: str) -> None:
    assert passable(load_with(code)) == packages
    assert passable(load_with(code), "tank") == tank


def test_bulk_is_like_packages_but_for_one_code() -> None:
    assert passable(load_with("D/E"), "bulk") == "ABC"
    assert passable(load_with("C/E"), "bulk") == "ABCD"


@pytest.mark.parametrize(
    ("code", "kilograms", "expected"),
    [
        ("B1000C", 1000.0, "AB"), ("B1000C", 1000.1, "A"), ("B1000C", None, "A"),
        ("C5000D", 5000.0, "ABC"), ("C5000D", 5000.1, "AB"), ("C5000D", None, "AB"),
    ],
)  # fmt: skip
def test_explosive_mass_decides_and_counts_as_too_much_when_unknown(
    code: str, kilograms: float | None, expected: str
) -> None:
    assert passable(load_with(code), net_explosive_kg=kilograms) == expected


def test_the_strictest_code_binds_the_whole_load() -> None:
    assert load_with("E", "-").tunnel_restriction == "E"
    assert load_with("E", "C/D", "D/E").tunnel_restriction == "C/D"
    assert passable(load_with("E", "C/D")) == "ABC"
    assert load_with("-").tunnel_restriction is None


def test_within_the_small_load_limit_no_tunnel_is_closed() -> None:
    """ADR 8.6.3.3: goods carried under 1.1.3.6 give no code."""
    assert passable(load_with("E", mass_kg=333.0)) == "ABCDE"
    assert passable(load_with("E", mass_kg=333.1)) == "ABCD"
    assert "tunnel_e" not in load_with("E", mass_kg=333.0).obligations().duties


def test_a_code_that_nobody_knows_leaves_only_tunnels_without_restriction() -> None:
    load = load_with("E", None)
    assert (passable(load), load.tunnel_restriction) == ("A", "unknown")
    assert passable(load_with("X9")) == "A"


def test_duties_name_the_tunnels_that_are_closed() -> None:
    assert {name for name in load_with("E").obligations().duties if name.startswith("tunnel")} == {"tunnel_e"}
    assert {name for name in load_with("C").obligations().duties if name.startswith("tunnel")} == {
        "tunnel_c", "tunnel_d", "tunnel_e",
    }  # fmt: skip
    assert not [name for name in load_with("-").obligations().duties if name.startswith("tunnel")]


@pytest.mark.parametrize("mode", ["rail_eu", "road_us"])
def test_other_modes_have_no_tunnel_codes(mode: str) -> None:
    assert passable(load_with("E", None, mode=mode)) == "ABCDE"


def test_an_unknown_category_gives_no_passage_and_is_found_on_the_way() -> None:
    load = load_with("E")
    assert not load.may_pass("F")
    found = check_route(load, [("Elbtunnel", "E"), ("Gotthard", "d"), ("Old road", "?")], where="Truck 7")
    assert [(finding.code, finding.field) for finding in found] == [
        ("route-tunnel-closed", "Elbtunnel"),
        ("route-tunnel-unknown", "Old road"),
    ]
    assert "Truck 7" in found[0].message


def test_a_way_of_carriage_that_does_not_exist_is_refused() -> None:
    with pytest.raises(InputError, match="packages, bulk, tank"):
        load_with("E").may_pass("E", "parcels")


def test_a_tunnel_table_that_cannot_be_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "tunnels.csv"
    file.write_text(
        "id,regime,since,until,confirmed,code,packages,bulk,tank,explosive_kg,above,say,cite,confidence\n"
        "a,ADR,ADR-2023,,ADR-2025,E,F,E,E,,,s,c,B\n",
        encoding="utf-8",
    )
    with pytest.raises(RulebookError, match=r'load/tunnels\.csv, row 2, column packages: "F"'):
        read_tunnels(file, "load/tunnels.csv", BOOK.editions)
