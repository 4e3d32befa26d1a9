"""Records of workbooks (XLSX, XLSB, XLS, ODS) and Parquet files."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import polars as pl

from voltloop.batteries._grid import Grid
from voltloop.errors import InputError

__all__ = ["parquet", "workbook"]

_HEADER_SEARCH = 100


def workbook(data: bytes, name: str, recognised: Callable[[Sequence[str]], int]) -> Grid:
    """Give the records of the sheet that holds the table; every cell counts from the sheet's first row.

    Raises
    ------
    InputError
        ``unreadable-format``: the bytes are no workbook, or it is protected by a password.
    """
    import fastexcel

    try:
        book = fastexcel.read_excel(data)
        sheets = [(sheet, _sheet(book, sheet, "string")) for sheet in book.sheet_names]
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException as error:  # damaged files make the reader panic, which is no Exception
        raise InputError(
            f"{name} cannot be read as a workbook ({_first_line(error)}). "
            "If it opens in a spreadsheet program, remove any password and save it again as XLSX or CSV.",
            code="unreadable-format",
        ) from None
    scores = [(_best(frame, recognised), frame.height) for _, frame in sheets]
    if not scores:
        raise InputError(
            f"{name} has no sheets. Give a workbook with a sheet that holds the list.", code="no-table"
        )
    chosen = max(range(len(sheets)), key=lambda number: (scores[number][0], scores[number][1] > 1, -number))
    sheet, frame = sheets[chosen]
    typed = _sheet(book, sheet, "boolean")
    stripped = pl.all().str.strip_chars()
    cells = frame.select(pl.when(stripped != "").then(stripped))
    if typed.shape == cells.shape:
        typed = typed.select(pl.all().is_not_null()).select(
            pl.col(column) & cells[column].str.to_lowercase().is_in(["true", "false"]).not_().fill_null(False)
            for column in cells.columns
        )
    others = [
        {"sheet": other, "records": found.height, "has_table": score[0] >= 2}
        for number, ((other, found), score) in enumerate(zip(sheets, scores, strict=True))
        if number != chosen
    ]
    return Grid(
        cells=cells if cells.width else pl.DataFrame({"0": pl.Series([], dtype=pl.String)}),
        typed=typed if typed.shape == cells.shape else None,
        facts={"format": "workbook", "sheet": sheet, "other_sheets": others},
    )


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or ["no reason given"])[0]


def _sheet(book: object, sheet: str, kind: str) -> pl.DataFrame:
    loaded = book.load_sheet(sheet, header_row=None, skip_rows=0, dtypes=kind)  # type: ignore[attr-defined]
    frame: pl.DataFrame = loaded.to_polars()
    return frame.rename({column: str(number) for number, column in enumerate(frame.columns)})


def _best(frame: pl.DataFrame, recognised: Callable[[Sequence[str]], int]) -> int:
    rows = frame.head(_HEADER_SEARCH).rows()
    return max((recognised([cell or "" for cell in row]) for row in rows), default=0)


def parquet(data: bytes, name: str) -> Grid:
    """Give the records of a Parquet file; its column names are the header.

    Raises
    ------
    InputError
        ``unreadable-format``: the file is damaged.
    """
    try:
        frame = pl.read_parquet(io.BytesIO(data))
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException as error:  # damaged files make the reader panic, which is no Exception
        raise InputError(
            f"{name} begins like a Parquet file and cannot be read ({_first_line(error)}). "
            "Write the file again.",
            code="unreadable-format",
        ) from None
    names = _flat_names(frame)
    frame = frame.select(_flat_columns(frame))
    typed = pl.DataFrame(
        {
            str(number): pl.Series([not _is_text(column.dtype)]).new_from_index(0, frame.height)
            if frame.height
            else pl.Series([], dtype=pl.Boolean)
            for number, column in enumerate(frame.get_columns())
        }
    )
    cells = pl.DataFrame({str(number): _as_text(column) for number, column in enumerate(frame.get_columns())})
    return Grid(cells=cells, names=names, typed=typed, facts={"format": "Parquet"})


def _flat_columns(frame: pl.DataFrame) -> list[pl.Expr]:
    found: list[pl.Expr] = []
    for column, kind in frame.schema.items():
        if isinstance(kind, pl.Struct):
            found.extend(
                pl.col(column).struct.field(inner.name).alias(f"{column}.{inner.name}")
                for inner in kind.fields
            )
        else:
            found.append(pl.col(column))
    return found


def _flat_names(frame: pl.DataFrame) -> list[str]:
    return frame.head(0).select(_flat_columns(frame)).columns


def _is_text(kind: pl.DataType) -> bool:
    return kind in (pl.String, pl.Categorical, pl.Enum) or isinstance(kind, (pl.Categorical, pl.Enum))


def _as_text(column: pl.Series) -> pl.Series:
    """Give a typed column as text: whole numbers without a point, dates as in ISO 8601."""
    kind = column.dtype
    if kind.is_float():
        whole = column.is_finite() & (column == column.round(0)) & (column.abs() < 1e15)
        text = pl.DataFrame({"value": column, "whole": whole}).select(
            pl.when(pl.col("whole"))
            .then(pl.col("value").cast(pl.Int64, strict=False).cast(pl.String))
            .when(pl.col("value").is_finite())
            .then(pl.col("value").cast(pl.String))
        )
        return text.to_series()
    if kind == pl.Binary:
        return column.cast(pl.String, strict=False)
    if kind.is_nested() or kind == pl.Object:
        return pl.Series(
            [None if value is None else str(value) for value in column.to_list()], dtype=pl.String
        )
    text_column = column.cast(pl.String, strict=False).str.strip_chars()
    return (
        text_column.to_frame("value").select(pl.when(pl.col("value") != "").then(pl.col("value"))).to_series()
    )
