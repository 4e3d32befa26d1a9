"""Problem, fixed data and state as one pointer each.

A tuple of fifty arrays handed from function to function costs minutes to compile and time at every call; a struct
held by reference costs neither. The fields and their names stay those of the tuples.
"""

from __future__ import annotations

from typing import Any

from numba import njit
from numba.core import types
from numba.experimental import structref

from voltloop.collection.kernel.arrays import KernelProblem
from voltloop.collection.kernel.rich_state import State, Static

__all__ = ["boxed_problem", "boxed_state", "boxed_static"]


@structref.register
class _ProblemType(types.StructRef):
    """Type of a boxed :class:`KernelProblem`."""


@structref.register
class _StaticType(types.StructRef):
    """Type of a boxed :class:`Static`."""


@structref.register
class _StateType(types.StructRef):
    """Type of a boxed :class:`State`."""


class _Problem(structref.StructRefProxy):
    """A boxed :class:`KernelProblem`."""


class _Static(structref.StructRefProxy):
    """A boxed :class:`Static`."""


class _State(structref.StructRefProxy):
    """A boxed :class:`State`."""


structref.define_constructor(_Problem, _ProblemType, list(KernelProblem._fields))  # type: ignore[no-untyped-call]
structref.define_constructor(_Static, _StaticType, list(Static._fields))  # type: ignore[no-untyped-call]
structref.define_constructor(_State, _StateType, list(State._fields))  # type: ignore[no-untyped-call]


@njit(cache=True)
def boxed_problem(p: KernelProblem) -> Any:
    """Return the problem as a reference, for compiled callers."""
    return _Problem(*p)  # type: ignore[no-untyped-call]


@njit(cache=True)
def boxed_static(f: Static) -> Any:
    """Return the fixed data as a reference, for compiled callers."""
    return _Static(*f)  # type: ignore[no-untyped-call]


@njit(cache=True)
def boxed_state(s: State) -> Any:
    """Return the state as a reference, for compiled callers."""
    return _State(*s)  # type: ignore[no-untyped-call]
