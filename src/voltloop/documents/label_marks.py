"""Which labels and marks a package carries, read from its verdict's words."""

from __future__ import annotations

import re
from dataclasses import dataclass

from voltloop.documents.load import Mode, PackageLine
from voltloop.documents.wording import manifest_codes

__all__ = ["PackageMarks", "marks_of"]

_UN = re.compile(r"^UN\s?\d{4}$")
# ADR Table A column 5 and 49 CFR 172.447: these carry the lithium battery label 9A, never the general label 9.
_LITHIUM_LABEL_UNS = frozenset({"3090", "3091", "3480", "3481", "3551", "3552"})
_DRAWN = ("9A", "9", "8", "4.3")


@dataclass(frozen=True, slots=True)
class PackageMarks:
    """Labels and marks of one package, in the order in which they are printed.

    Attributes
    ----------
    hazard_labels
        Models that are drawn: 9A, 9, 8, 4.3.
    other_labels
        Models that the papers have no drawing for; the sheet names them, a person affixes them.
    un_numbers
        Digits for the UN number mark.
    words
        Wordings in capitals of at least 12 mm.
    battery_mark
        Whether the battery mark with red hatching is due.
    arrows
        Whether two opposite sides carry orientation arrows.
    universal_waste
        Whether the US universal waste label is due.
    """

    hazard_labels: tuple[str, ...]
    other_labels: tuple[str, ...]
    un_numbers: tuple[str, ...]
    words: tuple[str, ...]
    battery_mark: bool
    arrows: bool
    universal_waste: bool

    def in_words(self) -> str:
        """Give all of them in one line for a packing list."""
        parts = [f"UN {number}" for number in self.un_numbers]
        parts += [f"label {model}" for model in (*self.hazard_labels, *self.other_labels)]
        parts += ["battery mark"] if self.battery_mark else []
        parts += list(self.words)
        parts += ["orientation arrows on two sides"] if self.arrows else []
        parts += ["universal waste label"] if self.universal_waste else []
        return " · ".join(parts)


def marks_of(line: PackageLine, mode: Mode) -> PackageMarks:
    """Give labels and marks of a package line.

    Notes
    -----
    Goods of the small-battery relief always get the battery mark: some small consignments need none, but a package
    that carries it is never wrong. Wet batteries that count as dangerous goods get arrows. Universal waste in the USA
    is waste without a RCRA code.

    References
    ----------
    ADR 5.2.1.1 (UN number), 5.2.1.9 (battery mark), 5.2.1.10 (arrows), 5.2.2.2 (labels), special provisions 376 and
    377 (wordings); 49 CFR 172.301, 172.312, 173.185(c)(3), (d), (f); 40 CFR 273.14.
    """
    words: list[str] = []
    numbers = [line.un] if line.is_dangerous else []
    battery_mark = line.outcome == "exempt_small"
    arrows = line.wet and line.is_dangerous
    universal = mode == "road_us" and line.is_waste and not manifest_codes(line)
    for mark in line.marks:
        text = mark.strip()
        low = text.lower()
        if not text:
            continue
        if _UN.match(text.upper()):
            digits = text[-4:]
            # Exempted small batteries show their number inside the battery mark.
            if digits not in numbers and not battery_mark:
                numbers.append(digits)
        elif "battery mark" in low:
            battery_mark = True
        elif "orientation" in low or "arrow" in low:
            arrows = True
        elif "universal waste" in low:
            universal = mode == "road_us"
        elif text not in words and low != line.proper_shipping_name.strip().lower():
            words.append(text)
    labels = [_model(label, line.un) for label in line.labels if label.strip()]
    return PackageMarks(
        hazard_labels=tuple(dict.fromkeys(label for label in labels if label in _DRAWN)),
        other_labels=tuple(dict.fromkeys(label for label in labels if label not in _DRAWN)),
        un_numbers=tuple(numbers),
        words=tuple(words),
        battery_mark=battery_mark,
        arrows=arrows,
        universal_waste=universal,
    )


def _model(label: str, un: str) -> str:
    text = re.sub(r"^(LABEL|CLASS|MODEL|NO\.?)\s*", "", label.strip().upper())
    return "9A" if text == "9" and un in _LITHIUM_LABEL_UNS else text
