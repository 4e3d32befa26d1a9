"""What a certificate of a restored battery tells: test record, grade, parts replaced, standard, warranty."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from voltloop.documents.load import Party
from voltloop.errors import InputError, nearest

__all__ = ["CertificateRecord", "Outcome", "PartReplaced", "TestResult", "Treatment", "WarrantyGiven"]

Treatment = Literal["remanufactured", "repaired", "second_life", "reused"]
"""What was done: restored for its first use, repaired, prepared for another use, or passed on as it was."""

Outcome = Literal["passed", "failed", "recorded"]
"""Of a test: inside its limit, outside it, or told without a limit."""


def _refuse(message: str, code: str) -> InputError:
    return InputError(message, code=code)


def _need(value: str, what: str) -> None:
    if not value.strip():
        raise _refuse(
            f"The certificate has no {what}. It says nothing without it. Give it.", "certificate-missing"
        )


def _word(value: str, choices: tuple[str, ...], what: str) -> None:
    if value not in choices:
        raise _refuse(
            f'{what}: "{value}" is not known.{nearest(value, choices)} Known are {", ".join(choices)}.',
            "certificate-word",
        )


def _between(value: float | None, low: float, high: float, what: str) -> None:
    if value is not None and not low <= value <= high:
        raise _refuse(
            f"{what} is {value}. A number from {low:g} to {high:g} was expected. Correct it.",
            "certificate-number",
        )


@dataclass(frozen=True, slots=True)
class TestResult:
    """One line of the test record.

    Attributes
    ----------
    measure
        What was measured, in words: "Insulation resistance".
    value, unit
        The result as it is to be read; None prints a field for the test bench.
    limit
        The limit in words, "at least 500 ohm/V"; empty where there is none.
    outcome
        ``passed``, ``failed`` or ``recorded``.
    method
        Test method or paragraph; empty where it is not told.
    measured_on
        Day of the test; None where it is not told.
    """

    measure: str
    value: float | str | None = None
    unit: str = ""
    limit: str = ""
    outcome: Outcome = "recorded"
    method: str = ""
    measured_on: date | None = None

    __test__ = False

    def __post_init__(self) -> None:
        _need(self.measure, "name of a test")
        _word(self.outcome, get_args(Outcome), f"Outcome of {self.measure}")
        if isinstance(self.value, float | int):
            _between(self.value, -1e12, 1e12, self.measure)
        if self.outcome == "passed" and self.value is None:
            raise _refuse(
                f"{self.measure} is said to be passed, and no value is given. A missing measurement is never passed. "
                "Give the value, or call it recorded.",
                "certificate-passed-without-value",
            )


@dataclass(frozen=True, slots=True)
class PartReplaced:
    """Parts alike that were replaced.

    Attributes
    ----------
    part
        In words: "Module", "Contactor".
    count
        1 or more.
    old_serials, new_serials
        Their serial numbers, as far as they are known.
    origin
        "new", "reused, graded A" and the like.
    """

    part: str
    count: int = 1
    old_serials: tuple[str, ...] = ()
    new_serials: tuple[str, ...] = ()
    origin: str = ""

    def __post_init__(self) -> None:
        _need(self.part, "name of a replaced part")
        _between(self.count, 1, 1e6, f"{self.part}, count")


@dataclass(frozen=True, slots=True)
class WarrantyGiven:
    """The warranty that comes with the battery.

    Attributes
    ----------
    until
        Last day.
    covers
        In words.
    mileage_km, throughput_kwh
        Limits beside the day; None where there are none.
    """

    until: date
    covers: str
    mileage_km: float | None = None
    throughput_kwh: float | None = None

    def __post_init__(self) -> None:
        _need(self.covers, "words of what the warranty covers")
        _between(self.mileage_km, 0, 1e7, "Warranty, mileage_km")
        _between(self.throughput_kwh, 0, 1e9, "Warranty, throughput_kwh")


@dataclass(frozen=True, slots=True)
class CertificateRecord:
    """One certificate.

    Attributes
    ----------
    number
        Of the certificate.
    epc
        The battery in the ledger: EPC URN, GS1 Digital Link or another URI.
    ledger_url
        Address of its entry in the ledger: http or https. The printed code holds it.
    treatment
        What was done.
    issued_on, restored_on
        Days; the second not after the first.
    issuer
        Who restored the battery and answers for this paper.
    model, maker, chemistry, serial
        The battery in words.
    rated_energy_kwh
        When new, above 0.
    soh
        State of health after the work, 0 to 1.2; None prints a field.
    mass_kg
        None where it is not told.
    grade, grade_meaning, scheme
        Grade, what it stands for, and the scheme by name and edition.
    confidence
        Chance that the grade is right, 0 to 1; None where the scheme gives none.
    reasons
        Sentences on why this grade.
    standards
        Standards worked to, such as "UL 1974:2023".
    tests, parts
        The test record; parts replaced, none where none were.
    warranty
        None where none is given.
    remarks
        Further sentences.
    """

    number: str
    epc: str
    ledger_url: str
    treatment: Treatment
    issued_on: date
    restored_on: date
    issuer: Party
    model: str
    rated_energy_kwh: float
    grade: str
    scheme: str
    standards: tuple[str, ...]
    tests: tuple[TestResult, ...]
    parts: tuple[PartReplaced, ...] = ()
    maker: str = ""
    chemistry: str = ""
    serial: str = ""
    soh: float | None = None
    mass_kg: float | None = None
    grade_meaning: str = ""
    confidence: float | None = None
    reasons: tuple[str, ...] = ()
    warranty: WarrantyGiven | None = None
    remarks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a certificate that says nothing, contradicts itself, or certifies a failed test.

        Raises
        ------
        InputError
            ``certificate-missing``, ``certificate-word``, ``certificate-number``, ``certificate-dates``,
            ``certificate-url``, ``certificate-failed-test``.
        """
        for value, what in (
            (self.number, "number"),
            (self.epc, "identifier of the battery"),
            (self.model, "model of the battery"),
            (self.grade, "grade"),
            (self.scheme, "grading scheme"),
            (self.issuer.name, "name of the issuer"),
            (" ".join(self.standards), "standard"),
            (" ".join(test.measure for test in self.tests), "test"),
        ):
            _need(value, what)
        _word(self.treatment, get_args(Treatment), "Treatment")
        _between(self.rated_energy_kwh, 1e-3, 1e5, "rated_energy_kwh")
        _between(self.soh, 0.0, 1.2, "soh")
        _between(self.mass_kg, 1e-3, 1e6, "mass_kg")
        _between(self.confidence, 0.0, 1.0, "confidence")
        if not self.ledger_url.startswith(("https://", "http://")):
            raise _refuse(
                f'The address of the ledger entry is "{self.ledger_url}". One that begins with https:// was expected, '
                "so that a phone can open it.",
                "certificate-url",
            )
        late = [f"{test.measure} ({test.measured_on})" for test in self.tests if self._is_late(test)]
        if self.restored_on > self.issued_on or late:
            raise _refuse(
                f"The certificate is issued on {self.issued_on}, the work was done on {self.restored_on}"
                + (f", and tests are later: {', '.join(late)}" if late else "")
                + ". Work and tests come before the certificate. Correct the days.",
                "certificate-dates",
            )
        failed = [test.measure for test in self.tests if test.outcome == "failed"]
        if failed:
            raise _refuse(
                f"The test record has failed tests: {', '.join(failed)}. No certificate is issued over a failed test. "
                "Mend the battery and test again, or send it elsewhere.",
                "certificate-failed-test",
            )

    def _is_late(self, test: TestResult) -> bool:
        return test.measured_on is not None and test.measured_on > self.issued_on
