"""Write the texts that the papers are compared with; review the diff before committing it."""

from __future__ import annotations

import sys
from pathlib import Path

FOLDER = Path(__file__).parent


def main() -> None:
    """Write every text anew."""
    sys.path[:0] = [str(FOLDER), str(FOLDER.parents[1])]
    from test_golden_documents import LOADS, lines_of

    from voltloop.documents import make_papers

    for region, load in LOADS.items():
        for paper, made in make_papers(load()).files.items():
            (FOLDER / f"{region}-{paper}.txt").write_text(lines_of(made), encoding="utf-8")


# Guarded: the collection of doctests imports this file and must not change what the tests compare with.
if __name__ == "__main__":
    main()
