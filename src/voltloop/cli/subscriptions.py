"""``voltloop subscriptions``: who is told of new events, and deliveries that were given up."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from voltloop.cli.options import Data, ledger_at

if TYPE_CHECKING:
    from voltloop.ledger.deliveries import Attempt

__all__ = ["app"]

app = typer.Typer(
    help="Subscriptions to named queries: list them, look into deliveries, send again, change the secret.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
_Json = Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")]
_Delivery = Annotated[
    str, typer.Argument(metavar="DELIVERY", help="Id of the delivery, as webhook-id has it: msg_...")
]


def _print_json(schema: str, **content: object) -> None:
    import orjson

    told = orjson.dumps({"schema": schema, **content}, option=orjson.OPT_INDENT_2)
    sys.stdout.write(told.decode() + "\n")


def _shown(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if at else "never"


@app.command("list")
def list_all(as_json: _Json = False, data: Data = None) -> None:
    """List the subscriptions, with what is told of each, and when.

    Example: voltloop subscriptions list
    """
    from voltloop.ledger.subscriptions import every

    with ledger_at(data) as ledger, ledger.engine.connect() as connection:
        found = every(connection)
    if as_json:
        told = [
            {
                "id": one.id,
                "query": one.query_name,
                "dest": one.dest,
                "schedule": one.schedule,
                "state": one.state,
                "created_at": one.created_at,
                "last_notified_at": one.last_notified_at,
                "due_at": one.due_at,
                "is_signed": bool(one.tokens),
            }
            for one in found
        ]
        _print_json("subscriptions/1", subscriptions=told)
        return
    for one in found:
        kind = "schedule" if one.schedule else "stream"
        sys.stdout.write(
            f"{one.id}  {one.query_name:<20}  {kind:<8}  {one.state:<9}  last told "
            f"{_shown(one.last_notified_at)}  {one.dest}\n"
        )
    if not found:
        sys.stdout.write("There are no subscriptions. Make one: POST /epcis/queries/NAME/subscriptions\n")


@app.command("dead")
def dead(as_json: _Json = False, data: Data = None) -> None:
    """List the deliveries that were given up; their subscriptions rest until they are sent again.

    Example: voltloop subscriptions dead
    """
    from voltloop.ledger import deliveries

    with ledger_at(data) as ledger, ledger.engine.connect() as connection:
        found = deliveries.dead(connection)
    if as_json:
        told = [
            {
                "id": one.webhook_id,
                "subscription": one.subscription_id,
                "created_at": one.created_at,
                "given_up_at": one.ended_at,
                "events": one.event_count,
                "attempts": one.attempts,
            }
            for one in found
        ]
        _print_json("dead-deliveries/1", deliveries=told)
        return
    for one in found:
        sys.stdout.write(
            f"{one.webhook_id}  subscription {one.subscription_id}  {one.event_count} events  "
            f"{one.attempts} attempts  given up {_shown(one.ended_at)}\n"
        )
    if not found:
        sys.stdout.write("No delivery was given up.\n")


@app.command("log")
def log(delivery: _Delivery, as_json: _Json = False, data: Data = None) -> None:
    """Print every attempt at a delivery.

    Example: voltloop subscriptions log msg_0f3c5e6ab1d24a8d9f4a3c0f7d1e2b5c
    """
    from voltloop.ledger import deliveries

    with ledger_at(data) as ledger, ledger.engine.connect() as connection:
        found = deliveries.attempts_at(connection, delivery)
    if as_json:
        _print_json("delivery-log/1", attempts=found)
        return
    for attempt in found:
        sys.stdout.write(_line(attempt))


def _line(attempt: Attempt) -> str:
    status = "none" if attempt.status is None else str(attempt.status)
    note = " ".join(attempt.note.split())
    made = f"{attempt.number:>3}  {_shown(attempt.made_at)}  {attempt.duration_s:7.2f} s  {status:<4}  {note}"
    return made.rstrip() + "\n"


@app.command("resend")
def resend(delivery: _Delivery, data: Data = None) -> None:
    """Send a delivery again that was given up: the same events under the same id; its subscription goes on with it.

    The running server does it, or the next one that is started.

    Example: voltloop subscriptions resend msg_0f3c5e6ab1d24a8d9f4a3c0f7d1e2b5c
    """
    from voltloop.ledger import deliveries

    with ledger_at(data) as ledger, ledger.engine.begin() as connection:
        made = deliveries.resend(connection, delivery, now=datetime.now(UTC))
    sys.stderr.write(f"Delivery {made.webhook_id} is due now; the server sends it.\n")


@app.command("rotate")
def rotate(
    subscription: Annotated[str, typer.Argument(metavar="SUBSCRIPTION", help="Id of the subscription.")],
    data: Data = None,
) -> None:
    """Make a new secret and print it this once; deliveries are signed with it and with the one before it.

    Run it again, when the receiver knows the new secret, to drop the old one.

    Example: voltloop subscriptions rotate 7cec849f-72f7-4a9d-bc86-080d3c5b7c98
    """
    from voltloop.exchange.signing import new_token
    from voltloop.ledger.subscriptions import rotate as rotate_token

    token = new_token()
    with ledger_at(data) as ledger, ledger.engine.begin() as connection:
        rotate_token(connection, subscription, token)
    sys.stdout.write(f"{token}\n")
    sys.stderr.write(
        "Keep it now: it cannot be shown again. The secret before it counts until the next change.\n"
    )
