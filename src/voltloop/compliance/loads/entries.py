"""What the ``load`` folder of a rulebook says, entry by entry, whatever kind of entry it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeAlias

from voltloop.compliance.loads.limits import Duty, Limit, active
from voltloop.compliance.loads.mixing import MixingRule
from voltloop.compliance.loads.tunnels import TunnelCode
from voltloop.compliance.rulebook import Rulebook
from voltloop.compliance.vocabulary import Edition

__all__ = ["LoadEntry", "active_entries", "all_entries", "bare", "entry_key", "entry_sentence", "entry_words"]

LoadEntry: TypeAlias = Limit | Duty | MixingRule | TunnelCode


def all_entries(rulebook: Rulebook) -> Iterator[tuple[str, LoadEntry]]:
    """Give every entry with its place."""
    load, shown = rulebook.load, f"{rulebook.folder.name}/load"
    for file, entries in (
        ("limits", load.limits), ("duties", load.duties), ("mixing", load.mixing), ("tunnels", load.tunnels),
    ):  # fmt: skip
        for entry in entries:
            yield f"{shown}/{file}.csv, {entry.id}", entry


def active_entries(rulebook: Rulebook, edition: Edition) -> tuple[LoadEntry, ...]:
    """Give the entries that belong to an edition."""
    load = rulebook.load
    return (
        *active(load.limits, edition), *active(load.duties, edition),
        *active(load.mixing, edition), *active(load.tunnels, edition),
    )  # fmt: skip


def entry_key(entry: LoadEntry) -> tuple[object, ...]:
    """Give what an entry speaks of: two of them in two editions with the same key are one thing that changed."""
    if isinstance(entry, Limit):
        return ("limit", entry.kind, entry.keys)
    if isinstance(entry, Duty):
        return ("duty", entry.duty, entry.when)
    if isinstance(entry, MixingRule):
        return ("mixed loading", entry.one, entry.other)
    return ("tunnel code", entry.code)


def bare(entry: LoadEntry) -> LoadEntry:
    """Give an entry without its name, dates and place in the law: what is left is what it says."""
    return replace(entry, id="", since=0, until=None, confirmed=0, cite=(), confidence="")


def entry_sentence(entry: LoadEntry) -> str:
    """Give the sentence of an entry."""
    return entry.text if isinstance(entry, Duty) else entry.say


def entry_words(entry: LoadEntry) -> str:
    """Say what an entry asks for."""
    if isinstance(entry, Limit):
        unit = "points" if entry.kind == "total" else "kg"
        amount = "no limit" if entry.limit is None else f"{entry.limit:g} {unit}"
        points = "" if entry.points_per_kg is None else f", {entry.points_per_kg:g} points per kg"
        return f"{entry.kind} {';'.join(entry.keys)} {amount}{points}"
    if isinstance(entry, Duty):
        return f'"{entry.text}" ({entry.when})'
    if isinstance(entry, MixingRule):
        return f'{entry.one} with {entry.other} {entry.effect}: "{entry.say}"'
    return f'"{entry.say}" ({entry.code})'
