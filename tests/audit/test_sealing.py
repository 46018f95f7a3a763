"""The log's chain: sealed a moment behind, and every change to it found."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from app.audit import service, tasks
from app.audit.models import AuditEvent, AuditSeal
from app.audit.service import Change
from app.core import clock
from app.core.crypto import Keyring
from app.core.db import Database
from app.core.settings import Settings
from app.jobs.context import WorkerContext
from tests.support.databases import only_on

KEYRING = Keyring(b"a secret for tests, of 32 bytes and more")
OTHER = Keyring(b"another secret, just as long as the first")


def log(store: Database, count: int, about: str = "test") -> None:
    for number in range(count):
        with store.write() as session:
            service.record(session, Change("cli", "test.done", detail={"number": number, "about": about}))


def seal_all(store: Database, keyring: Keyring = KEYRING) -> None:
    context = WorkerContext(Settings(), store, keyring, threading.Event())
    tasks.seal_waiting(context)


def problems(store: Database, keyring: Keyring = KEYRING) -> list[str]:
    with store.read() as session:
        return service.check(session, keyring.public_key)


@pytest.fixture
def sealed(store: Database) -> Database:
    """A log of three seals of three events each."""
    for batch in range(3):
        log(store, 3, f"batch {batch}")
        seal_all(store)
    return store


def test_all_is_sealed_in_batches_and_the_chain_holds(store: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "BATCH", 4)
    log(store, 10)
    seal_all(store)
    with store.read() as session:
        assert [link.events for link in session.scalars(select(AuditSeal).order_by(AuditSeal.seq))] == [4, 4, 2]
        assert session.scalar(select(func.count()).where(AuditEvent.seal_seq.is_(None))) == 0
    assert problems(store) == []
    seal_all(store)
    with store.read() as session:
        assert session.scalar(select(func.count()).select_from(AuditSeal)) == 3


def event_of(session: Session, seq: int) -> AuditEvent:
    return session.scalars(select(AuditEvent).where(AuditEvent.seal_seq == seq).order_by(AuditEvent.id).limit(1)).one()


def changed_detail(session: Session) -> None:
    event_of(session, 2).detail = {"number": 99}


def changed_actor(session: Session) -> None:
    event_of(session, 2).actor = "user:somebody-else"


def changed_time(session: Session) -> None:
    event = event_of(session, 2)
    event.at += timedelta(seconds=1)


def removed_event(session: Session) -> None:
    session.execute(delete(AuditEvent).where(AuditEvent.id == event_of(session, 2).id))


def added_event(session: Session) -> None:
    row = service.rows([Change("cli", "test.forged")], clock.now())[0]
    session.execute(insert(AuditEvent).values({**row, "seal_seq": 2}))


def swapped_events(session: Session) -> None:
    one, other = event_of(session, 1), event_of(session, 2)
    one.seal_seq, other.seal_seq = 2, 1


def swapped_order(session: Session) -> None:
    """Two events of one seal trade what they say, commitments and all."""
    first, second = session.scalars(
        select(AuditEvent).where(AuditEvent.seal_seq == 2).order_by(AuditEvent.id).limit(2)
    ).all()
    for name in ("detail", "salt", "commitment"):
        mine, other = getattr(first, name), getattr(second, name)
        setattr(first, name, other)
        setattr(second, name, mine)


def edited_seal(session: Session) -> None:
    session.execute(update(AuditSeal).where(AuditSeal.seq == 2).values(batch_hash="0" * 64))


def recomputed_seal(session: Session) -> None:
    """Someone with the database but not the key changes an event and hashes its seal anew."""
    changed_actor(session)
    session.flush()
    link = session.get_one(AuditSeal, 2)
    events = session.scalars(select(AuditEvent).where(AuditEvent.seal_seq == 2)).all()
    link.batch_hash = service.batch_hash(events)
    link.chain_hash = service.chain_hash(2, link.batch_hash, link.previous_hash)


def forged_signature(session: Session) -> None:
    link = session.get_one(AuditSeal, 2)
    link.signature = OTHER.sign(link.chain_hash.encode())


def removed_seal(session: Session) -> None:
    session.execute(delete(AuditEvent).where(AuditEvent.seal_seq == 2))
    session.execute(delete(AuditSeal).where(AuditSeal.seq == 2))


TAMPERING: dict[Callable[[Session], None], str] = {
    changed_detail: "the detail of event",
    changed_actor: "the events of seal 2 were changed",
    changed_time: "the events of seal 2 were changed",
    removed_event: "the events of seal 2 were changed",
    added_event: "the events of seal 2 were changed",
    swapped_events: "the events of seal 1 were changed",
    swapped_order: "the events of seal 2 were changed",
    edited_seal: "seal 2 does not hash to what it says",
    recomputed_seal: "seal 2 is not signed by this installation",
    forged_signature: "seal 2 is not signed by this installation",
    removed_seal: "seal 2 is missing",
}


@only_on("sqlite")  # the check reads rows and hashes them: the kind of database makes no difference
@pytest.mark.parametrize("tamper", TAMPERING)
def test_tampering_is_found(sealed: Database, tamper: Callable[[Session], None]) -> None:
    assert problems(sealed) == []
    with sealed.write() as session:
        tamper(session)
    assert any(problem.startswith(TAMPERING[tamper]) for problem in problems(sealed)), problems(sealed)


def test_the_end_of_the_chain_cannot_be_redone_under_another_key(sealed: Database) -> None:
    log(sealed, 1)
    seal_all(sealed, OTHER)
    assert problems(sealed) == ["seal 4 is not signed by this installation"]


def test_what_a_person_left_can_be_erased_and_the_chain_holds(sealed: Database) -> None:
    with sealed.write() as session:
        session.execute(update(AuditEvent).where(AuditEvent.seal_seq == 2).values(detail=None, salt=None))
    assert problems(sealed) == []


def test_sealers_at_once_make_one_chain(store: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "BATCH", 3)
    ended = threading.Event()

    def keep_sealing() -> None:
        while not ended.is_set():
            seal_all(store)

    with ThreadPoolExecutor(8) as threads:
        sealers = [threads.submit(keep_sealing) for _ in range(4)]
        writers = [threads.submit(log, store, 20, str(number)) for number in range(4)]
        for writer in writers:
            writer.result()
        ended.set()
        for sealer in sealers:
            sealer.result()
    seal_all(store)
    assert problems(store) == []
    with store.read() as session:
        assert session.scalar(select(func.sum(AuditSeal.events))) == 80


def test_a_writer_does_not_wait_for_a_hash(store: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    hashing, go_on = threading.Event(), threading.Event()
    real = service.batch_hash

    def slow(events: list[AuditEvent]) -> str:
        hashing.set()
        assert go_on.wait(90)
        return real(events)

    monkeypatch.setattr(service, "batch_hash", slow)
    log(store, 3)
    with ThreadPoolExecutor(1) as thread:
        sealer = thread.submit(seal_all, store)
        assert hashing.wait(90)
        try:
            log(store, 1)  # were it to wait for the hash, it would wait in vain
        finally:
            go_on.set()
        sealer.result()
    monkeypatch.setattr(service, "batch_hash", real)
    seal_all(store)
    assert problems(store) == []


def test_an_idle_sealer_takes_no_writing_connection(store: Database) -> None:
    log(store, 1)
    seal_all(store)
    with store.write(), ThreadPoolExecutor(1) as thread:
        thread.submit(seal_all, store).result(90)
