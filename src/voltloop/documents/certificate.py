"""The certificate of a restored battery, with a code that leads to its entry in the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from voltloop.documents.certificate_record import CertificateRecord, PartReplaced, TestResult
from voltloop.documents.codes import qr_svg
from voltloop.documents.open_fields import OpenFields, Value
from voltloop.documents.render import pdf
from voltloop.documents.wording import day, number, party

__all__ = ["certificate"]

_TITLES = {
    "remanufactured": "Certificate of remanufacture",
    "repaired": "Certificate of repair",
    "second_life": "Certificate of repurposing",
    "reused": "Certificate of reuse",
}
_NOTE = "The issuer answers for what stands here; the entry in the ledger behind the code counts where the two differ."
_STATE_OF_HEALTH = "Regulation (EU) 2023/1542, Art. 73"


def certificate(
    record: CertificateRecord,
    *,
    font_folders: Sequence[str | Path] = (),
    open_fields: OpenFields | None = None,
    paper: str = "a4",
) -> bytes:
    """Give the certificate of a restored battery as PDF.

    Parameters
    ----------
    record
        What it tells. Values that only a person can give are marked and listed at the end: never invented.
    font_folders
        Folders with further fonts.
    open_fields
        Takes up the fields that a person completes; none is kept when it is None.
    paper
        ``a4`` or ``us-letter``.

    Returns
    -------
    bytes
        The same bytes for the same record. The code on it is a QR code of ``record.ledger_url``.

    Notes
    -----
    Holds the test record and the state of health that Article 73 of Regulation (EU) 2023/1542 asks of batteries that
    are repurposed or remanufactured, beside grade, standard and warranty.
    """
    fields = open_fields if open_fields is not None else OpenFields()
    code = qr_svg(record.ledger_url)
    values: dict[str, Any] = {
        "kind": "Certificate",
        "load_id": record.number,
        "title": _TITLES[record.treatment],
        "subtitle": f"{record.model} · {record.epc}",
        "date": day(record.issued_on),
        "paper": paper,
        "law": " · ".join(record.standards),
        "qr": code,
        "standing_note": _NOTE,
        "url": record.ledger_url,
        "grade": record.grade,
        "grade_meaning": record.grade_meaning,
        "scheme": record.scheme,
        "confidence": "" if record.confidence is None else f"{100.0 * record.confidence:.0f} %",
        "reasons": list(record.reasons),
        "facts": _facts(record, fields),
        "standards": list(record.standards),
        "tests": [_test(test, fields) for test in record.tests],
        "parts": [_part(part) for part in record.parts],
        "warranty": _warranty(record),
        "remarks": list(record.remarks),
        "issuer": party(record.issuer, "issuer", fields, cite=_STATE_OF_HEALTH),
        "restored": day(record.restored_on),
    }
    fields.ask("Name, signature and stamp of who answers for the work", "issuer", _STATE_OF_HEALTH)
    values["open_fields"] = fields.rows
    return pdf("certificate", values, on=record.issued_on, font_folders=font_folders)


def _facts(record: CertificateRecord, fields: OpenFields) -> list[list[Value]]:
    soh = None if record.soh is None else f"{100.0 * record.soh:.1f} %"
    left = "" if record.soh is None else f"{number(record.rated_energy_kwh * record.soh, 1)} kWh"
    return [
        ["Model", record.model],
        ["Maker", record.maker],
        ["Serial number", fields.given(record.serial, "Serial number of the battery", "issuer")],
        ["Chemistry", record.chemistry],
        ["Rated energy", f"{number(record.rated_energy_kwh, 1)} kWh"],
        ["State of health", fields.given(soh, "State of health after the work", "issuer", _STATE_OF_HEALTH)],
        ["Energy left", left],
        ["Mass", "" if record.mass_kg is None else f"{number(record.mass_kg, 1)} kg"],
        ["Work done on", day(record.restored_on)],
    ]


def _test(test: TestResult, fields: OpenFields) -> list[Value]:
    text = test.value if isinstance(test.value, str) or test.value is None else number(test.value, 2)
    read = None if text is None else f"{text} {test.unit}".strip()
    return [
        test.measure,
        fields.given(read, f"Result: {test.measure}", "test bench"),
        test.limit,
        test.outcome if text is not None else "",
        test.method,
        day(test.measured_on) if test.measured_on else "",
    ]


def _part(part: PartReplaced) -> list[str]:
    return [
        part.part,
        str(part.count),
        part.origin,
        ", ".join(part.old_serials),
        ", ".join(part.new_serials),
    ]


def _warranty(record: CertificateRecord) -> list[list[str]]:
    given = record.warranty
    if given is None:
        return []
    return [
        ["Until", day(given.until)],
        ["Covers", given.covers],
        ["Distance", "" if given.mileage_km is None else f"up to {number(given.mileage_km, 0)} km"],
        [
            "Throughput",
            "" if given.throughput_kwh is None else f"up to {number(given.throughput_kwh, 0)} kWh",
        ],
    ]
