"""Each battery is joined to the place where it stands, or the plan says that nobody knows it."""

from __future__ import annotations

from datetime import time

import polars as pl
import pytest

from voltloop.app.origins import ORIGIN_COLUMNS, locate


def _places(**columns: list[object]) -> pl.DataFrame:
    rows = len(next(iter(columns.values())))
    blank: dict[str, object] = {
        "type": "dealer", "city": None, "country": "DE", "lat": 50.0, "lon": 10.0, "address": None, "postcode": None,
        "contact": None, "phone": None, "opens_at": time(8), "closes_at": time(17), "has_forklift": True,
        "takes_damaged": False,
        "storage_limit_kg": None, "expected_kg_per_year": None, "is_plannable": True, "why_not": None,
    }  # fmt: skip
    text = {"city", "address", "postcode", "contact", "phone", "why_not"}
    number = {"storage_limit_kg", "expected_kg_per_year", "lat", "lon"}
    return pl.DataFrame(
        {
            name: pl.Series(
                columns.get(name, [blank.get(name)] * rows),
                dtype=pl.String if name in text else pl.Float64 if name in number else None,
            )
            for name in ORIGIN_COLUMNS
        }
    )


@pytest.fixture
def points() -> pl.DataFrame:
    """Two points of one name in two countries, and one of its own."""
    return _places(
        point_id=["P-DE", "P-AT", "P-3"],
        name=["Müller dealer", "Müller dealer", "Łódź repair 1"],
        country=["DE", "AT", "PL"],
        lat=[48.0, 48.2, 51.77],
        lon=[11.0, 16.4, 19.46],
    )


@pytest.fixture
def sites(points: pl.DataFrame) -> pl.DataFrame:
    """One plant, which can also be where a battery stands."""
    return _places(point_id=["plant"], name=["Cell plant"], lat=[52.0], lon=[13.0]).rename(
        {"point_id": "site_id", "type": "kind", "takes_damaged": "accepts_damaged"}
    )


def _row(
    row: int, site: str | None, country: str | None, lat: float | None, lon: float | None
) -> dict[str, object]:
    return {"row": row, "site": site, "site_kind": "dealer", "country": country, "lat": lat, "lon": lon}


def _locate(
    rows: list[dict[str, object]], points: pl.DataFrame, sites: pl.DataFrame
) -> dict[int, str | None]:
    schema = {"row": pl.Int64, "site": pl.String, "site_kind": pl.String, "country": pl.String, "lat": pl.Float64, "lon": pl.Float64}  # fmt: skip  # noqa: E501
    found = locate(pl.DataFrame(rows, schema=schema), points, sites)
    return dict(found.point_of.iter_rows())


def test_ids_and_names_are_found_whatever_their_case_and_spacing(
    points: pl.DataFrame, sites: pl.DataFrame
) -> None:
    """An export rarely keeps the capitals and dashes of the master data."""
    rows = [
        _row(1, "p-de", "DE", None, None),
        _row(2, "łódź  REPAIR-1", None, None, None),
        _row(3, "cell plant", None, 0, 0),
    ]
    assert _locate(rows, points, sites) == {1: "P-DE", 2: "P-3", 3: "plant"}


def test_a_name_that_stands_twice_needs_the_country(points: pl.DataFrame, sites: pl.DataFrame) -> None:
    """Two dealers of one name are told apart by country, and never by guess."""
    rows = [_row(1, "Müller dealer", "AT", None, None), _row(2, "Müller dealer", None, None, None)]
    assert _locate(rows, points, sites) == {1: "P-AT", 2: None}


def test_coordinates_find_the_known_place_or_make_a_new_one(
    points: pl.DataFrame, sites: pl.DataFrame
) -> None:
    """A place within half a kilometre is the known one; farther away it is a place of its own, and that is said."""
    rows = [
        _row(1, "unheard of", "PL", 51.7701, 19.4601),
        _row(2, "far away", "DE", 53.0, 10.0),
        _row(3, "far away", "DE", 53.0, 10.0),
        _row(4, None, None, None, None),
    ]
    assert _locate(rows, points, sites) == {1: "P-3", 2: "LIST-0001", 3: "LIST-0001", 4: None}
    schema = {"row": pl.Int64, "site": pl.String, "site_kind": pl.String, "country": pl.String, "lat": pl.Float64, "lon": pl.Float64}  # fmt: skip  # noqa: E501
    found = locate(pl.DataFrame(rows, schema=schema), points, sites)
    assert [finding.code for finding in found.findings] == ["point-not-in-network", "point-unknown"]
    assert set(found.points["point_id"]) == {"P-3", "LIST-0001"}
    new = found.points.filter(pl.col("point_id") == "LIST-0001").row(0, named=True)
    assert not new["has_forklift"]
    assert new["storage_limit_kg"] is None
