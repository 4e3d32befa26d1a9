"""SenML: measurements of sensors as a JSON array, resolved to readings with absolute names and times."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from voltloop.epcis.readings import Batch, Reading, check_times, device_uri, position, reading

__all__ = ["read_senml"]

_BASES = ("bn", "bt", "bu", "bv", "bs", "bver")
_RELATIVE_BELOW = 1 << 28
_VALUES = ("v", "vs", "vb", "vd", "s")
_HIGHEST_VERSION = 10
_HALVES = {"lat": "latitude", "lon": "longitude"}


def read_senml(
    body: bytes | str | list[Any],
    received_at: datetime,
    *,
    device: str | None = None,
    sent_at: datetime | None = None,
) -> Batch:
    """Read a SenML pack.

    Parameters
    ----------
    body
        JSON text of the pack, or what it says.
    received_at
        The present: times below 2**28 seconds count from it.
    device
        Identifier of the device where the way in tells it, such as an MQTT topic; then names are those of the values.
        Without it the name up to its last ``:`` or ``/`` is the device, and the rest the value's name.

    Returns
    -------
    Batch
        A latitude and a longitude of one name and time are one fix.

    References
    ----------
    RFC 8428 sections 4.1 to 4.6 (base fields, versions, relative times, resolution) and 12.1 (units).

    Examples
    --------
    >>> now = datetime(2026, 11, 24, 8, tzinfo=UTC)
    >>> batch = read_senml('[{"bn": "urn:dev:ow:10e2:", "n": "temperature", "u": "Cel", "v": 21.5}]', now)
    >>> batch.readings[0].device, batch.readings[0].number
    ('urn:dev:ow:10e2', 21.5)
    """
    batch = Batch()
    try:
        records = json.loads(body) if isinstance(body, bytes | str) else body
    except (ValueError, RecursionError) as error:
        batch.refuse("SenML", ValueError("not-json", f"This is not JSON: {error}."), body)
        return batch
    if not isinstance(records, list) or not records:
        batch.refuse("SenML", ValueError("senml-pack", "A SenML pack is a JSON array of records."), body)
        return batch
    base: dict[str, Any] = {}
    halves: dict[tuple[str, datetime], dict[str, float]] = {}
    for number, record in enumerate(records, 1):
        try:
            if not isinstance(record, dict):
                raise ValueError("senml-record", "A record is a JSON object.")
            base |= {name: record[name] for name in _BASES if name in record}
            _resolve(record, base, device, received_at, sent_at, batch, halves)
        except ValueError as error:
            batch.refuse(f"record {number}", error, json.dumps(record))
    _join(halves, sent_at, received_at, batch)
    return batch


def _resolve(
    record: Mapping[str, Any],
    base: Mapping[str, Any],
    device: str | None,
    received_at: datetime,
    sent_at: datetime | None,
    batch: Batch,
    halves: dict[tuple[str, datetime], dict[str, float]],
) -> None:
    _check_version(base)
    for name in record:
        if name.endswith("_"):
            raise ValueError("senml-must-understand", f'The field "{name}" must be understood, and is not.')
    if not any(name in record for name in _VALUES) and not ("bv" in base and "n" in record):
        return
    owner, metric = _names(record, base, device)
    at = _time(record, base, received_at)
    unit = record.get("u", base.get("bu"))
    value = _value(record, base)
    if unit in _HALVES:
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise ValueError("position-invalid", f"{value!r} is not a number of degrees.")
        halves.setdefault((owner, at), {})[unit] = value
        return
    made = reading(owner, metric, at, value, unit, sent_at=sent_at)
    check_times(made, received_at)
    batch.readings.append(made)


def _check_version(base: Mapping[str, Any]) -> None:
    version = base.get("bver", _HIGHEST_VERSION)
    if not isinstance(version, int) or isinstance(version, bool) or not 0 < version <= _HIGHEST_VERSION:
        raise ValueError(
            "senml-version", f"Version {version!r} is not read here; up to {_HIGHEST_VERSION} is."
        )


def _names(record: Mapping[str, Any], base: Mapping[str, Any], device: str | None) -> tuple[str, str]:
    """Give device and name of the value."""
    first, last = base.get("bn", ""), record.get("n", "")
    if not isinstance(first, str) or not isinstance(last, str):
        raise ValueError("senml-name", "bn and n are texts.")
    if device is not None:
        return device, last or first.rpartition("/")[2].rpartition(":")[2]
    if first and last:
        stem = first.rstrip(":/.-_")
        return device_uri(stem), last
    whole = first + last
    cut = max(whole.rfind(":"), whole.rfind("/"))
    if cut <= 0 or cut == len(whole) - 1:
        raise ValueError("senml-name", f'"{whole[:80]}" does not tell both the device and the value.')
    return device_uri(whole[:cut]), whole[cut + 1 :]


def _number(value: Any, name: str) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise ValueError("senml-field", f"{name}: {value!r} is not a number.")
    return float(value)


def _time(record: Mapping[str, Any], base: Mapping[str, Any], received_at: datetime) -> datetime:
    seconds = _number(base.get("bt", 0), "bt") + _number(record.get("t", 0), "t")
    try:
        if seconds < _RELATIVE_BELOW:
            return received_at + timedelta(seconds=seconds)
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        raise ValueError("time-invalid", f"{seconds} s is no instant.") from None


def _value(record: Mapping[str, Any], base: Mapping[str, Any]) -> Any:
    for name in ("vs", "vb", "vd"):
        if name in record:
            return record[name]
    if "v" in record or "bv" in base:
        return _number(record.get("v", 0), "v") + _number(base.get("bv", 0), "bv")
    return _number(record.get("s", 0), "s") + _number(base.get("bs", 0), "bs")


def _join(
    halves: Mapping[tuple[str, datetime], Mapping[str, float]],
    sent_at: datetime | None,
    received_at: datetime,
    batch: Batch,
) -> None:
    """Join latitudes and longitudes to fixes."""
    for (owner, at), found in halves.items():
        try:
            if len(found) < 2:
                raise ValueError("position-incomplete", "A fix needs both lat and lon of one time.")
            made: Reading = position(owner, at, found["lat"], found["lon"], sent_at=sent_at)
            check_times(made, received_at)
            batch.readings.append(made)
        except ValueError as error:
            batch.refuse(f"{owner} at {at.isoformat()}", error, dict(found))
