"""What a subscriber asks for: the controls of a subscription, checked, from a body or from a URL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from voltloop.errors import InputError, nearest
from voltloop.exchange.addresses import check_destination
from voltloop.exchange.schedules import FIELDS, Schedule, parse_schedule
from voltloop.exchange.signing import key_of_token
from voltloop.ledger.query_model import QueryError, is_storable
from voltloop.ledger.query_values import Parameter, boolean, instant
from voltloop.ledger.subscriptions import Wanted

__all__ = ["CONTROLS", "Controls", "controls_in", "wanted"]

CONTROLS = (*FIELDS, "stream", "reportIfEmpty", "initialRecordTime")
"""Parameters of a URL that ask for a subscription by web socket."""

_MEMBERS = (
    "dest",
    "signatureToken",
    "secret",
    "reportIfEmpty",
    "initialRecordTime",
    "schedule",
    "stream",
)


@dataclass(frozen=True)
class Controls:
    """When a subscriber is told, and from where on.

    Attributes
    ----------
    schedule
        None for a stream, which is told at once.
    report_if_empty
        Whether a schedule without events is reported too.
    initial_record_at
        Events with this record time and later are wanted; None for all that come from now on.
    """

    schedule: Schedule | None
    report_if_empty: bool
    initial_record_at: datetime | None


def wanted(body: object, *, epc_format: str, now: datetime, may_be_private: bool) -> Wanted:
    """Read the body of a subscription by webhook.

    Parameters
    ----------
    body
        JSON object with ``dest``, one of ``schedule`` and ``stream``, and what else the standard has. ``secret`` is
        another name for ``signatureToken``: the published schema has both.
    epc_format
        Spelling of identifiers in deliveries.
    now
        Instant, aware.
    may_be_private
        Whether receivers in a private network are permitted.

    Raises
    ------
    QueryError
        ``ValidationException``, or ``SubscriptionControlsException`` for what is wrong with schedule and stream.
    InputError
        ``bad-destination`` or ``bad-signature-token``.

    References
    ----------
    EPCIS 2.0 section 8.2.5 and the REST bindings, schemas ``QueryScheduleSubscription``, ``QueryStreamSubscription``.
    """
    if not isinstance(body, Mapping):
        raise _invalid('The body is no JSON object. Write {"dest": "https://...", "stream": true}.')
    for name in body:
        if name not in _MEMBERS:
            raise _invalid(
                f'"{str(name)[:100]}" is no member of a subscription.{nearest(str(name), _MEMBERS)} '
                f"Expected {', '.join(_MEMBERS)}."
            )
    dest, token = body.get("dest"), body.get("signatureToken", body.get("secret"))
    if not isinstance(dest, str):
        raise _invalid('"dest" must be the URL that events are to be sent to.')
    check_destination(dest, may_be_private=may_be_private)
    if token is not None:
        if not isinstance(token, str) or not is_storable(token):
            raise _invalid('"signatureToken" must be a text of Unicode characters without U+0000.')
        key_of_token(token)
    controls = _controls(body)
    return Wanted(
        dest=dest,
        token=token,
        schedule=None if controls.schedule is None else dict(body["schedule"]),
        due_at=None if controls.schedule is None else controls.schedule.next_after(now),
        report_if_empty=controls.report_if_empty,
        initial_record_at=controls.initial_record_at,
        epc_format=epc_format,
    )


def controls_in(parameters: Mapping[str, str]) -> Controls:
    """Read the controls of a subscription by web socket from the query string of its URL.

    Raises
    ------
    QueryError
        ``SubscriptionControlsException``.
    """
    given: dict[str, Any] = {}
    for name in ("stream", "reportIfEmpty"):
        if name in parameters:
            try:
                given[name] = boolean(Parameter(name, (parameters[name],), {}))
            except QueryError as error:
                raise _uncontrolled(error.message) from None
    if "initialRecordTime" in parameters:
        given["initialRecordTime"] = parameters["initialRecordTime"]
    schedule = {name: parameters[name] for name in FIELDS if name in parameters}
    return _controls(given | ({"schedule": schedule} if schedule else {}))


def _controls(given: Mapping[str, Any]) -> Controls:
    stream, schedule = given.get("stream", False), given.get("schedule")
    report_if_empty = given.get("reportIfEmpty", False)
    if not isinstance(stream, bool) or not isinstance(report_if_empty, bool):
        raise _uncontrolled('"stream" and "reportIfEmpty" must be true or false.')
    if stream == (schedule is not None):
        told = "Both are" if stream else "Neither is"
        raise _uncontrolled(
            f'A subscription has either a schedule or "stream": true. {told} given; give exactly one.'
        )
    try:
        parsed = None if schedule is None else parse_schedule(schedule)
    except InputError as error:
        raise _uncontrolled(error.message) from None
    return Controls(parsed, report_if_empty, _initial(given.get("initialRecordTime")))


def _initial(value: object) -> datetime | None:
    if value is None:
        return None
    shown = value if isinstance(value, str) else str(value)[:100]
    try:
        return max(instant(Parameter("initialRecordTime", (shown,), {})), datetime(1900, 1, 1, tzinfo=UTC))
    except QueryError as error:
        raise _uncontrolled(error.message) from None


def _invalid(words: str) -> QueryError:
    return QueryError(words, "ValidationException")


def _uncontrolled(words: str) -> QueryError:
    return QueryError(words, "SubscriptionControlsException")
