"""``voltloop ledger``: upkeep of the ledger's database."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from voltloop.cli.options import Data

__all__ = ["app"]

app = typer.Typer(help="Upkeep of the ledger's database.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def _root() -> None:
    """Upkeep of the ledger's database."""


@app.command("upgrade")
def upgrade(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the SQL and change nothing.")] = False,
    data: Data = None,
) -> None:
    """Bring the tables of the ledger to the version of this program; every command that opens it does so too.

    Example: voltloop ledger upgrade --dry-run > upgrade.sql
    """
    from voltloop.ledger import migrations
    from voltloop.ledger.database import open_ledger

    with open_ledger(data=data, upgrade=False) as ledger:
        pending = migrations.pending_sql(ledger.engine)
        if dry_run:
            sys.stdout.write(pending)
        elif pending:
            migrations.upgrade(ledger.engine)
    newest = migrations.newest_version()
    sys.stderr.write(
        f"The tables are of version {newest} already.\n"
        if not pending
        else f"This SQL would bring the tables to version {newest}.\n"
        if dry_run
        else f"The tables are now of version {newest}.\n"
    )


@app.command("distribution")
def distribution() -> None:
    """Print the SQL that spreads the tables of an empty ledger over the machines of a Citus cluster.

    Example: voltloop ledger distribution | psql --single-transaction
    """
    from voltloop.ledger.distribution import distribution_statements

    sys.stdout.write("".join(f"{statement};\n" for statement in distribution_statements()))
