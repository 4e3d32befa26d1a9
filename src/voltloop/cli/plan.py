"""``voltloop plan`` and ``voltloop rerun``: tomorrow's legal, cheapest collection, with its papers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["plan", "rerun"]


def plan() -> None:
    pass


def rerun() -> None:
    pass
