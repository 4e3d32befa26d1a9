"""What EN 18223 puts around every passport: identifiers, level, status, times, each checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from voltloop.epcis.identifiers import canonical
from voltloop.errors import InputError, nearest
from voltloop.ledger.naming import stamp
from voltloop.ledger.passport.points import LEVELS

__all__ = ["STATUS_WORDS", "check_digit", "checked_frame", "levels_of"]

STATUS_WORDS: Final = ("active", "inactive", "archived", "invalid")
_SCHEMA: Final = "EN 18223:2026"
_LONGEST: Final = 2048


def check_digit(digits: str) -> str:
    """Give the check digit of a GS1 key from the digits before it.

    References
    ----------
    GS1 General Specifications, section 7.9.1.

    Examples
    --------
    >>> check_digit("0952100200500")
    '4'
    """
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def levels_of(product_id: str) -> list[str]:
    """Give the identifiers of a product's model, of its batch where the identifier names one, and its own.

    Examples
    --------
    >>> levels_of("https://id.gs1.org/01/09521002005004/10/L1/21/S7")[:2]
    ['https://id.gs1.org/01/09521002005004', 'https://id.gs1.org/01/09521002005004/10/L1']
    """
    found = re.search(r"/01/(\d{14})(?:/10/([^/?#]+))?(?:/21/([^/?#]+))?/?(?:[?#].*)?$", product_id)
    if found is None:
        return [product_id]
    model = f"https://id.gs1.org/01/{found[1]}"
    batch = f"{model}/10/{found[2]}" if found[2] else None
    levels = [model, *([batch] if batch else [])]
    if found[3]:
        levels.append(product_id)
    return levels


def _refuse(name: str, number: int, why: str) -> InputError:
    return InputError(f"{name} (data point {number}): {why}", code="passport-frame")


def checked_frame(record: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """Give a passport whose frame is complete and right.

    Raises
    ------
    InputError
        ``passport-frame``: names the part and its data point.
    """
    made = {"dppSchemaVersion": _SCHEMA, "dppStatus": "active", "lastUpdated": stamp(at), **record}
    for name, number in (("digitalProductPassportId", 1), ("uniqueProductIdentifier", 7)):
        _identifier(made.get(name), name, number)
    made.setdefault("granularity", _level(made["uniqueProductIdentifier"]) or "item")
    _check_product(made["uniqueProductIdentifier"], made["granularity"])
    if made.get("economicOperatorId") is not None or made["granularity"] == "item":
        _identifier(made.get("economicOperatorId"), "economicOperatorId", 2)
        _check_party(made["economicOperatorId"], "economicOperatorId", 2)
    if "facilityId" in made:
        _identifier(made["facilityId"], "facilityId", 8)
        _check_party(made["facilityId"], "facilityId", 8)
    if made["dppStatus"] not in STATUS_WORDS:
        word = made["dppStatus"]
        hint = nearest(word, STATUS_WORDS) if isinstance(word, str) else ""
        raise _refuse("dppStatus", 1, f"not known.{hint} Expected one of {', '.join(STATUS_WORDS)}.")
    if not isinstance(made["dppSchemaVersion"], str):
        raise _refuse("dppSchemaVersion", 1, f'a text was expected, such as "{_SCHEMA}".')
    _check_time(made["lastUpdated"])
    specifications = made.get("contentSpecificationIds", [])
    if not isinstance(specifications, list) or not all(isinstance(one, str) for one in specifications):
        raise _refuse("contentSpecificationIds", 1, "a list of addresses was expected.")
    return made


def _identifier(value: Any, name: str, number: int) -> None:
    if not isinstance(value, str) or not re.fullmatch(r"\S+", value) or len(value) > _LONGEST:
        told = "is missing" if value is None else "cannot be used"
        raise _refuse(name, number, f"it {told}. An identifier without blanks was expected.")


def _level(product: str) -> str | None:
    link = canonical(product)
    if "/01/" not in link:
        return None
    return "item" if "/21/" in link else "batch" if "/10/" in link else "model"


def _check_product(product: str, granularity: Any) -> None:
    if granularity not in LEVELS:
        raise _refuse("granularity", 7, f"not known. Expected one of {', '.join(LEVELS)}.")
    gtin = re.search(r"/01/(\d+)", product)
    if gtin and (len(gtin[1]) not in {8, 12, 13, 14} or check_digit(gtin[1][:-1]) != gtin[1][-1]):
        raise _refuse(
            "uniqueProductIdentifier",
            7,
            "the check digit or the length of the GTIN is wrong. Compare it with the mark on the battery.",
        )
    level = _level(product)
    if level is not None and level != granularity:
        raise _refuse(
            "granularity",
            7,
            f"the passport is said to be of one {granularity}, and its identifier names one {level}. "
            "Correct one of them.",
        )


def _check_party(value: str, name: str, number: int) -> None:
    found = re.search(r"/41[47]/(\d+)", value)
    if found and (len(found[1]) != 13 or check_digit(found[1][:-1]) != found[1][-1]):
        raise _refuse(name, number, "the check digit or the length of the GLN is wrong. Look it up again.")


def _check_time(value: Any) -> None:
    try:
        at = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        at = None
    if at is None or at.tzinfo is None:
        raise _refuse(
            "lastUpdated", 1, "a date and time with its zone was expected, such as 2027-02-18T09:00:00Z."
        )
