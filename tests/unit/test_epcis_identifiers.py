"""Every spelling of a GS1 key has one canonical text, and the way back is never guessed."""

import hashlib
import uuid

import pytest

from voltloop.epcis.identifier_schemes import check_digit, keys
from voltloop.epcis.identifiers import canonical, company_prefix, key_of, to_digital_link, to_urn

HOST = "https://id.gs1.org"

# One identifier of each scheme, with the Digital Link that the standard gives for it.
PAIRS = [
    ("urn:epc:id:sgtin:9521234.012345.98%22", "/01/09521234123453/21/98%22"),
    ("urn:epc:id:sgtin:952123456789.0.7", "/01/09521234567899/21/7"),
    (
        "urn:epc:id:sgtin:952123.8123456.6789%2F%26%25%22!%3F()",
        "/01/89521231234561/21/6789%2F%26%25%22%21%3F%28%29",
    ),
    ("urn:epc:class:lgtin:9521234.012345.Lot-7", "/01/09521234123453/10/Lot-7"),
    ("urn:epc:id:upui:9521234.012345.51qIgY)%3C", "/01/09521234123453/235/51qIgY%29%3C"),
    ("urn:epc:id:sscc:9521234.3111111111", "/00/395212341111111118"),
    ("urn:epc:id:sgln:9521234.00005.122", "/414/9521234000051/254/122"),
    ("urn:epc:id:sgln:9521234.00005.0", "/414/9521234000051"),
    ("urn:epc:id:pgln:9521234.00005", "/417/9521234000051"),
    ("urn:epc:id:pgln:952123400005.", "/417/9521234000051"),
    ("urn:epc:id:grai:9521234.00005.334455", "/8003/09521234000051334455"),
    ("urn:epc:id:giai:9521234.ABC345", "/8004/9521234ABC345"),
    ("urn:epc:id:gsrn:9521234.0000006765", "/8018/952123400000067652"),
    ("urn:epc:id:gsrnp:9521234.0000000007", "/8017/952123400000000079"),
    ("urn:epc:id:gdti:9521234.00005.PO-4711", "/253/9521234000051PO-4711"),
    ("urn:epc:id:cpi:9521234.1111-A%23%2F.1234", "/8010/95212341111-A%23%2F/8011/1234"),
    ("urn:epc:id:sgcn:9521234.00005.44", "/255/952123400005144"),
    ("urn:epc:id:ginc:9521234.xyz47%2F11", "/401/9521234xyz47%2F11"),
    ("urn:epc:id:gsin:9521234.222333444", "/402/95212342223334449"),
    ("urn:epc:id:itip:9521234.012345.01.02.987", "/8006/095212341234530102/21/987"),
    ("urn:epc:idpat:sgtin:9521234.012345.*", "/01/09521234123453"),
    ("urn:epc:idpat:grai:9521234.00005.*", "/8003/09521234000051"),
    ("urn:epc:idpat:gdti:9521234.00005.*", "/253/9521234000051"),
    ("urn:epc:idpat:sgcn:9521234.00005.*", "/255/9521234000051"),
    ("urn:epc:idpat:cpi:9521234.AB12.*", "/8010/9521234AB12"),
    ("urn:epc:idpat:itip:9521234.012345.01.02.*", "/8006/095212341234530102"),
]
PREFIXES = {"9521234", "952123", "952123456789", "952123400005"}


@pytest.mark.parametrize(("urn", "path"), PAIRS)
def test_every_scheme_has_its_digital_link(urn: str, path: str) -> None:
    assert canonical(urn) == HOST + path
    assert to_digital_link(urn) == HOST + path
    assert canonical(HOST + path) == HOST + path, "A canonical text is its own canonical text."


@pytest.mark.parametrize(("urn", "path"), PAIRS)
def test_the_way_back_needs_the_company_prefix(urn: str, path: str) -> None:
    prefix = company_prefix(urn)
    assert prefix is not None
    assert to_urn(HOST + path, {prefix}) == urn
    assert to_urn(HOST + path, set()) is None


def test_every_scheme_of_the_table_is_tried_above() -> None:
    assert {":".join(urn.split(":")[2:4]) for urn, _ in PAIRS} >= set(keys())


@pytest.mark.parametrize(
    ("written", "path"),
    [
        ("https://example.com/gtin/09521234123453/21/7?abc=211121", "/01/09521234123453/21/7"),
        ("http://example.de/gtin-8/01/97803111", "/01/00000097803111"),
        ("HTTP://EXAMPLE.com:8080/01/001122334455/ser/GHB#part", "/01/00001122334455/21/GHB"),
        ("https://example.de/01/040123451234/cpv/344/lot/ABD/", "/01/00040123451234/10/ABD"),
        ("https://id.gs1.org/01/9780345418913/22/344/10/1223/21/765tz", "/01/09780345418913/21/765tz"),
        ("https://id.gs1.org/01/9780345418913/21/a%2fb", "/01/09780345418913/21/a%2Fb"),
        ("https://id.gs1.org/01/9780345418913/21/%fe", "/01/09780345418913/21/%FE"),
        ("https://id.gs1.org/01/9780345418913/21/01", "/01/09780345418913/21/01"),
        ("https://example.com/itip/095212341234530102/cpv/AB", "/8006/095212341234530102"),
        ("https://example.co.uk/party/4226350800008", "/417/4226350800008"),
        ("https://id.gs1.org/8010/0628165987/cpsn/9876", "/8010/0628165987/8011/9876"),
    ],
)
def test_digital_links_of_any_host_and_style(written: str, path: str) -> None:
    assert canonical(written) == HOST + path


@pytest.mark.parametrize(
    "other",
    [
        "urn:epc:id:gid:9521234.12345.400",
        "urn:epc:id:bic:CSQU3054383",
        "urn:epc:id:imovn:9176187",
        "urn:epc:id:adi:35962.PQ7VZ4.M37GXB92",
        "urn:epc:id:usdod:2S194.12345678901",
        "urn:epc:id:sgtin:9521234.12345.1",  # twelve digits
        "urn:epc:id:sgtin:95212.34012345.1",  # no company prefix is that short
        "urn:epc:id:sgtin:9521234.012345.",
        "urn:epc:id:sgtin:952123٤.012345.1",  # a digit, but no ASCII digit
        "urn:epc:id:sscc:9521234.3111111111.5",
        "urn:epc:id:cpi:9521234.AB12.x",
        "urn:epc:id:giai:9521234.",
        "urn:epc:idpat:sgtin:9521234.*.*",
        "urn:epc:id:itip:9521234.012345.1.02.987",
        "urn:epc:id:sgtin:9521234.012345.é",
        "urn:epc:id:giai:9521234.\ud800",
        "urn:epc:id:unknown:1.2.3",
        "urn:epc:",
        "urn:epcglobal:cbv:bt:9521234000051:RE1",
        "https://id.gs1.org/",
        "https://id.gs1.org/01/97803",
        "https://id.gs1.org/99/9780345418913",
        "https://id.gs1.org/01/9780345418913/99/x",
        "https://id.gs1.org/01/9780345418913/21/7/10/A",  # out of order
        "https://id.gs1.org/01/9780345418913/21",
        "https://id.gs1.org/01/9780345418913/21/",
        "https://id.gs1.org/8003/19521234000051",
        "https://example.com/abc/9780345418913",
        "http://transaction.example.com/po/12345678",
        "geo:47.5,11.1",
        "Hello World!",
        "",
    ],
)
def test_anything_else_comes_back_unchanged(other: str) -> None:
    assert canonical(other) == other
    assert to_digital_link(other) is None
    assert to_urn(other, PREFIXES) is None
    assert company_prefix(other) is None


def test_a_wrong_check_digit_has_no_urn() -> None:
    assert to_urn("https://id.gs1.org/01/09521234123455/21/1", PREFIXES) is None


def test_the_key_is_of_the_canonical_text() -> None:
    urn, path = PAIRS[0]
    expected = uuid.UUID(bytes=hashlib.blake2b((HOST + path).encode()).digest()[:16])
    assert key_of(urn) == key_of("http://example.org/gtin/9521234123453/ser/98%22") == expected
    assert key_of("geo:47.5,11.1") == uuid.UUID(bytes=hashlib.blake2b(b"geo:47.5,11.1").digest()[:16])


@pytest.mark.parametrize("whole", ["0614141073467", "95212341111111111", "00000000"])
def test_check_digits_make_the_weighted_sum_a_multiple_of_ten(whole: str) -> None:
    full = whole + check_digit(whole)
    assert sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(full[::-1])) % 10 == 0
