"""Names that a plan's things bear in the ledger: batteries, packages, loads, places, parties.

Packs carry GS1 keys only where their maker gave them one. All others get a URI in the operator's own name space, made
from what stays the same from list to list: maker and serial number, or the number that the list gave them. CBV 2.0
section 8.2 allows private absolute URIs for objects, 8.3 for places and parties.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid5

__all__ = ["DEFAULT_BASE", "NAMESPACE", "PREFIX", "Names"]

DEFAULT_BASE = "https://id.voltloop.org/"
PREFIX = "voltloop"
NAMESPACE = "https://voltloop.org/epcis/"
"""Name space of voltloop's own fields in events, bound to :data:`PREFIX`."""

_EVENTS = UUID("6f0ae2ff-6d0c-5e1c-9f55-0c6b6f7a5f3e")
_URI = re.compile(r"(https?://|urn:[a-z0-9][a-z0-9-]*:)\S+", re.IGNORECASE)


@dataclass(frozen=True)
class Names:
    """Gives the names of one operator.

    Attributes
    ----------
    base
        Absolute URI with a slash at its end, under which the operator names things.
    plan
        Number of the plan; packages and loads are named under it.
    """

    base: str
    plan: str = ""

    def battery(self, row: Mapping[str, Any]) -> str:
        """Name a battery: its own URI, else maker and serial, else the list's number, else the row of the plan.

        Several pieces in one row without serials are a lot: a class with a quantity.
        """
        serial, number = row.get("serial"), row.get("battery_id")
        if row["quantity"] > 1:
            return self._of("lot", number or f"{self.plan}-{row['row']}")
        for given in (serial, number):
            if given and _URI.fullmatch(given):
                return str(given)
        if serial:
            return self._of("battery", row.get("manufacturer") or "unknown", serial)
        return self._of("battery", "listed", number or f"{self.plan}-{row['row']}")

    def package(self, package_id: str) -> str:
        """Name a package of the plan."""
        return self._of("package", self.plan, package_id)

    def load(self, load_id: str) -> str:
        """Name a load of the plan: a tour or an onward load."""
        return self._of("load", self.plan, load_id)

    def place(self, place_id: str) -> str:
        """Name a collection point or a site as a place."""
        return self._of("place", place_id)

    def party(self, party_id: str) -> str:
        """Name whoever holds goods: a collection point, a site, a carrier."""
        return self._of("party", party_id)

    def seal(self, *parts: str) -> str:
        """Name a seal by its issuer, where one is known, and its number."""
        return self._of("seal", *parts)

    def document(self, load_id: str, name: str) -> str:
        """Name a paper of a load."""
        return self._of("document", self.plan, load_id, name)

    def _of(self, *parts: str) -> str:
        return self.base + "/".join(quote(part.strip(), safe="") for part in parts)


def event_id(*parts: str) -> str:
    """Give the eventID that the same parts always give: what is recorded twice is one event.

    Examples
    --------
    >>> event_id("20261124-0", "EU-T0001") == event_id("20261124-0", "EU-T0001")
    True
    """
    return f"urn:uuid:{uuid5(_EVENTS, chr(31).join(parts))}"
