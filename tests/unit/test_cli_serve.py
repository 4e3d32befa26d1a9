"""The command that serves the ledger: where it listens, the first key, how it stops."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

pytestmark = pytest.mark.slow

COMMAND = (sys.executable, "-c", "from voltloop.cli import main; main()")


@contextmanager
def serving(folder: Path, *options: str, **variables: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start ``voltloop serve`` on a free port; give the process and the address it tells."""
    process = subprocess.Popen(
        [*COMMAND, "serve", "--port", "0", "--data", str(folder), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **variables},
    )
    try:
        assert process.stderr is not None
        line = process.stderr.readline()
        found = re.search(r"http://\S+(?=/epcis)", line)
        assert found, line + process.stderr.read()
        yield process, found.group()
    finally:
        process.terminate()
        process.communicate(timeout=60)


def test_the_first_key_is_printed_once_and_opens_the_ledger(tmp_path: Path):
    with serving(tmp_path / "ledger") as (process, address):
        assert process.stdout is not None
        key = process.stdout.readline().strip().rsplit(" ", 1)[-1]
        answer = httpx.get(f"{address}/epcis/", headers={"Authorization": f"Bearer {key}"})
        assert answer.status_code == 200
        assert httpx.get(f"{address}/epcis/").status_code == 401
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)
        assert (process.returncode, out) == (0, "")
        assert err.strip() == "voltloop: Stopped."
    with serving(tmp_path / "ledger", VOLTLOOP_ADMIN_KEY="a key of our own") as (process, address):
        for known in (key, "a key of our own"):
            answer = httpx.get(f"{address}/epcis/", headers={"Authorization": f"Bearer {known}"})
            assert answer.status_code == 200
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)
        assert (process.returncode, out) == (0, "")


def test_a_port_in_use_is_said_in_words_before_anything_is_started(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [*COMMAND, "serve", "--port", str(port), "--data", str(tmp_path / "ledger")],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 2
    assert f"--port: {port} at 127.0.0.1 is in use" in done.stderr
    assert not (tmp_path / "ledger").exists()


@pytest.mark.parametrize(
    ("options", "variables", "words"),
    [
        (["--host", "nowhere.invalid"], {}, '"nowhere.invalid" is not an address'),
        (["--port", "0"], {"VOLTLOOP_CAPTURE_LIMIT_EVENTS": "many"}, 'VOLTLOOP_CAPTURE_LIMIT_EVENTS: "many"'),
        (["--port", "0"], {"VOLTLOOP_LENIENT": "perhaps"}, 'VOLTLOOP_LENIENT: "perhaps"'),
    ],
)
def test_what_cannot_be_served_is_said_in_words(
    tmp_path: Path, options: list[str], variables: dict[str, str], words: str
):
    done = subprocess.run(
        [*COMMAND, "serve", "--data", str(tmp_path / "ledger"), *options],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, **variables},
    )
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_second_server_on_the_same_folder_says_so(tmp_path: Path):
    with serving(tmp_path / "ledger") as (process, _):
        done = subprocess.run(
            [*COMMAND, "serve", "--port", "0", "--data", str(tmp_path / "ledger")],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 2
        assert "another server is capturing from this folder" in done.stderr
        assert process.poll() is None
