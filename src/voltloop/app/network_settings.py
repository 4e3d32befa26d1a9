"""The settings of a network folder, from ``network.toml``."""

from __future__ import annotations

import re
import tomllib
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from voltloop.app.network_tables import ColumnSpec, NetworkSettings, Party, dictionary
from voltloop.app.network_values import RawTable, convert
from voltloop.collection import Consistency
from voltloop.errors import nearest
from voltloop.findings import Finding, make

__all__ = ["read_settings"]

_FILE = "network.toml"
_BASE = re.compile(r"https?://[^\s/?#]+(/[^\s?#]*)?/")


def read_settings(path: Path, problems: list[str], findings: list[Finding]) -> NetworkSettings:
    """Read ``network.toml``; every mistake is told in ``problems``, and an absent file gives the defaults."""
    if not path.exists():
        findings.append(make("network-file-assumed", where=_FILE, value="the default settings are taken"))
        return NetworkSettings()
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        problems.append(
            f"{_FILE} cannot be read: {error}. Write it as TOML in UTF-8; `voltloop init` gives a template."
        )
        return NetworkSettings()
    specs = dictionary()[_FILE]
    values: dict[str, Any] = {}
    for name, raw in _flat(content).items():
        if name not in specs:
            findings.append(
                make("network-setting-unknown", where=_FILE, field=name, hint=nearest(name, specs))
            )
            continue
        if name == "currency" and str(raw).upper() != "EUR":
            findings.append(make("network-currency", where=_FILE, field=name, raw=str(raw)))
            continue
        value = _value(raw, specs[name], problems)
        if name == "identifier_base" and value is not None and not _BASE.fullmatch(value):
            problems.append(
                f'{_FILE}, setting "{name}": "{value}" is not an absolute web address with a slash at its end, '
                "such as https://id.example.com/. Correct it, or leave the setting out."
            )
        elif value is not None:
            values[name] = value
    parties: dict[str, Any] = {
        who: Party(
            **{name.partition(".")[2]: value for name, value in values.items() if name.startswith(f"{who}.")}
        )
        for who in ("carrier", "packer")
    }
    consistency = Consistency(
        **{name.partition(".")[2]: value for name, value in values.items() if name.startswith("consistency.")}
    )
    plain = {name: value for name, value in values.items() if "." not in name}
    return NetworkSettings(**plain | parties, consistency=consistency)


def _flat(content: dict[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in content.items():
        if isinstance(value, dict):
            flat |= {f"{name}.{inner}": inside for inner, inside in value.items()}
        else:
            flat[name] = value
    return flat


def _value(raw: Any, spec: ColumnSpec, problems: list[str]) -> Any:
    """One setting, typed; None when it is blank or wrong."""
    if spec.type == "dates":
        return _dates(raw, spec, problems)
    items = raw if isinstance(raw, list) else [raw]
    text = ";".join(str(item) for item in items).strip()
    if not text:
        if raw == []:
            problems.append(
                f'{_FILE}, setting "{spec.column}": the list is empty. At least one of {", ".join(spec.choices)} was '
                "expected. Name them, or leave the setting out for the default."
            )
        return None
    if spec.choices:
        odd = [item for item in text.split(";") if item not in spec.choices]
        if odd:
            problems.append(
                f'{_FILE}, setting "{spec.column}": "{odd[0]}" is not one of {", ".join(spec.choices)}.'
                f"{nearest(odd[0], spec.choices)} Correct it."
            )
            return None
    table = RawTable(_FILE, {spec.column: pl.Series([text])}, pl.Series([1]), comma_is_decimal=False)
    mistakes: list[str] = []
    value = convert(table, spec, mistakes)[0]
    problems += [mistake.replace(", line 1, column", ", setting") for mistake in mistakes]
    if mistakes:
        return None
    return tuple(value.split(";")) if spec.type == "list" and value else value


def _dates(raw: Any, spec: ColumnSpec, problems: list[str]) -> tuple[date, ...] | None:
    found: list[date] = []
    for item in raw if isinstance(raw, list) else [raw]:
        try:
            is_day = isinstance(item, date) and not isinstance(item, datetime)
            found.append(item if is_day else date.fromisoformat(str(item)))
        except ValueError:
            problems.append(
                f'{_FILE}, setting "{spec.column}": "{item}" is not a date written as 2027-03-31. Correct it.'
            )
            return None
    return tuple(found)
