"""Places, road distances and times between them, and the ways on a map."""

from voltloop.transport.checks import check_places
from voltloop.transport.geometry import great_circle_km
from voltloop.transport.great_circle import GreatCircle, detour_factor
from voltloop.transport.provider import DistanceProvider, Distances, Places
from voltloop.transport.road_data import OSM_ATTRIBUTION
from voltloop.transport.road_network import RoadNetwork
from voltloop.transport.routing_server import RoutingServer
from voltloop.transport.speeds import hours, profiles

__all__ = [
    "OSM_ATTRIBUTION",
    "DistanceProvider",
    "Distances",
    "GreatCircle",
    "Places",
    "RoadNetwork",
    "RoutingServer",
    "check_places",
    "detour_factor",
    "great_circle_km",
    "hours",
    "profiles",
]
