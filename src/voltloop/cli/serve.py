"""``voltloop serve``: the HTTP API over the ledger, until it is stopped."""

from __future__ import annotations

import errno
import signal
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from voltloop.cli.options import Data
from voltloop.errors import InputError

if TYPE_CHECKING:
    from types import FrameType

__all__ = ["serve"]

_APPLICATION = "voltloop.server:create"
_LOGS = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "voltloop: %(levelname)s: %(message)s"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "plain", "stream": "ext://sys.stderr"}
    },
    "loggers": {name: {"handlers": ["stderr"], "level": "WARNING"} for name in ("uvicorn", "voltloop")},
}


def serve(
    host: Annotated[
        str, typer.Option(help="Address to listen at; 0.0.0.0 is every one of this machine.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port to listen at; 0 takes a free one.")
    ] = 8000,
    data: Data = None,
) -> None:
    """Serve the ledger over HTTP: EPCIS 2.0 under /epcis.

    The first key is taken from VOLTLOOP_ADMIN_KEY, or made and printed once. Callers send it as
    "Authorization: Bearer KEY". Stop the server by Ctrl-C.

    Example: voltloop serve --port 8000
    """
    with _listener(host, port) as listener:
        signal.signal(signal.SIGTERM, _stop)
        try:
            _run(listener, data)
        except KeyboardInterrupt:
            pass
        finally:
            sys.stderr.write("voltloop: Stopped.\n")


def _stop(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt


def _run(listener: socket.socket, data: Path | None) -> None:
    """Open the ledger, say where the server is, and run it until a signal comes."""
    import os

    import uvicorn

    from voltloop.ledger.database import open_ledger
    from voltloop.ledger.keys import ensure_admin_key

    if data is not None:
        os.environ["VOLTLOOP_DATA"] = str(data.absolute())
    with open_ledger(None, data) as ledger:
        key = ensure_admin_key(ledger.engine)
        config = uvicorn.Config(
            _APPLICATION,
            factory=True,
            loop="uvloop",
            http="httptools",
            log_config=_LOGS,
            access_log=False,
            server_header=False,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=20,
        )
        config.load()
        listener.listen(2048)
        host, port = listener.getsockname()[:2]
        if key is not None:
            sys.stdout.write(f"Admin key, shown this once: {key}\n")
            sys.stdout.flush()
        shown = f"[{host}]" if ":" in host else host
        sys.stderr.write(f"voltloop: Serving http://{shown}:{port}/epcis. Stop by Ctrl-C.\n")
        uvicorn.Server(config).run(sockets=[listener])


def _listener(host: str, port: int) -> socket.socket:
    """Bind the address before anything else is started.

    Raises
    ------
    InputError
        The address is not one of this machine, is in use, or may not be taken by this user.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
            reason = f'--host: "{host}" is not an address of this machine. Expected one, such as 127.0.0.1 or 0.0.0.0.'
        elif error.errno == errno.EADDRINUSE:
            reason = f"--port: {port} at {host} is in use by another program. Stop that one, or choose another port."
        elif error.errno == errno.EACCES:
            reason = f"--port: this user may not take {port}. Choose a port from 1024 up."
        else:
            reason = f"--host {host} --port {port}: cannot be listened at ({error.strerror})."
        raise InputError(reason, code="address") from None
    return listener
