"""An acknowledged event is durable, whatever is killed; the long run is ``python tests/durability_run.py``."""

from __future__ import annotations

from pathlib import Path

import pytest

from durability_run import run


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_when_server_and_database_are_killed(tmp_path: Path) -> None:
    counts, broken = run(12, 1, tmp_path)
    assert broken == []
    assert counts["event 201"]
    assert counts["document 202"]
    assert counts["page 200"]
