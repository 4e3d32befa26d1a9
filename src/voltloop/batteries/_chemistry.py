"""Chemistries under all their names."""

from __future__ import annotations

import re
from functools import lru_cache

from voltloop.batteries._hazards import denies
from voltloop.batteries._text import key, words_of
from voltloop.batteries._words import chemistry_keys, families

__all__ = ["agrees", "chemistry_of", "family_of"]

_BLENDS = re.compile(r"\s*(?:[/+&,;]|\bund\b|\band\b|\bet\b)\s*")
_NMC = re.compile(r"^(?:li)?(?:nmc|ncm)\d{1,3}$")
# Words that may stand beside a chemistry without changing it.
_COMPANY = frozenset(
    words_of(
        "battery batteries batterie batterien bateria baterias batteria batterij akku akkus accu "
        "accumulator accumulateur pack "
        "cell cells zelle zellen cellules type typ tipo chemistry chemie rechargeable based basis basiert auf system "
        "technology technologie technologia tecnologia de di van la le a au aux al alla"
    )
)


@lru_cache(maxsize=65536)
def chemistry_of(text: str) -> tuple[str | None, bool]:  # noqa: PLR0911 - one per way of naming
    """Give the chemistry that ``text`` names, and whether it names exactly that and nothing else.

    Examples
    --------
    >>> chemistry_of("NCM 811"), chemistry_of("Lithium-Eisenphosphat"), chemistry_of("Blei-Säure")
    (('NMC', True), ('LFP', True), ('lead-acid', True))
    >>> chemistry_of("NMC/LMO"), chemistry_of("Li-Ion (NMC)"), chemistry_of("cheese")
    (('LMO/NMC', True), ('NMC', True), (None, False))
    """
    known = chemistry_keys()
    spelling = key(text)
    if spelling in known:
        return known[spelling], True
    if _NMC.match(spelling):
        return "NMC", True
    words = [word for word in words_of(text) if word not in _COMPANY]
    spelling = "".join(words)
    if spelling in known or _NMC.match(spelling):
        return known.get(spelling, "NMC"), True
    if denies(words_of(text)):  # "not NMC"
        return None, False
    found = _inside(text, list(words_of(text))) or _inside(text, words)
    if not found:
        return None, False
    # "Li-Ion (NMC)": the general name and the particular one agree, and the particular one tells more.
    particular = found - {"Li-ion"} if {families()[name] for name in found} == {"li_ion"} else found
    if particular == {"NMC", "LMO"} or "LMO/NMC" in particular:
        return "LMO/NMC", True
    if len(particular) == 1:
        return next(iter(particular)), len(found) > 1 or len(_rest(words)) == 0
    return (None, False) if particular else ("Li-ion", False)


def _inside(text: str, words: list[str]) -> set[str]:
    """Collect the chemistries named by the parts of ``text`` and by runs of its words, longest first."""
    known = chemistry_keys()
    found: set[str] = set()
    place = 0
    while place < len(words):
        for length in range(min(6, len(words) - place), 0, -1):
            spelling = "".join(words[place : place + length])
            name = known.get(spelling) or ("NMC" if _NMC.match(spelling) else None)
            if name and (len(spelling) > 2 or spelling in ("pb",)):
                found.add(name)
                place += length - 1
                break
        place += 1
    for part in _BLENDS.split(text):
        name = known.get(key(part)) if key(part) else None
        if name:
            found.add(name)
    return found


def _rest(words: list[str]) -> list[str]:
    known = chemistry_keys()
    return [word for word in words if word not in known and not _NMC.match(word) and not word.isdigit()]


def family_of(chemistry: str | None) -> str | None:
    """Give the family in transport law, None for an unknown chemistry."""
    return families().get(chemistry) if chemistry else None


def agrees(listed: str, model: str) -> bool:
    """Say whether a listed chemistry can be that of a model.

    Examples
    --------
    >>> agrees("Li-ion", "NMC"), agrees("LMO", "LMO/NMC"), agrees("LFP", "NMC")
    (True, True, False)
    """
    if listed in (model, "unknown") or model == "unknown":
        return True
    if "Li-ion" in (listed, model):
        return families().get(listed) == families().get(model)
    return bool(set(listed.split("/")) & set(model.split("/")))
