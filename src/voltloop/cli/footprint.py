"""``voltloop footprint``: carbon, energy and water of making, restoring and recycling packs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from voltloop.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from voltloop.app.footprint import FootprintAnswer

__all__ = ["footprint"]


def footprint(  # noqa: PLR0913, PLR0917 - one argument per option
    cases: Annotated[
        Path | None, typer.Argument(metavar="[CASES]", help="Table of packs: CSV, Parquet or JSON lines.")
    ] = None,
    chemistry: Annotated[str | None, typer.Option(metavar="NAME", help="Such as NMC622, NCA or LFP.")] = None,
    energy_kwh: Annotated[
        str | None, typer.Option(metavar="KWH", help="Energy of the pack when new [kWh].")
    ] = None,
    soh: Annotated[str | None, typer.Option(metavar="SHARE", help="State of health, 0 to 1.2.")] = None,
    mass_kg: Annotated[
        str | None, typer.Option(metavar="KG", help="Mass of the pack; by design if left out.")
    ] = None,
    grid: Annotated[
        str | None,
        typer.Option(
            metavar="PLACE", help="Electricity of the plant: a code such as FR or DEU, or g CO2e/kWh."
        ),
    ] = None,
    year: Annotated[
        str | None, typer.Option(metavar="YEAR", help="Of the grid; the newest if left out.")
    ] = None,
    made_in: Annotated[
        str | None,
        typer.Option(metavar="PLACE", help="Where new batteries are made; as the plant if left out."),
    ] = None,
    leg: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LEG", help="VEHICLE:KM or VEHICLE:KM:LOAD:EMPTY, such as artic_40t:800. Repeatable."
        ),
    ] = None,
    replaced_share: Annotated[
        str | None,
        typer.Option(metavar="SHARE", help="New modules in a remanufactured pack; 0.25 if left out."),
    ] = None,
    efficiency: Annotated[
        str | None,
        typer.Option(metavar="SHARE", help="Energy of the reference recycling plant over this one's."),
    ] = None,
    samples: Annotated[
        int, typer.Option(metavar="N", help="Draws of the uncertain inputs; 0 draws none.")
    ] = 0,
    seed: Annotated[int, typer.Option(metavar="N", help="Of the draws.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")] = False,
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="FILE.html", help="Write charts as a page of its own.")
    ] = None,
) -> None:
    """Tell carbon, energy and water of a pack made new, remanufactured, in a second life, and recycled.

    Two views stand beside each other and are never added: cut-off (what the treatment causes) and avoided burden (less
    what others then need not make). Options fill cells that the table leaves empty.

    Example: voltloop footprint --chemistry NMC622 --energy-kwh 60 --soh 0.82 --grid FR --leg artic_40t:800

    Example: voltloop footprint packs.csv --grid DE --year 2024 --samples 2000 --plot footprint.html
    """
    from voltloop.app.files import refuse_over, write_bytes
    from voltloop.app.footprint import footprint_charts, footprint_document, tell_footprints
    from voltloop.app.plot_page import plot_page
    from voltloop.app.tables import json_bytes

    refuse_over(plot, cases)
    options = {
        "chemistry": chemistry, "energy_kwh": energy_kwh, "soh": soh, "mass_kg": mass_kg, "grid": grid, "year": year,
        "made_in": made_in, "legs": ";".join(leg or ()), "replaced_share": replaced_share, "efficiency": efficiency,
    }  # fmt: skip
    given = {name: value for name, value in options.items() if value}
    answer = tell_footprints(cases, given, samples=samples, seed=seed)
    if plot is not None:
        notes = [finding.message for finding in answer.results.findings]
        write_bytes(plot, plot_page("Footprint of packs", footprint_charts(answer), notes=notes))
    if as_json:
        sys.stdout.write(json_bytes(footprint_document(answer)).decode())
    else:
        sys.stdout.write(_text(answer))
    if answer.results.rejected.height:
        raise typer.Exit(ExitCode.BAD_INPUT)


def _text(answer: FootprintAnswer) -> str:
    from voltloop.cli.lines import finding_lines

    lines: list[str] = []
    for case, footprints in answer.results.cases:
        lines += [
            f"{case.case_id}: {case.pack.chemistry}, {case.pack.energy_kwh:g} kWh, treated with electricity of "
            f"{case.grid.code} ({case.grid.co2e_g_per_kwh:g} g CO2e/kWh), batteries made with that of "
            f"{case.made_in.code} ({case.made_in.co2e_g_per_kwh:g})",
            "",
            f"{'':18}{'cut-off view':^34}{'avoided-burden view':^34}",
            f"{'treatment':<18}{'kg CO2e':>9}{'per unit':>10}{'MJ':>9}{'l':>6}"
            f"{'kg CO2e':>13}{'per unit':>10}{'MJ':>9}{'l':>8}  unit",
        ]
        for done in footprints:
            cut, avoided = done.cut_off, done.avoided_burden
            each = [
                f"{account.co2e_kg:.4g}" if account is not None else "-"
                for account in (done.cut_off_per_unit, done.avoided_burden_per_unit)
            ]
            lines.append(
                f"{done.treatment.replace('_', ' '):<18}{cut.co2e_kg:>9.0f}{each[0]:>10}{cut.energy_mj:>9.0f}"
                f"{cut.water_l:>6.0f}{avoided.co2e_kg:>13.0f}{each[1]:>10}{avoided.energy_mj:>9.0f}"
                f"{avoided.water_l:>8.0f}  {done.unit}"
            )
        lines.append("")
    lines += _spread_lines(answer)
    if lines:
        lines.append(
            "The two views are never added: a credit and the benefit of recycled content would count twice."
        )
    lines += finding_lines((finding.severity, finding.message) for finding in answer.results.findings)
    return "".join(f"{line}\n" for line in lines)


def _spread_lines(answer: FootprintAnswer) -> list[str]:
    if not answer.spreads:
        return []
    lines = ["Spread of the carbon per pack [kg CO2e], 5 to 95 per cent, and what it comes from:", ""]
    for (case_id, treatment, view), spread in answer.spreads.items():
        causes = ", ".join(
            f"{driver.name.replace('_', ' ')} {100 * driver.share:.0f} %" for driver in spread.drivers[:3]
        )
        lines.append(
            f"{case_id}, {treatment.replace('_', ' ')}, {view.replace('_', ' ')}: "
            f"{spread.low:.0f} to {spread.high:.0f}; {causes}"
        )
    return [*lines, ""]
