"""Contradictions end in review, whatever the words; what is denied is no contradiction."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from voltloop.batteries import read_list

_ON = date(2026, 11, 23)
_HEAD = "serial;manufacturer;model;energy (kWh);mass (kg);produced;returned;country;condition;reason;remark\n"
_GOOD = {
    "serial": "S1", "manufacturer": "Nissan", "model": "Leaf 40 kWh", "energy": "40", "mass": "303",
    "produced": "2019-04-25", "returned": "2026-03-20", "country": "FR", "condition": "ok", "reason": "", "remark": "",
}  # fmt: skip


def _read(**cells: str) -> tuple[str, dict[str, Any] | None]:
    text = _HEAD + ";".join({**_GOOD, **cells}.values()) + "\n"
    result = read_list(text.encode(), "list.csv", on=_ON)
    return result.entries[1]["status"], next(result.batteries.iter_rows(named=True), None)


@pytest.mark.parametrize(
    "cells",
    [
        {"energy": "400"}, {"energy": "4"}, {"energy": "40000"}, {"mass": "3030"}, {"mass": "30"},
        {"produced": "2026-03-21"}, {"returned": "2026-11-24"}, {"produced": "2027"},
        {"serial": "1.2E+15"}, {"serial": "1,23E+15"}, {"serial": "1E+15"},
        {"remark": "smells of solvent"}, {"remark": "smoke: yes"}, {"remark": "no smoke but leaking"},
        {"remark": "pas de fumée mais fuite"}, {"remark": "kein Rauch, aber aufgebläht"}, {"remark": "nicht nur Rauch"},
    ],
)  # fmt: skip
def test_contradictions_end_in_review(cells: dict[str, str]) -> None:
    """Neither value is believed."""
    assert _read(**cells)[0] == "review"


@pytest.mark.parametrize(
    "remark",
    [
        "smoke - none", "leaking: n", "nessun fumo né perdite", "geen rook of lekkage", "ni humo ni fugas",
        "pas de fuite ni de fumée", "kein Rauch und keine Leckage", "Hot Springs depot",
    ],
)  # fmt: skip
def test_denials_leave_a_good_condition_good(remark: str) -> None:
    """An answer or a "nor" denies as well as a "no"."""
    status, row = _read(remark=remark)
    assert status.startswith("accepted")
    assert row is not None
    assert row["condition"] == "ok"


def test_one_denial_does_not_cover_what_follows_a_dash() -> None:
    """After "no issues - " a leak is a leak."""
    assert _read(remark="no issues - leaking")[0] == "review"


@pytest.mark.parametrize(
    ("said", "condition"),
    [
        ("gute", "ok"), ("buone", "ok"), ("bonnes", "ok"), ("buenas", "ok"), ("goede", "ok"), ("sehr gut", "ok"),
        ("beschädigter", "damaged"), ("danneggiate", "damaged"), ("endommagées", "damaged"), ("dañadas", "damaged"),
        ("beschadigde", "damaged"), ("sehr schlecht", "damaged"), ("très mauvais", "damaged"),
        ("leicht defekt", "damaged"),
        ("partly ok", "unknown"), ("teilweise gut", "unknown"), ("ok?", "unknown"), ("bedingt ok", "unknown"),
    ],
)  # fmt: skip
def test_conditions_whatever_their_ending(said: str, condition: str) -> None:
    """Gender, number and case do not change a condition; "partly good" is not good."""
    row = _read(condition=said)[1]
    assert row is not None
    assert row["condition"] == condition


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("Recall campaign 23V-123", "recall"), ("Crash / accident", "crash"), ("Fin de vie du véhicule", "end_of_life"),
        ("warranty claim #12", "warranty"), ("recall after crash", "recall"),
        ("no accident", "other"), ("?", "unknown"),
    ],
)  # fmt: skip
def test_reasons_within_longer_texts(said: str, reason: str) -> None:
    """The reason that a cell speaks of counts; a recall before all; a denied one not."""
    row = _read(reason=said)[1]
    assert row is not None
    assert row["reason"] == reason


def test_spoilt_serials_are_not_each_others_copies() -> None:
    """Two packs may have ended in the same "1.2E+15": both wait for a person, neither is thrown out."""
    line = ";".join({**_GOOD, "serial": "1.2E+15"}.values()) + "\n"
    result = read_list((_HEAD + line * 2).encode(), "list.csv", on=_ON)
    assert [entry["status"] for entry in result.entries] == ["ignored", "review", "review"]


def _column(header: str, text: str) -> str:
    lines = _HEAD.rstrip() + f";{header}\n" + ";".join(_GOOD.values()) + f";{text}\n"
    return str(read_list(lines.encode(), "list.csv", on=_ON).entries[1]["status"])


def test_columns_of_remarks_are_searched_and_columns_of_people_are_not() -> None:
    """Whatever a column is called, a remark in it is heard; "Mr Brand" (Dutch and German for fire) is a name."""
    for header in ("Notes 2", "Kundenbemerkung", "Contact notes", "Column 17", "Fahrerhinweis"):
        assert _column(header, "leichter Rauchgeruch") == "review", header
    for header in ("Ansprechpartner", "Contact", "Street"):
        assert _column(header, "Brand") != "review", header


@pytest.mark.parametrize(
    "remark",
    ["soot marks", "Rauchaustritt", "Lichtbogen", "Feuchtigkeit eingedrungen", "boursouflé", "pérdida de líquido",
     "fuoriuscita", "bolstaand", "gat in behuizing", "water ingress", "abultamiento"],
)  # fmt: skip
def test_more_words_of_danger(remark: str) -> None:
    """Soot, arcs, ingress of water and swelling in the words of six languages."""
    assert _read(remark=remark)[0] == "review"
