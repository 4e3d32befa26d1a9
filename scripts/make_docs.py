"""Write the generated pages of the docs: `python scripts/make_docs.py` (with `--check` it only says what is stale)."""

from __future__ import annotations

import shlex
import sys
from datetime import date
from pathlib import Path

from voltloop.app.explain_item import explain_facts
from voltloop.app.explain_text import text_of
from voltloop.app.explain_words import facts_of_words
from voltloop.app.network_describe import describe, describe_scenario
from voltloop.app.plan_report import FILES
from voltloop.app.rulebook_pages import rulebook_pages
from voltloop.app.scenarios import Defaults
from voltloop.app.summary import summary_dictionary
from voltloop.batteries.ageing import climates
from voltloop.batteries.ageing.facts import rows as ageing_rows
from voltloop.compliance import load_rulebook
from voltloop.findings import kinds

VERDICTS = Path(__file__).parents[1] / "docs" / "explanation" / "verdicts.md"
EXAMPLE_OPTIONS = ("--mode", "road_eu", "--on", "2026-11-24")
EXAMPLE = (
    "voltloop explain --chemistry li_ion --form battery --unit-kind battery --state used --energy-wh 90 "
    "--gross-mass-kg 35 --units 1 --net-battery-mass-kg 30 --un38-3-tested --mode road_eu --on 2026-11-24"
)
REFERENCE = Path(__file__).parents[1] / "docs" / "reference"
NETWORK_HEAD = """# The network folder

What `voltloop plan` is told about your network: a folder of CSV files and one TOML file. `voltloop init DIR` writes one
that can be planned at once; [Describe your own network](../how-to/describe-your-network.md) shows how to change it.

This page is generated from the data dictionary that also drives the reading, so the two agree.

Files may use commas, semicolons, tabs or bars between cells, UTF-8 with or without a byte-order mark, UTF-16 or
Windows-1252. Where commas do not separate the cells, a decimal comma is understood. Header names are read without
regard to capitals, columns may stand in any order, and unknown columns are ignored with a note. All mistakes are told
together, each with file, line and column, and nothing is planned until they are mended. A place in the sea, or outside
the country it states, is the exception: it is listed among the findings and only it is left out.
"""
AGEING_HEAD = """# Ageing

The models of [how batteries age](../how-to/age-batteries.md), the classes of use and climate, and what each rests
on. Every figure stands in `catalogue/ageing`, row by row with its source; the models are those of BLAST-Lite (NREL,
BSD-3-Clause), written in cumulative form.

This page is generated from the catalogue.

## How a model works

Every model is a sum of terms: lithium lost with time, lithium lost with throughput, for some a gain, a loss of
active material, and growth of resistance. A term is a power `z ** p`, or a sigmoid `limit * tanh(z ** p / 2)`, of
an effective time or throughput `z`. For a rate `k` of the law `k x^p`, `z` grows by `k^(1/p)` for each day or
equivalent full cycle `x`, so that it is a plain sum over any history. The state of a battery is the `z` of its
terms and one scalar on all losses.

**A stress series** has the columns `Time_s` (seconds, rising), `SOC` (0 to 1) and `Temperature_C` (degrees Celsius,
of the cell), straight between samples, and repeats from its end. It is cut into windows: each ends past a day, or
at the turn of the charge past one equivalent full cycle. Calendar rates are averaged over the samples of a window;
its throughput is half of the movement of charge, its depth the highest less the lowest charge, its C-rate the mean
of the absolute rate over the whole window. The step of at most an hour from one window to the next counts as more
of the same.

**Energy kept.** As a battery fades, the same energy is a larger part of it: depth, C-rate and swing grow by the
inverse of its health around the first sample of each window, and stop at empty and full.
`voltloop.batteries.age(..., keeps_energy=False)` leaves the swings as they are.

**Readings.** A reading of the state of health updates the logarithm of the scalar (Kalman), weighed by the error of
the test that gave it ([diagnostic tests](grading.md)) against what is believed: at first the spread below.

"""
PLAN_HEAD = """# The plan folder

What `voltloop plan` writes: whole or not at all. `voltloop rerun PLAN -o DIR` makes the same plan again from what is in
it.

Every table is CSV in UTF-8 with a header line; a text cell that a spreadsheet would run as a formula has an apostrophe
in front. Masses are in kg, money in EUR, distances in km, shares 0 to 1, dates ISO 8601, times local.
"""
SCENARIO_HEAD = """# The scenario of a network

A folder of `scenario.toml` and CSV tables that says which network may exist and what it is for. Tables that are not
needed may be left out. Commas, semicolons and tabs separate cells; UTF-8; dates ISO 8601.

**Units.** Each commodity is counted in one unit, and every table that gives an amount of it repeats that unit.
Kilowatt-hours, tonnes and packs are never added: where a sum over commodities is meant, as in the capacity of a
lane or a target, it is one of mass.

**Periods.** Amounts and costs per year are multiplied by the length of the period. Costs are discounted to the first
day of the first period, those of a period from its middle, those of opening, closing and expanding from its first day.

**Balance.** At every site and in every period, what arrives, is taken from supply, is made and lay in stock equals what
leaves, is served, is used and stays in stock. Nothing vanishes: an output that nobody wants needs an activity or
a demand that takes it.

This page is generated from the data dictionary.
"""
FINDINGS_HEAD = """# Findings

A finding is a problem of the goods, the data or the plan that did not stop the work. Each has a stable code. The
weights, lightest first: **note** (for information), **warning** (look at it), **review** (a person decides; the row is
not used until then), **reject** (the row cannot be used), **forbid** (the law says no).

This page is generated from the catalogue of findings.
"""


def network_page() -> str:
    return describe(NETWORK_HEAD)


def scenario_page() -> str:
    return describe_scenario(SCENARIO_HEAD)


def findings_page() -> str:
    lines = [FINDINGS_HEAD, "| Code | What | Weight | What to do |", "| --- | --- | --- | --- |"]
    for kind in sorted(kinds().values(), key=lambda kind: kind.code):
        cells = (f'<span id="{kind.code}">`{kind.code}`</span>', kind.title, str(kind.severity), kind.help)
        lines.append("| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def plan_page() -> str:
    lines = [PLAN_HEAD, "## Files", "", "| File | What it holds |", "| --- | --- |"]
    lines += [f"| `{file.path}` | {file.meaning} |" for file in FILES]
    lines += ["| `documents/` | Papers of every load as PDF |", "| `report.html` | The plan on one page |"]
    lines += ["", "## summary.json", "", "| Field | Type | Unit | Meaning |", "| --- | --- | --- | --- |"]
    for row in summary_dictionary():
        lines.append(f"| `{row['path']}` | {row['type']} | {row['unit']} | {row['meaning']} |")
    return "\n".join(lines) + "\n"


def verdicts_page() -> str:
    """Put the output of the worked example between its marks; the rest of the page is written by hand."""
    words = [word for word in shlex.split(EXAMPLE)[2:] if word not in EXAMPLE_OPTIONS]
    facts, rest = facts_of_words(words, load_rulebook())
    assert not rest
    item = explain_facts(facts, load_rulebook(), Defaults("road_eu", date(2026, 11, 24)))
    block = f"```console\n{EXAMPLE}\n```\n\n```text\n{text_of(item)}```"
    text = VERDICTS.read_text(encoding="utf-8")
    begin, end = "<!-- example begins -->", "<!-- example ends -->"
    return f"{text.partition(begin)[0]}{begin}\n\n{block}\n\n{end}{text.partition(end)[2]}"


def ageing_page() -> str:
    spread = {row["model"]: row for row in ageing_rows("spread")}
    lines = [AGEING_HEAD + "## Models", ""]
    lines += [
        "| Model | Cell | Tested from | Spread (median, sd of log) | Source |",
        "| --- | --- | --- | --- | --- |",
    ]
    for row in ageing_rows("models"):
        tested = f"{row['temperature_min_c']} to {row['temperature_max_c']} °C, depth from {row['dod_min']}"
        width = spread[row["model"]]
        lines.append(
            f"| `{row['model']}` | {row['cell']} | {tested} | {width['median']}, {width['log_sd']} | {row['source']} |"
        )
    lines += [
        "",
        "No model was tested below a state of health of 0.6 of its first day.",
        "",
        "## Chemistries",
        "",
    ]
    lines += ["| Chemistry | Model | Source |", "| --- | --- | --- |"]
    lines += [
        f"| {row['chemistry']} | `{row['model']}` | {row['source']} |" for row in ageing_rows("chemistries")
    ]
    lines += ["", "## Uses", "", "| Class | What it stands for | Source |", "| --- | --- | --- |"]
    lines += [f"| `{row['use']}` | {row['title']} | {row['source']} |" for row in ageing_rows("uses")]
    lines += [
        "",
        "## Climates",
        "",
        "| Class | Place | Mean of January, July [°C] | Source |",
        "| --- | --- | --- | --- |",
    ]
    months = {(row["climate"], row["month"]): row for row in ageing_rows("climates")}
    for name, place in climates().items():
        cold, warm = months[name, "1"], months[name, "7"]
        lines.append(f"| `{name}` | {place} | {cold['mean_c']}, {warm['mean_c']} | {cold['source']} |")
    return "\n".join(lines) + "\n"


def pages() -> dict[Path, str]:
    return {
        VERDICTS: verdicts_page(),
        REFERENCE / "network-folder.md": network_page(),
        REFERENCE / "network-scenario.md": scenario_page(),
        REFERENCE / "findings.md": findings_page(),
        REFERENCE / "ageing.md": ageing_page(),
        REFERENCE / "plan-folder.md": plan_page(),
        **{REFERENCE / name: text for name, text in rulebook_pages(load_rulebook()).items()},
    }


def main() -> int:
    stale = [
        path
        for path, text in pages().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    if "--check" in sys.argv[1:]:
        for path in stale:
            print(f"{path.name} is not current. Run: python scripts/make_docs.py")
        return 1 if stale else 0
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(pages()[path], encoding="utf-8")
        print(f"{path.name} written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
