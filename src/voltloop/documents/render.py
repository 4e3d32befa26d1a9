"""Turn a template and its values into a PDF, the same bytes for the same values."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from threading import local
from typing import Any

from voltloop.documents.glyphs import printable
from voltloop.errors import InputError, MissingDependency, VoltloopError

__all__ = ["FONT_FOLDER", "TEMPLATE_FOLDER", "pdf"]

TEMPLATE_FOLDER = Path(__file__).parent / "templates"
"""The Typst templates; one for each paper, and what they share in ``base.typ`` and ``pictograms.typ``."""

FONT_FOLDER = Path(__file__).parent / "fonts"
"""The fonts that papers are set in: Latin, Greek, Cyrillic and more, so that no system font is needed."""


def pdf(
    template: str, values: Mapping[str, Any], *, on: date, font_folders: Sequence[str | Path] = ()
) -> bytes:
    """Give the PDF of a paper.

    Parameters
    ----------
    template
        Name of a file in :data:`TEMPLATE_FOLDER`, without its ending.
    values
        What it prints, JSON values only. Every text prints literally; characters that no font has print as their
        code in brackets ("[U+6771]").
    on
        Day that the file carries as its date of creation, so that the same values give the same bytes.
    font_folders
        Folders with further fonts, for scripts that the built-in ones do not cover.

    Raises
    ------
    MissingDependency
        The library that sets the papers is absent.
    VoltloopError
        The template cannot be set (code ``paper-not-set``): a mistake in a template.
    """
    folders = tuple(str(folder) for folder in font_folders)
    for folder in folders:
        if not Path(folder).is_dir():
            raise InputError(
                f'"{folder}" is no folder of fonts. Name a folder with .ttf or .otf files, or none.',
                code="font-folder-missing",
            )
    clean = printable(values, folders)
    compiler = _compiler(template, folders)
    made_at = datetime(on.year, on.month, on.day, tzinfo=UTC)
    try:
        made = compiler.compile(
            format="pdf",
            sys_inputs={"data": json.dumps(clean, ensure_ascii=False)},
            timestamp=made_at,
            # Tags for screen readers cost ten times the time and the size; the report is the accessible form.
            pdf_tags=False,
        )
    except RuntimeError as error:
        raise VoltloopError(
            f"templates/{template}.typ cannot be set: {error} Mend the template; the values are not at fault.",
            code="paper-not-set",
        ) from error
    return bytes(made)


_OF_THREAD = local()
"""The compilers of each thread: one compiler sets one paper at a time, threads set papers side by side."""


def _compiler(template: str, folders: tuple[str, ...]) -> Any:
    compilers: dict[tuple[str, tuple[str, ...]], Any] = _OF_THREAD.__dict__.setdefault("compilers", {})
    found = compilers.get((template, folders))
    if found is None:
        fonts = _fonts(folders)
        import typst

        path = TEMPLATE_FOLDER / f"{template}.typ"
        found = typst.Compiler(str(path), root=str(TEMPLATE_FOLDER), font_paths=fonts)
        compilers[template, folders] = found
    return found


@cache
def _fonts(folders: tuple[str, ...]) -> Any:
    try:
        import typst
    except ImportError as error:
        raise MissingDependency(
            'The papers need the library "typst", which is not installed. Install it with: pip install typst',
            code="missing-typst",
        ) from error
    return typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=True, font_paths=[str(FONT_FOLDER), *folders]
    )
