"""Passports in the ledger: versions that nobody changes unseen, the life of Art. 77, a register that can be carried."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from ledger_cases import Databases
from passport_cases import AT, ITEM, MODEL, OPERATOR, frame
from voltloop.errors import InputError, LedgerError
from voltloop.ledger.passport.access import Grant
from voltloop.ledger.passport.reading import add_contract, grants_of
from voltloop.ledger.passport.register import export_register, restore_register
from voltloop.ledger.passport.serving import read, read_at, read_product, versions
from voltloop.ledger.passport.signing import Signer, open_signer, verified
from voltloop.ledger.passport.store import change, create, end, succeed
from voltloop.ledger.passport.texts import digest_of

DAY = timedelta(days=1)
OTHER = "https://id.gs1.org/417/9521234000105"


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    return open_signer(tmp_path)


def test_a_passport_lays_item_over_batch_over_model(ledger: Engine, signer: Signer) -> None:
    batch, item = f"{MODEL}/10/L1", f"{MODEL}/10/L1/21/S1"
    model = {"uniqueProductIdentifier": MODEL, "chemistry": "LFP", "capacity": {"value": 90, "unit": "Ah"}}
    with ledger.begin() as connection:
        create(connection, model, signer, AT)
        create(connection, {"uniqueProductIdentifier": batch, "manufacturingDate": "2026-11"}, signer, AT)
        own = frame(digitalProductPassportId=item, uniqueProductIdentifier=item, capacity={"value": 91})
        made = create(connection, own, signer, AT + DAY)
        assert made.record["chemistry"] == "LFP"
        assert made.record["manufacturingDate"] == "2026-11"
        assert made.record["capacity"] == {"value": 91, "unit": "Ah"}
        assert made.record["granularity"] == "item"
        name = read_product(connection, MODEL, signer, AT).passport_id
        change(connection, name, {"chemistry": "NMC"}, signer, AT + 2 * DAY)
        assert read(connection, item, signer, AT + 2 * DAY).record["chemistry"] == "NMC"
        assert read_at(connection, item, AT + DAY).record["chemistry"] == "LFP"


def test_every_version_is_kept_chained_and_signed(ledger: Engine, signer: Signer) -> None:
    with ledger.begin() as connection:
        create(connection, frame(numberOfCells=16), signer, AT)
        change(connection, ITEM, {"numberOfCells": 17}, signer, AT + DAY)
        found = versions(connection, ITEM)
        assert read_at(connection, ITEM, AT + DAY - timedelta(seconds=1)).record["numberOfCells"] == 16
        assert read_at(connection, ITEM, AT + DAY).record["numberOfCells"] == 17
        with pytest.raises(InputError, match="no passport"):
            read_at(connection, ITEM, AT - DAY)
    assert [one.version for one in found] == [1, 2]
    assert found[1].previous == found[0].digest == digest_of(found[0].document)
    statement = verified(found[1].signature, signer.jwk)
    assert statement is not None
    assert statement["sha256"] == found[1].digest
    header, _, signed = found[1].signature.split(".")
    assert verified(f"{header}.{found[0].signature.split('.')[1]}.{signed}", signer.jwk) is None
    none = "eyJhbGciOiJub25lIn0"
    assert verified(f"{none}.{found[0].signature.split('.')[1]}.", signer.jwk) is None


def test_after_remanufacturing_a_new_linked_passport_answers(ledger: Engine, signer: Signer) -> None:
    with ledger.begin() as connection:
        create(connection, frame(numberOfCells=16), signer, AT)
        new = succeed(connection, ITEM, "remanufacturing", OTHER, signer, AT + DAY)
        assert new.record["economicOperatorId"] == OTHER
        assert new.record["lifeStatus"]["value"] == "remanufactured"
        assert new.record["linkedPassports"] == {"predecessor": ITEM}
        old = read(connection, ITEM, signer, AT + DAY)
        assert (old.status, old.record["linkedPassports"]) == ("archived", {"successor": new.passport_id})
        assert old.record["economicOperatorId"] == OPERATOR
        assert read_product(connection, ITEM, signer, AT + DAY).passport_id == new.passport_id
        for act in (
            lambda: change(connection, ITEM, {"numberOfCells": 1}, signer, AT + DAY),
            lambda: succeed(connection, ITEM, "reuse", OTHER, signer, AT + DAY),
        ):
            with pytest.raises(InputError, match="archived"):
                act()
        with pytest.raises(InputError, match="reuse, repurposing"):
            succeed(connection, new.passport_id, "painting", OTHER, signer, AT + DAY)
        ended = end(connection, new.passport_id, signer, AT + 2 * DAY)
        assert (ended.status, ended.record["endedAt"]) == ("archived", "2027-03-03T12:00:00Z")
        assert ended.record["numberOfCells"] == 16


def test_identifiers_are_taken_once(ledger: Engine, signer: Signer) -> None:
    with ledger.begin() as connection:
        create(connection, frame(), signer, AT)
        with pytest.raises(InputError, match="already"):
            create(connection, frame(), signer, AT)
        with pytest.raises(InputError, match="active passport"):
            create(connection, frame(digitalProductPassportId="urn:x:2"), signer, AT)
        with pytest.raises(InputError, match="cannot change"):
            change(connection, ITEM, {"uniqueProductIdentifier": MODEL, "granularity": "model"}, signer, AT)


def test_a_register_is_carried_whole_and_genuine_or_not_at_all(
    ledger: Engine, databases: Databases, signer: Signer
) -> None:
    with ledger.begin() as connection:
        create(connection, frame(numberOfCells=16), signer, AT)
        change(connection, ITEM, {"numberOfCells": 17}, signer, AT + DAY)
        create(connection, {"uniqueProductIdentifier": MODEL, "note": 1e300}, signer, AT)
        grant = Grant("urn:lab", frozenset({"diagnostics"}), frozenset({61}), (MODEL,), AT, None)
        add_contract(connection, grant, "")
    with ledger.begin() as connection:
        lines = list(export_register(connection, AT))
    with databases.fresh() as other:
        for wrong in _spoilt(lines):
            with other.connect() as connection, pytest.raises(InputError, match="register"):
                restore_register(connection, wrong)
        with other.begin() as connection:
            assert restore_register(connection, lines) == 3
            assert read(connection, ITEM, signer, AT).record["numberOfCells"] == 17
            assert grants_of(connection, "urn:lab") == (grant,)
        with other.begin() as connection:
            assert list(export_register(connection, AT)) == lines
            with pytest.raises(InputError, match="already"):
                restore_register(connection, lines)


def _spoilt(lines: list[bytes]) -> list[list[bytes]]:
    altered = [line.replace(b'\\"numberOfCells\\":16', b'\\"numberOfCells\\":61') for line in lines]
    assert altered != lines
    spoilt = [lines[:-1], lines[1:], [*lines, b"{}\n"], altered, [lines[0], b"x\n", *lines[1:]], []]
    # Whoever alters a line and mends the digest of the whole still has no signature.
    import hashlib

    whole = hashlib.sha256(b"".join(altered[:-1])).hexdigest()
    count = json.loads(lines[-1])["lines"]
    spoilt.append([*altered[:-1], json.dumps({"lines": count, "sha256": whole}).encode()])
    return spoilt


def test_versions_are_never_written_over(ledger: Engine, signer: Signer) -> None:
    with ledger.begin() as connection:
        create(connection, frame(), signer, AT)
        before = connection.execute(text("SELECT * FROM passport_version")).all()
    with ledger.begin() as connection:
        change(connection, ITEM, {"numberOfCells": 17}, signer, AT + DAY)
        end(connection, ITEM, signer, AT + DAY)
        after = connection.execute(text("SELECT * FROM passport_version ORDER BY version")).all()
    assert after[: len(before)] == before
    assert len(after) == 3


def test_a_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "passport-signing-key.pem").write_text("no key")
    with pytest.raises(LedgerError, match="Ed25519"):
        open_signer(tmp_path)
