"""The certificate of a restored battery: what stands on it, the code read back, and what it refuses."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from document_cases import codes, page_texts, pictures, text_of
from voltloop.app.certificate import certificate_of, ledger_entry_url, read_certificate_record
from voltloop.cli.main import app
from voltloop.documents import CertificateRecord, PartReplaced, TestResult, WarrantyGiven, certificate
from voltloop.documents.load import Party
from voltloop.errors import InputError

EXAMPLE = Path(__file__).parents[2] / "examples" / "certificate" / "C-2026-00417.toml"
SERVER = "https://ledger.example"
URL = "https://ledger.example/ledger/things/urn:epc:id:sgtin:9521234.012345.7/story"


@pytest.fixture(scope="module")
def record() -> CertificateRecord:
    return read_certificate_record(EXAMPLE, server=SERVER)


def test_everything_of_the_record_stands_on_the_paper(record: CertificateRecord) -> None:
    text = text_of(certificate(record))
    for word in (
        "Certificate of remanufacture", "C-2026-00417", "23 Nov 2026", "HV 62 kWh", "VM62-000917", "NMC622", "91 %",
        "56.4 kWh", "as good as a new service", "confidence 93 %", "Scheme of the plant, 2026",
        "Spread of the cell voltages after balancing is 8 mV.", "Insulation resistance", "1 850 ohm/V",
        "at least 500 ohm/V", "passed", "UN R100", "Module", "M-0110", "N-9005", "UL 1974:2023", "IEC 63330-1:2024",
        "22 Nov 2028", "up to 40 000 km", "Rhône Battery Works SAS", "69007 Lyon",
    ):  # fmt: skip
        assert word in text, word


def test_the_code_is_read_back_and_leads_to_the_ledger_entry(record: CertificateRecord) -> None:
    paper = certificate(record)
    (page,) = pictures(paper)
    read = codes(page)
    assert read
    assert set(read) == {URL}


def test_the_same_record_gives_the_same_bytes(record: CertificateRecord) -> None:
    assert certificate(record) == certificate(record)


def test_a_measurement_that_is_missing_is_a_field_and_never_passed(record: CertificateRecord) -> None:
    made, findings = certificate_of(record)
    assert "by the test bench" in text_of(made)
    assert [(finding.code, finding.field) for finding in findings] == [
        ("certificate-field-open", "Result: Self-discharge over 7 days"),
        ("certificate-field-open", "Name, signature and stamp of who answers for the work"),
    ]
    with pytest.raises(InputError) as refused:
        TestResult("Capacity", None, outcome="passed")
    assert refused.value.code == "certificate-passed-without-value"


def test_a_name_that_no_font_has_is_told(record: CertificateRecord) -> None:
    _, findings = certificate_of(replace(record, issuer=Party("東京", ("x",), "JP")))
    (told,) = (finding for finding in findings if finding.code == "glyph-missing")
    assert told.message.startswith("Certificate C-2026-00417, issuer.name")


def test_without_parts_or_warranty_it_says_so(record: CertificateRecord) -> None:
    text = text_of(certificate(replace(record, parts=(), warranty=None, soh=None, reasons=())))
    assert "No part was replaced." in text
    assert "Warranty" not in text
    assert "State of health after the work" in text


def test_a_long_record_repeats_its_head(record: CertificateRecord) -> None:
    many = tuple(TestResult(f"Cell voltage {number}", 3.71, "V") for number in range(120))
    pages = page_texts(certificate(replace(record, tests=many)))
    assert len(pages) > 2
    assert all("C-2026-00417" in page for page in pages)
    assert "Cell voltage 119" in " ".join(pages)


def test_us_letter_is_another_sheet(record: CertificateRecord) -> None:
    import pypdfium2

    for paper, width in (("a4", 595), ("us-letter", 612)):
        with pypdfium2.PdfDocument(certificate(record, paper=paper)) as document:
            assert round(document[0].get_width()) == width


def test_an_address_of_the_ledger_holds_any_identifier() -> None:
    assert ledger_entry_url(SERVER, "urn:epc:id:sgtin:9521234.012345.7") == URL
    assert ledger_entry_url(SERVER, "https://id.gs1.org/01/0/21/a b").endswith("01%2F0%2F21%2Fa%20b/story")
    with pytest.raises(InputError, match="no address"):
        ledger_entry_url("ledger.example", "urn:x")


@pytest.mark.parametrize(
    ("change", "code", "told"),
    [
        ({"grade": " "}, "certificate-missing", "grade"),
        ({"standards": ()}, "certificate-missing", "standard"),
        ({"tests": ()}, "certificate-missing", "test"),
        ({"soh": 91.0}, "certificate-number", "soh is 91.0"),
        ({"rated_energy_kwh": -1.0}, "certificate-number", "rated_energy_kwh"),
        ({"mass_kg": float("nan")}, "certificate-number", "mass_kg"),
        ({"treatment": "remanufacture"}, "certificate-word", 'Did you mean "remanufactured"'),
        ({"ledger_url": "urn:epc:id:sgtin:1.2.3"}, "certificate-url", "https://"),
        ({"restored_on": date(2026, 11, 24)}, "certificate-dates", "2026-11-24"),
        (
            {"tests": (TestResult("Insulation", 5.0, outcome="failed"),)},
            "certificate-failed-test",
            "Insulation",
        ),
        (
            {"tests": (TestResult("Capacity", 5.0, measured_on=date(2026, 11, 23) + timedelta(1)),)},
            "certificate-dates",
            "Capacity",
        ),
    ],
)
def test_what_gets_no_certificate(
    record: CertificateRecord, change: dict[str, object], code: str, told: str
) -> None:
    with pytest.raises(InputError) as refused:
        replace(record, **change)  # type: ignore[arg-type]
    assert refused.value.code == code
    assert told in refused.value.message


@pytest.mark.parametrize(
    "make",
    [
        lambda: PartReplaced("Module", 0),
        lambda: WarrantyGiven(date(2028, 1, 1), "all", mileage_km=-1.0),
        lambda: TestResult("", 1.0),
        lambda: TestResult("Capacity", 1.0, outcome="good"),  # type: ignore[arg-type]
    ],
)
def test_lines_that_cannot_be(make: object) -> None:
    with pytest.raises(InputError):
        make()  # type: ignore[operator]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("number = ", "no TOML"),
        ('grades = "A"', 'key "grades" is not known. Did you mean "grade"?'),
        ("grade = 1", "grade is 1. A text"),
        ('issued_on = "23 Nov"', "A day such as"),
        ("soh = true", "soh is True. A number"),
        ('standards = "UL 1974"', "list of texts"),
        ("tests = 1", "[[tests]]"),
        ('issuer = "me"', "[issuer]"),
        ('[issuer]\nname = "x"\n[[tests]]\nvalue = 3', "[[tests]] number 1: measure is missing"),
        ('[issuer]\nname = "x"', "number, epc, ledger_url"),
    ],
)
def test_files_that_are_no_record(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "record.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as refused:
        read_certificate_record(path)
    assert refused.value.code == "certificate-file"
    assert told in refused.value.message


def test_the_command_writes_the_paper_and_tells_what_is_open(tmp_path: Path) -> None:
    out = tmp_path / "certificate.pdf"
    done = CliRunner().invoke(app, ["certificate", str(EXAMPLE), "--server", SERVER, "-o", str(out)])
    assert done.exit_code == 0, done.output
    assert "Self-discharge over 7 days, to be completed by the test" in done.stdout
    assert set(codes(pictures(out.read_bytes())[0])) == {URL}


def test_the_command_does_not_write_over_its_record(tmp_path: Path) -> None:
    record = tmp_path / "record.toml"
    record.write_bytes(EXAMPLE.read_bytes())
    done = CliRunner().invoke(app, ["certificate", str(record), "--server", SERVER, "-o", str(record)])
    assert isinstance(done.exception, InputError)
    assert record.read_bytes() == EXAMPLE.read_bytes()


def test_without_a_server_the_refusal_names_the_option(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["certificate", str(EXAMPLE), "-o", str(tmp_path / "paper.pdf")])
    assert isinstance(done.exception, InputError)
    assert "ledger_url is missing" in done.exception.message
    assert "--server" in done.exception.message
