"""Waste crosses a border only under a valid consent for its code, its way and its receiver."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from voltloop.app.borders import Borders
from voltloop.app.lanes import make_lanes
from voltloop.compliance import load_rulebook

FIRST, LAST = date(2026, 11, 24), date(2026, 12, 1)
LITHIUM, NICKEL = "16 06 07*", "16 06 08*"


def _consents(valid_from: date = date(2026, 1, 1), valid_to: date = date(2026, 12, 31)) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "consent_id": ["C-1"],
            "from_country": ["AT"],
            "to_country": ["DE"],
            "waste_codes": [f"{LITHIUM}; 16 06 02*"],
            "notifier": ["Carrier"],
            "consignee_site_id": ["plant"],
            "valid_from": [valid_from],
            "valid_to": [valid_to],
        }
    )


def _borders(consents: pl.DataFrame | None = None) -> Borders:
    return Borders(_consents() if consents is None else consents, load_rulebook(), FIRST, LAST)


def test_a_consent_opens_its_own_way_only() -> None:
    """The code, the direction and the receiving site all have to be those of the consent."""
    borders = _borders()
    crossing = borders.crossing("AT", "DE", LITHIUM, True, "plant")
    assert (crossing.is_open, crossing.procedure, crossing.consent_id) == (True, "notification", "C-1")
    assert not borders.may_move("AT", "DE", NICKEL, True, "plant")
    assert not borders.may_move("AT", "DE", LITHIUM, True, "another plant")
    assert not borders.may_move("DE", "AT", LITHIUM, True, "plant")


def test_within_a_country_nothing_is_needed() -> None:
    """No border, no procedure."""
    assert _borders().crossing("DE", "DE", LITHIUM, True, "plant").procedure == "none"


@pytest.mark.parametrize(
    ("valid_from", "valid_to", "is_open"),
    [(FIRST, LAST, True), (date(2026, 11, 25), LAST, False), (FIRST, date(2026, 11, 30), False)],
)
def test_a_consent_must_cover_every_day_of_the_plan(valid_from: date, valid_to: date, is_open: bool) -> None:
    """A consent that starts later or ends earlier covers only a part of the loads."""
    assert _borders(_consents(valid_from, valid_to)).may_move("AT", "DE", LITHIUM, True, "plant") is is_open


def test_the_reason_names_waste_law_and_what_is_missing() -> None:
    """Whoever reads it knows what to apply for."""
    why = _borders().crossing("AT", "PL", LITHIUM, True, "plant").why_not
    assert why is not None
    for word in (LITHIUM, "AT", "PL", "2024/1157", "consents.csv"):
        assert word in why


def test_no_law_no_way() -> None:
    """Where the rulebook has no road law for the whole way, the way is closed."""
    assert "No road law" in str(_borders().crossing("DE", "US", "", False, "plant").why_not)


def test_used_batteries_cross_to_be_restored_but_not_to_be_recycled() -> None:
    """Whatever the sender calls it, a battery that goes abroad to a recycler is discarded."""
    groups = pl.DataFrame(
        [
            {
                "lane": "P|",
                "place": 0,
                "country": "AT",
                "waste_code": LITHIUM,
                "used_lawful": True,
                "waste_lawful": True,
            }
        ]
    )
    sites = pl.DataFrame(
        [
            {"site_id": "reman", "column": 1, "country": "DE", "kind": "remanufacturer"},
            {"site_id": "shredder", "column": 2, "country": "DE", "kind": "recycler_preprocess"},
            {"site_id": "home", "column": 3, "country": "AT", "kind": "recycler_preprocess"},
            {"site_id": "island", "column": 4, "country": "AT", "kind": "recycler_preprocess"},
        ]
    )
    km = np.full((5, 5), 100.0)
    km[:, 4] = km[4, :] = np.inf
    lanes = make_lanes(groups, sites, km, np.zeros((5, 5), dtype=bool), _borders())
    found = {row["site_id"]: (row["used_ok"], row["waste_ok"]) for row in lanes.iter_rows(named=True)}
    assert found == {"reman": (True, False), "shredder": (False, False), "home": (True, True)}
