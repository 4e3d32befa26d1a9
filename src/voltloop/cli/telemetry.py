"""``voltloop telemetry``: listen to devices, drop old readings, score forecasts."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from voltloop.cli.options import Data, ledger_at
from voltloop.errors import InputError

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from voltloop.exchange.mqtt import Broker

__all__ = ["app"]

app = typer.Typer(
    help="Readings of devices: listen by MQTT, drop old months, score forecasts.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("listen")
def listen(
    config: Annotated[
        Path,
        typer.Argument(metavar="CONFIG", help="TOML file: [broker] and one [[source]] per kind of topic."),
    ],
    data: Data = None,
) -> None:
    """Listen to an MQTT broker and keep what devices tell, until stopped by Ctrl-C.

    In CONFIG, [broker] has host, port, username, password_env (variable that holds the password), tls, identifier and
    host_id; each [[source]] has topic, such as "loggers/{device}/readings", format (senml, json or sparkplug) and a
    table devices with identifiers by name.

    Example: voltloop telemetry listen mqtt.toml
    """
    import asyncio

    broker = _broker(config)
    with ledger_at(data) as ledger:
        sys.stderr.write(f"voltloop: Listening to {broker.host}:{broker.port}. Stop by Ctrl-C.\n")
        asyncio.run(_listen(broker, ledger.engine))


async def _listen(broker: Broker, engine: Engine) -> None:
    import asyncio
    import signal

    from voltloop.app.telemetry import receive
    from voltloop.exchange.mqtt import listen as hear

    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)

    async def keep(batches: Any) -> None:
        done = await asyncio.to_thread(receive, engine, batches, datetime.now(UTC))
        for one in done.rejected:
            sys.stderr.write(f"voltloop: {one['where']}: {one['reason']}\n")

    await hear(broker, keep, stop)


def _broker(path: Path) -> Broker:
    """Read the settings of a broker.

    Raises
    ------
    InputError
        ``mqtt-config``: the file cannot be read, or says something unknown.
    """
    import os
    import tomllib

    from voltloop.exchange.mqtt import Broker, Source

    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
        head: dict[str, Any] = dict(told.get("broker", {}))
        variable = head.pop("password_env", None)
        if variable:
            head["password"] = os.environ[variable]
        head["is_tls"] = bool(head.pop("tls", False))
        sources = tuple(Source(**one) for one in told.get("source", ()))
        if any(one.format not in {"senml", "json", "sparkplug"} for one in sources):
            raise ValueError("format is one of senml, json, sparkplug")
        broker = Broker(sources, **head)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(
            f"{path}: {error}. A TOML file was expected: [broker] with host, port, username, password_env, tls, "
            "identifier, host_id; [[source]] with topic, format, devices, base.",
            code="mqtt-config",
        ) from None
    if not sources:
        raise InputError(f"{path}: there is no [[source]]. Name at least one topic.", code="mqtt-config")
    return broker


@app.command("drop")
def drop(
    before: Annotated[
        str, typer.Option("--before", metavar="YYYY-MM", help="First month that is kept; whole months go.")
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be dropped.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Drop them.")] = False,
    data: Data = None,
) -> None:
    """Drop raw readings by whole months. What was concluded from them stays in the ledger.

    Example: voltloop telemetry drop --before 2026-08 --dry-run
    """
    from voltloop.ledger.telemetry.lists import drop_before

    try:
        month = datetime.strptime(before, "%Y-%m").replace(tzinfo=UTC)
    except ValueError:
        raise InputError(
            f'--before: "{before}" is not a month. The form YYYY-MM was expected, such as 2026-08.',
            code="bad-date",
        ) from None
    if not (dry_run or yes):
        raise InputError(
            "Dropping readings cannot be undone. Look with --dry-run first, then give --yes.",
            code="needs-yes",
        )
    with ledger_at(data) as ledger, ledger.engine.begin() as connection:
        found = drop_before(connection, month, dry_run=dry_run)
    for name, size in found:
        sys.stdout.write(f"{name}  {size / 1e6:.1f} MB\n")
    done = "would be dropped" if dry_run else "were dropped"
    sys.stderr.write(f"{len(found)} months {done}; readings from {before} on are kept.\n")


@app.command("conclude")
def conclude(data: Data = None) -> None:
    """Look at readings that nobody has looked at yet: after an interruption, or when bindings came late.

    Example: voltloop telemetry conclude
    """
    from voltloop.app.telemetry import conclude_all

    with ledger_at(data) as ledger:
        done = conclude_all(ledger.engine, datetime.now(UTC))
    sys.stdout.write(
        f"{done.told} conclusions told, {done.taken_back} taken back, {done.forecasts} arrivals forecast.\n"
    )


@app.command("eta-score")
def eta_score(
    days: Annotated[int, typer.Option("--days", min=1, help="Forecasts of the last so many days.")] = 30,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")] = False,
    data: Data = None,
) -> None:
    """Score the forecasts of arrivals against what happened, by how long before they were made.

    Errors are in minutes; a positive bias means that loads came later than forecast.

    Example: voltloop telemetry eta-score --days 90
    """
    from dataclasses import asdict

    from voltloop.ledger.telemetry.eta import scores

    with ledger_at(data) as ledger, ledger.engine.connect() as connection:
        found = scores(connection, datetime.now(UTC) - timedelta(days=days))
    if as_json:
        import json

        sys.stdout.write(
            json.dumps({"schema": "eta-score/1", "scores": [asdict(one) for one in found]}) + "\n"
        )
        return
    if not found:
        sys.stdout.write("No forecast of these days has its arrival yet.\n")
    for one in found:
        sys.stdout.write(
            f"{one.lead_h:>6} h ahead: {one.forecasts} forecasts, off by {one.mean_abs_error_min:.0f} min on average "
            f"(median {one.median_abs_error_min:.0f}, bias {one.bias_min:+.0f}), "
            f"{one.within_30_min:.0%} within 30 min\n"
        )
