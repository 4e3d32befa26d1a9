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


for _name, _kind, _fields in (
    (_Problem, _ProblemType, KernelProblem._fields),
    (_Static, _StaticType, Static._fields),
    (_State, _StateType, State._fields),
):
    structref.define_constructor(_name, _kind, list(_fields))  # type: ignore[no-untyped-call]
    structref.define_boxing(_kind, _name)  # type: ignore[no-untyped-call]


@njit(cache=True)
def boxed_problem(p: KernelProblem) -> Any:
    """Return the problem as a reference; compiled code reads its fields as those of the tuple."""
    return _Problem(*p)  # type: ignore[no-untyped-call]


@njit(cache=True)
def boxed_static(f: Static) -> Any:
    """Return the fixed data as a reference; compiled code reads its fields as those of the tuple."""
    return _Static(*f)  # type: ignore[no-untyped-call]


@njit(cache=True)
def boxed_state(s: State) -> Any:
    """Return the state as a reference; compiled code reads its fields as those of the tuple."""
    return _State(*s)  # type: ignore[no-untyped-call]
