"""Kinds of packaging that packing instructions are open to."""

from __future__ import annotations

import pytest

from voltloop.compliance import load_rulebook, packaging_kinds, why_unsuitable


@pytest.mark.parametrize(
    ("instruction", "un_code"),
    [
        ("P903", "4G/Y"), ("P903", "4G/X"), ("P903", "1H2"), ("P903", ""), ("P903", None), ("LP903", "50D/Y"),
        ("P908", "UN 1A2/X"), ("P908", "4A/Y"), ("LP904", "50A/Y"), ("P909", "4C1/Y"), ("P911", "4A/X"),
        ("LP906", "50A/X"), ("173.185(b)", "50H/Y"), ("173.185(d)", "5H4"), ("173.185(d)", ""),
        ("173.185(f)", "50A/X"), ("P801", "whatever"), ("none", ""),
    ],
)  # fmt: skip
def test_these_may_be_used(instruction: str, un_code: str | None) -> None:
    assert why_unsuitable(instruction, un_code) is None


@pytest.mark.parametrize(
    ("instruction", "un_code", "why"),
    [
        ("P903", "50A/Y", "not open to packagings 50A"),
        ("P908", "50A/Y", "not open to packagings 50A"),
        ("P909", "50H/Y", "not open to packagings 50H"),
        ("LP904", "4A/Y", "not open to packagings 4A"),
        ("P909", "13H3", "not open to packagings 13H3"),
        ("P909", "5H4", "not open to packagings 5H4"),
        ("P903", "4G/Z", "asks for performance Y, the packaging has Z"),
        ("P911", "4A/Y", "asks for performance X, the packaging has Y"),
        ("173.185(f)", "1A2/Y", "asks for performance X, the packaging has Y"),
        ("P908", "", "asks for a packaging with a UN code"),
        ("LP906", None, "asks for a packaging with a UN code"),
        ("P908", "steel drum", "is no UN code"),
    ],
)
def test_these_may_not(instruction: str, un_code: str | None, why: str) -> None:
    said = why_unsuitable(instruction, un_code)
    assert said is not None
    assert why in said
    assert "4.1.4" in said or "173.185" in said, "the reason names its paragraph"


def test_a_crate_for_one_battery_may_have_any_code() -> None:
    """P903 (2): a strong outer packaging for a battery of 12 kg or more needs no UN code, so a crate 50D will do."""
    assert why_unsuitable("P903", "50D/Y", holds_one=True) is None
    assert why_unsuitable("P903", "50D/Y") is not None
    assert why_unsuitable("P908", "50A/Y", holds_one=True) is not None, (
        "damaged batteries have no such relief"
    )


def test_every_lithium_instruction_of_the_rulebook_is_described() -> None:
    answers = {
        name
        for rule in load_rulebook().rules.values()
        for name in str(rule.then.get("packing_instruction") or "none").split("|")
    }
    lithium = {name for name in answers if name.startswith(("P90", "P91", "LP90", "173.185("))}
    # Prototypes in the USA: 173.185(e) leaves the kind open when nothing else is approved.
    assert {name for name in lithium if packaging_kinds(name) is None} == {"173.185(e)"}
