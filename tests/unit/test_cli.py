"""The commands as a user meets them: one clear message and the right exit code for every mistake."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import typer

from app_cases import random_list, template_network
from voltloop.cli.commands import COMMANDS
from voltloop.cli.exit_codes import ExitCode
from voltloop.cli.main import app

ROOT = Path(__file__).parents[2]


def _run(
    *arguments: str | Path, cwd: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from voltloop.cli import main; main()", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, "NO_COLOR": "1", **environment},
        timeout=180,
        check=False,
    )


def _refused(answer: subprocess.CompletedProcess[str], code: ExitCode, *words: str) -> None:
    assert answer.returncode == code, answer.stderr
    assert "Traceback" not in answer.stderr
    assert answer.stdout == ""
    message = " ".join(answer.stderr.split())
    for word in words:
        assert word in message, message


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """A folder with the template network and a list of twenty batteries at its points."""
    names = template_network(tmp_path / "network").points["name"].to_list()
    (tmp_path / "list.csv").write_bytes(random_list(5, names, 20))
    return tmp_path


def _plan(
    world: Path, *more: str, on: str = "2026-11-24", returns: str = "list.csv"
) -> subprocess.CompletedProcess[str]:
    return _run(
        "plan",
        returns,
        "--network",
        "network",
        "--on",
        on,
        "-o",
        "plan",
        "--time-limit",
        "3",
        *more,
        cwd=world,
    )


def test_help_names_the_commands_and_is_quick() -> None:
    """The first thing a stranger runs."""
    answer = _run("--help")
    assert answer.returncode == 0
    for command in ("read", "plan", "rerun", "init"):
        assert command in answer.stdout


def test_the_list_of_commands_says_what_their_own_help_says() -> None:
    group: Any = typer.main.get_command(app)
    for name, entry in COMMANDS.items():
        assert entry.help == group.commands[name].get_short_help_str(500), name


def test_the_help_reads_no_command() -> None:
    """Each command starts at once because the others are not read."""
    program = (
        "import sys; from typer.testing import CliRunner; from voltloop.cli.main import app; "
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0; "
        "print([name for name in sys.modules if name in ('voltloop.cli.plan', 'voltloop.cli.rules')])"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def test_heavy_libraries_stay_out_of_the_help() -> None:
    """The commands start at once because nothing heavy is imported before it is used."""
    heavy = "{'polars', 'numpy', 'scipy', 'pyvrp', 'plotly', 'typst', 'shapely', 'rich'}"
    program = (
        "import sys, typer, voltloop; from voltloop.cli.main import app; "
        "commands = dict(typer.main.get_command(app).commands); "
        f"print(sorted({heavy} & set(sys.modules)))"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def test_init_read_plan_rerun(tmp_path: Path) -> None:
    """The way of the README: template, list, plan, and the same plan again."""
    assert _run("init", "network", cwd=tmp_path).returncode == 0
    shutil.copy(tmp_path / "network" / "returns-sample.csv", tmp_path / "list.csv")
    answer = _run("read", "list.csv", "-o", "ok.parquet", "--rejected", "no.csv", "--report", "report.json",
                  "--on", "2026-11-24", "--json", cwd=tmp_path)  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    summary = json.loads(answer.stdout)
    report = json.loads((tmp_path / "report.json").read_text())
    assert summary["records"] == len(report) == sum(summary["counts"].values())
    assert [entry["row"] for entry in report] == list(range(1, len(report) + 1))
    assert pl.read_parquet(tmp_path / "ok.parquet").height > 0
    answer = _plan(tmp_path)
    assert answer.returncode == 0, answer.stderr
    assert "planned" in answer.stdout
    answer = _run("rerun", "plan", "-o", "again", "-q", cwd=tmp_path)
    assert answer.returncode == 0, answer.stderr
    assert answer.stderr == ""
    assert (tmp_path / "again/stops.csv").read_bytes() == (tmp_path / "plan/stops.csv").read_bytes()


def test_no_such_file(world: Path) -> None:
    """A typo offers the neighbour."""
    _refused(_plan(world, returns="lsit.csv"), ExitCode.BAD_INPUT, "no such file", 'Did you mean "list.csv"?')
    assert not (world / "plan").exists()


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "empty"),
        (bytes(range(256)) * 40, "list.csv"),
        (b"name,colour\nbanana,yellow\n", "list.csv"),
        (b"serial,model,mass_kg\n", "at least one battery"),
    ],
)
def test_files_that_hold_no_list(world: Path, data: bytes, word: str) -> None:
    """An empty file, a binary file, a table of something else, a table without rows."""
    (world / "list.csv").write_bytes(data)
    _refused(_plan(world), ExitCode.BAD_INPUT, word)
    _refused(_run("read", "list.csv", cwd=world), ExitCode.BAD_INPUT, word)
    assert not (world / "plan").exists()


def test_a_list_without_usable_rows_still_tells_of_every_row(tmp_path: Path) -> None:
    """Every row contradicts itself: the message says so, and the outputs are written, the accepted table empty."""
    header = "serial,manufacturer,model,chemistry,energy_kwh,mass_kg,returned_on,condition"
    (tmp_path / "list.csv").write_text(f"{header}\nX1,Nissan,Leaf 40 kWh,NMC,40,303,2031-01-01,ok\n")
    answer = _run("read", "list.csv", "-o", "a.parquet", "--rejected", "r.csv", "--report", "r.json",
                  "--on", "2026-11-24", cwd=tmp_path)  # fmt: skip
    _refused(answer, ExitCode.BAD_INPUT, "no row of the list can be used", "returned-in-future")
    assert pl.read_parquet(tmp_path / "a.parquet").height == 0
    assert pl.read_csv(tmp_path / "r.csv")["status"].to_list() == ["review"]
    assert [entry["status"] for entry in json.loads((tmp_path / "r.json").read_text())] == [
        "ignored",
        "review",
    ]


def test_a_network_without_depots(world: Path) -> None:
    """Without a depot no tour can start; the message says where to mark one."""
    sites = world / "network/sites.csv"
    sites.write_text(sites.read_text().replace(",yes,yes,", ",no,yes,"))
    _refused(_plan(world), ExitCode.BAD_INPUT, "depot", "sites.csv")


def test_an_unknown_vehicle_type(world: Path) -> None:
    """The message quotes the word and offers the nearest known one."""
    vehicles = world / "network/vehicles.csv"
    vehicles.write_text(vehicles.read_text().replace("rigid_adr", "rigid_ard"))
    _refused(_plan(world), ExitCode.BAD_INPUT, "rigid_ard", "rigid_adr", "vehicles.csv")


def test_a_point_in_the_sea_is_a_finding(world: Path) -> None:
    """The point is not planned and says why; the rest is planned all the same."""
    points = world / "network/collection_points.csv"
    text = points.read_text()
    points.write_text(text.replace("48.7823,9.1770", "45.0000,-30.0000"))
    answer = _plan(world)
    assert answer.returncode == 0, answer.stderr
    findings = pl.read_csv(world / "plan/findings.csv")
    assert findings.filter(pl.col("code").str.contains("sea|country")).height > 0
    held = pl.read_csv(world / "plan/held.csv")
    assert held.filter((pl.col("point_id") == "CP-1") & (pl.col("kind") == "unknown_point")).height > 0


@pytest.mark.parametrize(("on", "word"), [("1999-01-01", "1999-01-01"), ("24.11.2026", "YYYY-MM-DD")])
def test_dates_that_cannot_be_planned(world: Path, on: str, word: str) -> None:
    """A day before every edition of the law, and a day that is none."""
    _refused(_plan(world, on=on), ExitCode.BAD_INPUT, word)
    assert not (world / "plan").exists()


def test_no_such_network(world: Path) -> None:
    """A network that is not there says how to make one."""
    answer = _run("plan", "list.csv", "--network", "nowhere", "--on", "2026-11-24", "-o", "plan", cwd=world)
    _refused(answer, ExitCode.BAD_INPUT, "nowhere", "voltloop init")


def test_a_plan_is_not_overwritten(world: Path) -> None:
    """An existing plan needs --yes, a foreign folder is never touched."""
    assert _plan(world).returncode == 0
    _refused(_plan(world), ExitCode.BAD_INPUT, "--yes")
    assert _plan(world, "--yes").returncode == 0
    shutil.rmtree(world / "plan")
    (world / "plan").mkdir()
    (world / "plan/notes.txt").write_text("mine")
    _refused(_plan(world, "--yes"), ExitCode.BAD_INPUT, "voltloop did not write")
    assert (world / "plan/notes.txt").read_text() == "mine"


def test_a_full_disk_leaves_nothing(world: Path) -> None:
    """A limit on file size stands for a full disk: one message, no half-written folder."""
    program = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000));"
        "from voltloop.cli import main; main()"
    )
    arguments = [
        "plan",
        "list.csv",
        "--network",
        "network",
        "--on",
        "2026-11-24",
        "-o",
        "plan",
        "--time-limit",
        "2",
        "-q",
    ]
    answer = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True,
        text=True,
        cwd=world,
        check=False,
        timeout=180,
    )
    assert answer.returncode == ExitCode.BAD_INPUT, answer.stderr
    assert "disk is full" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert sorted(path.name for path in world.iterdir()) == ["list.csv", "network"]


def test_nothing_to_plan_is_exit_code_four(world: Path) -> None:
    """A list whose every battery is held is no plan; the message says why."""
    point = pl.read_csv(world / "network/collection_points.csv")["name"][0]
    header = "serial,manufacturer,model,chemistry,form,energy_kwh,mass_kg,site,condition"
    (world / "list.csv").write_text(f"{header}\nX1,Nissan,Leaf 40 kWh,NMC,pack,40,303,{point},unknown\n")
    _refused(_plan(world), ExitCode.NO_PLAN, "Not one of 1 batteries")
    assert not (world / "plan").exists()


def test_an_unknown_option_is_bad_usage() -> None:
    """Usage errors leave with the code of bad input."""
    assert _run("plan", "--nonsense").returncode == ExitCode.BAD_INPUT


def test_an_interrupted_command_says_that_nothing_was_written(tmp_path: Path) -> None:
    """Ctrl-C is an answer too: exit code 130, one sentence, and no file."""
    rows = "id,mode,date,chemistry\n" + "A,road_eu,2026-11-24,li_ion\n" * 20
    (tmp_path / "goods.csv").write_text(rows)
    stop = "import voltloop.app.classify_file as one\ndef stop(*_): raise KeyboardInterrupt\none.open_source = stop\n"
    answer = subprocess.run(
        [sys.executable, "-c", f"{stop}from voltloop.cli import main; main()",
         "classify", "goods.csv", "-o", "out.csv"],
        capture_output=True, text=True, cwd=tmp_path, timeout=180, check=False,
    )  # fmt: skip
    assert answer.returncode == ExitCode.INTERRUPTED
    assert answer.stderr.endswith("voltloop: Stopped. Nothing was written.\n")
    assert not (tmp_path / "out.csv").exists()
