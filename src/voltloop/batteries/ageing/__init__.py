"""The ageing twin: how batteries have aged and will age."""

from __future__ import annotations

from voltloop.batteries.ageing.models import model_names
from voltloop.batteries.ageing.one import age
from voltloop.batteries.ageing.uses import climates, uses

__all__ = ["age", "climates", "model_names", "uses"]
