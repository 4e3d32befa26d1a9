"""Chemistry, form, reason and the other words of a row."""

from __future__ import annotations

import re
from collections.abc import Callable

import polars as pl

from voltloop.batteries._chemistry import chemistry_of
from voltloop.batteries._text import key, words_of
from voltloop.batteries._words import value_keys
from voltloop.batteries._work import Work

__all__ = ["kinds", "not_batteries"]

_GENERIC = frozenset(("unknown",))


def _mapped(texts: pl.Series, reader: Callable[[str], str | None]) -> pl.Series:
    """Give what ``reader`` makes of each distinct text."""
    found = {text: reader(text) for text in texts.drop_nulls().unique()}
    return texts.replace_strict(found, default=None, return_dtype=pl.String)


def _form(text: str) -> str | None:
    words = value_keys("form")
    if key(text) in words:
        return words[key(text)]
    parts = words_of(text)
    found = {
        words["".join(parts[start : start + size])]
        for size in (4, 3, 2, 1)
        for start in range(len(parts) - size + 1)
        if "".join(parts[start : start + size]) in words
    } - _GENERIC
    # "Battery pack of modules" names two; the cell, module and pack words win over each other only if alone.
    return next(iter(found)) if len(found) == 1 else None


def _reason(text: str) -> str | None:
    return value_keys("reason").get(key(text))


def kinds(work: Work) -> None:
    """Put ``chemistry``, ``form``, ``reason`` and plain texts into the values."""
    _chemistry(work)
    _forms(work)
    raw = work.text("reason")
    reason = _mapped(raw, _reason)
    work.mark(
        raw.is_not_null() & reason.is_null(),
        "reason-not-known",
        "reason",
        raw,
        reason.fill_null("other"),
        0.5,
    )
    work.values["reason"] = (
        pl.DataFrame({"raw": raw, "reason": reason})
        .select(
            pl.when(pl.col("raw").is_null())
            .then(pl.lit("unknown"))
            .otherwise(pl.col("reason").fill_null("other"))
        )
        .to_series()
    )
    for name in ("manufacturer", "model", "site", "site_kind", "owner", "diagnostic_source"):
        work.values[name] = work.text(name)
    if not work.has("model"):
        work.values["model"] = work.text("description")
    if not work.has("site"):
        work.values["site"] = work.text("city")


def _chemistry(work: Work) -> None:
    raw = work.text("chemistry")
    exact = {text: chemistry_of(text) for text in raw.drop_nulls().unique()}
    name = raw.replace_strict(
        {text: found[0] for text, found in exact.items()}, default=None, return_dtype=pl.String
    )
    loose = raw.is_in([text for text, found in exact.items() if found[0] and not found[1]]).fill_null(False)
    work.mark(loose, "chemistry-read", "chemistry", raw, name, 0.8)
    work.mark(
        raw.is_not_null() & name.is_null(),
        "chemistry-not-known",
        "chemistry",
        raw,
        name.fill_null("unknown"),
        0.0,
    )
    # Without a chemistry, the words of the form, the model or the description may still name one.
    for other in ("form", "description", "model"):
        texts = work.text(other)
        blank = raw.is_null() & name.is_null() & texts.is_not_null()
        if blank.any():
            said = _mapped(texts, lambda text: chemistry_of(text)[0])
            work.mark(blank & said.is_not_null(), "chemistry-from-text", "chemistry", texts, said, 0.8)
            name = name.fill_null(
                pl.DataFrame({"blank": blank, "said": said}).select(pl.when("blank").then("said")).to_series()
            )
    work.values["chemistry"] = name


def _forms(work: Work) -> None:
    raw = work.text("form")
    form = _mapped(raw, _form)
    work.mark(
        raw.is_not_null() & form.is_null(), "form-not-known", "form", raw, form.fill_null("unknown"), 0.0
    )
    for other in ("description", "model"):
        texts = work.text(other)
        blank = (form.is_null() | (form == "unknown")) & texts.is_not_null()
        if blank.any():
            said = _mapped(texts, _form)
            good = blank & said.is_not_null() & (said != "unknown")
            form = (
                pl.DataFrame({"good": good, "said": said, "form": form})
                .select(pl.when("good").then("said").otherwise("form"))
                .to_series()
            )
            work.mark(good, "form-from-text", "form", texts, form, 0.8)
    work.values["form"] = form


_BATTERY = re.compile(
    r"batter|akku|accu\b|accus\b|accumul|bater|\bpack|\bcell|\bzelle|\bcellule|modul|\bzell|powerwall|kwh|\bwh\b",
    re.IGNORECASE,
)


def _not_battery(text: str) -> str | None:
    """Say whether a text names an accessory ("accessory"), or a container or packaging ("container")."""
    words = value_keys("not_battery")
    if key(text) in words:
        return words[key(text)]
    parts = words_of(text)
    for size in (3, 2, 1):
        for start in range(len(parts) - size + 1):
            kind = words.get("".join(parts[start : start + size]))
            if kind == "accessory":
                # "Charger for battery" is a charger, "battery with cable" a battery.
                before = " ".join(parts[:start])
                if not _BATTERY.search(before) or start + size == len(parts):
                    return "accessory"
            elif kind:
                return "container" if not _BATTERY.search(text) else "perhaps"
    return None


def not_batteries(work: Work, energy_wh: pl.Series) -> pl.Series:
    """Note the rows that are no batteries, and give where they are.

    A row that names a chemistry or an energy is never thrown out for a word; it goes to review.
    """
    found = pl.Series([False] * work.height, dtype=pl.Boolean)
    speaks = work.values["chemistry"].is_not_null() | (energy_wh > 0).fill_null(False)
    for name in ("form", "description", "model", "chemistry", "manufacturer"):
        texts = work.text(name)
        kind = _mapped(texts, _not_battery)
        if kind.null_count() == len(kind):
            continue
        clear = kind.is_in(["accessory", "container"]).fill_null(False) & ~found
        is_lot = (work.values["form"] == "scrap_lot").fill_null(False)
        work.mark(clear & ~speaks & ~is_lot, "not-a-battery", name, texts, None)
        if name in ("form", "chemistry"):
            work.mark(clear & speaks & ~is_lot, "perhaps-not-a-battery", name, texts, None, 0.5)
        work.mark(
            (kind == "perhaps").fill_null(False) & ~speaks & ~is_lot,
            "perhaps-not-a-battery",
            name,
            texts,
            None,
            0.5,
        )
        found |= clear & ~speaks & ~is_lot
    return found
