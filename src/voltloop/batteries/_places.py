"""Where a battery lies: country, coordinates, and the collection point of the network."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from voltloop.batteries._coordinates import Angle, read_angle, read_pair
from voltloop.batteries._text import key
from voltloop.batteries._words import country_keys
from voltloop.batteries._work import Work

__all__ = ["CountryAt", "places"]

_NEAR_KM = 30.0
_WAYS = (
    ("longitude-sign", 0, 1, 1, -1),
    ("latitude-sign", 0, 1, -1, 1),
    ("swapped", 1, 0, 1, 1),
    ("both-signs", 0, 1, -1, -1),
    ("swapped", 1, 0, 1, -1),
    ("swapped", 1, 0, -1, 1),
    ("swapped", 1, 0, -1, -1),
)
Floats = NDArray[np.float64]


class CountryAt(Protocol):
    """A function that names the country of points, such as ``voltloop.catalogue.country_at``."""

    def __call__(
        self, lat: Floats, lon: Floats, *, stated: Sequence[str | None] | None = None
    ) -> list[str | None]:
        """Give the ISO 3166-1 code per point, None at sea."""
        ...


def places(work: Work, points: pl.DataFrame | None, country_at: CountryAt) -> None:
    """Put ``lat``, ``lon`` and ``country`` into the values; correct what can be proved, flag the rest."""
    listed = _countries(work)
    lat, lon, is_open = _angles(work)
    zero = (lat.abs() < 1e-6) & (lon.abs() < 1e-6)
    raw = _shown(work)
    work.mark(zero, "coordinates-zero", "lat", raw)
    half = lat.is_null() != lon.is_null()
    work.mark(half, "coordinates-incomplete", "lat", raw)
    usable = ~zero.fill_null(False) & lat.is_not_null() & lon.is_not_null()
    lat, lon = _only(usable, lat), _only(usable, lon)
    known = _network(work, points)
    lat, lon, country = _checked(work, listed, lat, lon, is_open, known, country_at)
    if known is not None:
        fill = lat.is_null() & known["point_lat"].is_not_null()
        work.mark(fill, "place-from-network", "lat", work.text("site"), known["point_id"])
        lat, lon = (
            lat.fill_null(_only(fill, known["point_lat"])),
            lon.fill_null(_only(fill, known["point_lon"])),
        )
        country = country.fill_null(known["point_country"])
    work.values.update(lat=lat, lon=lon, country=country)
    nowhere = lat.is_null() & work.values["site"].is_null()
    if work.has("site") or work.has("lat") or work.has("position") or work.has("city"):
        work.mark(nowhere, "place-missing", "site", work.cell("site"))
    if work.has("country") or work.has("lat") or work.has("position"):
        work.mark(country.is_null() & ~nowhere, "country-missing", "country", work.cell("country"))


def _only(keep: pl.Series, values: pl.Series) -> pl.Series:
    return pl.DataFrame({"keep": keep, "value": values}).select(pl.when("keep").then("value")).to_series()


def _shown(work: Work) -> pl.Series:
    """Give the coordinates of each row as they stand in the list."""
    if work.has("position") and not work.has("lat"):
        return work.text("position")
    table = pl.DataFrame({"lat": work.text("lat"), "lon": work.text("lon")})
    return table.select(pl.concat_str(["lat", "lon"], separator=" / ", ignore_nulls=True)).to_series()


def _countries(work: Work) -> pl.Series:
    raw = work.text("country")
    found = {text: _country_named(text) for text in raw.drop_nulls().unique()}
    named = raw.replace_strict(found, default=None, return_dtype=pl.String)
    work.mark(raw.is_not_null() & named.is_null(), "country-not-known", "country", raw, None, 0.0)
    return named


def _country_named(text: str) -> str | None:
    """Give the country of a name or code, also of "Deutschland (DE)" if its parts agree."""
    known = country_keys()
    if key(text) in known:
        return known[key(text)]
    region = re.fullmatch(r"([A-Z]{2})-[A-Z0-9]{1,3}", text.strip())  # ISO 3166-2, "DE-NW"
    if region and region[1].casefold() in known:
        return known[region[1].casefold()]
    parts = {
        known[key(part)]
        for part in re.split(r"[()\[\]/,;|]|\s-\s", text)
        if part.strip() and key(part) in known
    }
    return next(iter(parts)) if len(parts) == 1 else None


def _angles(work: Work) -> tuple[pl.Series, pl.Series, pl.Series]:
    """Give latitude, longitude, and where a bare "O" leaves east and west open."""
    columns: dict[str, pl.Series] = {}
    is_open = pl.Series([False] * work.height, dtype=pl.Boolean)
    pairs = work.text("position")
    both = {text: read_pair(text) for text in pairs.drop_nulls().unique()}
    work.mark(
        pairs.is_in([text for text, pair in both.items() if pair is None]),
        "coordinates-unreadable",
        "lat",
        pairs,
    )
    for place, name in enumerate(("lat", "lon")):
        raw = work.text(name)
        read: dict[str, Angle | None] = {text: read_angle(text) for text in raw.drop_nulls().unique()}
        work.mark(
            raw.is_in([text for text, angle in read.items() if angle is None]),
            "coordinates-unreadable",
            name,
            raw,
        )
        # A longitude in the column of latitudes: give it the other column's place, the check below swaps.
        degrees = raw.replace_strict(
            {text: angle.degrees if angle else None for text, angle in read.items()},
            default=None,
            return_dtype=pl.Float64,
        )
        paired = pairs.replace_strict(
            {text: pair[place].degrees if pair else None for text, pair in both.items()},
            default=None,
            return_dtype=pl.Float64,
        )
        columns[name] = degrees.fill_null(paired)
        is_open |= raw.is_in(
            [text for text, angle in read.items() if angle and angle.axis == "open"]
        ).fill_null(False)
        is_open |= pairs.is_in(
            [text for text, pair in both.items() if pair and pair[place].axis == "open"]
        ).fill_null(False)
    # "O" is east in German and Dutch, west in French, Spanish and Italian.
    west = sum(work.languages.get(name, 0) for name in ("fr", "es", "it"))
    east = sum(work.languages.get(name, 0) for name in ("de", "nl"))
    if west > east and is_open.any():
        columns["lon"] = (
            pl.DataFrame({"open": is_open, "lon": columns["lon"]})
            .select(pl.when("open").then(-pl.col("lon").abs()).otherwise("lon"))
            .to_series()
        )
    return columns["lat"], columns["lon"], is_open


def _network(work: Work, points: pl.DataFrame | None) -> pl.DataFrame | None:
    """Give the collection point that each row's site names, by id or by a name that only one point bears."""
    if points is None or not points.height:
        return None
    rows = points.select(
        "point_id", "name", "country", pl.col("lat", "lon").cast(pl.Float64, strict=False)
    ).rows()
    names = Counter(key(row[1]) for row in rows if row[1])
    lookup = {key(row[1]): row for row in rows if row[1] and names[key(row[1])] == 1}
    lookup.update({key(str(row[0])): row for row in rows})
    site = work.values["site"]
    found = {text: lookup.get(key(text)) for text in site.drop_nulls().unique()}
    kinds: dict[str, Any] = {
        "point_id": pl.String,
        "point_country": pl.String,
        "point_lat": pl.Float64,
        "point_lon": pl.Float64,
    }
    return pl.DataFrame(
        {
            name: site.replace_strict(
                {text: row[place] if row else None for text, row in found.items()},
                default=None,
                return_dtype=kind,
            )
            for (name, kind), place in zip(kinds.items(), (0, 2, 3, 4), strict=True)
        }
    )


def _checked(
    work: Work,
    listed: pl.Series,
    lat: pl.Series,
    lon: pl.Series,
    is_open: pl.Series,
    known: pl.DataFrame | None,
    country_at: CountryAt,
) -> tuple[pl.Series, pl.Series, pl.Series]:
    """Hold coordinates against the listed country and the network's point; correct what only one reading fits."""
    table = pl.DataFrame({"lat": lat, "lon": lon, "listed": listed, "open": is_open}).with_columns(
        (known if known is not None else pl.DataFrame({"point_country": [None] * work.height})).get_columns()
    )
    for name, kind in (("point_lat", pl.Float64), ("point_lon", pl.Float64), ("point_country", pl.String)):
        if name not in table.columns:
            table = table.with_columns(pl.lit(None, dtype=kind).alias(name))
    keys_ = ["lat", "lon", "listed", "open", "point_lat", "point_lon", "point_country"]
    table = table.select(
        pl.col(name).cast(pl.String) if name.endswith("country") else pl.col(name) for name in keys_
    )
    unique = table.filter(pl.col("lat").is_not_null()).unique(maintain_order=True)
    counts = table.join(unique, on=keys_, nulls_equal=True).group_by(keys_).len()
    unique = unique.join(counts, on=keys_, nulls_equal=True, maintain_order="left")
    judged = _judge(unique, country_at)
    lookup = unique.select(keys_).hstack(judged)
    joined = table.join(lookup, on=keys_, how="left", nulls_equal=True, maintain_order="left")
    raw = _shown(work)
    fixed = joined.select(pl.concat_str(["new_lat", "new_lon"], separator=" / ")).to_series()
    for code in judged["code"].drop_nulls().unique(maintain_order=True):
        work.mark(joined["code"] == code, code, "lat", raw, fixed, joined["confidence"].fill_null(0.0))
    country = listed.fill_null(joined["country"])
    derived = listed.is_null() & joined["country"].is_not_null() & joined["point_country"].is_null()
    if work.has("country"):
        work.mark(derived, "country-from-coordinates", "country", work.cell("country"), country, 0.95)
    elif derived.any():
        work.notes.add(0, "countries-from-coordinates", "country", None, int(derived.sum()), 0.95)
    against = (listed != joined["point_country"]).fill_null(False) & joined["code"].is_null()
    work.mark(against, "place-contradiction", "country", work.text("country"), joined["point_country"], 0.0)
    return joined["new_lat"], joined["new_lon"], country


def _judge(unique: pl.DataFrame, country_at: CountryAt) -> pl.DataFrame:
    """Give for each distinct place the corrected coordinates, its country, a finding code and a confidence."""
    lat, lon = unique["lat"].to_numpy().astype(float), unique["lon"].to_numpy().astype(float)
    wanted = [listed or point for listed, point in unique.select("listed", "point_country").iter_rows()]
    point_lat = unique["point_lat"].to_numpy().astype(float)
    point_lon = unique["point_lon"].to_numpy().astype(float)
    in_range = (np.abs(lat) <= 90) & (np.abs(lon) <= 180)
    here = _country(lat, lon, in_range, wanted, country_at)
    far = _km(lat, lon, point_lat, point_lon) > _NEAR_KM
    right = np.array(
        [
            ok and found is not None and (want is None or found == want) and not away
            for ok, found, want, away in zip(in_range, here, wanted, far, strict=True)
        ],
        dtype=bool,
    )
    homes = _homes(here, right, unique["len"].to_list())
    new_lat, new_lon = lat.copy(), lon.copy()
    codes: list[str | None] = [None] * len(lat)
    sure = np.ones(len(lat))
    suspects = [place for place in range(len(lat)) if not right[place]]
    # One place per tenth of a degree stands for its neighbours when the whole list is asked where it is at home.
    doubted: dict[tuple[float, float], list[int]] = {}
    for place in range(len(lat)):
        if right[place] and wanted[place] is None and homes and here[place] not in homes:
            doubted.setdefault((round(lat[place], 1), round(lon[place], 1)), []).append(place)
    suspects += [group[0] for group in doubted.values()]
    if suspects:
        rows = np.array(suspects)
        options = _options(rows, lat, lon, wanted, (point_lat, point_lon), country_at)
        for place, fits in zip(suspects, options, strict=True):
            _decide(
                place,
                fits,
                (new_lat, new_lon),
                codes,
                sure,
                here,
                wanted,
                homes,
                bool(in_range[place]),
                bool(right[place]),
            )
    for first, *rest in doubted.values():
        for place in rest:
            codes[place], sure[place] = codes[first], sure[first]
    return pl.DataFrame(
        {"new_lat": new_lat, "new_lon": new_lon, "country": here, "code": codes, "confidence": sure},
        schema={
            "new_lat": pl.Float64,
            "new_lon": pl.Float64,
            "country": pl.String,
            "code": pl.String,
            "confidence": pl.Float64,
        },
    )


def _homes(here: list[str | None], right: NDArray[np.bool_], weights: list[int]) -> frozenset[str]:
    """Give the countries in which the list is at home: those with at least a hundredth of its rows, and two."""
    counts: Counter[str] = Counter()
    for country, good, weight in zip(here, right, weights, strict=True):
        if good and country:
            counts[country] += weight
    total = sum(counts.values())
    return (
        frozenset(country for country, count in counts.items() if count * 20 >= total)
        if total >= 10
        else frozenset()
    )


def _country(
    lat: Floats, lon: Floats, usable: NDArray[np.bool_], wanted: Sequence[str | None], country_at: CountryAt
) -> list[str | None]:
    found: list[str | None] = [None] * len(lat)
    rows = np.flatnonzero(usable)
    if rows.size:
        named = country_at(lat[rows], lon[rows], stated=[wanted[row] for row in rows.tolist()])
        for row, country in zip(rows.tolist(), named, strict=True):
            found[row] = country
    return found


def _km(lat: Floats, lon: Floats, other_lat: Floats, other_lon: Floats) -> Floats:
    """Great-circle distances [km]; NaN where a point is missing."""
    a, b, c, d = (np.radians(value) for value in (lat, lon, other_lat, other_lon))
    half = np.sin((c - a) / 2) ** 2 + np.cos(a) * np.cos(c) * np.sin((d - b) / 2) ** 2
    return np.asarray(2 * 6371.0 * np.arcsin(np.sqrt(np.clip(half, 0, 1))), dtype=np.float64)


_Fit = tuple[str, float, float, str]


def _options(
    rows: NDArray[np.int64],
    lat: Floats,
    lon: Floats,
    wanted: Sequence[str | None],
    point: tuple[Floats, Floats],
    country_at: CountryAt,
) -> list[list[_Fit]]:
    """Give for each suspect the ways of swapping and turning signs that put it on land (and near its point)."""
    pair = np.stack([lat[rows], lon[rows]])
    wants = [wanted[row] for row in rows.tolist()]
    fits: list[list[_Fit]] = [[] for _ in rows]
    for way, first, second, first_sign, second_sign in _WAYS:
        a, b = pair[first] * first_sign, pair[second] * second_sign
        usable = (np.abs(a) <= 90) & (np.abs(b) <= 180)
        named = _country(a, b, usable, wants, country_at)
        away = _km(a, b, point[0][rows], point[1][rows]) > _NEAR_KM
        for place, country in enumerate(named):
            if country and not away[place] and (wants[place] is None or country == wants[place]):
                fits[place].append((way, float(a[place]), float(b[place]), country))
    return fits


def _decide(  # noqa: PLR0913, PLR0917
    place: int,
    fits: list[_Fit],
    new: tuple[Floats, Floats],
    codes: list[str | None],
    sure: Floats,
    here: list[str | None],
    wanted: Sequence[str | None],
    homes: frozenset[str],
    in_range: bool,
    right: bool,
) -> None:
    distinct = list(dict.fromkeys((a, b) for _, a, b, _ in fits))
    if right:  # on land, in a country where the list is not at home
        # A sign gets lost and is never gained: only turning a positive number is suspected.
        here_lat, here_lon = new[0][place], new[1][place]
        if any(
            fit[3] in homes and not (fit[0] != "swapped" and (fit[1] > here_lat or fit[2] > here_lon))
            for fit in fits
        ):
            codes[place], sure[place] = "coordinates-doubtful", 0.0
        return
    proved = wanted[place] is not None
    at_home = [fit for fit in fits if fit[3] in homes]
    if not proved and not in_range and len(at_home) == 1:
        fits, distinct = at_home, [(at_home[0][1], at_home[0][2])]
    if len(distinct) == 1 and (proved or (not in_range and at_home)):
        way, new[0][place], new[1][place], here[place] = fits[0]
        codes[place], sure[place] = f"coordinates-{way}", 0.9 if proved else 0.7
        return
    sure[place] = 0.0
    if not in_range:
        codes[place] = "coordinates-out-of-range"
    else:
        codes[place] = (
            "place-contradiction" if wanted[place] is not None and here[place] is not None else "place-at-sea"
        )
