"""Scenario files: rows that state facts in columns of their own, read into the law's words.

The columns are data (``scenario_columns.csv``); any fact of the rulebook may be a column as well. Nothing is guessed:
a cell that cannot be read leaves its row undecided, with a sentence in the words of the file.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib import resources
from typing import Final

import polars as pl

from voltloop.app.row_findings import RowFindings
from voltloop.app.scenario_cells import SILENT, flags_of, numbers_of, words_of
from voltloop.compliance import Rulebook
from voltloop.errors import nearest

__all__ = [
    "COUNTED_NET",
    "Asked",
    "Defaults",
    "ScenarioColumn",
    "carriage_modes",
    "is_scenario",
    "known_columns",
    "meaning_of",
    "name_cells",
    "read_rows",
    "scenario_columns",
]

_SURE: Final = frozenset(
    {"gross_mass_kg", "net_battery_mass_kg", "un38_3_tested", "unit_kind", "load_id", "flags",
     "lithium_g", "mode", "package_gross_kg", "package_net_kg"}
)  # fmt: skip
"""Columns that no list of returned batteries has."""
_LISTED: Final = frozenset({"battery_id", "serial", "manufacturer", "model", "mass_kg", "condition"})
"""Columns that lists have, and scenario files only beside form and state."""
_ALSO: Final = {"on": "date", "soc_pct": "soc_percent"}
_ENOUGH: Final = 3
COUNTED_NET: Final = "counted_net_kg"
"""Net mass of a package for the account of a load, where it differs from the one a verdict may use [kg]."""
_OF_BATTERIES: Final = ("form", "unit_kind")


@dataclass(frozen=True, slots=True)
class ScenarioColumn:
    """One input column: what it is used for, the fact it states, and how many of the fact's units one of its is."""

    column: str
    use: str
    fact: str
    scale: float
    expected: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Defaults:
    """Mode and day of rows that state none; None where the command gave none either."""

    mode: str | None = None
    on: date | None = None


@dataclass
class Asked:
    """What rows of a file ask, in the law's words.

    Attributes
    ----------
    goods
        ``id``, ``mode``, ``on``, ``load_id``, ``from_country``, ``to_country``, ``flags``, and one column per stated
        fact; one row per row of the file. ``mode`` and ``on`` are null where they cannot be used.
    findings
        What is wrong with which row.
    names
        Column of the file for each fact that it states under another name.
    unknown
        Columns that mean nothing, each with a sentence.
    """

    goods: pl.DataFrame
    findings: RowFindings
    names: Mapping[str, str]
    unknown: Mapping[str, str] = field(default_factory=dict)


@cache
def scenario_columns() -> dict[str, ScenarioColumn]:
    """Give the input columns of scenario files by name."""
    text = (resources.files("voltloop.app") / "scenario_columns.csv").read_text(encoding="utf-8")
    return {
        row["column"]: ScenarioColumn(
            row["column"], row["use"], row["fact"], float(row["scale"] or 1), row["expected"], row["meaning"]
        )
        for row in csv.DictReader(text.splitlines())
    }


def is_scenario(header: Iterable[str | None], rulebook: Rulebook) -> bool:
    """Say whether a header is that of a scenario file and not that of a list of batteries.

    Examples
    --------
    >>> from voltloop.compliance import load_rulebook
    >>> is_scenario(["id", "chemistry", "form", "state", "mode"], load_rulebook())
    True
    >>> is_scenario(["Seriennummer", "chemistry", "form", "mass_kg"], load_rulebook())
    False
    """
    names = {_plain(name) for name in header if name}
    facts = {name for name, fact in rulebook.facts.items() if not fact.is_derived}
    known = names & (facts | {name for name, one in scenario_columns().items() if one.use != "ignored"})
    is_list = bool(names & _LISTED) and not {"form", "state"} <= names
    return len(known) >= _ENOUGH and bool(names & _SURE) and not is_list


def known_columns(rulebook: Rulebook) -> frozenset[str]:
    """Give every name that a column of a scenario file may have."""
    facts = (name for name, fact in rulebook.facts.items() if not fact.is_derived)
    return frozenset((*facts, *scenario_columns(), *_ALSO))


def meaning_of(header: Sequence[str], rulebook: Rulebook) -> tuple[dict[str, ScenarioColumn], dict[str, str]]:
    """Say what each column of a header means, and which mean nothing.

    Returns
    -------
    tuple
        Meaning by column of the file; and for columns that mean nothing a hint, which may be empty.
    """
    meant: dict[str, ScenarioColumn] = {}
    unknown: dict[str, str] = {}
    facts = {name: fact for name, fact in rulebook.facts.items() if not fact.is_derived}
    for name in header:
        plain = _plain(name)
        plain = _ALSO.get(plain, plain)
        if plain in scenario_columns():
            meant[name] = scenario_columns()[plain]
        elif plain in facts:
            meant[name] = ScenarioColumn(plain, "fact", plain, 1.0, "", facts[plain].meaning)
        elif not plain.startswith("expected_") and plain:
            inputs = [one for one, column in scenario_columns().items() if column.use != "ignored"]
            unknown[name] = nearest(plain, [*inputs, *facts])
    return meant, unknown


def carriage_modes(rulebook: Rulebook) -> tuple[str, ...]:
    """Give the modes that answer how goods may travel (and not, say, which waste procedure a border asks for)."""
    return tuple(
        name
        for name, mode in rulebook.modes.items()
        if any("outcome" in spec.decides for regime in mode.chain for spec in rulebook.specs[regime])
    )


def read_rows(raw: pl.DataFrame, rulebook: Rulebook, defaults: Defaults, *, first_row: int = 1) -> Asked:
    """Read rows of a scenario file.

    Parameters
    ----------
    raw
        The rows as they stand in the file, one column each; text, or the types of a Parquet file.
    rulebook
        Names facts, words and flags.
    defaults
        Mode and day of rows without their own.
    first_row
        Number of the first row in the file, for messages.
    """
    meant, unknown = meaning_of(raw.columns, rulebook)
    reader = _Rows(raw, rulebook, defaults, first_row)
    for name, column in meant.items():
        reader.read(name, column)
    return reader.asked(unknown)


class _Rows:
    """Reads the columns of one chunk."""

    def __init__(self, raw: pl.DataFrame, rulebook: Rulebook, defaults: Defaults, first_row: int) -> None:
        self.raw, self.rulebook, self.defaults, self.first_row = raw, rulebook, defaults, first_row
        self.found = RowFindings()
        self.columns: dict[str, pl.Series] = {}
        self.names: dict[str, str] = {}
        self._later: list[tuple[str, ScenarioColumn]] = []

    def _set(self, name: str, values: pl.Series) -> None:
        """Keep a column; where two columns of the file state the same, the first that says something counts."""
        held = self.columns.get(name)
        self.columns[name] = values.alias(name) if held is None else held.zip_with(held.is_not_null(), values)

    def read(self, name: str, column: ScenarioColumn) -> None:
        """Read one column of the file."""
        series = self.raw[name]
        if column.fact in _OF_BATTERIES:
            self._later.append((name, column))
        elif column.use == "fact":
            self.names.setdefault(column.fact, name)
            if column.fact == "chemistry":
                self._chemistry(series)
            elif self.rulebook.facts[column.fact].kind == "decimal":
                fact = self.rulebook.facts[column.fact]
                values = numbers_of(series, fact, column.scale, column.expected, self.found)
                self._set(column.fact, self._agreed(column.fact, name, values))
            else:
                self._set(column.fact, words_of(series, self.rulebook.facts[column.fact], self.found))
        elif column.use == "flags":
            self.names["flags"] = name
            self._set("flags", flags_of(series, self.rulebook, self.found))
        elif column.use in {"id", "load"}:
            self._set(column.column, name_cells(series))
        elif column.use == "country":
            self._set(column.column, _text(series).str.to_uppercase())
        elif column.use == "mode":
            self._set("mode", self._modes(series))
        elif column.use == "date":
            self._set("on", self._days(series))

    def _agreed(self, fact: str, name: str, values: pl.Series) -> pl.Series:
        """Give the values where no earlier column of the file states another one; where one does, neither counts."""
        held = self.columns.get(fact)
        if held is None:
            return values
        differs = ((held - values).abs() > 1e-9 * values.abs()).fill_null(value=False)
        if differs.any():
            first = self.names[fact]
            both = pl.format(
                f"{first} {{}} and {name} {{}} state different values",
                _text(self.raw[first]),
                _text(self.raw[name]),
            )
            told = pl.select(both.alias("told"))["told"]
            self.found.add("classify-facts-contradict", _at(differs, told), fact=first)
            self.columns[fact] = held.set(differs, None)
        return values.set(differs, None)

    def _chemistry(self, series: pl.Series) -> None:
        """Read chemistries; a material in their column means that material."""
        facts = self.rulebook.facts
        materials = tuple(word for word in facts["material"].values if word != "none")
        chemistry = words_of(series, facts["chemistry"], self.found, also=materials)
        is_material = chemistry.is_in(materials)
        if is_material.any():
            self._set("material", chemistry.set(~is_material, None))
            chemistry = chemistry.set(is_material, None)
        self._set("chemistry", chemistry)

    def _modes(self, series: pl.Series) -> pl.Series:
        known = carriage_modes(self.rulebook)
        text = _text(series)
        plain = text.str.to_lowercase().str.replace_all(r"[\s-]+", "_")
        wrong = text.is_not_null() & ~plain.is_in(known).fill_null(value=False)
        self.found.add(
            "classify-mode-unknown",
            _at(wrong, text),
            field=series.name,
            fact="mode",
            words=lambda raw: {"value": nearest(raw or "", known) or f" Known modes: {', '.join(known)}."},
        )
        default = pl.lit(self.defaults.mode, dtype=pl.String)
        frame = pl.DataFrame({"plain": plain, "wrong": wrong})
        # A mode that cannot be read is not silently replaced by the option.
        return frame.select(
            pl.when("wrong").then(None).otherwise(pl.coalesce("plain", default)).alias("mode")
        )["mode"]

    def _days(self, series: pl.Series) -> pl.Series:
        if series.dtype == pl.Date:
            return series.fill_null(self.defaults.on) if self.defaults.on else series
        if isinstance(series.dtype, pl.Datetime):
            days = series.dt.date()
            return days.fill_null(self.defaults.on) if self.defaults.on else days
        text = _text(series)
        plain = text.str.replace(r"[T ]00:00(:00(\.0+)?)?Z?$", "")
        is_day = plain.str.contains(r"^\d{4}-\d{2}-\d{2}$").fill_null(value=False)
        days = plain.str.to_date("%Y-%m-%d", strict=False).set(~is_day, None)
        wrong = text.is_not_null() & days.is_null()
        self.found.add("classify-date-unread", _at(wrong, text), field=series.name, fact="date")
        silent = text.is_null()
        return days.set(silent, self.defaults.on) if self.defaults.on and silent.any() else days

    def asked(self, unknown: Mapping[str, str]) -> Asked:
        """Give what the rows ask, with what every row needs filled in."""
        height = self.raw.height
        known = ", ".join(carriage_modes(self.rulebook))
        if "mode" not in self.columns:
            self._set("mode", pl.Series([self.defaults.mode], dtype=pl.String).new_from_index(0, height))
        if "on" not in self.columns:
            self._set("on", pl.Series([self.defaults.on], dtype=pl.Date).new_from_index(0, height))
        for name in ("id", "load_id", "from_country", "to_country", "flags"):
            if name not in self.columns:
                self._set(name, pl.Series([None], dtype=pl.String).new_from_index(0, height))
        self._read_later()
        self._part_masses()
        goods = pl.DataFrame(list(self.columns.values()))
        places = pl.int_range(height, eager=True, dtype=pl.UInt32)
        bad = self.found.table()
        for name, fact, code in (("mode", "mode", "missing"), ("on", "date", "missing")):
            told = bad.filter(pl.col("code").is_in([f"classify-{fact}-unknown", f"classify-{fact}-unread"]))
            silent = goods[name].is_null() & ~places.is_in(told["at"].implode())
            self.found.add(f"classify-{fact}-{code}", _at(silent), fact=fact, words={"value": known})
        self.found.add(
            "classify-id-missing",
            _at(goods["id"].is_null(), (places + self.first_row).cast(pl.String)),
            words=lambda raw: {"value": raw},
        )
        return Asked(goods, self.found, self.names, unknown)

    def _part_masses(self) -> None:
        """Use neither of two masses that exclude each other, except the net one to count a load.

        Which of them is wrong is not known. A verdict that needs neither stands.
        """
        gross, net = self.columns.get("package_gross_kg"), self.columns.get("package_net_kg")
        if gross is None or net is None:
            return
        wrong = (gross < net - 1e-9).fill_null(value=False)
        if not wrong.any():
            return
        shown = pl.DataFrame({"gross": gross, "net": net}).select(
            pl.format(
                "{} {} is below {} {}",
                pl.lit(self.names["package_gross_kg"]),
                pl.col("gross"),
                pl.lit(self.names["package_net_kg"]),
                pl.col("net"),
            )
        )
        self.found.add("classify-masses-differ", _at(wrong, shown.to_series()))
        self.columns[COUNTED_NET] = net.alias(COUNTED_NET)
        for name in ("package_gross_kg", "package_net_kg"):
            self.columns[name] = self.columns[name].set(wrong, None)

    def _read_later(self) -> None:
        """Read what is asked of batteries only: for a material the words of form and unit say nothing."""
        material = self.columns.get("material")
        for name, column in self._later:
            series = self.raw[name].cast(pl.String)
            if material is not None:
                series = series.set(material.is_not_null() & (material != "none"), None)
            self.names.setdefault(column.fact, name)
            self._set(column.fact, words_of(series, self.rulebook.facts[column.fact], self.found))


def _plain(name: str) -> str:
    return name.strip().lstrip("\ufeff").lower().replace("-", "_").replace(" ", "_")


def name_cells(series: pl.Series) -> pl.Series:
    """Give names as text without blanks around them; an empty one is null, and "none" is a name."""
    text = series.cast(pl.String).str.strip_chars()
    return text.set((text == "").fill_null(value=False), None)


def _text(series: pl.Series) -> pl.Series:
    """Give cells as text without blanks around them; silent ones are null."""
    text = series.cast(pl.String).str.strip_chars()
    return text.set(text.str.to_lowercase().is_in(SILENT).fill_null(value=False), None)


def _at(mask: pl.Series, raw: pl.Series | None = None) -> pl.DataFrame:
    """Give the places of rows with their values, as :meth:`RowFindings.add` takes them."""
    at = mask.arg_true()
    values = pl.Series([None], dtype=pl.String).new_from_index(0, len(at)) if raw is None else raw.gather(at)
    return pl.DataFrame({"at": at, "raw": values})
