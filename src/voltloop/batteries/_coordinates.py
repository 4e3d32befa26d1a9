"""Latitudes and longitudes as people write them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

__all__ = ["Angle", "read_angle", "read_pair"]

_NUMBER = r"[-+\u2212]?\d+(?:[.,]\d+)?"
_MARK = r"N|S|E|W|O|Nord|North|Norte|Noord|S[üu]d|South|Sud|Sur|Zuid|Ost|East|Est|Este|Oost|West|Ouest|Oeste|Ovest"
_DECIMAL = re.compile(
    rf"^(?P<before>{_MARK})?\s*(?P<value>{_NUMBER})\s*[°º]?\s*(?P<after>{_MARK})?$", re.IGNORECASE
)
_SEXAGESIMAL = re.compile(
    rf"^(?P<before>{_MARK})?\s*(?P<sign>[-+\u2212])?(?P<degrees>\d{{1,3}})\s*[°ºd:\s]\s*(?P<minutes>\d{{1,2}}(?:[.,]\d+)?)"
    rf"\s*(?:['’′m:\s]+\s*(?P<seconds>\d{{1,2}}(?:[.,]\d+)?)\s*(?:\"|''|’’|″|”|s)?)?\s*['’′m]?\s*(?P<after>{_MARK})?$",
    re.IGNORECASE,
)
_POINT = re.compile(
    r"^POINT\s*\(\s*(?P<lon>-?\d+(?:\.\d+)?)[\s,]+(?P<lat>-?\d+(?:\.\d+)?)\s*\)?$", re.IGNORECASE
)
_NAMES = re.compile(r"\s*\b(?:lat(?:itude)?|lon(?:g(?:itude)?)?|lng)\b\s*[:=]?\s*", re.IGNORECASE)
_SIGNS = {"n": ("lat", 1), "s": ("lat", -1), "e": ("lon", 1), "w": ("lon", -1), "o": ("open", 1)}
_FULL = {
    "ost": "e",
    "oost": "e",
    "est": "e",
    "este": "e",
    "east": "e",
    "ouest": "w",
    "oeste": "w",
    "ovest": "w",
    "west": "w",
}


class Angle(NamedTuple):
    """One coordinate in degrees; ``axis`` is lat, lon, ``open`` (a bare O is east or west) or empty."""

    degrees: float
    axis: str = ""


def _marked(mark: str | None) -> tuple[str, int]:
    if not mark:
        return "", 1
    word = mark.casefold()
    return _SIGNS[_FULL.get(word, word[0])]


@lru_cache(maxsize=262144)
def read_angle(text: str) -> Angle | None:
    r"""Give a coordinate in degrees, or None when the cell holds none.

    Examples
    --------
    >>> read_angle("52,52"), read_angle("117.9 W")
    (Angle(degrees=52.52, axis=''), Angle(degrees=-117.9, axis='lon'))
    >>> round(read_angle("52°31'27.1\"N").degrees, 4)
    52.5242
    """
    bare = text.strip()
    if len(bare) > 60:
        return None
    match = _DECIMAL.match(bare)
    if match:
        value = float(match["value"].replace(",", ".").replace("\u2212", "-"))
    else:
        match = _SEXAGESIMAL.match(bare)
        if not match:
            return None
        minutes = float(match["minutes"].replace(",", "."))
        seconds = float((match["seconds"] or "0").replace(",", "."))
        if minutes >= 60 or seconds >= 60:
            return None
        value = float(match["degrees"]) + minutes / 60 + seconds / 3600
        if match["sign"] in ("-", "\u2212"):
            value = -value
    axis, sign = _marked(match["before"] or match["after"])
    return Angle(-abs(value) if sign < 0 else value, axis)


@lru_cache(maxsize=65536)
def read_pair(text: str) -> tuple[Angle, Angle] | None:
    """Give latitude and longitude of a cell that holds both ("52.52, 13.40", "52,52; 13,40").

    Examples
    --------
    >>> [angle.degrees for angle in read_pair("52,5200; 13,4050")]
    [52.52, 13.405]
    """
    bare = text.strip().strip("()[]")
    if len(bare) > 120:
        return None
    point = _POINT.match(bare)
    if point:  # well-known text: the longitude comes first
        return Angle(float(point["lat"]), "lat"), Angle(float(point["lon"]), "lon")
    bare = _NAMES.sub(" ", bare).strip(" :=")
    for split in (r"\s*[;|/]\s*", r",\s+", r"\s*,\s*", r"(?<=[NSnsEWOewo])\s+", r"\s+"):
        parts = re.split(split, bare)
        if len(parts) == 2:
            first, second = read_angle(parts[0]), read_angle(parts[1])
            if first and second:
                return (second, first) if first.axis == "lon" and second.axis == "lat" else (first, second)
    return None
