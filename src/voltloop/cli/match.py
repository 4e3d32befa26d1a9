"""``voltloop match``: packs or modules matched into systems of alike units."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from voltloop.cli.lines import finding_lines
from voltloop.errors import InputError

if TYPE_CHECKING:
    from voltloop.app.match import MatchedFile

__all__ = ["match"]

_SHOWN = 20


def match(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Units: CSV, Parquet or JSON lines.")],
    units: Annotated[int | None, typer.Option(metavar="N", help="Units in one set.")] = None,
    capacity_spread: Annotated[
        float, typer.Option(metavar="SHARE", help="Largest capacity of a set over the smallest, less one.")
    ] = 0.03,
    resistance_spread: Annotated[
        float, typer.Option(metavar="SHARE", help="Largest resistance of a set over the smallest, less one.")
    ] = 0.10,
    kinds: Annotated[
        Path | None,
        typer.Option(metavar="KINDS", help="Table of several kinds of set, in place of the options above."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="OUT", help="One row per unit: .csv, .parquet or .jsonl."),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="HTML", help="Page with a chart, which needs nothing from outside.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print sets and units as JSON.")] = False,
) -> None:
    """Match units into as many complete sets as there can be, and of those the most valuable.

    FILE has unit_id, capacity_ah (Ah), resistance_mohm (milliohm), optional group (only units of one group stand
    together, such as a model) and value_eur. KINDS has name, units and any of capacity_spread, resistance_spread,
    min_capacity_ah, max_resistance_mohm, max_sets and value_eur; a blank cell is no limit.

    Example: voltloop match modules.csv --units 12 --capacity-spread 0.03 --resistance-spread 0.10 -o sets.csv
    """
    from voltloop.app.files import refuse_over, write_bytes
    from voltloop.app.match import match_file, match_page, read_kinds
    from voltloop.app.tables import json_bytes, table_bytes
    from voltloop.treatment.matching import SetKind

    if (units is None) == (kinds is None):
        raise InputError(
            "Say how many units make a set with --units N, or name a table of kinds with --kinds FILE; not both.",
            code="matching-kinds",
        )
    wanted = read_kinds(kinds) if kinds else [SetKind("set", units or 0, capacity_spread, resistance_spread)]
    for target in (output, plot):
        refuse_over(target, file, kinds)
    found = match_file(file, wanted)
    outputs = []
    if output:
        outputs.append((output, table_bytes(found.answers(), output.name)))
    if plot:
        outputs.append((plot, match_page(found)))
    for path, data in outputs:
        write_bytes(path, data)
    told = finding_lines((one.severity, f"{one.message} {one.help}") for one in found.matching.findings)
    sys.stderr.write("".join(f"{line}\n" for line in told))
    sys.stdout.write(json_bytes(found.summary()).decode() if as_json else _words(found))


def _words(found: MatchedFile) -> str:
    made, sets = found.matching, found.matching.sets
    proof = "no more are possible" if sets.height == made.bound else f"at most {made.bound} are possible"
    complete = "1 complete set" if sets.height == 1 else f"{sets.height} complete sets"
    lines = [f"{found.name}: {found.units.height} units, {complete} ({proof})"]
    members = made.members.group_by("set", maintain_order=True).agg("unit_id")
    for row, names in zip(sets.head(_SHOWN).iter_rows(named=True), members["unit_id"], strict=False):
        spreads = f"{row['capacity_spread']:.1%} in capacity and {row['resistance_spread']:.1%} in resistance"
        what = f"{row['kind']}: least {row['least_capacity_ah']:g} Ah, spread {spreads}"
        lines.append(f"  {row['set']:>4}  {what}: {', '.join(names)}")
    if sets.height > _SHOWN:
        lines.append(f"  ... and {sets.height - _SHOWN} more sets; add -o FILE to have all of them.")
    if made.leftover.height:
        lines.append(f"Left over: {made.leftover.height}")
        lines += [f"  {name}: {why}" for _, name, why in made.leftover.head(_SHOWN).rows()]
    if made.leftover.height > _SHOWN:
        lines.append(f"  ... and {made.leftover.height - _SHOWN} more.")
    return "\n".join(lines) + "\n"
