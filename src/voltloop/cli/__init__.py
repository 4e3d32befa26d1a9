"""The program ``voltloop`` and its commands (:mod:`voltloop.cli.commands`)."""

from __future__ import annotations

from voltloop.cli.main import main

__all__ = ["main"]
