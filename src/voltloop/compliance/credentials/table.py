"""The table of credentials: who holds what, where, and from when to when."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any, Final

import dataframely as dy
import polars as pl

from voltloop import findings
from voltloop.compliance.credentials.jurisdictions import read_jurisdiction, recognised_in
from voltloop.compliance.credentials.rules import HOLDER_KINDS, CredentialKind, CredentialRules
from voltloop.compliance.credentials.validity import FOREVER, LONG_AGO, Held, last_day
from voltloop.compliance.rulebook import Rulebook, load_rulebook
from voltloop.errors import InputError, nearest
from voltloop.findings import Finding

__all__ = ["CREDENTIAL_COLUMNS", "CredentialSchema", "CredentialTable", "read_credentials", "read_scope"]

CREDENTIAL_COLUMNS: Final = (
    "holder", "kind", "scope", "jurisdiction", "valid_from", "valid_to", "document",
)  # fmt: skip
"""Columns of a table of credentials; ``holder_kind`` may be added."""

_UN: Final = re.compile(r"(?:un\s*)?(\d{4})", re.IGNORECASE)
_CLASS: Final = re.compile(r"(?:class\s*)?(\d(?:\.\d)?[a-z]?)", re.IGNORECASE)
_WASTE: Final = re.compile(r"(\d{2})\s?(\d{2})\s?(\d{2})\s?\*?")
_SPACES: Final = re.compile(r"[\s\-]+")


class CredentialSchema(dy.Schema):
    """Credentials that can be relied on; ``row`` is the line of the table, from 1."""

    row = dy.Int64(primary_key=True, min=1)
    holder = dy.String(min_length=1)
    holder_kind = dy.String(check=lambda column: column.is_in(list(HOLDER_KINDS)))
    kind = dy.String(min_length=1)
    scope = dy.String(nullable=True)
    jurisdiction = dy.String(nullable=True)
    valid_from = dy.Date(nullable=True)
    valid_to = dy.Date(nullable=True)
    document = dy.String(nullable=True)


@dataclass(frozen=True)
class CredentialTable:
    """Credentials read from a table; every row is either accepted or rejected.

    Attributes
    ----------
    credentials
        Accepted rows, see :class:`CredentialSchema`.
    rejected
        ``row``, the cells as they were given, and ``reason``.
    findings
        All problems of single rows.
    rules
        The credentials part of the rulebook that they were read with.
    """

    credentials: dy.DataFrame[CredentialSchema]
    rejected: pl.DataFrame
    findings: tuple[Finding, ...]
    rules: CredentialRules

    @cached_property
    def held(self) -> tuple[Held, ...]:
        """Accepted credentials as they count, in the order of the table."""
        return tuple(_held(row, self.rules) for row in self.credentials.iter_rows(named=True))


def read_scope(text: str | None, kind: CredentialKind) -> tuple[frozenset[str], tuple[str, ...]]:
    """Give what a scope covers, and the words that nobody understands; nothing covers everything of the kind.

    UN numbers give ``un:3480``, classes ``class:9``, waste codes ``waste:160607``.
    """
    covers: set[str] = set()
    unknown: list[str] = []
    for part in re.split(r"[;,|]", text or ""):
        word = part.strip()
        if not word or word.lower() in kind.scope_words:
            continue
        for name, pattern in (("un", _UN), ("class", _CLASS), ("waste", _WASTE)):
            match = pattern.fullmatch(word)
            if match:
                covers.add(f"{name}:{''.join(match.groups()).upper()}")
                break
        else:
            unknown.append(word)
    return frozenset(covers), tuple(unknown)


def read_credentials(table: pl.DataFrame, rulebook: Rulebook | None = None) -> CredentialTable:
    """Read a table of credentials; a bad row is a finding, and the others are read.

    Parameters
    ----------
    table
        :data:`CREDENTIAL_COLUMNS`, days as ISO 8601 text or as days. Empty ``valid_from``: since long ago; empty
        ``valid_to``: open, or as long as the law lets the kind run. ``scope`` holds UN numbers, classes or waste codes,
        ``jurisdiction`` country codes, ``EU``, ``EEA``, ``ADR``, ``OECD`` or ``world``, both joined by semicolons.
        ``row`` numbers the rows; without it they are numbered from 1.
    rulebook
        The packaged one by default.

    Raises
    ------
    InputError
        A column is missing or unknown.
    """
    rules = (rulebook or load_rulebook()).credentials
    _check_columns(table.columns)
    numbered = table if "row" in table.columns else table.with_row_index("row", offset=1)
    reader = _Reader(rules)
    rows = [reader.read(row) for row in numbered.iter_rows(named=True)]
    accepted = [row for row in rows if row is not None]
    frame = CredentialSchema.validate(pl.DataFrame(accepted, schema=_SCHEMA, orient="row"))
    bad = {"row": pl.Int64, **dict.fromkeys((*CREDENTIAL_COLUMNS, "holder_kind", "reason"), pl.String)}
    return CredentialTable(
        frame, pl.DataFrame(reader.rejected, schema=bad, orient="row"), tuple(reader.findings), rules
    )


_SCHEMA: Final = {
    "row": pl.Int64, "holder": pl.String, "holder_kind": pl.String, "kind": pl.String, "scope": pl.String,
    "jurisdiction": pl.String, "valid_from": pl.Date, "valid_to": pl.Date, "document": pl.String,
}  # fmt: skip


def _check_columns(columns: Sequence[str]) -> None:
    known = (*CREDENTIAL_COLUMNS, "holder_kind", "row")
    for name in ("holder", "kind", "valid_to"):
        if name not in columns:
            raise InputError(
                f'The table of credentials lacks the column "{name}". Expected {", ".join(CREDENTIAL_COLUMNS)}. '
                "Add it.",
                code="credential-columns",
            )
    for name in columns:
        if name not in known:
            raise InputError(
                f'The table of credentials has the unknown column "{name}".{nearest(name, known)} '
                f"Known columns: {', '.join(known[:-1])}. Rename or remove it.",
                code="credential-columns",
            )


class _Bad(Exception):
    """A row that cannot be used; holds the finding that says why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


class _Reader:
    def __init__(self, rules: CredentialRules) -> None:
        self.rules = rules
        self.names = {name: kind for kind in rules.kinds.values() for name in (kind.name, *kind.also)}
        self.names |= {_key(kind.title): kind for kind in rules.kinds.values()}
        self.seen: dict[tuple[Any, ...], int] = {}
        self.findings: list[Finding] = []
        self.rejected: list[dict[str, Any]] = []

    def read(self, row: dict[str, Any]) -> dict[str, Any] | None:
        try:
            return self._row(row)
        except _Bad as bad:
            self.findings.append(bad.finding)
            cells = {name: _cell(row.get(name)) or None for name in (*CREDENTIAL_COLUMNS, "holder_kind")}
            self.rejected.append({"row": row["row"], **cells, "reason": bad.finding.message})
            return None

    def _row(self, row: dict[str, Any]) -> dict[str, Any]:
        where = f"row {row['row']}"
        text = {name: _cell(row.get(name)) for name in (*CREDENTIAL_COLUMNS, "holder_kind")}
        if not text["holder"]:
            raise _Bad(findings.make("credential-holder-missing", where=where, field="holder"))
        where = f"{where} ({text['holder']})"
        kind = self.names.get(_key(text["kind"]))
        if kind is None:
            near = nearest(_key(text["kind"]), self.names)
            raise _Bad(
                findings.make(
                    "credential-kind-unknown", where=where, field="kind", raw=text["kind"], near=near
                )
            )
        holder_kind = text["holder_kind"].lower() or kind.holder_kinds[0]
        if holder_kind not in kind.holder_kinds:
            raise _Bad(
                findings.make(
                    "credential-holder-kind", where=where, field="holder_kind", raw=text["holder_kind"],
                    value=" or ".join(kind.holder_kinds), title=kind.title,
                )
            )  # fmt: skip
        for field, unknown in (
            ("scope", read_scope(text["scope"], kind)[1]),
            ("jurisdiction", read_jurisdiction(text["jurisdiction"])[1]),
        ):
            if unknown:
                raise _Bad(findings.make(f"credential-{field}", where=where, field=field, raw=unknown[0]))
        start, end = (self._day(row.get(name), name, where) for name in ("valid_from", "valid_to"))
        self._check_days(start, end, kind, where, text)
        found = {
            "row": row["row"], "holder": text["holder"], "holder_kind": holder_kind, "kind": kind.name,
            "scope": text["scope"] or None, "jurisdiction": text["jurisdiction"] or None, "valid_from": start,
            "valid_to": end, "document": text["document"] or None,
        }  # fmt: skip
        key = tuple(found[name] for name in found if name not in ("row", "document"))
        if key in self.seen:
            raise _Bad(findings.make("credential-twice", where=where, value=self.seen[key], title=kind.title))
        self.seen[key] = row["row"]
        if not recognised_in(read_jurisdiction(text["jurisdiction"])[0], kind.recognised):
            self._note("credential-nowhere", where, "jurisdiction", title=kind.title)
        return found

    def _day(self, value: Any, field: str, where: str) -> date | None:
        if isinstance(value, datetime):
            return value.date()
        if isinstance(value, date):
            return value
        text = _cell(value)
        if not text:
            return None
        try:
            if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
                raise ValueError
            return date.fromisoformat(text)
        except ValueError:
            raise _Bad(findings.make("credential-date", where=where, field=field, raw=text)) from None

    def _check_days(
        self, start: date | None, end: date | None, kind: CredentialKind, where: str, text: dict[str, str]
    ) -> None:
        if start and end and end < start:
            raise _Bad(
                findings.make(
                    "credential-dates-swapped", where=where, field="valid_to", raw=f"{start} to {end}"
                )
            )
        if kind.validity_months is None:
            return
        if start is None and end is None:
            raise _Bad(
                findings.make(
                    "credential-end-unknown", where=where, field="valid_to", value=kind.validity_months,
                    title=kind.title,
                )
            )  # fmt: skip
        if start is not None:
            longest = last_day(start, kind.validity_months + kind.early_months)
            if end is None:
                counted = last_day(start, kind.validity_months)
                self._note("credential-open", where, "valid_to", value=counted, title=kind.title)
            elif end > longest:
                self._note(
                    "credential-too-long",
                    where,
                    "valid_to",
                    raw=text["valid_to"],
                    value=longest,
                    title=kind.title,
                )

    def _note(self, code: str, where: str, field: str, **words: Any) -> None:
        self.findings.append(findings.make(code, where=where, field=field, **words))


def _cell(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _key(text: str) -> str:
    return _SPACES.sub("_", text.strip().lower())


def _held(row: dict[str, Any], rules: CredentialRules) -> Held:
    """Give a credential as it counts: no longer than the law lets its kind run."""
    kind = rules.kinds[row["kind"]]
    start, end = row["valid_from"], row["valid_to"] or FOREVER
    if kind.validity_months is not None and start is not None:
        early = kind.early_months if row["valid_to"] else 0
        end = min(end, last_day(start, kind.validity_months + early))
    return Held(
        row["row"], row["holder"], row["holder_kind"], row["kind"], read_scope(row["scope"], kind)[0],
        recognised_in(read_jurisdiction(row["jurisdiction"] or "")[0], kind.recognised), start or LONG_AGO, end,
        row["document"] or "", row["scope"] or "", row["jurisdiction"] or "",
    )  # fmt: skip
