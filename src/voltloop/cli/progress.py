"""Progress on standard error: one line that changes on a terminal, one line per step elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["telling"]


@contextmanager
def telling(quiet: bool) -> Iterator[Callable[[str, str], None]]:
    """Give the function that a use case tells its steps to.

    On a terminal the newest step is shown with a spinner and the time gone by; in a file or pipe each step is named
    once, without colour.
    """
    if quiet:
        yield lambda _step, _what: None
        return
    if not sys.stderr.isatty():
        yield _plain()
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TextColumn("{task.fields[what]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("Starting", what="", total=None)
        yield lambda step, what: bar.update(task, description=step, what=what)


def _plain() -> Callable[[str, str], None]:
    last = ""

    def say(step: str, what: str) -> None:
        nonlocal last
        if step != last:
            sys.stderr.write(f"{step}: {what}\n" if what else f"{step}\n")
            last = step

    return say
