"""A small rulebook whose every change from one edition to the next is known by heart."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from voltloop.compliance.rulebook import packaged_folder
from voltloop.compliance.upkeep.formatting import format_text

HEAD = (
    "id,since,until,confirmed,overrides,when.state,when.energy_wh,effect,then.outcome,then.un_number,then.marks,"
    "say,cite,confidence"
)

FILES: Mapping[str, str] = {
    "regimes.csv": "regime,folder,title\nLAW,law,A law for tests\nOTHER,other,Another one\n",
    "editions.csv": (
        "regime,edition,applicable_from,mandatory_from,applicable_to,status,source\n"
        "LAW,LAW-1,2024-01-01,2024-07-01,2025-06-30,superseded,first\n"
        "LAW,LAW-2,2025-01-01,2025-07-01,2027-06-30,in_force,second\n"
        "LAW,LAW-3,2027-01-01,2027-07-01,,announced,third\n"
        "OTHER,OTHER-1,2024-01-01,2024-01-01,,in_force,only\n"
    ),
    "modes.csv": "mode,regime,chain,states,title\nlaw,LAW,LAW,,Carriage under the law\nother,OTHER,OTHER,,Another\n",
    "flags.csv": "flag,fact,value\n",
    "implied.csv": "fact,given,condition,value,contradicts,say\n",
    "laws.csv": "law,title\nLaw,The law\n",
    "law/chain.toml": (
        'regime = "LAW"\n\n[[table]]\nname = "verdict"\ntitle = "How it travels"\nfiles = ["verdict.csv"]\n'
        'decides = ["outcome", "un_number"]\n'
    ),
    "law/verdict.csv": "\n".join([
        HEAD,
        "LAW.any,LAW-1,,LAW-2,,,,require,allowed,3480,,Batteries travel as goods of this law.,Law 1,A",
        "LAW.small.old,LAW-1,LAW-2,LAW-1,LAW.any,new|used,<=20,exempt,exempt_small,3480,,Small ones are free.,Law 2,A",
        "LAW.small,LAW-2,,LAW-2,LAW.any,new|used,<=100,exempt,exempt_small,3480,,Small ones are free.,Law 2,A",
        "LAW.critical.old,LAW-1,LAW-2,LAW-1,LAW.any,critical,,undecided,,,,Nobody has read it.,Law 3,C",
        "LAW.critical,LAW-2,,LAW-2,LAW.any,critical,,forbid,forbidden,3480,,Critical ones stay.,Law 3,B",
    ]) + "\n",
    "other/chain.toml": (
        'regime = "OTHER"\n\n[[table]]\nname = "other"\ntitle = "Other"\nfiles = ["other.csv"]\ndecides = ["outcome"]\n'
    ),
    "other/other.csv": (
        "id,since,until,confirmed,overrides,when.state,effect,then.outcome,say,cite,confidence\n"
        "OTHER.any,OTHER-1,,OTHER-1,,!critical,require,allowed,Everything may go.,Law 9,A\n"
        "OTHER.critical,OTHER-1,,OTHER-1,,critical,require,allowed,Everything may go.,Law 9,A\n"
    ),
    "load/limits.csv": (
        "id,regime,since,until,confirmed,kind,key,points_per_kg,limit,say,cite,confidence\n"
        "LAW.total.old,LAW,LAW-1,LAW-2,LAW-1,total,points,,500,At most 500 points.,Law 7,A\n"
        "LAW.total,LAW,LAW-2,,LAW-2,total,points,,1000,At most 1000 points.,Law 7,A\n"
    ),
    "load/duties.csv": (
        "id,regime,since,until,confirmed,when,duty,text,cite,confidence\n"
        "LAW.plates,LAW,LAW-2,,LAW-2,regulated,plates,Plates at the front.,Law 8,A\n"
    ),
    "cases/law.csv": (
        "id,mode,on,edition,chemistry,state,energy_wh,expect.outcome,why\n"
        "small.20,law,2024-02-01,,li_ion,used,20,exempt_small,limit included\n"
        "small.20.1,law,2024-02-01,,li_ion,used,20.1,allowed,above it\n"
        "small.100,law,2026-01-01,,li_ion,used,100,exempt_small,limit included\n"
        "small.100.1,law,2026-01-01,,li_ion,used,100.1,allowed,above it\n"
        "critical.old,law,2024-02-01,,li_ion,critical,50,undecided,not read\n"
        "critical,law,2026-01-01,,li_ion,critical,50,forbidden,read\n"
        "other,other,2026-01-01,,li_ion,used,50,allowed,other law\n"
        "other.critical,other,2026-01-01,,li_ion,critical,50,allowed,other law\n"
    ),
}  # fmt: skip


def write_book(folder: Path, **changed: str) -> Path:
    """Write the rulebook; ``changed`` replaces files, with "__" for the slash and without their ending."""
    for name in ("facts.csv", "answers.csv"):
        folder.mkdir(parents=True, exist_ok=True)
        text = (packaged_folder() / name).read_text(encoding="utf-8")
        (folder / name).write_text(format_text(text, name), encoding="utf-8")
    for part in ("load", "credentials"):
        # Files that these tests do not look at: their header, and no row but those that declare words.
        (folder / part).mkdir(exist_ok=True)
        for file in (packaged_folder() / part).glob("*.csv"):
            text = file.read_text(encoding="utf-8")
            kept = text if file.name == "facts.csv" else text.splitlines()[0]
            (folder / part / file.name).write_text(format_text(kept, file.name), encoding="utf-8")
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(changed.get(name.rsplit(".", 1)[0].replace("/", "__"), text), encoding="utf-8")
    return folder


def with_row(name: str, row: str) -> str:
    """Give a file of the rulebook with one more row."""
    return FILES[name] + row + "\n"
