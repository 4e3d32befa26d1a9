"""Which way everything goes: packs to hubs, black mass to plants, metal to cell plants, raw material to refineries."""

from __future__ import annotations

from network_example.facts import METALS, Continent
from network_example.lanes import ROAD_SOURCE, Lanes, Table
from network_example.plants import ABROAD


def lanes(continent: Continent) -> Table:
    """Rows of ``lanes.csv``."""
    net = Lanes(continent)
    kinds, pack_km = net.kinds, continent.given("longest_pack_km")
    shops = [site for site in kinds["restoring"] if site not in kinds["shredding"]]
    net.by_road(net.regions, kinds["shredding"], "used", pack_km, dangerous=True)
    net.by_road(net.regions, shops, "core_nickel;core_iron", pack_km, dangerous=True)
    net.by_road(kinds["restoring"], kinds["shredding"], "pack_nickel;pack_iron", pack_km, dangerous=True)
    net.by_road(net.plants, kinds["shredding"], "scrap", pack_km, dangerous=True)
    net.by_road(kinds["restoring"], net.regions, "restored", pack_km, dangerous=True)
    far_off = [region for region in net.regions if not any(row["destination"] == region for row in net.rows)]
    for region in far_off:
        net.by_road(
            [min(kinds["restoring"], key=lambda shop: net.road(shop, region)[0])],
            [region],
            "restored",
            1e5,
            dangerous=True,
        )
    home = [site for site in kinds["leaching"] if site not in net.abroad]
    longest = continent.given("longest_black_mass_km")
    net.by_road(kinds["shredding"], home, "black_mass", longest, dangerous=True)
    net.by_rail(kinds["shredding"], home, "black_mass")
    net.by_road(home, net.plants, "metal_recycled", 1e5, dangerous=False)
    far = {
        row["site"]: row
        for row in [*continent.rows("refineries.csv"), *continent.rows("sources.csv")]
        if row["port_lat"]
    }
    for site, name, _, lat, lon, _ in ABROAD:
        port = {"kr_gunsan": (35.97, 126.6), "cn_jingmen": (29.94, 121.85)}[site]
        land = {"kr_gunsan": 10, "cn_jingmen": 1000}[site]
        far[site] = {
            "site": site,
            "name": name,
            "port_lat": str(port[0]),
            "port_lon": str(port[1]),
            "land_km": str(land),
            "lat": str(lat),
            "lon": str(lon),
        }
        for hub in dict.fromkeys(kinds["shredding"]):
            if net.harbours(hub)["ports"]:
                net.by_sea(net.harbours(hub), net.far_port(far[site]), "black_mass", 1.25)
        for plant in net.plants:
            net.by_sea(net.far_port(far[site]), net.harbours(plant), "metal_recycled", 3.0)
    _upstream(net, far)
    return net.rows


def _upstream(net: Lanes, far: dict[str, dict[str, str]]) -> None:
    """Raw material to refineries, refined metal to cell plants."""
    continent = net.continent
    refineries, sources = continent.rows("refineries.csv"), continent.rows("sources.csv")
    for source in sources:
        what = source["commodity"]
        if what.endswith("_new"):
            metal = what.removesuffix("_new")
            for plant in net.plants:
                net.by_sea(net.far_port(source), net.harbours(plant), what, continent.given(f"gross_{metal}"))
            continue
        metal = what.removesuffix("_raw")
        gross = continent.given(f"gross_{metal}_raw")
        for plant in (row for row in refineries if row["metal"] == metal and row["site"] != source["site"]):
            _haul(net, source, plant, what, gross)
    for metal in METALS:
        for row in (row for row in refineries if row["metal"] == metal):
            gross, what = continent.given(f"gross_{metal}"), f"{metal}_new"
            if (
                row["continent"] == continent.key
                and row["site"] in net.own
                and row["country"] not in ("KR", "CN")
            ):
                for plant in net.plants:
                    km, cost, carbon, water = net.road(row["site"], plant)
                    net.add(
                        row["site"],
                        plant,
                        "road;ferry" if water else "road",
                        what,
                        km,
                        cost * gross,
                        carbon * gross,
                        1 + km / 600.0,
                        source=ROAD_SOURCE,
                    )
            else:
                for plant in net.plants:
                    net.by_sea(net.far_port(far[row["site"]]), net.harbours(plant), what, gross)


def _haul(net: Lanes, source: dict[str, str], plant: dict[str, str], what: str, gross: float) -> None:
    ours = (source["site"] in net.own, plant["site"] in net.own)
    here = {"CA", "US", "MX"} if net.continent.key == "north-america" else None
    on_land = all(ours) and (here is None or {source["country"], plant["country"]} <= here)
    on_land = (
        on_land
        and (source["country"] in ("FI",) or here is not None)
        and plant["country"] not in ("KR", "CN")
    )
    if on_land:
        km, cost, carbon, water = net.road(source["site"], plant["site"])
        net.add(
            source["site"],
            plant["site"],
            "road;ferry" if water else "road",
            what,
            km,
            cost * gross,
            carbon * gross,
            1 + km / 600.0,
            source=ROAD_SOURCE,
        )
    elif source["country"] == plant["country"] == "CN":
        net.add(
            source["site"],
            plant["site"],
            "road",
            what,
            50,
            10.0 * gross,
            5.0 * gross,
            1,
            source="near: estimate",
        )
    elif source["port_lat"] and plant["port_lat"]:
        net.by_sea(net.far_port(source), net.far_port(plant), what, gross)
