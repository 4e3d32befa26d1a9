"""A certificate from a record in a TOML file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import quote

from voltloop.app.files import read_bytes
from voltloop.documents.certificate import certificate
from voltloop.documents.certificate_record import CertificateRecord, PartReplaced, TestResult, WarrantyGiven
from voltloop.documents.glyphs import missing_glyphs
from voltloop.documents.load import Party
from voltloop.documents.open_fields import OpenFields
from voltloop.errors import InputError, nearest
from voltloop.findings import Finding, make

__all__ = ["certificate_of", "ledger_entry_url", "read_certificate_record"]

_T = TypeVar("_T")
_DAYS: Final = ("issued_on", "restored_on", "measured_on", "until")
_NUMBERS: Final = (
    "rated_energy_kwh", "soh", "mass_kg", "confidence", "mileage_km", "throughput_kwh", "count",
)  # fmt: skip
_LISTS: Final = ("standards", "reasons", "remarks", "old_serials", "new_serials", "address")


def ledger_entry_url(server: str, epc: str) -> str:
    """Give the address of a battery's story on a voltloop server.

    Raises
    ------
    InputError
        ``certificate-url``: the server's address does not begin with http:// or https://.

    Examples
    --------
    >>> ledger_entry_url("https://ledger.example/", "urn:epc:id:sgtin:9521234.012345.7")
    'https://ledger.example/ledger/things/urn:epc:id:sgtin:9521234.012345.7/story'
    """
    if not server.startswith(("https://", "http://")):
        raise InputError(
            f'"{server}" is no address of a server. One such as https://ledger.example was expected.',
            code="certificate-url",
        )
    return f"{server.rstrip('/')}/ledger/things/{quote(epc, safe=':')}/story"


def read_certificate_record(path: Path, *, server: str | None = None) -> CertificateRecord:
    """Read a record from a TOML file.

    Parameters
    ----------
    path
        Keys of :class:`CertificateRecord` at the top, and the tables ``[issuer]``, ``[[tests]]``, ``[[parts]]``,
        ``[warranty]``. ``ledger_url`` may be left out where a server is given.
    server
        Address of the voltloop server that holds the ledger.

    Raises
    ------
    InputError
        ``certificate-file``: not TOML, an unknown or missing key, or a value of the wrong kind; the codes of
        :class:`CertificateRecord`.
    """
    try:
        given = tomllib.loads(read_bytes(path).decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _wrong(f"{path}: this is no TOML file in UTF-8: {error}. Mend the line it names.") from None
    if server is not None and "ledger_url" not in given and isinstance(given.get("epc"), str):
        given["ledger_url"] = ledger_entry_url(server, given["epc"])
    _check_keys(CertificateRecord, given, str(path))
    for key, kind in (("tests", TestResult), ("parts", PartReplaced)):
        rows = _rows(given, key, path)
        given[key] = tuple(
            _made(kind, row, f"{path}, [[{key}]] number {place}") for place, row in enumerate(rows, start=1)
        )
    given["issuer"] = _made(Party, _table(given, "issuer", path), f"{path}, [issuer]")
    if "warranty" in given:
        given["warranty"] = _made(WarrantyGiven, _table(given, "warranty", path), f"{path}, [warranty]")
    return _made(CertificateRecord, given, str(path))


def certificate_of(
    record: CertificateRecord, *, font_folders: Sequence[str | Path] = (), paper: str = "a4"
) -> tuple[bytes, list[Finding]]:
    """Give the PDF of a certificate, and what a person still has to do for it."""
    asked = OpenFields()
    made = certificate(record, font_folders=font_folders, open_fields=asked, paper=paper)
    findings = [
        make("certificate-field-open", where=record.number, field=row["what"], value=row["who"])
        for row in asked.rows
    ]
    return made, [*findings, *missing_glyphs(record, tuple(str(folder) for folder in font_folders))]


def _wrong(message: str) -> InputError:
    return InputError(message, code="certificate-file")


def _table(given: Mapping[str, Any], key: str, path: Path) -> Mapping[str, Any]:
    table = given.get(key, {})
    if not isinstance(table, dict):
        raise _wrong(f"{path}: {key} is {table!r}. A table [{key}] was expected.")
    return table


def _rows(given: Mapping[str, Any], key: str, path: Path) -> list[Mapping[str, Any]]:
    rows = given.get(key, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise _wrong(f"{path}: {key} is no list of tables. Begin each with a line [[{key}]].")
    return rows


def _check_keys(kind: Any, given: Mapping[str, Any], where: str) -> None:
    known = [field.name for field in fields(kind)]
    for key, value in given.items():
        if key not in known:
            raise _wrong(
                f'{where}: the key "{key}" is not known.{nearest(key, known)} Known: {", ".join(known)}.'
            )
        _check(key, value, where)


def _made(kind: type[_T], given: Mapping[str, Any], where: str) -> _T:
    """Make a dataclass of a table, each key known and of its kind, none missing."""
    _check_keys(kind, given, where)
    missing = [
        field.name
        for field in fields(kind)  # type: ignore[arg-type]
        if field.name not in given and field.default is MISSING and field.default_factory is MISSING
    ]
    if missing:
        by_server = (
            " The server with the ledger (--server) gives the ledger_url." if "ledger_url" in missing else ""
        )
        raise _wrong(
            f"{where}: {', '.join(missing)} is missing. Give it, and run the command again.{by_server}"
        )
    return kind(**{key: tuple(value) if key in _LISTS else value for key, value in given.items()})


def _check(key: str, value: Any, where: str) -> None:
    if key in ("issuer", "tests", "parts", "warranty"):
        return
    if key in _DAYS:
        good, wanted = isinstance(value, date) and not isinstance(value, datetime), "A day such as 2026-11-24"
    elif key in _NUMBERS:
        good, wanted = isinstance(value, int | float) and not isinstance(value, bool), "A number"
    elif key in _LISTS:
        good = isinstance(value, list) and all(isinstance(item, str) for item in value)
        wanted = 'A list of texts such as ["one", "two"]'
    elif key == "value":
        good, wanted = (
            isinstance(value, str | int | float) and not isinstance(value, bool),
            "A number or a text",
        )
    else:
        good, wanted = isinstance(value, str), "A text in quotation marks"
    if not good:
        raise _wrong(f"{where}: {key} is {value!r}. {wanted} was expected.")
