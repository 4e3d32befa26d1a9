"""What the generated OpenAPI says about subscriptions: their schemas, and the deliveries that come of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from voltloop.exchange.schedules import FIELDS

__all__ = ["CALLBACK", "MIN_RECORD_TIME", "SCHEMAS", "STREAM_PARAMETERS", "UPGRADED"]

_INSTANT = {"type": "string", "format": "date-time"}
_SCHEDULE: Mapping[str, Any] = {
    "description": "When to report, in UTC: numbers and ranges [1-5] with commas between; fields of the clock that "
    "are left out are 0 where they are finer than the finest given, all others match any value.",
    "type": "object",
    "minProperties": 1,
    "additionalProperties": False,
    "properties": {name: {"type": "string"} for name in FIELDS},
}
_CONTROLS: Mapping[str, Any] = {
    "reportIfEmpty": {
        "type": "boolean",
        "description": "Whether a schedule without new events is reported too.",
    },
    "initialRecordTime": {
        **_INSTANT,
        "description": "Events recorded then and later; without it, from now on.",
    },
    "schedule": _SCHEDULE,
    "stream": {"type": "boolean", "description": "Report every event at once."},
}
_ONE_OF = [
    {"required": ["schedule"], "properties": {"stream": {"const": False}}},
    {"required": ["stream"], "properties": {"stream": {"const": True}, "schedule": False}},
]

SCHEMAS: Mapping[str, Any] = {
    "Subscription": {
        "description": "What a subscriber asks for: exactly one of schedule and stream.",
        "type": "object",
        "required": ["dest"],
        "additionalProperties": False,
        "properties": {
            "dest": {
                "type": "string",
                "format": "uri",
                "description": "Where events are to be sent to, https.",
            },
            "signatureToken": {
                "type": "string",
                "minLength": 1,
                "description": "To sign deliveries with; the prefix whsec_ marks a key in Base64.",
            },
            "secret": {"type": "string", "minLength": 1, "description": "The same by its other name."},
            **_CONTROLS,
        },
        "oneOf": _ONE_OF,
    },
    "SubscriptionAnswer": {
        "description": "A subscription, without the token that signs its deliveries.",
        "type": "object",
        "required": [
            "subscriptionID",
            "queryName",
            "dest",
            "createdAt",
            "reportIfEmpty",
            "epcFormat",
            "state",
        ],
        "properties": {
            "subscriptionID": {"type": "string"},
            "queryName": {"type": "string"},
            "dest": {"type": "string", "format": "uri"},
            "createdAt": _INSTANT,
            "lastNotifiedAt": _INSTANT,
            "minRecordTime": {**_INSTANT, "description": "All events recorded before this are delivered."},
            "epcFormat": {"type": "string"},
            "state": {
                "enum": ["active", "suspended", "disabled"],
                "description": "suspended: a delivery was given up; disabled: the receiver answered 410.",
            },
            **_CONTROLS,
        },
        "oneOf": [{"required": ["schedule"]}, {"required": ["stream"]}],
    },
}
"""Schemas that the OpenAPI names."""

CALLBACK: Mapping[str, Any] = {
    "querySubscriptionResults": {
        "{$request.body#/dest}": {
            "post": {
                "summary": "New events, told to the subscriber",
                "description": "Any 2xx accepts the delivery; 410 ends the subscription, 413 asks for smaller ones, "
                "and everything else is tried again with the same webhook-id.",
                "parameters": [
                    {"in": "header", "name": name, "required": needed, "schema": {"type": "string"}}
                    for name, needed in (
                        ("GS1-Signature", False),
                        ("webhook-id", True),
                        ("webhook-timestamp", True),
                        ("webhook-signature", False),
                    )
                ],
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/EPCISQueryDocument"}}
                    },
                },
                "responses": {
                    "200": {"description": "The events are accepted."},
                    "410": {"description": "Nothing more is wanted."},
                    "413": {"description": "Smaller deliveries are wanted."},
                },
            }
        }
    }
}
"""The callback that the OpenAPI describes."""

MIN_RECORD_TIME: Mapping[str, Any] = {
    "GS1-Query-Min-Record-Time": {
        "description": "Events recorded then and later are still to be told.",
        "schema": _INSTANT,
    }
}
"""The header that tells where a subscription stands."""

UPGRADED: Mapping[str, Any] = {
    "description": "The web socket is open; new events are pushed as EPCIS query documents.",
    "headers": {
        "Upgrade": {"description": "websocket", "schema": {"type": "string"}},
        "Connection": {"description": "Upgrade", "schema": {"type": "string"}},
        **MIN_RECORD_TIME,
    },
}
"""The answer to whoever asks for a web socket."""

_WORDS: Mapping[str, str] = {
    "Upgrade": "websocket subscribes: events are pushed as they come, or by the schedule.",
    "Connection": "Upgrade, where the header Upgrade is sent.",
}
_URL: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    **{name: ("When to push, in UTC; see schedule.", {"type": "string"}) for name in FIELDS},
    "stream": ("Push every event at once.", {"type": "boolean"}),
    "reportIfEmpty": ("Whether a schedule without new events is pushed too.", {"type": "boolean"}),
    "initialRecordTime": ("Push events recorded then and later; without it, from now on.", _INSTANT),
}

STREAM_PARAMETERS: list[dict[str, Any]] = [
    *(
        {"in": "header", "name": name, "required": False, "description": words, "schema": {"type": "string"}}
        for name, words in _WORDS.items()
    ),
    *(
        {
            "in": "query",
            "name": name,
            "required": False,
            "description": f"{words} Only with a web socket.",
            "schema": dict(schema),
        }
        for name, (words, schema) in _URL.items()
    ),
]
"""Headers and parameters of a subscription by web socket; either a schedule or ``stream``."""
