"""The dangerous-goods verdict of goods in a mode on a day."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Final

import numpy as np
import polars as pl

from voltloop.compliance.frames import NOTE_MARK, VERDICT_COLUMNS, verdict_frame
from voltloop.compliance.kinds import Bad, kinds_of
from voltloop.compliance.one import rows_of
from voltloop.compliance.rulebook import Rulebook, load_rulebook
from voltloop.errors import InputError

__all__ = [
    "NOTE_MARK",
    "VERDICT_COLUMNS",
    "VerdictKinds",
    "ask_whom",
    "classify",
    "classify_kinds",
]

_FEW: Final = 40
"""Rows up to which plain Python is faster than a table engine."""


def classify(
    goods: pl.DataFrame, rulebook: Rulebook, *, mode: str, on: date, edition: str | None = None
) -> pl.DataFrame:
    """Give the verdict of each row of goods.

    Parameters
    ----------
    goods
        One row per item. A column named like a fact of the rulebook states it (``chemistry``, ``form``, ``unit_kind``,
        ``state``, ``energy_wh`` of one unit, ``lithium_g``, ``package_gross_kg``, ``net_mass_kg`` of one unit,
        ``un38_3_tested``, ...); ``flags`` may state more, joined by semicolons. Null means unknown, never
        "no". ``item`` numbers the rows; without it they are numbered from 1.
    rulebook
        From :func:`voltloop.compliance.load_rulebook`.
    mode
        ``road_eu`` or ``road_us``.
    on
        Day of carriage.
    edition
        Edition of the mode's main regime; by default the newest lawful one whose text has been read.

    Returns
    -------
    polars.DataFrame
        :data:`VERDICT_COLUMNS`, one row per item in the same order. ``points_per_kg`` [1/kg] is null where the
        small-load relief cannot be used or the mode has no points. A row with a value that cannot be is
        ``undecided`` and names it in ``missing_facts`` and ``notes``.

    Raises
    ------
    RulebookError
        The mode or edition is unknown, or no edition covers the day (code ``date-outside-editions``).
    InputError
        A column holds lists or objects instead of plain values, or ``item`` no whole numbers.

    Examples
    --------
    >>> import polars as pl
    >>> from datetime import date
    >>> from voltloop.compliance import classify, load_rulebook
    >>> goods = pl.DataFrame({"chemistry": ["li_ion"], "form": ["battery"], "state": ["damaged"]})
    >>> verdict = classify(goods, load_rulebook(), mode="road_eu", on=date(2026, 11, 24)).row(0, named=True)
    >>> verdict["outcome"], verdict["packing_instruction"], verdict["points_per_kg"]
    ('allowed', 'P908|LP904', 3.0)
    """
    if goods.height > _FEW:
        return classify_kinds(goods, rulebook, mode=mode, on=on, edition=edition).frame()
    chain = rulebook.chain(mode, on, edition)
    schema = {"item": pl.Int64} | verdict_frame((), rulebook, chain).schema
    item = _items(goods).to_list()
    rows = rows_of(goods, rulebook, chain)
    parts = [(number, *row.values()) for number, row in zip(item, rows, strict=True)]
    return pl.DataFrame(parts, schema=schema, orient="row").select(VERDICT_COLUMNS)


@dataclass(frozen=True)
class VerdictKinds:
    """Verdicts of many goods in little memory.

    Attributes
    ----------
    kinds
        One row per verdict that occurs: :data:`VERDICT_COLUMNS` without ``item``. The notes of goods with a value that
        cannot be lack the sentence about the value, which is in ``bad``.
    which
        Row of ``kinds`` of each item, in the order of the goods.
    item
        Number of each item.
    """

    kinds: pl.DataFrame
    which: pl.Series
    item: pl.Series
    _bad: Bad = field(repr=False)

    @cached_property
    def bad(self) -> pl.DataFrame:
        """Values that cannot be: ``row`` (from 0), ``fact`` and ``sentence``, in the order of rows."""
        return self._bad.frame()

    def frame(self) -> pl.DataFrame:
        """Give the verdict of each item: :data:`VERDICT_COLUMNS`, one row per item in the order of the goods."""
        varies = {name: self.kinds[name].n_unique() > 1 for name in self.kinds.columns}
        picked = self.kinds.select(
            pl.col(name).gather(self.which) for name, is_varied in varies.items() if is_varied
        )
        rows = pl.DataFrame([self.item.cast(pl.Int64).alias("item"), *picked.get_columns()])
        rows = rows.with_columns(
            pl.lit(self.kinds[name][0] if self.kinds.height else None, dtype=self.kinds.schema[name]).alias(
                name
            )
            for name, is_varied in varies.items()
            if not is_varied
        )
        if len(self._bad.rows):
            rows = rows.with_columns(self._notes())
        return rows.select(VERDICT_COLUMNS)

    def _notes(self) -> pl.Series:
        """Give the notes of each item, those of bad rows with the sentences about what cannot be."""
        bad = self._bad
        at = self.which.to_numpy().copy()
        common = self.kinds["notes"]
        theirs = common.gather(pl.Series(at[bad.rows]))
        said = bad.notes(NOTE_MARK).alias("said")
        full = pl.select(
            pl.when(theirs == "").then(said).otherwise(pl.format(f"{{}}{NOTE_MARK}{{}}", said, theirs))
        )
        at[bad.rows] = np.arange(len(common), len(common) + len(bad.rows), dtype=np.uint32)
        return pl.concat([common, full.to_series().alias("notes")]).gather(pl.Series(at))


def classify_kinds(
    goods: pl.DataFrame, rulebook: Rulebook, *, mode: str, on: date, edition: str | None = None
) -> VerdictKinds:
    """Give the verdicts of goods as the few kinds that there are and the kind of each row.

    This is :func:`classify` for millions of rows: a verdict frame of ten million rows takes gigabytes, this 120 MB.
    Parameters and errors are those of :func:`classify`.

    Examples
    --------
    >>> import polars as pl
    >>> from datetime import date
    >>> from voltloop.compliance import classify_kinds, load_rulebook
    >>> goods = pl.DataFrame({"chemistry": ["nimh"] * 3, "form": "battery", "state": ["used", "damaged", "used"]})
    >>> found = classify_kinds(goods, load_rulebook(), mode="road_eu", on=date(2026, 11, 24))
    >>> found.kinds["outcome"].gather(found.which).to_list()
    ['exempt_other', 'exempt_other', 'exempt_other']
    """
    chain = rulebook.chain(mode, on, edition)
    item = _items(goods)
    found = kinds_of(goods, rulebook, chain)
    return VerdictKinds(
        verdict_frame(found.verdicts, rulebook, chain), pl.Series("kind", found.which), item, found.bad
    )


def _items(goods: pl.DataFrame) -> pl.Series:
    """Give the number of each item."""
    item = goods["item"] if "item" in goods.columns else pl.int_range(1, goods.height + 1, eager=True)
    if not item.dtype.is_integer():
        raise InputError(
            f'The column "item" holds {item.dtype}, not whole numbers. '
            "Number the items and keep other names elsewhere.",
            code="goods-column-type",
        )
    return item


def ask_whom(fact: str, rulebook: Rulebook | None = None) -> str:
    """Say whom to ask for a fact that is missing.

    An unknown name gives the sentence for advice in general, since a list of missing facts must never break.

    Examples
    --------
    >>> ask_whom("package_gross_kg")
    'Ask whoever packs the goods to weigh the package.'
    """
    facts = (rulebook or load_rulebook()).facts
    known = facts.get(fact) or facts["legal_advice"]
    return known.ask or facts["legal_advice"].ask
