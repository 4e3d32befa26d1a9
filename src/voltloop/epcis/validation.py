"""Whether events and documents keep the rules of EPCIS 2.0, and if not, why, in words.

Validation asserts formats: an unknown word, a date without zone or a key without prefix is refused. The strict
way gives the verdict of the standard's JSON Schema, but for the leniencies that
:func:`voltloop.epcis.json_schema.lenient_fields` lists. The lenient way first mends what senders commonly get
wrong, see :mod:`voltloop.epcis.canonical_form`, and then applies the same rules.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from voltloop.epcis.canonical_form import mend, to_canonical
from voltloop.epcis.json_schema import EVENT_TYPES, OWN_TYPE, document_schema, event_schema, events_schema
from voltloop.epcis.problems import Problem, json_path, quoted, schema_problems
from voltloop.errors import nearest

if TYPE_CHECKING:
    from jsonschema_rs import Validator

__all__ = ["EventValidator", "check_document", "is_context"]

_MOST_PROBLEMS = 100


@cache
def _validator(name: str) -> tuple[Validator, dict[str, Any]]:
    """Compile a schema by its name: ``events``, ``context``, an event type, or a kind of document."""
    import jsonschema_rs

    if name == "events":
        schema = events_schema()
    elif name == "context":
        schema = {"$defs": event_schema(OWN_TYPE)["$defs"], "$ref": "#/$defs/context"}
    elif name in {"EPCISDocument", "EPCISQueryDocument"}:
        schema = document_schema(name)
    else:
        schema = event_schema(name)
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True), schema


class EventValidator:
    """Judge of events.

    Parameters
    ----------
    strict
        Whether to refuse what the standard refuses. If not, common slips are mended first: CBV words as URNs,
        comment keys, numbers in quotation marks; what remains is judged by the same rules.

    Examples
    --------
    >>> EventValidator().problems({"type": "ObjectEvnt"})[0].message
    '"ObjectEvnt" is not an event type. Expected ObjectEvent, ... Did you mean "ObjectEvent"?'
    """

    def __init__(self, strict: bool = True) -> None:
        self.strict = strict
        self._is_valid = _validator("events")[0].is_valid

    def first_problem(self, events: list[dict[str, Any]]) -> Problem | None:
        """Judge a whole batch; where all is well the events are in canonical form afterwards.

        Parameters
        ----------
        events
            Events in EPCIS 2.0 JSON form. Changed in place: see :mod:`voltloop.epcis.canonical_form`.

        Returns
        -------
        Problem or None
            The first problem of the first bad event, with the event's position in the batch; None when every
            event is valid.
        """
        if not self.strict:
            mend(events)
        if self._is_valid(events):
            to_canonical(events)
            return None
        for position, event in enumerate(events):
            if not self._is_valid([event]):
                return replace(_problems(event, 1)[0], event=position)
        raise AssertionError("a batch is invalid and each of its events valid")

    def problems(self, event: Any) -> list[Problem]:
        """Give the problems of one event, in the order of the schema; an empty list if it is valid.

        At most a hundred are told. The event is not changed.
        """
        if not self.strict:
            import copy

            event = copy.deepcopy(event)
            mend([event])
        return [] if self._is_valid([event]) else _problems(event, _MOST_PROBLEMS)


def _problems(event: Any, most: int) -> list[Problem]:
    if not isinstance(event, dict):
        return [Problem("$", f"{quoted(event)} is not an event. Expected an object with its type.")]
    if isinstance(fault := event.get("@fault"), str):  # the XML binding is broken, see xml_frame.FAULT
        return [Problem("$", fault)]
    kind = event.get("type")
    if kind is None:
        return [Problem("$.type", f'"type" is missing. Expected {", ".join(EVENT_TYPES)}.')]
    if isinstance(kind, str) and kind not in EVENT_TYPES and ":" not in kind:
        message = (
            f"{quoted(kind)} is not an event type. Expected {', '.join(EVENT_TYPES)}, or an absolute URI "
            f"of one's own.{nearest(kind, EVENT_TYPES)}"
        )
        return [Problem("$.type", message)]
    validator, schema = _validator(kind if kind in EVENT_TYPES else OWN_TYPE)
    return list(islice(schema_problems(validator.iter_errors(event), schema), most))


def is_context(value: Any) -> bool:
    """Tell whether a value may stand as ``@context``."""
    return _validator("context")[0].is_valid(value)


def check_document(skeleton: Any) -> list[Problem]:
    """Give the problems of what stands around the events of a document, at most a hundred; none gives an empty list.

    Parameters
    ----------
    skeleton
        The document as parsed JSON; its events may be left out (an empty ``eventList``) and are not checked.
        A bare event must carry ``@context``.

    References
    ----------
    EPCIS 2.0 section 10 (JSON binding).
    """
    if not isinstance(skeleton, dict):
        return [Problem("$", f"{quoted(skeleton)} is not a document. Expected an object with its type.")]
    kind = skeleton.get("type")
    choices = ("EPCISDocument", "EPCISQueryDocument", *EVENT_TYPES)
    if kind is None:
        return [Problem("$.type", f'"type" is missing. Expected {", ".join(choices)}.')]
    if not isinstance(kind, str) or (kind not in choices and ":" not in kind):
        hint = nearest(kind, choices) if isinstance(kind, str) else ""
        return [
            Problem("$.type", f"{quoted(kind)} is no kind of document. Expected {', '.join(choices)}.{hint}")
        ]
    if kind not in {"EPCISDocument", "EPCISQueryDocument"}:
        return _problems_of_context(skeleton)
    validator, schema = _validator(kind)
    return list(islice(schema_problems(validator.iter_errors(skeleton), schema), _MOST_PROBLEMS))


def _problems_of_context(event: dict[str, Any]) -> list[Problem]:
    """Judge the ``@context`` of an event that stands alone."""
    path = json_path(["@context"])
    if "@context" not in event:
        return [Problem(path, '"@context" is missing. An event that stands alone needs it.')]
    if is_context(event["@context"]):
        return []
    expected = _validator("context")[1]["$defs"]["context"]["description"]
    return [Problem(path, f"{quoted(event['@context'])} does not do. Expected {expected}.")]
