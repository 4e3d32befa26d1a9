"""Condition: never read better than the worst thing the row says."""

from __future__ import annotations

import re
from functools import cache

import polars as pl

from voltloop.batteries._hazards import hazard_in, hazards
from voltloop.batteries._header_stems import is_of_people
from voltloop.batteries._text import key, words_of
from voltloop.batteries._words import value_keys
from voltloop.batteries._work import Work

__all__ = ["conditions"]


_GRADE = {"ok": 0, "unknown": 1, "suspect": 2, "damaged": 3, "critical": 4}
_FLAGS = frozenset(
    words_of(
        "damaged damage defective defect ddr beschädigt beschädigung schaden defekt endommagé dommage "
        "dañado dañada daño danneggiato danneggiata danno beschadigd schade"
    )
)


def _listed(text: str, is_flag: bool) -> tuple[str, str | None, float]:  # noqa: PLR0911 - one per way of saying it
    """Give the condition of a cell, the finding it deserves, and how sure the reading is."""
    spelling = key(text)
    if is_flag and spelling in value_keys("yes"):
        return "damaged", "condition-from-flag", 0.9
    if is_flag and spelling in value_keys("no"):
        return "ok", "condition-from-flag", 0.7
    known = _word(text)
    if known == "ok" and "?" in text:  # a doubted good condition is not a good one
        return "unknown", "condition-unknown", 0.0
    if known:
        coloured = spelling in _COLOURS
        return (
            known,
            "condition-read" if coloured else "condition-unknown" if known == "unknown" else None,
            0.7,
        )
    # Several words: the worst of them counts, and a good word counts only if nothing else is said.
    parts = [part for part in _split(text) if part]
    said = [_word(part) for part in parts]
    hazard = hazard_in(text)
    levels = [level for level in said if level] + ([hazard.level] if hazard else [])
    if not levels:
        return "unknown", "condition-unknown", 0.0
    worst = max(levels, key=lambda level: _GRADE[level])
    if worst == "ok" and None in said:
        return "unknown", "condition-unknown", 0.0
    return worst, "condition-read", 0.8


_ENDING = re.compile(r"(?:e[rnms]?|[aio]s?|es|s)$")


@cache
def _stems() -> dict[str, str]:
    """Give conditions by their words without the ending that gender, number and case change."""
    found: dict[str, str] = {}
    for word, value in value_keys("condition").items():
        stem = _ENDING.sub("", word)
        if len(stem) >= 4:
            found.setdefault(stem, value)
    return found


def _word(text: str) -> str | None:
    """Give the condition that a word or a set phrase names, whatever its ending and however strongly it is said."""
    known = value_keys("condition")
    words = words_of(text)
    found = known.get(key(text)) or (_stems().get(_ENDING.sub("", words[0])) if len(words) == 1 else None)
    if found or len(words) < 2:
        return found
    strength = value_keys("intensity")
    rest = [word for word in words if word not in strength]
    if not rest or len(rest) == len(words):
        return None
    found = known.get("".join(rest)) or (_stems().get(_ENDING.sub("", rest[0])) if len(rest) == 1 else None)
    # "Partly good" is not good.
    is_part = any(strength.get(word) == "part" for word in words)
    return None if found in ("ok", "unknown") and is_part else found


_COLOURS = frozenset(
    words_of(
        "green yellow amber red grün gelb rot vert jaune orange rouge verde amarillo ámbar rojo "
        "giallo rosso groen geel "
        "oranje rood new neu"
    )
)


def _split(text: str) -> list[str]:
    for sign in (
        "/",
        ",",
        ";",
        "+",
        "|",
        " - ",
        " und ",
        " and ",
        " et ",
        " y ",
        " e ",
        " en ",
        " but ",
        " aber ",
    ):
        text = text.replace(sign, "\n")
    return [part.strip(" .!") for part in text.split("\n")]


def conditions(work: Work) -> None:
    """Put ``condition`` into the values, made worse by what the row's texts give away."""
    raw = work.text("condition")
    header = work.columns["condition"].header if work.has("condition") else ""
    is_flag = key(header) in _FLAGS
    read = {text: _listed(text, is_flag) for text in raw.drop_nulls().unique()}
    names = {text: found[0] for text, found in read.items()}
    listed = raw.replace_strict(names, default=None, return_dtype=pl.String).fill_null("unknown")
    for code in ("condition-from-flag", "condition-read", "condition-unknown"):
        for sure in {found[2] for found in read.values() if found[1] == code}:
            texts = [text for text, found in read.items() if found[1] == code and found[2] == sure]
            work.mark(raw.is_in(texts), code, "condition", raw, listed, sure)
    work.mark(raw.is_null(), "condition-missing", "condition", raw, listed, 0.0)
    worst, words, source = _worst(work)
    grade = listed.replace_strict(_GRADE, return_dtype=pl.Int8)
    is_worse = worst > grade
    names_of = {place: level for level, place in _GRADE.items()}
    told = worst.replace_strict(names_of, default=None, return_dtype=pl.String)
    contradiction = (listed == "ok") & (worst >= _GRADE["damaged"])
    work.mark(contradiction, "condition-contradicted", "condition", words, told, 0.9)
    work.mark(
        is_worse & ~contradiction & (listed != told), "condition-worsened", "condition", words, told, 0.9
    )
    work.values["condition"] = (
        pl.DataFrame({"worse": is_worse, "told": told, "listed": listed})
        .select(pl.when("worse").then("told").otherwise("listed"))
        .to_series()
    )
    work.values["_condition_source"] = source


def _worst(work: Work) -> tuple[pl.Series, pl.Series, pl.Series]:
    """Give the worst grade that the texts of each row speak of, the text, and where it stands."""
    grade = pl.Series([0] * work.height, dtype=pl.Int8)
    words = pl.Series([None] * work.height, dtype=pl.String)
    source = pl.Series([None] * work.height, dtype=pl.String)
    reasons = value_keys("reason")
    for name, texts in _texts(work):
        flagged = hazard_in(name) if name not in ("remark", "description", "reason", "model") else None
        found = {text: hazard.level for text, hazard in hazards(texts).items()}
        if name == "reason":
            found = {text: level for text, level in found.items() if key(text) not in reasons}
        if flagged:
            found.update(
                {
                    text: flagged.level
                    for text in texts.drop_nulls().unique()
                    if key(text) in value_keys("yes")
                }
            )
        if not found:
            continue
        here = texts.replace_strict(
            {text: _GRADE[level] for text, level in found.items()}, default=0, return_dtype=pl.Int8
        )
        table = pl.DataFrame({"here": here, "grade": grade, "text": texts, "words": words, "source": source})
        picked = table.select(
            grade=pl.max_horizontal("here", "grade"),
            words=pl.when(pl.col("here") > pl.col("grade")).then("text").otherwise("words"),
            source=pl.when(pl.col("here") > pl.col("grade")).then(pl.lit(name)).otherwise("source"),
        )
        grade, words, source = picked["grade"], picked["words"], picked["source"]
    return grade, words, source


def _texts(work: Work) -> list[tuple[str, pl.Series]]:
    named = [(name, work.raw[name]) for name in ("remark", "description", "reason") if name in work.raw]
    return named + [
        (name, texts) for name, texts in work.unknown.items() if hazard_in(name) or not is_of_people(name)
    ]
