"""Dates as people write them, read one at a time; what only the column can tell is left open."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from voltloop.batteries._text import words_of

__all__ = ["PLACEHOLDERS", "Written", "day_of", "full_year", "read_date"]

_MONTHS = {
    1: "january januar janvier enero gennaio januari jan janv ene gen janner jaenner jänner",
    2: "february februar fevrier febrero febbraio februari feb fevr fev",
    3: "march marz maerz mars marzo maart mar mrt mrz",
    4: "april avril abril aprile apr avr abr",
    5: "may mai mayo maggio mei mag",
    6: "june juni juin junio giugno jun giu",
    7: "july juli juillet julio luglio jul juil lug",
    8: "august aout agosto augustus aug ago aou",
    9: "september septembre septiembre setiembre settembre sep sept set",
    10: "october oktober octobre octubre ottobre oct okt ott",
    11: "november novembre noviembre nov",
    12: "december dezember decembre diciembre dicembre dec dez dic",
}
_MONTH = {word: month for month, words in _MONTHS.items() for word in words.split()}
_FILLER = frozenset(
    words_of(
        "de del di of the den der le el il op am om st nd rd th er ten uhr monday tuesday "
        "wednesday thursday friday saturday "
        "sunday mon tue tues wed thu thur thurs fri sat sun montag dienstag mittwoch donnerstag "
        "freitag samstag sonnabend "
        "sonntag mo di mi do fr sa so lundi mardi mercredi jeudi vendredi samedi dimanche lun mer "
        "jeu ven sam dim lunes martes "
        "miercoles jueves viernes sabado domingo mie jue vie dom lunedi martedi mercoledi giovedi venerdi domenica gio "
        "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag ma wo vr za zo a d"
    )
)
_TIME = re.compile(
    r"(?:(?<=\d)T|[\s,]+)(?:um\s+|at\s+|à\s+)?(?<![\d./-])\d{1,2}[:h]\d{0,2}(?:[:.]\d{2}(?:[.,]\d+)?)?"
    r"\s*(?:[AaPp]\.?[Mm]\.?)?\s*(?:Z|UTC|GMT|CES?T|MES?Z|[+-]\d{2}:?\d{2})?(?:\s*Uhr)?\s*(?:\[[\w/]+\])?$"
)
_ISO = re.compile(r"^(\d{4})([-/. ])(\d{1,2})\2(\d{1,2})$")
_TRIPLE = re.compile(r"^(\d{1,2})\s*([-/. ])\s*(\d{1,2})\s*\2\s*(\d{4}|\d{2})\.?$")
_APOSTROPHE = re.compile(r"['\u2019](?=\d{2}$)")
_REMARK = re.compile(r"\s*(?:\*+|\([^()\d]*\))$")
_ZERO = re.compile(r"0(?:\.0)?|1|0{1,2}[./-]0{1,2}[./-]0{2,4}|0000-00-00|1900-01-00")
_EPOCH = date(1899, 12, 30)
PLACEHOLDERS = frozenset(
    (
        date(1899, 12, 30),
        date(1899, 12, 31),
        date(1900, 1, 1),
        date(1904, 1, 1),
        date(1970, 1, 1),
        date(9999, 12, 31),
        date(1, 1, 1),
    )
)


@dataclass(frozen=True, slots=True)
class Written:
    """One date as written.

    Attributes
    ----------
    how
        ``exact``, ``parts`` (day and month still in the order of the file), ``month``, ``year``, ``week``, ``serial``,
        ``epoch``, ``swapped`` (year, day, month), ``placeholder``, ``impossible`` or ``unread``.
    first, last
        First and last day that it can mean; None while the order is open.
    parts
        First number, second number, year as written, digits of the year.
    separator
        The sign between the parts.
    """

    how: str
    first: date | None = None
    last: date | None = None
    parts: tuple[int, int, int, int] | None = None
    separator: str = ""


_UNREAD = Written("unread")
_IMPOSSIBLE = Written("impossible")


def day_of(year: int, month: int, day: int) -> date | None:
    """Give the day, or None when the calendar has no such day."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def full_year(year: int, digits: int, on: date) -> int:
    """Give a year in full: two digits mean the latest such year that is at most two years after ``on``."""
    if digits == 4:
        return year
    century = on.year - on.year % 100
    return century + year if century + year <= on.year + 2 else century - 100 + year


@lru_cache(maxsize=131072)
def read_date(text: str) -> Written:
    """Give a date as far as the cell alone tells it.

    Examples
    --------
    >>> read_date("12. März 2024").first, read_date("2024-03").how, read_date("45000").first
    (datetime.date(2024, 3, 12), 'month', datetime.date(2023, 3, 15))
    >>> read_date("03/04/2024").parts, read_date("31.02.2024").how
    ((3, 4, 2024, 4), 'impossible')
    """
    if len(text) > 60:
        return _UNREAD
    bare = _REMARK.sub("", text.strip().removeprefix("'"))
    bare = _TIME.sub("", bare).strip().strip(",")
    bare = _APOSTROPHE.sub("", bare)
    if _ZERO.fullmatch(bare):
        return Written("placeholder")
    found = _iso(bare) or _triple(bare) or _digits(bare) or _partial(bare) or _named(bare)
    if found is None:
        return _UNREAD
    return Written("placeholder") if found.first in PLACEHOLDERS else found


def _exact(year: int, month: int, day: int, how: str = "exact") -> Written:
    found = day_of(year, month, day)
    return Written(how, found, found) if found else _IMPOSSIBLE


def _iso(text: str) -> Written | None:
    match = _ISO.match(text)
    if not match:
        return None
    year, month, day = int(match[1]), int(match[3]), int(match[4])
    if month > 12 >= day:
        return _exact(year, day, month, "swapped")
    return _exact(year, month, day)


def _triple(text: str) -> Written | None:
    match = _TRIPLE.match(text)
    if match is None and " " in text:  # a weekday may stand in front
        first, _, rest = text.partition(" ")
        if first.isalpha() or first.rstrip(".,").isalpha():
            match = _TRIPLE.match(rest.strip()) if first.rstrip(".,").casefold() not in _MONTH else None
    if match is None:
        return None
    a, b, year, digits = int(match[1]), int(match[3]), int(match[4]), len(match[4])
    if digits == 4 and not any(day_of(year, month, day) for day, month in ((a, b), (b, a))):
        return _IMPOSSIBLE
    return Written("parts", parts=(a, b, year, digits), separator=match[2])


def _digits(text: str) -> Written | None:  # noqa: PLR0911 - one way of writing each
    """Read a text of digits alone: yyyymmdd, ddmmyyyy, a year, a spreadsheet's serial number, seconds since 1970."""
    if re.fullmatch(r"\d{8}", text):
        year, month, day = int(text[:4]), int(text[4:6]), int(text[6:])
        if 1950 <= year <= 2100 and day_of(year, month, day):
            return _exact(year, month, day)
        if 1950 <= int(text[4:]) <= 2100:
            return Written("parts", parts=(int(text[:2]), int(text[2:4]), int(text[4:]), 4), separator="")
        return _IMPOSSIBLE
    if re.fullmatch(r"\d{14}", text) and day_of(int(text[:4]), int(text[4:6]), int(text[6:8])):
        return _exact(int(text[:4]), int(text[4:6]), int(text[6:8]))
    serial = re.fullmatch(r"(\d{5})(?:[.,]\d+)?", text)
    if serial and 20000 <= int(serial[1]) <= 60000:
        found = _EPOCH + timedelta(days=int(serial[1]))
        return Written("serial", found, found)
    year_only = re.fullmatch(r"((?:19|20)\d{2})(?:[.,]0+)?", text)
    if year_only:
        return Written("year", date(int(year_only[1]), 1, 1), date(int(year_only[1]), 12, 31))
    seconds = re.fullmatch(r"(\d{10})(\d{3})?(?:\.\d+)?", text)
    if seconds and 600_000_000 <= int(seconds[1]) <= 4_100_000_000:
        found = datetime.fromtimestamp(int(seconds[1]), tz=UTC).date()
        return Written("epoch", found, found)
    return None


def _partial(text: str) -> Written | None:
    month = re.fullmatch(r"(\d{4})[-/. ](\d{1,2})", text) or re.fullmatch(
        r"(\d{1,2})\s*[-/. ]\s*(\d{4})", text
    )
    if month:
        a, b = month[1], month[2]
        return _month(int(a), int(b)) if len(a) == 4 else _month(int(b), int(a))
    week = re.fullmatch(r"(\d{4})-?\s?(?:W|KW|S|Sem)\s?(\d{1,2})", text, re.IGNORECASE)
    other = re.fullmatch(
        r"(?:W|KW|CW|wk|week|semaine|settimana|semana|sem)\.?\s?(\d{1,2})\s?[/\s-]\s?(\d{4})",
        text,
        re.IGNORECASE,
    )
    if week or other:
        year, number = (
            (int(week[1]), int(week[2])) if week else (int(other[2]), int(other[1])) if other else (0, 0)
        )
        try:
            return Written(
                "week", date.fromisocalendar(year, number, 1), date.fromisocalendar(year, number, 7)
            )
        except ValueError:
            return _IMPOSSIBLE
    quarter = re.fullmatch(r"(?:Q|T)([1-4])[\s/-]*(\d{4})|(\d{4})[\s/-]*(?:Q|T)([1-4])", text, re.IGNORECASE)
    if quarter:
        year, number = int(quarter[2] or quarter[3]), int(quarter[1] or quarter[4])
        last = _month(year, 3 * number).last
        return Written("month", date(year, 3 * number - 2, 1), last)
    return None


def _month(year: int, month: int) -> Written:
    first = day_of(year, month, 1)
    if first is None or not 1900 < year < 9999:
        return _IMPOSSIBLE
    after = date(year + month // 12, month % 12 + 1, 1)
    return Written("month", first, after - timedelta(days=1))


def _named(text: str) -> Written | None:
    """Read dates whose month is a word, in any order of the parts."""
    spaced = re.sub(r"(?<=\d)(?=[^\W\d])|(?<=[^\W\d])(?=\d)", " ", text)
    tokens = [word for word in words_of(spaced) if word not in _FILLER]
    named = [word for word in tokens if word in _MONTH]
    numbers = [word for word in tokens if word.isdigit()]
    if len(named) != 1 or len(named) + len(numbers) != len(tokens) or not 1 <= len(numbers) <= 2:
        return None
    month = _MONTH[named[0]]
    years = [word for word in numbers if len(word) == 4]
    if len(numbers) == 1:
        if years:
            return _month(int(years[0]), month)
        return Written("month", parts=(0, month, int(numbers[0]), 2)) if len(numbers[0]) == 2 else None
    if len(years) == 1:
        day = next(word for word in numbers if word is not years[0])
        return _exact(int(years[0]), month, int(day)) if len(day) <= 2 else None
    if all(len(word) <= 2 for word in numbers):
        # Written out, the month stands between or before; the year is always last.
        return Written("named", parts=(int(numbers[0]), month, int(numbers[1]), 2))
    return None
