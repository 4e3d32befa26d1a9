"""Whether the places of a network folder lie where they say: in their country, and not in the sea."""

from __future__ import annotations

import polars as pl

from voltloop.findings import Finding, make

__all__ = ["check_places"]


def check_places(
    places: pl.DataFrame, file: str, key: str, lines: pl.Series, findings: list[Finding]
) -> pl.DataFrame:
    """Add ``is_plannable`` and ``why_not``; each place that cannot be believed gives a finding.

    Parameters
    ----------
    places
        Rows with ``key``, ``country``, ``lat`` and ``lon``, in the order of the file.
    file, key, lines
        Where the rows come from, for the findings.
    findings
        Receives one finding for each doubtful place.

    Notes
    -----
    Nothing is corrected: when lat and lon look swapped, or a minus sign lost, the finding says so.
    """
    from voltloop.catalogue import countries, country_at

    lat, lon, stated = places["lat"].to_numpy(), places["lon"].to_numpy(), places["country"].to_list()
    known = set(countries()["iso2"])
    found = country_at(lat, lon, stated=stated)
    reasons: list[str | None] = [None] * places.height
    for place, (country, here) in enumerate(zip(stated, found, strict=True)):
        where = f"{file}, line {lines[place]}"
        if country not in known:
            finding = make("network-country-unknown", where=where, field="country", raw=country)
        elif here == country:
            continue
        else:
            raw = f"{lat[place]:g}, {lon[place]:g}"
            hint = _hint(float(lat[place]), float(lon[place]), country)
            name = places[key][place]
            if here is None:
                finding = make(
                    "network-place-at-sea",
                    where=where,
                    field="lat",
                    raw=raw,
                    value=name,
                    country=country,
                    hint=hint,
                )
            else:
                finding = make(
                    "network-place-elsewhere",
                    where=where,
                    field="lat",
                    raw=raw,
                    value=name,
                    country=country,
                    found=here,
                    hint=hint,
                )
        findings.append(finding)
        reasons[place] = finding.message
    why_not = pl.Series("why_not", reasons, dtype=pl.String)
    return places.with_columns(why_not, is_plannable=why_not.is_null())


def _hint(lat: float, lon: float, country: str) -> str:
    """Say what the mistake looks like, where the corrected place lies in the stated country."""
    from voltloop.catalogue import country_at

    guesses = [
        (lon, lat, "lat and lon look swapped"),
        (lat, -lon, "the sign of lon looks wrong"),
        (-lat, lon, "the sign of lat looks wrong"),
    ]
    for guess_lat, guess_lon, words in guesses:
        if abs(guess_lat) <= 90 and country_at([guess_lat], [guess_lon], stated=[country])[0] == country:
            return f" Perhaps {words}."
    return ""
