"""Every load once more before the law, from the battery table alone and on the day it travels."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl

from voltloop.app.goods import goods_of
from voltloop.app.network_folder import Network
from voltloop.app.prepare import Prepared
from voltloop.app.route import Routed
from voltloop.collection import Onward
from voltloop.compliance import Rulebook, VehicleFacts, check_load, classify
from voltloop.findings import Finding, Severity

__all__ = ["goods_aboard", "law_of_load", "unlawful_runs", "without_unlawful"]


def law_of_load(
    items: pl.DataFrame, vehicle: VehicleFacts, rulebook: Rulebook, mode: str, on: date
) -> list[Finding]:
    """List what forbids a load of goods that :func:`goods_aboard` classified on that day."""
    found = check_load(items, vehicle, rulebook, mode, on)
    return [finding for finding in found if finding.severity in {Severity.FORBID, Severity.REJECT}]


def goods_aboard(
    batteries: pl.DataFrame, packages: pl.DataFrame, rulebook: Rulebook, mode: str, on: date
) -> pl.DataFrame:
    """Classify goods anew for a day of carriage, and join mass, quantity and the packing instructions used.

    Parameters
    ----------
    batteries
        Battery table with ``is_waste``; nothing of an earlier verdict is used.
    packages
        Packages, of which those with these rows as ``item`` count.
    """
    verdicts = classify(goods_of(batteries, batteries["is_waste"]), rulebook, mode=mode, on=on)
    used = packages.group_by("item").agg(
        pl.col("packing_instruction")
        .drop_nulls()
        .unique()
        .sort()
        .str.join(";")
        .alias("packing_instruction_used")
    )
    facts = batteries.select(item="row", net_mass_kg="mass_kg", quantity="quantity")
    return verdicts.join(facts, on="item", maintain_order="left").join(
        used, on="item", how="left", maintain_order="left"
    )


def unlawful_runs(entry: Routed, prepared: Prepared, network: Network, rulebook: Rulebook) -> dict[str, str]:
    """Give the tours that the law forbids, with the reason in words. None is what a sound plan gives."""
    drivers = {row["driver_id"]: row for row in network.drivers.iter_rows(named=True)}
    kinds = {(kind.vehicle_type, kind.depot_id, kind.name): kind for kind in entry.problem.fleet}
    rows = entry.trips.stops.join(entry.pickups.select("pickup_id", "items"), on="pickup_id").explode("items")
    aboard = dict(rows.group_by("tour_id").agg("items").iter_rows())
    goods: dict[date, pl.DataFrame] = {}
    found: dict[str, str] = {}
    for tour in entry.trips.tours.filter(pl.col("stop_count") > 0).iter_rows(named=True):
        day, tour_id = tour["day"], tour["tour_id"]
        if day not in goods:
            planned = prepared.batteries.join(rows.select(row="items"), on="row", how="semi")
            goods[day] = goods_aboard(planned, prepared.packed.packages, rulebook, entry.mode, day)
        kind = kinds[tour["vehicle_type"], tour["depot_id"], tour["vehicle_name"]]
        facts = _facts(
            kind.is_adr_equipped, kind.critical_boxes, drivers.get(tour["driver_id"]), day, tour_id
        )
        items = goods[day].filter(pl.col("item").is_in(aboard[tour_id]))
        findings = law_of_load(items, facts, rulebook, entry.mode, day)
        if findings:
            found[tour["whole_tour_id"]] = " ".join(finding.message for finding in findings)
    return found


def without_unlawful(
    onward: Onward, entry: Routed, prepared: Prepared, rulebook: Rulebook, on: date
) -> Onward:
    """Take out onward loads that the law forbids on their day; their goods stay at the depot with the reason.

    Who drives an onward load is not planned. The check takes a driver with the certificate that the load needs, and the
    papers leave the field open for a person.
    """
    kinds = {(kind.vehicle_type, kind.depot_id, kind.name): kind for kind in entry.problem.fleet}
    stays = [onward.stock]
    bad: list[str] = []
    going = onward.loads.select(row="items").explode("row")
    aboard = prepared.batteries.join(going, on="row", how="semi")
    goods = goods_aboard(aboard, prepared.packed.packages, rulebook, entry.mode, on)
    for load in onward.loads.iter_rows(named=True):
        kind = kinds[load["vehicle_type"], load["depot_id"], load["vehicle_name"]]
        facts = VehicleFacts(kind.is_adr_equipped, True, True, kind.critical_boxes, load["load_id"])
        items = goods.filter(pl.col("item").is_in(load["items"]))
        findings = law_of_load(items, facts, rulebook, entry.mode, on)
        if findings:
            bad.append(load["load_id"])
            words = " ".join(finding.message for finding in findings)
            where = (load["depot_id"], load["site_id"], "held", findings[0].code, words)
            stays.append(
                pl.DataFrame(
                    [(item, *where) for item in load["items"]], schema=onward.stock.schema, orient="row"
                )
            )
    return Onward(onward.loads.filter(~pl.col("load_id").is_in(bad)), pl.concat(stays))


def _facts(
    is_equipped: bool, boxes: int, driver: Mapping[str, Any] | None, day: date, name: str
) -> VehicleFacts:
    adr = driver["adr_certificate_valid_to"] if driver else None
    trained = driver["hazmat_training_valid_to"] if driver else None
    return VehicleFacts(
        is_adr_equipped=is_equipped,
        is_driver_certified=adr is not None and adr >= day,
        is_driver_trained=driver is not None and (trained is None or trained >= day),
        critical_boxes=boxes,
        name=name,
    )
