"""A study that has chosen its own calibration: every process finds it, quick or slow."""

import time
from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from app.core.db import to_micro
from app.jobs.service import JobStatus
from app.statements import cells, recodings
from app.statements.models import PendingRefinement, Statement
from app.studies import adaptations
from app.studies.coders import get_coder
from app.studies.models import Study
from nlp import Coder
from nlp.adapted import Adaptation, AdaptedCoder
from tests.jobs.conftest import StartWorker
from tests.support.cast import Cast
from tests.support.slow_coder import NAME, SlowCoder

LastStatus = Callable[[UUID], JobStatus]
LIFTED = Adaptation.of_knots((-1, 1), (-0.5, 1.0))


def adapt(cast: Cast, base: Coder) -> AdaptedCoder:
    """Keep a calibration of ``base`` and return the coder that it makes."""
    report = {"chosen": "linear", "statements": 0}
    with cast.store.write() as session:
        adaptations.keep(session, "cli", cast.study_id, base.name, base.version, LIFTED, report)
    return AdaptedCoder(base, LIFTED)


def choose(cast: Cast, coder: str) -> UUID:
    with cast.store.write() as session:
        return recodings.request(session, "cli", session.get_one(Study, cast.study_id), coder).job_id


def assert_shows(cast: Cast, coder: Coder, statements: int) -> None:
    with cast.store.read() as session:
        rows = session.execute(select(Statement.text, Statement.model_version, Statement.sentiment_micro)).all()
        assert [row.model_version for row in rows] == [coder.version] * statements
        expected = coder.code([row.text for row in rows])
        assert [row.sentiment_micro for row in rows] == [to_micro(coding.sentiment) for coding in expected]
        assert cells.stored(session, cast.study_id) == cells.text_deltas(session, cast.study_id)


def test_entries_are_coded_by_it_from_then_on(cast: Cast, start_worker: StartWorker, last_status: LastStatus) -> None:
    adapted = adapt(cast, get_coder("default"))
    assert cast.put(cast.entry("很疼，睡不着"), uuid4()).status_code == 201
    start_worker()
    assert last_status(choose(cast, "adapted")).state == "done"
    adaptations._known.clear()  # as in a process that has not met it
    assert cast.put(cast.entry("好多了"), uuid4()).status_code == 201
    assert_shows(cast, adapted, 2)
    told = cast.get("/curve.json").json()
    assert (told["model_version"], told["recode_needed"]) == (adapted.version, False)


def test_a_later_fit_changes_nothing_until_it_is_chosen(
    cast: Cast, start_worker: StartWorker, last_status: LastStatus
) -> None:
    adapted = adapt(cast, get_coder("default"))
    start_worker()
    assert last_status(choose(cast, "adapted")).state == "done"
    other = Adaptation.of_knots((-1, 1), (-0.1, 0.1))
    with cast.store.write() as session:
        adaptations.keep(
            session, "cli", cast.study_id, "default", "default-1", other, {"chosen": "linear", "statements": 0}
        )
    assert cast.put(cast.entry("好多了"), uuid4()).status_code == 201
    assert_shows(cast, adapted, 1)
    assert last_status(choose(cast, "adapted")).state == "done"
    assert_shows(cast, AdaptedCoder(get_coder("default"), other), 1)


@pytest.mark.usefixtures("slow_coder")
def test_of_a_slow_coder_it_is_slow(cast: Cast, start_worker: StartWorker, last_status: LastStatus) -> None:
    adapted = adapt(cast, SlowCoder())
    start_worker()
    assert last_status(choose(cast, "adapted")).state == "done"
    assert cast.put(cast.entry("很疼，睡不着"), uuid4()).status_code == 201
    deadline = time.monotonic() + 90
    while True:
        with cast.store.read() as session:
            if not session.scalar(select(func.count()).select_from(PendingRefinement)):
                break
        assert time.monotonic() < deadline, "not refined in time"
        time.sleep(0.02)
    assert_shows(cast, adapted, 1)
    assert adapted.version.endswith(f"/{SlowCoder.version}")
    assert SlowCoder.name == NAME
