"""The words for what nobody can serve."""

from __future__ import annotations

from collection_cases import line, problem, stop, table, truck, van
from voltloop.collection import Driver
from voltloop.collection.explain import impossible
from voltloop.findings import kinds


def test_the_best_placed_vehicle_names_the_rule() -> None:
    """The van is too small; the truck would do but for its missing driver: that is what to mend."""
    case = problem(table(stop("A", 1, mass_kg=5000.0, needs_adr=True)), line(0, 10), fleet=(van(), truck()),
                   drivers=(Driver("D", "hub"),))  # fmt: skip
    finding = impossible(case, 0)
    assert finding is not None
    assert finding.code == "tour-no-certified-driver"
    assert "hub" in finding.message


def test_every_reason_of_the_room_is_in_the_catalogue_with_help() -> None:
    own = [kind for kind in kinds().values() if kind.code.startswith(("tour-", "pack-", "pickup-", "load-"))]
    assert len(own) >= 20
    assert all(kind.help and "{where}" in kind.template for kind in own)
