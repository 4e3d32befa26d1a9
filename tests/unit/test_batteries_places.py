"""Places: what is proved is corrected, what is not goes to review."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from voltloop.batteries import ReadResult, read_list
from voltloop.batteries._coordinates import read_angle, read_pair


def read(rows: list[str], head: str = "country,lat,lon", points: pl.DataFrame | None = None) -> ReadResult:
    lines = [f"serial,chemistry,form,energy_kwh,mass_kg,condition,site,{head}"]
    lines += [f"S{place},NMC,pack,40,303,ok,Hof {place},{row}" for place, row in enumerate(rows)]
    return read_list("\n".join(lines).encode(), "places.csv", on=date(2026, 11, 23), points=points)


def outcome(result: ReadResult, place: int = 0) -> tuple[str, list[str]]:
    entry = result.entries[place + 1]
    return entry["status"], [finding["code"] for finding in entry["findings"]]


@pytest.mark.parametrize(
    ("text", "degrees"),
    [
        ("52.52", 52.52),
        ("52,52", 52.52),
        ("-117,9", -117.9),
        ("117.9 W", -117.9),
        ("W117.9", -117.9),
        ("33.8 S", -33.8),
        ("52.52°", 52.52),
        ("52°31'12\"N", 52.52),
        ("52° 31.2' N", 52.52),
        ("52 31 12", 52.52),
        ("4,84 Est", 4.84),
        ("4,49 Ouest", -4.49),
        ("−5.5", -5.5),
    ],
)
def test_coordinates_as_people_write_them(text: str, degrees: float) -> None:
    """Commas, letters and sixtieths are all degrees."""
    angle = read_angle(text)
    assert angle is not None
    assert angle.degrees == pytest.approx(degrees)


@pytest.mark.parametrize("text", ["abc", "52°61'", "1.2.3", "", "52 N E"])
def test_what_is_no_coordinate(text: str) -> None:
    """Half a coordinate is none."""
    assert read_angle(text) is None


@pytest.mark.parametrize(
    "text", ["52.52, 13.405", "52,52; 13,405", "(52.52 13.405)", "13.405 E, 52.52 N", "52.52/13.405"]
)
def test_both_coordinates_in_one_cell(text: str) -> None:
    """Latitude stands first unless letters say otherwise."""
    pair = read_pair(text)
    assert pair is not None
    assert [angle.degrees for angle in pair] == [52.52, 13.405]


@pytest.mark.parametrize(
    ("row", "code", "place"),
    [
        ("DE,13.4,52.52", "coordinates-swapped", (52.52, 13.4)),
        ("US,39.53,119.81", "coordinates-longitude-sign", (39.53, -119.81)),
        ("US,-119.81,39.53", "coordinates-swapped", (39.53, -119.81)),
        ("AU,33.87,151.2", "coordinates-latitude-sign", (-33.87, 151.2)),
        ("AR,34.6,58.4", "coordinates-both-signs", (-34.6, -58.4)),
    ],
)
def test_the_country_proves_the_correction(row: str, code: str, place: tuple[float, float]) -> None:
    """Exactly one way of swapping and turning signs leads into the listed country: it is taken, and flagged."""
    result = read([row])
    assert outcome(result) == ("accepted_with_findings", [code])
    assert result.batteries.select("lat", "lon").row(0) == place


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("DE,48.85,2.35", "place-contradiction"),
        ("DE,0.5,-30", "place-at-sea"),
        (",0.5,-30", "place-at-sea"),
        ("DE,95,200", "coordinates-out-of-range"),
    ],
)
def test_what_nothing_proves_goes_to_review(row: str, code: str) -> None:
    """Without proof neither the country nor the coordinates are changed."""
    status, codes = outcome(read([row]))
    assert status == "review"
    assert code in codes


def test_zero_and_half_coordinates_are_missing() -> None:
    """Nobody collects batteries in the Gulf of Guinea."""
    result = read(["DE,0,0", "DE,52.5,"])
    assert outcome(result, 0) == ("accepted_with_findings", ["coordinates-zero"])
    assert outcome(result, 1) == ("accepted_with_findings", ["coordinates-incomplete"])
    assert result.batteries["lat"].null_count() == 2


def test_a_bare_o_is_east_in_german_and_west_in_french() -> None:
    """The language of the header tells which, where the country does not."""
    german = "Seriennummer;Chemie;Bauform;Energie (kWh);Gewicht (kg);Zustand;Breitengrad;Längengrad\n"
    french = "Numéro de série;Chimie;Forme;Énergie (kWh);Poids (kg);État;Latitude;Longitude\n"
    east = read_list(
        (german + "A;NMC;Batteriepack;40;303;gut;50,1 N;6,5 O\n").encode(), "x", on=date(2026, 1, 1)
    )
    west = read_list((french + "A;NMC;module;5;28;bon;48,39 N;4,49 O\n").encode(), "x", on=date(2026, 1, 1))
    assert east.batteries.select("lon", "country").row(0) == (6.5, "DE")
    assert west.batteries.select("lon", "country").row(0) == (-4.49, "FR")


def test_a_lone_point_far_from_home_is_doubted() -> None:
    """Without a country column, a point that swapping would bring home is not believed in silence."""
    rows = [f",{52 + place / 100},13.4" for place in range(20)]
    result = read([*rows, ",9.0,48.8", ",53.33,-6.2"])
    assert outcome(result, 20)[0] == "review"
    assert outcome(result, 21) == ("accepted_with_findings", ["country-from-coordinates"])


def test_no_column_of_countries_is_said_once() -> None:
    """Countries found from coordinates are one finding of the file, not one of every row."""
    result = read(["52.5,13.4", "45.76,4.84"], head="lat,lon")
    assert result.counts["accepted"] == 2
    assert result.batteries["country"].to_list() == ["DE", "FR"]
    assert result.findings.filter(pl.col("row") == 0)["code"].to_list() == ["countries-from-coordinates"]
