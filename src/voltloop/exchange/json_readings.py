"""Readings as plain JSON, and as batches of CloudEvents that carry such JSON or SenML."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from voltloop.epcis.readings import (
    DEVICE_BASE,
    POSITION,
    Batch,
    check_times,
    device_uri,
    instant_from,
    position,
    reading,
)
from voltloop.exchange.senml import read_senml

__all__ = ["read_cloud_events", "read_json"]

_SENML = ("application/senml+json", "application/senml")
_REQUIRED = ("id", "source", "specversion", "type")


def read_json(
    body: bytes | str | list[Any] | dict[str, Any],
    received_at: datetime,
    *,
    device: str | None = None,
    base: str = DEVICE_BASE,
) -> Batch:
    """Read readings in our own JSON form.

    Parameters
    ----------
    body
        One reading, a list of them, or ``{"readings": [...]}``. A reading has ``device``, ``measured_at`` (ISO 8601
        with a zone, or seconds or milliseconds since 1970), ``values`` (by measure a number, or ``{"value", "unit"}``)
        and, where told, ``sent_at``, ``sequence``, ``session`` and ``position``
        (``{"latitude", "longitude", "accuracy_m"}``, degrees and metres).
    device
        Identifier of the device where the way in tells it.

    Examples
    --------
    >>> from datetime import UTC
    >>> now = datetime(2026, 11, 24, 8, tzinfo=UTC)
    >>> told = {"device": "urn:dev:a", "measured_at": "2026-11-24T07:59:00Z", "values": {"temperature": 21.5}}
    >>> read_json(told, now).readings[0].number
    21.5
    """
    batch = Batch()
    try:
        told = json.loads(body) if isinstance(body, bytes | str) else body
    except (ValueError, RecursionError) as error:
        batch.refuse("body", ValueError("not-json", f"This is not JSON: {error}."), body)
        return batch
    if isinstance(told, dict) and "readings" in told:
        told = told["readings"]
    for number, one in enumerate(told if isinstance(told, list) else [told], 1):
        _take(one, f"reading {number}", received_at, device, base, batch)
    return batch


def _take(one: Any, where: str, received_at: datetime, device: str | None, base: str, batch: Batch) -> None:
    raw = json.dumps(one, default=str)
    try:
        if not isinstance(one, dict):
            raise ValueError("reading-no-object", "A reading is a JSON object.")
        if device is None and not isinstance(one.get("device"), str):
            raise ValueError("device-missing", "device: the name of the device is missing.")
        owner = device or device_uri(one["device"], base)
        at = instant_from(one.get("measured_at"))
        shared = _shared(one)
        values = one.get("values", {})
        if not isinstance(values, dict) or not (values or POSITION in one):
            raise ValueError("values-missing", "values: at least one measure with its value was expected.")
    except ValueError as error:
        batch.refuse(where, error, raw)
        return
    for name, value in (*values.items(), *(((POSITION, one[POSITION]),) if POSITION in one else ())):
        try:
            if name == POSITION:
                fix = value if isinstance(value, Mapping) else {}
                made = position(
                    owner, at, fix.get("latitude"), fix.get("longitude"), fix.get("accuracy_m"), **shared
                )
            elif isinstance(value, Mapping):
                made = reading(owner, name, at, value.get("value"), value.get("unit"), **shared)
            else:
                made = reading(owner, name, at, value, **shared)
            check_times(made, received_at)
            batch.readings.append(made)
        except (ValueError, TypeError) as error:
            told = error if isinstance(error, ValueError) else ValueError("reading-invalid", str(error))
            batch.refuse(f"{where}, {name}", told, raw)


def _shared(one: Mapping[str, Any]) -> dict[str, Any]:
    shared: dict[str, Any] = {}
    if one.get("sent_at") is not None:
        shared["sent_at"] = instant_from(one["sent_at"], "sent_at")
    sequence = one.get("sequence")
    if sequence is not None:
        if not isinstance(sequence, int) or isinstance(sequence, bool) or not 0 <= sequence < 1 << 62:
            raise ValueError("sequence-invalid", f"sequence: {sequence!r} is not a whole number from 0.")
        shared |= {"sequence": sequence, "session": str(one.get("session") or "")[:100]}
    return shared


def read_cloud_events(body: bytes | str, received_at: datetime, *, base: str = DEVICE_BASE) -> Batch:
    """Read a batch of CloudEvents whose data are readings in our JSON form or SenML.

    The same ``source`` and ``id`` are the same event: the second within the batch is left out; one that came before
    is known by its readings.

    References
    ----------
    CloudEvents 1.0.2 sections 2 and 3 (required attributes, uniqueness); JSON format section 4 (batches).
    """
    batch = Batch()
    try:
        events = json.loads(body)
    except (ValueError, RecursionError) as error:
        batch.refuse("body", ValueError("not-json", f"This is not JSON: {error}."), body)
        return batch
    seen: set[tuple[str, str]] = set()
    for number, event in enumerate(events if isinstance(events, list) else [events], 1):
        where = f"CloudEvent {number}"
        try:
            _check_event(event)
        except ValueError as error:
            batch.refuse(where, error, json.dumps(event))
            continue
        if (event["source"], event["id"]) in seen:
            continue
        seen.add((event["source"], event["id"]))
        _data(event, where, received_at, base, batch)
    return batch


def _check_event(event: Any) -> None:
    if not isinstance(event, dict):
        raise ValueError("cloudevent-invalid", "A CloudEvent is a JSON object.")
    for name in _REQUIRED:
        if not isinstance(event.get(name), str) or not event[name]:
            raise ValueError("cloudevent-invalid", f"{name}: CloudEvents 1.0 requires it.")
    if event["specversion"] != "1.0":
        raise ValueError("cloudevent-version", f'specversion: "{event["specversion"]}" is not 1.0.')
    if "data" not in event:
        raise ValueError("cloudevent-invalid", "data: the event carries no readings.")


def _data(event: Mapping[str, Any], where: str, received_at: datetime, base: str, batch: Batch) -> None:
    kind = str(event.get("datacontenttype", "application/json")).partition(";")[0].strip().lower()
    subject = event.get("subject")
    device = device_uri(subject, base) if isinstance(subject, str) and subject.strip() else None
    try:
        sent_at = instant_from(event["time"], "time") if "time" in event else None
    except ValueError as error:
        batch.refuse(where, error, event["time"])
        return
    if kind in _SENML:
        found = read_senml(event["data"], received_at, device=device, sent_at=sent_at)
    else:
        found = read_json(event["data"], received_at, device=device, base=base)
    batch.readings += [one if one.sent_at else one._replace(sent_at=sent_at) for one in found.readings]
    batch.refused += [one._replace(where=f"{where}, {one.where}") for one in found.refused]
