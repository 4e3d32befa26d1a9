"""Capture jobs: all or none, the good ones, and to their end whatever happens on the way."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import Engine, text

from voltloop.errors import LedgerError
from voltloop.ledger import job_run
from voltloop.ledger.jobs import CaptureJob, add_job, get_job, list_jobs, new_job
from voltloop.ledger.spool import Spool
from voltloop.ledger.worker import CaptureWorker

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def an_event(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "type": "ObjectEvent",
        "eventID": f"urn:uuid:00000000-0000-4000-8000-{number:012d}",
        "eventTime": "2026-11-22T10:00:00.000+01:00",
        "eventTimeZoneOffset": "+01:00",
        "action": "OBSERVE",
        "epcList": [f"urn:epc:id:sgtin:9521234.012345.{number}"],
        "bizStep": "shipping",
        **fields,
    }


def a_document(*events: Any, **fields: Any) -> bytes:
    return orjson.dumps(
        {
            "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": "2026-11-23T11:00:00Z",
            "epcisBody": {"eventList": list(events)},
            **fields,
        }
    )


def events_in(engine: Engine) -> int:
    with engine.connect() as connection:
        return connection.execute(text("SELECT count(*) FROM event")).scalar_one()


def open_worker(engine: Engine, folder: Path) -> CaptureWorker:
    return CaptureWorker(engine, folder, clock=lambda: NOW)


@pytest.fixture
def worker(ledger: Engine, spool: Path) -> Iterator[CaptureWorker]:
    worker = open_worker(ledger, spool)
    yield worker
    worker.close()


def hand_in(
    worker: CaptureWorker, body: bytes, behaviour: Any = "rollback", media: str = "application/json", **o: Any
) -> CaptureJob:
    file = worker.receive()
    file.write(body)
    return worker.accept(file, media, behaviour, **o)


def ended(engine: Engine, job: CaptureJob) -> CaptureJob:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        with engine.connect() as connection:
            now = get_job(connection, job.id)
        assert now is not None
        if not now.running:
            return now
        time.sleep(0.02)
    raise AssertionError(f"the job has not ended: {now}")


Run = Callable[..., CaptureJob]


@pytest.fixture
def run(ledger: Engine, worker: CaptureWorker) -> Run:
    return lambda *given, **options: ended(ledger, hand_in(worker, *given, **options))


BAD = an_event(2, bizStep="shiping")


def test_a_good_document_is_captured(ledger: Engine, run: Run, spool: Path) -> None:
    job = run(a_document(*(an_event(n) for n in range(5))))
    assert (job.success, job.captured, job.position, job.errors) == (True, 5, 5, [])
    assert job.finished_at == NOW
    assert events_in(ledger) == 5


def test_rollback_captures_none_when_one_is_bad(ledger: Engine, run: Run) -> None:
    job = run(a_document(an_event(1), BAD, an_event(3, action="SEE")))
    assert (job.success, job.captured, job.error_count) == (False, 0, 2)
    assert [error["eventIndex"] for error in job.errors] == [1, 2]
    assert job.errors[0]["type"] == "epcisException:ValidationException"
    assert 'Did you mean "shipping"?' in job.errors[0]["detail"]
    assert events_in(ledger) == 0


def test_proceed_captures_the_good_ones(ledger: Engine, run: Run) -> None:
    job = run(a_document(an_event(1), BAD, an_event(3)), "proceed")
    assert (job.success, job.captured, job.error_count) == (False, 2, 1)
    assert events_in(ledger) == 2


@pytest.mark.parametrize("behaviour", ["rollback", "proceed"])
def test_an_eventid_of_other_content_is_told(ledger: Engine, run: Run, behaviour: str) -> None:
    run(a_document(an_event(1)))
    job = run(a_document(an_event(2), an_event(1, bizStep="receiving"), an_event(1)), behaviour)
    assert [(error["type"], error["eventIndex"]) for error in job.errors] == [
        ("epcisException:ResourceAlreadyExistsException", 1)
    ]
    assert events_in(ledger) == (1 if behaviour == "rollback" else 2)


@pytest.mark.parametrize("behaviour", ["rollback", "proceed"])
@pytest.mark.parametrize(
    ("body", "said"),
    [
        (a_document(an_event(1))[:-40], "end"),
        (b"", "empty"),
        (b"\xff\xfe{\x00}\x00", "UTF-16"),
        (b"[" * 100_000, "deep"),
        (b'{"@context":[],"type":"EPCISDocument"}', "schemaVersion"),
        (b"no json", ""),
    ],
)
def test_a_document_that_cannot_be_read_changes_nothing(
    ledger: Engine, run: Run, behaviour: str, body: bytes, said: str
) -> None:
    job = run(body, behaviour)
    assert (job.success, job.captured, job.running) == (False, 0, False)
    assert said in job.errors[0]["detail"]
    assert job.errors[0]["status"] == 400
    assert events_in(ledger) == 0


XML_BOMB = b"""<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>
<epcis:EPCISDocument xmlns:epcis="urn:epcglobal:epcis:xsd:2" schemaVersion="2.0" creationDate="2026-01-01T00:00:00Z">
<EPCISBody><EventList>&b;</EventList></EPCISBody></epcis:EPCISDocument>"""


def test_an_entity_bomb_is_refused_in_words(ledger: Engine, run: Run) -> None:
    job = run(XML_BOMB, "rollback", "application/xml")
    assert not job.success
    assert "entit" in job.errors[0]["detail"]


def test_an_actual_event_in_the_future_is_refused_and_a_planned_one_is_not(ledger: Engine, run: Run) -> None:
    late = (NOW + timedelta(minutes=6)).isoformat()
    job = run(a_document(an_event(1, eventTime=late)))
    assert "future" in job.errors[0]["detail"]
    context = [
        "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
        {"v": "https://voltloop.org/epcis/"},
    ]
    job = run(a_document(an_event(1, eventTime=late, **{"v:status": "planned"}), **{"@context": context}))
    assert job.success
    near = (NOW + timedelta(minutes=4)).isoformat()
    assert run(a_document(an_event(2, eventTime=near))).success


def test_more_events_than_the_limit_are_refused(ledger: Engine, spool: Path) -> None:
    worker = CaptureWorker(ledger, spool, most_events=3)
    job = ended(ledger, hand_in(worker, a_document(*(an_event(n) for n in range(4)))))
    assert job.errors[0]["status"] == 413
    worker.close()


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_run, "_BATCH_EVENTS", 10)
    monkeypatch.setattr(job_run, "_WHOLE_EVENTS", 25)


@pytest.mark.usefixtures("small_batches")
class TestLargeRollbackDocument:
    def test_it_is_captured(self, ledger: Engine, run: Run) -> None:
        events = [an_event(n) for n in range(95)]
        job = run(a_document(*events, events[3], events[94]))
        assert (job.success, job.captured, job.position, job.claimed) == (True, 95, 97, True)
        assert events_in(ledger) == 95
        with ledger.connect() as connection:
            assert connection.execute(text("SELECT count(*) FROM capture_claim")).scalar_one() == 0
            assert connection.execute(text("SELECT count(*) FROM thing")).scalar_one() == 95

    @pytest.mark.parametrize(
        "last", [BAD, an_event(7, bizStep="receiving"), an_event(1000, bizStep="receiving"), "no event"]
    )
    def test_none_is_captured_when_the_last_one_is_bad(self, ledger: Engine, run: Run, last: Any) -> None:
        run(a_document(an_event(1000)))
        job = run(a_document(*(an_event(n) for n in range(90)), last))
        assert (job.success, job.captured, job.error_count) == (False, 0, 1)
        assert job.errors[0]["eventIndex"] == 90
        assert events_in(ledger) == 1
        assert run(a_document(an_event(5))).success

    def test_a_claimed_eventid_is_refused_to_others(self, ledger: Engine, run: Run) -> None:
        with ledger.begin() as connection:
            connection.execute(
                text("INSERT INTO capture_claim SELECT :id, :zero, gen_random_uuid(), :zero"),
                {"id": _key(an_event(1)), "zero": "00000000-0000-0000-0000-000000000000"},
            )
        job = run(a_document(an_event(1)))
        assert "being captured" in job.errors[0]["detail"]
        assert run(a_document(an_event(2))).success


def _key(event: dict[str, Any]) -> str:
    from uuid import UUID

    from voltloop.ledger.event_keys import event_key

    return str(UUID(bytes=event_key(event["eventID"])))


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("behaviour", ["rollback", "proceed"])
@pytest.mark.parametrize("writes", [0, 1, 3, 6, 7, 8, 10])
def test_a_job_that_is_cut_off_comes_to_its_end(
    ledger: Engine, spool: Path, monkeypatch: pytest.MonkeyPatch, behaviour: Any, writes: int
) -> None:
    """The process dies before its nth transaction ends; the next one finds the job."""
    body = a_document(*(an_event(n) for n in range(58)), *([] if behaviour == "rollback" else [BAD]))
    folder = Spool(spool)
    file = folder.create()
    file.write(body)
    file.keep()
    with ledger.begin() as connection:
        job = new_job(file.name, "application/json", behaviour, now=NOW)
        add_job(connection, job)
    died = _die_after(ledger, writes)
    run = job_run.JobRun(ledger, job, job_run.KnownThings(), lambda: NOW, lambda: False, 1000)
    try:
        with folder.path(file.name).open("rb") as opened:
            run.run(opened)
    except _Died:
        assert len(died) == writes
    _revive(ledger)
    folder.close()
    with ledger.connect() as connection:
        left = get_job(connection, job.id)
    assert left is not None
    assert behaviour == "proceed" or left.claimed or events_in(ledger) == 0
    worker = open_worker(ledger, spool)
    after = ended(ledger, job)
    worker.close()
    assert (after.success, after.captured) == (behaviour == "rollback", 58)
    assert events_in(ledger) == 58
    assert not list(spool.glob("*.body"))


class _Died(BaseException):
    pass


def _die_after(engine: Engine, writes: int) -> list[int]:
    from sqlalchemy import event

    done: list[int] = []

    def commit(connection: Any) -> None:
        if len(done) == writes:
            raise _Died
        done.append(1)

    event.listen(engine, "commit", commit)
    engine.dying = commit  # type: ignore[attr-defined]
    return done


def _revive(engine: Engine) -> None:
    from sqlalchemy import event

    event.remove(engine, "commit", engine.dying)  # type: ignore[attr-defined]


def test_a_job_whose_body_is_lost_fails_in_words(ledger: Engine, spool: Path) -> None:
    folder = Spool(spool)
    file = folder.create()
    file.write(a_document(an_event(1)))
    file.keep()
    with ledger.begin() as connection:
        job = new_job(file.name, "application/json", "rollback", now=NOW)
        add_job(connection, job)
    folder.remove(file.name)
    folder.close()
    worker = open_worker(ledger, spool)
    assert "no longer on disk" in ended(ledger, job).errors[0]["detail"]
    worker.close()


def test_bodies_without_a_job_are_swept_and_jobs_of_other_servers_left(
    ledger: Engine, spool: Path, tmp_path: Path
) -> None:
    folder = Spool(spool)
    file = folder.create()
    file.write(b"never acknowledged")
    file.keep()
    folder.close()
    with ledger.begin() as connection:
        job = new_job("00000000-0000-0000-0000-000000000000/x.body", "application/json", "rollback", now=NOW)
        add_job(connection, job)
    open_worker(ledger, spool).close()
    assert not list(spool.glob("*.body"))
    with ledger.connect() as connection:
        there = get_job(connection, job.id)
        assert there is not None
        assert there.running


def test_a_second_server_on_one_folder_is_refused_in_words(
    ledger: Engine, worker: CaptureWorker, spool: Path
) -> None:
    with pytest.raises(LedgerError, match="another server is capturing"):
        Spool(spool)


def test_jobs_are_listed_page_by_page_the_newest_first(ledger: Engine, run: Run) -> None:
    jobs = [run(a_document(an_event(n))) for n in range(5)]
    with ledger.connect() as connection:
        first = list_jobs(connection, limit=3)
        rest = list_jobs(connection, limit=3, after=(first[-1].created_at, first[-1].id))
    assert {job.id for job in [*first, *rest]} == {job.id for job in jobs}
    assert len(rest) == 2


def test_master_data_of_the_header_is_captured(ledger: Engine, run: Run) -> None:
    header = {
        "epcisMasterData": {
            "vocabularyList": [
                {
                    "type": "urn:epcglobal:epcis:vtype:BusinessLocation",
                    "vocabularyElementList": [
                        {
                            "id": "urn:epc:id:sgln:9521234.00001.0",
                            "attributes": [{"id": "cbvmda:site", "attribute": "9"}],
                        }
                    ],
                }
            ]
        }
    }
    job = run(a_document(an_event(1), epcisHeader=header))
    assert job.success, job.errors
    with ledger.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM master_data_element")).scalar_one() == 1
