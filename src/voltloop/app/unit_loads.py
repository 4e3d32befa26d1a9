"""What rides together: masses that decide a verdict, and the points of the whole load.

Rows with the same load id, mode and day are one load; a row without a load id is a load of its own. What one row says
can change the verdict of another, so a file is looked at in steps: masses first, then the verdicts, then what the
verdicts of a load say about each other. Each step adds to totals that are small, so a file may be read in chunks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from voltloop.app.row_findings import RowFindings
from voltloop.app.scenarios import COUNTED_NET
from voltloop.app.verdict_rows import Group
from voltloop.compliance import Rulebook, classify
from voltloop.compliance.loads.limits import Limit, active

__all__ = ["Loads", "load_keys", "milligrams", "reliefs_of", "with_unit_effects", "with_unit_masses"]

_KEY: Final = "load"
_MG: Final = 1_000_000
_EXEMPT: Final = ("exempt_small", "exempt_other")
_NIMH_FACT: Final = "nimh_gross_kg_on_unit"
_NIMH_LIMIT_KG: Final = 100.0
_ABOVE: Final = "above_333kg_on_unit"
_OTHERS: Final = "other_hazmat_aboard"


def load_keys(goods: pl.DataFrame) -> pl.Series:
    """Give the key of the load of each row; null for a row that is a load of its own."""
    return goods.select(
        pl.when(pl.col("load_id").is_not_null())
        .then(
            pl.concat_str(
                "load_id",
                pl.col("mode").fill_null("?"),
                pl.col("on").cast(pl.String).fill_null("?"),
                separator="\x1f",
            )
        )
        .alias(_KEY)
    )[_KEY]


def milligrams(goods: pl.DataFrame, name: str) -> pl.Series:
    """Give units times a mass per package, in whole milligrams; null where one of them is not known."""
    name = COUNTED_NET if name == "package_net_kg" and COUNTED_NET in goods.columns else name
    if name not in goods.columns:
        return pl.Series("mg", [None], dtype=pl.Int64).new_from_index(0, goods.height)
    units = pl.col("quantity") if "quantity" in goods.columns else pl.lit(1.0)
    return goods.select((units * pl.col(name) * _MG).round().cast(pl.Int64, strict=False).alias("mg"))["mg"]


@dataclass
class Loads:
    """Totals of the loads of a file, gathered chunk by chunk."""

    rulebook: Rulebook
    _nimh: list[pl.DataFrame] = field(default_factory=list)
    _first: list[pl.DataFrame] = field(default_factory=list)
    _points: list[pl.DataFrame] = field(default_factory=list)

    def see_masses(self, goods: pl.DataFrame) -> None:
        """Take in gross masses, before any verdict."""
        part = _nimh_rows(goods).filter(pl.col(_KEY).is_not_null())
        if part.height:
            self._nimh.append(
                part.group_by(_KEY).agg(pl.col("mg").sum(), pl.col("mg").null_count().alias("open"))
            )

    def see_verdicts(self, goods: pl.DataFrame, verdicts: pl.DataFrame, reliefs: pl.DataFrame) -> None:
        """Take in first verdicts: what uses a relief that ends at a mass, and what is hazardous beside it."""
        # Small batteries under their relief are hazardous materials all the same (49 CFR 171.8, 173.185(c)).
        table = pl.DataFrame([load_keys(goods), verdicts["outcome"] != "exempt_other"]).rename(
            {"outcome": "others"}
        )
        table = table.with_columns(
            pl.when(reliefs["kind"] == "provision")
            .then(milligrams(goods, "package_net_kg"))
            .otherwise(0)
            .alias("mg")
        )
        part = table.filter(pl.col(_KEY).is_not_null())
        if part.height:
            self._first.append(
                part.group_by(_KEY).agg(
                    pl.col("mg").sum(), pl.col("mg").null_count().alias("open"), pl.col("others").sum()
                )
            )

    def see_points(self, goods: pl.DataFrame, points: pl.DataFrame) -> None:
        """Take in the points of final verdicts."""
        table = points.with_columns(load_keys(goods)).filter(pl.col(_KEY).is_not_null())
        if table.height:
            self._points.append(
                table.group_by(_KEY).agg(
                    pl.col("micro").sum(),
                    pl.col("open").any(),
                    pl.col("is_zero").any(),
                    pl.col("carried").any(),
                )
            )

    def nimh(self) -> pl.DataFrame:
        """Give ``load``, ``mg``, ``open``: gross mass of nickel-metal hydride by load, rows without a mass."""
        return _summed(self._nimh, {"mg": pl.Int64, "open": pl.UInt32})

    def first(self) -> pl.DataFrame:
        """Give ``load``, ``mg``, ``open``, ``others`` by load."""
        return _summed(self._first, {"mg": pl.Int64, "open": pl.UInt32, "others": pl.UInt32})

    def points(self) -> pl.DataFrame:
        """Give ``load``, ``micro`` (millionths of a point), ``open``, ``is_zero``, ``carried`` by load."""
        if not self._points:
            return pl.DataFrame(
                schema={
                    _KEY: pl.String,
                    "micro": pl.Int64,
                    "open": pl.Boolean,
                    "is_zero": pl.Boolean,
                    "carried": pl.Boolean,
                }
            )
        return (
            pl.concat(self._points)
            .group_by(_KEY)
            .agg(
                pl.col("micro").sum(), pl.col("open").any(), pl.col("is_zero").any(), pl.col("carried").any()
            )
        )


def _summed(
    parts: Sequence[pl.DataFrame], columns: dict[str, pl.DataType | type[pl.DataType]]
) -> pl.DataFrame:
    if not parts:
        return pl.DataFrame(schema={_KEY: pl.String, **columns})
    return pl.concat(parts).group_by(_KEY).agg(pl.col(name).sum() for name in columns)


def _nimh_rows(goods: pl.DataFrame) -> pl.DataFrame:
    """Give ``at``, ``load``, ``mg`` of cells and batteries that count for the limit of SP 963 at sea."""
    if not {"chemistry", "form"} <= set(goods.columns):
        return pl.DataFrame(schema={"at": pl.UInt32, _KEY: pl.String, "mg": pl.Int64})
    kind = pl.col("unit_kind") if "unit_kind" in goods.columns else pl.lit(None, dtype=pl.String)
    counts = (
        (pl.col("chemistry") == "nimh")
        & pl.col("form").is_in(["cell", "battery"])
        & kind.ne_missing("button_cell")
    )
    return (
        goods.with_columns(
            load_keys(goods),
            milligrams(goods, "package_gross_kg"),
            pl.int_range(pl.len(), dtype=pl.UInt32).alias("at"),
        )
        .filter(counts & (pl.col("mode") == "sea"))
        .select("at", _KEY, "mg")
    )


def with_unit_masses(goods: pl.DataFrame, loads: Loads) -> pl.DataFrame:
    """State the mass of nickel-metal hydride on each unit, where the file does not state it itself.

    A total that is not known stays open, unless what is known is already at the limit: more mass never lowers it.
    """
    if _NIMH_FACT not in loads.rulebook.facts:
        return goods
    rows = _nimh_rows(goods)
    if not rows.height:
        return goods
    totals = loads.nimh()
    alone = pl.col(_KEY).is_null()
    known = rows.join(totals.rename({"mg": "sum"}), on=_KEY, how="left", maintain_order="left").with_columns(
        pl.when(alone).then("mg").otherwise("sum").alias("sum"),
        pl.when(alone).then(pl.col("mg").is_null()).otherwise(pl.col("open") > 0).alias("open"),
    )
    mass = pl.col("sum").fill_null(0) / _MG
    stated = known.select(
        "at", pl.when(pl.col("open") & (mass < _NIMH_LIMIT_KG)).then(None).otherwise(mass).alias("mass")
    )
    column = (
        goods.select(pl.int_range(pl.len(), dtype=pl.UInt32).alias("at"))
        .join(stated, on="at", how="left", maintain_order="left")["mass"]
        .alias(_NIMH_FACT)
    )
    if _NIMH_FACT in goods.columns:
        held = goods[_NIMH_FACT]
        column = held.zip_with(held.is_not_null(), column).alias(_NIMH_FACT)
    return goods.with_columns(column)


def reliefs_of(
    goods: pl.DataFrame, verdicts: pl.DataFrame, groups: Sequence[Group], rulebook: Rulebook
) -> pl.DataFrame:
    """Find rows whose relief hangs on what else is on the unit.

    Returns
    -------
    polars.DataFrame
        ``kind`` (``provision``, ``sole`` or null), ``limit_kg`` and ``fact``, one row per row of the goods. A row
        counts only if stating the fact would really change its verdict: SP 670 (a) has the number of a provision with
        a limit, and none itself.
    """
    parts = []
    for group in groups:
        edition = rulebook.edition(rulebook.mode(group.mode).regime, group.on, group.edition)
        limits = [one for one in active(rulebook.limits, edition) if one.kind in {"provision", "sole"}]
        parts += [_relieved(goods, verdicts, group, limit, rulebook) for limit in limits]
    schema = {"at": pl.UInt32, "kind": pl.String, "limit_kg": pl.Float64, "fact": pl.String}
    found = pl.concat(parts) if parts else pl.DataFrame(schema=schema)
    places = pl.DataFrame({"at": pl.int_range(goods.height, dtype=pl.UInt32, eager=True)})
    return places.join(found.unique("at"), on="at", how="left", maintain_order="left").drop("at")


def _relieved(
    goods: pl.DataFrame, verdicts: pl.DataFrame, group: Group, limit: Limit, rulebook: Rulebook
) -> pl.DataFrame:
    mine = verdicts.select("outcome", "special_provisions")[group.at].with_columns(group.at.alias("at"))
    uses = pl.col("special_provisions").str.split(";").list.set_intersection(list(limit.keys)).list.len() > 0
    rows = mine.filter(pl.col("outcome").is_in(_EXEMPT) & uses)
    fact = _ABOVE if limit.kind == "provision" else _OTHERS
    stated = goods[rows["at"]].with_columns(pl.lit("yes").alias(fact))
    other = classify(stated, rulebook, mode=group.mode, on=group.on)
    return rows.filter(other["outcome"] != rows["outcome"]).select(
        pl.col("at").cast(pl.UInt32),
        pl.lit(limit.kind).alias("kind"),
        pl.lit(limit.limit, dtype=pl.Float64).alias("limit_kg"),
        pl.lit(fact).alias("fact"),
    )


def with_unit_effects(
    goods: pl.DataFrame, reliefs: pl.DataFrame, loads: Loads, found: RowFindings
) -> tuple[pl.DataFrame, pl.Series]:
    """State on rows that use a relief what the rest of their load does to it.

    Returns
    -------
    tuple
        Goods with the facts stated; which rows changed.

    Notes
    -----
    A load that cannot be counted keeps its relief, with a warning: the quality system is the condition of
    SP 636 and SP 670 (b), and the count can only show that it has failed.
    """
    table = pl.DataFrame([load_keys(goods), milligrams(goods, "package_net_kg")]).with_columns(
        *reliefs.get_columns(), pl.int_range(pl.len(), dtype=pl.UInt32).alias("at")
    )
    totals = loads.first().rename({"mg": "sum"})
    table = table.join(totals, on=_KEY, how="left", maintain_order="left").with_columns(
        pl.coalesce("sum", "mg").alias("sum"),
        pl.coalesce(pl.col("open") > 0, pl.col("mg").is_null()).alias("open"),
    )
    limit_mg = pl.col("limit_kg") * _MG
    is_provision, is_sole = (pl.col("kind").eq_missing(pl.lit(kind)) for kind in ("provision", "sole"))
    marks = table.select(
        "at",
        "limit_kg",
        pl.col("sum"),
        (is_provision & (pl.col("sum").fill_null(0) > limit_mg)).alias("above"),
        (is_sole & (pl.col("others").fill_null(0) > 0)).alias("shared"),
        (is_provision & pl.col("open") & (pl.col("sum").fill_null(0) <= limit_mg)).alias("open"),
    )
    _tell(marks, found)
    columns = []
    for fact, mark in ((_ABOVE, "above"), (_OTHERS, "shared")):
        if marks[mark].any():
            held = (
                goods[fact]
                if fact in goods.columns
                else pl.Series(fact, [None], dtype=pl.String).new_from_index(0, goods.height)
            )
            columns.append(held.set(marks[mark], "yes").alias(fact))
    changed = marks["above"] | marks["shared"]
    return goods.with_columns(columns), changed


def _tell(marks: pl.DataFrame, found: RowFindings) -> None:
    above = marks.filter("above")
    limit = f"{above['limit_kg'][0]:g}" if above.height else ""
    found.add(
        "classify-load-above",
        above.select(
            "at",
            (pl.col("sum") / _MG)
            .round(3)
            .map_elements(lambda kg: f"{kg:g}", return_dtype=pl.String)
            .alias("raw"),
        ),
        words={"value": limit},
    )
    found.add(
        "classify-load-mixed-goods",
        marks.filter("shared").select("at", pl.lit(None, dtype=pl.String).alias("raw")),
        words={"value": "the relief of 49 CFR 173.159(e)"},
    )
    is_open = marks.filter("open")
    limit = f"{is_open['limit_kg'][0]:g}" if is_open.height else ""
    found.add(
        "classify-load-not-counted",
        is_open.select("at", pl.lit("units or net_battery_mass_kg").alias("raw")),
        words={"value": limit},
    )
