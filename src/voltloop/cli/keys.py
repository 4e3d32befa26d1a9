"""``voltloop keys``: who may read, capture and administer the ledger over HTTP."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from voltloop.cli.options import Data, ledger_at

__all__ = ["app"]

app = typer.Typer(
    help="Keys of callers of the HTTP API: add, list, revoke.", no_args_is_help=True, rich_markup_mode=None
)
_Name = Annotated[str, typer.Argument(metavar="NAME", help="Who or what presents the key.")]
_Json = Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")]


@app.command("add")
def add(
    name: _Name,
    scope: Annotated[
        list[str] | None,
        typer.Option(
            "--scope", metavar="SCOPE", help="read, capture or admin; may be given again. Default: read."
        ),
    ] = None,
    data: Data = None,
) -> None:
    """Make a key and print it: this once, since the ledger keeps no copy.

    Example: voltloop keys add "dock scanner" --scope capture --scope read
    """
    from voltloop.ledger.keys import add_key

    with ledger_at(data) as ledger:
        key = add_key(ledger.engine, name, scope or ["read"])
    sys.stdout.write(f"{key}\n")
    sys.stderr.write("Keep it now: it cannot be shown again. Callers send it as: Authorization: Bearer KEY\n")


@app.command("list")
def list_all(as_json: _Json = False, data: Data = None) -> None:
    """List the keys, with their scopes and what became of them; never the keys themselves.

    Example: voltloop keys list
    """
    from voltloop.ledger.keys import list_keys

    with ledger_at(data) as ledger:
        keys = list_keys(ledger.engine)
    if as_json:
        import orjson

        sys.stdout.write(
            orjson.dumps({"schema": "keys/1", "keys": keys}, option=orjson.OPT_INDENT_2).decode() + "\n"
        )
        return
    for key in keys:
        state = f"revoked {key.revoked_at:%Y-%m-%d %H:%M} UTC" if key.revoked_at else "counts"
        sys.stdout.write(
            f"{key.name:<24}  {','.join(key.scopes):<18}  {key.created_at:%Y-%m-%d %H:%M} UTC  {state}\n"
        )
    if not keys:
        sys.stdout.write("There are no keys yet. Make one: voltloop keys add NAME --scope read\n")


@app.command("revoke")
def revoke(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name or id of the key.")],
    data: Data = None,
) -> None:
    """Take a key back; callers that present it are refused within a second.

    Example: voltloop keys revoke "dock scanner"
    """
    from voltloop.ledger.keys import revoke_key

    with ledger_at(data) as ledger:
        key = revoke_key(ledger.engine, name)
    sys.stdout.write(f'The key "{key.name}" does not count any more.\n')
