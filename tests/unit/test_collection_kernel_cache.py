"""What is compiled is kept apart for each state of the sources, wherever may be written."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from voltloop.collection import warm
from voltloop.collection.kernel import keep_compiled
from voltloop.collection.kernel.arrays import MATRIX, PLANE, SPHERE
from voltloop.collection.kernel.plain import is_plain
from voltloop.collection.translate import translate


def test_a_change_in_any_module_asks_for_another_folder(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.py").write_text("x = 1\n")
    before = keep_compiled(tmp_path)
    assert before == keep_compiled(tmp_path)
    assert before is not None
    assert before.parent == tmp_path / "__pycache__"
    (tmp_path / "b.py").write_text("x = 2\n")
    assert keep_compiled(tmp_path) not in {before, None}


def test_sources_that_may_not_be_written_to_are_compiled_into_the_cache_of_the_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources, home = tmp_path / "sources", tmp_path / "home"
    sources.mkdir()
    (sources / "__pycache__").write_text("no folder can be made here")
    monkeypatch.setattr("voltloop.collection.kernel._user_cache", lambda: home)
    found = keep_compiled(sources)
    assert found is not None
    assert found.parent == home
    home.rename(tmp_path / "gone")
    home.write_text("nor here")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    found = keep_compiled(sources)
    assert found is not None
    assert found.parent == tmp_path / "temporary"


def test_the_engine_starts_without_the_compiler() -> None:
    told = "import sys, voltloop.collection.engine, os; print('numba' in sys.modules, os.environ['NUMBA_CACHE_DIR'])"
    found = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert found.stdout.startswith("False ")


def test_warming_meets_every_metric_with_and_without_hours() -> None:
    arrays = [translate(problem, range(12)).arrays for problem in warm._problems()]
    assert {(p.metric, is_plain(p)) for p in arrays} == {
        (metric, plain) for metric in (MATRIX, PLANE, SPHERE) for plain in (True, False)
    }
