"""The values of query parameters: what may stand there, and what it becomes."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from voltloop.epcis.identifiers import key_of
from voltloop.epcis.vocabulary import bare_word, vocabularies
from voltloop.errors import nearest
from voltloop.ledger.names import (
    TIMES,
    extension_name,
    instant_seconds,
    name_key,
    number_of,
    qualified,
    scalar_key,
)
from voltloop.ledger.query_model import FieldIn, QueryError

__all__ = [
    "Namespaces",
    "Parameter",
    "boolean",
    "choice",
    "equal_values",
    "exists",
    "extension_names",
    "identifiers",
    "instant",
    "integer",
    "number",
    "one",
    "scalar_keys",
    "spellings",
    "texts",
    "words",
]

Namespaces = Mapping[str, Collection[str]]
"""Prefix to the namespaces it may stand for: one where the caller says which, else all that the ledger has seen."""

Scalar = str | bool | int | float | None


@dataclass(frozen=True)
class Parameter:
    """One parameter: its name as given and its values, texts from a URL or plain JSON values from a body.

    ``namespaces`` are those of the query.
    """

    name: str
    values: tuple[Scalar, ...]
    namespaces: Namespaces

    def error(self, value: object, expected: str) -> QueryError:
        """Give the error of a value that may not stand here."""
        shown = f'"{value}"' if isinstance(value, str) else json.dumps(value)
        end = "" if expected.endswith((".", "?")) else "."
        return QueryError(f"Query parameter {self.name}: {shown} is not {expected}{end}")


def texts(parameter: Parameter) -> list[str]:
    """Give the values as texts, at least one, none empty."""
    found = [value for value in parameter.values if isinstance(value, str) and value]
    if not found or len(found) != len(parameter.values):
        wrong = next((v for v in parameter.values if not isinstance(v, str) or not v), "")
        raise parameter.error(wrong, "a text with at least one character; give at least one value")
    return found


def one(parameter: Parameter) -> Scalar:
    """Give the only value."""
    if len(parameter.values) != 1:
        raise QueryError(
            f"Query parameter {parameter.name}: {len(parameter.values)} values are given, but it takes one. "
            "Give it once, without a list."
        )
    return parameter.values[0]


def choice(parameter: Parameter, choices: Sequence[str]) -> list[str]:
    """Give the values, each of which must be one of the choices."""
    found = texts(parameter)
    for value in found:
        if value not in choices:
            raise parameter.error(value, f"one of {', '.join(choices)}") from None
    return found


def words(parameter: Parameter, kind: str) -> list[str]:
    """Give the values as words of a CBV vocabulary, or as URIs of a user's own in all their spellings."""
    found: list[str] = []
    for value in texts(parameter):
        word = bare_word(kind, value)
        known = vocabularies()[kind]
        if word not in known.words and ":" not in word:
            article = "an" if known.name[0] in "aeiou" else "a"
            raise parameter.error(
                value,
                f"{article} {known.name} of the CBV, nor a URI of your own.{nearest(value, known.words)} "
                f"The words are: {', '.join(sorted(known.words))}",
            )
        found += spellings(word, parameter.namespaces)
    return found


def spellings(text: str, namespaces: Namespaces) -> list[str]:
    """Give a URI as it is and as documents may spell it: a compact one in full, a full one compact."""
    prefix, mark, rest = text.partition(":")
    if not mark:
        return [text]
    full = [text]
    if prefix != "urn" and not rest.startswith("//"):
        full += [namespace + rest for namespace in namespaces.get(prefix, ())]
    compact = [
        f"{prefix}:{uri[len(namespace) :]}"
        for uri in full
        for prefix, known in namespaces.items()
        for namespace in known
        if uri.startswith(namespace)
    ]
    return list(dict.fromkeys([*full, *compact]))


def identifiers(parameter: Parameter) -> list[str]:
    """Give the values, each of which must be a URI: a scheme, a colon and more, without spaces."""
    found: list[str] = []
    for value in texts(parameter):
        scheme, mark, rest = value.partition(":")
        if not (mark and rest and scheme[0].isalpha() and not any(c.isspace() for c in value)):
            raise parameter.error(
                value, "a URI, such as urn:epc:id:sgln:9521234.00001.0 or https://id.gs1.org/414/..."
            )
        found += spellings(value, parameter.namespaces)
    return found


def instant(parameter: Parameter) -> dt.datetime:
    """Give the one value as an instant; the zone must be there."""
    value = one(parameter)
    if isinstance(value, str) and instant_seconds(value) is not None:
        with suppress(OverflowError):  # the zone may lead out of the years that there are
            return dt.datetime.fromisoformat(value.upper()).astimezone(dt.UTC)
    hint = " Write the plus of the zone as %2B in a URL." if isinstance(value, str) and " " in value else ""
    raise parameter.error(value, f"a date and time with a zone, such as 2026-11-23T10:30:00.000Z.{hint}")


def number(parameter: Parameter, value: Scalar) -> float:
    """Give a value as a finite number."""
    found = number_of(value)
    if found is None:
        raise parameter.error(value, "a number")
    return found


def integer(parameter: Parameter, least: int) -> int:
    """Give the one value as a whole number, not below the least."""
    value = one(parameter)
    found = number_of(value)
    if found is None or found != int(found) or found < least or abs(found) > 2**53:
        raise parameter.error(value, f"a whole number, {least} or more")
    return int(found)


def boolean(parameter: Parameter) -> bool:
    """Give the one value as true or false."""
    value = one(parameter)
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise parameter.error(value, "true or false")


def exists(parameter: Parameter) -> bool:
    """Whether an ``EXISTS_`` parameter asks for anything: the standard ignores its value, but false asks nothing."""
    return not any(v is False or (isinstance(v, str) and v.lower() == "false") for v in parameter.values)


def scalar_keys(value: Scalar, namespaces: Namespaces) -> list[UUID]:
    """Give the keys under which an event may hold what a query's value says; a URL says numbers and truths as text."""
    if not isinstance(value, str):
        return [] if value is None else [scalar_key(value, {})]
    keys = [key_of(spelling) for spelling in spellings(value, namespaces)]
    as_number = number_of(value)
    if as_number is not None:
        keys.append(scalar_key(as_number, {}))
    if value in ("true", "false"):
        keys.append(scalar_key(value == "true", {}))
    return keys


def extension_names(family: str, inner: bool, field: str, namespaces: Namespaces) -> list[str]:
    """Give all full names that an extension field of a query may have.

    ``field`` is ``prefix:local``, or ``namespace#local`` as queries by SOAP write it.
    """
    prefix, _, _ = field.partition(":")
    contexts = [{prefix: namespace} for namespace in sorted(namespaces.get(prefix, ()))] or [{}]
    return [extension_name(family, inner, qualified(field, context)) for context in contexts]


def equal_values(parameter: Parameter, names: Sequence[str]) -> FieldIn:
    """Give the condition that a field has one of the parameter's values."""
    values: list[UUID] = []
    numbers: list[float] = []
    instants: list[float] = []
    for value in parameter.values:
        if value is None or value == "":
            raise parameter.error(value, "a value; give at least one")
        values += scalar_keys(value, parameter.namespaces)
        as_number = None if isinstance(value, str) else number_of(value)
        if as_number is not None:  # a number of a JSON query finds the text "7.0" of an XML document too
            numbers.append(as_number)
        seconds = instant_seconds(value)
        if seconds is not None:
            instants.append(seconds)
    if not values:
        raise parameter.error("", "a value; give at least one")
    return FieldIn(
        names=tuple(name_key(name) for name in names),
        values=tuple(dict.fromkeys(values)),
        numbers=tuple(numbers),
        time_names=tuple(name_key(TIMES + name) for name in names) if instants else (),
        instants=tuple(instants),
    )
