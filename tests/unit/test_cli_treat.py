"""``voltloop treat``: every accepted battery of a list has one answer, in text, table, JSON and charts."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from voltloop.app.network_folder import init_network
from voltloop.app.treat import TreatJob, treat_list
from voltloop.app.treat_plot import treat_page
from voltloop.cli.treat import _words, treat
from voltloop.errors import InputError, NoFeasiblePlan
from voltloop.transport import GreatCircle

ROWS = """battery_id,manufacturer,model,chemistry,form,energy_kwh,mass_kg,soh,condition,site,city,country,lat,lon
B1,Renault,Zoe,NMC,pack,52,326,91,ok,Berlin dealer 1,Berlin,DE,52.5249,13.4215
B2,Renault,Zoe,NMC,pack,52,326,55,ok,Berlin dealer 1,Berlin,DE,52.5249,13.4215
B3,BYD,Seal,LFP,pack,60,440,60,damaged,Berlin dealer 1,Berlin,DE,52.5249,13.4215
B4,BYD,Seal,LFP,pack,60,440,70,ok,Atlantis,,,,
"""
"""Three batteries in Berlin, and one that nobody can find."""


@pytest.fixture
def job(tmp_path: Path) -> TreatJob:
    init_network(tmp_path / "net")
    (tmp_path / "list.csv").write_text(ROWS, encoding="utf-8")
    from datetime import date

    return TreatJob(tmp_path / "list.csv", tmp_path / "net", date(2026, 11, 24), provider=GreatCircle())


def changed(job: TreatJob, **terms: object) -> TreatJob:
    from dataclasses import replace

    return replace(job, **terms)  # type: ignore[arg-type]


def test_every_accepted_battery_is_treated_waits_or_is_held_with_a_reason(job: TreatJob) -> None:
    treated = treat_list(job)
    assert treated.table["row"].to_list() == treated.read.batteries["row"].to_list()
    assert treated.table["outcome"].is_in(["treated", "waits", "held"]).all()
    assert treated.table["reason"].null_count() == 0
    summary = treated.summary()
    counts = summary["batteries"]
    assert counts["accepted"] == counts["treated"] + counts["waits"] + counts["held"]
    assert treated.sites["rows"].sum() == counts["treated"] > 0
    assert summary["treatments"] == dict(
        treated.table.filter(pl.col("outcome") == "treated")
        .group_by("treatment")
        .len()
        .sort("treatment")
        .rows()
    )


def test_text_json_and_page_tell_the_same_and_the_page_loads_nothing(job: TreatJob) -> None:
    from voltloop.app.tables import json_bytes

    treated = treat_list(job)
    words = _words(treated)
    document = json.loads(json_bytes(treated.summary()))
    assert document["schema"] == "treat/1"
    assert f"{document['batteries']['treated']} treated" in words
    assert "B1: " in words
    page = treat_page(treated).decode()
    assert "Value against carbon" in page
    assert 'src="http' not in page
    assert page.encode() == treat_page(treat_list(job))


def test_rows_that_could_not_be_read_and_missing_values_are_told(job: TreatJob) -> None:
    """A state of health of 130 % is no battery of the answer, one that is missing is told with what to do."""
    text = ROWS.replace(",91,ok", ",,ok").replace(",55,ok", ",130,ok")
    job.batteries.write_text(text, encoding="utf-8")
    treated = treat_list(job)
    assert "B2" not in treated.table["battery_id"].to_list()
    assert "1 rows of the list could not be used: see voltloop read" in _words(treated)
    (told,) = (one for one in treated.summary()["findings"] if one["code"] == "treatment-soh-missing")
    assert "or measured" in told["help"]


def test_contracts_of_the_network_folder_bind(job: TreatJob) -> None:
    head = (job.network / "contracts.csv").read_text(encoding="utf-8").strip()
    (job.network / "contracts.csv").write_text(
        f"{head}\nK7,volume,de-fortum-kirchardt,recycle,,99999,,must,,,,\n", encoding="utf-8"
    )
    with pytest.raises(NoFeasiblePlan, match="contract K7 with Fortum Kirchardt"):
        treat_list(job)


def test_an_unknown_site_of_a_contract_is_named_with_its_line(job: TreatJob) -> None:
    head = (job.network / "contracts.csv").read_text(encoding="utf-8").strip()
    (job.network / "contracts.csv").write_text(
        f"{head}\nK7,volume,de-fortum,,,1,,pay,5,,,\n", encoding="utf-8"
    )
    with pytest.raises(InputError, match=r'contracts.csv, line 2, "site_id": "de-fortum" is not a site'):
        treat_list(job)


def test_budget_and_days_that_cannot_be_are_told(job: TreatJob) -> None:
    with pytest.raises(NoFeasiblePlan, match="the carbon budget"):
        treat_list(changed(job, carbon_budget_kg=-1e9))
    with pytest.raises(InputError, match="horizon is 0 days"):
        treat_list(changed(job, days=0))
    with pytest.raises(InputError, match="carbon price is -5"):
        treat_list(changed(job, carbon_price_eur_per_t=-5.0))


def test_rising_metals_let_a_worn_pack_wait(job: TreatJob) -> None:
    terms = changed(job, wait_days=200.0, price_drift=(("nickel", 30.0), ("cobalt", 30.0)))
    table = treat_list(terms).table
    worn = table.filter(pl.col("battery_id") == "B2").row(0, named=True)
    assert worn["outcome"] == "waits"
    assert worn["reason"].startswith("Waits 200 day(s) for the next period: ")


def test_a_conflict_is_a_problem_in_json_too(
    job: TreatJob, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever reads the standard output as JSON gets one document, whatever happens."""

    def conflict(*_: object) -> None:
        raise NoFeasiblePlan(
            "Contract K1 and the room at Flins cannot both be kept.", code="treatment-conflict"
        )

    monkeypatch.setattr("voltloop.app.treat.treat_list", conflict)
    with pytest.raises(NoFeasiblePlan):
        treat(job.batteries, job.network, on="2026-11-24", as_json=True, quiet=True)
    assert json.loads(capsys.readouterr().out) == {
        "schema": "problem/1",
        "code": "treatment-conflict",
        "message": "Contract K1 and the room at Flins cannot both be kept.",
    }
