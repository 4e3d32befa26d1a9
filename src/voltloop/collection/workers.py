"""What runs in a worker process: it receives the problem once and then searches part after part."""

from __future__ import annotations

from concurrent.futures import Executor
from contextlib import AbstractContextManager, nullcontext

from voltloop.collection.model import Problem
from voltloop.collection.parts import Effort, Found, Part, TourSolver

__all__ = ["processes", "receive", "work"]

_job: tuple[Problem, TourSolver] | None = None


def receive(problem: Problem, solver: TourSolver) -> None:
    """Start a worker process: keep the problem, so that each job sends only its part."""
    global _job  # noqa: PLW0603 - one value per process, set once
    _job = (problem, solver)


def work(part: Part, effort: Effort) -> Found:
    """Search one part with what :func:`receive` kept."""
    if _job is None:  # pragma: no cover - the executor always runs the initialiser first
        raise RuntimeError("worker without a problem")
    problem, solver = _job
    return solver.tours(problem, part, effort)


def processes(problem: Problem, solver: TourSolver, workers: int) -> AbstractContextManager[Executor | None]:
    """Open worker processes that know the problem; None for a single one, which needs no process."""
    if workers == 1:
        return nullcontext(None)
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    # Spawned, not forked: the parent may hold threads (Polars) that do not survive a fork.
    spawn = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers, mp_context=spawn, initializer=receive, initargs=(problem, solver))
