"""Papers of a load: transport document, shipping paper, packing list, labels, driver's sheet, waste documents.

Each function takes a :class:`~voltloop.documents.load.Load` and gives the bytes of a PDF; :func:`make_papers` gives
all of them, :func:`make_papers_of` those of many loads. :func:`certificate` is the paper of one restored battery. The
report of a plan lives in :mod:`voltloop.documents.report`.
"""

from voltloop.documents.certificate import certificate
from voltloop.documents.certificate_record import (
    CertificateRecord,
    PartReplaced,
    TestResult,
    WarrantyGiven,
)
from voltloop.documents.driver import driver_sheet
from voltloop.documents.glyphs import missing_glyphs
from voltloop.documents.movement import movement_document
from voltloop.documents.package_labels import labels
from voltloop.documents.packing import packing_list
from voltloop.documents.papers import Papers, make_papers, make_papers_of
from voltloop.documents.transport import transport_document
from voltloop.documents.us_paper import us_shipping_paper

__all__ = [
    "CertificateRecord",
    "Papers",
    "PartReplaced",
    "TestResult",
    "WarrantyGiven",
    "certificate",
    "driver_sheet",
    "labels",
    "make_papers",
    "make_papers_of",
    "missing_glyphs",
    "movement_document",
    "packing_list",
    "transport_document",
    "us_shipping_paper",
]
