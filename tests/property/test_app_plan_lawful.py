"""Random lists: whatever comes back, nothing is lost and no load breaks the law."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app_cases import HEADER, MODELS, ON, template_network
from voltloop.app.groundwork import PlanRequest, Search
from voltloop.app.lawful import goods_aboard, law_of_load
from voltloop.app.network_folder import Network
from voltloop.app.plan import MadePlan, make_plan
from voltloop.collection import evaluate
from voltloop.compliance import VehicleFacts
from voltloop.errors import InputError, NoFeasiblePlan
from voltloop.transport import GreatCircle

_ROW = st.tuples(
    st.sampled_from(MODELS),
    st.integers(1, 12),
    st.integers(0, 3),
    st.sampled_from(["ok", "suspect", "damaged", "critical", "unknown", ""]),
    st.sampled_from(["end_of_life", "crash", "recall", "warranty", "production_scrap"]),
    st.sampled_from(["", "35", "62", "81", "97"]),
    st.integers(1, 1500),
)


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Network:
    """The template of the network folder."""
    return template_network(Path(tmp_path_factory.mktemp("lawful")) / "network")


def _list(rows: list[tuple[object, ...]], points: list[str]) -> bytes:
    lines = [HEADER]
    for number, (model, quantity, point, condition, reason, soh, days) in enumerate(rows):
        returned = ON.fromordinal(ON.toordinal() - int(str(days)))
        built = ON.fromordinal(returned.toordinal() - 1200)
        maker, name, chemistry, form, energy, mass = model  # type: ignore[misc]
        cells = [f"B{number}", f"SER{number}X", maker, name, chemistry, form, quantity, energy, mass, built, returned,
                 points[int(str(point)) % len(points)], soh, condition, reason]  # fmt: skip
        lines.append(",".join(str(cell) for cell in cells))
    return "\n".join(lines).encode()


@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(rows=st.lists(_ROW, min_size=1, max_size=25))
def test_no_load_breaks_the_law(network: Network, rows: list[tuple[object, ...]]) -> None:
    """Every accepted battery ends once; every load passes when its goods are classified anew; tours hold."""
    data = _list(rows, network.points["name"].to_list())
    request = PlanRequest("list.csv", data, network, ON, Search(0, 2.0, None, 1))
    try:
        plan = make_plan(request, GreatCircle())
    except NoFeasiblePlan:
        return  # every row was held: nothing travels, so nothing breaks the law
    except InputError as error:
        if error.code != "no-usable-rows":
            raise
        return
    ends = [*plan.tour_of["row"], *plan.deferred["row"], *plan.held["row"]]
    assert sorted(ends) == plan.read.batteries["row"].sort().to_list()
    for entry in plan.routed:
        assert evaluate(entry.problem, entry.plan.tours, entry.plan.stops, entry.plan.breaks).violations == ()
        _check_loads(plan, network, entry.mode)


def _check_loads(plan: MadePlan, network: Network, mode: str) -> None:
    entry = next(part for part in plan.routed if part.mode == mode)
    certified_to = dict(network.drivers.select("driver_id", "adr_certificate_valid_to").iter_rows())
    kinds = {(kind.vehicle_type, kind.depot_id, kind.name): kind for kind in entry.problem.fleet}
    for tour in entry.plan.tours.iter_rows(named=True):
        kind = kinds[tour["vehicle_type"], tour["depot_id"], tour["vehicle_name"]]
        valid_to = certified_to[tour["driver_id"]]
        rows = plan.tour_of.filter(pl.col("tour_id") == tour["tour_id"]).select("row")
        goods = plan.prepared.batteries.join(rows, on="row", how="semi")
        facts = VehicleFacts(
            is_adr_equipped=kind.is_adr_equipped,
            is_driver_certified=valid_to is not None and valid_to >= tour["day"],
            is_driver_trained=True,
            critical_boxes=kind.critical_boxes,
        )
        items = goods_aboard(goods, plan.prepared.packed.packages, plan.rulebook, mode, tour["day"])
        assert law_of_load(items, facts, plan.rulebook, mode, tour["day"]) == []
        # The points once more by hand: 3 per kilogram of category 2, none above 333 kg without plates and certificate.
        regulated = items.filter((pl.col("outcome") == "allowed") & (pl.col("transport_category") == "2"))
        mass = float((regulated["net_mass_kg"] * regulated["quantity"]).sum())
        assert mass <= 333.0 + 1e-6 or (kind.is_adr_equipped and facts.is_driver_certified)
