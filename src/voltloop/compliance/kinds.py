"""Verdicts of many goods: the few that there are, and which of them each row has."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Lock
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

from voltloop.compliance.boards import Boards
from voltloop.compliance.columns import Source
from voltloop.compliance.distinct import distinct_rows
from voltloop.compliance.goods import Goods
from voltloop.compliance.machine import Machine, machine_of
from voltloop.compliance.rulebook import Chain, Rulebook
from voltloop.compliance.verdicts import Judge, Verdict

__all__ = ["Bad", "Kinds", "Law", "kinds_of", "law_of"]

_ROWS: Final = 131_072
"""Rows of a block: its arrays stay in the caches of one core, and what a block costs once is spread thin."""

_Result = TypeVar("_Result")


class Law:
    """What is kept of a chain between calls: its machine, the moves as arrays, and the verdicts found."""

    def __init__(self, rulebook: Rulebook, chain: Chain, machine: Machine) -> None:
        self.chain = chain
        self.machine = machine
        self.boards = Boards(machine)
        self.judge = Judge(rulebook, machine)
        self._answers = list(rulebook.answers)
        self._spoilt: dict[tuple[int, tuple[str, ...]], tuple[Verdict, Verdict]] = {}

    def spoilt(self, verdict: Verdict, facts: tuple[str, ...]) -> Verdict:
        """Give the verdict of goods of which some facts cannot be; the sentences about them stand with the goods."""
        key = (id(verdict), facts)
        if key not in self._spoilt:
            at = self._answers.index("outcome")
            answers = (*verdict.answers[:at], "undecided", *verdict.answers[at + 1 :])
            missing = tuple(dict.fromkeys((*facts, *verdict.missing)))
            # The first one is kept so that its id is not given to another.
            self._spoilt[key] = (verdict, replace(verdict, answers=answers, missing=missing))
        return self._spoilt[key][1]


def law_of(rulebook: Rulebook, chain: Chain) -> Law:
    """Give what is kept of a chain; it starts anew when it has grown too big."""
    machine = machine_of(chain)
    law = chain.memo.get("law")
    if law is None or law.machine is not machine:
        law = chain.memo["law"] = Law(rulebook, chain, machine)
    return law


class Bad:
    """Rows with values that cannot be.

    Attributes
    ----------
    rows
        Their places in the goods, rising.
    """

    def __init__(
        self,
        rows: npt.NDArray[np.int64],
        numbers: npt.NDArray[np.int32],
        sets: Sequence[tuple[int, ...]],
        sources: Sequence[Source],
    ) -> None:
        self.rows = rows
        self.numbers = numbers
        self._sets = sets
        self._sources = sources

    def facts(self, number: int) -> tuple[str, ...]:
        """Give the facts that a set of bad values names."""
        return tuple(dict.fromkeys(self._sources[at].fact for at in self._sets[number]))

    def frame(self) -> pl.DataFrame:
        """Give ``row`` (from 0), ``fact`` and ``sentence`` of every bad value, in the order of rows."""
        parts = []
        for at, source in enumerate(self._sources):
            place_in = np.array([one.index(at) if at in one else -1 for one in self._sets], np.int32)
            order = place_in[self.numbers]
            held = np.flatnonzero(order >= 0)
            rows = self.rows[held]
            columns = (pl.Series(rows), pl.Series(order[held]), source.sentences(rows))
            names = ("row", "order", "sentence")
            part = pl.DataFrame([one.alias(name) for one, name in zip(columns, names, strict=True)])
            parts.append(part.with_columns(fact=pl.lit(source.fact)))
        if not parts:
            return pl.DataFrame(schema={"row": pl.Int64, "fact": pl.String, "sentence": pl.String})
        return pl.concat(parts).sort("row", "order").select("row", "fact", "sentence")

    def notes(self, mark: str) -> pl.Series:
        """Give all sentences of each bad row as one text."""
        found = self.frame()
        if found.height == len(self.rows):
            return found["sentence"]
        return found.group_by("row", maintain_order=True).agg(pl.col("sentence").str.join(mark))["sentence"]


class Kinds:
    """Verdicts that occur, which of them each row has, and the rows with values that cannot be."""

    def __init__(self, verdicts: list[Verdict], which: npt.NDArray[np.uint32], bad: Bad) -> None:
        self.verdicts = verdicts
        self.which = which
        self.bad = bad


def kinds_of(goods: pl.DataFrame, rulebook: Rulebook, chain: Chain) -> Kinds:
    """Give the verdict of each row of goods as the number of its kind."""
    reader = Goods(goods, rulebook, chain)
    law = law_of(rulebook, chain)
    machine = law.machine
    start = machine.start
    for name, code in reader.constant.items():
        start = machine.move(start, machine.places[name], code)
    places = [(name, machine.places[name]) for name in reader.varying]
    which = np.empty(reader.height, np.uint32)

    def take_in(first: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]] | None:
        count = min(_ROWS, reader.height - first)
        block = reader.block(first, count)
        states = np.full(count, start, np.int64)
        for name, place in places:
            law.boards.move(states, place, block.codes[name])
        which[first : first + count] = states
        if block.wrong is None:
            return None
        rows = np.flatnonzero(block.wrong)
        return rows + first, block.wrong[rows]

    found = [part for part in _each_block(take_in, reader.height) if part is not None]
    verdicts, number_of = _judged(law, which)
    _each_block(lambda first: _renumber(which[first : first + _ROWS], number_of), reader.height)
    bad = Bad(
        np.concatenate([rows for rows, _ in found]) if found else np.zeros(0, np.int64),
        np.concatenate([numbers for _, numbers in found]) if found else np.zeros(0, np.int32),
        reader.wrongs,
        reader.sources,
    )
    _spoil(verdicts, which, bad, law)
    return Kinds(verdicts, which, bad)


def _each_block(work: Callable[[int], _Result], height: int) -> list[_Result]:
    """Do something for each block of rows, on all processors that this process may use."""
    starts = range(0, height, _ROWS)
    workers = min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1, len(starts))
    if workers <= 1:
        return [work(start) for start in starts]
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(work, starts))


def _renumber(which: npt.NDArray[np.uint32], number_of: npt.NDArray[np.uint32]) -> None:
    which[:] = number_of.take(which)


def _judged(law: Law, which: npt.NDArray[np.uint32]) -> tuple[list[Verdict], npt.NDArray[np.uint32]]:
    """Give the distinct verdicts of the states that occur, and for each state the number of its verdict."""
    used = np.zeros(len(law.machine.nodes), bool)
    lock = Lock()

    def mark(first: int) -> None:
        mine = np.zeros(len(used), bool)
        mine[which[first : first + _ROWS]] = True
        with lock:
            np.logical_or(used, mine, out=used)

    _each_block(mark, len(which))
    verdicts: list[Verdict] = []
    numbers: dict[int, int] = {}
    number_of = np.zeros(len(used), np.uint32)
    for state in np.flatnonzero(used).tolist():
        verdict = law.judge.verdict(state)
        if id(verdict) not in numbers:
            numbers[id(verdict)] = len(verdicts)
            verdicts.append(verdict)
        number_of[state] = numbers[id(verdict)]
    return verdicts, number_of


def _spoil(verdicts: list[Verdict], which: npt.NDArray[np.uint32], bad: Bad, law: Law) -> None:
    """Give bad rows verdicts of their own, one for each verdict and set of bad facts."""
    if not len(bad.rows):
        return
    kinds = which[bad.rows].astype(np.int64)
    first, place = distinct_rows([kinds, bad.numbers])
    new = np.empty(len(first), np.uint32)
    known: dict[tuple[int, tuple[str, ...]], int] = {}
    for at, (kind, number) in enumerate(zip(kinds[first].tolist(), bad.numbers[first].tolist(), strict=True)):
        key = (kind, bad.facts(number))
        if key not in known:
            known[key] = len(verdicts)
            verdicts.append(law.spoilt(verdicts[kind], key[1]))
        new[at] = known[key]
    which[bad.rows] = new[place]
