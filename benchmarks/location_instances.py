"""Published instances of locating sites, read as the project's own :class:`~voltloop.network.location.Location`.

Three layouts, told apart by how the numbers stand on the lines:

- OR-Library: ``m n``; m pairs of capacity and cost of opening; for each of n customers the demand and the m costs of
  serving the whole of it. The word ``capacity`` may stand for a number. Capacities that are all zero mean none.
- Holmberg, each customer served from one site: ``m n``; m pairs; n demands; m rows of n costs.
- Bilde and Krarup, without capacities: a line ``FILE: name``; ``m n 0``; m rows of number, cost of opening, n costs.
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from voltloop.errors import InputError
from voltloop.network.location import Location

__all__ = ["Instance", "read_instance"]

_WORD = "capacity"


@dataclass(frozen=True)
class Instance:
    """A problem, its name, and its optimum where ``OPTIMA.csv`` beside or above the file tells it."""

    name: str
    problem: Location
    optimum: float | None


@dataclass(frozen=True)
class _Numbers:
    """The numbers of a file, ``nan`` for the word, and the positions at which a line begins."""

    path: Path
    values: NDArray[np.float64]
    begins: frozenset[int]

    def all_begin(self, positions: range) -> bool:
        return all(position in self.begins for position in positions)


def read_instance(path: Path, capacity: float | None = None) -> Instance:
    """Read one file.

    Parameters
    ----------
    path
        The file.
    capacity
        Capacity of every site in place of what the file says, ``inf`` for none.

    Raises
    ------
    InputError
        The file is missing, cut, has other words than numbers, or its capacities are unknown or too small.
    """
    read = _bilde_krarup if _text(path).startswith("FILE") else _listed
    problem = read(path, capacity)
    room, need = float(problem.capacity.sum()), float(problem.demand.sum())
    if room < need:
        raise InputError(
            f"{path}: the sites together have room for {room:g}, the customers need {need:g}. Expected at least as "
            f"much room; give every site {math.ceil(need / len(problem.capacity))} or more with --capacity.",
            code="benchmark-capacity",
        )
    return Instance(path.stem, problem, _optimum(path, capacity))


def _text(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"{path}: {error.strerror or error}. Expected an instance of locating sites. Mend the path.",
            code="benchmark-file",
        ) from None
    except UnicodeDecodeError:
        raise InputError(
            f"{path} is not a text file. Expected an instance of locating sites. Mend the path.",
            code="benchmark-file",
        ) from None
    if not text.strip():
        raise InputError(f"{path} is empty. Expected an instance. Copy it again.", code="benchmark-file")
    return text


def _numbers(path: Path, text: str) -> _Numbers:
    values: list[float] = []
    begins = set()
    for row, line in enumerate(text.splitlines(), start=1):
        begins.add(len(values))
        for word in line.split():
            try:
                value = math.nan if word == _WORD else float(word)
            except ValueError:
                value = math.inf
            if math.isinf(value) or (math.isnan(value) and word != _WORD):
                raise InputError(
                    f'{path}, line {row}: "{word}" is not a number. Expected numbers and, in place of a capacity, '
                    f'the word "{_WORD}". Mend the line or copy the file again.',
                    code="benchmark-file",
                )
            values.append(value)
    return _Numbers(path, np.array(values), frozenset(begins))


def _counts(numbers: _Numbers) -> tuple[int, int]:
    head = numbers.values[:2]
    if len(head) < 2 or not all(value >= 1 and value == int(value) for value in head):
        said = " ".join(f"{value:g}" for value in head)
        raise InputError(
            f'{numbers.path}: the file begins with "{said}". Expected the numbers of sites and of customers, whole '
            "and above zero. Check that it is an instance of locating sites.",
            code="benchmark-file",
        )
    return int(head[0]), int(head[1])


def _check_length(numbers: _Numbers, expected: int, of: str) -> None:
    if len(numbers.values) != expected:
        state = "cut off" if len(numbers.values) < expected else "too long"
        raise InputError(
            f"{numbers.path} is {state}: {len(numbers.values)} numbers. Expected {expected} for {of}. Copy the file "
            "again.",
            code="benchmark-file",
        )


def _check_words(numbers: _Numbers, sites: int) -> None:
    elsewhere = np.isnan(numbers.values)
    elsewhere[2 : 2 + 2 * sites : 2] = False
    if elsewhere.any():
        raise InputError(
            f'{numbers.path}: number {int(elsewhere.argmax()) + 1} is the word "{_WORD}". Expected it only in place '
            "of the capacity of a site. Copy the file again.",
            code="benchmark-file",
        )


def _capacities(path: Path, stated: NDArray[np.float64], asked: float | None) -> NDArray[np.float64]:
    if asked is not None:
        return np.full(len(stated), asked)
    if np.isnan(stated).any():
        raise InputError(
            f'{path}: the word "{_WORD}" stands where the capacities of the sites should be. Expected a number. '
            "Say which with --capacity, for example --capacity 8000.",
            code="benchmark-capacity",
        )
    return stated if stated.any() else np.full(len(stated), np.inf)


def _listed(path: Path, asked: float | None) -> Location:
    """OR-Library or Holmberg: as many numbers in both, in another order."""
    numbers = _numbers(path, _text(path))
    sites, customers = _counts(numbers)
    begin = 2 + 2 * sites
    _check_length(numbers, begin + customers * (sites + 1), f"{sites} sites and {customers} customers")
    _check_words(numbers, sites)
    capacity = _capacities(path, numbers.values[2:begin:2], asked)
    fixed = numbers.values[3:begin:2]
    rest = numbers.values[begin:]
    by_customer = numbers.all_begin(range(begin, len(numbers.values), sites + 1))
    by_site = numbers.all_begin(range(begin + customers, len(numbers.values), customers))
    if by_customer and by_site:
        by_site = not numbers.all_begin(range(begin + 1, len(numbers.values), sites + 1))
    elif not by_customer and not by_site:
        raise InputError(
            f"{path}: the lines do not show whether each customer's demand comes with its costs (OR-Library) or all "
            "demands come first (Holmberg). Expected each customer, or else the demands and each site, to begin on "
            "a new line. Copy the file again.",
            code="benchmark-file",
        )
    if by_site:
        return Location(capacity, fixed, rest[:customers], rest[customers:].reshape(sites, customers), True)
    rows = rest.reshape(customers, sites + 1)
    return Location(capacity, fixed, rows[:, 0], np.ascontiguousarray(rows[:, 1:].T))


def _bilde_krarup(path: Path, asked: float | None) -> Location:
    _, _, text = _text(path).partition("\n")
    numbers = _numbers(path, text)
    sites, customers = _counts(numbers)
    _check_length(numbers, 3 + sites * (customers + 2), f"{sites} sites and {customers} customers")
    _check_words(numbers, 0)
    rows = numbers.values[3:].reshape(sites, customers + 2)
    capacity = _capacities(path, np.zeros(sites), asked)
    return Location(capacity, rows[:, 1], np.ones(customers), rows[:, 2:])


def _optimum(path: Path, capacity: float | None) -> float | None:
    """The published optimum of a file, for the capacity where the file leaves it open."""
    for folder in path.resolve().parents[:2]:
        table = folder / "OPTIMA.csv"
        if table.is_file():
            with table.open(encoding="utf-8", newline="") as lines:
                cells = [
                    row["optimum"] for row in csv.DictReader(lines) if Path(row["file"]).name == path.name
                ]
            if not cells:
                return None
            if ":" not in cells[0]:
                return float(cells[0]) if capacity is None else None
            known = dict(pair.split(":") for pair in cells[0].split(";"))
            asked = "uncap" if capacity == math.inf else f"{capacity:g}" if capacity else ""
            return float(known[asked]) if asked in known else None
    return None
