"""What was expected of a value, in words: from the schema that the OpenAPI tells, not from what a library reports."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from voltloop.errors import nearest
from voltloop.server.values import NO_NUL, SOME_WORDS

__all__ = ["expected", "json_path", "member", "resolved", "shown", "wrong_member"]

_Schema = Mapping[str, Any]

_FORMATS = {
    "date-time": "a date and time with a zone, such as 2026-11-23T10:30:00Z, in the years 2 to 9998",
    "uri": "an absolute URI, such as urn:epc:id:sgtin:9521141.123456.7",
}
_KINDS = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "object": "an object",
}
_PATTERNS = {NO_NUL: " without NUL", SOME_WORDS: " with more than blanks, without NUL"}
_LONGEST_SHOWN = 100


def resolved(root: _Schema, node: _Schema) -> _Schema:
    """Follow the references of a schema within its document, and take away that it may be null."""
    while "$ref" in node:
        found: Any = root
        for step in node["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        node = found
    kinds = [kind for kind in node.get("anyOf", ()) if kind != {"type": "null"}]
    if len(kinds) == 1:
        rest = {name: value for name, value in node.items() if name != "anyOf"}
        return {**resolved(root, kinds[0]), **rest}
    return node


def member(root: _Schema, place: Sequence[str | int]) -> tuple[_Schema, list[str | int]]:
    """Give the schema of a member of a document, and its place without the names of alternatives.

    Parameters
    ----------
    root
        Schema of the document.
    place
        Names and positions from the top; of alternatives that a member tells apart, the value of that member.
    """
    node, path = resolved(root, root), list[str | int]()
    for step in place:
        if "discriminator" in node:
            node = resolved(root, {"$ref": node["discriminator"]["mapping"][step]})
            continue
        path.append(step)
        below = node.get("items", {}) if isinstance(step, int) else node.get("properties", {}).get(step, {})
        node = resolved(root, below)
    return node, path


def json_path(path: Iterable[str | int]) -> str:
    """Give the JSON path of names and positions.

    Examples
    --------
    >>> json_path(["missing", 2, "odd name"])
    '$.missing[2]["odd name"]'
    """
    text = "$"
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step}" if step.isidentifier() else f"[{orjson.dumps(step).decode()}]"
    return text


def shown(value: object) -> str:
    """Give a value as JSON writes it, its beginning if it is long.

    Examples
    --------
    >>> shown({"a": [True, None]}), shown("x" * 200)[-5:]
    ('{"a":[true,null]}', 'xxx …')
    >>> shown(2**70)
    '1180591620717411303424'
    """
    try:
        text = orjson.dumps(value, default=str).decode("utf-8", "replace")
    except TypeError:  # a number beyond 64 bits, or a key that is no text
        text = json.dumps(value, default=str, separators=(",", ":"))
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]} …"


def expected(node: _Schema) -> str:
    """Say in words what a schema allows, and what the value means.

    Examples
    --------
    >>> expected({"type": "number", "minimum": 0, "maximum": 1.2, "description": "State of health as a share."})
    'a number from 0 to 1.2 (State of health as a share)'
    >>> expected({"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 1}})
    'a list, not empty, each a text of at least 1 character'
    """
    meaning = node.get("description", "").partition("\n")[0].rstrip(".")
    return _allowed(node) + (f" ({meaning})" if meaning else "")


def _allowed(node: _Schema) -> str:
    if "enum" in node or "const" in node:
        choices = [str(choice) for choice in node.get("enum", [node.get("const")])]
        return f"one of {', '.join(choices)}" if len(choices) > 1 else choices[0]
    if "discriminator" in node:
        return "an object"
    kind = node.get("type", "")
    if kind == "array":
        return (
            f"a list{', not empty' if node.get('minItems') else ''}, each {_allowed(node.get('items', {}))}"
        )
    words = _FORMATS.get(node.get("format", "")) or _KINDS.get(kind, "another value")
    if kind in ("integer", "number"):
        return words + _between(node.get("minimum"), node.get("maximum"))
    if kind == "string" and "format" not in node:
        words += _length(node.get("minLength"), node.get("maxLength"))
        pattern = node.get("pattern")
        words += _PATTERNS.get(pattern, f" of the form {pattern}") if pattern else ""
    return words


def _between(low: float | None, high: float | None) -> str:
    if low is None and high is None:
        return ""
    if high is None:
        return f", {low:,} or more"
    return f", {high:,} or less" if low is None else f" from {low:,} to {high:,}"


def _length(low: int | None, high: int | None) -> str:
    if high is not None:
        return f" of {low or 0:,} to {high:,} characters"
    return f" of at least {low:,} character{'s' if low > 1 else ''}" if low else ""


def wrong_member(root: _Schema, error: Mapping[str, Any]) -> str:
    """Say in words what a body has wrong: where, what stands there, what was expected.

    Parameters
    ----------
    root
        JSON schema of the body.
    error
        One of pydantic's errors: ``type``, ``loc``, ``input`` and ``ctx`` are used.
    """
    node, path = member(root, error["loc"])
    given: Any = error.get("input")
    if error["type"] in ("union_tag_invalid", "union_tag_not_found"):
        name = node["discriminator"]["propertyName"]
        path, choices = [*path, name], list(node["discriminator"]["mapping"])
        node = {"enum": choices}
        if name not in given:
            return f"{json_path(path)} is missing. Expected {expected(node)}."
        given = given[name]
    if error["type"] == "missing":
        return f"{json_path(path)} is missing. Expected {expected(node)}."
    if error["type"] == "extra_forbidden":
        names = list(member(root, error["loc"][:-1])[0].get("properties", {}))
        return (
            f"{json_path(path)}: there is no such member.{nearest(str(path[-1]), names)} "
            f"Expected {', '.join(names)}. Leave it out, or correct its name."
        )
    hint = nearest(given, node["enum"]) if isinstance(given, str) and "enum" in node else ""
    return f"{json_path(path)}: {shown(given)} cannot stand there.{hint} Expected {expected(node)}."
