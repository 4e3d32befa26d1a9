"""Credentials as files, planned work from a plan folder, and the command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from app_cases import template_network
from voltloop.app.credentials import planned_work, read_credential_file, work_of_file
from voltloop.compliance import classify, load_rulebook, stopped_work
from voltloop.errors import InputError

BOOK = load_rulebook()
ON = date(2026, 11, 24)
EXAMPLE = Path(__file__).parents[2] / "examples" / "credentials" / "credentials.csv"
HEAD = "holder,kind,scope,jurisdiction,valid_from,valid_to,document\n"


def written(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def test_the_example_is_read_whole() -> None:
    table = read_credential_file(EXAMPLE, BOOK)
    assert (table.credentials.height, table.rejected.height) == (16, 0)
    assert set(table.credentials["holder_kind"]) == {"person", "vehicle", "packaging", "site", "undertaking"}
    assert all("invented" in name or "modelled" in name for name in table.credentials["holder"])


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_any_usual_delimiter_and_a_byte_order_mark_are_read(tmp_path: Path, mark: str) -> None:
    text = (HEAD + "Jörg,adr_driver,,DE,2023-01-01,2027-12-31,A\n").replace(",", mark)
    table = read_credential_file(written(tmp_path / "c.csv", text, "utf-8-sig"), BOOK)
    assert table.credentials["holder"].to_list() == ["Jörg"]


def test_a_row_with_too_many_cells_is_rejected_and_short_rows_are_read(tmp_path: Path) -> None:
    text = (
        HEAD + "A,adr_driver,,DE,2023-01-01,2027-12-31,A,B,C\nB,adr_driver,,DE,2023-01-01,2027-12-31\n\nC,x\n"
    )
    table = read_credential_file(written(tmp_path / "c.csv", text), BOOK)
    assert table.credentials.select("row", "holder").rows() == [(2, "B")]
    assert table.rejected["row"].to_list() == [1, 3]
    assert {finding.code for finding in table.findings} == {"credential-cells", "credential-kind-unknown"}


@pytest.mark.parametrize("ending", ["parquet", "jsonl"])
def test_other_formats_give_the_same_table(tmp_path: Path, ending: str) -> None:
    frame = pl.read_csv(EXAMPLE, try_parse_dates=True)
    path = tmp_path / f"c.{ending}"
    frame.write_parquet(path) if ending == "parquet" else frame.write_ndjson(path)
    assert read_credential_file(path, BOOK).credentials.equals(
        read_credential_file(EXAMPLE, BOOK).credentials
    )


@pytest.mark.parametrize(
    ("name", "data", "word"),
    [
        ("c.csv", "holder,kind,valid_to\nJörg,dgsa,2027-01-01\n".encode("cp1252"), "not UTF-8"),
        ("c.csv", b"", "header is empty"),
        ("c.csv", b"holder,holder,kind\n", "twice"),
        ("c.csv", b"holder,kind\nA,dgsa\n", "valid_to"),
        ("c.parquet", b"no parquet", "cannot be read as parquet"),
        ("c.jsonl", b"{", "cannot be read as jsonl"),
    ],
)
def test_files_that_cannot_be_read_are_refused_in_words(
    tmp_path: Path, name: str, data: bytes, word: str
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(InputError, match=word):
        read_credential_file(path, BOOK)
    with pytest.raises(InputError, match="no such file"):
        read_credential_file(tmp_path / "nowhere.csv", BOOK)


def test_goods_of_a_file_ride_together(tmp_path: Path) -> None:
    head = (
        "id,chemistry,form,unit_kind,energy_wh,gross_mass_kg,net_battery_mass_kg,units,state,un38_3_tested\n"
    )
    row = "{},li_ion,battery,battery,50000,{},{},1,used,yes\n"
    for net, above in ((166.5, False), (166.6, True)):
        path = written(tmp_path / "g.csv", head + row.format("a", 200, net) + row.format("b", 200, net))
        work = work_of_file(path, BOOK, mode="road_eu", on=ON, countries=["DE"], stated={"waste": "no"})
        assert (work.load["above_limit"], work.load["waste"]) == (above, False)


@pytest.mark.parametrize("own", ["road_us,2026-11-24", "road_eu,2026-11-25"])
def test_goods_of_another_mode_or_day_are_refused(tmp_path: Path, own: str) -> None:
    head = "id,chemistry,form,unit_kind,energy_wh,gross_mass_kg,units,state,un38_3_tested,mode,date\n"
    path = written(tmp_path / "g.csv", head + f"a,li_ion,battery,battery,50000,430,1,used,yes,{own}\n")
    with pytest.raises(InputError, match="another mode or day"):
        work_of_file(path, BOOK, mode="road_eu", on=ON, countries=["DE"], stated={})


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    """A plan folder with one tour of 400 kg on 1 December, from one point to the depot."""
    folder = tmp_path / "plan"
    network = template_network(folder / "inputs" / "network")
    day, point, depot = date(2026, 12, 1), network.points.row(0, named=True), network.sites.row(0, named=True)
    driver = network.drivers.row(0, named=True)
    tour = {"tour_id": "T1", "day": day, "depot_id": depot["site_id"], "mode": "road_eu"}
    tour |= {"driver_id": driver["driver_id"]}
    pl.DataFrame([tour]).write_csv(folder / "tours.csv")
    pl.DataFrame([{"tour_id": "T1", "point_id": point["point_id"], "country": point["country"]}]).write_csv(
        folder / "stops.csv"
    )
    goods = pl.DataFrame(
        {"chemistry": ["li_ion"], "form": ["battery"], "unit_kind": ["battery"], "energy_wh": [50000.0],
         "state": ["used"], "un38_3_tested": ["yes"], "package_gross_kg": [430.0]}
    )  # fmt: skip
    classify(goods, BOOK, mode="road_eu", on=day).with_columns(
        mass_kg=pl.lit(400.0), quantity=pl.lit(1), is_waste=pl.lit(value=False), tour_id=pl.lit("T1"),
        point_id=pl.lit(point["point_id"]),
    ).write_parquet(folder / "batteries.parquet")  # fmt: skip
    return folder


def test_tours_of_a_plan_become_planned_work(plan: Path) -> None:
    (job,), drivers = planned_work(plan, BOOK, [])
    assert (job.work_id, job.on, job.work.countries) == ("T1", date(2026, 12, 1), ("DE",))
    assert job.work.load["above_limit"] is True
    assert job.assigned["driver"] == (drivers["driver_id"][0],)


def test_a_driver_stands_in_the_table_by_name_or_by_id(plan: Path) -> None:
    name = planned_work(plan, BOOK, [])[1]["name"][0]
    (job,), _ = planned_work(plan, BOOK, [name])
    assert job.assigned["driver"] == (name,)


def test_certificates_of_the_network_count_with_those_of_the_table(plan: Path, tmp_path: Path) -> None:
    jobs, drivers = planned_work(plan, BOOK, [])
    mine = written(tmp_path / "c.csv", HEAD + "DG,dgsa,,,2025-01-01,2029-12-31,\n")
    with_them = read_credential_file(mine, BOOK, drivers)
    assert "adr_driver" in with_them.credentials["kind"].to_list()
    assert stopped_work(jobs, with_them, ON, 30).is_empty()
    alone = stopped_work(jobs, read_credential_file(mine, BOOK), ON, 30)
    assert set(alone["requirement"]) == {"ADR.cred.driver", "ADR.cred.driver_awareness"}


def test_a_folder_that_is_no_plan_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a plan folder"):
        planned_work(tmp_path, BOOK, [])


def _run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from voltloop.cli import main; main()", "credentials", *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, "NO_COLOR": "1"},
        timeout=180,
        check=False,
    )


def test_check_says_what_is_wrong_and_leaves_with_1(tmp_path: Path) -> None:
    mine = written(tmp_path / "c.csv", HEAD + "A,adr_driver,,DE,2023-01-01,tomorrow,\n")
    answer = _run("check", mine, "--on", "2026-11-24", "--rejected", tmp_path / "r.csv")
    assert answer.returncode == 1
    assert "1 rows: 0 accepted, 1 rejected." in answer.stdout
    assert "tomorrow" in (tmp_path / "r.csv").read_text(encoding="utf-8")


def test_who_answers_by_role_with_paragraphs() -> None:
    facts = [part for fact in ("regulated=yes", "above_limit=yes", "waste=no") for part in ("--fact", fact)]
    answer = _run("who", EXAMPLE, "--mode", "road_eu", "--on", "2026-11-24", "--country", "DE", *facts)
    assert answer.returncode == 0, answer.stderr
    assert "yes       Anna Beispiel" in answer.stdout
    assert "ADR 8.2.1" in answer.stdout
    assert "a trained person signs" in answer.stdout
    later = _run(
        "who", EXAMPLE, "--mode", "road_eu", "--on", "2026-12-05", "--country", "DE", *facts, "--json"
    )
    assert later.returncode == 1, "the inspection of the extinguishers has lapsed"
    document = json.loads(later.stdout)
    (truck,) = [one for one in document["answers"] if one["role"] == "vehicle"]
    assert (truck["answer"], truck["status"], truck["valid_until"]) == ("no", "expired", "2026-12-04")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["who", EXAMPLE, "--mode", "rode_eu", "--on", "2026-11-24"], "rode_eu"),
        (["who", EXAMPLE, "--mode", "road_eu", "--on", "2026-11-24", "--fact", "waste"], "NAME=VALUE"),
        (["who", EXAMPLE, "--mode", "road_eu", "--on", "2026-11-24", "--activity", "drive"], "carry, pack"),
        (["check", EXAMPLE, "--on", "24.11.2026"], "YYYY-MM-DD"),
        (["calendar", EXAMPLE, "--on", "2026-11-24", "-o", "x.pdf"], ".ics"),
        (["lapsing", EXAMPLE, "--on", "2026-11-24", "--plan", "nowhere"], "not a plan folder"),
        (["lapsing", EXAMPLE, "--on", "2026-11-24", "--carrier", "X"], "Add --plan"),
        (["lapsing", EXAMPLE, "--on", "2026-11-24", "--days", "99999999"], "less than or equal to 36500"),
        (["calendar", EXAMPLE, "--on", "2026-11-24", "--days", "99999999"], "less than or equal to 36500"),
    ],
)
def test_bad_questions_leave_with_2_and_one_message(arguments: list[str | Path], words: str) -> None:
    answer = _run(*arguments)
    assert (answer.returncode, answer.stdout) == (2, ""), answer.stderr
    assert "Traceback" not in answer.stderr
    assert words in " ".join(answer.stderr.split())


def test_lapsing_lists_what_a_plan_loses(plan: Path, tmp_path: Path) -> None:
    mine = written(tmp_path / "c.csv", HEAD + "DG,dgsa,,,2022-01-01,2026-11-30,\n")
    answer = _run("lapsing", mine, "--on", "2026-11-24", "--plan", plan, "-o", tmp_path / "l.csv")
    assert answer.returncode == 1, answer.stderr
    assert "1 planned tour is stopped by a lapse." in answer.stdout
    assert "T1  DG: dgsa expired after 2026-11-30 (ADR 1.8.3)." in answer.stdout
    assert pl.read_csv(tmp_path / "l.csv")["holder"].to_list() == ["DG"]


def test_the_calendar_is_written_as_ics_or_as_a_table(tmp_path: Path) -> None:
    assert _run("calendar", EXAMPLE, "--on", "2026-11-24", "-o", tmp_path / "r.ics").returncode == 0
    text = (tmp_path / "r.ics").read_bytes().decode()
    assert text.startswith("BEGIN:VCALENDAR\r\n")
    assert _run("calendar", EXAMPLE, "--on", "2026-11-24", "-o", tmp_path / "r.csv").returncode == 0
    assert pl.read_csv(tmp_path / "r.csv").height == text.count("BEGIN:VEVENT")


def test_no_answer_replaces_the_table_of_credentials(tmp_path: Path) -> None:
    """A slip of the hand must not cost the only table there is."""
    mine = written(tmp_path / "c.csv", HEAD + "A,adr_driver,,DE,2023-01-01,2027-12-31,A\n")
    before = mine.read_bytes()
    for words in (
        ["check", "--rejected"],
        ["lapsing", "-o"],
        ["calendar", "-o"],
        ["who", "--mode", "road_eu", "-o"],
    ):
        answer = _run(words[0], mine, "--on", "2026-11-24", *words[1:], mine)
        assert (answer.returncode, answer.stdout) == (2, ""), answer.stderr
        assert "this is the file that is read" in answer.stderr
        assert mine.read_bytes() == before


def test_a_calendar_without_events_is_not_written(tmp_path: Path) -> None:
    """RFC 5545 knows no calendar without a component, and calendar programs refuse one."""
    mine = written(tmp_path / "c.csv", HEAD)
    answer = _run("calendar", mine, "--on", "2026-11-24", "-o", tmp_path / "c.ics")
    assert (answer.returncode, answer.stdout) == (0, "")
    assert "Nothing lapses" in answer.stderr
    assert not (tmp_path / "c.ics").exists()


def test_lines_of_a_table_may_end_as_on_old_macs(tmp_path: Path) -> None:
    text = (HEAD + "A,adr_driver,,DE,2023-01-01,2027-12-31,A\n").replace("\n", "\r")
    assert read_credential_file(written(tmp_path / "c.csv", text), BOOK).credentials.height == 1


def test_goods_that_are_undecided_are_said_without_empty_brackets(tmp_path: Path) -> None:
    goods = written(tmp_path / "g.csv", "id,chemistry,form,unit_kind,state\nA,li_ion,battery,battery,\n")
    answer = _run(
        "who", EXAMPLE, "--mode", "road_eu", "--on", "2026-11-24", "--country", "DE", "--goods", goods
    )
    assert "Whether goods of the load may travel is undecided.\n" in answer.stdout
    assert "()" not in answer.stdout
    assert max(map(len, answer.stdout.splitlines())) <= 100
