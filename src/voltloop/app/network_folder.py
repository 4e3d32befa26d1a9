"""The network folder: places, vehicles, drivers, packagings, consents and settings of one operator."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import dataframely as dy
import polars as pl

from voltloop.app.network_checks import (
    check_depots,
    check_rows,
    mark_depots,
    the_consents,
    the_contracts,
    the_drivers,
    the_packagings,
)
from voltloop.app.network_describe import describe
from voltloop.app.network_links import check_links
from voltloop.app.network_places import check_places
from voltloop.app.network_settings import read_settings
from voltloop.app.network_tables import (
    ConsentSchema,
    ContractSchema,
    DriverSchema,
    NetworkSettings,
    PackagingSchema,
    PointSchema,
    SiteSchema,
    VehicleSchema,
    dictionary,
)
from voltloop.app.network_values import RawTable, convert, parse_table
from voltloop.errors import InputError, nearest
from voltloop.findings import Finding, make

__all__ = ["Network", "init_network", "read_network"]

_README = """# A network folder for voltloop

These files describe one operator's network: replace the example rows with your own. Then run

    voltloop plan RETURNS --network THIS_FOLDER --on 2026-11-24 -o PLAN_FOLDER

with your list of returned batteries as RETURNS; `returns-sample.csv` is a small one to try it with.
The sites are real, from public sources, with estimated places and capacities. The collection points, vehicles and
drivers are made up, and the packagings are typical ones: put your own in their place before you use a plan.
"""
_MOST_PROBLEMS = 20
_REQUIRED_FILES = ("collection_points.csv", "sites.csv", "vehicles.csv")


@dataclass(frozen=True, slots=True)
class Network:
    """One operator's network, read and checked.

    Attributes
    ----------
    points, sites
        Places with ``is_plannable`` and ``why_not``: a place that cannot be believed stays in the table
        and is not planned.
    vehicles, drivers, packagings, consents, contracts
        Every figure filled in; ``consents`` and ``contracts`` have no rows when the folder has no such file.
    settings
        Settings of ``network.toml`` or their defaults.
    findings
        What was noticed and did not stop the reading.
    """

    points: dy.DataFrame[PointSchema]
    sites: dy.DataFrame[SiteSchema]
    vehicles: dy.DataFrame[VehicleSchema]
    drivers: dy.DataFrame[DriverSchema]
    packagings: dy.DataFrame[PackagingSchema]
    consents: dy.DataFrame[ConsentSchema]
    contracts: dy.DataFrame[ContractSchema]
    settings: NetworkSettings
    findings: tuple[Finding, ...]

    @property
    def depots(self) -> pl.DataFrame:
        """The sites where collection vehicles start and that can be planned."""
        return self.sites.filter(pl.col("is_depot") & pl.col("is_plannable"))


def read_network(folder: Path) -> Network:
    """Read and check a network folder.

    Parameters
    ----------
    folder
        Folder with the files of the data dictionary. ``packagings.csv`` may be absent (the catalogue's are
        taken), ``drivers.csv`` too (one driver per vehicle is taken, none with a certificate), likewise
        ``consents.csv``, ``contracts.csv`` and ``network.toml``.

    Returns
    -------
    Network
        Typed tables; what is doubtful but usable stands in its findings.

    Raises
    ------
    InputError
        ``no-such-folder`` when there is no such folder; ``network-invalid`` with every problem, up to 20 of
        them, each naming file, line and column.
    """
    folder = Path(folder)
    if not folder.is_dir():
        what = "is a file" if folder.exists() else "does not exist"
        raise InputError(
            f'The network folder "{folder}" {what}. A folder with {", ".join(_REQUIRED_FILES)} was expected. '
            f"`voltloop init DIR` writes one that you can fill in.",
            code="no-such-folder",
        )
    problems: list[str] = []
    findings: list[Finding] = []
    raw = _read_files(folder, problems, findings)
    tables = {name: _typed(table, problems, findings) for name, table in raw.items()}
    points, sites = tables.get("collection_points.csv"), tables.get("sites.csv")
    vehicles = _vehicles(raw.get("vehicles.csv"), problems)
    settings = read_settings(folder / "network.toml", problems, findings)
    if problems or points is None or sites is None or vehicles is None:
        raise _invalid(folder, problems)

    sites = mark_depots(sites, vehicles, raw["sites.csv"], problems)
    check_rows(points, sites, vehicles, raw, problems, findings)
    drivers = the_drivers(tables.get("drivers.csv"), vehicles, raw, sites, problems, findings)
    packagings = the_packagings(tables.get("packagings.csv"), findings)
    check_links(
        {
            "collection_points.csv": points, "sites.csv": sites, "vehicles.csv": vehicles, "drivers.csv": drivers,
            "packagings.csv": packagings,
        },
        raw,
        problems,
    )  # fmt: skip
    consents = the_consents(tables.get("consents.csv"), sites, raw, problems)
    contracts = the_contracts(tables.get("contracts.csv"), sites, raw, problems)
    points = check_places(
        points, "collection_points.csv", "point_id", raw["collection_points.csv"].lines, findings
    )
    sites = check_places(sites, "sites.csv", "site_id", raw["sites.csv"].lines, findings)
    check_depots(sites, vehicles, drivers, problems, findings)
    if problems:
        raise _invalid(folder, problems)
    return Network(
        PointSchema.validate(points.select(PointSchema.column_names())),
        SiteSchema.validate(sites.select(SiteSchema.column_names())),
        VehicleSchema.validate(vehicles.select(VehicleSchema.column_names())),
        DriverSchema.validate(drivers.select(DriverSchema.column_names())),
        PackagingSchema.validate(packagings.select(PackagingSchema.column_names())),
        ConsentSchema.validate(consents.select(ConsentSchema.column_names())),
        ContractSchema.validate(contracts.select(ContractSchema.column_names())),
        settings,
        tuple(findings),
    )


def init_network(folder: Path) -> list[Path]:
    """Write the template of a network folder: small, but it can be planned with.

    Parameters
    ----------
    folder
        Where to write; made if it does not exist.

    Returns
    -------
    list[Path]
        The files written.

    Raises
    ------
    InputError
        ``folder-not-empty`` when a file of the template is already there; nothing is then written.
        ``folder-not-writable`` when the files cannot be written.
    """
    folder = Path(folder)
    template = {
        entry.name: entry.read_bytes()
        for entry in (resources.files("voltloop.app") / "template").iterdir()
        if entry.name.endswith((".csv", ".toml"))
    }
    template["README.md"] = describe(_README).encode()
    if folder.exists() and not folder.is_dir():
        raise InputError(
            f'"{folder}" is a file. The name of a folder was expected. Choose another name.',
            code="folder-not-empty",
        )
    there = sorted(name for name in template if (folder / name).exists())
    if there:
        raise InputError(
            f'The folder "{folder}" already has {", ".join(there)}. Nothing was written, so nothing is lost. '
            "Choose an empty folder.",
            code="folder-not-empty",
        )
    return _write(folder, template)


def _write(folder: Path, template: dict[str, bytes]) -> list[Path]:
    written: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in sorted(template):
            path = folder / name
            written.append(path)
            path.write_bytes(template[name])
    except OSError as error:
        for path in written:
            path.unlink(missing_ok=True)
        raise InputError(
            f'The folder "{folder}" cannot be written: {error.strerror or error}. '
            "Choose a folder that you may write to, with room on the disk.",
            code="folder-not-writable",
        ) from None
    return written


def _invalid(folder: Path, problems: list[str]) -> InputError:
    count = len(problems)
    shown = "".join(f"\n  - {problem}" for problem in problems[:_MOST_PROBLEMS])
    more = f"\n  … and {count - _MOST_PROBLEMS} more." if count > _MOST_PROBLEMS else ""
    noun = "problem" if count == 1 else "problems"
    return InputError(
        f'The network folder "{folder}" cannot be used; {count} {noun}:{shown}{more}', code="network-invalid"
    )


def _read_files(folder: Path, problems: list[str], findings: list[Finding]) -> dict[str, RawTable]:
    present = sorted(path.name for path in folder.iterdir())
    raw: dict[str, RawTable] = {}
    for file, specs in dictionary().items():
        if not file.endswith(".csv"):
            continue
        path = folder / file
        if not path.exists():
            if file in _REQUIRED_FILES:
                there = ", ".join(present) or "nothing"
                hint = nearest(file, [name for name in present if name not in dictionary()])
                problems.append(
                    f"{file} is missing. The folder has {there}.{hint} `voltloop init` gives a template."
                )
            continue
        try:
            data = path.read_bytes()
        except OSError as error:
            problems.append(f"{file} cannot be read: {error.strerror or error}. Make it a readable file.")
            continue
        table = parse_table(data, specs, problems, findings)
        if table is not None:
            raw[file] = table
    return raw


def _typed(table: RawTable, problems: list[str], findings: list[Finding]) -> pl.DataFrame:
    """Every column of a file as the dictionary says; identities checked, unknown words noted."""
    specs = dictionary()[table.file]
    columns = [convert(table, spec, problems) for spec in specs.values() if spec.default != "type"]
    frame = pl.DataFrame(columns)
    key = next(iter(specs))
    if table.file != "vehicles.csv":
        _check_twice(frame[key], table, key, problems)
    for spec in specs.values():
        if spec.type == "word" and spec.choices:
            _check_words(frame[spec.column], table, spec.column, spec.choices, findings)
    for opens, closes in (("opens_at", "closes_at"), ("valid_from", "valid_to")):
        if opens in frame.columns:
            bad = (frame[opens] > frame[closes]) if opens == "valid_from" else (frame[opens] >= frame[closes])
            for place in bad.fill_null(value=False).arg_true():
                problems.append(
                    f'{table.file}, line {table.lines[place]}: "{closes}" ({frame[closes][place]}) must be '
                    f'after "{opens}" ({frame[opens][place]}). Correct one of them.'
                )
    return frame


def _check_twice(keys: pl.Series, table: RawTable, column: str, problems: list[str]) -> None:
    first: dict[str, int] = {}
    for place in keys.is_duplicated().arg_true() if keys.len() else []:
        key, line = keys[place], table.lines[place]
        if key is None:
            continue
        if key in first:
            problems.append(
                f'{table.file}, line {line}, column "{column}": "{key}" already stands in line {first[key]}. '
                "Each must stand once. Rename or remove one of them."
            )
        first.setdefault(key, line)


def _check_words(
    words: pl.Series, table: RawTable, column: str, choices: tuple[str, ...], findings: list[Finding]
) -> None:
    odd = words.is_not_null() & ~words.is_in(choices)
    for word in words.filter(odd).unique(maintain_order=True):
        line = table.lines[int((words == word).arg_true()[0])]
        findings.append(
            make(
                "network-word-unknown",
                where=f"{table.file}, line {line}",
                field=column,
                raw=word,
                choices=", ".join(choices) + nearest(word, choices),
            )
        )


def _vehicles(table: RawTable | None, problems: list[str]) -> pl.DataFrame | None:
    """Give the vehicles with every blank cell filled from the catalogue's type."""
    if table is None:
        return None
    from voltloop.catalogue.fleet import vehicle_types

    specs, types = dictionary()["vehicles.csv"], vehicle_types()
    named = table.columns.get(
        "vehicle_type", pl.Series("vehicle_type", [None] * table.height, dtype=pl.String)
    )
    known = types["vehicle_type"].to_list()
    for place in (named.is_not_null() & ~named.is_in(known)).arg_true():
        problems.append(
            f'vehicles.csv, line {table.lines[place]}, column "vehicle_type": "{named[place]}" is not a '
            f"vehicle type. Known types: {', '.join(known)}.{nearest(named[place], known)} Take the "
            "nearest one and write your own figures into the other columns."
        )
    defaults = named.to_frame("vehicle_type").join(
        types, on="vehicle_type", how="left", maintain_order="left"
    )
    columns = dict(table.columns)
    for name, spec in specs.items():
        if spec.default == "type":
            own = columns.get(name)
            columns[name] = defaults[name] if own is None else own.fill_null(defaults[name])
    filled = RawTable(table.file, columns, table.lines, table.comma_is_decimal)
    frame = pl.DataFrame([convert(filled, spec, problems) for spec in specs.values()])
    for place in (frame["shift_start"] >= frame["shift_end"]).fill_null(value=False).arg_true():
        problems.append(
            f'vehicles.csv, line {table.lines[place]}: "shift_end" ({frame["shift_end"][place]}) must be '
            f'after "shift_start" ({frame["shift_start"][place]}). Correct one of them.'
        )
    seen: set[tuple[str | None, ...]] = set()
    for place, key in enumerate(frame.select("vehicle_type", "name", "depot_id").iter_rows()):
        if key in seen:
            problems.append(
                f"vehicles.csv, line {table.lines[place]}: this type, name and depot already stand in another "
                "line. Raise its count, or give this one another name."
            )
        seen.add(key)
    return frame
