"""Distinct rows of small integer columns."""

from __future__ import annotations

import numpy as np
import pytest

from voltloop.compliance.distinct import distinct_rows


@pytest.mark.parametrize("spread", [3, 10**9])
def test_alike_rows_share_a_number_and_examples_are_right(spread: int) -> None:
    """Small and huge key ranges take different ways to the same answer."""
    generator = np.random.default_rng(7)
    columns = [generator.integers(0, 4, 500) * spread for _ in range(6)]
    first, which = distinct_rows(columns)
    table = np.stack(columns, axis=1)
    assert len(first) == len(np.unique(table, axis=0))
    assert (table[first[which]] == table).all()


def test_keys_that_would_overflow_are_packed_anew() -> None:
    columns = [np.array([0, 2**40, 0, 2**40]), np.array([0, 0, 2**40, 2**40]), np.array([5, 5, 5, 2**40])]
    first, which = distinct_rows(columns)
    assert len(first) == 4
    assert len(set(which.tolist())) == 4


def test_constant_columns_give_one_row() -> None:
    first, which = distinct_rows([np.full(10, 3)])
    assert len(first) == 1
    assert which.tolist() == [0] * 10
