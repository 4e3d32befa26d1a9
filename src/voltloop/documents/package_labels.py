"""Labels and marks for packages, at true size, each sheet with a code that scans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from voltloop.documents.codes import qr_svg
from voltloop.documents.frame import make_paper
from voltloop.documents.goods import packaging_text
from voltloop.documents.label_marks import PackageMarks, marks_of
from voltloop.documents.load import Consignment, Load, PackageLine, Party
from voltloop.documents.open_fields import OpenFields
from voltloop.documents.wording import country_name, number

__all__ = ["labels"]

_SHEET_MM = {"road_eu": 297.0, "road_us": 279.4}
# Margins, the strip with the package's id above, and the ruler below.
_TAKEN_MM = 18.0 + 36.0 + 9.0
_GAP_MM = 2.0
_DIAMOND_MM = 141.5
_LETTERS_PER_LINE = 22


@dataclass(frozen=True, slots=True)
class _Piece:
    """One mark or label: what the template draws, and how high it is [mm]."""

    height_mm: float
    values: dict[str, Any]


def labels(
    load: Load, *, font_folders: Sequence[str | Path] = (), open_fields: OpenFields | None = None
) -> bytes:
    """Give the label sheets of all packages of a load as PDF, at true size.

    Parameters
    ----------
    load
        A load of either mode; every package of every line gets its own sheets with its own id and code.
    font_folders
        Folders with further fonts.
    open_fields
        Takes up the fields that a person completes; none is kept when it is None.

    Notes
    -----
    Hazard labels are squares of 100 mm side set on a corner, the battery mark is 100 mm × 100 mm with a hatched edge
    of 7 mm, UN numbers and wordings are in letters of 12.5 mm. Each sheet shows a ruler of 100 mm: a printer that
    scales the page is found out before the label is stuck on. The code is a QR code of the package id, 30 mm wide.

    References
    ----------
    ADR 5.2.1.1, 5.2.1.9, 5.2.1.10, 5.2.2.2; 49 CFR 172.301, 172.312, 172.407, 173.185; 40 CFR 273.14.
    """
    fields = open_fields if open_fields is not None else OpenFields()
    sheets: list[dict[str, Any]] = []
    total = sum(line.count for line in load.lines)
    place = 0
    for consignment in load.consignments:
        for line in consignment.lines:
            pages = _pages(_pieces(line, consignment, marks_of(line, load.mode), fields), load)
            for package_id in line.package_ids:
                place += 1
                sheets += [
                    {
                        **_strip(package_id, line, consignment, load),
                        "place": f"Package {place} of {total}",
                        "sheet": f"sheet {page_number} of {len(pages)}" if len(pages) > 1 else "",
                        "pieces": [piece.values for piece in page],
                    }
                    for page_number, page in enumerate(pages, start=1)
                ]
    return make_paper(
        "labels",
        load,
        fields,
        title="Package labels",
        subtitle="",
        values={"sheets": sheets},
        font_folders=font_folders,
    )


def _strip(package_id: str, line: PackageLine, consignment: Consignment, load: Load) -> dict[str, Any]:
    american = load.mode == "road_us"
    masses = [f"net {number(line.net_mass_kg / line.count, american=american)} kg"]
    if line.gross_mass_kg is not None:
        masses.append(f"gross {number(line.gross_mass_kg / line.count, american=american)} kg")
    about = "each about " if line.count > 1 else ""
    return {
        "package_id": package_id,
        "code": qr_svg(package_id),
        "packing": " · ".join(
            part for part in (_short(packaging_text(line), 90), line.packing_instruction) if part
        ),
        "masses": about + ", ".join(masses),
        "from": _one_line(consignment.consignor),
        "to": _one_line(consignment.consignee or load.consignee),
    }


def _one_line(who: Party) -> str:
    return _short(
        ", ".join(part for part in (who.name, *who.address, country_name(who.country)) if part), 170
    )


def _short(text: str, letters: int) -> str:
    """Cut a text that would not fit the strip; the packing list has it in full."""
    return text if len(text) <= letters else text[: letters - 1].rstrip() + "…"


def _pieces(
    line: PackageLine, consignment: Consignment, marks: PackageMarks, fields: OpenFields
) -> list[_Piece]:
    pieces = [
        _Piece(_DIAMOND_MM, {"kind": "diamond", "file": f"class-{model.lower()}.svg"})
        for model in marks.hazard_labels
    ]
    pieces += [_Piece(30.0, _number_mark(un, line)) for un in marks.un_numbers]
    if marks.battery_mark:
        numbers = [line.un] if line.un else []
        pieces.append(_Piece(100.0, {"kind": "battery_mark", "numbers": [f"UN {un}" for un in numbers]}))
    for words in marks.words:
        lines = _broken(words)
        pieces.append(_Piece(6.0 + 17.0 * len(lines) - 4.5 + 2.0, {"kind": "words", "lines": lines}))
    if marks.arrows:
        pieces.append(_Piece(105.0, {"kind": "arrows"}))
    if marks.universal_waste:
        fields.ask("Date on which accumulation began", "handler of the waste", "40 CFR 273.15")
        pieces.append(
            _Piece(
                50.0,
                {"kind": "universal_waste", "handler": _one_line(consignment.consignor), "who": "handler"},
            )
        )
    pieces += [
        _Piece(22.0, {"kind": "affix", "text": f"Label model {model}", "who": "packer"})
        for model in marks.other_labels
    ]
    return pieces


def _number_mark(un: str, line: PackageLine) -> dict[str, Any]:
    same = un == line.un
    return {"kind": "number", "number": f"UN {un}", "name": line.proper_shipping_name if same else ""}


def _pages(pieces: list[_Piece], load: Load) -> list[list[_Piece]]:
    room = _SHEET_MM[load.mode] - _TAKEN_MM
    pages: list[list[_Piece]] = [[]]
    left = room
    for piece in pieces:
        if pages[-1] and piece.height_mm > left:
            pages.append([])
            left = room
        pages[-1].append(piece)
        left -= piece.height_mm + _GAP_MM
    return pages


def _broken(words: str) -> list[str]:
    """Break a wording into few, even lines of capitals that fit the sheet, condensed a little if need be.

    Capitals, because the height that the law asks for is that of every letter.
    """
    parts = words.upper().split()
    limit = _LETTERS_PER_LINE
    lines = _filled(parts, limit)
    while limit > 1 and len(_filled(parts, limit - 1)) == len(lines):
        limit -= 1
    return _filled(parts, limit)


def _filled(parts: list[str], limit: int) -> list[str]:
    lines: list[str] = []
    for part in parts:
        if lines and len(lines[-1]) + 1 + len(part) <= limit:
            lines[-1] += f" {part}"
        else:
            lines.append(part)
    return lines
