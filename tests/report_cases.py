"""A small plan, made up, for the tests of the report."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import polars as pl

from voltloop.documents.report import Assumption, Outline, PlanFile, ReportData, Totals, TourLine

HOSTILE = '<script>alert("x")</script><img src=x onerror=alert(1)>&\'"'
"""A name that would run as script if it were not escaped."""

SQUARE = Outline(
    "Squareland", (np.array([[-5.0, 40.0], [25.0, 40.0], [25.0, 60.0], [-5.0, 60.0], [-5.0, 40.0]]),)
)


def empty_plan() -> ReportData:
    """Nothing in the list, nothing planned."""
    return ReportData(
        title="Collection plan",
        on=date(2026, 11, 24),
        totals=Totals(batteries_accepted=0, batteries_planned=0, batteries_deferred=0, batteries_held=0),
        list_counts={},
        list_records=0,
        outlines=(),
    )


def small_plan(name: str = "Łódź garage") -> ReportData:
    """Two tours on two days, six batteries of which two are held and one is deferred; ``name`` is a point's name."""
    return replace(
        empty_plan(),
        totals=Totals(
            batteries_accepted=6,
            batteries_planned=3,
            batteries_deferred=1,
            batteries_held=2,
            mass_planned_kg=1234.0,
            tours=2,
            stops=3,
            vehicles=2,
            days=2,
            distance_km=1234.4,
            driving_h=18.2,
            cost_eur=1500.0,
            transport_co2e_kg=900.0,
            treatment_co2e_kg=-25_000.0,
            treatment_value_eur=640.0,
            objective_eur=1600.0,
            bound_eur=1520.0,
            gap=0.05,
        ),
        list_counts={"accepted": 4, "accepted_with_findings": 2, "review": 1, "rejected": 1, "ignored": 2},
        list_records=10,
        returns_name="returns.csv",
        network_name="europe",
        made_at=datetime(2026, 11, 23, 14, 5, tzinfo=UTC),
        batteries=pl.DataFrame(
            {
                "row": [3, 4, 5, 6, 7, 8],
                "battery_id": [f"B{row}" for row in range(3, 9)],
                "chemistry": ["NMC", "NMC", "LFP", "NiMH", None, "NMC"],
                "quantity": [1, 1, 1, 1, 1, 1],
                "mass_kg": [400.0, 434.0, 400.0, 40.0, 12.0, 300.0],
                "energy_wh": [60_000.0, 64_000.0, 55_000.0, 1500.0, None, 50_000.0],
                "soh": [0.82, None, 0.7, 0.6, None, 0.5],
                "condition": ["ok", "damaged", "ok", "ok", "unknown", "critical"],
            }
        ),
        row_findings=pl.DataFrame(
            {
                "row": [5, 9, 10, 10],
                "status": ["accepted_with_findings", "review", "rejected", "rejected"],
                "code": ["made-up-note", "made-up-tenfold", "made-up-twice", "made-up-note"],
                "field": ["energy_wh", "energy_wh", "", "soh"],
                "raw": ["55", "640 kWh", None, name],
                "value": ["55000", None, None, None],
                "confidence": [0.9, 0.2, 1.0, 1.0],
                "message": [
                    "Energy read as kWh.",
                    "Ten times the model's energy.",
                    "Same as row 4.",
                    "No health.",
                ],
            }
        ),
        treatments=pl.DataFrame(
            {
                "row": [3, 4, 5, 6, 7, 8],
                "treatment": ["reuse", "recycle", "second_life", "recycle", "quarantine", "quarantine"],
                "destination_id": ["S2", "S2", "S1", "S2", "S1", None],
                "net_value_eur": [500.0, 100.0, 60.0, -20.0, 0.0, 0.0],
                "co2e_kg": [-9000.0, -8000.0, -8000.0, -100.0, 0.0, 0.0],
                "reason": ["good health", "damaged", "fair health", "old", "unknown condition", "critical"],
            }
        ),
        verdicts=pl.DataFrame(
            {
                "item": [3, 4, 5, 6, 7, 8],
                "outcome": ["allowed", "allowed", "allowed", "allowed", "undecided", "forbidden"],
                "un_number": ["UN 3480", "UN 3480", "UN 3480", "UN 3496", None, "UN 3480"],
            }
        ),
        tours=pl.DataFrame(
            {
                "tour_id": ["T2", "T1"],
                "day": [date(2026, 11, 25), date(2026, 11, 24)],
                "depot_id": ["S1", "S1"],
                "vehicle_type": ["rigid_adr", "van_light"],
                "driver_id": ["D1", "D2"],
                "needs_adr": [True, False],
                "starts_at": ["06:30", "07:00"],
                "ends_at": ["15:45", "12:00"],
                "km": [1000.0, 234.4],
                "driving_h": [14.2, 4.0],
                "mass_kg": [834.0, 400.0],
                "points": [2500.0, 990.0],
                "cost_eur": [1200.0, 300.0],
                "co2e_kg": [800.0, 100.0],
                "stop_count": [2, 1],
            }
        ),
        stops=pl.DataFrame(
            {
                "tour_id": ["T2", "T1", "T2"],
                "seq": [2, 1, 1],
                "point_id": ["P2", "P1", "P1"],
                "arrives": ["12:00", "09:00", "08:10"],
                "departs": ["12:20", "09:30", "08:40"],
                "batteries": [1, 1, 1],
                "mass_kg": [400.0, 400.0, 434.0],
                "points_after": [2500.0, 990.0, 1300.0],
            }
        ),
        loads=pl.DataFrame(
            {
                "load_id": ["L1"],
                "tour_id": ["T1"],
                "kind": ["tour"],
                "un_numbers": ["UN 3480"],
                "packages": [2],
                "documents": ["documents/L1 transport.pdf;javascript:alert(1)"],
            }
        ),
        held=pl.DataFrame(
            {
                "row": [7, 8],
                "kind": ["undecided", "forbidden"],
                "battery_id": ["B7", "B8"],
                "point_id": ["P3", "P3"],
                "reason": ["The chemistry is not known.", "No legal packaging for a critical battery."],
                "missing_facts": ["chemistry", None],
                "ask": ["Read the rating plate.", None],
            }
        ),
        deferred=pl.DataFrame(
            {"row": [6], "point_id": ["P3"], "reason": ["Does not pay yet."], "due_on": [date(2026, 12, 14)]}
        ),
        packaging=pl.DataFrame({"packaging_id": ["BOX"], "name": ["Steel box"], "used": [3], "stock": [5]}),
        baselines=pl.DataFrame(
            {
                "name": ["Savings", "One truck per site"],
                "cost_eur": [1650.0, 4000.0],
                "objective_eur": [1760.0, 4800.0],
            }
        ),
        cost_parts={"Vehicles, fixed": 600.0, "Kilometres": 900.0},
        carbon_parts={"Collection tours": 900.0, "Treatment": -25_000.0},
        points=pl.DataFrame(
            {
                "point_id": ["P1", "P2", "P3", "P4"],
                "name": [name, "Graz dealer", "Köln dealer", "Oslo dealer"],
                "city": ["Łódź", "Graz", "Köln", "Oslo"],
                "country": ["PL", "AT", "DE", "NO"],
                "lat": [51.76, 47.07, 50.94, 59.91],
                "lon": [19.46, 15.44, 6.96, 10.75],
            }
        ),
        sites=pl.DataFrame(
            {
                "site_id": ["S1", "S2"],
                "name": ["Hub Brno", "Recycler Wien"],
                "kind": ["collection_hub", "recycler_hydromet"],
                "lat": [49.2, 48.21],
                "lon": [16.61, 16.37],
                "is_depot": ["yes", "no"],
            }
        ),
        tour_lines=(
            TourLine("T1", np.array([49.2, 50.5, 51.76, 49.2]), np.array([16.61, 18.0, 19.46, 16.61])),
        ),
        outlines=(SQUARE,),
        assumptions=(Assumption("Prices", "US dollar", "0.91 EUR", "rate of 20 Nov 2026", is_estimate=True),),
        files=(PlanFile("tours.csv", "one row per tour"),),
    )
