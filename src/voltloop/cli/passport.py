"""``voltloop passport``: battery passports taken in, looked at as somebody, checked, and the register carried."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from voltloop.cli.options import Data

__all__ = ["app"]

app = typer.Typer(
    help="Battery passports: take them in, look at them as somebody, check them, carry the register.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
_Id = Annotated[str, typer.Argument(metavar="ID", help="Identifier of the passport.")]


@app.callback()
def _root() -> None:
    """Battery passports: take them in, look at them as somebody, check them, carry the register."""


@app.command("import")
def import_document(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Document in JSON, of any known data model.")],
    passport: Annotated[
        str | None,
        typer.Option("--passport", metavar="ID", help="Passport that it goes into; else a new one."),
    ] = None,
    product: Annotated[
        str | None, typer.Option("--product", metavar="ID", help="Product that a new passport is of.")
    ] = None,
    data: Data = None,
) -> None:
    """Take a document into a passport: EN 18223, Battery Pass, Catena-X, BatteryPass-Ready or JSON-LD.

    Example: voltloop passport import battery.jsonld
    """
    from voltloop.errors import InputError
    from voltloop.ledger.database import open_ledger
    from voltloop.ledger.passport.signing import open_signer
    from voltloop.ledger.passport.store import take
    from voltloop.ledger.passport.texts import read_json

    if not file.is_file():
        raise InputError(
            f"{file}: there is no such file. A document in JSON was expected.", code="passport-json"
        )
    document = read_json(file.read_bytes())
    with open_ledger(data=data) as ledger, ledger.engine.begin() as connection:
        signer = open_signer(ledger.data_folder)
        made = take(connection, document, signer, datetime.now(UTC), into=passport, product_id=product)
    sys.stdout.write(f"{made.passport_id}: version {made.version}.\n")


@app.command("show")
def show(
    passport: _Id,
    reader: Annotated[
        str, typer.Option("--as", metavar="CLASS", help="Class of readers, such as public or recycler.")
    ] = "administrator",
    data: Data = None,
) -> None:
    """Print a passport as a class of readers sees it, as JSON.

    Example: voltloop passport show https://id.gs1.org/01/09521002005004/21/BAT2024-001 --as public
    """
    import json

    from voltloop.ledger.database import open_ledger
    from voltloop.ledger.passport.access import Reader
    from voltloop.ledger.passport.reading import see
    from voltloop.ledger.passport.serving import read
    from voltloop.ledger.passport.signing import open_signer

    now = datetime.now(UTC)
    somebody = Reader(reader)
    with open_ledger(data=data) as ledger, ledger.engine.begin() as connection:
        found = read(connection, passport, open_signer(ledger.data_folder), now)
        sight = see(connection, found, somebody, now, "voltloop passport show")
    sys.stdout.write(json.dumps(sight.record, ensure_ascii=False, indent=2) + "\n")


@app.command("check")
def check(passport: _Id, data: Data = None) -> None:
    """Say what is missing from a passport, or wrong in it, by data point.

    Example: voltloop passport check https://id.gs1.org/01/09521002005004/21/BAT2024-001
    """
    from voltloop.ledger.database import open_ledger
    from voltloop.ledger.passport.checks import examine
    from voltloop.ledger.passport.serving import read
    from voltloop.ledger.passport.signing import open_signer

    now = datetime.now(UTC)
    with open_ledger(data=data) as ledger, ledger.engine.begin() as connection:
        found = read(connection, passport, open_signer(ledger.data_folder), now)
    findings = examine(found.record, now)
    for one in findings:
        sys.stdout.write(f"{one.severity}: {one.message} {one.help}\n")
    if not findings:
        sys.stdout.write("Nothing is missing or wrong.\n")


@app.command("export")
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="File to write; it must not be there yet.")],
    data: Data = None,
) -> None:
    """Write the whole register of passports to a file: every version, each with its signature.

    Example: voltloop passport export register.ndjson
    """
    from voltloop.errors import InputError
    from voltloop.ledger.database import open_ledger
    from voltloop.ledger.passport.register import export_register

    count = -2
    part = file.with_name(f".{file.name}.part")
    try:
        if file.exists():
            raise FileExistsError(17, "a file of this name is there already")
        with open_ledger(data=data) as ledger, ledger.engine.connect() as connection, part.open("wb") as out:
            for line in export_register(connection, datetime.now(UTC)):
                out.write(line)
                count += 1
            out.flush()
            os.fsync(out.fileno())
        part.replace(file)
    except OSError as error:
        raise InputError(
            f"{file}: the register cannot be written here: {error.strerror}. A new file was expected; name another.",
            code="file-not-writable",
        ) from None
    finally:
        part.unlink(missing_ok=True)
    sys.stdout.write(f"{file}: {count:,} entries.\n")


@app.command("restore")
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="File that voltloop passport export wrote.")],
    data: Data = None,
) -> None:
    """Read a register of passports into a ledger that has none, wholly and checked, or not at all.

    Example: voltloop passport restore register.ndjson
    """
    from voltloop.errors import InputError
    from voltloop.ledger.database import open_ledger
    from voltloop.ledger.passport.register import restore_register

    if not file.is_file():
        raise InputError(f"{file}: there is no such file. A register was expected.", code="passport-register")
    with open_ledger(data=data) as ledger, ledger.engine.begin() as connection, file.open("rb") as lines:
        count = restore_register(connection, lines)
    sys.stdout.write(f"{count:,} versions.\n")
