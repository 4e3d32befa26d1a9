"""What runs in a worker process: it receives what all tasks share once, and then does task after task."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar

__all__ = ["processes", "receive", "work"]

T = TypeVar("T")

_shared: Any = None


def receive(shared: Any) -> None:
    """Start a worker process: keep what all tasks share, so that each sends only what is its own."""
    global _shared  # noqa: PLW0603 - one value per process, set once
    _shared = shared


def work(task: Callable[..., T], *arguments: Any) -> T:
    """Do one task with what :func:`receive` kept as its first argument."""
    return task(_shared, *arguments)


def processes(shared: Any, workers: int) -> AbstractContextManager[Executor | None]:
    """Open worker processes that know what tasks share; None for a single one, which needs no process."""
    if workers == 1:
        return nullcontext(None)
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    # Spawned, not forked: the parent may hold threads (Polars) that do not survive a fork.
    spawn = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers, mp_context=spawn, initializer=receive, initargs=(shared,))
