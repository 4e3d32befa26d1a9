"""Codes for scanners."""

from __future__ import annotations

from voltloop.documents.codes import qr_svg


def test_a_code_is_a_drawing_with_a_quiet_zone() -> None:
    """Four modules of white around it, or readers fail on a printed sheet."""
    drawing = qr_svg("PKG-1")
    assert drawing.startswith("<svg")
    assert 'viewBox="0 0 29 29"' in drawing, "21 modules and 4 on each side"
    assert qr_svg("PKG-1") == drawing
    assert qr_svg("PKG-2") != drawing
