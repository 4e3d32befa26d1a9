"""What it is worth to hold a battery back, when no price of waiting is given."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["hold_scores"]

_Floats = npt.NDArray[np.float64]


def hold_scores(scores: _Floats, mass: _Floats, urgency: _Floats | None = None) -> _Floats:
    """Score of holding each row back: so low that a row is held only when no site has room.

    Parameters
    ----------
    scores
        Rows by sites, ``-inf`` where closed.
    mass
        Mass of each row [kg].
    urgency
        How much worse than usual it is to hold a row, 1 or more; None for 1.

    Returns
    -------
    ndarray
        One score per row; zero where every site is closed.
    """
    is_open = np.isfinite(scores)
    worst = np.where(is_open, scores, np.inf).min(axis=1, initial=np.inf)
    best = np.where(is_open, scores, -np.inf).max(axis=1, initial=-np.inf)
    any_open = is_open.any(axis=1)
    spread = np.where(any_open, best - worst, 0.0)
    per_kg = float((spread / np.maximum(mass, 1e-9))[any_open].max(initial=0.0)) + 1.0
    depth = per_kg * np.maximum(mass, 1e-9) + float(spread.max(initial=0.0))
    with np.errstate(invalid="ignore"):
        return np.where(any_open, worst - depth * (1.0 if urgency is None else urgency), 0.0)
