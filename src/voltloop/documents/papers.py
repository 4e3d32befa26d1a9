"""All papers of a load at once, and what a person has to know about them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from voltloop.documents.driver import driver_sheet
from voltloop.documents.glyphs import missing_glyphs
from voltloop.documents.load import Load
from voltloop.documents.movement import movement_document
from voltloop.documents.open_fields import OpenFields
from voltloop.documents.package_labels import labels
from voltloop.documents.packing import packing_list
from voltloop.documents.transport import transport_document
from voltloop.documents.us_paper import us_shipping_paper
from voltloop.findings import Finding, make

__all__ = ["Papers", "make_papers", "make_papers_of"]


_WORTH_A_PROCESS = 40
"""Loads from which starting further processes, a second or two, pays."""


@dataclass(frozen=True, slots=True)
class Papers:
    """The papers of one load.

    Attributes
    ----------
    files
        PDF bytes by the name of the paper, without ending: ``transport-document`` or ``shipping-paper``,
        ``packing-list``, ``labels``, ``driver-sheet`` and, where waste crosses a border, ``waste-movement``.
    findings
        ``paper-field-open`` for each field that a person completes, ``glyph-missing`` for each text that the fonts
        cannot print in full.
    """

    files: dict[str, bytes]
    findings: tuple[Finding, ...]


def make_papers(
    load: Load,
    *,
    outlines: Sequence[Sequence[tuple[float, float]]] = (),
    font_folders: Sequence[str | Path] = (),
) -> Papers:
    """Give every paper that a load needs.

    Parameters
    ----------
    load
        A load of either mode.
    outlines
        Rings (latitude, longitude) of countries for the map on the driver's sheet.
    font_folders
        Folders with further fonts.

    Raises
    ------
    InputError
        A waste movement covers no line of the load (``paper-movement-without-waste``).
    """
    european = load.mode == "road_eu"
    main: Callable[..., bytes] = transport_document if european else us_shipping_paper
    makers: dict[str, Callable[..., bytes]] = {
        "transport-document" if european else "shipping-paper": main,
        "packing-list": packing_list,
        "labels": labels,
    }
    if load.waste_movements:
        makers["waste-movement"] = movement_document
    files, findings = {}, []
    for name, maker in makers.items():
        fields = OpenFields()
        files[name] = maker(load, font_folders=font_folders, open_fields=fields)
        findings += _open(load, name, fields)
    fields = OpenFields()
    files["driver-sheet"] = driver_sheet(
        load, outlines=outlines, font_folders=font_folders, open_fields=fields
    )
    findings += _open(load, "driver-sheet", fields)
    findings += missing_glyphs(load, tuple(str(folder) for folder in font_folders))
    return Papers(files, tuple(findings))


def make_papers_of(
    loads: Sequence[Load],
    *,
    outlines: Sequence[Sequence[tuple[float, float]]] = (),
    font_folders: Sequence[str | Path] = (),
    processes: int = 1,
) -> Iterator[Papers]:
    """Give the papers of many loads, in the order of the loads.

    Parameters
    ----------
    loads
        Loads of either mode.
    outlines, font_folders
        As for :func:`make_papers`.
    processes
        How many processes set papers side by side, 1 or more; few loads are set in this one. Setting a paper keeps the
        interpreter's lock, so that threads would not help. The bytes do not depend on it. Above 1 the caller's main
        module must be importable (the usual ``if __name__`` guard).

    Raises
    ------
    InputError
        As for :func:`make_papers`, when the papers of that load are taken.
    """
    make_one = partial(make_papers, outlines=outlines, font_folders=font_folders)
    if processes == 1 or len(loads) < _WORTH_A_PROCESS:
        yield from map(make_one, loads)
        return
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    # Spawned, not forked: the parent may hold threads (Polars) that do not survive a fork.
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=spawn, initializer=_one_thread) as pool:
        yield from pool.map(make_one, loads, chunksize=4)


def _one_thread() -> None:
    """Let the library that sets papers use one thread in this process; it reads the number when it is first used."""
    os.environ["RAYON_NUM_THREADS"] = "1"


def _open(load: Load, paper: str, fields: OpenFields) -> list[Finding]:
    return [
        make(
            "paper-field-open",
            where=load.load_id,
            field=row["what"],
            value=row["who"],
            paper=paper.replace("-", " "),
        )
        for row in fields.rows
    ]
