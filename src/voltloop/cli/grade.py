"""``voltloop grade``: the grade of every battery of a file, with reasons, confidence and the next test."""

from __future__ import annotations

import sys
import textwrap
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from voltloop.cli.lines import kind_lines
from voltloop.cli.options import day

if TYPE_CHECKING:
    from voltloop.app.grade import GradedFile

__all__ = ["grade"]

_SHOWN = 20


def grade(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="Measurements (CSV, Parquet, JSON lines) or a list of batteries."
        ),
    ],
    scheme: Annotated[
        str,
        typer.Option(
            metavar="SCHEME",
            help="application-bands, ul-1974-style, iec-63330-style, or a file with your own.",
        ),
    ] = "application-bands",
    access: Annotated[
        str,
        typer.Option(metavar="WHO", help="Whose tests are offered: oem, licensee, third-party or none."),
    ] = "third-party",
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="OUT", help="Grades of all rows: .csv, .parquet or .jsonl."),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="HTML", help="Page with charts, which needs nothing from outside.")
    ] = None,
    on: Annotated[
        str | None, typer.Option(metavar="DATE", help="Day of grading, YYYY-MM-DD; today if left out.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print all grades and the summary as JSON.")
    ] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No findings on standard error.")] = False,
) -> None:
    """Grade every battery of a file: the best grade whose limits it keeps, why, how sure, and which test to do next.

    FILE has battery_id and any of soh (share, 0 to 1.2), resistance_ratio (times new), self_discharge_per_month
    (share), isolation_ohm_per_v, cell_spread_mv, bms_log, visual, power_test, lifetime_data, is_recalled and
    expires_on; or it is a list as voltloop read takes it. What was not measured never counts as passed: the grade is
    then bounded. Energy in Wh (energy_wh) is needed to say what a test is worth.

    Example: voltloop grade measurements.csv --scheme ul-1974-style --access oem -o grades.csv --plot grades.html
    """
    from voltloop.app.files import refuse_over, write_bytes
    from voltloop.app.grade import grade_file
    from voltloop.app.grade_plot import grade_page
    from voltloop.app.tables import json_bytes, table_bytes

    refuse_over(output, file)
    refuse_over(plot, file)
    when = day(on, "--on") if on else datetime.now().astimezone().date()
    found = grade_file(file, scheme=scheme, holder=access, on=when)
    outputs = []
    if output:
        outputs.append((output, table_bytes(found.table, output.name)))
    if plot:
        outputs.append((plot, grade_page(found)))
    for path, data in outputs:
        write_bytes(path, data)
    if not quiet:
        told = kind_lines(found.findings.select("code", "message").iter_rows())
        sys.stderr.write("".join(f"{line}\n" for line in told))
    sys.stdout.write(json_bytes(found.summary()).decode() if as_json else _words(found))


def _words(found: GradedFile) -> str:
    table = found.table
    rows = "1 battery" if table.height == 1 else f"{table.height} batteries"
    lines = [f"{found.name}: {rows}, graded by {found.graded.scheme.name}"]
    for one in found.graded.scheme.grades:
        count = table.filter(table["grade"] == one.name).height
        lines.append(f"  {count:>7}  {one.name} ({one.route})")
    open_ = table.filter(table["grade"].is_null()).height
    lines.append(f"  {open_:>7}  open: a measurement is missing")
    if found.rejected:
        lines.append(f"  {found.rejected:>7}  rows of the list not graded: see voltloop read --rejected")
    for row in table.head(_SHOWN).iter_rows(named=True):
        lines += ["", *_battery(row)]
    if table.height > _SHOWN:
        lines += ["", f"... and {table.height - _SHOWN} more; add -o FILE to have all of them."]
    lines += ["", "What a grade costs for one battery of which nothing is known:"]
    for cost in found.costs:
        what = ", ".join((*cost.tests, *(f"new {part}" for part in cost.parts)))
        absent = f"; nobody can measure {', '.join(cost.unmeasured)}" if cost.unmeasured else ""
        lines.append(f"  {cost.holder:<12} EUR {cost.cost_eur:>7.2f}  {what}{absent}")
    lines.append(
        f"Routes valued at prices of {found.prices_on}, before transport. A trained person checks and signs."
    )
    return "\n".join(lines) + "\n"


def _battery(row: dict[str, Any]) -> list[str]:
    if row["status"] == "graded":
        grade_ = f"{row['grade']} ({row['confidence']:.0%} sure)"
    else:
        likely = f"most likely {row['likely_grade']} ({row['confidence']:.0%})"
        grade_ = f"{row['best_grade']} to {row['worst_grade']}, {likely}"
    lines = [f"{row['battery_id']}: {grade_}"]
    said = [f"why: {row['reasons']}"]
    if row["missing"]:
        names = row["missing"].replace("; ", ", ")
        said.append(f"missing: {names}; to measure it costs EUR {row['cost_to_grade_eur']:.2f}")
    if row["next_test"]:
        said.append(
            f"next test: {row['next_test']}, tells EUR {row['test_value_eur']:.0f} for EUR {row['test_cost_eur']:.0f}"
        )
    for text in said:
        lines += textwrap.wrap(
            text, 100, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False
        )
    return lines
