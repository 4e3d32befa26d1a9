"""The commands by name: the file of a command is read when that command is run, so each of them starts at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from importlib import import_module
from typing import Any, Final, NamedTuple

import typer
from typer.core import TyperGroup

__all__ = ["COMMANDS", "Commands"]


class _Entry(NamedTuple):
    """Where a command is, and the line about it in the list of commands."""

    file: str
    name: str
    help: str


COMMANDS: Final[Mapping[str, _Entry]] = {
    "read": _Entry(
        "read",
        "read",
        "Read a list of returned batteries and say what was made of every row.",
    ),
    "plan": _Entry(
        "plan",
        "plan",
        "Plan the collection of returned batteries: verdicts, treatments, packages, tours, loads and papers.",
    ),
    "rerun": _Entry(
        "plan",
        "rerun",
        "Make a plan again from the inputs in its folder; the same version of voltloop gives the same plan.",
    ),
    "tours": _Entry(
        "tours",
        "app",
        "Tours of a plan: why a stop is left out, what a rule costs, which tour is weak, what has changed.",
    ),
    "network": _Entry(
        "network",
        "app",
        "Networks: check a scenario, and ask which sites, flows and lanes should exist.",
    ),
    "treat": _Entry(
        "treat",
        "treat",
        "Choose for every battery its treatment and plant, the best for the "
        "whole under room, contracts and carbon.",
    ),
    "init": _Entry(
        "init",
        "init",
        "Write a small network folder that can be planned at once and changed to your own.",
    ),
    "age": _Entry(
        "age",
        "age",
        "Say how batteries have aged and will age: state of health by year with its interval, and years left.",
    ),
    "classify": _Entry(
        "classify",
        "classify",
        "Say of every row of a file how it may travel: UN number, packing, marks, limits, papers and the rules.",
    ),
    "explain": _Entry(
        "explain",
        "app",
        "Explain how one item may travel: each rule that answered with its "
        "paragraph, what follows, what is missing.",
    ),
    "grade": _Entry(
        "grade",
        "grade",
        "Grade every battery of a file: the best grade whose limits it keeps, "
        "why, how sure, and which test to do next.",
    ),
    "match": _Entry(
        "match",
        "match",
        "Match units into as many complete sets as there can be, and of those the most valuable.",
    ),
    "store": _Entry(
        "store",
        "store",
        "Check stored batteries area by area: energy, volume, height, charge, "
        "distance, fire protection, permits, time.",
    ),
    "itinerary": _Entry(
        "itinerary",
        "itinerary",
        "Find lawful ways over road, rail, sea and air, with cost, time and emissions by leg.",
    ),
    "footprint": _Entry(
        "footprint",
        "footprint",
        "Tell carbon, energy and water of a pack made new, remanufactured, in a second life, and recycled.",
    ),
    "warranty": _Entry(
        "warranty",
        "warranty",
        "Fit how restored packs fail, and price a warranty: expected claims, reserve, price per pack.",
    ),
    "certificate": _Entry(
        "certificate",
        "certificate",
        "Write the certificate of a restored battery: test record, grade, parts replaced, standard, warranty.",
    ),
    "serve": _Entry(
        "serve",
        "serve",
        "Serve the ledger over HTTP: EPCIS 2.0 under /epcis.",
    ),
    "where": _Entry(
        "things",
        "where",
        "Say where a thing is and since when, in what, in whose hands, and in which condition.",
    ),
    "story": _Entry(
        "things",
        "story",
        "Tell the whole story of a thing: its events and those of what it was in.",
    ),
    "tree": _Entry(
        "things",
        "tree",
        "Show what a thing is in, built into and made of, and what is in it, built into it and made of it.",
    ),
    "custody": _Entry(
        "things",
        "custody",
        "Say who had a thing, from when until when.",
    ),
    "condition": _Entry(
        "things",
        "condition",
        "Tell what was measured, decided and done to a thing, with method, device and person.",
    ),
    "seals": _Entry(
        "things",
        "seals",
        "List the seals that have been on a load or container.",
    ),
    "stock": _Entry(
        "stock",
        "stock",
        "Count or list what is in stock, in containers too, as of any instant; lots with their quantities.",
    ),
    "under-way": _Entry(
        "stock",
        "under_way",
        "List what has left a place and not come to another, and when it is expected.",
    ),
    "late": _Entry(
        "stock",
        "late",
        "List the planned steps whose time has passed and that nobody has recorded as done.",
    ),
    "findings": _Entry(
        "stock",
        "findings",
        "List what the ledger found wrong: broken seals, numbers that differ, contents changed while sealed.",
    ),
    "release": _Entry(
        "stock",
        "release",
        "Release what is held, and close its findings.",
    ),
    "doctor": _Entry(
        "doctor",
        "doctor",
        "Check the installation: database server, settings, disk, tables, clock, broker.",
    ),
    "backup": _Entry(
        "backup",
        "backup",
        "Write the whole ledger to a file, as it is at one moment, while others may go on using it.",
    ),
    "restore": _Entry(
        "backup",
        "restore",
        "Put the contents of a backup in the place of a ledger: all of it or, if anything goes wrong, nothing.",
    ),
    "cost": _Entry(
        "cost",
        "app",
        "Give cost, revenue and profit of recycling by chemistry, process, "
        "place and throughput, in USD per kg of feed.",
    ),
    "credentials": _Entry(
        "credentials",
        "app",
        "Licences, permits, insurance, approvals and training: who may do what, and what lapses.",
    ),
    "rules": _Entry(
        "rules",
        "rules",
        "Compare editions of the law, and keep the rulebook in order.",
    ),
    "keys": _Entry(
        "keys",
        "app",
        "Keys of callers of the HTTP API: add, list, revoke.",
    ),
    "ledger": _Entry(
        "ledger",
        "app",
        "Upkeep of the ledger's database.",
    ),
    "record": _Entry(
        "record",
        "app",
        "Record in the ledger: a plan, steps of it carried out, seals, handovers, inspections, holds.",
    ),
    "tco": _Entry(
        "tco",
        "app",
        "Compare ownership with new and with restored batteries, every year weighted with survival.",
    ),
    "telemetry": _Entry(
        "telemetry",
        "app",
        "Readings of devices: listen by MQTT, drop old months, score forecasts.",
    ),
    "subscriptions": _Entry(
        "subscriptions",
        "app",
        "Subscriptions to named queries: list them, look into deliveries, send again, change the secret.",
    ),
    "passport": _Entry(
        "passport",
        "app",
        "Battery passports: take them in, look at them as somebody, check them, carry the register.",
    ),
}
"""In the order of the list of commands. The line of each is the first sentence of its own help."""


class _Loaded(MutableMapping[str, Any]):
    """Commands that are read when one asks for them."""

    def __init__(self) -> None:
        self._read: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._read:
            self._read[name] = _command(name, COMMANDS[name])
        return self._read[name]

    def __setitem__(self, name: str, command: Any) -> None:
        self._read[name] = command

    def __delitem__(self, name: str) -> None:
        del self._read[name]

    def __contains__(self, name: object) -> bool:
        return name in COMMANDS

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


def _command(name: str, entry: _Entry) -> Any:
    found = getattr(import_module(f"voltloop.cli.{entry.file}"), entry.name)
    if not isinstance(found, typer.Typer):
        holder = typer.Typer(add_completion=False, rich_markup_mode=None)
        holder.command(name)(found)
        found = holder
    found.rich_markup_mode = None
    is_group = found.registered_callback or len(found.registered_commands) > 1
    command = typer.main.get_group(found) if is_group else typer.main.get_command(found)
    command.name = name
    return command


class Commands(TyperGroup):
    """The program: its list of commands is written without reading their files."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = _Loaded()

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        """Write the list of commands."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in COMMANDS.items()])
