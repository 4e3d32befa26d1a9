"""The word lists: every word leads to what a speaker of the language means by it."""

from __future__ import annotations

import pytest

from voltloop.batteries._chemistry import agrees, chemistry_of
from voltloop.batteries._hazards import hazard_in
from voltloop.batteries._header import recognised
from voltloop.batteries._text import key, looks_garbled, repair
from voltloop.batteries._units import trailing_unit, unit_of
from voltloop.batteries._words import chemistry_keys, country_keys, header_keys, is_missing, value_keys
from voltloop.batteries.schema import CHEMISTRIES, CONDITIONS, FORMS, REASONS
from voltloop.catalogue.vocab import chemistries, header_words, pack_models, value_words


def test_values_of_the_lists_are_those_of_the_schema() -> None:
    """A word that leads to a value outside the schema would make a valid row invalid."""
    assert set(chemistries()["chemistry"]) == set(CHEMISTRIES)
    assert set(value_keys("condition").values()) == set(CONDITIONS)
    assert set(value_keys("form").values()) == set(FORMS)
    assert set(value_keys("reason").values()) == set(REASONS)
    assert set(pack_models()["chemistry"]) <= set(CHEMISTRIES)
    assert set(pack_models()["form"]) <= set(FORMS)


def test_no_word_means_two_conditions() -> None:
    """One word with two conditions would be read by the order of a file."""
    seen: dict[str, str] = {}
    for value, words in (
        value_words().filter(value_words()["field"] == "condition").select("value", "words").iter_rows()
    ):
        for word in words:
            assert seen.setdefault(key(word), value) == value, word


def test_all_six_languages_name_the_main_columns() -> None:
    """A list in any of the six languages must be readable without renaming its columns."""
    for field in (
        "serial",
        "manufacturer",
        "model",
        "chemistry",
        "energy",
        "mass",
        "returned_on",
        "site",
        "country",
        "condition",
    ):
        languages = set(header_words().filter(header_words()["field"] == field)["language"])
        assert languages == {"en", "de", "fr", "es", "it", "nl"}, field


@pytest.mark.parametrize(
    ("text", "chemistry"),
    [
        ("NMC", "NMC"),
        ("NCM", "NMC"),
        ("nmc622", "NMC"),
        ("NCM 811", "NMC"),
        ("Li-NMC", "NMC"),
        ("LiNiMnCoO2", "NMC"),
        ("LFP", "LFP"),
        ("LiFePO4", "LFP"),
        ("Lithium-Eisenphosphat", "LFP"),
        ("lithium fer phosphate", "LFP"),
        ("litio ferro fosfato", "LFP"),
        ("lithium-ijzerfosfaat", "LFP"),
        ("Li-Ionen", "Li-ion"),
        ("Lithium-Ionen-Akku", "Li-ion"),
        ("iones de litio", "Li-ion"),
        ("LiPo", "Li-ion"),
        ("NMC/LMO", "LMO/NMC"),
        ("LMO + NMC", "LMO/NMC"),
        ("Ni-MH", "NiMH"),
        ("Nickel-Metallhydrid", "NiMH"),
        ("Blei-Säure", "lead-acid"),
        ("Pb", "lead-acid"),
        ("plomo-ácido", "lead-acid"),
        ("Natrium-Ionen", "Na-ion"),
        ("ZEBRA", "Na-NiCl2"),
        ("Li-SOCl2", "Li-metal"),
        ("Li-Ion (NMC)", "NMC"),
        ("LTO", "LTO"),
        ("lithium", None),
        ("cheese", None),
        ("NMC / LFP", None),
    ],
)
def test_chemistries_under_all_their_names(text: str, chemistry: str | None) -> None:
    """Synonyms lead to one name; what could be several is left open."""
    assert chemistry_of(text)[0] == chemistry


def test_chemistries_agree_by_what_they_can_mean() -> None:
    """A general name agrees with a particular one of its family, never with another family's."""
    assert agrees("Li-ion", "LFP")
    assert not agrees("Li-ion", "NiMH")
    assert not agrees("LFP", "NMC")
    assert agrees("NMC", "LMO/NMC")


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("smoke", "critical"),
        ("Rauch beobachtet", "critical"),
        ("fumée constatée", "critical"),
        ("humo", "critical"),
        ("fumo visibile", "critical"),
        ("rook gezien", "critical"),
        ("thermal event reported", "critical"),
        ("was hissing and hot", "critical"),
        ("leaking", "damaged"),
        ("ausgelaufen", "damaged"),
        ("aufgebläht", "damaged"),
        ("Aufgeblaeht", "damaged"),
        ("gonflé", "damaged"),
        ("fuite d'électrolyte", "damaged"),
        ("hinchado", "damaged"),
        ("fuga de electrolito", "damaged"),
        ("gonfio", "damaged"),
        ("perdita di liquido", "damaged"),
        ("lekkage", "damaged"),
        ("opgezwollen", "damaged"),
        ("Gehäuse verformt", "damaged"),
        ("BULGE", "damaged"),
        ("smells odd", "suspect"),
        ("Akku bläht sich auf", "damaged"),
        ("se gonfle", "damaged"),
        ("si gonfia", "damaged"),
        ("caught fire", "critical"),
        ("la batería se hincha", "damaged"),
        ("accu zwelt", "damaged"),
        ("no smoke", None),
        ("kein Rauch", None),
        ("ohne Rauch oder Feuer", None),
        ("rauchfrei", None),
        ("pas de fumée", None),
        ("aucune fuite", None),
        ("sin humo ni fugas", None),
        ("senza perdite", None),
        ("geen rook of lekkage", None),
        ("no signs of smoke, fire or leakage", "critical"),
        ("smoke: no", None),
        ("Rauch: nein", None),
        ("smoke-free", None),
        ("not leaking, no bulge", None),
        ("no smoke but swollen", "damaged"),
        ("not only smoke", "critical"),
        ("fire cannot be ruled out", "critical"),
        ("not charged since fire", "critical"),
        ("perdita di capacità", None),
        ("brand new", None),
        ("smoke detector fitted", None),
        ("undamaged", None),
        ("checked, all fine", None),
        ("", None),
    ],
)
def test_hazards_and_their_negations(text: str, level: str | None) -> None:
    """A negated hazard is none; where it is open whether a word is negated, it counts."""
    found = hazard_in(text)
    assert (found.level if found else None) == level


@pytest.mark.parametrize(
    ("text", "iso2"),
    [
        ("DE", "DE"),
        ("deu", "DE"),
        ("Deutschland", "DE"),
        ("Allemagne", "DE"),
        ("Alemania", "DE"),
        ("Germania", "DE"),
        ("Duitsland", "DE"),
        ("USA", "US"),
        ("Vereinigte Staaten", "US"),
        ("UK", "GB"),
        ("Holland", "NL"),
        ("España", "ES"),
        ("Osterreich", "AT"),
        ("Oesterreich", "AT"),
        ("Polska", "PL"),
        ("Czech Republic", "CZ"),
        ("Narnia", None),
    ],
)
def test_countries_under_all_their_names(text: str, iso2: str | None) -> None:
    """Names in six languages, the country's own name, codes and aliases lead to one code."""
    assert country_keys().get(key(text)) == iso2


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("Energie (kWh)", "kWh"),
        ("Masse [kg]", "kg"),
        ("Poids, kg", "kg"),
        ("soh_percent", "%"),
        ("capacity_ah", "Ah"),
        ("weight lbs", "lb"),
        ("Gewicht in kg", "kg"),
        ("Energy (mWh)", "mWh"),
        ("Energy (MWh)", "MWh"),
        ("Model", None),
    ],
)
def test_units_in_headers(text: str, unit: str | None) -> None:
    """The unit of a column stands in its header in many ways."""
    found = trailing_unit(text)[1]
    assert (found.name if found else None) == unit


def test_milli_and_mega_are_nine_orders_apart() -> None:
    """Only the exact spelling is sure; in one case of letters both are possible."""
    assert unit_of("MWh").factor / unit_of("mWh").factor == pytest.approx(1e9)  # type: ignore[union-attr]
    assert not unit_of("mwh").sure  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "text",
    ["n/a", "N/A", "-", "—", "unbekannt", "k.A.", "k. A.", "#N/A", "#NV", "null", "", "?", "s/d", "onbekend"],
)
def test_words_for_no_value(text: str) -> None:
    """Words that say that there is no value are blanks."""
    assert is_missing(text)


@pytest.mark.parametrize("text", ["0", "no", "N-A1", "X1", "none of these", "-5", "NMC"])
def test_values_are_not_taken_for_blanks(text: str) -> None:
    """A value that merely resembles such a word stays a value."""
    assert not is_missing(text)


def test_headers_are_told_from_data() -> None:
    """A record of data must not look like a header."""
    assert recognised(["Seriennummer", "Modell", "Energie (kWh)", "Zustand"]) == 4
    assert recognised(["SN1", "Leaf 40 kWh", "NMC", "40", "ok"]) == 0
    assert header_keys()
    assert chemistry_keys()


def test_garbled_text_is_mended_and_sound_text_left_alone() -> None:
    """Repair changes only what was garbled."""
    assert repair("MÃ¼nchen") == "München"
    assert repair("SÃƒÂ£o Paulo") == "São Paulo"
    for sound in ("München", "Ångström", "Škoda", "São Paulo", "naïve", "Zürich – Süd", "Łódź"):
        assert repair(sound) == sound
    assert not looks_garbled("plain")
