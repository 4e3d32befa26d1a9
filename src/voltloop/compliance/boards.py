"""Moves of a machine as arrays, so that a column of goods takes them all at once."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from voltloop.compliance.columns import Cells
from voltloop.compliance.machine import Machine

__all__ = ["Boards"]

_UNKNOWN: Final = -1
_ROOM: Final = 4096


class Boards:
    """The state after each known move, by fact; a move that no goods made before is asked of the machine once."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._sizes = [machine.chain.axes[name].size for name in machine.facts]
        self._boards = [np.full(_ROOM * size, _UNKNOWN, np.int64) for size in self._sizes]

    def move(self, states: npt.NDArray[np.int64], place: int, codes: Cells) -> None:
        """Move states on by the cell of one fact, in place."""
        size = self._sizes[place]
        at = states * size
        at += codes
        board = self._boards[place]
        if len(board) < len(self._machine.nodes) * size:
            board = self._grown(place)
        board.take(at, mode="clip", out=states)
        if states.min(initial=0) < 0:
            states[:] = self._filled(place, at)

    def _grown(self, place: int) -> npt.NDArray[np.int64]:
        """Make room for all states there are, and as many again."""
        with self._machine.lock:
            old, size = self._boards[place], self._sizes[place]
            room = len(self._machine.nodes) * size
            if len(old) < room:
                board = np.full(2 * room, _UNKNOWN, np.int64)
                board[: len(old)] = old
                self._boards[place] = board
            return self._boards[place]

    def _filled(self, place: int, at: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Ask the machine for the moves that are not known yet."""
        size = self._sizes[place]
        with self._machine.lock:
            board = self._boards[place]
            for key in np.flatnonzero(np.bincount(at[board[at] == _UNKNOWN])).tolist():
                board[key] = self._machine.move(key // size, place, key % size)
        return board[at]
