"""Identifiers: canonical texts are stable, spellings meet, nothing that is written can break the reader."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from voltloop.epcis.identifier_schemes import Key, keys
from voltloop.epcis.identifiers import canonical, company_prefix, key_of, to_digital_link, to_urn
from voltloop.epcis.patterns import parse_pattern
from voltloop.errors import InputError

_NUMBERS = "0123456789"
# What the grammar of EPC URNs lets stand in a serial part, escapes included.
_CHARACTERS = st.sampled_from(
    [*"ABCabc019!'()*+,-.:;=_", "%22", "%25", "%26", "%2F", "%3C", "%3E", "%3F", "%23"]
)


@st.composite
def urns(draw: st.DrawFn) -> str:
    """Give a well-formed EPC URN of any scheme with a Digital Link."""
    key: Key = draw(st.sampled_from(sorted(keys().values(), key=lambda one: one.epc_scheme)))
    company = draw(st.text(_NUMBERS, min_size=6, max_size=12))
    if key.digits:
        left = max(key.digits - len(company), 0)
        reference = draw(st.text(_NUMBERS, min_size=left, max_size=left))
    else:
        reference = draw(st.text("ABC019-", min_size=1, max_size=8))
    parts = [
        company,
        reference,
        *(draw(st.text(_NUMBERS, min_size=size, max_size=size)) for size in key.tail),
    ]
    if key.serial == "8011":
        parts.append(draw(st.text(_NUMBERS, min_size=1, max_size=8)))
    elif key.serial:
        parts.append("".join(draw(st.lists(_CHARACTERS, min_size=1, max_size=8))))
    return f"urn:epc:{key.epc_scheme}:{'.'.join(parts)}"


@settings(deadline=None, derandomize=True)
@given(urn=urns())
def test_urn_and_digital_link_go_there_and_back(urn: str) -> None:
    link = to_digital_link(urn)
    assert link is not None
    assert link.startswith("https://id.gs1.org/")
    assert canonical(urn) == canonical(link) == link
    prefix = company_prefix(urn)
    assert prefix is not None
    assert to_urn(link, {prefix}) == urn
    elsewhere = link.replace("https://id.gs1.org/", "http://user@example.com:81/some/stem/") + "?x=1#y"
    assert canonical(elsewhere) == link
    assert key_of(elsewhere) == key_of(urn)


@settings(deadline=None, derandomize=True)
@given(one=urns(), other=urns())
def test_different_identifiers_stay_different(one: str, other: str) -> None:
    """But for the company prefix, whose end a Digital Link does not say."""

    def joined(urn: str) -> str:
        head, _, body = urn.rpartition(":") if urn.count(":") == 4 else urn.partition("\0")
        return head + body.replace(".", "")

    if canonical(one) == canonical(other):
        assert to_urn(canonical(one), {company_prefix(other) or ""}) in (other, None)
    if joined(one) != joined(other) and company_prefix(one) == company_prefix(other):
        assert key_of(one) != key_of(other)


@settings(deadline=None, derandomize=True)
@given(urn=urns())
def test_an_identifier_is_of_the_patterns_made_from_it(urn: str) -> None:
    head, body = urn.split(":", 4)[:4], urn.split(":", 4)[4]
    kind = "classpat" if head[2] == "class" else "idpat"
    key = keys()[f"{head[2]}:{head[3]}"]
    parts = body.split(".", 1 + len(key.tail) + bool(key.serial))
    for first in range(len(parts) + 1):
        text = f"urn:epc:{kind}:{head[3]}:" + ".".join([*parts[:first], *["*"] * (len(parts) - first)])
        found = parse_pattern(text)
        assert found is not None
        assert found.matches(urn)
        assert any(low <= canonical(urn) < high for low, high in found.ranges)


_PIECES = st.sampled_from(
    [
        *(
            "urn:epc:",
            "id:",
            "idpat:",
            "classpat:",
            "class:",
            "sgtin:",
            "sgln:",
            "giai:",
            "gid:",
            "[1-5]",
            "https://",
        ),
        *("9521234", "012345", "id.gs1.org", "01", "09521234123453", "21", "8003", "%2F", "é", "٣", "\ud800"),
        *".*/%?#:",
    ]
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    text=st.one_of(
        st.text(max_size=40),
        st.lists(_PIECES, max_size=12).map("".join),
        st.builds("{}{}".format, urns(), _PIECES),
    )
)
def test_no_text_breaks_the_reader(text: str) -> None:
    name = canonical(text)
    assert canonical(name) == name, "The canonical text of a canonical text is itself."
    key_of(text)
    to_digital_link(text)
    company_prefix(text)
    to_urn(text, {"9521234"})
    try:
        found = parse_pattern(text)
    except InputError:
        return
    if found is not None:
        assert all(low < high for low, high in found.ranges)
        found.matches(text)
