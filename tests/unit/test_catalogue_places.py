import numpy as np
import polars as pl
import pytest

from voltloop import catalogue
from voltloop.catalogue import countries, country_at, country_shapes, land_mass_at, sea_km
from voltloop.errors import InputError

TOWNS = [
    ("DE", 52.52, 13.40),
    ("ES", 36.14, -5.45),  # Algeciras, on the quay
    ("NL", 51.95, 4.03),  # Maasvlakte, a mole in the sea
    ("GB", 51.13, 1.32),  # Dover
    ("FR", 50.95, 1.86),  # Calais
    ("IT", 45.65, 13.77),  # Trieste
    ("MT", 35.89, 14.51),
    ("SG", 1.29, 103.85),
    ("US", 21.31, -157.86),  # Honolulu
    ("NO", 70.66, 23.68),  # Hammerfest
    ("LS", -29.31, 27.48),  # Maseru: a country inside another
    ("SM", 43.936, 12.446),
    ("ES", 35.29, -2.94),  # Melilla, on the African coast
]


@pytest.mark.parametrize(("iso2", "lat", "lon"), TOWNS)
def test_a_town_lies_in_its_country(iso2, lat, lon):
    assert country_at([lat], [lon]) == [iso2]


def test_open_sea_belongs_to_nobody():
    """The middle of the North Sea, of the Atlantic, and the Gulf of Guinea, where faulty data lands."""
    assert country_at([56.0, 45.0, 0.0], [3.0, -40.0, 0.0]) == [None, None, None]


def test_areas_without_an_iso_code_are_named_as_the_docs_say():
    pristina, kyrenia, akrotiri, hargeisa = country_at(
        [42.66, 35.34, 34.61, 9.56], [21.16, 33.32, 32.97, 44.06]
    )
    assert (pristina, kyrenia, akrotiri, hargeisa) == ("XK", "CY", "CY", "SO")


def test_overseas_territory_has_its_own_code_and_says_whose_it_is():
    assert country_at([-20.9, 16.24], [55.45, -61.53]) == ["RE", "GP"]
    owners = dict(countries().select("iso2", "part_of").iter_rows())
    assert (owners["RE"], owners["PR"], owners["FR"]) == ("FR", "US", None)


def test_both_sides_of_180_degrees():
    """Chukotka lies past 180 degrees, and no shape may smear across the map."""
    assert country_at([66.0, 66.0, -17.8], [-172.0, 178.0, 178.0]) == ["RU", "RU", "FJ"]
    for shape in country_shapes():
        for polygon in shape.polygons:
            for ring in polygon:
                assert np.abs(np.diff(ring[:, 0])).max() < 180 or shape.iso2 == "AQ"
                assert np.abs(ring[:, 0]).max() <= 180


def test_stated_country_is_believed_at_the_border_only():
    """Laredo lies on a river that the outlines follow to a kilometre or two; Monterrey does not."""
    assert country_at([27.5104, 25.67], [-99.5136, -100.31], stated=["US", "US"]) == ["US", "MX"]
    assert country_at([-20.9, 48.85], [55.45, 2.35], stated=["FR", "RE"]) == ["FR", "FR"]
    assert country_at([45.0, 52.5], [-40.0, 13.4], stated=["FR", None]) == [None, "DE"]


def test_coast_tolerance_is_measured_in_km_at_any_latitude():
    """Ten degrees of longitude are shorter in the north; the tolerance is not."""
    off_jutland_east_of_skagen = (57.72, 10.58 + 0.1)
    assert country_at([off_jutland_east_of_skagen[0]], [off_jutland_east_of_skagen[1]]) == ["DK"]
    assert country_at([57.72], [10.95]) == [None]
    assert country_at([57.72], [10.95], coast_tolerance_km=30) == ["DK"]


def test_values_that_are_no_coordinates_give_none():
    assert country_at([float("nan"), 95.0, 50.0, np.inf], [8.0, 8.0, 200.0, 8.0]) == [None] * 4
    assert country_at([], []) == []


def test_unpaired_coordinates_are_refused():
    with pytest.raises(InputError, match="2 latitudes, 1 longitudes") as error:
        country_at([1.0, 2.0], [3.0])
    assert error.value.code == "coordinates-not-paired"
    with pytest.raises(InputError):
        country_at([1.0], [3.0], stated=["DE", "FR"])


def test_countries_cover_iso_and_keep_facts_that_can_be_checked():
    table = countries()
    assert table["iso2"].is_unique().all()
    assert table["iso2"].null_count() == 0
    assert table.filter(pl.col("iso2") == "NA")["name"].item() == "Namibia"
    members = table.filter(pl.col("part_of").is_null())
    assert members["eu"].sum() == 27
    assert members["oecd"].sum() == 38
    assert table["source"].null_count() == 0
    assert table.schema["eu"] == pl.Boolean
    assert table.filter(pl.col("iso2") == "US")["adr_party"].item() is False
    assert table.filter(pl.col("iso2") == "DE")["labour_cost_eur_per_hour"].item() > 30


def test_every_country_drawn_has_facts_and_closed_rings():
    known = set(countries()["iso2"])
    shapes = country_shapes()
    assert [shape.iso2 for shape in shapes] == sorted({shape.iso2 for shape in shapes})
    assert {shape.iso2 for shape in shapes} <= known
    for shape in shapes:
        assert shape.name
        for polygon in shape.polygons:
            assert all(np.array_equal(ring[0], ring[-1]) and len(ring) >= 4 for ring in polygon)
    assert sum(len(ring) for shape in shapes for polygon in shape.polygons for ring in polygon) < 40_000


def test_the_room_names_what_it_gives():
    assert sorted(catalogue.__all__) == catalogue.__all__
    with pytest.raises(AttributeError, match="nonsense"):
        _ = catalogue.nonsense


def test_land_masses_part_islands_and_join_what_a_bridge_spans():
    paris, moscow, london, palermo, tunis, melilla = land_mass_at(
        [48.85, 55.75, 51.5, 38.12, 36.8, 35.28], [2.35, 37.6, -0.12, 13.36, 10.18, -2.95]
    )
    assert paris == moscow
    assert tunis == melilla == paris  # Suez is a canal, not a sea
    assert len({paris, london, palermo}) == 3
    manhattan, new_jersey, long_island = land_mass_at([40.78, 40.73, 40.72], [-73.96, -74.08, -73.6])
    assert manhattan == new_jersey == long_island
    assert land_mass_at([45.0], [-40.0]).tolist() == [-1]


def test_sea_on_the_straight_line_is_measured():
    helsinki_tallinn, crete_athens = sea_km([60.1, 35.33], [24.9, 25.14], [59.4, 37.98], [24.75, 23.73])
    assert 50 < helsinki_tallinn < 85
    assert crete_athens > 200
    assert sea_km(48.1, 11.6, 50.1, 14.4).tolist() == [0.0]
