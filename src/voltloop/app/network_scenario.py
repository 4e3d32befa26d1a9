"""The folder of a scenario of a network: one TOML and CSV tables, read with every mistake told at once."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from voltloop.app.network_law import law_findings, with_law
from voltloop.app.network_values import RawTable, convert, parse_table
from voltloop.errors import InputError, nearest
from voltloop.findings import Finding, Severity, make
from voltloop.network.checks import check_scenario
from voltloop.network.dictionary import empty_table, scenario_dictionary
from voltloop.network.scenario import TABLES, Scenario

__all__ = ["ReadScenario", "check_folder", "read_scenario"]

_FILE = "scenario.toml"
_REQUIRED = ("periods", "commodities", "sites")
_MOST_TOLD = 40


@dataclass(frozen=True, slots=True)
class ReadScenario:
    """A scenario with what was noticed while reading it.

    Attributes
    ----------
    scenario
        With the law where it was read to be used.
    findings
        All problems; the scenario can be used when none is of weight ``reject``.
    """

    scenario: Scenario
    findings: tuple[Finding, ...]


def read_scenario(folder: Path) -> ReadScenario:
    """Read the folder of a scenario that can be used, and ask the law about its ways.

    Parameters
    ----------
    folder
        See the data dictionary.

    Raises
    ------
    InputError
        ``scenario-invalid`` with every problem that stands in the way: file, line, what was expected, what to do.
    """
    read = check_folder(folder)
    bad = [finding for finding in read.findings if finding.severity is Severity.REJECT]
    if bad:
        shown = "".join(f"\n  - {finding.message}" for finding in bad[:_MOST_TOLD])
        more = f"\n  … and {len(bad) - _MOST_TOLD} more." if len(bad) > _MOST_TOLD else ""
        noun = "problem" if len(bad) == 1 else "problems"
        raise InputError(
            f'The scenario "{folder}" cannot be used; {len(bad)} {noun}:{shown}{more}',
            code="scenario-invalid",
        )
    lawful = with_law(read.scenario)
    return ReadScenario(lawful, (*read.findings, *law_findings(lawful)))


def check_folder(folder: Path) -> ReadScenario:
    """Read the folder of a scenario and give all its problems as findings.

    Raises
    ------
    InputError
        ``scenario-folder`` when there is no such folder.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(
            f'"{folder}" is not a folder. Expected the folder of a scenario, with scenario.toml and CSV tables. '
            "Correct the path.",
            code="scenario-folder",
        )
    problems: list[str] = []
    findings: list[Finding] = []
    settings = _settings(folder / _FILE, problems, findings)
    tables, lines = _tables(folder, problems, findings)
    findings += [make("scenario-cell", where=str(folder), raw=problem) for problem in problems]
    _note_unknown_files(folder, findings)
    scenario = Scenario(**settings, **tables)
    findings += check_scenario(scenario, lines)
    return ReadScenario(scenario, tuple(findings))


def _settings(path: Path, problems: list[str], findings: list[Finding]) -> dict[str, Any]:
    specs = scenario_dictionary()[_FILE]
    values: dict[str, Any] = {"name": path.parent.name}
    content: dict[str, Any] = {}
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        problems.append(f"{_FILE} is missing. Write it with at least name and currency.")
        return values
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        problems.append(f"{_FILE} cannot be read: {error}. Write it as TOML in UTF-8.")
        return values
    for name in content.keys() - specs.keys():
        findings.append(
            make("network-setting-unknown", where=_FILE, field=name, hint=nearest(name, specs.keys()))
        )
    for name, spec in specs.items():
        if content.get(name) in (None, ""):
            if spec.required:
                problems.append(f'{_FILE}: the setting "{name}" is missing. Add it: {spec.meaning}')
            continue
        text = str(content[name]).strip()
        table = RawTable(_FILE, {name: pl.Series([text])}, pl.Series([1]), comma_is_decimal=False)
        mistakes: list[str] = []
        value = convert(table, spec, mistakes)[0]
        problems += [mistake.replace(", line 1, column", ", setting") for mistake in mistakes]
        if name == "currency" and text.upper() not in spec.choices:
            problems.append(
                f'{_FILE}, setting "currency": "{text}" is not EUR. Every amount of money in the folder is in EUR, as '
                'the names of its columns say. Convert the amounts, then write currency = "EUR".'
            )
        elif not mistakes:
            values[name] = value.upper() if name == "currency" else value
    return values


def _tables(
    folder: Path, problems: list[str], findings: list[Finding]
) -> tuple[dict[str, Any], dict[str, list[int]]]:
    """Give the tables and the line of each row."""
    tables: dict[str, Any] = {}
    lines: dict[str, list[int]] = {}
    for name in TABLES:
        before = len(problems)
        path = folder / f"{name}.csv"
        raw = None
        if path.exists():
            try:
                data = path.read_bytes()
            except OSError as error:
                problems.append(f"{path.name} cannot be read: {error.strerror or error}. Make it readable.")
                data = b""
            specs = scenario_dictionary()[path.name]
            raw = parse_table(data, specs, problems, findings) if data else None
            if not data.strip() and len(problems) == before:
                problems.append(
                    f"{path.name} is empty. Its first line must be the header: {', '.join(specs)}."
                )
        elif name in _REQUIRED:
            problems.append(
                f"{path.name} is missing. Write it with the columns {', '.join(empty_table(name).columns)}."
            )
        if raw is not None:
            tables[name] = pl.DataFrame([convert(raw, spec, problems) for spec in specs.values()])
            lines[name] = raw.lines.to_list()
    return tables, lines


def _note_unknown_files(folder: Path, findings: list[Finding]) -> None:
    known = scenario_dictionary()
    for path in sorted(folder.glob("*.csv")):
        if path.name not in known and (hint := nearest(path.name, known)):
            findings.append(make("scenario-file-unknown", where=path.name, value=hint))
