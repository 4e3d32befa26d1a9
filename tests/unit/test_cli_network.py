"""The verbs of networks: what they print and write, and that bad folders are told at once."""

import contextlib
import io
import json
import sys
from dataclasses import dataclass
from unittest import mock

import pytest

from network_cases import small, tables, write
from voltloop.app.network_answer import read_answer
from voltloop.cli.main import main


@dataclass
class Ran:
    exit_code: int
    stdout: str
    stderr: str


def run(*words):
    """Run the program as a shell would, errors turned into messages and exit codes."""
    out, told = io.StringIO(), io.StringIO()
    arguments = ["voltloop", "network", *map(str, words)]
    with (
        mock.patch.object(sys, "argv", arguments),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(told),
        pytest.raises(SystemExit) as left,
    ):
        main()
    return Ran(int(left.value.code or 0), out.getvalue(), told.getvalue())


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_a_sound_folder_is_usable(tmp_path):
    folder = write(small(), tmp_path / "s")
    found = run("check", folder, "--json")
    assert found.exit_code == 0
    assert json.loads(found.stdout)["is_usable"] is True


def test_all_mistakes_are_told_at_once(tmp_path):
    folder = write(small(), tmp_path / "s", toml='name = "small"\n')
    edit(folder / "sites.csv", "country", "land")
    edit(folder / "supply.csv", "berlin", "bärlin")
    edit(folder / "demand.csv", ",t,", ",kg,")
    edit(folder / "facilities.csv", "1500.0", "-1500.0")
    edit(folder / "recipes.csv", "0.2", "0.9")
    found = run("check", folder)
    told = " ".join(found.stdout.split())
    assert found.exit_code == 2
    for words in (
        'the setting "currency" is missing',
        "sites.csv",
        "supply.csv, line 2",
        "demand.csv, line 2",
        'facilities.csv, line 2, column "capacity_runs_per_year"',
    ):
        assert words in told, words


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("recipes.csv", "shred,black_mass,0.2", "shred,black_mass,0.9", "yield above one"),
        ("demand.csv", "plant,black_mass", "perth,black_mass", '"perth" is not in sites.csv'),
        ("supply.csv", "pack,,1000.0,pack", "pack,,1000.0,kWh", "counted in pack"),
        ("modes.csv", "2000.0", "1.0", "must be taken"),
    ],
)
def test_each_mistake_has_its_place_and_its_remedy(tmp_path, file, old, new, words):
    folder = write(small(), tmp_path / "s")
    edit(folder / file, old, new)
    found = run("design", folder)
    assert found.exit_code == 2
    assert words in " ".join(found.stderr.split())


def test_design_writes_what_it_prints(tmp_path):
    folder = write(small(), tmp_path / "s")
    found = run("design", folder, "--gap", 0, "-o", tmp_path / "a", "-q")
    assert found.exit_code == 0
    assert (tmp_path / "a" / "summary.md").read_text().split() == found.stdout.split()
    plan = read_answer(tmp_path / "a")
    assert plan.facts["status"] == "within gap"
    assert plan.facts["money_of"] == "2027-01-01"
    assert plan.answer.costs["discounted_eur"].sum() == pytest.approx(plan.facts["cost_eur"], abs=1e-3)
    assert "shredder_" in found.stdout
    again = run("design", folder, "-o", tmp_path / "a", "-q")
    assert again.exit_code == 2
    assert run("design", folder, "-o", tmp_path / "a", "--yes", "--json").exit_code == 0


def test_costs_of_cases_are_weighed(tmp_path):
    shocks = [{"shock": "half", "kind": "supply", "what": "pack", "factor": 0.5, "weight": 0.25}]
    folder = write(small(shocks=shocks), tmp_path / "s")
    plain = json.loads(run("design", folder, "--json", "-q").stdout)
    document = json.loads(run("design", folder, "--shocks", "--gap", 0, "--json", "-q").stdout)
    assert document["cases"] == {"small": 0.8, "half": 0.2}
    assert sum(row["discounted_eur"] for row in document["costs"]) == pytest.approx(document["cost_eur"])
    alone = json.loads(run("design", folder, "--case", f"{folder}:1", "--json", "-q").stdout)
    assert alone["cost_eur"] == pytest.approx(plain["cost_eur"])


def test_a_carbon_price_replaces_that_of_the_scenario(tmp_path):
    folder = write(small(), tmp_path / "s")
    document = json.loads(run("design", folder, "--carbon-price", 200, "--json", "-q").stdout)
    assert document["carbon_price_eur_per_t"] == 200
    assert any(row["kind"] == "carbon" for row in document["costs"])


def test_what_conflicts_is_named(tmp_path):
    rows = [row | {"capacity_runs_per_year": 10.0} for row in tables()["facilities"]]
    found = run("design", write(small(facilities=rows), tmp_path / "s"), "-q")
    told = " ".join(found.stderr.split())
    assert found.exit_code == 4
    assert "must be taken at" in told
    assert "is limited in capacity" in told


@pytest.mark.parametrize("case", ["x:0", "x:-1", "x:many"])
def test_a_case_needs_a_weight_above_zero(tmp_path, case):
    found = run("design", write(small(), tmp_path / "s"), "--case", case)
    assert found.exit_code == 2


def test_stress_keeps_the_plan_and_writes_its_table(tmp_path):
    shocks = [{"shock": "half", "kind": "supply", "what": "pack", "factor": 0.5, "days_to_recover": 90.0}]
    folder = write(small(shocks=shocks), tmp_path / "s")
    run("design", folder, "-o", tmp_path / "a", "-q")
    found = run("stress", folder, "--plan", tmp_path / "a", "--workers", 1, "-o", tmp_path / "b", "-q")
    assert found.exit_code == 0
    header = (tmp_path / "b" / "stress.csv").read_text().splitlines()[0]
    assert header == (
        "shock,kind,cost_eur,extra_cost_eur,lost_share,lost_value_eur,survives_months,recovers_months,rank"
    )
    assert "half" in found.stdout
    document = json.loads(run("stress", folder, "--what", "shocks", "--json", "-q").stdout)
    assert [row["shock"] for row in document["failures"]] == ["half"]
    edit(folder / "supply.csv", "1000.0", "900.0")
    changed = run("stress", folder, "--plan", tmp_path / "a", "-q")
    assert changed.exit_code == 2
    assert "has changed since" in changed.stderr


def test_stress_of_nothing_known_is_told(tmp_path):
    folder = write(small(), tmp_path / "s")
    assert run("stress", folder, "--what", "weather", "-q").exit_code == 2
    assert run("stress", folder, "--what", "shocks", "-q").exit_code == 2


def test_frontier_writes_its_points_and_weighs_central_against_local(tmp_path):
    supply = [row | {"least_share": 0.3, "penalty_eur_per_unit": 40.0} for row in tables()["supply"]]
    folder = write(small(supply=supply), tmp_path / "s")
    found = run("frontier", folder, "--points", 4, "--gap", 0, "-o", tmp_path / "f", "-q")
    assert found.exit_code == 0
    header = (tmp_path / "f" / "frontier.csv").read_text().splitlines()[0]
    assert header == "point,cap_kg,carbon_price_eur_per_t,cost_eur,bound_eur,co2e_kg,is_knee,hubs"
    assert "Least carbon" in found.stdout
    document = json.loads(run("frontier", folder, "--points", 3, "--json", "-q").stdout)
    assert document["schema"] == "network-frontier/1"
    assert document["shapes"][0]["shape"] == "free"


def test_compare_says_what_differs(tmp_path):
    folder = write(small(), tmp_path / "s")
    run("design", folder, "-o", tmp_path / "a", "-q")
    run("design", folder, "--carbon-price", 500, "-o", tmp_path / "b", "-q")
    same = run("compare", tmp_path / "a", tmp_path / "a", "-q")
    assert "cost the same" in same.stdout
    other = json.loads(run("compare", tmp_path / "a", tmp_path / "b", "--json", "-q").stdout)
    kinds = {row["kind"]: row["change_eur"] for row in other["costs"]}
    assert kinds["carbon"] > 0
    change = other["second"]["cost_eur"] - other["first"]["cost_eur"]
    assert sum(kinds.values()) == pytest.approx(change, abs=0.1)
    with_scenario = json.loads(run("compare", tmp_path / "a", folder, "--json", "-q").stdout)
    assert with_scenario["openings"] == []
    no_answer = tmp_path / "none"
    no_answer.mkdir()
    (no_answer / "answer.json").write_text("[]")
    told = run("compare", tmp_path / "a", no_answer, "-q")
    assert told.exit_code == 2
    assert "not the answer" in told.stderr


def test_invest_ranks_openings_and_budgets(tmp_path):
    folder = write(small(), tmp_path / "s")
    found = run("invest", folder, "-o", tmp_path / "i", "-q")
    assert found.exit_code == 0
    assert "What a budget buys" in found.stdout
    assert (tmp_path / "i" / "budget.csv").exists()
    document = json.loads(run("invest", folder, "--json", "-q").stdout)
    assert [row["rank"] for row in document["investments"]] == list(
        range(1, len(document["investments"]) + 1)
    )


def test_cases_too_large_together_open_what_suits_the_first(monkeypatch):
    import math

    from voltloop.app import network_plan
    from voltloop.network import Case, design
    from voltloop.network.solving import Solved

    one = small()
    cases = [Case("one", one), Case("two", small(carbon_price_eur_per_t=300.0), 0.5)]
    best = design(cases, gap=0.0)

    class NeverBoth(network_plan.Search):
        def __call__(self, program, **limits):
            if {block.case for block in program.blocks} == {None, 0}:
                return super().__call__(program, **limits)
            return Solved(None, math.inf, -math.inf, None)

    monkeypatch.setattr(network_plan, "Search", NeverBoth)
    made = network_plan.plan_scenario(cases, lambda _step, _what: None, network_plan.Limits(20.0, 0.0))
    assert made.bound_eur <= best.objective_eur <= made.objective_eur < math.inf
    alone = design(one, gap=0.0).answer.openings
    assert made.answer.openings["is_open"].to_list() == alone["is_open"].to_list()
