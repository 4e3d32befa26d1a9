"""The dangerous-goods verdict of goods in a mode on a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from voltloop.compliance.distinct import distinct_rows
from voltloop.compliance.goods import EncodedGoods, encode
from voltloop.compliance.limits import active
from voltloop.compliance.rulebook import Chain, Rulebook, load_rulebook
from voltloop.compliance.verdicts import Verdict, decide
from voltloop.errors import InputError

__all__ = ["NOTE_MARK", "VERDICT_COLUMNS", "ask_whom", "classify", "classify_chain", "verdict_frame"]

VERDICT_COLUMNS: Final = (
    "item", "outcome", "un_number", "proper_shipping_name", "hazard_class", "packing_instruction", "special_provisions",
    "soc_limit_pct", "package_limit", "transport_category", "tunnel_code", "points_per_kg", "segregation", "stowage",
    "marks", "labels", "statements", "documents", "training", "waste_code", "missing_facts", "rules", "edition",
    "notes", "confidence",
)  # fmt: skip
"""Columns of a verdict frame, in order. Lists are joined by semicolons, several lawful answers by vertical bars."""


_MEMO_ROOM: Final = 500_000
"""Kinds of goods whose verdicts are kept; beyond that the memory starts anew."""

NOTE_MARK: Final = " | "
"""What joins the sentences of ``notes``, which hold semicolons themselves."""


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
    chain = rulebook.chain(mode, on, edition)
    encoded = encode(goods, rulebook, chain)
    which, verdicts = _verdicts(encoded, goods.height, rulebook, chain)
    item = goods["item"] if "item" in goods.columns else pl.int_range(1, goods.height + 1, eager=True)
    if not item.dtype.is_integer():
        raise InputError(
            f'The column "item" holds {item.dtype}, not whole numbers. '
            "Number the items and keep other names elsewhere.",
            code="goods-column-type",
        )
    frame = verdict_frame(verdicts, rulebook, chain)
    rows = frame.select(pl.all().gather(pl.Series(which)))
    return rows.insert_column(0, item.cast(pl.Int64).alias("item")).select(VERDICT_COLUMNS)


def classify_chain(goods: pl.DataFrame, rulebook: Rulebook, chain: Chain) -> list[Verdict]:
    """Give the verdict of each row of goods under one chain of tables, as objects."""
    which, verdicts = _verdicts(encode(goods, rulebook, chain), goods.height, rulebook, chain)
    return [verdicts[at] for at in which.tolist()]


def _verdicts(
    encoded: EncodedGoods, height: int, rulebook: Rulebook, chain: Chain
) -> tuple[npt.NDArray[np.int64], list[Verdict]]:
    """Give the distinct verdicts, and which of them each row has."""
    if height == 0:
        return np.zeros(0, np.int64), []
    names = chain.given
    first, which = distinct_rows([encoded.codes[name] for name in names])
    distinct = {name: encoded.codes[name][first] for name in names}
    keys = list(zip(*(distinct[name].tolist() for name in names), strict=True))
    new = [at for at, key in enumerate(keys) if key not in chain.memo]
    if len(chain.memo) + len(new) > _MEMO_ROOM:
        chain.memo.clear()
        new = list(range(len(keys)))
    if new:
        asked = {name: distinct[name][new] for name in names}
        for at, verdict in zip(new, decide(rulebook, chain, asked), strict=True):
            chain.memo[keys[at]] = verdict
    verdicts: list[Verdict] = [chain.memo[key] for key in keys]
    bad: dict[tuple[int, tuple[tuple[str, str], ...]], int] = {}
    for row, found in encoded.bad.items():
        known = (int(which[row]), found)
        if known not in bad:
            bad[known] = len(verdicts)
            verdicts.append(_spoilt(verdicts[known[0]], found, rulebook))
        which[row] = bad[known]
    return which, verdicts


def _spoilt(verdict: Verdict, found: Sequence[tuple[str, str]], rulebook: Rulebook) -> Verdict:
    """Give the verdict of a row in which something cannot be."""
    at = list(rulebook.answers).index("outcome")
    answers = tuple("undecided" if index == at else value for index, value in enumerate(verdict.answers))
    bad = tuple(dict.fromkeys(name for name, _ in found))
    missing = tuple(dict.fromkeys((*bad, *verdict.missing)))
    return replace(
        verdict, answers=answers, missing=missing, notes=(*(said for _, said in found), *verdict.notes)
    )


def verdict_frame(verdicts: Sequence[Verdict], rulebook: Rulebook, chain: Chain) -> pl.DataFrame:
    """Give verdicts as a frame, without ``item``."""
    points = {
        key: limit.points_per_kg
        for limit in active(rulebook.limits, chain.edition)
        if limit.kind == "category"
        for key in limit.keys
    }
    columns: dict[str, pl.Series] = {}
    for at, name in enumerate(rulebook.answers):
        texts = [verdict.answers[at] for verdict in verdicts]
        columns[name] = pl.Series(name, texts, dtype=pl.String)
    categories = columns["transport_category"].to_list()
    decided = [outcome != "undecided" for outcome in columns["outcome"].to_list()]
    columns["points_per_kg"] = pl.Series(
        [
            points.get(key) if known and key is not None else None
            for key, known in zip(categories, decided, strict=True)
        ],
        dtype=pl.Float64,
    )
    for name, mark, lists in (
        ("missing_facts", ";", [verdict.missing for verdict in verdicts]),
        ("rules", ";", [verdict.rules for verdict in verdicts]),
        ("notes", NOTE_MARK, [verdict.notes for verdict in verdicts]),
    ):
        columns[name] = pl.Series(name, [mark.join(parts) for parts in lists], dtype=pl.String)
    columns["confidence"] = pl.Series([verdict.confidence for verdict in verdicts], dtype=pl.String)
    columns["edition"] = pl.Series([chain.edition.name] * len(verdicts), dtype=pl.String)
    return pl.DataFrame(columns).select(name for name in VERDICT_COLUMNS if name != "item")


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
