"""Master data as EPCIS documents carry it: vocabularies of elements with attributes and children."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["MasterDataElement", "elements", "vocabulary_list"]


@dataclass(frozen=True)
class MasterDataElement:
    """What a document says of one place, party, class or other thing.

    Parameters
    ----------
    vocabulary
        URI of the vocabulary, such as ``urn:epcglobal:epcis:vtype:BusinessLocation``.
    id
        URI of the element.
    attributes
        URI of each attribute to its value: text, number or object (a list where an attribute stands there more
        than once).
    children
        URIs of the elements below this one, as the document gives them.
    """

    vocabulary: str
    id: str
    attributes: Mapping[str, Any]
    children: tuple[str, ...]


def elements(vocabularies: Iterable[Mapping[str, Any]]) -> list[MasterDataElement]:
    """Give the elements of a ``vocabularyList`` as plain rows, in document order.

    Parameters
    ----------
    vocabularies
        A valid ``vocabularyList``.

    References
    ----------
    EPCIS 2.0 section 6.5 (master data) and section 10 (JSON binding).

    Examples
    --------
    >>> element = {"id": "urn:x:site", "attributes": [{"id": "urn:x:name", "attribute": "Works"}]}
    >>> elements([{"type": "urn:x:sites", "vocabularyElementList": [element]}])[0].attributes
    {'urn:x:name': 'Works'}
    """
    return [
        MasterDataElement(
            vocabulary=vocabulary["type"],
            id=element["id"],
            attributes=_attributes(element.get("attributes", ())),
            children=tuple(element.get("children", ())),
        )
        for vocabulary in vocabularies
        for element in vocabulary.get("vocabularyElementList", ())
    ]


def _attributes(pairs: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Gather the attributes of an element; one that is named again becomes a list of its values."""
    found: dict[str, list[Any]] = {}
    for pair in pairs:
        found.setdefault(pair["id"], []).append(pair.get("attribute"))
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def vocabulary_list(rows: Iterable[MasterDataElement]) -> list[dict[str, Any]]:
    """Give rows as a ``vocabularyList``, the inverse of :func:`elements`.

    Examples
    --------
    >>> vocabulary_list([MasterDataElement("urn:x:sites", "urn:x:site", {}, ("urn:x:hall",))])
    [{'type': 'urn:x:sites', 'vocabularyElementList': [{'id': 'urn:x:site', 'children': ['urn:x:hall']}]}]
    """
    lists: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        element: dict[str, Any] = {"id": row.id}
        pairs = [
            {"id": name, "attribute": value}
            for name, values in row.attributes.items()
            for value in (values if isinstance(values, list) else [values])
        ]
        if pairs:
            element["attributes"] = pairs
        if row.children:
            element["children"] = list(row.children)
        lists.setdefault(row.vocabulary, []).append(element)
    return [{"type": kind, "vocabularyElementList": members} for kind, members in lists.items()]
