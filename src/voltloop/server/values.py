"""Values that bodies and parameters of our own resources share: texts, identifiers, instants."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BeforeValidator, Field

__all__ = ["NO_NUL", "SOME_WORDS", "URI", "Instant", "Text", "Uri"]

NO_NUL = r"^[^\x00]*$"
"""Pattern of a text that the database can keep."""
SOME_WORDS = r"^[^\x00]*[^\x00\s][^\x00]*$"
"""Pattern of a text that says something."""
URI = r"^[A-Za-z][A-Za-z0-9+.\-]*:[^\s\x00]+$"
"""Pattern of an absolute URI."""

_YEAR = r"^([1-8]\d{3}|0[1-9]\d\d|00[1-9]\d|000[2-9]|9[0-8]\d\d|99[0-8]\d|999[0-8])-"
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)", re.ASCII)


def _instant(value: Any) -> datetime:
    """Read a date and time with a zone, and nothing else: a bare number is no instant."""
    if not isinstance(value, str) or not _INSTANT.fullmatch(value.upper()):
        raise ValueError
    at = datetime.fromisoformat(value.upper())
    if not 1 < at.year < 9999:
        raise ValueError
    return at.astimezone(UTC)


Text = Annotated[str, Field(min_length=1, max_length=2048, pattern=NO_NUL)]
"""A text of somebody."""
Uri = Annotated[str, Field(min_length=3, max_length=2048, pattern=URI, json_schema_extra={"format": "uri"})]
"""An identifier of a thing, place or party."""
Instant = Annotated[AwareDatetime, BeforeValidator(_instant), Field(json_schema_extra={"pattern": _YEAR})]
"""A date and time with its zone, within the years 2 to 9998; in UTC once it is read."""
