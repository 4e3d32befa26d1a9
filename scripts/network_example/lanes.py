"""Lanes: by road and rail over the continent, by sea to and from other continents; the distances are voltloop's own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from network_example.facts import Continent
from network_example.plants import ABROAD, facilities, sites
from network_example.returned import cell_plants
from voltloop.footprint import Leg, leg_carbon, transport_kg_per_tkm
from voltloop.transport import Places, RoadNetwork, SeaNetwork, great_circle_km
from voltloop.transport.passages import passages, rows_of

Table = list[dict[str, Any]]
ROUND_WAYS = ((), ("suez", "bab-el-mandeb"), ("panama",), ("malacca",))
SHIP = {"europe": "container_large", "north-america": "container_neopanamax"}
ROAD_SOURCE = "road: OpenStreetMap network of voltloop; freight: estimate of modes.csv; UK DESNZ 2025"


def mode_figures(name: str) -> dict[str, float]:
    row = next(row for row in rows_of("modes") if row["mode"] == name)
    return {
        key: float(value)
        for key, value in row.items()
        if key.endswith(("_tkm", "_t", "_kmh", "_factor", "_h")) and value
    }


def _terminal(first: str, second: str) -> tuple[float, float]:
    row = next(row for row in rows_of("transfers") if (row["from_mode"], row["to_mode"]) == (first, second))
    return float(row["cost_eur_per_t"]), float(row["co2e_kg_per_t"])


@dataclass
class Lanes:
    """Collects lanes of one continent.

    Attributes
    ----------
    continent
        Whose lanes.
    rows
        Rows of ``lanes.csv``.
    """

    continent: Continent
    rows: Table = field(default_factory=list)
    _road: dict[tuple[str, str], tuple[float, bool]] = field(default_factory=dict)
    _sailed: dict[Any, tuple[float, float, tuple[str, ...]]] = field(default_factory=dict)
    _sea: SeaNetwork = field(default_factory=SeaNetwork)

    def __post_init__(self) -> None:
        self.sites = {row["site"]: row for row in sites(self.continent)}
        self.kinds: dict[str, list[str]] = {
            "shredding": [],
            "leaching": [],
            "restoring": [],
            "using": [],
            "refining": [],
        }
        for row in facilities(self.continent):
            word = row["activities"].split("_")[0]
            self.kinds["using" if word == "use" else word].append(row["site"])
        self.abroad = {row[0] for row in ABROAD}
        self.regions = [row["region"] for row in self.continent.rows("regions.csv")]
        self.plants = list(cell_plants(self.continent))
        own = [
            *self.regions,
            *self.plants,
            *(s for kind in ("shredding", "leaching", "restoring") for s in self.kinds[kind]),
        ]
        own += [
            row["site"]
            for row in self.continent.rows("refineries.csv")
            if row["continent"] == self.continent.key
        ]
        own += [
            row["site"]
            for row in self.continent.rows("sources.csv")
            if row["continent"] == self.continent.key
        ]
        self.own = [site for site in dict.fromkeys(own) if site not in self.abroad]
        self.ports = self.continent.rows("ports.csv")
        self._measure()

    def _measure(self) -> None:
        """Road distances between all places of the continent and its ports; over water by the straight line."""
        names = [*self.own, *(f"port {row['port']}" for row in self.ports)]
        lat = [float(self.sites[s]["lat"]) for s in self.own] + [float(row["lat"]) for row in self.ports]
        lon = [float(self.sites[s]["lon"]) for s in self.own] + [float(row["lon"]) for row in self.ports]
        places = Places.of(lat, lon)
        found = RoadNetwork().distances(places, places, "artic")

        straight = great_circle_km(
            *(
                np.asarray(a, dtype=float)
                for a in (
                    np.array(lat)[:, None],
                    np.array(lon)[:, None],
                    np.array(lat)[None, :],
                    np.array(lon)[None, :],
                )
            )
        )
        for row, start in enumerate(names):
            for column, end in enumerate(names):
                water = not bool(found.reachable[row, column])
                km = 1.25 * float(straight[row, column]) if water else float(found.km[row, column])
                self._road[start, end] = (max(km, 5.0), water)

    def road(self, start: str, end: str) -> tuple[float, float, float, bool]:
        """Length [km], cost [EUR/t] of goods that are not dangerous, carbon [kg/t], and whether a ship helps."""
        km, water = self._road[start, end]
        mode = mode_figures("road")
        cost = mode["cost_eur_per_tkm"] * km + mode["cost_eur_per_t"]
        cost += self.continent.given("detour_sea_road_eur_per_t") if water else 0.0
        return km, cost, transport_kg_per_tkm("artic_40t") * km, water

    def by_road(
        self,
        origins: Iterable[str],
        destinations: Iterable[str],
        what: str,
        longest_km: float,
        dangerous: bool,
    ) -> None:
        """Add the ways by road from all to all."""
        factor = mode_figures("road")["dangerous_goods_factor"] if dangerous else 1.0
        ends = list(destinations)
        for start in dict.fromkeys(origins):
            known = [end for end in dict.fromkeys(ends) if end != start and (start, end) in self._road]
            nearest = min(known, key=lambda end: self._road[start, end][0])
            for end in known:
                km, cost, carbon, water = self.road(start, end)
                # An island far away still has its nearest hub.
                if km <= longest_km or end == nearest:
                    self.add(
                        start,
                        end,
                        "road;ferry" if water else "road",
                        what,
                        km,
                        cost * factor,
                        carbon,
                        1 + km / 600.0,
                        source=ROAD_SOURCE + ("; straight line and a crossing: estimate" if water else ""),
                    )

    def by_rail(self, origins: Iterable[str], destinations: Iterable[str], what: str) -> None:
        """Add trains for black mass where the way is long and dry; as long as the road."""
        rail, ends = mode_figures("rail"), list(destinations)
        near = self.continent.given("rail_to_station_km")
        lift = _terminal("road", "rail")[0] + _terminal("rail", "road")[0]
        for start in dict.fromkeys(origins):
            for end in dict.fromkeys(ends):
                if start == end or (start, end) not in self._road:
                    continue
                km, _, _, water = self.road(start, end)
                if water or not self.continent.given("rail_from_km") <= km <= self.continent.given(
                    "longest_black_mass_km"
                ):
                    continue
                road = 2 * (
                    mode_figures("road")["cost_eur_per_tkm"] * near + mode_figures("road")["cost_eur_per_t"]
                )
                cost = rail["cost_eur_per_tkm"] * km * rail["dangerous_goods_factor"] + lift + 1.25 * road
                carbon = (
                    transport_kg_per_tkm("rail") * km + 2 * near * transport_kg_per_tkm("artic_40t") + 1.2
                )
                self.add(
                    start,
                    end,
                    "road;rail;road",
                    what,
                    km,
                    cost,
                    carbon,
                    4 + km / 500.0,
                    source="rail: EverBatt 2023 in the United States, transfers: estimates of transfers.csv",
                )

    def by_sea(self, start: dict[str, Any], end: dict[str, Any], what: str, gross: float) -> None:
        """Add the ways by ship: the usual one, and those round a passage that may close, each with its passages.

        ``start`` and ``end`` give ``site`` and possible ports: name, lat, lon, road cost and carbon to or from it.
        """
        ship = SHIP[self.continent.key]
        row = next(row for row in rows_of("ships") if row["ship"] == ship)
        per_km = leg_carbon(Leg(row["emission_vehicle"], 1.0), 1.0).g_per_tkm / 1000.0
        fee, fee_kg = (
            sum(pair) for pair in zip(_terminal("road", "sea"), _terminal("sea", "road"), strict=True)
        )
        told = set[tuple[str, ...]]()
        for closed in ROUND_WAYS:
            best: tuple[float, Any] = (np.inf, None)
            for one in start["ports"]:
                for other in end["ports"]:
                    km, hours, taken = self.sailed(one, other, ship, closed)
                    if not np.isfinite(km):
                        continue
                    tolls = sum(passages()[name].extra_eur_per_t for name in taken)
                    cost = one["cost"] + other["cost"] + fee + tolls + float(row["cost_eur_per_tkm"]) * km
                    if cost < best[0]:
                        carbon = one["kg"] + other["kg"] + fee_kg + per_km * km
                        days = hours / 24.0 + 9.0 + one["days"] + other["days"]
                        best = (cost, (km, carbon, days, taken, one["name"], other["name"]))
            if best[1] is None or best[1][3] in told:
                continue
            km, carbon, days, taken, first, last = best[1]
            told.add(taken)
            self.add(
                start["site"],
                end["site"],
                "road;sea;road",
                what,
                km,
                best[0] * gross,
                carbon * gross,
                days,
                passages=";".join(taken),
                number=len(told),
                source=f"sea {first} to {last}: searoute; freight: estimate of ships.csv; {gross:g} t gross",
            )

    def sailed(
        self, one: dict[str, Any], other: dict[str, Any], ship: str, closed: tuple[str, ...]
    ) -> tuple[float, float, tuple[str, ...]]:
        """Length [km], hours and passages of the way by ship between two ports."""
        key = (one["name"], other["name"], closed)
        if key not in self._sailed:
            ends = (Places.of([port["lat"]], [port["lon"]]) for port in (one, other))
            km, hours, ways = self._sea.ways(*ends, ship, closed)
            self._sailed[key] = (float(km[0, 0]), float(hours[0, 0]), tuple(dict.fromkeys(ways[0][0])))
        return self._sailed[key]

    def add(
        self,
        start: str,
        end: str,
        modes: str,
        what: str,
        km: float,
        cost: float,
        carbon: float,
        days: float,
        *,
        passages: str = "",
        number: int = 1,
        source: str,
    ) -> None:
        tag = modes.split(";")[1] if ";" in modes else modes
        key = f"{start}-{end}-{tag}-{what.split(';', maxsplit=1)[0]}" + (f"-{number}" if number > 1 else "")
        self.rows.append(
            {
                "lane": key,
                "origin": start,
                "destination": end,
                "modes": modes,
                "commodities": what,
                "distance_km": round(km),
                "cost_eur_per_t": round(cost, 2),
                "kg_co2e_per_t": round(carbon, 2),
                "days": round(days, 1),
                "passages": passages,
                "source": source,
            }
        )

    def harbours(self, site: str) -> dict[str, Any]:
        """Ports that a site of the continent may use: those with the shortest road, all within 1,500 km."""
        ports = []
        for row in self.ports:
            km, cost, carbon, water = self.road(site, f"port {row['port']}")
            if not water and km <= 1500.0 + 3000.0 * (self.continent.key != "europe"):
                ports.append(
                    {
                        "name": row["port"],
                        "lat": float(row["lat"]),
                        "lon": float(row["lon"]),
                        "cost": cost,
                        "kg": carbon,
                        "days": 1 + km / 600.0,
                    }
                )
        ports = sorted(ports, key=lambda port: port["cost"])[:6]
        return {"site": site, "ports": ports}

    def far_port(self, row: dict[str, str]) -> dict[str, Any]:
        """The port of a mine or refinery overseas."""
        km = float(row["land_km"])
        return {
            "site": row["site"],
            "ports": [
                {
                    "name": row["name"],
                    "lat": float(row["port_lat"]),
                    "lon": float(row["port_lon"]),
                    "cost": km * self.continent.given("land_haul_eur_per_tkm"),
                    "kg": km * transport_kg_per_tkm("artic_40t"),
                    "days": km / 400.0,
                }
            ],
        }
