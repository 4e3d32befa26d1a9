"""``voltloop doctor``: what the ledger stands on, what is amiss, and how to mend it."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from voltloop.cli.exit_codes import ExitCode
from voltloop.cli.lines import finding_lines
from voltloop.cli.options import Data

__all__ = ["doctor"]


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")] = False,
    data: Data = None,
) -> None:
    """Check the installation: database server, settings, disk, tables, clock, broker. Nothing is changed.

    Exit codes: 0 it works, 2 something does not.

    Example: voltloop doctor
    """
    from voltloop.ledger.doctor import examine

    checks = examine(data=data)
    if as_json:
        import orjson

        document = {"schema": "doctor/1", "checks": checks}
        sys.stdout.write(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode() + "\n")
    else:
        lines = finding_lines((check.state, f"{check.name}: {check.words}") for check in checks)
        sys.stdout.write("\n".join(lines) + "\n")
    if any(check.state == "problem" for check in checks):
        raise typer.Exit(ExitCode.BAD_INPUT)
