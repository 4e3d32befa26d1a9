"""Findings about the rows of a file, kept as a table so that a million of them are no trouble."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import polars as pl

from voltloop.findings import Severity, kinds, make

__all__ = ["MARK", "RowFindings"]

MARK: Final = " | "
"""What joins the sentences of one row."""

_SCHEMA: Final = {"at": pl.UInt32, "code": pl.String, "fact": pl.String, "message": pl.String}
_HEAVY = (Severity.REVIEW, Severity.REJECT, Severity.FORBID)


Words = Mapping[str, Any] | Callable[[str | None], Mapping[str, Any]]
"""Further words of a sentence, for all rows alike or by the value of each."""


def _words(words: Words | None, value: str | None) -> Mapping[str, Any]:
    if words is None:
        return {}
    return words if isinstance(words, Mapping) else words(value)


def _joined(which: pl.Expr) -> pl.Expr:
    """Join the sentences of a row; null where there is none."""
    said = pl.col("message").filter(which).unique(maintain_order=True)
    return pl.when(said.len() > 0).then(said.str.join(MARK))


class RowFindings:
    """Findings by the place of their row in a chunk; those that weigh enough leave the row undecided."""

    def __init__(self) -> None:
        self._parts: list[pl.DataFrame] = []

    def add(
        self,
        code: str,
        rows: pl.DataFrame,
        *,
        field: str = "",
        fact: str = "",
        words: Words | None = None,
    ) -> None:
        """Add a finding of one kind for several rows.

        Parameters
        ----------
        code
            Kind of the catalogue.
        rows
            ``at`` and ``raw``, the place of the row and the value as it stands in the file.
        field, fact
            Column of the file, and the fact that is missing because of it; empty where there is none.
        words
            Further words of the sentence, or what gives them for a value; asked once per distinct value.
        """
        if not rows.height:
            return
        raw = rows["raw"].cast(pl.String)
        told = {
            value: make(code, field=field, raw=value, **_words(words, value)).message
            for value in raw.unique().to_list()
        }
        message = raw.replace_strict(
            list(told), pl.Series(list(told.values()), dtype=pl.String), return_dtype=pl.String
        )
        part = rows.select(
            pl.col("at").cast(pl.UInt32),
            pl.lit(code).alias("code"),
            pl.lit(fact).alias("fact"),
            message.alias("message"),
        )
        self._parts.append(part)

    def heavy(self, height: int) -> pl.Series:
        """Say which rows of a chunk have findings that leave them undecided."""
        heavy = [code for code, kind in kinds().items() if kind.severity in _HEAVY]
        at = self.table().filter(pl.col("code").is_in(heavy))["at"].unique()
        mask = pl.Series([False]).new_from_index(0, height)
        return mask.scatter(at, True) if len(at) else mask

    def forgive(self, at: Sequence[int], codes: Sequence[str]) -> None:
        """Take findings of some kinds away from rows of which something graver is said."""
        gone = pl.col("at").is_in(list(at)) & pl.col("code").is_in(list(codes))
        self._parts = [part.filter(~gone) for part in self._parts]

    def table(self) -> pl.DataFrame:
        """Give all findings: ``at``, ``code``, ``fact``, ``message``."""
        return pl.concat(self._parts) if self._parts else pl.DataFrame(schema=_SCHEMA)

    def by_row(self) -> pl.DataFrame:
        """Give for each row with findings what becomes of it.

        Returns
        -------
        polars.DataFrame
            ``at``, the sentences of ``findings`` and of mere ``remarks``, whether it ``is_bad``, and its ``bad_facts``.
        """
        heavy = [code for code, kind in kinds().items() if kind.severity in _HEAVY]
        light = [code for code, kind in kinds().items() if kind.severity is Severity.NOTE]
        is_heavy, is_light = pl.col("code").is_in(heavy), pl.col("code").is_in(light)
        return (
            self.table()
            .group_by("at", maintain_order=True)
            .agg(
                _joined(~is_light).alias("findings"),
                _joined(is_light).alias("remarks"),
                is_heavy.any().alias("is_bad"),
                pl.col("fact")
                .filter(is_heavy & (pl.col("fact") != ""))
                .unique(maintain_order=True)
                .alias("bad_facts"),
            )
        )

    def counts(self) -> dict[str, int]:
        """Give the number of rows by kind of finding, commonest first."""
        rows = (
            self.table()
            .unique(["at", "code"])
            .group_by("code")
            .len()
            .sort("len", "code", descending=[True, False])
        )
        return dict(rows.iter_rows())
