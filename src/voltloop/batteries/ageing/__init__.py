"""The ageing twin: how batteries have aged and will age."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from voltloop.batteries.ageing.classes import class_series, climates, uses
    from voltloop.batteries.ageing.lives import usual_lives
    from voltloop.batteries.ageing.models import model_names
    from voltloop.batteries.ageing.one import age
    from voltloop.batteries.ageing.outlook import forecast, remaining_life, soh_by_year
    from voltloop.batteries.ageing.readings import replay
    from voltloop.batteries.ageing.series import Series, read_series
    from voltloop.batteries.ageing.spread import Spread, calibrate, spread_of
    from voltloop.batteries.ageing.start import Started, default_model, model_of_chemistry, start_twins
    from voltloop.batteries.ageing.twins import TwinSchema, change_use, move, observe, update

__all__ = [
    "Series",
    "Spread",
    "Started",
    "TwinSchema",
    "age",
    "calibrate",
    "change_use",
    "class_series",
    "climates",
    "default_model",
    "forecast",
    "model_names",
    "model_of_chemistry",
    "move",
    "observe",
    "read_series",
    "remaining_life",
    "replay",
    "soh_by_year",
    "spread_of",
    "start_twins",
    "update",
    "uses",
    "usual_lives",
]

_HOME = {
    "Series": "series",
    "Spread": "spread",
    "Started": "start",
    "TwinSchema": "twins",
    "age": "one",
    "calibrate": "spread",
    "change_use": "twins",
    "class_series": "classes",
    "climates": "classes",
    "default_model": "start",
    "forecast": "outlook",
    "model_names": "models",
    "model_of_chemistry": "start",
    "move": "twins",
    "observe": "twins",
    "read_series": "series",
    "remaining_life": "outlook",
    "replay": "readings",
    "soh_by_year": "outlook",
    "spread_of": "spread",
    "start_twins": "start",
    "update": "twins",
    "uses": "classes",
    "usual_lives": "lives",
}


def __getattr__(name: str) -> Any:
    """Give a public name from the file that has it, read only when it is first asked for."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
