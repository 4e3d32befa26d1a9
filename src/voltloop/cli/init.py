"""``voltloop init``: a network folder to fill in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["init"]


def init(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Folder to make; it must not exist or be empty.")
    ],
) -> None:
    """Write a small network folder that can be planned at once and changed to your own.

    Example: voltloop init my-network
    """
    from voltloop.app.network_folder import init_network

    init_network(folder)
    typer.echo(f"{folder}: written. Read {folder / 'README.md'}, then change the tables to your own.")
