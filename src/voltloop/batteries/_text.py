"""Make texts comparable: one key for all spellings of a word."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

__all__ = ["clean", "key", "keys", "looks_garbled", "repair", "words_of"]

_NOT_WORD = re.compile(r"[\W_]+")
_MOJIBAKE = re.compile(
    "[\u00c2\u00c3\u00c4\u00c5\u00d0\u00d1\u00e2\u0192]"
    "[\u0080-\u00bf\u20ac\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u017d"
    "\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u017e\u0178\u00a0]"
)
_SPACES = re.compile(r"[\s\u00a0\u2007\u2009\u202f\u200b\ufeff]+")


def clean(text: str) -> str:
    """Give ``text`` in composed Unicode, without zero-width signs, and with single plain spaces."""
    return _SPACES.sub(" ", unicodedata.normalize("NFC", text)).strip()


@lru_cache(maxsize=65536)
def words_of(text: str) -> tuple[str, ...]:
    """Give the words of ``text`` in lower case, without accents and signs.

    Examples
    --------
    >>> words_of("Gerätebatterie (Größe M)")
    ('geratebatterie', 'grosse', 'm')
    """
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return tuple(word for word in _NOT_WORD.split(plain) if word)


@lru_cache(maxsize=65536)
def key(text: str) -> str:
    """Give the spelling-free form of ``text``: words run together; a text of signs alone stays as it is.

    Examples
    --------
    >>> key("Serial_Number") == key("serial number") == key("SERIAL-NUMBER")
    True
    """
    return "".join(words_of(text)) or _SPACES.sub("", text.casefold())


def keys(text: str) -> set[str]:
    """Give every key under which ``text`` may be met: umlauts may be written as ae, oe, ue.

    Examples
    --------
    >>> sorted(keys("Rückgabe"))
    ['ruckgabe', 'rueckgabe']
    """
    spelled = unicodedata.normalize("NFC", text.casefold())
    for umlaut, letters in (("ä", "ae"), ("ö", "oe"), ("ü", "ue")):
        spelled = spelled.replace(umlaut, letters)
    return {key(text), key(spelled)}


def looks_garbled(text: str) -> bool:
    """Say whether ``text`` may be UTF-8 that somebody read as Windows-1252 (``MÃ¼nchen``)."""
    return _MOJIBAKE.search(text) is not None


def repair(text: str) -> str:
    """Give ``text`` with its encoding mended (``MÃ¼nchen`` becomes ``München``), or as it was."""
    if not looks_garbled(text):
        return text
    import ftfy

    return str(ftfy.fix_encoding(text))
