"""The commands: ``voltloop read``, ``voltloop plan``, ``voltloop rerun`` and ``voltloop init``."""

from __future__ import annotations

from voltloop.cli.main import main

__all__ = ["main"]
