"""Readings of sensors: one value of one device at one instant, in the unit in which its measure is kept.

Every way in (SenML, JSON, CloudEvents, Sparkplug) ends in these values, and the ledger keeps them. Which measures there
are, with the CBV type and unit of each, is data: ``measures.csv`` in ``catalogue/traceability``; which words units go
by, ``unit_words.csv``.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import resources
from typing import Any, NamedTuple
from urllib.parse import quote

from voltloop.epcis.quantities import convert, units

__all__ = [
    "DEVICE_BASE",
    "POSITION",
    "Batch",
    "Measure",
    "Reading",
    "Refused",
    "check_times",
    "device_uri",
    "instant_from",
    "measures",
    "position",
    "reading",
]

POSITION = "position"
"""The metric of a fix: latitude and longitude."""

DEVICE_BASE = "https://id.voltloop.org/device/"
"""What stands before the name of a device that is no URI."""

_SKEW = timedelta(minutes=5)
_EARLIEST = datetime(2010, 1, 1, tzinfo=UTC)
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./:-]{0,119}")


class Reading(NamedTuple):
    """One reading.

    ``measured_at`` is the device's time of it, ``sent_at`` when it was sent, where told. ``sequence`` counts the
    device's readings within ``session``; without one, the time tells readings apart. ``uom`` is a code of UN/CEFACT
    Recommendation 20. A position has ``latitude``, ``longitude`` (degrees) and, where told, ``accuracy_m``.
    """

    device: str
    metric: str
    measured_at: datetime
    number: float | None = None
    uom: str = ""
    words: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    accuracy_m: float | None = None
    sent_at: datetime | None = None
    session: str = ""
    sequence: int | None = None


class Refused(NamedTuple):
    """A reading or message that is not taken: where it stood, a stable code, the reason in words, and its text."""

    where: str
    code: str
    reason: str
    raw: str


@dataclass(slots=True)
class Batch:
    """What one message holds: readings, and what of it is refused."""

    readings: list[Reading] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """How many readings came in, taken or refused."""
        return len(self.readings) + len(self.refused)

    def refuse(self, where: str, error: ValueError, raw: object) -> None:
        """Note what is refused, with the reason that the error tells: a code, then a sentence."""
        code, reason = error.args if len(error.args) == 2 else ("reading-invalid", str(error))
        text = raw.decode("utf-8", "backslashreplace") if isinstance(raw, bytes) else str(raw)
        self.refused.append(Refused(where, code, reason, text.replace("\0", "\\x00")[:2000]))


@dataclass(frozen=True, slots=True)
class Measure:
    """A kind of reading: its name, its measurement type in the CBV, and the unit in which it is kept."""

    metric: str
    type: str
    uom: str


@cache
def measures() -> Mapping[str, Measure]:
    """Every known measure by its name and synonyms.

    Examples
    --------
    >>> measures()["rh"].metric
    'humidity'
    """
    found: dict[str, Measure] = {}
    for row in _rows("measures.csv"):
        measure = Measure(row["metric"], row["type"], row["uom"])
        found |= dict.fromkeys((row["metric"], *row["synonyms"].split(";")), measure)
    return found


@cache
def _unit_words() -> Mapping[str, str]:
    return {row["word"]: row["uom"] for row in _rows("unit_words.csv")}


def _rows(name: str) -> list[dict[str, str]]:
    text = (resources.files("voltloop.catalogue") / "traceability" / name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def device_uri(name: str, base: str = DEVICE_BASE) -> str:
    """Give the identifier of a device: its name where that is a URI, else the name under a base.

    Raises
    ------
    ValueError
        The name is empty or has more than 300 letters.

    Examples
    --------
    >>> device_uri("logger 7")
    'https://id.voltloop.org/device/logger%207'
    """
    name = name.strip()
    if not 0 < len(name) <= 300:
        raise ValueError(
            "device-name", f'"{name[:40]}" is not the name of a device: 1 to 300 letters were expected.'
        )
    return name if _URI.fullmatch(name) else base + quote(name, safe="")


def reading(
    device: str, name: str, measured_at: datetime, value: Any, unit: str | None = None, **further: Any
) -> Reading:
    """Make a reading of what a device told: the measure by its name, the value in the measure's unit.

    Parameters
    ----------
    device
        Identifier of the device.
    name
        A measure or one of its synonyms, in any case; another name is kept as it is.
    value
        A number, a truth value, or a text.
    unit
        Code of Recommendation 20 or a usual word; None means the measure's own unit.
    further
        Other fields of :class:`Reading`.

    Raises
    ------
    ValueError
        Code and reason: the value is no finite number, or the unit is unknown or of another measure.

    Examples
    --------
    >>> at = datetime(2026, 11, 24, tzinfo=UTC)
    >>> one = reading("urn:dev:a", "Temp", at, 212.0, "degF")
    >>> one.metric, one.number, one.uom
    ('temperature', 100.0, 'CEL')
    """
    plain = name.strip().lower().replace(" ", "_").replace("-", "_")
    measure = measures().get(plain)
    metric = measure.metric if measure else name.strip()
    if not _NAME.fullmatch(metric) or metric == POSITION:
        raise ValueError("metric-name", f'"{name[:60]}" cannot be the name of a value here.')
    if isinstance(value, bool):
        value = float(value)
    if isinstance(value, str):
        if measure is not None:
            raise ValueError("value-no-number", f'{metric}: "{value[:60]}" is not a number.')
        return Reading(device, metric, measured_at, words=value[:4000], **further)
    if not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError("value-no-number", f"{metric}: {value!r} is not a finite number.")
    number, uom = _in_unit(metric, float(value), unit, measure)
    return Reading(device, metric, measured_at, number=number, uom=uom, **further)


def _in_unit(metric: str, number: float, unit: str | None, measure: Measure | None) -> tuple[float, str]:
    if not unit:
        return number, measure.uom if measure else ""
    uom = _unit_words().get(unit, unit)
    if uom not in units():
        raise ValueError(
            "unit-unknown", f'{metric}: the unit "{unit[:20]}" is not known. Use a code of UN/CEFACT Rec 20.'
        )
    if measure is None:
        return number, uom
    made = number if uom == measure.uom else convert(number, uom, measure.uom)
    if made is None:
        wanted = units()[measure.uom].name
        raise ValueError("unit-of-another-measure", f'{metric}: "{unit}" does not measure it; {wanted} does.')
    return made, measure.uom


def position(
    device: str,
    measured_at: datetime,
    latitude: Any,
    longitude: Any,
    accuracy_m: Any = None,
    **further: Any,
) -> Reading:
    """Make a fix.

    Raises
    ------
    ValueError
        Code and reason: these are no coordinates, or the accuracy is negative. Zero and zero is no fix: receivers
        without one tell it.
    """
    for given in (latitude, longitude, accuracy_m):
        is_number = isinstance(given, int | float) and not isinstance(given, bool) and math.isfinite(given)
        if not is_number and not (given is None and given is accuracy_m):
            raise ValueError("position-invalid", f"{given!r} is not a number of degrees or metres.")
    if abs(latitude) > 90 or abs(longitude) > 180 or (latitude == 0 and longitude == 0):
        raise ValueError(
            "position-invalid", f"Latitude {latitude}, longitude {longitude} is no fix on earth."
        )
    if accuracy_m is not None and accuracy_m < 0:
        raise ValueError("position-invalid", f"The accuracy {accuracy_m} m is below zero.")
    return Reading(
        device,
        POSITION,
        measured_at,
        latitude=float(latitude),
        longitude=float(longitude),
        accuracy_m=None if accuracy_m is None else float(accuracy_m),
        **further,
    )


def instant_from(value: Any, name: str = "measured_at") -> datetime:
    """Read an instant: ISO 8601 with a zone, or a number of seconds (above 1e11: milliseconds) since 1970 in UTC.

    Raises
    ------
    ValueError
        Code and reason.

    Examples
    --------
    >>> instant_from("2026-11-24T08:00:00+01:00") == instant_from(1795503600) == instant_from(1795503600000)
    True
    """
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value / 1000 if abs(value) > 1e11 else value, UTC)
        at = datetime.fromisoformat(value)
    except (TypeError, ValueError, OverflowError, OSError):
        raise ValueError("time-invalid", f'{name}: "{str(value)[:60]}" is no instant.') from None
    if at.tzinfo is None:
        raise ValueError("time-without-zone", f'{name}: "{value}" has no zone. Add Z or +01:00.')
    return at.astimezone(UTC)


def check_times(one: Reading, received_at: datetime) -> None:
    """Refuse a reading of a clock that cannot be right: before 2010, or more than 5 minutes ahead of ours.

    Raises
    ------
    ValueError
        Code and reason.
    """
    if one.measured_at > received_at + _SKEW:
        raise ValueError(
            "measured-in-future",
            f"{one.metric} of {one.measured_at.isoformat()} is ahead of the present, {received_at.isoformat()}. "
            "Set the clock of the device.",
        )
    if one.measured_at < _EARLIEST:
        raise ValueError(
            "measured-too-early",
            f"{one.metric} of {one.measured_at.isoformat()}: the clock of the device was not set.",
        )
