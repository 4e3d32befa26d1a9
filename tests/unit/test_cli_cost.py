"""``voltloop cost`` and ``voltloop tco`` as a user meets them: tables, JSON, charts, and plain words for mistakes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from economics_cases import published
from voltloop.cli.main import app
from voltloop.errors import InputError

PLANT = {
    "throughput_t_per_yr": "--throughput", "isbl_usd": "--isbl", "raw_materials_usd_per_yr": "--raw-materials",
    "utilities_usd_per_yr": "--utilities", "effluent_usd_per_yr": "--effluent",
    "operating_labor_usd_per_yr": "--labor", "rd_usd_per_yr": "--research",
}  # fmt: skip


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def document(*arguments: str) -> dict[str, Any]:
    answer = run(*arguments, "--json")
    assert answer.exit_code == 0, answer.output
    found: dict[str, Any] = json.loads(answer.stdout)
    return found


def refused(*arguments: str) -> InputError:
    answer = run(*arguments)
    assert isinstance(answer.exception, InputError), answer.output
    return answer.exception


def test_recycling_meets_the_published_summary() -> None:
    found = document("cost", "--chemistry", "NMC622,LFP", "--throughput", "1000,10000,50000")
    assert (found["schema"], found["currency"], found["priced_on"]) == ("cost/1", "USD", "2022-01-01")
    rows = {(r["chemistry"], r["process"], r["feed_t_per_yr"]): r for r in found["rows"]}
    assert len(rows) == 18
    for row in published("recycling"):
        if row["chemistry"] != "NMC111" and row["feed"] == "cell":
            told = rows[row["chemistry"], row["process"], row["feed_t_per_yr"]]
            assert told["cost_usd_per_kg"] == pytest.approx(row["expected_cost_usd_per_kg"], rel=1e-3)
    assert found["notes"]


def test_one_plant_from_its_own_figures() -> None:
    row = published("plant_finance")[0]
    options = [text for name, option in PLANT.items() for text in (option, str(row[name]))]
    found = {r["item"]: r["amount"] for r in document("cost", "plant", *options)["rows"]}
    assert found["total_cost_usd_per_yr"] == pytest.approx(row["expected_total_cost_usd_per_yr"], rel=1e-6)


def test_tables_say_currency_and_day() -> None:
    answer = run("cost", "--chemistry", "LFP", "--process", "hydro")
    assert answer.exit_code == 0
    assert "USD, prices of 2022-01-01" in answer.stdout
    assert re.search(r"LFP +hydro +United States +cell +10,000 +-2 +1\.257", answer.stdout)


def test_a_gate_fee_of_ones_own() -> None:
    (row,) = document("cost", "--chemistry", "LFP", "--process", "hydro", "--feed-price", "-1")["rows"]
    assert row["feed_price_usd_per_kg"] == -1
    assert row["cost_usd_per_kg"] == pytest.approx(2.25688, rel=1e-3)


def test_a_price_table_without_a_metal_leaves_its_rows_out_and_says_so(tmp_path: Path) -> None:
    """Without cobalt nobody can say what NMC earns; iron phosphate does not ask for it."""
    path = tmp_path / "prices.csv"
    items = ["nickel", "copper", "aluminium", "lithium_carbonate", "graphite", "steel_scrap", "manganese"]
    path.write_text("item,priced_on,value,currency\n" + "".join(f"{i},2026-05-01,5,USD\n" for i in items))
    found = document("cost", "--chemistry", "NMC622,LFP", "--prices", str(path), "--on", "2026-06-01",
                     "--throughput", "1000,10000")  # fmt: skip
    assert {row["chemistry"] for row in found["rows"]} == {"LFP"}
    told = [f["message"] for f in found["findings"] if f["code"] == "cost-price-missing"]
    assert len(told) == 3
    assert all("cobalt" in message and "NMC622" in message for message in told)
    # The rows are left out, so nothing "counts as worthless" here.
    assert all(f["help"] and f["code"] != "treatment-price-missing" for f in found["findings"])


def test_a_price_table_that_prices_nothing_of_it_gives_no_rows_and_fails(tmp_path: Path) -> None:
    """The newest day of one's own prices counts, and what is missing is named, not reckoned as nought."""
    path = tmp_path / "prices.csv"
    path.write_text("item,priced_on,value,currency\nnickel,2026-05-01,16,USD\n")
    done = run("cost", "--chemistry", "NMC622", "--process", "pyro", "--prices", str(path))
    assert done.exit_code == 2
    told = " ".join(done.stderr.split())
    assert "NMC622, pyro: The price set has no price for cobalt, copper. It has prices for nickel." in told
    assert "worthless" not in told
    assert "prices of 2026-05-01" in done.stdout


def test_chemistries_are_known_by_their_other_spellings() -> None:
    found = document("cost", "--chemistry", "ncm 622,lfp,NMC", "--process", "hydro")
    assert [row["chemistry"] for row in found["rows"]] == ["NMC622", "LFP", "NMC622"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("item,priced_on,value,currency\nnickel,yesterday,5,USD\n", "price-table-unread"),
        ("item,priced_on,value,currency\nnickel,2026-05-01,much,USD\n", "price-table-unread"),
        ("item,value\nnickel,5\n", "price-table-columns"),
        ("item,priced_on,value,currency\nnickel,2026-05-01,-5,USD\n", "price-value"),
        ("item,priced_on,value,currency\nnickel,2026-05-01,5,CHF\n", "price-currency"),
        ("", "price-table-unread"),
    ],
)
def test_price_tables_that_cannot_be_used(tmp_path: Path, text: str, code: str) -> None:
    path = tmp_path / "prices.csv"
    path.write_text(text)
    assert refused("cost", "--prices", str(path)).code == code


def test_disassembly_transport_and_remanufacturing() -> None:
    rows = document("cost", "disassembly", "--chemistry", "NMC622")["rows"]
    assert [row["method"] for row in rows] == ["manual", "robot_cell"]
    assert rows[0]["cost_usd_per_kg"] == pytest.approx(0.459272 + 0.374285, rel=0.005)
    legs = document("cost", "transport", "--km", "804.672,1609.344")["rows"]
    assert legs[0]["cost_usd_per_kg"] == pytest.approx(0.699853, rel=1e-4)
    unit = {
        r["line"]: r
        for r in document("cost", "remanufacturing", "--price", "6000", "--on", "2026-11-24")["rows"]
    }
    assert unit["margin_eur"]["state_1_eur"] > unit["margin_eur"]["state_3_eur"]


def test_exposure_is_the_same_again() -> None:
    arguments = ("cost", "exposure", "--chemistry", "NMC811", "--tonnes", "50", "--on", "2026-11-24")
    first, second = document(*arguments), document(*arguments)
    assert first == second
    assert first["risk"]["seed"] == 1
    assert sum(r["share_of_variance"] for r in first["rows"]) == pytest.approx(1.0)
    assert sum(r["value_eur"] for r in first["rows"]) == pytest.approx(first["risk"]["value_now"])


def test_ownership_and_leases() -> None:
    found = document("tco", "--on", "2026-11-24", "--battery-price", "12000", "--restored-price", "7000")
    new, restored = found["rows"]
    assert found["saving_eur"] == pytest.approx(new["total_eur"] - restored["total_eur"])
    assert found["break_even_cost_eur"] > 7_500
    offered = document("tco", "lease")["rows"]
    assert offered[0]["lessor_irr"] == pytest.approx(0.080102, abs=1e-6)
    (own,) = document("tco", "lease", "--price", "70000", "--fee", "728", "--years", "10", "--residual", "0.3",
                      "--currency", "CNY", "--on", "2024-03-14")["rows"]  # fmt: skip
    assert own["lessor_irr"] == pytest.approx(0.081, abs=5e-4)
    values = document("tco", "residual", "--soh", "0.9,0.7,0.5", "--on", "2026-11-24")["rows"]
    assert [row["best_use"] for row in values] == ["vehicle_reuse", "commercial_storage", "recycling"]


@pytest.fixture
def year(tmp_path: Path) -> tuple[str, str]:
    """Sales of a year, and an audit that finds two fifths of grade C to be A."""
    sales, audit = tmp_path / "sales.csv", tmp_path / "audit.csv"
    sales.write_text("grade,units,revenue_eur\nA,200,800000\nC,300,600000\nC,200,400000\n")
    audit.write_text("reported,found,packs\nA,A,50\nC,C,60\nC,A,40\n")
    return str(sales), str(audit)


def test_a_licence_with_its_audit(year: tuple[str, str], tmp_path: Path) -> None:
    sales, audit = year
    terms = ("--rates", "A=0.08,C=0.02", "--minimum", "20000", "--on", "2026-11-24")
    found = document("tco", "licence", sales, *terms, "--audit", audit, "--penalty", "0.1")
    assert (found["due_eur"], found["is_minimum"]) == (pytest.approx(84_000), False)
    assert found["audit"]["claim_eur"] == pytest.approx(1e6 * 0.4 * 0.06 * 1.1)
    assert (
        "Claim: 26,400.00 EUR"
        in run("tco", "licence", sales, *terms, "--audit", audit, "--penalty", "0.1").stdout
    )
    page = tmp_path / "licence.html"
    assert run("tco", "licence", sales, *terms, "--plot", str(page)).exit_code == 0
    assert "Plotly.newPlot" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "rates", "word"),
    [
        ("grade,units\nA,1\n", "A=0.1", "no column revenue_eur"),
        ("grade,units,revenue_eur\nA,1,100\nA,some,100\n", "A=0.1", "line 3, column units"),
        ("grade,units,revenue_eur\nA,1.5,100\n", "A=0.1", "whole number"),
        ("grade,units,revenue_eur\nA,1,nan\n", "A=0.1", "revenue_eur"),
        ("grade,units,revenue_eur\nD,1,100\n", "A=0.1", 'grade "D"'),
        ("grade,units,revenue_eur\nA,1,100\n", "A", "--rates"),
        ("grade,units,revenue_eur\nA,1,100\n", "A=10", "royalty rate of grade A"),
        ("", "A=0.1", "no column grade"),
    ],
)
def test_licences_that_cannot_be(tmp_path: Path, text: str, rates: str, word: str) -> None:
    path = tmp_path / "sales.csv"
    path.write_text(text)
    assert word in refused("tco", "licence", str(path), "--rates", rates).message


@pytest.mark.parametrize(
    "arguments",
    [
        ("cost", "--throughput", "1000,10000"),
        ("cost", "disassembly"),
        ("cost", "chain"),
        ("cost", "transport", "--km", "100,500"),
        ("cost", "remanufacturing", "--price", "6000"),
        ("cost", "exposure"),
        ("cost", "plant", *[text for option in PLANT.values() for text in (option, "1e6")]),
        ("tco",),
        ("tco", "lease"),
        ("tco", "residual"),
    ],
    ids=lambda arguments: " ".join(arguments[:2]),
)
def test_charts_load_nothing_from_outside(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    page = tmp_path / "out.html"
    assert run(*arguments, "--plot", str(page)).exit_code == 0
    text = page.read_text(encoding="utf-8")
    assert 'id="chart-0"' in text
    assert "Plotly.newPlot" in text
    own = re.sub(r"<script>.*?</script>", "", text, flags=re.S)
    assert not re.findall(r"(?:src|href)\s*=", own)
    assert "prices of 20" in own
    again = tmp_path / "again.html"
    assert run(*arguments, "--plot", str(again)).exit_code == 0
    assert again.read_bytes() == page.read_bytes()


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("cost", "--chemistry", "NMC662"), 'Did you mean "NMC622"'),
        (("cost", "--chemistry", ","), "--chemistry"),
        (("cost", "--process", "hyrdo"), "pyro, hydro, direct"),
        (("cost", "--place", "Mars"), "United States"),
        (("cost", "--throughput", "-1"), "feed_t_per_yr"),
        (("cost", "--throughput", "many"), '--throughput: "many"'),
        (("cost", "--throughput", "nan"), "feed_t_per_yr"),
        (("cost", "--on", "tomorrow"), "--on"),
        (("cost", "--on", "1990-01-01"), "eur_per_usd"),
        (("cost", "disassembly", "--pack-kwh", "-60"), "pack_kwh is -60"),
        (("cost", "transport", "--truck", "mule"), "heavy, medium"),
        (("cost", "remanufacturing", "--price", "1", "--modules", "0"), "modules"),
        (("cost", "exposure", "--payable", "75"), "payable"),
        (("cost", "exposure", "--tonnes", "-5"), "tonnes"),
        (("tco", "--years", "0"), "years"),
        (("tco", "--rate", "5"), "0.05 for 5 %"),
        (("tco", "--chemistry", "wood"), "chemistry"),
        (("tco", "--battery-kwh", "-60"), "battery_kwh"),
        (("tco", "lease", "--price", "70000"), "Only one of --price and --fee"),
        (("tco", "lease", "--residual", "30"), "residual_share_of_price"),
        (("tco", "residual", "--soh", "1.3"), "soh"),
        (("tco", "residual", "--band", "middle"), "low, mid, high"),
    ],
)
def test_mistakes_are_told_in_plain_words(arguments: tuple[str, ...], word: str) -> None:
    assert word in refused(*arguments).message
