"""The data dictionary of the network folder as a page for people."""

from __future__ import annotations

from collections.abc import Mapping

from voltloop.app.network_tables import ColumnSpec, dictionary
from voltloop.network.dictionary import scenario_dictionary

__all__ = ["describe", "describe_scenario"]

_WORDS = {
    "key": "identity",
    "text": "text",
    "word": "word",
    "list": "list, separated by semicolons",
    "country": "country",
    "number": "number",
    "whole": "whole number",
    "yes_no": "yes or no",
    "time": "time, 07:30",
    "date": "date, 2027-03-31",
    "dates": "list of dates",
    "weekday": "day of the week",
    "windows": "list of times from-to, separated by semicolons",
    "dated": "list of name:last day, separated by semicolons",
    "counts": "list of name:number, separated by semicolons",
}
_FILES = {
    "collection_points.csv": "Where batteries wait. Required.",
    "sites.csv": "Where they can go, and where vehicles start. Required.",
    "vehicles.csv": "What drives. Required; a blank cell takes the value of the vehicle type.",
    "drivers.csv": "Who drives. Without this file one driver is assumed for each vehicle, none with a certificate.",
    "packagings.csv": "What batteries travel in. Without this file the catalogue's typical ones are taken, but no "
    "certified box for critical batteries.",
    "consents.csv": "Consents to ship waste across borders. Without this file there are none.",
    "contracts.csv": "Contracts with sites: volumes, makers bound to a site, diagnostics. Without this file there "
    "are none.",
    "network.toml": "Settings. Without this file every setting takes its default.",
}
_SCENARIO_FILES = {
    "scenario.toml": "What holds for the whole. Required.",
    "periods.csv": "The years planned for, in order. Required.",
    "commodities.csv": "What moves. Required.",
    "sites.csv": "Where things are. Required.",
    "activities.csv": "What turns commodities into others.",
    "recipes.csv": "What an activity takes and gives; it may not give more mass than it takes.",
    "facilities.csv": "Plants, lines and hubs that run activities, there already or candidates.",
    "utilities.csv": "Electricity and labour by place and period.",
    "stocks.csv": "Where a commodity may wait from one period to the next; nowhere else.",
    "modes.csv": "Ways of carriage, from which cost, emissions and time of lanes follow where a lane gives none.",
    "lanes.csv": "Ways from one site to another.",
    "supply.csv": "What arises or can be bought, by site and period.",
    "demand.csv": "What is wanted or can be sold, by site and period.",
    "contracts.csv": "Least and most amounts that were agreed.",
    "tariffs.csv": "Duties on goods that cross a border. All rows that fit are added.",
    "bans.csv": "Goods that may not cross a border. A ban of a part of a period leaves the lane the other part of its "
    "capacity.",
    "targets.csv": "Shares of recycled content, recovery and collection to be reached.",
    "shocks.csv": "What may happen: the cases of a stress test, and the scenarios of a stochastic plan.",
}


def describe(head: str = "") -> str:
    """Give the data dictionary of the network folder as Markdown, one table per file, below ``head``."""
    return _described(head, dictionary(), _FILES)


def describe_scenario(head: str = "") -> str:
    """Give the data dictionary of a scenario of a network as Markdown, one table per file, below ``head``."""
    return _described(head, scenario_dictionary(), _SCENARIO_FILES)


def _described(head: str, files: Mapping[str, Mapping[str, ColumnSpec]], meanings: Mapping[str, str]) -> str:
    parts = [head.rstrip() + "\n"] if head else []
    for file, specs in files.items():
        name = "Setting" if file.endswith(".toml") else "Column"
        lines = [
            f"## {file}\n",
            f"{meanings[file]}\n",
            f"| {name} | Holds | If blank | Meaning | Example |",
            "| --- | --- | --- | --- | --- |",
            *(_line(spec) for spec in specs.values()),
        ]
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def _line(spec: ColumnSpec) -> str:
    unit = f" [{spec.unit}]" if spec.unit else ""
    low, high = spec.minimum, spec.maximum
    limits = ""
    if low is not None and high is not None:
        limits = f", {low:g} to {high:g}"
    elif low is not None:
        limits = f", {low:g} or more"
    default = {"type": "the type's", None: "none"}.get(spec.default, spec.default)
    blank = "not allowed" if spec.required else str(default)
    choices = f" Known: {', '.join(spec.choices)}." if spec.choices else ""
    example = f"`{spec.example}`" if spec.example else ""
    cells = [
        f"`{spec.column}`",
        f"{_WORDS[spec.type]}{unit}{limits}",
        blank,
        spec.meaning + choices,
        example,
    ]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
