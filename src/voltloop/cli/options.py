"""Values of options that several commands take."""

from __future__ import annotations

import os
import sys
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from voltloop.errors import InputError, LedgerError

if TYPE_CHECKING:
    from voltloop.ledger.database import Ledger

_TOLD = "told-of-serve"

__all__ = ["Data", "day", "instant", "ledger_at", "standing_ledger_at"]


def _folder(text: str) -> Path:
    """Give the folder that ``--data`` names.

    Raises
    ------
    InputError
        ``no-folder``: nothing is named, as by a variable of the shell that is not set.
    """
    if not text.strip():
        raise InputError(
            "--data: no folder is named. The folder of a ledger was expected; name it, or leave the option out for the "
            "user's data folder.",
            code="no-folder",
        )
    return Path(text)


Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        parser=_folder,
        metavar="DIR",
        help="Folder of the ledger; without it VOLTLOOP_DATABASE_URL, else the user's data folder.",
    ),
]
"""The option of every command that opens the ledger."""


def day(text: str, option: str) -> date:
    """Give the day that an option names.

    Raises
    ------
    InputError
        ``bad-date``: not a day of the form YYYY-MM-DD.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(
            f'{option}: "{text}" is not a day. A date of the form YYYY-MM-DD was expected, such as 2026-11-24.',
            code="bad-date",
        ) from None


def instant(text: str | None, option: str) -> datetime:
    """Give the instant that an option names, with its zone; now where it is not given.

    Raises
    ------
    InputError
        ``bad-time``: not an instant with a zone.
    """
    if text is None:
        return datetime.now().astimezone()
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise InputError(
            f'{option}: "{text}" is not an instant with its zone. One of the form 2026-11-24T08:05+01:00 was expected.',
            code="bad-time",
        )
    return found


def ledger_at(data: Path | None) -> Ledger:
    """Open the ledger of a folder, or the one that the environment names, with its tables up to date."""
    from voltloop.ledger.database import open_ledger

    ledger = open_ledger(data=data)
    told = ledger.data_folder / _TOLD
    if ledger.server is not None and ledger.server.is_started_here and not told.exists():
        told.touch()
        sys.stderr.write(
            "voltloop: The ledger's database was started for this command and stops with it, which takes a second or "
            "two each time. While voltloop serve runs, it stays up. (Said once.)\n"
        )
    return ledger


def standing_ledger_at(data: Path | None) -> Ledger:
    """Open a ledger that is there already, for commands that only ask: a mistyped folder gets no empty ledger.

    Raises
    ------
    LedgerError
        ``no-ledger``: the folder holds none.
    """
    from voltloop.ledger.database import URL_VARIABLE
    from voltloop.ledger.embedded import default_folder

    if data is not None or not os.environ.get(URL_VARIABLE):
        folder = data or default_folder()
        if not (folder / "postgres").exists():
            raise LedgerError(
                f"{folder}: there is no ledger here yet. Name the folder of one with --data DIR, or make it with "
                "voltloop plan ... --record, voltloop record or voltloop serve.",
                code="no-ledger",
            )
    return ledger_at(data)
