"""The tables of the ledger through its versions: forward only, in one transaction, one program at a time."""

from __future__ import annotations

from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voltloop.errors import LedgerError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine

__all__ = ["VERSION_TABLE", "newest_version", "pending_sql", "stored_version", "upgrade"]

VERSION_TABLE = "ledger_version"
_FOLDER = Path(__file__).parent
_LOCK = 7403131


def newest_version() -> str:
    """Give the version of the tables that this program works with."""
    return max(path.stem[-4:] for path in (_FOLDER / "versions").glob("*_[0-9][0-9][0-9][0-9].py"))


def stored_version(connection: Connection) -> str | None:
    """Give the version of the tables in a database; None where there are none."""
    from sqlalchemy import text

    if connection.scalar(text("SELECT to_regclass(:name)"), {"name": VERSION_TABLE}) is None:
        return None
    found: str | None = connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}"))
    return found


def upgrade(engine: Engine) -> None:
    """Bring the tables of a database to the version of this program.

    Programs that start at once wait for one another; a failed upgrade leaves the database as it was.

    Raises
    ------
    LedgerError
        ``database-newer``, ``database-not-empty`` or ``database-no-rights``.
    """
    with engine.connect() as connection:
        if _is_current(connection):
            return
    from alembic import command
    from sqlalchemy import text

    with _in_words(engine), engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        if not _is_current(connection):
            command.upgrade(_config(connection=connection), "head")


def pending_sql(engine: Engine) -> str:
    """Give the SQL that :func:`upgrade` would run; an empty text where there is nothing to do.

    Raises
    ------
    LedgerError
        ``database-newer``.
    """
    with engine.connect() as connection:
        if _is_current(connection):
            return ""
        stored = stored_version(connection)
    from alembic import command

    out = StringIO()
    command.upgrade(_config(out), f"{stored}:head" if stored else "head", sql=True)
    return out.getvalue()


def _is_current(connection: Connection) -> bool:
    stored, newest = stored_version(connection), newest_version()
    if stored is not None and stored > newest:
        raise LedgerError(
            f"The tables of this ledger are of version {stored}, and this program works with version {newest}. "
            "A newer voltloop has used the ledger. Upgrade this one (pip install --upgrade voltloop), or restore a "
            "backup from before into another ledger.",
            code="database-newer",
        )
    return stored == newest


def _config(out: StringIO | None = None, **attributes: Any) -> Any:
    from alembic.config import Config

    config = Config(output_buffer=out or StringIO(), attributes=attributes)
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


@contextmanager
def _in_words(engine: Engine) -> Iterator[None]:
    """Say in words what may stand in the way of the first upgrade."""
    from psycopg import errors
    from sqlalchemy.exc import ProgrammingError

    try:
        yield
    except ProgrammingError as error:
        where = engine.url.render_as_string()
        if isinstance(error.orig, errors.DuplicateTable):
            raise LedgerError(
                f"The database {where} holds other tables: {_first_line(error)}. "
                "An empty database, or one of a ledger, was expected. Make one for the ledger alone.",
                code="database-not-empty",
            ) from None
        if isinstance(error.orig, errors.InsufficientPrivilege):
            raise LedgerError(
                f"The user of the database {where} may not make the tables of the ledger: {_first_line(error)}. "
                "The owner of the database was expected. Grant the right (GRANT CREATE ON SCHEMA public TO user) or "
                "name its owner in VOLTLOOP_DATABASE_URL.",
                code="database-no-rights",
            ) from None
        raise


def _first_line(error: Exception) -> str:
    return str(getattr(error, "orig", error)).splitlines()[0]
