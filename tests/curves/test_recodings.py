"""What another coder would do to a curve is shown before anybody adopts it, and declining it changes nothing."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from httpx2 import Response
from scipy import stats
from sqlalchemy import select

from app.audit.models import AuditEvent
from app.statements import cells, service, tasks
from app.statements.cells import Place
from app.statements.models import Statement
from app.statements.service import Utterance
from app.studies.coders import Choice, get_coder
from app.studies.models import Stage, Study
from nlp import Coding
from tests.jobs.conftest import StartWorker, last_status, start_worker, trace
from tests.support.cast import Cast
from tests.support.databases import ScratchDatabase
from tests.support.program import xinlu
from tests.support.scene import PASSWORD, SLUG
from tests.support.staff import sign_in, submit

__all__ = ["last_status", "start_worker", "trace"]

TEXTS = (
    "伤口很疼，整夜睡不着",
    "护士特别耐心，安心多了",
    "今天能吃软的东西了，高兴",
    "没有人告诉我要等多久",
    "和昨天差不多",
)
PEOPLE = 12
STAGES = 3
PAGE = f"/studies/{SLUG}/settings/coder"
OLD, NEW = "default", "lexicon"


@pytest.fixture
def spoken(cast: Cast) -> Cast:
    """The cast, where twelve people have said two to five things in each of three stages."""
    for number in range(PEOPLE - 2):
        cast.add_patient(f"Q{number:02d}")
    coder = get_coder(OLD)
    moment = datetime(2026, 3, 13, tzinfo=UTC)
    with cast.store.write() as session:
        stages = session.scalars(select(Stage.id).where(Stage.study_id == cast.study_id).order_by(Stage.position)).all()
        utterances = []
        for person, participant_id in enumerate(cast.people.values()):
            for stage in range(STAGES):
                said = [
                    ("feeling", f"{TEXTS[(person * 3 + stage + at) % 5]}（{person}·{stage}·{at}）")
                    for at in range(2 + (person + stage) % 4)
                ]
                place = Place(participant_id, stages[stage], None, None, stage)
                utterances += [Utterance("diary", uuid4(), place, moment, (one,)) for one in service.code(coder, said)]
        service.record(session, cast.study_id, coder.version, utterances)
    return cast


def post(cast: Cast, path: str, body: dict[str, Any] | None = None, *, who: str = "owner") -> Response:
    return cast.client.post(f"/api/v1/studies/{SLUG}/recodings{path}", json=body, headers=cast.headers[who])


def wait_for(cast: Cast, recoding_id: str, state: str) -> dict[str, Any]:
    deadline = time.monotonic() + 90
    while True:
        told: dict[str, Any] = cast.get(f"/recodings/{recoding_id}").json()
        if told["state"] == state:
            return told
        assert time.monotonic() < deadline, f"{told['state']} and not {state} in time"
        time.sleep(0.02)


def previewed(cast: Cast, start_worker: StartWorker, coder: str = NEW) -> dict[str, Any]:
    start_worker()
    asked = post(cast, "", {"coder": coder})
    assert asked.status_code == 202, asked.text
    assert asked.json()["state"] == "coding"
    return wait_for(cast, asked.json()["id"], "ready")


def in_force(cast: Cast) -> str:
    with cast.store.read() as session:
        [version] = set(session.scalars(select(Statement.model_version)))
        study = session.get_one(Study, cast.study_id)
        assert study.coder_version == version
        assert cells.stored(session, cast.study_id) == cells.text_deltas(session, cast.study_id)
    return version


def actions(cast: Cast) -> list[tuple[str, str]]:
    with cast.store.read() as session:
        log = select(AuditEvent.actor, AuditEvent.action).where(
            AuditEvent.action.like("coder.%") | AuditEvent.action.like("recoding.%")
        )
        return [(row.actor.partition(":")[0], row.action) for row in session.execute(log.order_by(AuditEvent.id))]


def differences(cast: Cast) -> dict[str, np.ndarray[Any, np.dtype[np.float64]]]:
    """Per stage an array of (participant's number, what changes) of every statement, counted from the texts themselves."""
    with cast.store.read() as session:
        keys = dict(session.execute(select(Stage.id, Stage.key)).all())
        rows = session.execute(select(Statement.participant_id, Statement.stage_id, Statement.text)).all()
    old, new = (get_coder(name).code([row.text for row in rows]) for name in (OLD, NEW))
    people = {one: number for number, one in enumerate(sorted({row.participant_id for row in rows}))}
    found: dict[str, list[tuple[float, float]]] = {}
    for row, was, becomes in zip(rows, old, new, strict=True):
        change = becomes.sentiment - was.sentiment
        found.setdefault(keys[row.stage_id], []).append((people[row.participant_id], change))
    return {key: np.array(values) for key, values in found.items()}


def test_both_curves_and_their_paired_difference_are_shown_and_nothing_has_changed(
    spoken: Cast, start_worker: StartWorker
) -> None:
    before = spoken.get("/curve.json", who="owner").json()
    told = previewed(spoken, start_worker)
    assert in_force(spoken) == get_coder(OLD).version
    assert spoken.get("/curve.json").json()["points"] == before["points"]
    found = told["comparison"]
    assert (told["version"], told["before"]) == (get_coder(NEW).version, get_coder(OLD).version)
    assert found["before"]["points"] == before["points"]
    assert found["after"]["model_version"] == get_coder(NEW).version
    expected = differences(spoken)
    compared = {stage["key"]: stage for stage in found["stages"]}
    for key, values in expected.items():
        person, change = values.T
        stage = compared[key]
        assert stage["difference"] == pytest.approx(change.mean(), abs=1e-5)
        assert stage["difference"] == pytest.approx(stage["after"] - stage["before"], abs=1e-5)
        # The jackknife over people, written out anew.
        left = np.array([change[person != one].mean() for one in np.unique(person)])
        error = np.sqrt((left.size - 1) / left.size * ((left - left.mean()) ** 2).sum())
        margin = stats.t.ppf(0.975, left.size - 1) * error
        assert stage["upper"] - stage["lower"] == pytest.approx(2 * margin, rel=1e-3)
        assert stage["band_upper"] >= stage["upper"]
        assert stage["n_statements"] == change.size
    silent = [stage for key, stage in compared.items() if key not in expected]
    assert all(stage["difference"] is None and stage["n_statements"] == 0 for stage in silent)


def test_labels_and_examples_say_what_moves(spoken: Cast, start_worker: StartWorker) -> None:
    found = previewed(spoken, start_worker)["comparison"]
    with spoken.store.read() as session:
        texts = list(session.scalars(select(Statement.text)))
    old, new = (get_coder(name).code(texts) for name in (OLD, NEW))
    moves: dict[tuple[str, str], int] = {}
    for was, becomes in zip(old, new, strict=True):
        moves[was.label, becomes.label] = moves.get((was.label, becomes.label), 0) + 1
    assert {(one["before"], one["after"]): one["statements"] for one in found["moves"]} == moves
    assert found["relabelled"] == sum(n for (was, becomes), n in moves.items() if was != becomes)
    assert found["statements"] == len(texts)
    changes = sorted((abs(b.sentiment - a.sentiment) for a, b in zip(old, new, strict=True)), reverse=True)
    shown = [abs(one["after"] - one["before"]) for one in found["examples"]]
    assert shown == pytest.approx(changes[: len(shown)], abs=1e-5)
    by_text = {text: (was.sentiment, becomes.sentiment) for text, was, becomes in zip(texts, old, new, strict=True)}
    assert all(by_text[one["text"]] == (one["before"], one["after"]) for one in found["examples"])


def test_adopting_switches_and_takes_along_what_came_since(spoken: Cast, start_worker: StartWorker) -> None:
    told = previewed(spoken, start_worker)
    assert spoken.put(spoken.entry("刚刚才写的，好多了"), uuid4()).status_code == 201
    assert spoken.get(f"/recodings/{told['id']}").json()["comparison"]["later"] == 1
    asked = post(spoken, f"/{told['id']}/adopt", who="teammate")
    assert (asked.status_code, asked.json()["state"]) == (202, "adopting")
    done = wait_for(spoken, told["id"], "adopted")
    assert done["comparison"] is None
    assert in_force(spoken) == get_coder(NEW).version
    assert actions(spoken) == [
        ("key", "coder.requested"),
        ("key", "recoding.adopted"),
        ("key", "coder.chosen"),
    ]
    assert post(spoken, f"/{told['id']}/adopt").json()["state"] == "adopted"
    refused = post(spoken, f"/{told['id']}/decline")
    assert (refused.status_code, refused.json()["code"]) == (409, "recoding_not_ready")
    [listed] = spoken.get("/recodings").json()
    assert (listed["id"], listed["state"]) == (told["id"], "adopted")


def test_declining_leaves_everything(spoken: Cast, start_worker: StartWorker) -> None:
    before = spoken.get("/curve.json").json()
    told = previewed(spoken, start_worker)
    declined = post(spoken, f"/{told['id']}/decline")
    assert (declined.status_code, declined.json()["state"]) == (200, "declined")
    assert spoken.get("/curve.json").json()["points"] == before["points"]
    assert in_force(spoken) == get_coder(OLD).version
    assert [action for _, action in actions(spoken)] == ["coder.requested", "recoding.declined"]
    assert post(spoken, f"/{told['id']}/adopt").status_code == 409
    assert post(spoken, f"/{told['id']}/decline").json()["state"] == "declined"


def test_one_proposal_at_a_time(spoken: Cast, start_worker: StartWorker) -> None:
    first = post(spoken, "", {"coder": NEW}).json()
    assert post(spoken, "", {"coder": NEW}).json()["id"] == first["id"]
    refused = post(spoken, "", {"coder": "snownlp"})
    assert (refused.status_code, refused.json()["code"]) == (409, "recode_under_way")
    assert post(spoken, f"/{first['id']}/adopt").json()["code"] == "recoding_not_ready"
    start_worker()
    wait_for(spoken, first["id"], "ready")
    refused = post(spoken, "", {"coder": "snownlp"})
    assert (refused.status_code, refused.json()["code"]) == (409, "recoding_undecided")
    again = post(spoken, "", {"coder": NEW}).json()
    assert (again["id"], again["state"]) == (first["id"], "coding")
    wait_for(spoken, first["id"], "ready")
    for body, code in (({"coder": "none-such"}, "invalid"), ({"coder": "adapted"}, "not_adapted")):
        assert post(spoken, "", body).json()["code"] == code


def test_a_proposal_that_is_declined_while_it_is_coded_stops(
    spoken: Cast, start_worker: StartWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = post(spoken, "", {"coder": NEW}).json()
    assert post(spoken, f"/{asked['id']}/decline").json()["state"] == "declined"
    start_worker()
    deadline = time.monotonic() + 90
    while (
        spoken.get(f"/recodings/{asked['id']}").json()["done"] is None
        or post(spoken, "", {"coder": "snownlp"}).status_code == 409
    ):
        assert time.monotonic() < deadline, "the declined job goes on"
        time.sleep(0.05)
    assert spoken.get(f"/recodings/{asked['id']}").json()["state"] == "declined"
    assert in_force(spoken) == get_coder(OLD).version


def test_to_be_adopted_at_once_needs_no_decision(spoken: Cast, start_worker: StartWorker) -> None:
    start_worker()
    asked = post(spoken, "", {"coder": NEW, "adopt": True})
    wait_for(spoken, asked.json()["id"], "adopted")
    assert in_force(spoken) == get_coder(NEW).version


class Upgraded:
    """The coder as it is after an upgrade of the program."""

    name = NEW
    version = "lexicon-99"

    def code(self, texts: Sequence[str], *, explain: bool = False) -> list[Coding]:
        return get_coder(NEW).code(texts, explain=explain)


def test_another_version_than_the_one_that_was_shown_is_never_adopted(
    spoken: Cast, start_worker: StartWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = previewed(spoken, start_worker)
    real = Choice.load
    monkeypatch.setattr(Choice, "load", lambda choice: Upgraded() if choice.name == NEW else real(choice))
    post(spoken, f"/{told['id']}/adopt")
    failed = wait_for(spoken, told["id"], "failed")
    assert failed["error_code"] == "coder_changed"
    assert in_force(spoken) == get_coder(OLD).version


def test_who_may_ask_look_and_decide(spoken: Cast, start_worker: StartWorker) -> None:
    for who, status in (("viewer", 403), ("stranger", 404)):
        assert post(spoken, "", {"coder": NEW}, who=who).status_code == status
    told = previewed(spoken, start_worker)
    for who, status in (("viewer", 403), ("stranger", 404)):
        assert post(spoken, f"/{told['id']}/adopt", who=who).status_code == status
        assert post(spoken, f"/{told['id']}/decline", who=who).status_code == status
    assert spoken.get(f"/recodings/{told['id']}", who="stranger").status_code == 404
    assert spoken.get(f"/recodings/{uuid4()}").status_code == 404
    seen = spoken.get(f"/recodings/{told['id']}", who="viewer").json()["comparison"]
    assert seen["examples"] == []
    assert seen["relabelled"] is not None
    assert told["comparison"]["examples"]
    spoken.put(spoken.entry("只有一个人到这一段", stage="sharing"), uuid4())
    post(spoken, "", {"coder": NEW})
    again = wait_for(spoken, told["id"], "ready")["comparison"]
    [sharing] = [stage for stage in again["stages"] if stage["key"] == "sharing"]
    assert sharing["difference"] is not None
    seen = spoken.get(f"/recodings/{told['id']}", who="viewer").json()["comparison"]
    [sharing] = [stage for stage in seen["stages"] if stage["key"] == "sharing"]
    assert (sharing["suppressed"], sharing["difference"], sharing["n_statements"]) == (True, None, None)


def test_few_people_are_hidden_altogether(cast: Cast, start_worker: StartWorker) -> None:
    cast.put(cast.entry("很疼"), uuid4())
    told = previewed(cast, start_worker)
    seen = cast.get(f"/recodings/{told['id']}", who="viewer").json()["comparison"]
    assert (seen["relabelled"], seen["moves"]) == (None, [])
    assert all(stage["suppressed"] for stage in seen["stages"])


def test_the_page_leads_from_a_trial_to_a_decision(
    spoken: Cast, start_worker: StartWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = spoken.client
    sign_in(client, "owner", PASSWORD)
    assert "试编，先看看" in client.get(PAGE).text
    wrong = submit(client, PAGE, PAGE, {"coder": "none-such"})
    assert wrong.status_code == 422
    assert "没有这个编码器" in wrong.text
    assert submit(client, PAGE, PAGE, {"coder": NEW}).status_code == 303
    page = client.get(PAGE).text
    assert "马上开始" in page
    start_worker()
    [recoding] = spoken.get("/recodings").json()
    wait_for(spoken, recoding["id"], "ready")
    page = client.get(PAGE).text
    for words in ("两条曲线", "换了以后", "变得最多的几条", "不采用", get_coder(NEW).version):
        assert words in page
    decision = {"recoding": recoding["id"], "decision": "adopt"}
    client.cookies.clear()
    sign_in(client, "viewer", PASSWORD)
    page = client.get(PAGE).text
    assert "两条曲线" in page
    assert "变得最多的几条" not in page
    assert "试编，先看看" not in page
    assert submit(client, PAGE, f"{PAGE}/decision", decision).status_code == 403
    client.cookies.clear()
    sign_in(client, "teammate", PASSWORD)
    for broken in (
        {**decision, "decision": "other"},
        {**decision, "recoding": "1"},
        {**decision, "recoding": str(uuid4())},
    ):
        assert submit(client, PAGE, f"{PAGE}/decision", broken).status_code == 404
    assert submit(client, PAGE, f"{PAGE}/decision", decision).status_code == 303
    wait_for(spoken, recoding["id"], "adopted")
    assert in_force(spoken) == get_coder(NEW).version
    assert ("user", "recoding.adopted") in actions(spoken)
    late = submit(client, PAGE, f"{PAGE}/decision", {**decision, "decision": "decline"})
    assert late.status_code == 409
    assert "不能采用，也不能放弃" in late.text


def test_the_page_says_what_went_wrong(
    spoken: Cast, start_worker: StartWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_given: object) -> Any:
        raise RuntimeError

    monkeypatch.setattr(tasks, "coding_rows", broken)
    monkeypatch.setattr("app.jobs.context.FIRST_WAIT", 0.0)
    start_worker()
    asked = post(spoken, "", {"coder": NEW}).json()
    assert wait_for(spoken, asked["id"], "failed")["error_code"] == "internal"
    sign_in(spoken.client, "owner", PASSWORD)
    assert "编码中途出了问题，分数没有动" in spoken.client.get(PAGE).text
    other = post(spoken, "", {"coder": "snownlp"})
    assert other.status_code == 202, "one that failed stands in nobody's way"


def test_the_command_previews_adopts_and_declines(spoken: Cast, database: ScratchDatabase) -> None:
    command = ("recode", "--study", SLUG, "--coder", NEW)
    early = xinlu(*command, "--adopt", env=database.env, check=False)
    assert early.returncode == 1
    assert "现在不能采用" in early.stderr
    said = xinlu(*command, "--preview", env=database.env).stdout
    assert "条换了褒贬" in said
    assert f"采用：xinlu recode --study {SLUG} --coder {NEW} --adopt" in said
    assert in_force(spoken) == get_coder(OLD).version
    xinlu(*command, "--decline", env=database.env)
    assert in_force(spoken) == get_coder(OLD).version
    xinlu(*command, "--preview", env=database.env)
    assert "已用 lexicon 重新编码" in xinlu(*command, "--adopt", env=database.env).stdout
    assert in_force(spoken) == get_coder(NEW).version
    both = xinlu(*command, "--adopt", "--preview", env=database.env, check=False)
    assert both.returncode == 2
