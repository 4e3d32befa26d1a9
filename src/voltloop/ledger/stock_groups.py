"""What stock may be counted by: kind, model, place, condition and who has it, as expressions over its query."""

from __future__ import annotations

from typing import Final
from uuid import UUID

__all__ = ["GROUPS", "KINDS", "OF_MODEL", "told_model_key"]

_KIND: Final = """CASE WHEN t.kind IN (401, 402) OR t.kind = -1 AND t.canonical LIKE '%%/load/%%' THEN 'load'
    WHEN t.kind IN (0, 8003) OR t.kind = -1 AND t.canonical LIKE '%%/package/%%' THEN 'package'
    WHEN t.kind = -1 AND t.canonical NOT LIKE '%%/battery/%%'
      AND EXISTS (SELECT FROM state AS c WHERE c.container_id = i.epc_id) THEN 'package'
    ELSE 'battery' END"""
_TOLD_MODEL: Final = """(SELECT m.value #>> '{}' FROM master_data_attribute AS m
    WHERE m.id = i.epc_id AND m.attribute_id = %(told_model)s LIMIT 1)"""
GROUPS: Final = {
    "kind": _KIND,
    "model": f"CASE WHEN t.class_id IS NOT NULL THEN left(t.canonical, 36) ELSE {_TOLD_MODEL} END",
    "site": "i.place_id",
    "area": "i.place_id",
    "condition": "i.disposition",
    "hold": "i.hold",
    "owner": "i.owner_id",
    "custody": "i.custody_id",
    "container": "i.container_id",
}
"""What stock may be grouped by, and what says it. The key of ``site`` is that of the place, which may be an area."""

KINDS: Final = ("battery", "package", "load")
"""A load is a consignment (GINC, GSIN) or one of ours; a package a logistic unit (SSCC), a returnable asset (GRAI), one
of ours, or what else without a GS1 key has something in it; all others are batteries and parts of them."""

OF_MODEL: Final = f"(t.class_id = %(model)s OR t.class_id IS NULL AND {_TOLD_MODEL} = %(model_text)s)"
"""Whether a thing is of a model: by its GTIN, or by the model that master data tell of a thing without one."""


def told_model_key() -> UUID:
    """Give the key of the attribute of master data that tells a model: ``voltloop:model``."""
    from voltloop.ledger.changes import NAMESPACE
    from voltloop.ledger.master_data import attribute_key

    return attribute_key("voltloop:model", {"voltloop": NAMESPACE})
