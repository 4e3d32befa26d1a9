"""``voltloop itinerary``: ways over road, rail, sea and air."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from voltloop.cli.exit_codes import ExitCode
from voltloop.cli.lines import finding_lines
from voltloop.cli.options import day

if TYPE_CHECKING:
    from voltloop.app.itinerary import Found
    from voltloop.transport import Itinerary, LegTaken

__all__ = ["itinerary"]


def itinerary(  # noqa: PLR0913, PLR0917 - the options of the command
    start: Annotated[
        str, typer.Argument(metavar="FROM", help="Port, airport, rail terminal or ferry port, or LAT,LON.")
    ],
    stop: Annotated[str, typer.Argument(metavar="TO", help="As FROM.")],
    on: Annotated[str, typer.Option(metavar="DATE", help="Day on which the goods are ready, YYYY-MM-DD.")],
    goods: Annotated[
        str,
        typer.Option(
            metavar="FACTS",
            help='Facts as for voltloop explain, such as "chemistry=li_ion form=battery state=damaged".',
        ),
    ] = "",
    mass_kg: Annotated[float, typer.Option("--mass-kg", metavar="KG", help="Gross mass [kg].")] = 1000.0,
    closed: Annotated[
        str,
        typer.Option(
            metavar="NAMES", help="Passages or terminals closed, such as suez,panama:2026-12-01:2027-01-31."
        ),
    ] = "",
    calendar: Annotated[
        Path | None, typer.Option(metavar="CSV", help="Departures: mode,from,to,days,departs,...")
    ] = None,
    k: Annotated[int, typer.Option("--k", metavar="K", help="Most alternatives.")] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")] = False,
) -> None:
    """Find lawful ways over road, rail, sea and air, with cost, time and emissions by leg.

    No alternative is beaten by another in cost, time and emissions at once. Without --goods no law is asked. LAT,LON
    with a minus sign in front goes behind two hyphens: voltloop itinerary --on 2026-12-01 -- CNSHA -23.5,-46.6

    Example: voltloop itinerary Shanghai Rotterdam --on 2026-12-01 --goods "chemistry=li_ion form=battery state=new
    energy_wh=50000 un38_3_tested" --closed suez --k 3
    """
    from voltloop.app.itinerary import Asked, find_itineraries
    from voltloop.app.tables import json_bytes
    from voltloop.cli.plan import cache_folder

    names = tuple(name for name in (part.strip() for part in closed.split(",")) if name)
    asked = Asked(start, stop, day(on, "--on"), goods, mass_kg, names, calendar, k)
    found = find_itineraries(asked, cache_folder())
    told = finding_lines((one.severity, f"{one.message} {one.help}") for one in found.search.findings)
    sys.stderr.write("".join(f"{line}\n" for line in told))
    sys.stdout.write(json_bytes(found.document()).decode() if as_json else _words(found))
    if not found.search.itineraries:
        raise typer.Exit(ExitCode.NO_PLAN)
    if found.is_undecided:
        raise typer.Exit(ExitCode.UNDECIDED)


def _words(found: Found) -> str:
    from voltloop.transport import EMISSION_BOUNDARY, EMISSION_FACTORS, OSM_ATTRIBUTION, SEA_ATTRIBUTION

    search, asked = found.search, found.asked
    lines = [
        f"{found.start.name} to {found.stop.name}, {asked.mass_kg:,.0f} kg, ready on {asked.on}: "
        f"{len(search.itineraries)} of {search.front} ways that no other beats in cost, time and emissions at once"
    ]
    for number, one in enumerate(search.itineraries, 1):
        lines += ["", *_way(number, one)]
    if search.itineraries:
        lines += [
            "",
            "~ estimate: a straight line times a factor, or half the usual time between departures.",
            f"Emissions: {EMISSION_BOUNDARY}. Factors: {EMISSION_FACTORS}.",
            OSM_ATTRIBUTION,
            SEA_ATTRIBUTION,
        ]
    return "\n".join(lines) + "\n"


def _way(number: int, one: Itinerary) -> list[str]:
    head = (
        f"{number}. {one.cost_eur:,.0f} EUR, {one.hours / 24:.1f} days, {one.co2e_kg:,.0f} kg CO2e, "
        f"{one.km:,.0f} km; arrives {one.arrives_at:%Y-%m-%d}"
    )
    return [head, *(line for taken in one.legs for line in _leg(taken))]


def _leg(taken: LegTaken) -> list[str]:
    leg = taken.leg
    through = f" by {', '.join(leg.passages)}" if leg.passages else ""
    leaves = f"{'' if taken.is_scheduled else '~'}{taken.departs_at:%Y-%m-%d %H:%M}"
    lines = [
        f"   {leg.mode:5} {taken.start.name} to {taken.stop.name}{through}: {'~' if leg.is_estimated else ''}"
        f"{leg.km:,.0f} km, {leg.vehicle}, leaves {leaves}, arrives {taken.arrives_at:%Y-%m-%d %H:%M} UTC, "
        f"{taken.cost_eur:,.0f} EUR and {taken.transfer_cost_eur:,.0f} EUR transfer, "
        f"{taken.co2e_kg + taken.transfer_co2e_kg:,.0f} kg CO2e"
    ]
    if taken.permission.said:
        lines.append(f"         {taken.permission.said}")
    return lines
