"""Which kinds of packaging a packing instruction is open to."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

__all__ = ["PackagingKinds", "packaging_kinds", "why_unsuitable"]

_FILE = Path(__file__).parents[1] / "rulebook" / "packagings" / "kinds.csv"
_UN_CODE = re.compile(r"^(?:UN)?\s*(\d{1,2}[A-Z]{1,2}\d?)(?:W|U|V|T)?(?:/([XYZ]))?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PackagingKinds:
    """What one packing instruction asks of the kind of packaging.

    Attributes
    ----------
    un_codes
        Beginnings of the UN codes that it is open to; empty where every kind will do.
    is_without_code
        Whether a packaging without a UN code may be used, under conditions that ``say`` names.
    least_group
        Least performance in the UN mark: X (packing group I), Y (II), Z (III); empty where none is asked.
    say, cite
        The rule in words, and where it stands.
    """

    un_codes: tuple[str, ...]
    is_without_code: bool
    least_group: str
    say: str
    cite: tuple[str, ...]


@cache
def _all() -> dict[str, PackagingKinds]:
    rows = csv.DictReader(_FILE.read_text(encoding="utf-8").splitlines())
    return {
        row["instruction"]: PackagingKinds(
            tuple(code for code in row["un_codes"].split("|") if code),
            row["without_code"] == "yes",
            row["least_group"],
            row["say"],
            tuple(row["cite"].split(";")),
        )
        for row in rows
    }


def packaging_kinds(instruction: str) -> PackagingKinds | None:
    """Give what a packing instruction asks of the kind of packaging, None where the rulebook does not say."""
    return _all().get(instruction.strip())


def why_unsuitable(instruction: str, un_code: str | None, *, holds_one: bool = False) -> str | None:
    """Say why a packaging of this kind may not be used under a packing instruction; None when it may.

    Parameters
    ----------
    instruction
        One packing instruction, "P908" or "173.185(f)". Of one that the rulebook does not describe nothing is said.
    un_code
        UN code of the packaging as in its mark, "4G/Y", "50A", "UN 1A2/X"; empty or None for one without.
    holds_one
        Whether the packaging holds a single battery. Where packagings without a UN code will do for a heavy battery
        with a strong case, one with any other code will do as well.

    Examples
    --------
    >>> why_unsuitable("P908", "4A/Y") is None
    True
    >>> why_unsuitable("P908", "50A/Y")
    'P908 is not open to packagings 50A: Drums, boxes and jerricans of packing group II. (ADR 4.1.4.1 P908)'

    Notes
    -----
    Only the kind is looked at; mass, number of articles and the case of the battery are for the packer.
    """
    kinds = packaging_kinds(instruction)
    if kinds is None or (not kinds.un_codes and not kinds.least_group):
        return None
    text = (un_code or "").strip()
    if kinds.is_without_code and (holds_one or not text):
        return None
    problem = _problem(instruction, text, kinds)
    return f"{problem}: {kinds.say} ({'; '.join(kinds.cite)})" if problem else None


def _problem(instruction: str, text: str, kinds: PackagingKinds) -> str | None:
    if not text:
        return f"{instruction} asks for a packaging with a UN code"
    match = _UN_CODE.match(text)
    if match is None:
        return f'{instruction}: "{text}" is no UN code of a packaging, as 4G/Y or 50A would be'
    code, group = match.group(1).upper(), (match.group(2) or "").upper()
    if not code.startswith(kinds.un_codes):
        return f"{instruction} is not open to packagings {code}"
    if group and group > kinds.least_group:
        return f"{instruction} asks for performance {kinds.least_group}, the packaging has {group}"
    return None
