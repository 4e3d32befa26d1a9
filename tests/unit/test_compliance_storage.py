"""The storage rules as data: what loading proves, and that every row can be believed."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from voltloop.compliance import load_storage_book
from voltloop.compliance.rulebook import packaged_folder
from voltloop.errors import RulebookError

BOOK = load_storage_book()


def _changed(tmp_path: Path, file: str, old: str, new: str) -> Path:
    target = tmp_path / "book"
    shutil.copytree(packaged_folder() / "storage", target / "storage")
    path = target / "storage" / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return target


def test_every_rule_says_where_it_stands_and_how_sure_it_is() -> None:
    for rule in BOOK.rules:
        assert rule.cite, rule.id
        assert rule.say.endswith("."), rule.id
        assert rule.id.startswith(rule.code.removesuffix("3103").removesuffix("ARANTINE")), rule.id


def test_every_chemistry_of_the_rulebook_has_a_family() -> None:
    """A chemistry without one would be stored as unknown, which is safe but says too little."""
    from voltloop.compliance import load_rulebook

    assert set(load_rulebook().facts["chemistry"].values) <= set(BOOK.families)


def test_a_rule_of_confidence_c_never_requires_alone() -> None:
    for rule in BOOK.rules:
        if rule.confidence == "C" and rule.effect != "advise":
            beside = [one for one in BOOK.rules if one.one_of == rule.one_of and one.confidence != "C"]
            assert beside, rule.id


@pytest.mark.parametrize(
    ("file", "old", "new", "words", "code"),
    [
        ("vds3103.csv", "max_area_m2", "max_aera_m2", ("max_aera_m2", "max_area_m2"), "rulebook-columns"),
        ("vds3103.csv", "when.power", "when.powr", ("powr", "power"), "rulebook-fact"),
        ("vds3103.csv", ",low,", ",lowest,", ("lowest", "row 2"), "rulebook-value"),
        ("vds3103.csv", "VDS3103-2019,", "VDS3103-2018,", ("VDS3103-2018", "row 2"), "rulebook-edition"),
        ("vds3103.csv", "VDS.low.barrier", "VDS.low.distance", ("VDS.low.distance", "row 4"), "rulebook-twice"),
        ("vds3103.csv", "2.5,", "far,", ("far", "row 2", "min_distance_m"), "rulebook-value"),
        ("vds3103.csv", "2.5,", "-1,", ("-1", "row 2"), "rulebook-value"),
        ("vds3103.csv", "2.5,", "2.5@distance,", ("distance", "row 2"), "rulebook-fact"),
        ("vds3103.csv", "2.5,", ",", ("row 2", "require"), "rulebook-value"),
        ("vds3103.csv", ",VdS 3103,C", ",,C", ("row 2", "cite"), "rulebook-value"),
        ("vds3103.csv", ",VdS 3103,C", ",VdS 3103,D", ("row 2", "confidence"), "rulebook-value"),
        ("vds3103.csv", ",low,VDS.low.separation,require", ",medium,VDS.low.separation,require",
         ("VDS.low.distance", "alternatives"), "rulebook-overlap"),
        ("nfpa855.csv", "NFPA 855 ch. 9,A", "NFPA 855 ch. 9,A,", ("row 2", "17 cells"), "rulebook-cells"),
        ("epa.csv", "advise", "require", ("EPA", "row 2"), None),
        ("ifc.csv", "advise,,,,,,,,,,,,,,,,6.096", "require,,,,,,,,,,,,,,,,6.096", ("confidence C",),
         "rulebook-confidence"),
        ("codes.csv", "VDS3103,de,insurer", "VDS3103,de,insuror", ("insuror", "insurer"), "rulebook-value"),
        ("codes.csv", "EPA,us", "EPX,us", ("EPX",), "rulebook-edition"),
        ("editions.csv", "NFPA855-2023,2023-01-01,2023-01-01,,", "NFPA855-2023,2023-01-01,2023-01-01,2025-06-30,",
         ("2025-06-30", "2026-01-01"), "rulebook-date-hole"),
        ("limits.csv", "max_mass_kg,sum", "max_mass_kg,total", ("total", "row 4"), "rulebook-value"),
        ("limits.csv", "max_mass_kg,sum,mass_kg", "max_mass_kg,sum,weight_kg", ("weight_kg",), "rulebook-fact"),
        ("limits.csv", "permit,m3", "pemit,m3", ("pemit", "permit"), "rulebook-fact"),
        ("families.csv", "li_ion,lithium_ion", "li_ion,lithum_ion", ("lithum_ion", "row 2"), "rulebook-value"),
        ("power.csv", "low,lithium_ion", "lo,lithium_ion", ("lo", "row 2"), "rulebook-value"),
        ("lot_facts.csv", "soc,given,decimal", "soc,given,number", ("number",), "rulebook-value"),
    ],
)  # fmt: skip
def test_what_loading_refuses(
    tmp_path: Path, file: str, old: str, new: str, words: tuple[str, ...], code: str | None
) -> None:
    book = _changed(tmp_path, file, old, new)
    if code is None:
        assert load_storage_book(book).rules
        return
    with pytest.raises(RulebookError) as caught:
        load_storage_book(book)
    assert caught.value.code == code
    for word in words:
        assert word in caught.value.message


def test_an_exemption_asks_for_facts_of_the_goods_only(tmp_path: Path) -> None:
    book = _changed(
        tmp_path,
        "ifc.csv",
        "IFC.320.installed,IFC-2024,,IFC-2024,,",
        "IFC.320.installed,IFC-2024,,IFC-2024,,indoor",
    )
    with pytest.raises(RulebookError, match="exempt"):
        load_storage_book(book)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    book = _changed(tmp_path, "codes.csv", "epa.csv", "environment.csv")
    with pytest.raises(RulebookError, match=r"storage/environment\.csv"):
        load_storage_book(book)


def test_editions_by_date() -> None:
    """A code is asked in its newest edition that somebody has read; a newer one is named, not used."""
    assert BOOK.edition("BATREG", date(2025, 8, 17)) is None
    assert BOOK.edition("BATREG", date(2025, 8, 18)) is not None
    for on in (date(2025, 12, 31), date(2026, 1, 1)):
        found = BOOK.edition("NFPA855", on)
        assert found is not None
        assert found.name == "NFPA855-2023"
    assert BOOK.unread("NFPA855", date(2025, 12, 31)) is None
    newer = BOOK.unread("NFPA855", date(2026, 1, 1))
    assert newer is not None
    assert newer.name == "NFPA855-2026"
