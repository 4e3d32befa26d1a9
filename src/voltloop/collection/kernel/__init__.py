"""The compiled search for tours, and what it works on.

Inner loops are handed the few arrays they read, not the whole problem: a call that hands on a tuple of fifty arrays
copies and counts references to all of them, which made a search fourteen times slower.

What is compiled is kept in a folder for each state of these sources, unless ``NUMBA_CACHE_DIR`` names another: Numba
looks for changes only in the module of a function, not in those whose functions it calls. The folder lies beside the
sources, or where these may not be written to, in the user's cache, or else with the temporary files.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from pathlib import Path

__all__ = ["keep_compiled"]


def keep_compiled(sources: Path) -> Path | None:
    """Say where what is compiled from the sources in a folder is kept.

    Returns
    -------
    pathlib.Path
        An existing folder that may be written to; None when there is none at all.
    """
    digest = hashlib.sha256()
    for source in sorted(sources.glob("*.py")):
        digest.update(source.read_bytes())
    name = f"compiled-{digest.hexdigest()[:16]}"
    # Asked one after the other: the user's cache needs an import that costs time at every start.
    return (
        _usable(sources / "__pycache__" / name)
        or _usable(_user_cache() / name)
        or _usable(Path(tempfile.gettempdir()) / f"voltloop-{name}")
    )


def _user_cache() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("voltloop")


def _usable(folder: Path) -> Path | None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None


if "NUMBA_CACHE_DIR" not in os.environ:
    _folder = keep_compiled(Path(__file__).parent)
    if _folder is not None:
        # For this process, and for those that it starts.
        os.environ["NUMBA_CACHE_DIR"] = str(_folder)
        if "numba" in sys.modules:
            sys.modules["numba"].config.CACHE_DIR = str(_folder)
