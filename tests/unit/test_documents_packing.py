"""The packing list."""

from __future__ import annotations

from dataclasses import replace

from document_cases import WASTE_LITHIUM, american, page_texts, text_of, tour
from voltloop.compliance import load_rulebook
from voltloop.documents import packing_list
from voltloop.documents.load import BatteryItem
from voltloop.documents.open_fields import OpenFields
from voltloop.documents.packing import _known_steps


def test_every_battery_stands_under_its_package() -> None:
    text = text_of(packing_list(tour()))
    first, second = text.index("PKG-1-1 to PKG-1-2 (2 packages)"), text.index("PKG-2 · steel box")
    assert first < text.index("SN00001") < text.index("SN00002") < second < text.index("SN00003")
    assert "B-2 SN00002 ID.3 Pro 58 kWh NMC suspect 1 430" in text
    assert "net 860 kg · gross 905 kg · 124 kWh" in text


def test_packing_marks_and_notes_are_told() -> None:
    text = text_of(packing_list(tour()))
    assert "Marks and labels: UN 3480 · label 9A · DAMAGED/DEFECTIVE LITHIUM ION BATTERIES" in text
    assert "One battery per packaging." in text
    assert "Marks and labels: battery mark" in text
    assert "orientation arrows on two sides" in text
    assert "steel box with extinguishant (50A) 1 P908" in text, "packagings to have at hand"


def test_a_package_that_is_not_weighed_is_a_persons_field() -> None:
    fields = OpenFields()
    text = text_of(packing_list(american(), open_fields=fields))
    assert "gross by the packer" in text
    assert "Gross mass of each package, weighed when packed" in [row["what"] for row in fields.rows]


def test_unknown_serial_and_condition_say_so() -> None:
    """An empty cell would read as a good condition."""
    line = replace(WASTE_LITHIUM, batteries=(BatteryItem("B-9"),))
    load = tour()
    first = load.consignments[0]
    text = text_of(
        packing_list(replace(load, consignments=(replace(first, lines=(line,)),), waste_movements=()))
    )
    assert "B-9 – – unknown unknown 1 –" in text


def test_a_long_list_repeats_its_head() -> None:
    batteries = tuple(
        BatteryItem(f"B-{number}", f"SN{number:06d}", "Model", "NMC", "ok") for number in range(150)
    )
    load = tour()
    first = load.consignments[0]
    changed = replace(
        load, consignments=(replace(first, lines=(replace(WASTE_LITHIUM, batteries=batteries),)),)
    )
    pages = page_texts(packing_list(changed))
    assert len(pages) >= 3
    assert all("SERIAL NUMBER" in page for page in pages[:3])
    assert all(f"SN{number:06d}" in " ".join(pages) for number in range(150))


def test_each_instruction_says_once_how_to_pack() -> None:
    text = text_of(packing_list(tour()))
    assert text.count("P909: Terminals covered") == 1
    assert "P908: Each battery in an inner packaging of its own" in text
    assert "173.185(f): One battery in each outer packaging of packing group I" in text_of(
        packing_list(american())
    )


def test_every_instruction_that_the_law_answers_has_its_steps() -> None:
    answers = {
        name
        for rule in load_rulebook().rules.values()
        if rule.regime in ("ADR", "49CFR") and "material" not in rule.place
        for name in str(rule.then.get("packing_instruction") or "none").split("|")
    }
    # 173.220 is for vehicles, which nobody packs; a special permit says itself how to pack.
    assert answers - {"none", "173.220", "as the special permit says"} == set(_known_steps())
