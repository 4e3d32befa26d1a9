"""Use cases of credentials: their table as a file, planned work from a plan folder, answers as tables."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Final

import polars as pl

from voltloop import findings
from voltloop.app.files import read_bytes
from voltloop.compliance import (
    CREDENTIAL_COLUMNS,
    CredentialTable,
    Entitlement,
    PlannedWork,
    Rulebook,
    Work,
    read_credentials,
    work_of,
)
from voltloop.errors import InputError
from voltloop.findings import Finding

__all__ = ["entitlement_table", "planned_work", "read_credential_file", "work_of_file"]

_TEXT: Final = (*CREDENTIAL_COLUMNS, "holder_kind")
_MARKS: Final = ",;\t|"


def read_credential_file(
    path: Path, rulebook: Rulebook, drivers: pl.DataFrame | None = None
) -> CredentialTable:
    """Read a table of credentials: CSV with any usual delimiter, Parquet or JSON lines.

    Parameters
    ----------
    path
        The file.
    rulebook
        The law.
    drivers
        Table of drivers of a network; their certificates are added after the rows of the file.

    Raises
    ------
    InputError
        The file cannot be read, is not UTF-8, or lacks a column.
    """
    ending = path.suffix.lower()
    if ending in (".parquet", ".jsonl"):
        data = io.BytesIO(read_bytes(path))
        try:
            table = pl.read_parquet(data) if ending == ".parquet" else pl.read_ndjson(data)
        except Exception as error:
            raise InputError(
                f"{path}: the file cannot be read as {ending[1:]}: {str(error).splitlines()[0]} Export it again.",
                code="unreadable-file",
            ) from None
        broken: list[tuple[int, Finding]] = []
        table = table.with_row_index("row", offset=1)
    else:
        table, broken = _csv(path)
    if drivers is not None:
        table = pl.concat([table, _of_drivers(drivers, table.height + len(broken))], how="diagonal_relaxed")
    read = read_credentials(table, rulebook)
    if not broken:
        return read
    lost = pl.DataFrame(
        [{"row": row, "reason": finding.message} for row, finding in broken],
        schema_overrides={"row": pl.Int64},
    )
    rejected = pl.concat([read.rejected, lost], how="diagonal").sort("row")
    return replace(read, rejected=rejected, findings=(*(one for _, one in broken), *read.findings))


def _csv(path: Path) -> tuple[pl.DataFrame, list[tuple[int, Finding]]]:
    """Give the rows of a CSV file as text, and those that have more cells than columns."""
    try:
        text = read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path}: the file is not UTF-8 (byte {error.start}). Export it as CSV in UTF-8.", code="not-utf8"
        ) from None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    first = text.split("\n", 1)[0]
    mark = max(_MARKS, key=first.count) if any(sign in first for sign in _MARKS) else ","
    records = [
        cells
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=mark)
        if any(cell.strip() for cell in cells)
    ]
    header = [cell.strip().lower().replace(" ", "_") for cell in records[0]] if records else []
    if len(set(header)) != len(header) or not header:
        raise InputError(
            f"{path}: the header is empty or names a column twice. "
            f"Expected the columns {', '.join(CREDENTIAL_COLUMNS)}, each once.",
            code="credential-columns",
        )
    rows: list[dict[str, Any]] = []
    broken: list[tuple[int, Finding]] = []
    for number, cells in enumerate(records[1:], start=1):
        if len(cells) > len(header) and any(cell.strip() for cell in cells[len(header) :]):
            made = findings.make(
                "credential-cells", where=f"row {number}", raw=str(len(cells)), value=len(header)
            )
            broken.append((number, made))
            continue
        rows.append({"row": number, **dict(zip(header, cells, strict=False))})
    schema = {"row": pl.Int64, **dict.fromkeys(header, pl.String)}
    return pl.DataFrame(rows, schema=schema, orient="row"), broken


def _of_drivers(drivers: pl.DataFrame, start: int) -> pl.DataFrame:
    """Give the certificates that a network's table of drivers names, as credentials."""
    rows = [
        {
            "holder": row["driver_id"],
            "kind": kind,
            "valid_to": row[column].isoformat(),
            "document": "drivers.csv",
        }
        for row in drivers.iter_rows(named=True)
        for column, kind in (
            ("adr_certificate_valid_to", "adr_driver"),
            ("hazmat_training_valid_to", "hazmat_training"),
        )
        if row[column] is not None
    ]
    schema = {"row": pl.Int64, **dict.fromkeys(_TEXT, pl.String)}
    return pl.DataFrame(
        [{"row": start + at, **row} for at, row in enumerate(rows, start=1)], schema=schema, orient="row"
    )


def work_of_file(
    path: Path,
    rulebook: Rulebook,
    *,
    mode: str,
    on: date,
    countries: Sequence[str],
    stated: Mapping[str, str],
) -> Work:
    """Give the work of moving all goods of a file, a list of batteries or a scenario file, as one load.

    Raises
    ------
    InputError
        The file cannot be read, or has rows of another mode or day.
    """
    from voltloop.app.classify_file import judged_rows, open_source
    from voltloop.app.scenarios import Defaults

    source = open_source(path, rulebook, Defaults(mode, on), on)
    parts = []
    for _, judged, _ in judged_rows(source, rulebook):
        rows = judged.goods
        other = rows.filter((pl.col("mode") != mode) | (pl.col("on") != on))
        if other.height:
            raise InputError(
                f"{path}: {other.height} rows are of another mode or day than {mode} on {on}. "
                "Leave out the columns mode and date, or give rows of one load only.",
                code="mixed-goods",
            )
        parts.append(_with_masses(rows, judged.verdicts))
    if not parts:
        raise InputError(f"{path}: the file holds no goods. Give one row per kind of goods.", code="no-goods")
    goods = pl.concat(parts, how="diagonal_relaxed")
    return work_of(goods, rulebook, mode=mode, on=on, countries=countries, stated=stated)


def _with_masses(goods: pl.DataFrame, verdicts: pl.DataFrame) -> pl.DataFrame:
    """Join what a load needs of the goods to their verdicts; masses of packages go before those of single units."""
    masses = [name for name in ("package_net_kg", "net_mass_kg") if name in goods.columns]
    facts = (
        [pl.coalesce(pl.col(name).cast(pl.Float64, strict=False) for name in masses).alias("net_mass_kg")]
        if masses
        else []
    )
    kept = [name for name in ("package_gross_kg", "quantity") if name in goods.columns]
    facts += [pl.col(name).cast(pl.Float64, strict=False) for name in kept]
    facts += [pl.col(name).cast(pl.String) for name in ("state", "from_country") if name in goods.columns]
    mine = goods.select(facts)
    return pl.concat([verdicts.drop(mine.columns, strict=False), mine], how="horizontal")


def planned_work(
    folder: Path, rulebook: Rulebook, holders: Iterable[str], carrier: str | None = None
) -> tuple[list[PlannedWork], pl.DataFrame]:
    """Give the tours of a plan folder as planned work, and the plan's table of drivers.

    Parameters
    ----------
    folder
        Plan folder of ``voltloop plan``.
    rulebook
        The law.
    holders
        Names in the table of credentials; a driver may stand there by id or by name.
    carrier
        Name of the carrier there; by default the one of the network's settings.

    Raises
    ------
    InputError
        The folder is no plan.
    """
    from voltloop.app.network_folder import read_network

    if not (folder / "tours.csv").is_file() or not (folder / "batteries.parquet").is_file():
        raise InputError(
            f"{folder}: this is not a plan folder; tours.csv or batteries.parquet is missing. "
            "Name a folder that voltloop plan wrote.",
            code="no-plan",
        )
    network = read_network(folder / "inputs" / "network")
    tours = pl.read_csv(folder / "tours.csv", try_parse_dates=True)
    stops = pl.read_csv(folder / "stops.csv", infer_schema_length=None)
    batteries = pl.read_parquet(folder / "batteries.parquet").rename({"mass_kg": "net_mass_kg"})
    country = dict(network.sites.select("site_id", "country").iter_rows())
    known, names = set(holders), dict(network.drivers.select("driver_id", "name").iter_rows())
    places = dict(network.points.select("point_id", "country").iter_rows())
    company = carrier or network.settings.carrier.name
    jobs = []
    for tour in tours.iter_rows(named=True):
        way = stops.filter(pl.col("tour_id") == tour["tour_id"])["country"].drop_nulls().to_list()
        home = country[tour.get("end_depot_id") or tour["depot_id"]]
        aboard = batteries.filter(pl.col("tour_id") == tour["tour_id"])
        aboard = aboard.with_columns(
            pl.col("point_id").replace_strict(places, default=None).alias("from_country")
        )
        work = work_of(aboard, rulebook, mode=tour["mode"], on=tour["day"], countries=[*way, home])
        driver = tour["driver_id"]
        assigned = {"driver": (names[driver] if names.get(driver) in known else driver,)} if driver else {}
        if company:
            assigned["carrier"] = (company,)
        jobs.append(PlannedWork(tour["tour_id"], tour["day"], work, assigned))
    return jobs, network.drivers


def entitlement_table(found: Iterable[Entitlement]) -> pl.DataFrame:
    """Give answers as a table, one row per holder, role and requirement."""
    rows = [
        {
            "role": one.role, "holder": one.holder, "holder_kind": one.holder_kind, "answer": one.answer,
            "requirement": need.requirement, "needs": "|".join(need.needs), "status": need.status,
            "valid_until": need.until_on, "facts": ";".join(need.facts), "countries": ";".join(need.countries),
            "effect": need.effect, "say": need.say, "cite": ";".join(need.cite), "edition": need.edition,
        }
        for one in found
        for need in one.requirements
    ]  # fmt: skip
    schema = {
        "role": pl.String, "holder": pl.String, "holder_kind": pl.String, "answer": pl.String,
        "requirement": pl.String, "needs": pl.String, "status": pl.String, "valid_until": pl.Date,
        "facts": pl.String, "countries": pl.String, "effect": pl.String, "say": pl.String, "cite": pl.String,
        "edition": pl.String,
    }  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row")
