"""The battery table, the import of lists in the shape that operators really export, and how batteries age."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from voltloop.batteries._matched import match_models
    from voltloop.batteries._reading import read_list
    from voltloop.batteries.ageing.one import age
    from voltloop.batteries.result import STATUSES, ReadResult
    from voltloop.batteries.schema import BatterySchema

__all__ = ["STATUSES", "BatterySchema", "ReadResult", "age", "match_models", "read_list"]

_HOME = {
    "BatterySchema": "schema",
    "ReadResult": "result",
    "STATUSES": "result",
    "age": "ageing.one",
    "match_models": "_matched",
    "read_list": "_reading",
}


def __getattr__(name: str) -> Any:
    """Give a public name from the file that has it, read only when it is first asked for."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
