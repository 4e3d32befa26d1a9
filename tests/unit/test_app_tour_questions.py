"""Questions about a plan folder: answered from what is kept in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app_cases import ON, random_list, template_network
from voltloop.app.groundwork import Search
from voltloop.app.plan_folder import Job, plan_into
from voltloop.app.tour_questions import Question, changes, prices_of, questions, weak, why_left, why_stop
from voltloop.cli.main import app
from voltloop.errors import InputError
from voltloop.transport import GreatCircle


def _quiet(_step: str, _what: str) -> None:
    """Say nothing."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plan of a few batteries, some of which wait."""
    base = tmp_path_factory.mktemp("plan")
    network = template_network(base / "network")
    (base / "list.csv").write_bytes(random_list(5, network.points["name"].to_list(), 20))
    job = Job(base / "list.csv", base / "network", ON, Search(0, 1.0, None, 1), provider=GreatCircle())
    plan_into(job, base / "plan", _quiet)
    return base / "plan"


@pytest.fixture(scope="module")
def asked(folder: Path) -> tuple[Question, ...]:
    """The problems of that plan, posed again."""
    return questions(folder, _quiet, provider=GreatCircle())


def test_the_problem_posed_again_is_that_of_the_plan(asked: tuple[Question, ...]) -> None:
    """Every pick-up of the plan is a stop of the problem, and its tours can be driven there."""
    (only,) = asked
    assert only.plan.tours.height > 0
    assert weak(asked, 0).height == only.plan.tours.height


def test_what_is_left_out_says_why(folder: Path, asked: tuple[Question, ...]) -> None:
    left = why_left(folder)
    assert all(row["words"] for row in left)
    for row in left:
        (answer,) = why_stop(asked, row["pickup_id"])
        assert answer["outcome"] == row["outcome"]
        assert answer["words"]


def test_a_planned_stop_names_its_tour(asked: tuple[Question, ...]) -> None:
    stop = asked[0].plan.stops.row(0, named=True)
    found = {row["pickup_id"]: row for row in why_stop(asked, stop["point_id"])}
    assert stop["tour_id"] in found[stop["pickup_id"]]["words"]


def test_an_unknown_stop_is_refused_with_the_nearest(asked: tuple[Question, ...]) -> None:
    name = asked[0].problem.stop_list[0].point_id
    with pytest.raises(InputError, match="is neither a pick-up nor a point") as caught:
        why_stop(asked, name + "x")
    assert name in caught.value.message


def test_a_rule_has_a_price_and_an_unknown_one_is_refused(asked: tuple[Question, ...]) -> None:
    table = prices_of(asked, ["windows"], seconds=0.3, seed=0, runs=1)
    assert table["constraint"].to_list() == ["windows"]
    assert table["saving_eur"][0] >= 0
    with pytest.raises(InputError):
        prices_of(asked, ["gravity"], seconds=0.3, seed=0, runs=1)


def test_a_plan_compared_with_itself_has_not_changed(folder: Path) -> None:
    (one,) = changes(folder, folder, by_point=False).values()
    assert one.changes.is_empty()
    assert one.totals["kept"][0] == one.totals["kept"][1]


def test_changed_inputs_are_noticed(folder: Path, tmp_path: Path) -> None:
    """Another list would pose another problem; an answer about it would be about another plan."""
    import shutil

    other = tmp_path / "plan"
    shutil.copytree(folder, other)
    listed = other / "inputs/returns/list.csv"
    lines = listed.read_text().splitlines(keepends=True)
    listed.write_text("".join(lines[:4]))
    with pytest.raises(InputError) as caught:
        questions(other, _quiet, provider=GreatCircle())
    assert caught.value.code == "not-a-plan"


def test_the_command_prints_json_and_tables(folder: Path) -> None:
    run = CliRunner().invoke(app, ["tours", "why", str(folder), "--json"])
    assert run.exit_code == 0
    assert json.loads(run.stdout)["schema"] == "tours-why/1"
    run = CliRunner().invoke(app, ["tours", "compare", str(folder), str(folder)])
    assert run.exit_code == 0
    assert "stay as they were" in run.stdout
