"""What workers do by themselves: plan newcomers and whoever's turn it is, and settle what the dead had claimed."""

from datetime import UTC, date, datetime, timedelta
from threading import Event
from uuid import uuid4

from sqlalchemy import func, select

from app.core import clock
from app.core.crypto import Keyring
from app.core.db import Database
from app.core.settings import Settings
from app.jobs import presence
from app.jobs.context import WorkerContext
from app.participants import queries, service
from app.prompts import ledger, tasks
from app.prompts.models import Prompt
from tests.prompts import world
from tests.prompts.oracle import Life

SHANGHAI = "Asia/Shanghai"


def count(store: Database, *states: str) -> int:
    with store.read() as session:
        return session.scalar(select(func.count()).select_from(Prompt).where(Prompt.state.in_(states))) or 0


def test_workers_plan_settle_and_cancel(store: Database, settings: Settings) -> None:
    context = WorkerContext(settings, store, Keyring(b"a secret for tests, of 32 bytes and more"), Event())
    study_id = world.make_study(store)
    people = [Life(uuid4(), f"P{n}", world.BEGIN, date(2026, 9, 20), [(world.BEGIN, SHANGHAI)]) for n in range(3)]
    world.enrol(store, study_id, people, world.BEGIN)
    with clock.frozen_at(world.BEGIN):
        tasks.plan_ahead(context)
        planned = count(store, "planned")
        assert planned > len(people)
        tasks.plan_ahead(context)
        assert count(store, "planned") == planned
    later = world.BEGIN + timedelta(days=9)
    with clock.frozen_at(later):
        tasks.plan_ahead(context)
        tasks.settle(context)
        assert count(store, "expired") > 0
        assert count(store, "planned", "expired") > planned
    evening = datetime(2026, 10, 4, 12, tzinfo=UTC)
    with clock.frozen_at(evening):
        with store.write() as session:
            presence.claim(session, "alive")
            assert len(ledger.claim_due(session, evening, "dead", 10)) == len(people)
        tasks.settle(context)
        assert count(store, "sending") == 0
        with store.write() as session:
            assert len(ledger.claim_due(session, evening, "alive", 10)) == len(people)
        tasks.settle(context)
        assert count(store, "sending") == len(people)
        with store.write() as session:
            for life in people:
                person = queries.by_id(session, study_id, life.id)
                assert person is not None
                service.withdraw(session, world.ACTOR, person)
        tasks.cancel_for_leavers(context)
        assert count(store, "planned") == 0
