"""Bodies of ``/telemetry``: what is sent and answered, as the OpenAPI tells it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from voltloop.server.values import NO_NUL, Instant, Text, Uri

__all__ = [
    "EVENTS",
    "READINGS",
    "SENML",
    "ConditionsOf",
    "FenceShape",
    "ReadingsReceived",
    "Registration",
]

SENML = "application/senml+json"
"""Media type of SenML packs."""
EVENTS = ("application/cloudevents-batch+json", "application/cloudevents+json")
"""Media types of CloudEvents."""

_READING = {
    "device": "urn:dev:mac:0024befffe804ff1",
    "measured_at": "2026-11-23T08:15:00Z",
    "values": {"temperature": 21.5, "humidity": {"value": 40, "unit": "P1"}},
    "position": {"latitude": 51.45, "longitude": 7.01},
}
READINGS: Mapping[str, Mapping[str, Any]] = {
    SENML: {
        "description": "A SenML pack (RFC 8428).",
        "type": "array",
        "minItems": 1,
        "example": [{"bn": "urn:dev:mac:0024befffe804ff1:", "n": "temperature", "u": "Cel", "v": 21.5}],
    },
    "application/json": {
        "description": 'One reading, a list of them, or {"readings": [...]}. What is no reading is rejected by itself.',
        "example": [_READING],
    },
    **{
        name: {
            "description": "CloudEvents 1.0 whose data are readings in the other two forms.",
            "example": {
                "specversion": "1.0",
                "id": "1",
                "source": "urn:example:gateway",
                "type": "readings",
                "data": [_READING],
            },
        }
        for name in EVENTS
    },
}
"""Bodies with readings by media type: rows that are none are told with the others, so the schemas bind little."""


class Rejected(BaseModel):
    """A reading that was not taken."""

    where: str
    code: str
    reason: str


class ReadingsReceived(BaseModel):
    """What became of readings: rows are accepted, already there, or rejected."""

    rows: int
    accepted: int
    already: int
    rejected: list[Rejected]
    told: int = Field(description="Conclusions that became events of the ledger.")
    taken_back: int = Field(description="Conclusions that later readings took back.")
    forecasts: int


class Registration(BaseModel):
    """A device on a thing."""

    model_config = ConfigDict(extra="forbid")

    thing: Uri = Field(description="The thing that the device is on.")
    from_at: Instant = Field(description="When it came there.")
    until_at: Instant | None = Field(None, description="When it left; still there where it is left out.")


_Position = Annotated[list[float], Field(min_length=2, max_length=3)]
_Ring = Annotated[list[_Position], Field(min_length=4)]
_Metres = Annotated[float, Field(ge=1, le=1_000_000)]


class Circle(BaseModel):
    """All that lies within a radius."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["Circle"]
    center: _Position = Field(description="Longitude and latitude in degrees.")
    radius_m: _Metres = Field(description="Radius in metres.")


class Corridor(BaseModel):
    """All that lies near a way."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["Corridor"]
    coordinates: list[_Position] = Field(min_length=2, description="The way, as longitudes and latitudes.")
    width_m: _Metres = Field(description="How far it reaches to either side, in metres.")


class Polygon(BaseModel):
    """An area, and the holes in it (RFC 7946 section 3.1.6)."""

    type: Literal["Polygon"]
    coordinates: list[_Ring] = Field(min_length=1, description="Outer ring, then holes; each ring is closed.")


class MultiPolygon(BaseModel):
    """Several areas (RFC 7946 section 3.1.7)."""

    type: Literal["MultiPolygon"]
    coordinates: list[Annotated[list[_Ring], Field(min_length=1)]] = Field(
        min_length=1, description="Of each area the outer ring, then holes."
    )


_Shape = Annotated[Circle | Corridor | Polygon | MultiPolygon, Field(discriminator="type")]


class OwnLimit(BaseModel):
    """A limit that one load or place has to keep."""

    model_config = ConfigDict(extra="forbid")

    rule: Text = Field(description="Name of the limit; it takes the place of the goods' own of that name.")
    metric: Text = Field(description="What is measured, such as temperature.")
    limit: float = Field(description="The limit itself, in the unit.")
    sense: Literal["max", "min"] = Field("max", description="Whether values above or below are outside.")
    uom: Text | None = Field(None, description="Unit of the limit; that of the measure where it is left out.")
    clear_by: float = Field(0.0, ge=0, description="How far inside a value has to lie to end an excursion.")
    min_duration_s: float = Field(0.0, ge=0, description="How long values must lie outside, in s.")
    budget_s: float | None = Field(None, ge=0, description="How long they may lie outside in all, in s.")
    severity: Literal["warning", "hold"] = Field("warning", description="hold holds the goods.")
    say: str = Field("", max_length=2048, pattern=NO_NUL, description="Words for people.")


class ConditionsOf(BaseModel):
    """What conditions a load or place has to keep."""

    model_config = ConfigDict(extra="forbid")

    goods: Text | None = Field(None, description="Kind of goods; without it, what is in the load tells.")
    limits: list[OwnLimit] = Field(default=[], description="Limits of its own.")
    corridor: _Shape | None = Field(None, description="The way that it has to keep to.")


class FenceShape(BaseModel):
    """A fence and what it stands for."""

    model_config = ConfigDict(extra="forbid")

    shape: _Shape = Field(description="GeoJSON Polygon or MultiPolygon, Circle or Corridor.")
    name: str = Field("", max_length=2048, pattern=NO_NUL, description="Name for people.")
    place: Uri | None = Field(None, description="Identifier of the place that it stands for.")
    dwell_s: float = Field(
        300.0, ge=0, le=86_400, description="How long a thing must be in or out before it counts, in s."
    )
