"""Checks across the files of a network folder, and what is assumed for files that are absent."""

from __future__ import annotations

import polars as pl

from voltloop.app.network_tables import ConsentSchema, ContractSchema, dictionary
from voltloop.app.network_values import RawTable, convert
from voltloop.errors import nearest
from voltloop.findings import Finding, make

__all__ = [
    "check_depots",
    "check_rows",
    "mark_depots",
    "the_consents",
    "the_contracts",
    "the_drivers",
    "the_packagings",
]

_TYPICAL = "the catalogue's typical packagings are taken, without certified boxes for critical batteries"
_DEPOT_KINDS = (
    "collection_hub",
    "recycler_preprocess",
    "recycler_hydromet",
    "recycler_pyromet",
    "remanufacturer",
)


def mark_depots(
    sites: pl.DataFrame, vehicles: pl.DataFrame, table: RawTable, problems: list[str]
) -> pl.DataFrame:
    """Fill ``is_depot``: as the column says; without it, the hubs and plants that vehicles.csv names."""
    if "is_depot" in table.columns:
        return sites.with_columns(pl.col("is_depot").fill_null(value=False))
    named = pl.col("site_id").is_in(vehicles["depot_id"].drop_nulls().unique().to_list())
    usual = pl.col("kind").is_in(_DEPOT_KINDS)
    for row in sites.filter(named & ~usual).iter_rows(named=True):
        problems.append(
            f'vehicles.csv: the depot "{row["site_id"]}" is a {row["kind"]}; without a column "is_depot" in '
            f"sites.csv only these can be depots: {', '.join(_DEPOT_KINDS)}. Add the column, yes for it."
        )
    return sites.with_columns(is_depot=named & usual)


def check_rows(
    points: pl.DataFrame,
    sites: pl.DataFrame,
    vehicles: pl.DataFrame,
    raw: dict[str, RawTable],
    problems: list[str],
    findings: list[Finding],
) -> None:
    """Tell of empty tables, vehicles at unknown depots, and points that share a name."""
    for frame, file, noun in (
        (points, "collection_points.csv", "collection points"),
        (sites, "sites.csv", "sites"),
        (vehicles.filter(pl.col("count") > 0), "vehicles.csv", "vehicles"),
    ):
        if frame.is_empty():
            problems.append(f"{file} lists no {noun}. At least one is needed. Add a row.")
    _check_depot_ids(vehicles, raw["vehicles.csv"], sites, problems)
    lines = raw["collection_points.csv"].lines
    seen: dict[str, int] = {}
    for place in points["name"].is_duplicated().arg_true() if points.height else []:
        name = points["name"][place]
        if name in seen:
            where = f"collection_points.csv, line {lines[place]}"
            findings.append(make("network-name-twice", where=where, field="name", raw=name, value=seen[name]))
        seen.setdefault(name, lines[place])


def _check_depot_ids(frame: pl.DataFrame, table: RawTable, sites: pl.DataFrame, problems: list[str]) -> None:
    known = sites["site_id"].to_list()
    depots = set(sites.filter("is_depot")["site_id"])
    for place, depot in enumerate(frame["depot_id"]):
        where = f'{table.file}, line {table.lines[place]}, column "depot_id": "{depot}"'
        if depot not in known:
            problems.append(
                f"{where} is not a site of sites.csv.{nearest(depot, known)} Correct it, or add the site."
            )
        elif depot not in depots:
            problems.append(
                f"{where} is a site, but no depot. Write yes for it in the column is_depot of sites.csv."
            )


def the_drivers(
    drivers: pl.DataFrame | None,
    vehicles: pl.DataFrame,
    raw: dict[str, RawTable],
    sites: pl.DataFrame,
    problems: list[str],
    findings: list[Finding],
) -> pl.DataFrame:
    """Give the drivers; without a file one for each vehicle, none certified: that is never assumed."""
    if drivers is not None:
        _check_depot_ids(drivers, raw["drivers.csv"], sites, problems)
        return drivers
    depots = vehicles.group_by("depot_id", maintain_order=True).agg(pl.col("count").sum())
    findings.append(make("network-drivers-assumed", where="drivers.csv", value=depots["count"].sum()))
    return (
        depots.select("depot_id", number=pl.int_ranges(1, pl.col("count") + 1))
        .explode("number", empty_as_null=False, keep_nulls=False)
        .select(
            driver_id=pl.col("depot_id") + "-driver-" + pl.col("number").cast(pl.String),
            depot_id="depot_id",
            name=pl.lit(None, dtype=pl.String),
            adr_certificate_valid_to=pl.lit(None, dtype=pl.Date),
            hazmat_training_valid_to=pl.lit(None, dtype=pl.Date),
            trainings=pl.lit(None, dtype=pl.String),
            languages=pl.lit(None, dtype=pl.String),
        )
    )


def the_packagings(packagings: pl.DataFrame | None, findings: list[Finding]) -> pl.DataFrame:
    """Give the packagings; without a file the catalogue's typical ones, but no certified box: never assumed."""
    if packagings is not None and packagings.height:
        return packagings
    from voltloop.catalogue.fleet import packagings as typical

    findings.append(
        make(
            "network-file-assumed",
            where="packagings.csv",
            value=_TYPICAL,
        )
    )
    frame = typical().filter(pl.col("is_certified_critical_box") != "yes")
    table = RawTable(
        "packagings.csv",
        {name: frame[name] for name in dictionary()["packagings.csv"] if name in frame.columns},
        pl.Series("line", range(2, frame.height + 2), dtype=pl.Int64),
        comma_is_decimal=False,
    )
    return pl.DataFrame([convert(table, spec, []) for spec in dictionary()["packagings.csv"].values()])


def the_consents(
    consents: pl.DataFrame | None, sites: pl.DataFrame, raw: dict[str, RawTable], problems: list[str]
) -> pl.DataFrame:
    """Give the consents, their consignees checked; without a file there are none."""
    if consents is None:
        return ConsentSchema.create_empty()
    known = sites["site_id"].to_list()
    for place, site in enumerate(consents["consignee_site_id"]):
        if site not in known:
            problems.append(
                f'consents.csv, line {raw["consents.csv"].lines[place]}, "consignee_site_id": "{site}" '
                f"is not a site of sites.csv.{nearest(site, known)} Correct it, or add the site."
            )
    return consents


def the_contracts(
    contracts: pl.DataFrame | None, sites: pl.DataFrame, raw: dict[str, RawTable], problems: list[str]
) -> pl.DataFrame:
    """Give the contracts, their sites checked; without a file there are none."""
    if contracts is None:
        return ContractSchema.create_empty()
    known = sites["site_id"].to_list()
    for place, site in enumerate(contracts["site_id"]):
        if site is not None and site not in known:
            problems.append(
                f'contracts.csv, line {raw["contracts.csv"].lines[place]}, "site_id": "{site}" '
                f"is not a site of sites.csv.{nearest(site, known)} Correct it, or add the site."
            )
    return contracts


def check_depots(
    sites: pl.DataFrame,
    vehicles: pl.DataFrame,
    drivers: pl.DataFrame,
    problems: list[str],
    findings: list[Finding],
) -> None:
    """Tell of a network without depots, and of depots from which no tour can start."""
    depots = sites.filter("is_depot")
    if depots.is_empty():
        problems.append(
            "sites.csv has no depot, so no vehicle can start. "
            "Write yes in the column is_depot for at least one site."
        )
    elif not depots["is_plannable"].any():
        reasons = " ".join(dict.fromkeys(depots["why_not"].drop_nulls()))
        problems.append(
            f"sites.csv: no depot can be planned with. {reasons} Correct the place of at least one."
        )
    counts = dict(vehicles.group_by("depot_id").agg(pl.col("count").sum()).iter_rows())
    manned = set(drivers["depot_id"])
    for depot in depots["site_id"]:
        if not counts.get(depot):
            findings.append(make("network-depot-idle", where="sites.csv", field="is_depot", raw=depot))
        elif depot not in manned:
            findings.append(
                make(
                    "network-depot-no-drivers",
                    where="drivers.csv",
                    field="depot_id",
                    raw=depot,
                    value=counts[depot],
                )
            )
