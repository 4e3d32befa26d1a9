"""Reads the files of a network folder into columns of text, and the text into typed columns.

Every mistake becomes one sentence in a list of problems, so that all of them can be told at once.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from voltloop.app.network_cells import counts_of, dated_of, windows_of
from voltloop.app.network_tables import ColumnSpec
from voltloop.errors import nearest
from voltloop.findings import Finding, make

__all__ = ["RawTable", "convert", "parse_table"]

_BLANK = {"", "-", "–", "n/a"}
_YES = ["yes", "y", "true", "1", "1.0", "x", "ja", "oui", "si", "sí", "sì"]
_NO = ["no", "n", "false", "0", "0.0", "nein", "non", "nee"]
_WEEKDAYS = (
    ("mon", "monday"),
    ("tue", "tuesday"),
    ("wed", "wednesday"),
    ("thu", "thursday"),
    ("fri", "friday"),
    ("sat", "saturday"),
    ("sun", "sunday"),
)
_COUNTRY_NICKNAMES = {"UK": "GB", "EL": "GR", "USA": "US"}
_THOUSANDS_DOT = r"^[-+]?\d{1,3}(\.\d{3})+$"
_THOUSANDS_COMMA = r"^[-+]?\d{1,3}(,\d{3})+$"
_EXPECTED = {
    "number": "a number, for example 1200.5",
    "whole": "a whole number, for example 3",
    "yes_no": "yes or no",
    "time": "a time of day, for example 07:30",
    "date": "a date written as 2027-03-31",
    "country": "a country of ISO 3166, for example DE",
    "weekday": "a day of the week, for example Tue",
    "windows": "opening times from-to in order, for example 08:00-11:30;13:00-16:00",
    "dated": "names with their last days, for example site_induction:2027-03-31;high_voltage",
    "counts": "names with whole numbers above 0, for example lp904-box:2",
}


@dataclass(frozen=True, slots=True)
class RawTable:
    """One file as text: columns by name, and the line on which each record begins."""

    file: str
    columns: dict[str, pl.Series]
    lines: pl.Series
    comma_is_decimal: bool

    @property
    def height(self) -> int:
        """Number of records."""
        return self.lines.len()


def parse_table(
    data: bytes, specs: dict[str, ColumnSpec], problems: list[str], findings: list[Finding]
) -> RawTable | None:
    """Split a CSV file into columns of text; None when there is no table, which is then in ``problems``.

    Commas, semicolons, tabs and bars as separators, UTF-8, UTF-16 and Windows-1252 are all read.
    """
    file = next(iter(specs.values())).file
    text = _decode(data, file, problems, findings)
    if text is None:
        return None
    separator = _separator(text)
    header, records, lines = _records(text, separator, file, problems)
    if not header:
        return None
    names = [name.strip().lower().replace(" ", "_") for name in header]
    for place, name in enumerate(names):
        if name in names[:place]:
            problems.append(
                f'{file}: the column "{name}" stands twice in the header. Remove or rename one of them.'
            )
    _note_unknown(file, names, specs, findings)
    columns = {
        name: pl.Series(name, [record[place] for record in records], dtype=pl.String)
        for place, name in reversed(list(enumerate(names)))
        if name in specs
    }
    for name, spec in specs.items():
        if spec.required and name not in columns:
            problems.append(
                f'{file}: the column "{name}" is missing. The header has {", ".join(names)}.'
                f"{nearest(name, set(names) - set(specs))} Add it: {spec.meaning}"
            )
    return RawTable(
        file, columns, pl.Series("line", lines, dtype=pl.Int64), _decimal_comma(columns, specs, separator)
    )


def _note_unknown(file: str, names: list[str], specs: dict[str, ColumnSpec], findings: list[Finding]) -> None:
    """Note the columns that are not used: one finding for all, and one each for what looks mistyped."""
    unknown = [name for name in dict.fromkeys(names) if name and name not in specs]
    hints = {name: nearest(name, set(specs) - set(names)) for name in unknown}
    plain = [name for name in unknown if not hints[name]]
    for field in ([", ".join(plain)] if plain else []) + [name for name in unknown if hints[name]]:
        findings.append(make("network-column-ignored", where=file, field=field, hint=hints.get(field, "")))


def _decode(data: bytes, file: str, problems: list[str], findings: list[Finding]) -> str | None:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace")
    if b"\x00" in data:
        problems.append(f"{file} is a binary file, not text. Save it as CSV in UTF-8.")
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        findings.append(make("network-encoding", where=file, value="Windows-1252"))
        return data.decode("cp1252", errors="replace")


def _separator(text: str) -> str:
    header = next((line for line in text.splitlines() if line.strip()), "")
    return max(",;\t|", key=header.count)


def _records(
    text: str, separator: str, file: str, problems: list[str]
) -> tuple[list[str], list[list[str | None]], list[int]]:
    header: list[str] = []
    records: list[list[str | None]] = []
    lines: list[int] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    begins = 1
    try:
        for cells in reader:
            line, begins = begins, reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if not header:
                header = cells
                continue
            if len(cells) > len(header) and any(cell.strip() for cell in cells[len(header) :]):
                problems.append(
                    f"{file}, line {line}: {len(cells)} cells, but the header has {len(header)} columns. "
                    f'Put cells that contain "{separator}" in quotation marks, also decimal commas.'
                )
                continue
            full = [*cells, *[""] * (len(header) - len(cells))]
            records.append([None if cell.strip().lower() in _BLANK else cell.strip() for cell in full])
            lines.append(line)
    except csv.Error as error:
        problems.append(
            f"{file}, line {reader.line_num}: this is not a CSV table ({error}). Save it as CSV in UTF-8."
        )
        return [], [], []
    if not header:
        problems.append(
            f"{file} is empty. Its first line must be the header; `voltloop init` writes a template."
        )
    return header, records, lines


def _decimal_comma(columns: dict[str, pl.Series], specs: dict[str, ColumnSpec], separator: str) -> bool:
    """Whether commas inside numbers are decimal; never where the comma separates the cells."""
    numbers = [column for name, column in columns.items() if specs[name].type in {"number", "whole"}]
    if separator == "," or not numbers:
        return False
    cells = pl.concat([column.rename("cell") for column in numbers]).drop_nulls()
    return bool(cells.str.contains(",", literal=True).any()) and not cells.str.contains(r"\d,\d{3}\.\d").any()


def convert(table: RawTable, spec: ColumnSpec, problems: list[str]) -> pl.Series:
    """Read one column as the dictionary says; blank cells take the default, wrong ones are ``problems``."""
    raw = table.columns.get(spec.column, pl.Series(spec.column, [None] * table.height, dtype=pl.String))
    default = None if spec.default in {None, "type"} else spec.default
    filled = raw.fill_null(default) if default is not None else raw
    if spec.required and spec.column in table.columns:
        _tell(
            table,
            spec,
            raw.is_null(),
            problems,
            lambda _: "the cell is empty, but this column is required.",
            "Fill it in.",
        )
    values = _READERS[spec.type](filled, spec, table.comma_is_decimal).rename(spec.column)
    expected = _EXPECTED.get(spec.type, "")
    bad = filled.is_not_null() & values.is_null()
    _tell(
        table,
        spec,
        bad,
        problems,
        lambda cell: f'"{cell}" is not {expected}.{_country_hint(cell, spec)}',
        "Correct it.",
    )
    if spec.type in {"number", "whole"}:
        _tell_range(table, spec, values, problems)
    return values


def _tell(
    table: RawTable,
    spec: ColumnSpec,
    bad: pl.Series,
    problems: list[str],
    what: Callable[[str | None], str],
    todo: str,
) -> None:
    raw = table.columns.get(spec.column)
    for place in bad.arg_true():
        cell = raw[place] if raw is not None else None
        problems.append(
            f'{table.file}, line {table.lines[place]}, column "{spec.column}": {what(cell)} {todo}'
        )


def _tell_range(table: RawTable, spec: ColumnSpec, values: pl.Series, problems: list[str]) -> None:
    low, high = spec.minimum, spec.maximum
    if low is not None:
        limit = f"from {low:g} to {high:g}" if high is not None else f"at least {low:g}"
    else:
        limit = f"at most {high:g}" if high is not None else ""
    bad = pl.Series([False] * values.len(), dtype=pl.Boolean)
    if low is not None:
        bad = bad | (values < low).fill_null(value=False)
    if high is not None:
        bad = bad | (values > high).fill_null(value=False)
    unit = f" {spec.unit}" if spec.unit else ""
    _tell(
        table,
        spec,
        bad,
        problems,
        lambda cell: f'"{cell}" is outside the range; {limit}{unit} was expected.',
        "Correct it.",
    )


def _country_hint(cell: str | None, spec: ColumnSpec) -> str:
    if spec.type != "country" or not cell:
        return ""
    from voltloop.catalogue import countries

    return nearest(cell, [*countries()["name"].to_list(), *countries()["iso2"].to_list()])


def _as_text(raw: pl.Series, spec: ColumnSpec, comma: bool) -> pl.Series:  # noqa: ARG001 - one signature for all readers
    return raw


def _as_word(raw: pl.Series, spec: ColumnSpec, comma: bool) -> pl.Series:  # noqa: ARG001
    return raw.str.to_lowercase().str.replace_all(r"[\s-]+", "_") if spec.column != "currency" else raw


def _as_list(raw: pl.Series, spec: ColumnSpec, comma: bool) -> pl.Series:  # noqa: ARG001
    parts = raw.str.split(";").list.eval(
        pl.element().str.strip_chars().filter(pl.element().str.strip_chars() != "")
    )
    joined = parts.list.join(";")
    return pl.select(pl.when(joined != "").then(joined)).to_series()


def _as_number(raw: pl.Series, spec: ColumnSpec, comma: bool) -> pl.Series:
    geo = spec.column in {"lat", "lon"}
    clean = raw.str.replace_all(r"[\s\u{a0}\u{202f}'’]", "").str.replace_all("−", "-")
    cell = pl.col("cell")
    has_comma, has_dot = cell.str.contains(",", literal=True), cell.str.contains(".", literal=True)
    dot_last = cell.str.contains(r"\.[^,]*$")
    without_commas = cell.str.replace_all(",", "", literal=True)
    without_dots = cell.str.replace_all(".", "", literal=True)
    comma_to_dot = cell.str.replace(",", ".", literal=True)
    groups = cell.str.contains(_THOUSANDS_COMMA)
    comma_groups = pl.lit(value=False) if geo else groups if not comma else cell.str.contains(r",\d{3},\d{3}")
    dot_groups = cell.str.contains(_THOUSANDS_DOT) & pl.lit(value=comma and not geo)
    text = (
        pl.when(has_comma & has_dot & dot_last)
        .then(without_commas)
        .when(has_comma & has_dot)
        .then(without_dots.str.replace(",", ".", literal=True))
        .when(has_comma & comma_groups)
        .then(without_commas)
        .when(has_comma)
        .then(comma_to_dot)
        .when(has_dot & dot_groups)
        .then(without_dots)
        .otherwise(cell)
    )
    number = text.cast(pl.Float64, strict=False)
    return (
        clean.rename("cell")
        .to_frame()
        .select(pl.when(number.is_finite()).then(number).alias("cell"))
        .to_series()
    )


def _as_whole(raw: pl.Series, spec: ColumnSpec, comma: bool) -> pl.Series:
    number = _as_number(raw, spec, comma)
    whole = (number == number.round()) & (number.abs() < 1e15)
    return pl.select(pl.when(whole).then(number).cast(pl.Int64)).to_series()


def _as_yes_no(raw: pl.Series, spec: ColumnSpec, comma: bool) -> pl.Series:  # noqa: ARG001
    word = raw.str.to_lowercase()
    answers = dict.fromkeys(_YES, True) | dict.fromkeys(_NO, False)
    return word.replace_strict(answers, default=None, return_dtype=pl.Boolean)


def _as_time(raw: pl.Series, spec: ColumnSpec, comma: bool) -> pl.Series:  # noqa: ARG001
    padded = (
        raw.str.replace(r"^(\d):", "0$1:").str.replace(r"^(\d{1,2})$", "$1:00").str.replace(r"^(\d):", "0$1:")
    )
    whole = padded.str.replace(r"^(\d{2}:\d{2})$", "$1:00").str.replace("^24:00:00$", "23:59:59")
    return whole.str.to_time("%H:%M:%S", strict=False)


def _as_date(raw: pl.Series, spec: ColumnSpec, comma: bool) -> pl.Series:  # noqa: ARG001
    day = raw.str.replace(r"[T ].*$", "")
    iso = day.str.to_date("%Y-%m-%d", strict=False)
    german = day.str.to_date("%d.%m.%Y", strict=False)
    return iso.fill_null(german)


def _as_country(raw: pl.Series, spec: ColumnSpec, comma: bool) -> pl.Series:  # noqa: ARG001
    from voltloop.catalogue import countries

    known = countries()
    words = dict(zip(known["name"].str.to_uppercase(), known["iso2"], strict=True))
    words |= dict(zip(known["iso3"], known["iso2"], strict=True)) | dict(
        zip(known["iso2"], known["iso2"], strict=True)
    )
    upper = raw.str.to_uppercase()
    two_letters = upper.str.contains("^[A-Z]{2}$")
    kept = pl.select(pl.when(two_letters).then(upper)).to_series()
    return upper.replace_strict(words | _COUNTRY_NICKNAMES, default=None, return_dtype=pl.String).fill_null(
        kept
    )


def _as_weekday(raw: pl.Series, spec: ColumnSpec, comma: bool) -> pl.Series:  # noqa: ARG001
    known = {word: day for day, words in enumerate(_WEEKDAYS, start=1) for word in (*words, str(day))}
    return raw.str.to_lowercase().replace_strict(known, default=None, return_dtype=pl.Int64)


def _as_parts(raw: pl.Series, spec: ColumnSpec, comma: bool) -> pl.Series:  # noqa: ARG001
    """Keep the text of cells whose parts can be read; few cells differ, so each is read once."""
    read = {"windows": windows_of, "dated": dated_of, "counts": counts_of}[spec.type]
    usable = [cell for cell in raw.drop_nulls().unique() if read(cell) is not None]
    return pl.select(pl.when(raw.is_in(usable)).then(raw)).to_series()


_READERS: dict[str, Callable[[pl.Series, ColumnSpec, bool], pl.Series]] = {
    "key": _as_text,
    "text": _as_text,
    "word": _as_word,
    "list": _as_list,
    "number": _as_number,
    "whole": _as_whole,
    "yes_no": _as_yes_no,
    "time": _as_time,
    "date": _as_date,
    "country": _as_country,
    "weekday": _as_weekday,
    "windows": _as_parts,
    "dated": _as_parts,
    "counts": _as_parts,
}
