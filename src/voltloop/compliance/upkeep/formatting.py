"""The canonical form of the files of a rulebook. Only how they look is changed, never what they say."""

from __future__ import annotations

import csv
import io
import re
import tomllib
from typing import Final

from voltloop.errors import RulebookError

__all__ = ["format_text"]

_FIRST: Final = ("id", "since", "until", "confirmed", "overrides")
_LAST: Final = ("say", "cite", "confidence")


def format_text(text: str, shown: str) -> str:
    r"""Give the canonical form of one file.

    CSV: UTF-8 without a byte-order mark, one LF per row, no blanks around cells, quotes only where a cell needs
    them, and the columns of a decision table in the order ``id, since, until, confirmed, overrides, when.*, effect,
    then.*, say, cite, confidence``; the order of the ``when`` and ``then`` columns among themselves, and of all
    rows, is the author's.
    TOML: no blanks at the ends of lines, one empty line before each table, never two.

    Parameters
    ----------
    text
        What the file holds.
    shown
        Its name for messages; the ending says which form it has.

    Raises
    ------
    RulebookError
        ``rulebook-file``, ``rulebook-columns`` or ``rulebook-cells``: the file is no table, so it has no form.

    Examples
    --------
    >>> format_text('id , say\r\n"a","One, two."\r\n', "x.csv")
    'id,say\na,"One, two."\n'
    """
    return _format_csv(text, shown) if shown.endswith(".csv") else _format_toml(text, shown)


def _format_csv(text: str, shown: str) -> str:
    reader = csv.reader(text.removeprefix("\ufeff").splitlines())
    header = [cell.strip() for cell in next(reader, [])]
    if not header or len(set(header)) != len(header):
        raise RulebookError(
            f"{shown}: the header is empty or names a column twice. Name each column once.",
            code="rulebook-columns",
        )
    order = _order(header)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([header[at] for at in order])
    for number, row in enumerate(reader, start=2):
        cells = [cell.strip() for cell in row]
        if not any(cells):
            continue
        if len(cells) != len(header):
            raise RulebookError(
                f"{shown}, row {number}: {len(cells)} cells under {len(header)} columns. "
                "A comma inside a cell needs double quotes around the cell.",
                code="rulebook-cells",
            )
        writer.writerow([cells[at] for at in order])
    return out.getvalue()


def _order(header: list[str]) -> list[int]:
    """Give the positions of the columns in canonical order; a file with other columns keeps its own."""
    words = {name for name in header if not name.startswith(("when.", "then."))}
    if words != {*_FIRST, "effect", *_LAST}:
        return list(range(len(header)))
    groups = (
        _FIRST,
        [name for name in header if name.startswith("when.")],
        ["effect"],
        [name for name in header if name.startswith("then.")],
        _LAST,
    )
    return [header.index(name) for group in groups for name in group]


def _format_toml(text: str, shown: str) -> str:
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n")
    try:
        before = tomllib.loads(plain)
    except tomllib.TOMLDecodeError as error:
        raise RulebookError(
            f"{shown}: the file cannot be read: {error}. A rulebook needs it as valid TOML. Mend it.",
            code="rulebook-file",
        ) from None
    lines: list[str] = []
    for line in (line.rstrip() for line in plain.split("\n")):
        opens = re.match(r"\[\[?[^\]]+\]\]?\s*(#.*)?$", line)
        if opens and lines and lines[-1] and not lines[-1].startswith("#"):
            lines.append("")
        if line or (lines and lines[-1]):
            lines.append(line)
    while lines and not lines[-1]:
        lines.pop()
    formed = "\n".join(lines) + "\n" if lines else ""
    # Text over several lines may hold blanks that mean something; such a file is left as it is.
    return formed if tomllib.loads(formed) == before else plain
