"""The deliverer of a server: finds the subscriptions that are due, and has their deliveries made.

What is due stands in the ledger. Jobs of procrastinate carry it out: several servers on one database share them, one
subscription is served by one of them at a time, and the jobs of a server that was killed fall to the others. The jobs
are made from what is due and hold nothing of their own, so their tables, in a schema beside the ledger's, are made by
the first server that needs them, and anew by one that works with another version of procrastinate.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING
from uuid import UUID

from voltloop.app.capture_signal import CaptureSignal, connect_arguments
from voltloop.app.deliver import deliver
from voltloop.exchange.webhooks import Sender
from voltloop.ledger import deliveries, subscriptions

if TYPE_CHECKING:
    import procrastinate
    from sqlalchemy import Engine

__all__ = ["Deliverer"]

_SCHEMA = "voltloop_jobs"
_LOCK = 7403139
_AT_ONCE = 16
_LOOK_S = 1.0
_HEARTBEAT_S = 3.0
_STALLED_S = 15.0
_GRACE_S = 5.0
_PAUSE_S = 2.0
_TIDY_S = 3600.0
_log = logging.getLogger("voltloop.deliveries")


class Deliverer:
    """Makes the deliveries to subscribers while it runs.

    Parameters
    ----------
    engine
        The ledger.
    signal
        Tells of captures; somebody else runs it.
    may_be_private
        Whether receivers may be in a private network and speak plain ``http``.
    """

    def __init__(self, engine: Engine, signal: CaptureSignal, *, may_be_private: bool) -> None:
        self._engine = engine
        self._signal = signal
        self._sender = Sender(may_be_private=may_be_private)
        self._hurry = asyncio.Event()

    def hurry(self) -> None:
        """Look at once for what is due; to be called in the event loop."""
        self._hurry.set()

    async def run(self) -> None:
        """Deliver until this task is cancelled; a database that goes away is waited for."""
        try:
            while True:
                try:
                    await self._wait_for_first()
                    await self._work()
                except Exception as error:
                    _log.warning("Deliveries wait for the database: %s", str(error).partition("\n")[0])
                    await asyncio.sleep(_PAUSE_S)
        finally:
            await self._sender.close()

    async def _wait_for_first(self) -> None:
        """Wait for the first subscription that is due: many servers never have any."""
        while not await self._due():
            pass

    async def _due(self) -> list[UUID]:
        """Give what is due; where nothing is, wait a moment for a capture or an instant first."""
        found = await asyncio.to_thread(self._look)
        now = datetime.now(UTC)
        due = [key for key, at in found.items() if at <= now]
        if not due:
            until_s = min(((at - now).total_seconds() for at in found.values()), default=_LOOK_S)
            news = asyncio.create_task(self._signal.after(self._signal.record_at))
            hurry = asyncio.create_task(self._hurry.wait())
            try:
                await asyncio.wait(
                    (news, hurry), timeout=min(until_s, _LOOK_S), return_when=asyncio.FIRST_COMPLETED
                )
            finally:
                news.cancel()
                hurry.cancel()
            self._hurry.clear()
        return due

    def _look(self) -> dict[UUID, datetime]:
        with self._engine.begin() as connection:
            subscriptions.wake_streams(connection, datetime.now(UTC))
            return subscriptions.next_due_at(connection)

    async def _work(self) -> None:
        """Run the worker of the jobs, and make jobs of what is due."""
        await asyncio.to_thread(_ensure_tables, self._engine)
        jobs = self._jobs()
        async with jobs.open_async():
            worker = asyncio.create_task(
                jobs.run_worker_async(
                    name="voltloop",
                    concurrency=_AT_ONCE,
                    install_signal_handlers=False,
                    delete_jobs="always",
                    shutdown_graceful_timeout=_GRACE_S,
                    update_heartbeat_interval=_HEARTBEAT_S,
                    stalled_worker_timeout=_STALLED_S,
                )
            )
            chores = [
                asyncio.create_task(work)
                for work in (self._make_jobs(jobs), _free_stalled(jobs), self._tidy())
            ]
            try:
                done, _ = await asyncio.wait((worker, *chores), return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
            finally:
                for task in (*chores, worker):
                    task.cancel()
                await asyncio.gather(worker, *chores, return_exceptions=True)

    def _jobs(self) -> procrastinate.App:
        import procrastinate

        arguments = connect_arguments(self._engine)
        arguments["options"] = f"{arguments.get('options', '')} -c search_path={_SCHEMA}"
        jobs = procrastinate.App(
            connector=procrastinate.PsycopgConnector(kwargs=arguments, min_size=1, max_size=4)
        )

        @jobs.task(name="deliver")
        async def run(subscription_id: str) -> None:
            await deliver(self._engine, UUID(subscription_id), self._sender)

        return jobs

    async def _make_jobs(self, jobs: procrastinate.App) -> None:
        from procrastinate.exceptions import AlreadyEnqueued

        while True:
            busy = {job.lock for job in await jobs.job_manager.list_jobs_async(status="doing")}
            due = [str(key) for key in await self._due()]
            fresh = [key for key in due if key not in busy]
            for key in fresh:
                with suppress(AlreadyEnqueued):
                    await jobs.configure_task("deliver", lock=key, queueing_lock=key).defer_async(
                        subscription_id=key
                    )
            if due:
                await asyncio.sleep(0.05 if fresh else 0.25)

    async def _tidy(self) -> None:
        while True:
            await asyncio.to_thread(self._forget_old)
            await asyncio.sleep(_TIDY_S)

    def _forget_old(self) -> None:
        with self._engine.begin() as connection:
            deliveries.forget_old(connection, datetime.now(UTC))


async def _free_stalled(jobs: procrastinate.App) -> None:
    """Drop the jobs of servers that were killed; what they were at is still due."""
    from procrastinate.jobs import Status

    manager = jobs.job_manager
    while True:
        for job in await manager.get_stalled_jobs(seconds_since_heartbeat=_STALLED_S):
            await manager.finish_job(job, status=Status.FAILED, delete_job=True)
        await asyncio.sleep(_HEARTBEAT_S)


def _ensure_tables(engine: Engine) -> None:
    """See to it that the tables of jobs are there, as this version of procrastinate wants them."""
    from procrastinate.schema import SchemaManager
    from sqlalchemy import text

    wanted = version("procrastinate")
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        found = connection.scalar(
            text("SELECT obj_description(to_regnamespace(:name), 'pg_namespace')"), {"name": _SCHEMA}
        )
        if found == wanted:
            return
        cursor = connection.connection.cursor()
        cursor.execute(f"DROP SCHEMA IF EXISTS {_SCHEMA} CASCADE; CREATE SCHEMA {_SCHEMA};")
        cursor.execute(f"SET LOCAL search_path = {_SCHEMA}")
        cursor.execute(SchemaManager.get_schema())
        cursor.execute(f"COMMENT ON SCHEMA {_SCHEMA} IS '{wanted}'")
