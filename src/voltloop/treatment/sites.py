"""What each site takes: treatments, chemistries, forms, brands and how much, read from the site table."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import polars as pl

from voltloop.catalogue import money
from voltloop.errors import InputError
from voltloop.findings import Finding, make

__all__ = ["ACCEPTS_SCHEMA", "SiteReading", "read_sites", "site_accepts"]

ACCEPTS_SCHEMA: dict[str, pl.DataType] = {
    "site_id": pl.String(),
    "name": pl.String(),
    "country": pl.String(),
    "treatment": pl.String(),
    "route": pl.String(),
    "label": pl.String(),
    "chemistries": pl.List(pl.String()),
    "forms": pl.List(pl.String()),
    "brands": pl.List(pl.String()),
    "models": pl.List(pl.String()),
    "conditions": pl.List(pl.String()),
    "max_unit_kwh": pl.Float64(),
    "limit_kg": pl.Float64(),
    "makers": pl.List(pl.String()),
}
"""Columns of :func:`site_accepts`. A null list means no restriction; a null number means no limit."""

_NEEDED = ("site_id", "kind", "commodity_or_chemistry")
_YES = frozenset({"yes", "true", "1", "y"})
_NO = frozenset({"no", "false", "0", "n"})


@dataclass
class _Text:
    """What the free text of one site says."""

    chemistries: set[str] = field(default_factory=set)
    forms: set[str] = field(default_factory=set)
    brands: set[str] = field(default_factory=set)
    models: set[str] = field(default_factory=set)
    route: str | None = None
    max_unit_kwh: float | None = None
    any_brand: bool = False
    own_brand: bool = False
    no_batteries: bool = False
    understood: bool = False


@dataclass(frozen=True)
class SiteReading:
    """What the sites take, and what was wrong or unclear about them.

    Attributes
    ----------
    accepts
        The frame of :func:`site_accepts`.
    findings
        Texts not understood, negative capacities, unknown units, missing status.
    """

    accepts: pl.DataFrame
    findings: tuple[Finding, ...]


def _expand(words: str) -> list[str]:
    """Turn ``li_ion|NiMH`` into names of chemistries."""
    table = money.chemistry_values()
    li_ion = table.filter(pl.col("family") == "li_ion")["chemistry"].to_list()
    names: list[str] = []
    for word in words.split("|"):
        names += li_ion if word == "li_ion" else [word]
    return names


def _apply(says: str, value: str, text: _Text) -> None:
    text.understood = True
    match says:
        case "chemistry":
            text.chemistries.update(_expand(value))
        case "form":
            text.forms.update(value.split("|"))
        case "brand":
            text.brands.update(value.split("|"))
        case "model":
            text.models.update(value.split("|"))
        case "route":
            text.route = value
        case "max_unit_kwh":
            text.max_unit_kwh = float(value)
        case "any_brand":
            text.any_brand = True
        case "own_brand":
            text.own_brand = True
        case "no_batteries":
            text.no_batteries = True
        case _:
            pass


def _read_text(raw: str) -> _Text:
    """Read the free text of a site: the longest known words first, each place of the text used once."""
    text = _Text()
    rest = re.sub(r"\b(nmc|ncm)[\s-]?\d{2,3}\b", "nmc", raw.lower())
    table = money.site_words()
    meanings: dict[str, list[tuple[str, str]]] = {}
    for row in table.iter_rows(named=True):
        meanings.setdefault(row["words"], []).append((row["says"], row["value"] or ""))
    for words in sorted(meanings, key=len, reverse=True):
        pattern = rf"(?<![\w-]){re.escape(words)}(?![\w-])"
        if re.search(pattern, rest):
            rest = re.sub(pattern, " ; ", rest)
            for says, value in meanings[words]:
                _apply(says, value, text)
    return text


def _maker_brands(operator: str) -> set[str]:
    """Brands that belong to a site's operator; none when it makes no vehicles or batteries."""
    found: set[str] = set()
    for row in money.makers().iter_rows(named=True):
        if re.search(rf"(?<!\w){re.escape(row['maker'])}(?!\w)", operator.lower()):
            found.update(row["manufacturers"].split("|"))
    return found


def _number(raw: object) -> float | None:
    try:
        value = float(str(raw).replace(",", ""))
    except ValueError:
        return None
    return value if value == value else None  # noqa: PLR0124 - not a number


def _limit(site: dict[str, object], horizon_days: float, findings: list[Finding]) -> float | None:
    """Mass [kg] that a site can take in over the horizon; None when nothing limits it.

    What a plant works off in the horizon counts; its storage only when its capacity is not stated.
    """
    where = f"site {site['site_id']}"
    limits: list[float] = []
    capacity = _number(site.get("capacity"))
    unit = str(site.get("capacity_unit") or "").strip()
    if capacity is not None and capacity < 0:
        findings.append(
            make("treatment-capacity-negative", where=where, field="capacity", raw=str(site["capacity"]))
        )
        return 0.0
    if capacity is not None:
        factors = {
            row["unit"].lower(): float(row["kg_of_packs"]) for row in money.capacity_units().rows(named=True)
        }
        factor = factors.get(unit.lower())
        if factor is None:
            findings.append(make("treatment-capacity-unit", where=where, field="capacity_unit", raw=unit))
        else:
            limits.append(capacity * factor * horizon_days / 365.0)
    stored = _number(site.get("storage_limit_kg"))
    if stored is not None and not limits:
        if stored < 0:
            findings.append(
                make("treatment-capacity-negative", where=where, field="storage_limit_kg", raw=str(stored))
            )
        limits.append(max(stored, 0.0))
    return min(limits) if limits else None


def _conditions(default: str, accepts_damaged: object) -> list[str]:
    """Conditions a site takes: the kind's, unless the network says yes or no to damaged goods.

    Nothing said is never a yes: no kind takes damaged or critical goods by itself.
    """
    said = str(accepts_damaged if accepts_damaged is not None else "").strip().lower()
    taken = default.split("|")
    if said in _YES:
        return [*taken, *(c for c in ("suspect", "damaged", "critical", "unknown") if c not in taken)]
    if said in _NO:
        return [c for c in taken if c == "ok"]
    return taken


def _operates(site: dict[str, object], *, has_status: bool, findings: list[Finding]) -> bool:
    if str(site.get("cancelled") or "").strip().lower() in _YES:
        return False
    status = str(site.get("status") or "").strip().lower()
    if has_status and not status:
        findings.append(make("treatment-site-status", where=f"site {site['site_id']}", field="status"))
    return status in ("operating", "")


def _rows_of(
    site: dict[str, object], kinds: pl.DataFrame, horizon_days: float, findings: list[Finding]
) -> list[dict[str, object]]:
    raw = str(site.get("commodity_or_chemistry") or "").strip()
    where = f"site {site['site_id']}"
    text = _read_text(raw)
    if not text.understood:
        findings.append(make("treatment-site-text", where=where, field="commodity_or_chemistry", raw=raw))
        return []
    if text.no_batteries:
        return []
    limit = _limit(site, horizon_days, findings)
    own = _maker_brands(f"{site.get('operator') or ''} {site.get('name') or ''}")
    rows: list[dict[str, object]] = []
    is_own = "yes" in kinds["own_brand"].to_list()
    if text.route and not kinds["route"].drop_nulls().len():
        # A plant listed among those that restore packs, whose text says that it recycles.
        kinds = money.site_kinds().filter(pl.col("kind") == "recycler")
    for kind in kinds.iter_rows(named=True):
        brands = set().union(*(_maker_brands(b) or {b} for b in text.brands)) if text.brands else set()
        if not text.any_brand and (text.own_brand or (is_own and not text.models)):
            brands |= own
        chemistries = text.chemistries or set(_expand(kind["default_chemistries"]))
        treatment = kind["treatment"]
        if treatment == "quarantine" and text.chemistries >= set(_expand("li_ion")):
            # An unnamed chemistry can be identified wherever all lithium-ion is handled.
            chemistries = chemistries | {"unknown"}
        rows.append(
            {
                "site_id": site["site_id"],
                "name": site.get("name") or site["site_id"],
                "country": site.get("country"),
                "treatment": treatment,
                "route": (text.route or kind["route"]) if kind["route"] else None,
                "label": kind["label"],
                "chemistries": sorted(chemistries),
                "forms": sorted(text.forms) or None,
                "brands": sorted(brands) or None,
                "models": sorted(text.models) or None,
                "conditions": _conditions(kind["conditions"], site.get("accepts_damaged")),
                "max_unit_kwh": text.max_unit_kwh,
                "limit_kg": limit,
                "makers": sorted(own) or None,
            }
        )
    return rows


def read_sites(sites: pl.DataFrame, *, horizon_days: float) -> SiteReading:
    """Read what each operating site takes, with findings about what could not be read.

    Parameters
    ----------
    sites
        One row per site: ``site_id``, ``kind``, ``commodity_or_chemistry``; optional ``name``, ``operator``,
        ``country``, ``capacity``, ``capacity_unit``, ``status``, ``cancelled``, ``accepts_damaged``,
        ``storage_limit_kg``.
    horizon_days
        Days of the plan, above 0: a yearly capacity counts pro rata.

    Returns
    -------
    SiteReading
        Kinds of site that treat no batteries (mines, ports, cell plants …) give no row.

    Raises
    ------
    InputError
        ``site-table-columns``, ``horizon-days``.
    """
    absent = [name for name in _NEEDED if name not in sites.columns]
    if absent:
        raise InputError(
            f"The site table has no column {', '.join(absent)}. Expected {', '.join(_NEEDED)}. Add the column.",
            code="site-table-columns",
        )
    if not horizon_days > 0:
        raise InputError(
            f"The horizon is {horizon_days} days. Expected more than 0. Give the number of days planned.",
            code="horizon-days",
        )
    kinds = money.site_kinds()
    findings: list[Finding] = []
    rows: list[dict[str, object]] = []
    treating = sites.filter(pl.col("kind").is_in(kinds["kind"].unique().to_list()))
    has_status = "status" in sites.columns
    for site in treating.iter_rows(named=True):
        if _operates(site, has_status=has_status, findings=findings):
            rows += _rows_of(site, kinds.filter(pl.col("kind") == site["kind"]), horizon_days, findings)
    return SiteReading(pl.DataFrame(rows, schema=ACCEPTS_SCHEMA, orient="row"), tuple(findings))


def site_accepts(sites: pl.DataFrame, *, horizon_days: float = 365.0) -> pl.DataFrame:
    """List which treatments each operating site offers, and for what.

    Parameters
    ----------
    sites, horizon_days
        As in :func:`read_sites`.

    Returns
    -------
    pl.DataFrame
        One row per site and treatment with the columns of :data:`ACCEPTS_SCHEMA`: ``chemistries``, ``forms``,
        ``brands``, ``models`` (null takes any), ``conditions``, ``max_unit_kwh``, and ``limit_kg``, the mass
        all treatments of the site together can take in over the horizon; ``makers``, the brands of its operator.

    Raises
    ------
    InputError
        As in :func:`read_sites`.
    """
    return read_sites(sites, horizon_days=horizon_days).accepts
