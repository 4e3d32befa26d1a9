"""Options that several commands take, written down once."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

__all__ = ["taking"]


def taking(shared: Callable[..., Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Let a command take the options of a function too; the command gets what that makes of them as ``told``.

    Parameters
    ----------
    shared
        Its parameters are the options, annotated for Typer.
    """
    options = inspect.signature(shared, eval_str=True).parameters

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        parameters = inspect.signature(command, eval_str=True).parameters
        own = [one for name, one in parameters.items() if name != "told"]

        def run(**given: Any) -> None:
            made = shared(**{name: given.pop(name) for name in options})
            command(**given, told=made)

        both = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in (*own, *options.values())]
        run.__name__, run.__doc__, run.__module__ = command.__name__, command.__doc__, command.__module__
        run.__signature__ = inspect.Signature(both)  # type: ignore[attr-defined]
        run.__annotations__ = {one.name: one.annotation for one in both}
        return run

    return decorate
