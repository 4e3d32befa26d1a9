"""The program's front door: names the commands and turns every error into one message and an exit code."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from voltloop.cli.commands import Commands
from voltloop.cli.exit_codes import ExitCode

__all__ = ["app", "main"]

_HELP = """Battery logistics: from a list of returned batteries to tomorrow's legal, cheapest collection plan.

Three commands to start with:

    voltloop read returns.csv --report report.json

    voltloop init my-network

    voltloop plan returns.csv --network my-network --on 2026-11-24 -o tomorrow
"""

app = typer.Typer(
    name="voltloop",
    cls=Commands,
    help=_HELP,
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        from voltloop import __version__

        typer.echo(f"voltloop {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Take the options that stand before a command."""


def _say(message: str) -> None:
    sys.stderr.write(f"voltloop: {message}\n")


def main() -> None:
    """Run the command line and leave with the exit code of :class:`~voltloop.cli.exit_codes.ExitCode`."""
    from voltloop.errors import NoFeasiblePlan, VoltloopError

    try:
        app()
    except SystemExit as leave:
        if leave.code == ExitCode.INTERRUPTED:
            _say("Stopped. Nothing was written.")
        raise
    except NoFeasiblePlan as error:
        _say(error.message)
        sys.exit(ExitCode.NO_PLAN)
    except VoltloopError as error:
        _say(error.message)
        sys.exit(ExitCode.BAD_INPUT)
    except KeyboardInterrupt:
        _say("Stopped. Nothing was written.")
        sys.exit(ExitCode.INTERRUPTED)
    except BrokenPipeError:
        # Whoever read our output has gone; there is nobody left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(ExitCode.DONE)
    except Exception as error:
        if os.environ.get("VOLTLOOP_DEBUG"):
            raise
        _say(
            f"This is a fault of voltloop, not of your input: {type(error).__name__}: {error}. Nothing was written. "
            "Set VOLTLOOP_DEBUG=1, run the command again, and send us what it prints."
        )
        sys.exit(ExitCode.OUR_BUG)
