"""Random numbers for compiled searches: small, fast, and the same on every machine.

References
----------
Blackman, Vigna (2021): Scrambled linear pseudorandom number generators. ACM Trans. Math. Softw. 47(4), 36:
xoroshiro128+ (a = 24, b = 16, c = 37), its state filled by splitmix64.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["State", "below", "seeded", "unit"]

State = NDArray[np.uint64]

_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
_MIX_A: Final = np.uint64(0xBF58476D1CE4E5B9)
_MIX_B: Final = np.uint64(0x94D049BB133111EB)
_U11: Final = np.uint64(11)
_U16: Final = np.uint64(16)
_U24: Final = np.uint64(24)
_U27: Final = np.uint64(27)
_U30: Final = np.uint64(30)
_U31: Final = np.uint64(31)
_U32: Final = np.uint64(32)
_U37: Final = np.uint64(37)
_U64: Final = np.uint64(64)


@njit(cache=True)
def seeded(seed: int) -> State:
    """Return a fresh state, shape (2,), for a seed of 0 or more; the functions below advance it in place."""
    state = np.empty(2, np.uint64)
    mixed = np.uint64(seed)
    for i in range(2):
        mixed += _GOLDEN
        z = mixed
        z = (z ^ (z >> _U30)) * _MIX_A
        z = (z ^ (z >> _U27)) * _MIX_B
        state[i] = z ^ (z >> _U31)
    return state


@njit(cache=True)
def _bits(state: State) -> np.uint64:
    low: np.uint64 = state[0]
    high: np.uint64 = state[1]
    drawn = low + high
    high ^= low
    state[0] = ((low << _U24) | (low >> (_U64 - _U24))) ^ high ^ (high << _U16)
    state[1] = (high << _U37) | (high >> (_U64 - _U37))
    return drawn


@njit(cache=True)
def unit(state: State) -> float:
    """Draw a number from 0 up to but not including 1."""
    return float(np.float64(_bits(state) >> _U11) * 1.1102230246251565e-16)


@njit(cache=True)
def below(state: State, count: int) -> int:
    """Draw a whole number from 0 to ``count`` - 1, up to 2**31 of them; uneven by less than ``count`` / 2**32."""
    return int(np.int64(((_bits(state) >> _U32) * np.uint64(count)) >> _U32))
