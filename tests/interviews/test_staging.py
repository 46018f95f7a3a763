"""From a transcript to statements: imported once, staged by people, and the cells always what the statements say."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from app.accounts.actors import StaffActor
from app.core.crypto import Keyring
from app.core.db import Database
from app.core.errors import Invalid
from app.interviews import importing, queries, service, staging
from app.interviews.errors import InterviewChanged, StageUnknown, TurnChanged, TurnNotStaged
from app.interviews.importing import Given, Imported
from app.interviews.models import Interview, Turn
from app.interviews.staging import Choice, Outcome
from app.interviews.transcripts.reading import read, understand
from app.participants import service as people
from app.participants.models import Participant
from app.statements import cells
from app.statements.models import Statement
from app.studies import queries as studies
from app.studies import service as study_service
from app.studies.models import Study
from app.studies.protocol import StudyProtocol
from app.studies.schemas import WaveIn
from tests.support.scene import Scene, set_scene

FIXTURES = Path(__file__).parent / "fixtures"
ACTOR = "user:test"


@pytest.fixture
def scene(store: Database) -> Scene:
    return set_scene(store, Keyring(b"k" * 32))


def bring_in(scene: Scene, raw: bytes | None = None, **changes: Any) -> Imported:
    source = read((FIXTURES / "dental_implant.txt").read_bytes() if raw is None else raw, "dental_implant.txt")
    given = Given(**{"participant": "P01", "held_on": date(2026, 5, 2), **changes})
    with scene.store.write() as session:
        study = session.get_one(Study, scene.study_id)
        return importing.import_interview(session, scene.keyring, ACTOR, study, source, understand(source), given)


def turns(scene: Scene, interview_id: UUID) -> list[Turn]:
    with scene.store.read() as session:
        return list(queries.turns_of(session, scene.study_id, interview_id))


def protocol(scene: Scene) -> StudyProtocol:
    with scene.store.read() as session:
        return studies.protocol(session, scene.study_id)


def answers(scene: Scene, interview_id: UUID) -> list[Turn]:
    return [turn for turn in turns(scene, interview_id) if turn.role == "respondent"]


def as_proposed(found: list[Turn]) -> list[Choice]:
    return [Choice(turn.id, turn.version, turn.proposed_stage_id) for turn in found]


def confirm(scene: Scene, choices: list[Choice]) -> Outcome:
    with scene.store.read() as session:
        coded = staging.code_turns(session, scene.study_id, [choice.turn_id for choice in choices])
    with scene.store.write() as session:
        return staging.confirm(session, ACTOR, scene.study_id, choices, coded)


def standing(scene: Scene) -> dict[UUID, Statement]:
    with scene.store.read() as session:
        rows = session.scalars(
            select(Statement).where(Statement.study_id == scene.study_id, Statement.retracted_at.is_(None))
        )
        return {row.source_id: row for row in rows}


def assert_cells_are_sound(scene: Scene) -> None:
    with scene.store.read() as session:
        counted = {key: sums for key, sums in cells.text_deltas(session, scene.study_id).items() if any(sums)}
        assert cells.stored(session, scene.study_id) == counted


def test_an_import_is_stored_once_with_proposals(scene: Scene) -> None:
    first = bring_in(scene)
    again = bring_in(scene, raw=(FIXTURES / "dental_implant.txt").read_text("utf-8").encode("gb18030"))
    assert first.created
    assert again == Imported(first.interview_id, created=False)
    found = turns(scene, first.interview_id)
    assert Counter(turn.role for turn in found) == {"interviewer": 31, "respondent": 31}
    assert [turn.position for turn in found] == list(range(1, 63))
    assert all(turn.proposed_stage_id is None for turn in found if turn.role == "interviewer")
    assert sum(turn.proposed_stage_id is not None for turn in found) >= 25
    assert standing(scene) == {}, "nothing is a statement before a person has confirmed it"


def test_confirmed_turns_are_statements_in_the_curve(scene: Scene) -> None:
    interview_id = bring_in(scene).interview_id
    found = answers(scene, interview_id)
    outcome = confirm(scene, as_proposed(found))
    left_out = sum(turn.proposed_stage_id is None for turn in found)
    assert (outcome.confirmed, outcome.left_out, outcome.stale) == (31, left_out, [])
    said = standing(scene)
    assert {turn.id: turn.text for turn in found if turn.proposed_stage_id} == {
        source: row.text for source, row in said.items()
    }
    one = next(iter(said.values()))
    assert (one.source, one.role, one.day) == ("interview", "interview", None)
    assert one.occurred_at.date() == date(2026, 5, 2)
    assert_cells_are_sound(scene)
    again = confirm(scene, as_proposed(found))
    assert (again.unchanged, again.confirmed, again.stale) == (31, 0, [])
    assert len(standing(scene)) == len(said)


def test_another_stage_keeps_the_statement_and_none_takes_it_out(scene: Scene) -> None:
    interview_id = bring_in(scene).interview_id
    turn = answers(scene, interview_id)[3]
    first, second, *_ = protocol(scene).stages
    touchpoint = protocol(scene).touchpoints_of(second.id)[0]
    confirm(scene, [Choice(turn.id, 1, first.id)])
    before = standing(scene)[turn.id]
    assert confirm(scene, [Choice(turn.id, 2, second.id, touchpoint.id)]).moved == 1
    after = standing(scene)[turn.id]
    assert (after.id, after.stage_id, after.touchpoint_id) == (before.id, second.id, touchpoint.id)
    assert_cells_are_sound(scene)
    assert confirm(scene, [Choice(turn.id, 3, None)]).left_out == 1
    assert standing(scene) == {}
    assert_cells_are_sound(scene)
    assert confirm(scene, [Choice(turn.id, 4, first.id)]).moved == 1
    assert standing(scene)[turn.id].id != before.id
    assert_cells_are_sound(scene)


def test_two_people_do_not_overwrite_each_other(scene: Scene) -> None:
    interview_id = bring_in(scene).interview_id
    first, second, *_ = protocol(scene).stages
    one, other = answers(scene, interview_id)[2:4]
    confirm(scene, [Choice(one.id, one.version, first.id)])
    outcome = confirm(
        scene, [Choice(one.id, one.version, second.id), Choice(other.id, 1, second.id), Choice(uuid4(), 1, first.id)]
    )
    assert outcome.confirmed == 1
    assert set(outcome.stale) >= {one.id}
    assert len(outcome.stale) == 2
    assert standing(scene)[one.id].stage_id == first.id


def test_what_cannot_be_staged_is_refused_and_changes_nothing(scene: Scene) -> None:
    interview_id = bring_in(scene).interview_id
    asked, answered = turns(scene, interview_id)[:2]
    first, second, *_ = protocol(scene).stages
    elsewhere = protocol(scene).touchpoints_of(second.id)[0]
    with pytest.raises(TurnNotStaged):
        confirm(scene, [Choice(answered.id, 1, first.id), Choice(asked.id, 1, first.id)])
    with pytest.raises(StageUnknown):
        confirm(scene, [Choice(answered.id, 1, uuid4())])
    with pytest.raises(StageUnknown):
        confirm(scene, [Choice(answered.id, 1, first.id, elsewhere.id)])
    assert standing(scene) == {}


def test_a_mended_text_is_a_new_statement(scene: Scene) -> None:
    interview_id = bring_in(scene).interview_id
    turn = answers(scene, interview_id)[5]
    first = protocol(scene).stages[0]
    confirm(scene, [Choice(turn.id, 1, first.id)])
    before = standing(scene)[turn.id]
    with scene.store.write() as session:
        service.change_text(session, ACTOR, scene.study_id, interview_id, turn.id, "真的\r\n特别疼。", version=2)
    after = standing(scene)[turn.id]
    assert after.id != before.id
    assert after.text == "真的\n特别疼。"
    assert after.sentiment_micro < 0
    assert_cells_are_sound(scene)
    with pytest.raises(TurnChanged), scene.store.write() as session:
        service.change_text(session, ACTOR, scene.study_id, interview_id, turn.id, "别的", version=2)
    with pytest.raises(Invalid), scene.store.write() as session:
        service.change_text(session, ACTOR, scene.study_id, interview_id, turn.id, "  ", version=3)


def test_speakers_change_their_part_and_statements_follow(scene: Scene) -> None:
    interview_id = bring_in(scene).interview_id
    confirm(scene, as_proposed(answers(scene, interview_id)))
    with scene.store.write() as session:
        changed = service.set_roles(
            session, ACTOR, scene.study_id, interview_id, {"受访者": "other", "访谈者": "respondent"}, version=1
        )
        assert changed.version == 2
    assert standing(scene) == {}
    assert_cells_are_sound(scene)
    now = turns(scene, interview_id)
    assert Counter(turn.role for turn in now) == {"other": 31, "respondent": 31}
    assert any(turn.proposed_stage_id for turn in now if turn.speaker == "访谈者")
    assert not any(turn.confirmed_at for turn in now)
    with pytest.raises(InterviewChanged), scene.store.write() as session:
        service.set_roles(session, ACTOR, scene.study_id, interview_id, {"受访者": "respondent"}, version=1)


def test_wave_and_name_change_and_removal_takes_all_along(scene: Scene) -> None:
    interview_id = bring_in(scene).interview_id
    kept = bring_in(scene, raw="受访者：另一场访谈里，我等得很着急。\n".encode()).interview_id
    for one in (interview_id, kept):
        confirm(scene, [Choice(turn.id, 1, protocol(scene).stages[1].id) for turn in answers(scene, one)])
    with scene.store.write() as session:
        service.rename(session, ACTOR, scene.study_id, interview_id, "  第一次  谈话 ", version=1)
    with scene.store.read() as session:
        assert session.get_one(Interview, (scene.study_id, interview_id)).title == "第一次 谈话"
        gone = queries.going_with(session, scene.study_id, interview_id)
    assert (gone.turns, gone.statements) == (62, 31)
    with scene.store.write() as session:
        service.remove(session, ACTOR, scene.study_id, interview_id, version=2)
    assert {row.source_id for row in standing(scene).values()} == {turn.id for turn in turns(scene, kept)}
    assert_cells_are_sound(scene)
    with scene.store.read() as session:
        assert session.scalar(select(func.count()).select_from(Turn)) == 1
    assert bring_in(scene).created, "what was deleted may come back"


def test_an_interview_moves_to_another_wave_with_its_statements(scene: Scene) -> None:
    owner = StaffActor(scene.user_ids["owner"], "owner", "Owner", False)
    with scene.store.write() as session:
        for key in ("before", "after"):
            study_service.add_wave(session, owner, scene.study_id, WaveIn(key=key, name=key))
    before, after = (wave.id for wave in protocol(scene).waves)
    interview_id = bring_in(scene, wave="before").interview_id
    confirm(scene, as_proposed(answers(scene, interview_id)))
    assert {row.wave_id for row in standing(scene).values()} == {before}
    kept = {row.id for row in standing(scene).values()}
    with scene.store.write() as session:
        service.put_in_wave(session, ACTOR, scene.study_id, interview_id, after, version=1)
    assert {row.wave_id for row in standing(scene).values()} == {after}
    assert {row.id for row in standing(scene).values()} == kept
    assert_cells_are_sound(scene)


def test_consent_is_asked_for_as_the_study_has_it(scene: Scene) -> None:
    def problem(**changes: Any) -> str:
        with pytest.raises(Invalid) as refused:
            bring_in(scene, **changes)
        return f"{refused.value.fields[0].field}:{refused.value.fields[0].code}"

    scene.add_patient("P03", consent=False)
    assert problem(participant="P03") == "paper:consent_missing"
    assert problem(participant="P77") == "new:unknown"
    assert problem(participant="P77", new=True) == "paper:consent_missing"
    assert problem(participant="P 7!", new=True, paper=True) == "participant:invalid"
    assert problem(held_on=date(2199, 1, 1)) == "held_on:in_future"
    assert problem(wave="none") == "wave:unknown"
    with scene.store.write() as session:
        person = session.get_one(Participant, (scene.study_id, scene.people["P02"]))
        people.withdraw(session, ACTOR, person)
    assert problem(participant="P02", paper=True) == "participant:withdrawn"
    with scene.store.write() as session:
        person = session.get_one(Participant, (scene.study_id, scene.people["P01"]))
        people.withdraw_purpose(session, ACTOR, person, "diary")
    assert problem(participant="P01", paper=True) == "participant:consent_withdrawn"
    assert bring_in(scene, participant="P77", new=True, paper=True).created
    with scene.store.read() as session:
        found = session.scalars(select(Participant).where(Participant.code == "P77")).one()
        assert people.consent_state(session, found).suffices(on_phone=False)


def test_a_second_click_at_the_same_moment_stores_nothing_twice(scene: Scene) -> None:
    with ThreadPoolExecutor(4) as clicks:
        done = list(clicks.map(lambda _: bring_in(scene, participant="N01", new=True, paper=True), range(4)))
    assert Counter(one.created for one in done) == {True: 1, False: 3}
    assert len(turns(scene, done[0].interview_id)) == 62


def test_of_two_people_at_the_same_moment_one_is_told(scene: Scene) -> None:
    interview_id = bring_in(scene).interview_id
    stages = [stage.id for stage in protocol(scene).stages]
    for turn in answers(scene, interview_id)[:8]:
        with ThreadPoolExecutor(2) as people_at_work:
            asked = [[Choice(turn.id, turn.version, stage_id)] for stage_id in stages[:2]]
            outcomes = list(people_at_work.map(lambda choices: confirm(scene, choices), asked))
        assert sorted((one.confirmed, len(one.stale)) for one in outcomes) == [(0, 1), (1, 0)]
        winner = next(stage_id for stage_id, one in zip(stages, outcomes, strict=False) if one.confirmed)
        assert standing(scene)[turn.id].stage_id == winner
    assert_cells_are_sound(scene)


def test_a_thousand_answers_are_confirmed_in_one_go(scene: Scene) -> None:
    lines = [f"访谈者：第{n}问？\n受访者：第{n}天，还是有点疼。" for n in range(1_000)]
    interview_id = bring_in(scene, raw="\n".join(lines).encode()).interview_id
    stage_id = protocol(scene).stages[5].id
    found = answers(scene, interview_id)
    assert confirm(scene, [Choice(turn.id, 1, stage_id) for turn in found]).confirmed == 1_000
    assert len(standing(scene)) == 1_000
    assert_cells_are_sound(scene)
    with scene.store.write() as session:
        service.remove(session, ACTOR, scene.study_id, interview_id, version=1)
    assert standing(scene) == {}
    assert_cells_are_sound(scene)
