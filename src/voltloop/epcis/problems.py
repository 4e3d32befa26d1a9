"""What is wrong with an event or a document, in words: where, the bad value, what was expected, what to write."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from voltloop.epcis.vocabulary import bare_word, vocabularies
from voltloop.errors import nearest

if TYPE_CHECKING:
    from jsonschema_rs import ValidationError

__all__ = ["Problem", "json_path", "quoted", "schema_problems"]

_LONGEST_QUOTE = 80


@dataclass(frozen=True)
class Problem:
    """One reason why an event or a document is refused.

    Parameters
    ----------
    path
        JSONPath from the event's or document's own root, such as ``$.sensorElementList[0].sensorReport[1].type``.
    message
        Full sentences: the bad value, what was expected, what to write instead. Without the place.
    event
        Position of the event in the batch it was given in, from 0; None for a document or a single event.
    """

    path: str
    message: str
    event: int | None = None

    def __str__(self) -> str:
        """Give place and message as one line."""
        return f"{self.path}: {self.message}"


def json_path(path: Sequence[str | int]) -> str:
    """Give the JSONPath of a list of keys and positions.

    Examples
    --------
    >>> json_path(["epcList", 2])
    '$.epcList[2]'
    >>> json_path(["example:colour"])
    "$['example:colour']"
    """
    parts = []
    for step in path:
        if isinstance(step, int):
            parts.append(f"[{step}]")
        elif step.replace("_", "a").isalnum() and len(step) <= _LONGEST_QUOTE:
            parts.append(f".{step}")
        else:
            parts.append("['" + _cut(step).replace("'", "\\'") + "']")
    return "$" + "".join(parts)


def quoted(value: Any) -> str:
    """Give a value as JSON, cut where it is long.

    Examples
    --------
    >>> quoted({"a": 1})
    '{"a":1}'
    """
    import orjson

    try:
        text = orjson.dumps(value, default=str).decode()
    except (TypeError, orjson.JSONEncodeError):
        text = repr(value)
    return _cut(text)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_QUOTE else text[:_LONGEST_QUOTE] + "…"


def schema_problems(errors: Iterable[ValidationError], schema: dict[str, Any]) -> Iterator[Problem]:
    """Put the findings of the schema validator into words; unexpected keys give one problem each."""
    for error in errors:
        path, value = list(error.instance_path), error.instance
        keyword = error.kind.name
        node, expected = _at(schema, error.schema_path[:-1])
        if keyword == "additionalProperties":
            for name in error.kind.unexpected:  # type: ignore[attr-defined]
                yield Problem(json_path([*path, name]), _unexpected_key(name, node, expected))
        elif keyword == "required":
            key = error.kind.property  # type: ignore[attr-defined]
            message = f'"{key}" is missing. Expected {_expected_of(schema, node, key) or expected}.'
            yield Problem(json_path([*path, key]), message)
        elif keyword == "propertyNames":
            name = error.kind.error.instance  # type: ignore[attr-defined]
            yield Problem(
                json_path([*path, name]), f"The key {quoted(name)} is not a URI. Expected {expected}."
            )
        elif keyword == "false schema":
            yield Problem(json_path(path), f"{quoted(value)} does not belong here. Expected {expected}.")
        else:
            yield Problem(json_path(path), _value_message(keyword, value, node, error.schema_path, expected))


def _at(schema: dict[str, Any], path: Sequence[str | int]) -> tuple[Any, str]:
    """Give the part of a schema at a path, and the nearest description on the way down to it."""
    node: Any = schema
    expected = schema.get("description", "")
    for step in path:
        node = node[step]
        if isinstance(node, dict):
            expected = node.get("description", expected)
    return node, expected


def _expected_of(schema: dict[str, Any], node: dict[str, Any], key: str) -> str:
    """Say what a field that is missing should hold."""
    field = node.get("properties", {}).get(key)
    if isinstance(field, dict) and "$ref" in field:
        field = schema["$defs"][field["$ref"].rsplit("/", 1)[-1]]
    return field.get("description", "") if isinstance(field, dict) else ""


def _unexpected_key(name: str, node: dict[str, Any], expected: str) -> str:
    """Say that a key is unknown where it stands, and what stands there."""
    fields = [field for field in node.get("properties", {}) if field != "@context"]
    holder = expected.partition(":")[0]
    name = _cut(name)
    own = (
        f", or an extension with its prefix (example:{name.strip('_')})"
        if "patternProperties" in node
        else ""
    )
    return f'The key "{name}" does not belong in {holder}. Expected {", ".join(fields)}{own}.{nearest(name, fields)}'


def _value_message(
    keyword: str, value: Any, node: Any, schema_path: Sequence[str | int], expected: str
) -> str:
    """Say why a value does not do."""
    shown = quoted(value)
    if keyword == "type" and value is not None:
        return f"{shown} is {_kind_of(value)}. Expected {expected}."
    if keyword == "uniqueItems":
        counts = Counter(map(repr, value))
        repeated = next((item for item in value if counts[repr(item)] > 1), value[0])
        return f"{quoted(repeated)} stands there more than once. Expected {expected}."
    if keyword in {"minItems", "minProperties"}:
        return f"{shown} is empty. Expected {expected}."
    kind = next((step for step in reversed(schema_path) if step in vocabularies()), None)
    if isinstance(kind, str):
        return _word_message(kind, value, shown, expected)
    if isinstance(value, dict) and "type" in value:
        return f"A rule of its type is not kept. Expected {expected}."
    choices = node.get("enum", []) if isinstance(node, dict) else []
    hint = nearest(value.upper(), choices) if isinstance(value, str) and choices else ""
    return f"{shown} does not do. Expected {expected}.{hint}"


def _word_message(kind: str, value: Any, shown: str, expected: str) -> str:
    """Say why a word of a vocabulary does not do, with the word that was probably meant."""
    if not isinstance(value, str):
        return _value_message("type", value, None, (), expected)
    word = bare_word(kind, value)
    if word != value:
        return f'{shown} is the URI of a CBV word. In JSON the word is written bare: "{word}".'
    words = vocabularies()[kind].words
    tail = value.rsplit(":", 1)[-1].rsplit("-", 1)[-1]
    hint = nearest(value, words) or nearest(tail, words)
    return f"{shown} is not {expected}.{hint}"


def _kind_of(value: Any) -> str:
    if isinstance(value, bool):
        return "true or false"
    names = {str: "text", int: "a number", float: "a number", dict: "an object", list: "a list"}
    return names.get(type(value), type(value).__name__)
