"""What can be set about the server, and the environment variables that set it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from voltloop.errors import InputError

__all__ = ["Settings", "capture_limits"]


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def _switch(text: str) -> bool:
    return {
        "on": True,
        "yes": True,
        "true": True,
        "1": True,
        "off": False,
        "no": False,
        "false": False,
        "0": False,
    }[text.strip().lower()]


def _origins(text: str) -> tuple[str, ...]:
    return tuple(origin.strip().rstrip("/") for origin in text.split(",") if origin.strip())


# How to read the text of a variable, by the type of the setting, and what is expected of it.
_READERS: Mapping[str, tuple[Callable[[str], Any], str]] = {
    "int": (_count, "a whole number above zero"),
    "bool": (_switch, "on or off"),
    "Path | None": (Path, "a folder"),
    "tuple[str, ...]": (_origins, "web origins, with commas between"),
}


@dataclass(frozen=True)
class Settings:
    """How the server behaves; each value can be set by the environment variable ``VOLTLOOP_`` and its name in capitals.

    The address of the database is not here: :func:`voltloop.ledger.database.open_ledger` reads it from
    ``VOLTLOOP_DATABASE_URL`` for everything that opens the ledger.
    """

    data: Path | None = None
    """Folder of the embedded database and of documents being captured; None is the user's data folder."""
    capture_limit_events: int = 5_000_000
    """Events that one call of ``/capture`` may bring; told as ``GS1-EPCIS-Capture-Limit``."""
    capture_limit_bytes: int = 2 << 30
    """Length of a document in bytes, after any gzip; told as ``GS1-EPCIS-Capture-File-Size-Limit``."""
    event_limit_bytes: int = 4 << 20
    """Length of the body of every other request in bytes, above all of a single event."""
    uri_limit_bytes: int = 16 << 10
    """Length of path and query string in bytes; longer ones are answered with 414."""
    page_limit_events: int = 1_000
    """Most events or names on one page, whatever ``perPage`` asks for."""
    lenient: bool = False
    """Whether documents without the header ``Voltloop-Validation`` are read leniently."""
    allowed_origins: tuple[str, ...] = ()
    """Web origins whose pages may call the server (CORS); none by default."""
    webhook_private: bool = False
    """Whether deliveries may go to receivers in a private network and over plain http."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Read the settings from environment variables.

        Parameters
        ----------
        environment
            Names and values, such as ``os.environ``; absent or empty ones leave the default.

        Raises
        ------
        InputError
            A value cannot be used.

        Examples
        --------
        >>> Settings.from_environment({"VOLTLOOP_CAPTURE_LIMIT_EVENTS": "500"}).capture_limit_events
        500
        """
        given: dict[str, Any] = {}
        for item in fields(cls):
            variable = f"VOLTLOOP_{item.name.upper()}"
            text = environment.get(variable, "")
            read, expected = _READERS[str(item.type)]
            try:
                given |= {item.name: read(text)} if text else {}
            except (ValueError, KeyError):
                raise InputError(
                    f'Environment variable {variable}: "{text}" cannot be used. Expected {expected}. '
                    "Correct it, or unset it for the default.",
                    code="setting",
                ) from None
        return cls(**given)


def capture_limits(settings: Settings) -> dict[str, str]:
    """Give the limits of capture as the headers that tell them."""
    return {
        "GS1-EPCIS-Capture-Limit": str(settings.capture_limit_events),
        "GS1-EPCIS-Capture-File-Size-Limit": str(settings.capture_limit_bytes),
    }
