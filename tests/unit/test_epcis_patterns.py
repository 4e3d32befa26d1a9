"""Patterns of identifiers: exactly the set that the standard gives them, in both spellings."""

import pytest

from voltloop.epcis.identifiers import canonical
from voltloop.epcis.patterns import Pattern, parse_pattern
from voltloop.errors import InputError

CANDIDATES = [
    "urn:epc:id:sgtin:9521234.012345.1",
    "urn:epc:id:sgtin:9521234.912345.1",
    "urn:epc:id:sgtin:9521234.012346.1",
    "urn:epc:id:sgtin:952123.4012345.1",
    "urn:epc:idpat:sgtin:9521234.012345.*",
    "urn:epc:class:lgtin:9521234.012345.A",
    "urn:epc:id:upui:9521234.012345.A",
    "urn:epc:id:sscc:9521234.0000000333",
    "urn:epc:id:sscc:9521235.0000000333",
    "urn:epc:id:sgln:9521234.00005.0",
    "urn:epc:id:sgln:9521234.00005.12",
    "urn:epc:id:pgln:9521234.00005",
    "urn:epc:id:grai:9521234.00005.X1",
    "urn:epc:idpat:grai:9521234.00005.*",
    "urn:epc:id:giai:9521234.ABC",
    "urn:epc:id:cpi:9521234.AB.1",
    "urn:epc:idpat:cpi:9521234.AB.*",
    "urn:epc:id:cpi:9521234.ABC.1",
    "urn:epc:id:itip:9521234.012345.01.02.9",
    "urn:epc:id:itip:9521234.012345.02.02.9",
    "urn:epc:id:gid:9521234.5.6",
    "urn:epc:id:gid:9521234.55.6",
    "geo:47.5,11.1",
]


def pattern(text: str) -> Pattern:
    found = parse_pattern(text)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("urn:epc:idpat:sgtin:9521234.012345.1", {0}),
        ("urn:epc:idpat:sgtin:9521234.012345.*", {0, 4}),
        ("urn:epc:idpat:sgtin:9521234.*.*", {0, 1, 2, 4}),
        ("urn:epc:idpat:sgtin:952123.4012345.*", {3}),
        ("urn:epc:idpat:sgtin:*.*.*", {0, 1, 2, 3, 4}),
        ("urn:epc:idpat:upui:9521234.012345.*", {4, 6}),
        ("urn:epc:classpat:lgtin:9521234.012345.*", {5}),
        ("urn:epc:classpat:lgtin:9521234.*.*", {5}),
        ("https://example.com/gtin/09521234123453", {0, 4, 6}),
        ("urn:epc:idpat:sscc:9521234.*", {7}),
        ("urn:epc:idpat:sscc:*.*", {7, 8}),
        ("urn:epc:idpat:sgln:9521234.00005.*", {9, 10}),
        ("urn:epc:idpat:sgln:9521234.00005.0", {9}),
        ("urn:epc:idpat:sgln:9521234.*.*", {9, 10}),
        ("urn:epc:idpat:pgln:9521234.*", {11}),
        ("urn:epc:idpat:grai:9521234.00005.*", {12, 13}),
        ("https://id.gs1.org/8003/09521234000051", {12, 13}),
        ("urn:epc:idpat:giai:9521234.*", {14}),
        ("urn:epc:idpat:giai:9521234.ABC", {14}),
        ("urn:epc:idpat:cpi:9521234.AB.*", {15, 16}),
        ("urn:epc:idpat:cpi:9521234.*.*", {15, 16, 17}),
        ("urn:epc:idpat:itip:9521234.012345.01.*.*", {18}),
        ("urn:epc:idpat:itip:9521234.012345.*.*.*", {18, 19}),
        ("urn:epc:idpat:gid:9521234.5.*", {20}),
        ("urn:epc:idpat:gid:9521234.*.*", {20, 21}),
        ("urn:epc:idpat:gid:9521234.5.6", {20}),
        ("urn:epc:idpat:gid:*.*.*", {20, 21}),
    ],
)
def test_each_pattern_is_exactly_its_set(text: str, wanted: set[int]) -> None:
    found = pattern(text)
    assert {place for place, one in enumerate(CANDIDATES) if found.matches(one)} == wanted
    for place in wanted:
        name = canonical(CANDIDATES[place])
        assert any(name.startswith(prefix) for prefix in found.prefixes)
        assert sum(low <= name < high for low, high in found.ranges) == 1, "The ranges do not overlap."


@pytest.mark.parametrize(
    "single",
    ["urn:epc:id:sgtin:9521234.012345.1", "https://id.gs1.org/01/09521234123453/21/1", "geo:1,2", "", "x",
     "https://id.gs1.org/01/09521234123453/10/A", "https://id.gs1.org/414/9521234000051", "urn:epc:id:gid:1.2.3",
     "https://id.gs1.org/8003/09521234000051X", "https://example.com/", "urn:epc:class:lgtin:9521234.012345.A"],
)  # fmt: skip
def test_single_identifiers_are_no_patterns(single: str) -> None:
    assert parse_pattern(single) is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("urn:epc:idpat:sgtin:9521234.012345.[1-5]", "has a range"),
        ("urn:epc:idpat:sgtin:9521234.*.5", "behind a *"),
        ("urn:epc:idpat:sgtin:*.012345.*", "behind a *"),
        ("urn:epc:idpat:sgtin:9521234.*", "has 2 parts"),
        ("urn:epc:idpat:sgtin:", "has 1 parts"),
        ("urn:epc:idpat:sgtin:9521234.01234*.*", "reference"),
        ("urn:epc:idpat:sgtin:9521234.0123456.*", "13 digits together, here 14"),
        ("urn:epc:idpat:sgtin:95212.*.*", "6 to 12 digits"),
        ("urn:epc:idpat:itip:9521234.012345.1.*.*", "2 digits"),
        ("urn:epc:idpat:sgtn:9521234.*.*", 'Did you mean "sgtin"?'),
        ("urn:epc:classpat:sgtin:9521234.*.*", "names no scheme"),
        ("urn:epc:idpat", "names no scheme"),
        ("urn:epc:idpat:sgtin:9521234.012345.é", "no URN has"),
        ("urn:epc:pat:sgtin-96:3.9521234.*.*", "pattern of tags"),
    ],
)
def test_what_is_no_pattern_is_refused_in_words(text: str, says: str) -> None:
    with pytest.raises(InputError, match="pattern") as error:
        parse_pattern(text)
    assert says in error.value.message
    assert text in error.value.message
