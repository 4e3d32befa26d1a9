"""Places, road distances and times between them, and the ways on a map."""

from voltloop.transport.geometry import great_circle_km
from voltloop.transport.great_circle import GreatCircle, detour_factor
from voltloop.transport.provider import DistanceProvider, Distances, Places
from voltloop.transport.speeds import hours, profiles

__all__ = [
    "DistanceProvider",
    "Distances",
    "GreatCircle",
    "Places",
    "detour_factor",
    "great_circle_km",
    "hours",
    "profiles",
]
