"""Which clock a place goes by."""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources

__all__ = ["zone_of"]


def zone_of(country: str | None, admin1: str | None = None) -> str | None:
    """Give the name of the time zone in which most of a country, or of one of its states, lies.

    Parameters
    ----------
    country
        ISO 3166-1 alpha-2.
    admin1
        State or province in English; asked for only where a country has several zones.

    Returns
    -------
    str | None
        A name of the IANA time zone database; None where the country has several zones and the state is not known.

    References
    ----------
    ``catalogue/time_zones.csv``, each row with its source.

    Examples
    --------
    >>> zone_of("DE"), zone_of("US", "Texas"), zone_of("US")
    ('Europe/Berlin', 'America/Chicago', None)
    """
    zones = _zones()
    return zones.get((country or "", admin1 or "")) or zones.get((country or "", ""))


@cache
def _zones() -> dict[tuple[str, str], str]:
    source = (resources.files("voltloop.catalogue") / "time_zones.csv").read_text(encoding="utf-8")
    return {(row["country"], row["admin1"]): row["zone"] for row in csv.DictReader(source.splitlines())}
