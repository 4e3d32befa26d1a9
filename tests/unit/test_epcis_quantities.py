"""Measures compare across the units of one dimension, and only there."""

import csv
import math
import re
from importlib import resources

import pytest

from voltloop.epcis.quantities import convert, same_dimension, to_base, units
from voltloop.epcis.vocabulary import vocabularies


@pytest.mark.parametrize(
    ("value", "uom", "same", "other"),
    [
        (26, "CEL", 78.8, "FAH"), (-40, "CEL", -40, "FAH"), (0, "KEL", -273.15, "CEL"), (0, "KEL", -459.67, "FAH"),
        (50, "P1", 0.5, "C62"), (1, "P1", 10000, "59"), (12.1, "A93", 0.0121, "KMQ"), (1, "GL", 1000, "A93"),
        (1, "BAR", 1000, "MBR"), (1, "BAR", 100, "KPA"), (1013.25, "MBR", 1, "ATM"), (1, "A97", 100, "PAL"),
        (1, "PS", 6894.757293168362, "PAL"), (1, "FOT", 12, "INH"), (1, "SMI", 1.609344, "KMT"),
        (1, "NMI", 1852, "MTR"),
        (1, "TNE", 1000, "KGM"), (16, "ONZ", 1, "LBR"), (1, "STN", 2000, "LBR"), (1500, "GRM", 1.5, "KGM"),
        (1, "DAY", 24, "HUR"), (90, "SEC", 1.5, "MIN"), (1, "WEE", 7, "DAY"), (1, "LTR", 1000, "MLT"),
        (1, "MTQ", 1000, "LTR"),
        (1, "GLL", 231, "INQ"), (3650, "2Z", 3.65, "VLT"), (1, "KVT", 1000, "VLT"), (1, "AMH", 3600, "COU"),
        (5000, "E09", 5, "AMH"), (1, "TAH", 1000, "AMH"), (2, "E45", 0.002, "OHM"), (1, "B49", 1000, "OHM"),
        (150, "KWT", 150000, "WTT"), (75, "KWH", 75000, "WHR"), (1, "WHR", 3600, "JOU"), (1, "MWH", 3.6, "GV"),
        (36, "KMH", 10, "MTS"), (1, "KNT", 1.852, "KMH"), (1, "K40", 9.80665, "MSK"), (1, "KLX", 1000, "LUX"),
        (90, "DD", 1.5707963267948966, "C81"), (1, "DD", 60, "D61"), (60, "RPM", 1, "HTZ"), (1, "AD", 8, "A99"),
        (1, "P71", 1000, "P72"), (1, "M92", 1.3558179483314004, "NU"), (2, "PR", 4, "EA"), (1, "KVA", 1000, "D46"),
    ],
)  # fmt: skip
def test_known_equalities(value: float, uom: str, same: float, other: str) -> None:
    one, two = to_base(value, uom), to_base(same, other)
    assert one is not None
    assert two is not None
    assert one[0] == two[0]
    assert one[1] == pytest.approx(two[1], rel=1e-15, abs=1e-12)
    assert convert(value, uom, other) == pytest.approx(same, rel=1e-15, abs=1e-12)
    assert convert(same, other, uom) == pytest.approx(value, rel=1e-15, abs=1e-12)


@pytest.mark.parametrize(
    ("one", "other"), [("JOU", "NU"), ("C62", "EA"), ("KWT", "KVA"), ("CEL", "DD"), ("BQL", "HTZ")]
)
def test_what_looks_alike_in_si_units_does_not_compare(one: str, other: str) -> None:
    assert not same_dimension(one, other)
    assert convert(1, one, other) is None


def test_unknown_units_compare_with_themselves() -> None:
    assert to_base(1.0, "QQQ") is None
    assert convert(1.0, "QQQ", "KGM") is None
    assert same_dimension("QQQ", "QQQ")
    assert not same_dimension("QQQ", "KGM")


def test_extreme_values_are_no_trouble() -> None:
    assert to_base(math.inf, "CEL") == ("Temperature", math.inf)
    assert to_base(-1e308, "KMT") == ("Length", -math.inf)
    assert to_base(5e-324, "KEL") == ("Temperature", 5e-324)


def test_equal_measures_are_equal_numbers() -> None:
    """Halves of a degree Celsius in Fahrenheit, and millibar in kilopascal: no tolerance is needed."""
    for step in range(-100, 200):
        celsius = step / 2
        assert to_base(celsius, "CEL") == to_base((celsius * 18 + 320) / 10, "FAH")
        assert to_base(step, "MBR") == to_base(step / 10, "KPA")


def test_every_unit_goes_there_and_back() -> None:
    for unit in units().values():
        for other in units().values():
            if unit.dimension == other.dimension:
                there = convert(12.5, unit.uom, other.uom)
                assert there is not None
                back = convert(there, other.uom, unit.uom)
                # With an offset the digits lost are those of the larger number.
                room = float(max(abs(unit.offset), abs(other.offset)) / unit.factor) * 1e-15
                assert back == pytest.approx(12.5, rel=1e-14, abs=room)


def test_the_table_is_whole() -> None:
    file = resources.files("voltloop.catalogue") / "traceability" / "units.csv"
    rows = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
    assert len({row["uom"] for row in rows}) == len(rows), "Each code once."
    assert all(re.fullmatch(r"[A-Z0-9]{2,3}", row["uom"]) for row in rows), (
        "As the schema of events has codes."
    )
    assert all(row["name"] and row["source"] and units()[row["uom"]].factor > 0 for row in rows)
    without_type = {"ApparentPower", "ReactivePower"}
    assert {row["dimension"] for row in rows} <= vocabularies()["measurementType"].words | without_type
