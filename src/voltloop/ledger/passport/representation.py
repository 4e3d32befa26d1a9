"""The two forms of a passport, compressed and full, and paths to single elements.

References
----------
EN 18223:2026 clauses 4.1 and 5.2, Annex A; EN 18222:2026 clauses 6 and 8.1; RFC 9535; RFC 7396.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from voltloop.errors import InputError

__all__ = [
    "ENVELOPE",
    "FULL_FORM",
    "NOT_THERE",
    "compressed",
    "element_at",
    "element_value",
    "full",
    "full_element",
    "merged",
    "path_of",
    "put_at",
]

ENVELOPE: Final = (
    "digitalProductPassportId",
    "uniqueProductIdentifier",
    "granularity",
    "dppSchemaVersion",
    "dppStatus",
    "lastUpdated",
    "economicOperatorId",
    "facilityId",
    "contentSpecificationIds",
)
"""What EN 18223 puts around the elements of a passport."""

FULL_FORM: Final = "fullForm"
"""Element that keeps what a sender said of elements in full form; it is not served by itself."""
NOT_THERE: Final = object()
_LANGUAGE: Final = {"@value", "@language"}
_RESOURCE: Final = ("resourceTitle", "contentType", "url", "language")


def full(record: Mapping[str, Any]) -> dict[str, Any]:
    """Give the full form of a passport from its compressed one.

    What a sender said of elements in full form beyond their values, such as their place in a dictionary, stands in the
    passport under :data:`FULL_FORM`, and comes back with the elements that are there.
    """
    around = {name: record[name] for name in ENVELOPE if name in record}
    said = record.get(FULL_FORM, {})
    elements = [
        full_element(name, value, said)
        for name, value in record.items()
        if name not in ENVELOPE and name != FULL_FORM and value is not None
    ]
    return {**around, "elements": elements}


def full_element(
    name: str, value: Any, said: Mapping[str, Any] | None = None, where: str = ""
) -> dict[str, Any]:
    """Give one element in full form.

    Parameters
    ----------
    name, value
        Of the element.
    said
        What its sender said of elements, by their paths.
    where
        Path of what it stands in, with a closing slash.

    Examples
    --------
    >>> full_element("numberOfCells", 16)["valueDataType"]
    'xsd:integer'
    """
    path = f"{where}{name}"
    element = {"elementId": name, **_content(value, said or {}, path)}
    usual, further = (said or {}).get(path, (None, {}))
    return element | further if usual == _usual(element) else element


def _usual(element: Mapping[str, Any]) -> str:
    """Tell of which type an element is taken to be where its sender says nothing."""
    return f"{element.get('objectType')} {element.get('valueDataType', '')}".strip()


def _content(value: Any, said: Mapping[str, Any], path: str) -> dict[str, Any]:
    if isinstance(value, Mapping):
        if {"url", "contentType"} <= value.keys() <= set(_RESOURCE):
            return {"objectType": "RelatedResource", **value}
        return {"objectType": "DataElementCollection", "elements": _parts(value, said, path)}
    if isinstance(value, list):
        if value and all(isinstance(one, Mapping) and one.keys() == _LANGUAGE for one in value):
            texts = [{"value": one["@value"], "language": one["@language"]} for one in value]
            return {"objectType": "MultiLanguageDataElement", "value": texts}
        values = [_group(one, said, f"{path}/{place}") for place, one in enumerate(value)]
        return {"objectType": "MultiValuedDataElement", "value": values}
    return {"objectType": "SingleValuedDataElement", "valueDataType": _type_of(value), "value": value}


def _parts(value: Mapping[str, Any], said: Mapping[str, Any], path: str) -> list[dict[str, Any]]:
    return [full_element(name, part, said, f"{path}/") for name, part in value.items() if part is not None]


def _group(value: Any, said: Mapping[str, Any], path: str) -> Any:
    """Give one of several values: a group of elements where it has parts, each under its name or place."""
    if isinstance(value, Mapping):
        return _parts(value, said, path)
    if isinstance(value, list):
        return _parts({str(place): part for place, part in enumerate(value)}, said, path)
    return value


def _type_of(value: Any) -> str:
    if isinstance(value, bool):
        return "xsd:boolean"
    if isinstance(value, int):
        return "xsd:integer"
    if isinstance(value, float):
        return "xsd:double"
    return "xsd:anyURI" if re.match(r"[A-Za-z][\w+.-]*://", str(value)) else "xsd:string"


def compressed(document: Mapping[str, Any]) -> dict[str, Any]:
    """Give the compressed form of a passport from its full one.

    Raises
    ------
    InputError
        ``passport-element``: an element has no name, a name stands twice, or its type is not known.
    """
    around = {name: document[name] for name in document if name != "elements"}
    said: dict[str, Any] = {}
    record = around | _collected(document.get("elements", []), "", said)
    return record | ({FULL_FORM: said} if said else {})


def element_value(element: Any) -> Any:
    """Give the value of one element in full form; raises as :func:`compressed` does."""
    found = _collected([element], "", {})
    return next(iter(found.values()))


def _collected(elements: Any, where: str, said: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(elements, list):
        raise _refused(where or "elements", "a list of elements was expected")
    found: dict[str, Any] = {}
    for element in elements:
        if not isinstance(element, Mapping) or not isinstance(element.get("elementId"), str):
            raise _refused(where or "elements", "an element without elementId stands among them")
        name = element["elementId"]
        path = f"{where}{name}"
        if name in found or (not where and name in {*ENVELOPE, FULL_FORM}):
            raise _refused(path, "the elementId stands twice, or names part of the frame")
        found[name] = _value(element, path, said)
        usual = {"elementId": name, **_content(found[name], {}, path)}
        further = {
            key: value
            for key, value in element.items()
            if key not in {"value", "elements"} and usual.get(key) != value
        }
        if further:
            said[path] = [_usual(usual), further]
    return found


def _value(element: Mapping[str, Any], where: str, said: dict[str, Any]) -> Any:
    kind = element.get("objectType")
    if kind == "DataElementCollection" or (kind is None and "elements" in element):
        return _collected(element.get("elements", []), f"{where}/", said)
    if kind == "RelatedResource":
        return {name: element[name] for name in _RESOURCE if name in element}
    if kind not in {
        None,
        "SingleValuedDataElement",
        "MultiValuedDataElement",
        "MultiLanguageDataElement",
    }:
        raise _refused(where, f'the objectType "{kind}" is not known')
    value = element.get("value")
    if kind == "MultiLanguageDataElement" and isinstance(value, list):
        if not all(isinstance(one, Mapping) and {"value", "language"} <= one.keys() for one in value):
            raise _refused(where, "a text without its language stands among them")
        return [{"@value": one["value"], "@language": one["language"]} for one in value]
    if isinstance(value, list):
        return [_ungrouped(one, f"{where}/{place}", said) for place, one in enumerate(value)]
    if value is None or isinstance(value, Mapping):
        raise _refused(where, "it has no value that can be read")
    return value


def _ungrouped(value: Any, where: str, said: dict[str, Any]) -> Any:
    if not isinstance(value, list):
        return value
    parts = _collected(value, f"{where}/", said)
    in_order = [str(place) for place in range(len(parts))]
    return list(parts.values()) if parts and list(parts) == in_order else parts


def _refused(where: str, why: str) -> InputError:
    return InputError(
        f"{where}: {why}. Elements of EN 18223 in full form were expected: elementId, objectType and a value.",
        code="passport-element",
    )


_STEP: Final = re.compile(r"""\.([\w$@:*-]+)|\[(\d+)\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]""")


def path_of(text: str) -> tuple[str | int, ...]:
    r"""Read the path to one element.

    Parameters
    ----------
    text
        A singular query of JSONPath: names and indices, no wildcards, slices or filters.

    Raises
    ------
    InputError
        ``passport-path``.

    Examples
    --------
    >>> path_of("$.netWeight.value"), path_of("$['eubat:hasLabels'][0]")
    (('netWeight', 'value'), ('eubat:hasLabels', 0))
    """
    steps: list[str | int] = []
    place = 1
    while text.startswith("$") and place < len(text) and (found := _STEP.match(text, place)):
        plain, index, single, double = found.groups()
        if plain is not None and "*" in plain:
            break
        if index is not None:
            steps.append(int(index))
        else:
            name = next(one for one in (plain, single, double) if one is not None)
            steps.append(name if plain is not None else re.sub(r"\\(.)", r"\1", name))
        place = found.end()
    if not steps or place < len(text) or not isinstance(steps[0], str):
        raise InputError(
            "The path to the element cannot be read. A JSONPath to one element was expected (RFC 9535, singular "
            "query), such as $.netWeight.value or $['hasLabels'][0]; it has no wildcards, slices or filters.",
            code="passport-path",
        )
    return tuple(steps)


def element_at(record: Any, path: Sequence[str | int]) -> Any:
    """Give what stands at a path, or :data:`NOT_THERE`."""
    node = record
    for step in path:
        if isinstance(step, int):
            if not isinstance(node, list) or step >= len(node):
                return NOT_THERE
        elif not isinstance(node, Mapping) or step not in node:
            return NOT_THERE
        node = node[step]
    return node


def put_at(record: Any, path: Sequence[str | int], value: Any) -> Any:
    """Give a copy with another value at a path whose parent exists; None takes the element out.

    Raises
    ------
    KeyError
        The parent of the path is not there.
    """
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(step, int):
        if not isinstance(record, list) or step > len(record) or (rest and step == len(record)):
            raise KeyError(step)
        items = list(record)
        inner = put_at(items[step] if step < len(items) else None, rest, value)
        items[step : step + 1] = [] if inner is None else [inner]
        return items
    if not isinstance(record, Mapping) or (rest and step not in record):
        raise KeyError(step)
    inner = put_at(record.get(step), rest, value)
    kept = {name: part for name, part in record.items() if name != step or inner is not None}
    return kept if inner is None else kept | {step: inner}


def merged(target: Any, patch: Any) -> Any:
    """Merge a patch into a value: groups part by part, null takes a part out, all else takes the place.

    References
    ----------
    RFC 7396 section 2.
    """
    if not isinstance(patch, Mapping):
        return patch
    result = dict(target) if isinstance(target, Mapping) else {}
    for name, part in patch.items():
        if part is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), part)
    return result
