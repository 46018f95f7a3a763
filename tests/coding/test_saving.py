"""One document per statement and coder: versions, history, what is refused, and the cells."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select, update

from app.coding import queries, service
from app.coding.errors import CodingEnded, StaleCoding, StatementReplaced
from app.coding.models import Assignment, Code, CodingChange, Excerpt, HumanCoding
from app.core import clock
from app.core.errors import Invalid, NotFound
from app.participants.erasure import erase_person
from app.statements.models import CurveCell, Statement
from app.studies.models import Study
from tests.support.coding import CodedScene, CodingCast


def test_a_document_is_kept_with_its_history(coded: CodedScene) -> None:
    (statement, *_) = coded.say()
    excerpt = coded.mark("害怕", 9, 16)
    first = coded.save("teammate", statement, -1, excerpt, version=0, done=False, emotions=["焦虑", "孤独"])
    second = coded.save("teammate", statement, -2, excerpt | {"memo": "夜里"}, coded.mark("疼痛", 0, 6), version=1)
    assert (first.version, first.done, second.version, second.done) == (1, False, 2, True)
    assert [(one.start, one.end) for one in second.excerpts] == [(0, 6), (9, 16)]
    assert str(second.excerpts[1].id) == excerpt["id"]
    with coded.store.read() as session:
        history = queries.history(session, coded.study_id, statement, coded.coder("teammate").id)
    assert [(one.version, (one.before or {}).get("sentiment"), one.after["sentiment"]) for one in history] == [
        (1, None, -1),
        (2, -1, -2),
    ]


def test_the_same_document_again_changes_nothing(coded: CodedScene) -> None:
    (statement, *_) = coded.say()
    excerpts = [coded.mark("害怕", 9, 16), coded.mark("疼痛", 0, 6)]
    coded.save("teammate", statement, 1, *excerpts, version=0)
    again = coded.save("teammate", statement, 1, *reversed(excerpts), version=0)  # an answer that was lost
    assert again.version == 1
    assert _count(coded, CodingChange) == 1


def test_a_stale_document_is_told_and_overwrites_nothing(coded: CodedScene) -> None:
    (statement, *_) = coded.say()
    coded.save("teammate", statement, 1, version=0)
    with pytest.raises(StaleCoding) as stale:
        coded.save("teammate", statement, 2, version=0)
    current = stale.value.members["current"]
    assert isinstance(current, dict)
    assert (current["sentiment"], current["version"]) == (1, 1)
    with coded.store.read() as session:
        kept = service.read_coding(session, coded.access(session, "teammate"), statement)
    assert (kept.sentiment, kept.version) == (1, 1)


@pytest.mark.parametrize(
    ("excerpt", "field"),
    [
        ({"end": 17}, "excerpts.0.end"),
        ({"code": str(uuid4())}, "excerpts.0.code"),
    ],
)
def test_what_the_text_and_the_codebook_do_not_allow_is_named(
    coded: CodedScene, excerpt: dict[str, Any], field: str
) -> None:
    (statement, *_) = coded.say(texts=["夜里肿得厉害，一个人有点害怕😣"])  # fifteen code points, sixteen in UTF-16
    with pytest.raises(Invalid) as refused:
        coded.save("teammate", statement, 1, coded.mark("疼痛", 0, 15) | excerpt)
    assert [one.field for one in refused.value.fields] == [field]
    assert _count(coded, HumanCoding) == 0


def test_an_excerpt_of_somebody_else_is_not_taken_over(coded: CodedScene) -> None:
    statement, other, *_ = coded.say()
    excerpt = coded.mark("疼痛", 0, 2)
    coded.save("teammate", statement, 1, excerpt)
    with pytest.raises(Invalid):
        coded.save("owner", statement, 1, excerpt)
    with pytest.raises(Invalid):
        coded.save("teammate", other, 1, excerpt)
    assert _count(coded, Excerpt) == 1


def test_a_retired_code_stays_where_it_stands_and_is_not_applied_anew(coded: CodedScene) -> None:
    (statement, *_) = coded.say()
    excerpt = coded.mark("疼痛", 0, 2)
    coded.save("teammate", statement, 1, excerpt)
    with coded.store.write() as session:
        session.execute(update(Code).where(Code.name == "疼痛").values(retired_at=clock.now()))
    assert coded.save("teammate", statement, 2, excerpt | {"end": 3}).version == 2
    with pytest.raises(Invalid):
        coded.save("teammate", statement, 2, excerpt | {"end": 3}, coded.mark("疼痛", 4, 5))


def test_a_coder_has_only_what_was_assigned(coded: CodedScene) -> None:
    given, other, *_ = coded.say()
    coded.give_draw([given, other])
    coded.assign("first", [given])
    assert coded.save("first", given, 1, version=0).version == 1
    with pytest.raises(NotFound):
        coded.save("first", other, 1, version=0)
    with pytest.raises(NotFound):
        coded.save("second", given, 1, version=0)


def test_what_was_replaced_or_erased_is_told_and_nothing_is_lost(coded: CodedScene) -> None:
    replaced, erased = coded.say(texts=["肿得厉害"])[0], coded.say(texts=["不疼了"], participant="P02")[0]
    coded.save("teammate", replaced, -1)
    coded.retract(replaced)
    with pytest.raises(StatementReplaced):
        coded.save("teammate", replaced, -2, version=1)
    assert _count(coded, HumanCoding) == 1
    with coded.store.write() as session:
        erase_person(session, "user:test", coded.study_id, coded.people["P02"])
    with pytest.raises(NotFound):
        coded.save("teammate", erased, 1, version=0)


def test_past_its_retention_date_a_study_is_not_coded(coded: CodedScene) -> None:
    (statement, *_) = coded.say()
    with coded.store.write() as session:
        session.execute(update(Study).values(retention_until=clock.now().date().replace(year=2020)))
    with pytest.raises(CodingEnded):
        coded.save("teammate", statement, 1, version=0)


def test_a_drawn_statement_enters_the_curve_with_its_probability(coded: CodedScene) -> None:
    drawn, other, *_ = coded.say()
    coded.give_draw([drawn], 0.25)
    coded.save("teammate", drawn, -1)
    coded.save("teammate", other, -2)  # coded at will: for reading
    assert _cell(coded) == (1, 4_000_000, -2_000_000)
    coded.save("teammate", drawn, 2)
    assert _cell(coded) == (1, 4_000_000, 4_000_000)
    coded.save("teammate", drawn, 2, done=False)
    assert _cell(coded) == (0, 0, 0)


def test_a_doubled_one_enters_the_curve_once_both_are_done(coded: CodedScene) -> None:
    (drawn, *_) = coded.say()
    coded.give_draw([drawn], 0.5, doubled=True)
    coded.assign("first", [drawn])
    coded.assign("second", [drawn])
    coded.save("first", drawn, -2)
    assert _cell(coded) == (0, 0, 0)
    coded.save("second", drawn, -1)
    assert _cell(coded) == (1, 2_000_000, -1_500_000)
    coded.save("owner", drawn, -1, coder="consensus")
    assert _cell(coded) == (1, 2_000_000, -1_000_000)


def test_a_drawn_one_is_not_done_without_a_sentiment(coded: CodedScene) -> None:
    drawn, other, *_ = coded.say()
    coded.give_draw([drawn])
    with pytest.raises(Invalid):
        coded.save("teammate", drawn, None)
    assert coded.save("teammate", other, None).done
    assert _count(coded, Assignment) == 0


def test_over_http_a_version_is_asked_for_and_a_stale_one_answered_with_the_document(coding_cast: CodingCast) -> None:
    cast = coding_cast
    (statement, *_) = cast.say()
    path = f"/api/v1/studies/implant/statements/{statement}/human-coding"
    empty = cast.client.get(path, headers=cast.headers["teammate"])
    assert (empty.status_code, empty.headers["etag"], empty.json()["version"]) == (200, '"0"', 0)
    body = {"sentiment": -1, "emotions": ["疼痛不适"], "excerpts": [cast.mark("疼痛", 0, 4)], "done": False}

    def put(version: str | None, **changes: Any) -> Any:
        extra = {"If-Match": version} if version else {}
        return cast.client.put(path, json=body | changes, headers=cast.headers["teammate"] | extra)

    assert put(None).status_code == 428
    stored = put('"0"')
    assert (stored.status_code, stored.headers["etag"]) == (200, '"1"')
    assert put('"0"').status_code == 200  # the same again: its first answer may have been lost
    stale = put('"0"', sentiment=2)
    assert (stale.status_code, stale.json()["code"]) == (412, "coding_changed")
    assert (stale.json()["current"]["version"], stale.json()["current"]["sentiment"]) == (1, -1)
    assert put('"1"', sentiment=3).status_code == 422
    assert put('"1"', emotions=["没有的"]).status_code == 422
    for who, status in (("viewer", 403), ("stranger", 404), ("first", 404)):
        assert cast.client.get(path, headers=cast.headers[who]).status_code == status


def _count(scene: CodedScene, model: Any) -> int:
    with scene.store.read() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def _cell(scene: CodedScene) -> tuple[int, int, int]:
    with scene.store.read() as session:
        cell = session.scalars(select(CurveCell).where(CurveCell.axis == "stage")).one()
        assert session.scalar(
            select(func.count()).select_from(Statement).where(Statement.human_micro.is_not(None))
        ) == (cell.coded)
        return cell.coded, cell.sum_weight, cell.sum_weight_human
