"""``voltloop credentials``: who holds what, who may do what, what lapses, and a calendar of renewals."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from voltloop.cli.exit_codes import ExitCode
from voltloop.cli.lines import finding_lines
from voltloop.cli.options import day
from voltloop.errors import InputError

if TYPE_CHECKING:
    import polars as pl

    from voltloop.compliance import CredentialTable, Entitlement

__all__ = ["app"]

app = typer.Typer(
    help="Licences, permits, insurance, approvals and training: who may do what, and what lapses.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
_INDENT = " " * 12
_SIGNS = "Decision support, never legal advice: a trained person signs."
_Table = Annotated[
    Path, typer.Argument(metavar="CREDENTIALS", help="Table of credentials: CSV, Parquet or JSON lines.")
]
_On = Annotated[str | None, typer.Option("--on", metavar="DATE", help="Day, YYYY-MM-DD; today if left out.")]
_Plan = Annotated[
    Path | None, typer.Option("--plan", metavar="PLAN", help="Plan folder whose tours are checked.")
]
_Carrier = Annotated[
    str | None,
    typer.Option("--carrier", metavar="NAME", help="Carrier of the tours; by default the network's."),
]
_Json = Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")]


@app.command("check")
def check(
    credentials: _Table,
    on: _On = None,
    rejected: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Rows that cannot be used, with reasons, as CSV.")
    ] = None,
    as_json: _Json = False,
) -> None:
    """Read a table of credentials and say what is wrong, lapsed, about to lapse, or has a gap.

    Exit codes: 0 every row is read, 1 rows cannot be used.

    Example: voltloop credentials check credentials.csv --on 2026-11-24
    """
    from voltloop.app.files import refuse_over, write_bytes
    from voltloop.app.tables import csv_bytes, json_bytes
    from voltloop.compliance import review_credentials

    refuse_over(rejected, credentials)
    table, when = _read(credentials), _day(on)
    found = [*table.findings, *review_credentials(table, when)]
    if rejected:
        write_bytes(rejected, csv_bytes(table.rejected))
    counts = {
        "rows": table.credentials.height + table.rejected.height,
        "accepted": table.credentials.height,
        "rejected": table.rejected.height,
    }
    if as_json:
        listed = [{"code": one.code, "severity": str(one.severity), "message": one.message} for one in found]
        sys.stdout.write(
            json_bytes({"schema": "credentials-check/1", "on": when, **counts, "findings": listed}).decode()
        )
    else:
        lines = [
            f"{counts['rows']} rows: {counts['accepted']} accepted, {counts['rejected']} rejected.",
            *finding_lines((str(one.severity), one.message) for one in found),
        ]
        sys.stdout.write("\n".join([*lines, *([] if found else ["Nothing to report."])]) + "\n")
    if table.rejected.height:
        raise typer.Exit(ExitCode.FORBIDDEN)


@app.command("who")
def who(  # noqa: PLR0913, PLR0917 - one argument per option
    credentials: _Table,
    mode: Annotated[str, typer.Option(metavar="MODE", help="Mode of carriage, such as road_eu.")],
    on: _On = None,
    goods: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Goods of the load, as voltloop classify takes them."),
    ] = None,
    fact: Annotated[
        list[str] | None,
        typer.Option("--fact", metavar="NAME=VALUE", help="Fact of the load, such as above_limit=yes."),
    ] = None,
    country: Annotated[
        list[str] | None,
        typer.Option("--country", metavar="CODE", help="Country on the way, in order; may be repeated."),
    ] = None,
    activity: Annotated[
        str,
        typer.Option(metavar="WHAT", help="carry, pack, load, consign, export, broker, store or treat."),
    ] = "carry",
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="FILE", help="Every requirement of everyone: .csv, .parquet, .jsonl."
        ),
    ] = None,
    as_json: _Json = False,
) -> None:
    """Say who may carry a load on a day, and what everyone else lacks, with the paragraph.

    Exit codes: 0 somebody may in every role, 1 nobody may in one of them, 3 a fact is missing.

    Example: voltloop credentials who credentials.csv --mode road_eu --on 2026-11-24 --goods load.csv --country DE
    """
    from voltloop.app.credentials import entitlement_table, work_of_file
    from voltloop.app.files import refuse_over, write_bytes
    from voltloop.app.rules_report import wrapped
    from voltloop.app.tables import json_bytes, table_bytes
    from voltloop.compliance import load_rulebook, who_may_carry, work_of
    from voltloop.compliance.credentials.rules import ACTIVITIES

    refuse_over(output, credentials, goods)
    _choice(activity, ACTIVITIES, "--activity")
    book, when = load_rulebook(), _day(on)
    stated = _facts(fact or [])
    table = _read(credentials)
    if goods:
        work = work_of_file(goods, book, mode=mode, on=when, countries=country or [], stated=stated)
    else:
        work = work_of(None, book, mode=mode, on=when, countries=country or [], stated=stated)
    found = who_may_carry(table, work, when, activity=activity)
    answers = entitlement_table(found)
    if output:
        write_bytes(output, table_bytes(answers, output.name))
    if as_json:
        document = {"schema": "credentials-who/1", "on": when, "mode": mode, "activity": activity}
        sys.stdout.write(json_bytes({**document, "answers": answers.to_dicts()}).decode())
    else:
        sys.stdout.write(wrapped(_who_lines(found, activity, when)))
    _leave(found)


@app.command("lapsing")
def lapsing(
    credentials: _Table,
    on: _On = None,
    days: Annotated[
        int, typer.Option(metavar="N", min=0, max=36_500, help="How far to look ahead, in days.")
    ] = 90,
    plan: _Plan = None,
    carrier: _Carrier = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="What lapses: .csv, .parquet or .jsonl."),
    ] = None,
    as_json: _Json = False,
) -> None:
    """List what lapses in the coming days, and which planned work that would stop.

    With a plan folder, the certificates of its drivers.csv count as well. Exit codes: 0 no planned work is stopped,
    1 some is.

    Example: voltloop credentials lapsing credentials.csv --on 2026-11-24 --days 90 --plan tomorrow
    """
    from voltloop import compliance
    from voltloop.app.credentials import planned_work, read_credential_file
    from voltloop.app.files import refuse_over, write_bytes
    from voltloop.app.tables import json_bytes, table_bytes

    refuse_over(output, credentials)
    if carrier is not None and plan is None:
        raise InputError(
            "--carrier names the carrier of planned tours. Add --plan with the folder of a plan, or leave it out.",
            code="carrier-without-plan",
        )
    book, when = compliance.load_rulebook(), _day(on)
    table = _read(credentials)
    stopped = compliance.stopped_work([], table, when, days)
    if plan:
        jobs, drivers = planned_work(plan, book, table.credentials["holder"].to_list(), carrier)
        table = read_credential_file(credentials, book, drivers)
        stopped = compliance.stopped_work(jobs, table, when, days)
    ends = compliance.lapsing(table, when, days)
    if output:
        write_bytes(output, table_bytes(ends, output.name))
    if as_json:
        document = {"schema": "credentials-lapsing/1", "on": when, "days": days}
        sys.stdout.write(
            json_bytes({**document, "lapsing": ends.to_dicts(), "stopped_work": stopped.to_dicts()}).decode()
        )
    else:
        sys.stdout.write("\n".join(_lapse_lines(ends, stopped, when, days, has_plan=plan is not None)) + "\n")
    if stopped.height:
        raise typer.Exit(ExitCode.FORBIDDEN)


@app.command("calendar")
def calendar(
    credentials: _Table,
    on: _On = None,
    days: Annotated[
        int | None,
        typer.Option(metavar="N", min=0, max=36_500, help="How far to look ahead, in days; all if left out."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Calendar: .ics, or .csv for a table."),
    ] = None,
) -> None:
    """Write a calendar of renewals: the last day of everything that lapses, with alarms in time to renew it.

    Example: voltloop credentials calendar credentials.csv --on 2026-11-24 -o renewals.ics
    """
    from voltloop.app.files import refuse_over, write_bytes
    from voltloop.app.tables import csv_bytes
    from voltloop.compliance import lapsing as ends_within
    from voltloop.compliance import renewal_calendar, renewals

    refuse_over(output, credentials)
    table, when = _read(credentials), _day(on)
    rows = renewals(table, when) if days is None else ends_within(table, when, days)
    if not rows.height:
        sys.stderr.write("Nothing lapses in this time, so there is nothing to write.\n")
        return
    if output and output.suffix.lower() == ".csv":
        write_bytes(output, csv_bytes(rows))
        sys.stdout.write(_written(output, rows.height))
        return
    if output and output.suffix.lower() != ".ics":
        raise InputError(
            f"{output}: a calendar is written as .ics, or as .csv. Choose one of the two endings.",
            code="unknown-format",
        )
    text = renewal_calendar(table, when, days=days)
    if output:
        write_bytes(output, text.encode())
        sys.stdout.write(_written(output, rows.height))
    else:
        sys.stdout.write(text.replace("\r\n", "\n"))


def _written(output: Path, count: int) -> str:
    what = "1 renewal" if count == 1 else f"{count} renewals"
    return f"{output}: {what}.\n{_SIGNS}\n"


def _read(path: Path) -> CredentialTable:
    from voltloop.app.credentials import read_credential_file
    from voltloop.compliance import load_rulebook

    return read_credential_file(path, load_rulebook())


def _day(text: str | None) -> date:
    return day(text, "--on") if text else datetime.now().astimezone().date()


def _choice(value: str, choices: Sequence[str], option: str) -> None:
    from voltloop.errors import nearest

    if value not in choices:
        raise InputError(
            f'{option}: "{value}" is not known. Choices: {", ".join(choices)}.{nearest(value, choices)}',
            code="unknown-choice",
        )


def _facts(texts: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign or not value.strip():
            raise InputError(
                f'--fact: "{text}" is not of the form NAME=VALUE, such as above_limit=yes. Mend it.',
                code="unknown-fact",
            )
        found[name.strip()] = value.strip()
    return found


def _who_lines(found: Sequence[Entitlement], activity: str, when: date) -> list[str]:
    lines = [f"Who may {activity} on {when}:"]
    if not found:
        return [*lines, "  The rulebook names nothing that anybody must hold for this.", _SIGNS]
    role = ""
    for one in found:
        if one.role != role:
            role = one.role
            lines += ["", role]
        lines.append(f"  {one.answer:<9} {one.holder or '(nobody)'}")
        for need in one.requirements:
            if need.status != "held":
                until = f" {need.until_on}" if need.until_on else ""
                missing = f" (not known: {', '.join(need.facts)})" if need.facts else ""
                away = f" in {', '.join(need.countries)}" if need.countries else ""
                needs = f": {' or '.join(need.needs)}" if need.needs else ""
                cite = f" ({'; '.join(need.cite)})" if need.cite else ""
                lines.append(f"{_INDENT}{need.status.replace('_', ' ')}{until}{away}{missing}{needs}")
                lines.append(f"{_INDENT}{need.say}{cite}")
    return [*lines, "", _SIGNS]


def _leave(found: Sequence[Entitlement]) -> None:
    """Leave with 1 when a role has nobody, 3 when that turns on a fact."""
    roles: dict[str, set[str]] = {}
    for one in found:
        roles.setdefault(one.role, set()).add(one.answer)
    short = [answers for answers in roles.values() if "yes" not in answers]
    if any("undecided" not in answers for answers in short):
        raise typer.Exit(ExitCode.FORBIDDEN)
    if short:
        raise typer.Exit(ExitCode.UNDECIDED)


def _lapse_lines(
    ends: pl.DataFrame, stopped: pl.DataFrame, when: date, days: int, *, has_plan: bool
) -> list[str]:
    import polars as pl

    lapse = "1 credential lapses" if ends.height == 1 else f"{ends.height} credentials lapse"
    lines = [f"{lapse} from {when} within {days} days."]
    for row in ends.iter_rows(named=True):
        gap = f"; goes on only on {row['goes_on']}" if row["goes_on"] else ""
        lines.append(
            f"  {row['valid_until']}  {row['days_left']:>4} days  {row['holder']}: {row['title']}{gap}"
        )
    if has_plan:
        for is_new, one, several in (
            (True, "tour is stopped by a lapse.", "tours are stopped by a lapse."),
            (False, "tour lacks something already.", "tours lack something already."),
        ):
            part = stopped.filter(pl.col("is_new") == is_new)
            count = part["work_id"].n_unique()
            lines += ["", f"{count} planned {one if count == 1 else several}"]
            lines += [_stop_line(row) for row in part.iter_rows(named=True)]
    return [*lines, "", _SIGNS]


def _stop_line(row: dict[str, Any]) -> str:
    away = f" in {row['countries'].replace(';', ', ')}" if row["countries"] else ""
    ended = f" after {row['lapsed_after']}" if row["lapsed_after"] else ""
    instead = f" Instead: {row['instead'].replace(';', ', ')}." if row["instead"] else ""
    who = row["holder"] or (f"nobody as {row['role']}" if row["role"] else "goods")
    status = row["status"].replace("_", " ")
    what = f"{row['needs'].replace('|', ' or ')} {status}" if row["needs"] else status
    why = f"({row['cite'].replace(';', '; ')})." if row["cite"] else row["say"]
    return f"  {row['day']}  {row['work_id']}  {who}: {what}{away}{ended} {why}{instead}"
