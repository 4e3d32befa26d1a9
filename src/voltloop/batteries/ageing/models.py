"""The ageing models: their names, and the rates of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from voltloop.batteries.ageing.facts import rows
from voltloop.errors import InputError, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from voltloop.batteries.ageing.terms import Term
    from voltloop.batteries.ageing.windows import Stress

__all__ = ["model_names", "rates_of"]


def model_names() -> tuple[str, ...]:
    """Give the names of the ageing models, as the catalogue orders them."""
    return tuple(row["model"] for row in rows("models"))


def rates_of(model: str) -> Callable[[Stress, Mapping[str, float]], list[Term]]:
    """Give the function that works out the rates of a model's terms.

    Raises
    ------
    InputError
        ``unknown-ageing-model``, with the models that there are.
    """
    from voltloop.batteries.ageing.rates import TWO_TERM_MODELS
    from voltloop.batteries.ageing.rates_of_many_terms import MANY_TERM_MODELS

    rates = TWO_TERM_MODELS | MANY_TERM_MODELS
    if model not in rates:
        raise InputError(
            f'"{model}" is not an ageing model. Known models: {", ".join(model_names())}.{nearest(model, rates)}',
            code="unknown-ageing-model",
        )
    return rates[model]
