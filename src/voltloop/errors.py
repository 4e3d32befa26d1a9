"""The errors of voltloop: what could not be done, and what to do about it.

The tree::

    VoltloopError
    ├── InputError            a file, table or argument that cannot be used
    ├── RulebookError         the law as data is broken or does not cover the question
    ├── LedgerError           the ledger's database cannot be started, reached, upgraded or restored
    ├── NoFeasiblePlan        no plan keeps every rule; names the binding ones in words
    └── MissingDependency     a library is absent; prints the exact install command

An error means that the work could not be done. A problem of the goods, the data or the plan is a
*finding* (see :mod:`voltloop.findings`): a value that is listed, never raised.

Every message says, in this order, what is wrong, where, what was expected, and what to do.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = [
    "InputError",
    "LedgerError",
    "MissingDependency",
    "NoFeasiblePlan",
    "RulebookError",
    "VoltloopError",
    "nearest",
]


class VoltloopError(Exception):
    """Base of all errors that voltloop raises on purpose.

    Parameters
    ----------
    message
        Full sentences: what, where, what was expected, what to do.
    code
        Stable identifier in kebab-case, also the anchor in the docs page of errors.
    """

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class InputError(VoltloopError):
    """A file, table or argument that cannot be used."""


class RulebookError(VoltloopError):
    """The rulebook is broken, or no edition in it covers the question."""


class LedgerError(VoltloopError):
    """The database of the ledger cannot be started, reached, upgraded, backed up or restored."""


class NoFeasiblePlan(VoltloopError):
    """No plan keeps every rule. The message names the binding ones."""


class MissingDependency(VoltloopError):
    """A library that this task needs is not installed."""


def nearest(word: str, choices: Iterable[str]) -> str:
    """Give ``" Did you mean X?"`` for the choice closest to a mistyped word, or an empty string.

    Examples
    --------
    >>> nearest("latt", ["lat", "lon"])
    ' Did you mean "lat"?'
    >>> nearest("zzz", ["lat", "lon"])
    ''
    """
    close = difflib.get_close_matches(word, list(choices), n=1, cutoff=0.6)
    return f' Did you mean "{close[0]}"?' if close else ""
