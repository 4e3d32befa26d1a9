"""Chemistry, form, reason and the other words of a row."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from voltloop.batteries._chemistry import chemistry_of
from voltloop.batteries._hazards import denies
from voltloop.batteries._text import key, words_of
from voltloop.batteries._words import value_keys
from voltloop.batteries._work import Work

__all__ = ["kinds"]

_GENERIC = frozenset(("unknown",))


def _mapped(texts: pl.Series, reader: Callable[[str], str | None]) -> pl.Series:
    """Give what ``reader`` makes of each distinct text."""
    found = {text: reader(text) for text in texts.drop_nulls().unique()}
    return texts.replace_strict(found, default=None, return_dtype=pl.String)


def _form(text: str) -> str | None:
    words = value_keys("form")
    if key(text) in words:
        return words[key(text)]
    found = _runs(words_of(text), words, 4) - _GENERIC
    # "Battery pack of modules" names two; the cell, module and pack words win over each other only if alone.
    return next(iter(found)) if len(found) == 1 else None


_OPEN = frozenset(("unknown", "other"))
_WEIGHTY = ("recall", "crash", "warranty", "lease_end", "production_scrap", "end_of_life")
"""Reasons in the order in which they are heard when a cell names several; a recall binds whoever handles it."""


def _reason(text: str) -> str | None:
    """Give the reason that a cell is, or else the one that it speaks of; None for one that it denies."""
    words = value_keys("reason")
    if key(text) in words:
        return words[key(text)]
    parts = words_of(text)
    if denies(parts):
        return None
    found = _runs(parts, words, 4) - _OPEN
    return next((reason for reason in _WEIGHTY if reason in found), None)


def _runs(parts: tuple[str, ...], words: dict[str, str], longest: int) -> set[str]:
    """Give what the words of a text mean, singly and in runs."""
    return {
        words["".join(parts[start : start + size])]
        for size in range(longest, 0, -1)
        for start in range(len(parts) - size + 1)
        if "".join(parts[start : start + size]) in words
    }


def kinds(work: Work) -> None:
    """Put ``chemistry``, ``form``, ``reason`` and plain texts into the values."""
    _chemistry(work)
    _forms(work)
    raw = work.text("reason")
    reason = _mapped(raw, _reason)
    exact = [text for text in raw.drop_nulls().unique() if key(text) in value_keys("reason")]
    work.mark(reason.is_not_null() & ~raw.is_in(exact), "reason-read", "reason", raw, reason, 0.8)
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
