"""What the exit code of a command means."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["ExitCode"]


class ExitCode(IntEnum):
    """Exit codes of every voltloop command."""

    DONE = 0
    """Done and clean."""
    FORBIDDEN = 1
    """Done, and there are findings that forbid."""
    BAD_INPUT = 2
    """Bad usage, input or configuration."""
    UNDECIDED = 3
    """A fact is missing that the answer turns on."""
    NO_PLAN = 4
    """No feasible plan."""
    OUR_BUG = 101
    """A fault of voltloop itself."""
    INTERRUPTED = 130
    """Stopped by the user."""
