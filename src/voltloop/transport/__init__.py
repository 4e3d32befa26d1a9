"""Places, distances and times by road, rail, sea and air, and itineraries over all of them."""

from voltloop.transport.calendars import Service, read_services
from voltloop.transport.checks import check_places
from voltloop.transport.geometry import great_circle_km
from voltloop.transport.great_circle import GreatCircle, detour_factor
from voltloop.transport.itineraries import itineraries
from voltloop.transport.itinerary_model import (
    EMISSION_BOUNDARY,
    EMISSION_FACTORS,
    Itinerary,
    LegTaken,
    Permission,
    Permitted,
    Request,
    Search,
)
from voltloop.transport.legs import Leg, Networks, legs_between, stops_between
from voltloop.transport.matrices import Neighbours, blocks, fill_matrices, nearest_places
from voltloop.transport.passages import Closure, Passage, Ship, closures_of, passages, ships
from voltloop.transport.provider import DistanceProvider, Distances, Places
from voltloop.transport.rail import RAIL_ATTRIBUTION, RailNetwork
from voltloop.transport.road_data import OSM_ATTRIBUTION
from voltloop.transport.road_network import RoadNetwork
from voltloop.transport.routing_server import RoutingServer
from voltloop.transport.sea import SEA_ATTRIBUTION, SeaNetwork
from voltloop.transport.speeds import hours, profiles
from voltloop.transport.terminals import Stop, terminals
from voltloop.transport.valhalla_server import ValhallaServer

__all__ = [
    "EMISSION_BOUNDARY",
    "EMISSION_FACTORS",
    "OSM_ATTRIBUTION",
    "RAIL_ATTRIBUTION",
    "SEA_ATTRIBUTION",
    "Closure",
    "DistanceProvider",
    "Distances",
    "GreatCircle",
    "Itinerary",
    "Leg",
    "LegTaken",
    "Neighbours",
    "Networks",
    "Passage",
    "Permission",
    "Permitted",
    "Places",
    "RailNetwork",
    "Request",
    "RoadNetwork",
    "RoutingServer",
    "SeaNetwork",
    "Search",
    "Service",
    "Ship",
    "Stop",
    "ValhallaServer",
    "blocks",
    "check_places",
    "closures_of",
    "detour_factor",
    "fill_matrices",
    "great_circle_km",
    "hours",
    "itineraries",
    "legs_between",
    "nearest_places",
    "passages",
    "profiles",
    "read_services",
    "ships",
    "stops_between",
    "terminals",
]
