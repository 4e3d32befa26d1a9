"""``voltloop backup`` and ``voltloop restore``: the ledger in one file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from voltloop.cli.options import Data, standing_ledger_at
from voltloop.cli.progress import telling

__all__ = ["backup", "restore"]

_Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="No progress on standard error.")]


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="File to write.")],
    yes: Annotated[bool, typer.Option("--yes", help="Replace a file of this name.")] = False,
    quiet: _Quiet = False,
    data: Data = None,
) -> None:
    """Write the whole ledger to a file, as it is at one moment, while others may go on using it.

    Example: voltloop backup ledger-2026-11-24.dump
    """
    from voltloop.ledger import backup as backups

    with standing_ledger_at(data) as ledger:
        with telling(quiet) as tell:
            size = backups.backup(ledger, file, tell, replace=yes)
        count = backups.event_count(ledger.engine)
    sys.stdout.write(f"{file}: {count:,} events, {size / 1e6:,.1f} MB.\n")


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="File that voltloop backup wrote.")],
    force: Annotated[
        bool, typer.Option("--force", help="Lose the events that the ledger holds now.")
    ] = False,
    quiet: _Quiet = False,
    data: Data = None,
) -> None:
    """Put the contents of a backup in the place of a ledger: all of it or, if anything goes wrong, nothing.

    Example: voltloop restore ledger-2026-11-24.dump --data restored
    """
    from voltloop.ledger import backup as backups
    from voltloop.ledger.database import open_ledger

    backups.check_seal(file)
    with open_ledger(data=data, upgrade=False) as ledger, telling(quiet) as tell:
        count = backups.restore(ledger, file, tell, force=force)
    sys.stdout.write(f"{file}: {count:,} events restored.\n")
