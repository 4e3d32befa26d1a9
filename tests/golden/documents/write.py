"""Write the texts that the papers are compared with; review the diff before committing it."""

from __future__ import annotations

import sys
from pathlib import Path

FOLDER = Path(__file__).parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parents[1])]

from test_golden_documents import LOADS, lines_of  # noqa: E402

from voltloop.documents import make_papers  # noqa: E402

for region, load in LOADS.items():
    for paper, made in make_papers(load()).files.items():
        (FOLDER / f"{region}-{paper}.txt").write_text(lines_of(made), encoding="utf-8")
