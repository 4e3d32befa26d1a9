"""Which elements an event may hold in XML, in which order: EPCIS 2.0 and 1.2 as tables.

The order of the elements is part of the XML binding. EPCIS 1.2 nests what came after 1.0 in ``<extension>`` and
``<baseExtension>``; 2.0 lays everything side by side. Only the names and their order stand here: what an element
holds is known by its name (:mod:`voltloop.epcis.xml_events`).

References
----------
EPCIS 2.0 section 12 (XML binding, EPCISDocument schema); EPCIS 1.2 section 9.5.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

__all__ = ["MODELS_1", "MODELS_2", "OWN_EVENT", "Model"]


@dataclass(frozen=True)
class Model:
    """The elements of one complex type in their order, each at most once.

    ``required`` must be there. ``ordered`` is false where no schema gives an order. ``is_open`` says whether
    elements of other namespaces may follow, ``takes_unknown`` whether elements without a namespace do,
    ``takes_attributes`` whether attributes are allowed, ``may_be_empty`` whether an extension may hold nothing.
    """

    fields: tuple[str, ...]
    required: frozenset[str] = frozenset()
    ordered: bool = True
    is_open: bool = True
    takes_unknown: bool = False
    takes_attributes: bool = True
    may_be_empty: bool = False

    @cached_property
    def position(self) -> dict[str, int]:
        """Place of each element in the order, from 0."""
        return {name: place for place, name in enumerate(self.fields)}


def _event(base: str, own: str, required: str, *, ordered: bool = True) -> Model:
    """Give the model of an event from the elements of every event and its own."""
    needed = frozenset(f"eventTime eventTimeZoneOffset {required}".split())
    return Model((*base.split(), *own.split(), "extension"), needed, ordered)


def _added(quantities: str, *more: str) -> Model:
    """Give the model of the extension of an event of EPCIS 1.1."""
    return Model(
        (quantities, "sourceList", "destinationList", *more, "extension"), is_open=False, may_be_empty=True
    )


_BASE_1 = "eventTime recordTime eventTimeZoneOffset baseExtension"
_BASE_2 = "eventTime recordTime eventTimeZoneOffset eventID errorDeclaration certificationInfo baseExtension"
_WHERE = "bizStep disposition readPoint bizLocation"
_PARTIES = "sourceList destinationList"
_SENSED = "sensorElementList persistentDisposition"
_CHANGED = "inputEPCList inputQuantityList outputEPCList outputQuantityList transformationID"
_SINCE_2 = (
    f"eventID errorDeclaration certificationInfo quantityList childQuantityList {_PARTIES} {_SENSED} ilmd"
)

MODELS_2: dict[str, Model] = {
    "ObjectEvent": _event(
        _BASE_2,
        f"epcList action {_WHERE} bizTransactionList quantityList {_PARTIES} {_SENSED} ilmd",
        "action",
    ),
    "AggregationEvent": _event(
        _BASE_2,
        f"parentID childEPCs action {_WHERE} bizTransactionList childQuantityList {_PARTIES} {_SENSED}",
        "action",
    ),
    "AssociationEvent": _event(
        _BASE_2,
        f"parentID childEPCs childQuantityList action {_WHERE} bizTransactionList {_PARTIES} {_SENSED}",
        "parentID action",
    ),
    "TransactionEvent": _event(
        _BASE_2,
        f"bizTransactionList parentID epcList action {_WHERE} quantityList {_PARTIES} {_SENSED}",
        "bizTransactionList action",
    ),
    "TransformationEvent": _event(
        _BASE_2, f"{_CHANGED} {_WHERE} bizTransactionList {_PARTIES} {_SENSED} ilmd", ""
    ),
    "baseExtension": Model(()),
    "extension": Model(()),
    # A choice that repeats: any order.
    "errorDeclaration": Model(("declarationTime", "reason", "correctiveEventIDs"), ordered=False),
}
"""Models of EPCIS 2.0 by element; in ``extension`` and ``baseExtension`` only elements of other namespaces."""

OWN_EVENT = Model(
    tuple(
        dict.fromkeys(
            field for name, model in MODELS_2.items() if name.endswith("Event") for field in model.fields
        )
    ),
    ordered=False,
    takes_unknown=True,
)
"""An event of a user's own type: the fields of the standard in any order, and any others."""

MODELS_1: dict[str, Model] = {
    "ObjectEvent": _event(_BASE_1, f"epcList action {_WHERE} bizTransactionList", "epcList action"),
    "AggregationEvent": _event(
        _BASE_1, f"parentID childEPCs action {_WHERE} bizTransactionList", "childEPCs action"
    ),
    "TransactionEvent": _event(
        _BASE_1, f"bizTransactionList parentID epcList action {_WHERE}", "bizTransactionList epcList action"
    ),
    "TransformationEvent": _event(_BASE_1, f"{_CHANGED} {_WHERE} bizTransactionList {_PARTIES} ilmd", ""),
    "QuantityEvent": _event(_BASE_1, f"epcClass quantity {_WHERE} bizTransactionList", "epcClass quantity"),
    # Sent ahead of its time inside two extensions, where the schema of 1.2 checks nothing.
    "AssociationEvent": _event(
        _BASE_1,
        f"parentID childEPCs action {_WHERE} bizTransactionList {_SINCE_2}",
        "parentID action",
        ordered=False,
    ),
    "baseExtension": Model(("eventID", "errorDeclaration", "extension"), is_open=False, may_be_empty=True),
    "errorDeclaration": Model(
        ("declarationTime", "reason", "correctiveEventIDs"), frozenset({"declarationTime"})
    ),
    # What 1.1 added to the events.
    "ObjectEvent/extension": _added("quantityList", "ilmd"),
    "AggregationEvent/extension": _added("childQuantityList"),
    "TransactionEvent/extension": _added("quantityList"),
    # What the schema of 1.2 leaves open: the elements that 2.0 brought, and whatever else is there.
    "extension": Model(
        ("certificationInfo", *_SENSED.split(), "extension"), ordered=False, is_open=False, takes_unknown=True
    ),
}
"""Models of EPCIS 1.0 to 1.2 by element; ``owner/extension`` before plain ``extension``."""
