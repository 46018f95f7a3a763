"""Settling what two coders say differently: who may, what is kept, and that the curve takes it at once."""

from uuid import UUID

import pytest
from sqlalchemy import select

from app.coding import adjudication
from app.coding.adjudication import Filter
from app.coding.errors import NotBothDone, OwnCodingOpen, StaleCoding
from app.coding.schemas import CodingIn
from app.statements.models import Statement
from tests.support.coding import CodedScene, CodingCast
from tests.support.scene import PASSWORD
from tests.support.staff import csrf_of, sign_in


def test_only_what_both_have_finished_is_settled(coded: CodedScene) -> None:
    single, doubled, *_ = coded.say()
    coded.give_draw([single])
    coded.give_draw([doubled], doubled=True)
    coded.save("teammate", single, 1)
    coded.assign("first", [doubled])
    coded.assign("owner", [doubled])
    coded.save("first", doubled, 1)
    for statement, refusal in ((single, NotBothDone), (doubled, OwnCodingOpen)):
        with pytest.raises(refusal):
            _settle(coded, "owner", statement, -1)
    with pytest.raises(NotBothDone):
        _settle(coded, "teammate", doubled, -1)
    assert _doubles(coded) == []
    coded.save("owner", doubled, -1)
    assert _settle(coded, "owner", doubled, -1) == 1


def test_every_decision_is_kept_and_the_last_one_counts(coded: CodedScene) -> None:
    statement = _doubled(coded, 2, -2)
    assert _human(coded, statement) == 0
    assert _settle(coded, "owner", statement, -1) == 1
    assert _human(coded, statement) == -500_000
    with pytest.raises(StaleCoding):
        _settle(coded, "teammate", statement, 1, version=0)
    assert _settle(coded, "teammate", statement, 2, version=1) == 2
    assert _human(coded, statement) == 1_000_000
    with coded.store.read() as session:
        history = adjudication.history(session, coded.study_id, statement)
    assert [(one.version, one.after["sentiment"], one.actor) for one in history] == [
        (1, -1, f"user:{coded.user_ids['owner']}"),
        (2, 2, f"user:{coded.user_ids['teammate']}"),
    ]


def test_doubles_are_found_by_how_far_apart_they_are_and_on_what(coded: CodedScene) -> None:
    far, near = _doubled(coded, 2, -1), _doubled(coded, 1, 0, stage="treatment")
    same = _doubled(coded, 1, 1)
    codes = _doubled(coded, 1, 1, mark=True)
    assert _doubles(coded) == [far, near, codes]
    assert _doubles(coded, least=2) == [far]
    assert _doubles(coded, stage_id=coded.stages["treatment"]) == [near]
    assert _doubles(coded, code=coded.codes["疼痛"]) == [codes]
    assert same in _doubles(coded, which="all")
    _settle(coded, "owner", far, 1)
    assert far not in _doubles(coded)
    assert _doubles(coded, which="decided") == [far]


def test_the_page_lets_take_a_side_or_choose_of_both(coding_cast: CodingCast) -> None:
    cast = coding_cast
    statement, other = _doubled(cast, 2, -2, mark=True), _doubled(cast, 1, 0)
    sign_in(cast.client, "owner", PASSWORD)
    page = cast.client.get("/studies/implant/adjudicate")
    token = csrf_of(page)
    assert str(statement) in page.text
    assert "First" in page.text
    body = {"csrf_token": token, "version": "0", "take": "second"}
    settled = cast.client.post(f"/studies/implant/adjudicate/{statement}?which=open", data=body)
    assert settled.status_code == 303
    assert _human(cast, statement) == -1_000_000
    stale = cast.client.post(f"/studies/implant/adjudicate/{statement}", data=body | {"take": "first"})
    assert stale.status_code == 412
    with cast.store.read() as session:
        one = adjudication.double(session, cast.study_id, statement)
    assert one is not None
    assert one.decided is not None
    (span,) = one.first.spans
    ticked = {"excerpt": f"{span[0]}-{span[1]}-{span[2].hex}", "sentiment": "1", "emotion": "安心", "memo": "商量过"}
    own = cast.client.post(
        f"/studies/implant/adjudicate/{statement}", data=body | ticked | {"version": "1", "take": "own"}
    )
    assert own.status_code == 303
    with cast.store.read() as session:
        one = adjudication.double(session, cast.study_id, statement)
    assert one is not None
    assert one.decided is not None
    said = one.decided.coding
    assert (said.sentiment, said.emotions, said.memo) == (1, ["安心"], "商量过")
    assert one.decided.spans == {span}
    nothing = cast.client.post(f"/studies/implant/adjudicate/{other}", data=body | {"take": "own"})
    assert nothing.status_code == 422


def test_only_the_team_may_settle(coding_cast: CodingCast) -> None:
    statement = _doubled(coding_cast, 1, 2)
    sign_in(coding_cast.client, "first", PASSWORD)
    token = csrf_of(coding_cast.client.get("/studies"))
    assert coding_cast.client.get("/studies/implant/adjudicate").status_code == 403
    body = {"csrf_token": token, "version": "0", "take": "first"}
    assert coding_cast.client.post(f"/studies/implant/adjudicate/{statement}", data=body).status_code == 403


def _doubled(scene: CodedScene, first: int, second: int, *, stage: str = "recovery", mark: bool = False) -> UUID:
    (statement,) = scene.say(stage, ["夜里肿得厉害。"])
    scene.give_draw([statement], 1.0, doubled=True)
    for who in ("first", "second"):
        scene.assign(who, [statement])
    scene.save("first", statement, first, *([scene.mark("疼痛", 2, 6)] if mark else []))
    scene.save("second", statement, second)
    return statement


def _settle(scene: CodedScene, who: str, statement: UUID, sentiment: int, version: int = 0) -> int:
    with scene.store.write() as session:
        given = CodingIn(sentiment=sentiment)
        return adjudication.settle(session, scene.access(session, who), statement, given, version).version


def _doubles(scene: CodedScene, **wanted: object) -> list[UUID]:
    with scene.store.read() as session:
        found = adjudication.doubles(session, scene.study_id, Filter(**wanted))  # type: ignore[arg-type]
    return [one.statement_id for one in found]


def _human(scene: CodedScene, statement: UUID) -> int | None:
    with scene.store.read() as session:
        return session.scalar(select(Statement.human_micro).where(Statement.id == statement))
