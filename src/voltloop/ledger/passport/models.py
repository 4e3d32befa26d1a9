"""Documents of other data models: recognised, checked field by field, kept whole, given back without loss.

Battery Pass 1.2.0 (seven modules), Catena-X ``battery_pass`` 5.0.0 to 6.1.0, the BatteryPass-Ready validator, and
JSON-LD of the GS1 Web Vocabulary with the battery extension. ``data/fields.csv`` has the facts of their schemas.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

from voltloop.errors import InputError
from voltloop.ledger.passport.access import Sight
from voltloop.ledger.passport.categories import category_of
from voltloop.ledger.passport.places import OWN_ELEMENTS, document_place, local_name
from voltloop.ledger.passport.points import by_name, data_points, rows_of
from voltloop.ledger.passport.representation import ENVELOPE, FULL_FORM, compressed

__all__ = ["FORMS", "MODELS", "exported", "imported"]

MODELS: Final = ("batteryPass", "batteryPassReady", "catenaX", "jsonLd")
"""Data models other than that of EN 18223."""

_ROOT_READY: Final = "Battery_Passport"
_EXACT: Final = {
    "cas": r"\d{2,7}-\d{2}-\d",
    "urn": r"urn:[a-z0-9]+:[a-z0-9]+",
    "bpna": r"BPNA[a-zA-Z0-9]{12}",
    "bpnl": r"BPNL[a-zA-Z0-9]{12}",
    "uuid": r"(urn:uuid:)?[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
    "part-key": r"manufacturerId|partInstanceId|batchId|van|customKey:\w+",
    "batch-key": r"manufacturerId|batchId|customKey:\w+",
    "month-of-year": r"--(0[1-9]|1[0-2])(Z|[+-]\d\d:\d\d)?",
    "email": r"[^@\s]+@[^@\s]+",
    "uri": r"[A-Za-z][A-Za-z0-9+.-]*:\S+",
    "date": r"\d{4}-\d{2}-\d{2}",
    "day": r"\d{4}-\d{2}-\d{2}",
    "instant": r"-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?",
}
FORMS: Final[Mapping[str, str]] = {
    "cas": "a CAS number such as 7439-93-2",
    "urn": "a URN of three parts",
    "bpna": "a BPNA of 16 characters",
    "bpnl": "a BPNL of 16 characters",
    "uuid": "a UUID",
    "part-key": "a kind of part identifier",
    "batch-key": "a kind of batch identifier",
    "month-of-year": "a month such as --06",
    "email": "an email address",
    "uri": "an address (URI)",
    "date": "a date such as 2027-02-18",
    "day": "a date such as 2027-02-18",
    "instant": "a date and time such as 2027-02-18T09:00:00Z",
}
"""Forms of texts, in words."""


@dataclass(frozen=True, slots=True)
class _Field:
    kind: str
    required: str
    form: str
    words: tuple[str, ...]
    minimum: float
    maximum: float
    longest: int
    versions: tuple[str, ...]


@cache
def _fields(model: str) -> Mapping[str, tuple[_Field, ...]]:
    found: dict[str, list[_Field]] = {}
    for row in rows_of("fields.csv"):
        if row["dialect"] == model:
            field = _Field(
                row["kind"],
                row["required"],
                row["form"],
                tuple(row["words"].split("|")) if row["words"] else (),
                float(row["minimum"] or -math.inf),
                float(row["maximum"] or math.inf),
                int(row["longest"] or 1 << 30),
                tuple(row["versions"].split()),
            )
            found.setdefault(row["path"], []).append(field)
    return {path: tuple(fields) for path, fields in found.items()}


@cache
def _children(model: str, version: str) -> Mapping[str, Mapping[str, _Field]]:
    """Give the fields of each group of a data model by name; the group at the top has an empty path."""
    groups: dict[str, dict[str, _Field]] = {}
    for path, fields in _fields(model).items():
        for field in fields:
            if not path.endswith("[]") and (not field.versions or version in field.versions):
                group, _, name = path.rpartition(".")
                groups.setdefault(group, {})[name] = field
    return groups


@cache
def _item(model: str, path: str, version: str) -> _Field | None:
    fields = _fields(model).get(path, ())
    return next((field for field in fields if not field.versions or version in field.versions), None)


def imported(document: Any, at: datetime) -> dict[str, Any]:
    """Give the passport, or the part of one, that a document of any known data model tells.

    Parameters
    ----------
    document
        As read from JSON.
    at
        Whose data points name what is wrong.

    Returns
    -------
    dict
        Elements in compressed form, with as much of the frame as the document has.

    Raises
    ------
    InputError
        ``passport-model-unknown``: the data model is not known. ``passport-import``: fields of it are wrong; the
        message names them and their data points.
    """
    if not isinstance(document, Mapping):
        raise _not_known()
    if "digitalProductPassportId" in document:
        return compressed(document) if "elements" in document else dict(document)
    if _ROOT_READY in document:
        return _checked("batteryPassReady", document[_ROOT_READY], at) | _frame_of_ready(
            document[_ROOT_READY]
        )
    if {"identification", "operation", "metadata"} <= document.keys():
        return _checked("catenaX", document, at) | _frame_of_catena(document)
    if "@context" in document and ("id" in document or "@id" in document):
        return {**document, **_frame_of_linked(document)}
    module = _module(document)
    if module is None:
        raise _not_known()
    found = _checked("batteryPass", {module: dict(document)}, at)
    return found | (_frame_of_general(document) if module == "GeneralProductInformation" else {})


def _not_known() -> InputError:
    return InputError(
        "The data model of the document is not known. Expected EN 18223, a module of Battery Pass 1.2.0, "
        "Catena-X battery_pass 5.0.0 to 6.1.0, BatteryPass-Ready, or JSON-LD with @context and id.",
        code="passport-model-unknown",
    )


def _module(document: Mapping[str, Any]) -> str | None:
    """Give the module of Battery Pass most of whose needed fields a document has, and none of whose it has not."""
    groups = _children("batteryPass", "")
    scores = {
        module: len(document.keys() & fields.keys())
        for module, fields in groups.items()
        if module and "." not in module and "[" not in module and document.keys() <= fields.keys()
    }
    best = max(scores, key=lambda one: scores[one], default=None)
    return best if best is not None and scores[best] else None


def _checked(model: str, document: Any, at: datetime) -> dict[str, Any]:
    """Keep a document under the name of its data model, if every field of it is right."""
    version = _version(document) if model == "catenaX" else ""
    category = category_of({model: document}) or "industrial"
    problems = list(_problems(model, document, version, category, at))
    if problems:
        more = f"; and {len(problems) - 5} more" if len(problems) > 5 else ""
        raise InputError(
            f"The document cannot be taken: {'; '.join(problems[:5])}{more}. Correct them and send it again.",
            code="passport-import",
        )
    return {model: document}


def _version(document: Mapping[str, Any]) -> str:
    """Give the version of a Catena-X document: what it says, else the oldest whose fields it has."""
    told = str(document.get("specVersion", "")).rpartition(":")[2]
    if told in {"5.0.0", "6.0.0", "6.1.0"}:
        return told
    return "5.0.0" if "commercial" not in document else "6.1.0"


def _problems(model: str, document: Any, version: str, category: str, at: datetime) -> Iterator[str]:
    if not isinstance(document, Mapping):
        yield f"{model}: a group was expected"
        return
    check = _Check(model, version, category, at)
    if model == "batteryPass":
        for module, part in document.items():
            yield from check.group(part, module, module)
    else:
        yield from check.group(document, "", "")


@dataclass(frozen=True, slots=True)
class _Check:
    """Checks a document against the fields of its data model, and says in words what is wrong where."""

    model: str
    version: str
    category: str
    at: datetime

    def group(self, node: Mapping[str, Any], path: str, shown: str) -> Iterator[str]:
        for name, field in _children(self.model, self.version).get(path, {}).items():
            inner = f"{path}.{name}" if path else name
            here = f"{shown}.{name}" if shown else name
            if name in node:
                yield from self.one(node[name], field, inner, here)
            elif field.required == "yes" or self.category in field.required.split():
                yield f"{_named(self.model, inner, here, self.at)} is missing"

    def one(self, node: Any, field: _Field, path: str, shown: str) -> Iterator[str]:
        wrong = _wrong(node, field)
        if wrong:
            yield f"{_named(self.model, path, shown, self.at)}: {wrong}"
        elif field.kind == "object":
            yield from self.group(node, path, shown)
        elif field.kind == "list":
            item = _item(self.model, f"{path}[]", self.version)
            for place, part in enumerate(node if item is not None else ()):
                assert item is not None
                yield from self.one(part, item, f"{path}[]", f"{shown}[{place}]")


def _wrong(node: Any, field: _Field) -> str:
    """Say what is wrong with a value, empty where nothing is."""
    types: Mapping[str, Any] = {
        "object": Mapping, "list": list, "text": str, "number": (int, float), "integer": int, "flag": bool,
    }  # fmt: skip
    kinds = {"object": "a group", "list": "a list", "flag": "true or false", "integer": "a whole number"}
    is_flag = isinstance(node, bool)
    if not isinstance(node, types[field.kind]) or (is_flag and field.kind != "flag"):
        return f"{_short(node)} is not {kinds.get(field.kind, f'a {field.kind}')}"
    if field.words and node not in field.words:
        return f"{_short(node)} is none of {', '.join(field.words[:12])}"
    if field.form and not _has_form(node, field.form):
        return f"{_short(node)} is not {FORMS[field.form]}"
    if field.kind == "text" and len(node) > field.longest:
        return f"it has {len(node)} characters, and {field.longest} at most were expected"
    if field.kind in {"number", "integer"} and not field.minimum <= node <= field.maximum:
        return f"{_short(node)} is not from {field.minimum:g} to {field.maximum:g}"
    return ""


def _has_form(text: str, form: str) -> bool:
    if not re.fullmatch(_EXACT[form], text, re.ASCII if form != "uri" else 0):
        return False
    if form in {"date", "instant"} and not text.startswith("-") and len(text.partition("-")[0]) == 4:
        try:
            datetime.fromisoformat(text.replace("T24:00:00", "T00:00:00"))
        except ValueError:
            return False
    return True


def _named(model: str, path: str, shown: str, at: datetime) -> str:
    """Name a field and the data points that it tells."""
    place = document_place(model, path.replace("[]", ""))
    points = data_points(at.date())
    told = ", ".join(f"data point {number}, {points[number].title}" for number in sorted(place.points))
    return f"{shown} ({told})" if told else shown


def _short(node: Any) -> str:
    text = f'"{node}"' if isinstance(node, str) else str(node)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _frame(**parts: Any) -> dict[str, Any]:
    return {name: value for name, value in parts.items() if isinstance(value, str) and value}


def _frame_of_ready(document: Mapping[str, Any]) -> dict[str, Any]:
    data = document["IdentifiersAndProductData"]
    status = data["DPPStatus"]["dppStatusValue"].lower()
    return _frame(
        digitalProductPassportId=data["UniqueBatteryPassportIdentifierUniqueDPPIdentifier"],
        uniqueProductIdentifier=data["UniqueBatteryIdentifierUniqueProductIdentifier"],
        economicOperatorId=data["UniqueEconomicOperatorIdentifier"],
        granularity=data["DPPGranularity"].lower(),
        dppStatus="inactive" if status.startswith("marked") else status,
        lastUpdated=data["Date-timeOfLatestUpdateOfDPP"],
    )


def _frame_of_catena(document: Mapping[str, Any]) -> dict[str, Any]:
    data, named = document["metadata"], document["identification"]["identification"]
    serials = {one["key"]: one["value"] for one in named.get("serial", [])}
    serial = serials.get("partInstanceId") or next(iter(serials.values()), None)
    part = named["type"]["manufacturerPartId"]
    return _frame(
        digitalProductPassportId=data["passportIdentifier"],
        uniqueProductIdentifier=re.sub(
            r"\s", "", f"urn:catenax:{part}:{serial}" if serial else f"urn:catenax:{part}"
        ),
        economicOperatorId=data["economicOperatorId"],
        granularity="item" if serial else "model",
    )


def _frame_of_general(document: Mapping[str, Any]) -> dict[str, Any]:
    return _frame(
        digitalProductPassportId=document["batteryPassportIdentifier"],
        uniqueProductIdentifier=re.sub(r"\s", "", document["productIdentifier"]),
        economicOperatorId=re.sub(r"\s", "", document["operatorInformation"]["identifier"]),
    )


def _frame_of_linked(document: Mapping[str, Any]) -> dict[str, Any]:
    terms = {local_name(name): value for name, value in document.items()}
    identifier = document.get("id") or document.get("@id")
    granularity = terms.get("granularityLevel")
    operator = terms.get("hasOperatorInformation") or terms.get("manufacturer")
    party = operator.get("id", operator.get("@id", "")) if isinstance(operator, Mapping) else ""
    return _frame(
        digitalProductPassportId=identifier,
        uniqueProductIdentifier=identifier,
        economicOperatorId=str(party).partition("#")[0],
        granularity=granularity,
        dppStatus=terms.get("passportStatus"),
        lastUpdated=terms.get("lastUpdated"),
    )


def exported(sight: Sight, model: str, at: datetime) -> dict[str, Any]:
    """Give the document of another data model that a passport holds, as far as its reader sees it.

    Parameters
    ----------
    sight
        What the reader sees.
    model
        One of :data:`MODELS`; ``batteryPass`` gives all modules by name.

    Raises
    ------
    InputError
        ``passport-model-unknown``: the passport holds, or shows, none of it.
    """
    if model == "jsonLd":
        ours = {*ENVELOPE, FULL_FORM, *MODELS, *OWN_ELEMENTS, *by_name(at.date())}
        return {name: value for name, value in sight.record.items() if name not in ours}
    document = sight.record.get(model)
    if not isinstance(document, Mapping):
        raise InputError(
            f'The passport shows no document of "{model}". One of {", ".join(MODELS)} was expected that was handed in.',
            code="passport-model-unknown",
        )
    return {_ROOT_READY: document} if model == "batteryPassReady" else dict(document)
