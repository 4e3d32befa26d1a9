"""Which goods may cross which border in a network, and under which consent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from voltloop.compliance import BorderProcedure, Rulebook, border_procedure, mode_between

__all__ = ["Borders", "Crossing"]


@dataclass(frozen=True, slots=True)
class Crossing:
    """The answer for one way between two countries.

    Attributes
    ----------
    is_open
        Whether the goods may go.
    procedure
        Kind of :class:`voltloop.compliance.BorderProcedure`; ``none`` within one country.
    consent_id
        Consent of the network that opens a notified way; None where none is needed or held.
    documents
        What must be arranged or travel.
    why_not
        Reason for a closed way, in words.
    """

    is_open: bool
    procedure: str
    consent_id: str | None
    documents: tuple[str, ...]
    why_not: str | None


class Borders:
    """Answers, once for each distinct question, whether goods may go from one country to another.

    Parameters
    ----------
    consents
        Consents of the network folder.
    rulebook
        The law.
    first, last
        First and last day of dispatch: a consent must be valid on all days between them. The caller has made sure
        that no edition of the law changes in between.
    """

    def __init__(self, consents: pl.DataFrame, rulebook: Rulebook, first: date, last: date) -> None:
        self._consents: dict[tuple[str, str, str], list[tuple[str, frozenset[str]]]] = {}
        valid = consents.filter((pl.col("valid_from") <= first) & (pl.col("valid_to") >= last))
        for row in valid.iter_rows(named=True):
            codes = frozenset(code.strip() for code in row["waste_codes"].split(";"))
            way = (row["from_country"], row["to_country"], row["consignee_site_id"])
            self._consents.setdefault(way, []).append((row["consent_id"], codes))
        self._rulebook = rulebook
        self._first, self._last = first, last
        self._known: dict[tuple[str, str, str, bool, str], Crossing] = {}
        self._procedures: dict[tuple[str, str, str, bool], BorderProcedure] = {}

    def mode(self, start: str, end: str) -> str | None:
        """Road law that covers the whole way; None when the rulebook has none."""
        return mode_between(start, end)

    def may_move(self, start: str, end: str, waste_code: str, is_waste: bool, site_id: str) -> bool:
        """Whether goods may go from country to country to be received at a site."""
        return self.crossing(start, end, waste_code, is_waste, site_id).is_open

    def crossing(self, start: str, end: str, waste_code: str, is_waste: bool, site_id: str) -> Crossing:
        """Give the answer with procedure, consent and reason.

        ``site_id`` is the receiving site, which a consent names: the plant, or the hub on the way.
        """
        key = (start, end, waste_code, is_waste, site_id)
        if key not in self._known:
            self._known[key] = self._answer(*key)
        return self._known[key]

    def _answer(self, start: str, end: str, waste_code: str, is_waste: bool, site_id: str) -> Crossing:
        if self.mode(start, end) is None:
            why = f"No road law of the rulebook covers the way from {start} to {end}."
            return Crossing(False, "undecided", None, (), why)
        if start == end:
            return Crossing(True, "none", None, (), None)
        procedure = self._procedure(start, end, waste_code, is_waste)
        if procedure.kind in {"none", "annex_vii"}:
            return Crossing(True, procedure.kind, None, procedure.documents, None)
        if procedure.kind == "notification":
            consent = self._consent(start, end, waste_code, site_id)
            if consent is not None:
                return Crossing(True, procedure.kind, consent, procedure.documents, None)
            why = (
                f"Waste {waste_code} from {start} to {end} needs a notification with consent "
                f"({'; '.join(procedure.cite)}), and consents.csv holds none "
                f"for {site_id} that is valid from {self._first} to {self._last}."
            )
            return Crossing(False, procedure.kind, None, procedure.documents, why)
        return Crossing(
            False,
            procedure.kind,
            None,
            procedure.documents,
            procedure.say or f"From {start} to {end}: {procedure.kind}.",
        )

    def _procedure(self, start: str, end: str, waste_code: str, is_waste: bool) -> BorderProcedure:
        key = (start, end, waste_code, is_waste)
        if key not in self._procedures:
            self._procedures[key] = border_procedure(
                waste_code or None, is_waste, start, end, self._first, rulebook=self._rulebook
            )
        return self._procedures[key]

    def _consent(self, start: str, end: str, waste_code: str, site_id: str) -> str | None:
        wanted = set(waste_code.split("|"))
        held = self._consents.get((start, end, site_id), [])
        return next((consent for consent, codes in held if wanted <= codes), None)
