"""What was not changed by an edit keeps its statement, with what people coded of it."""

from uuid import UUID, uuid4

from sqlalchemy import select

from app.diary import queries as diary
from app.statements import cells
from app.statements.human import HumanValue, set_human
from app.statements.models import Statement
from tests.support.cast import Cast

FIRST = {"feeling": "夜里肿得厉害，一个人有点害怕。", "worry": "不知道什么时候能消肿。", "mood": 3}


def write(cast: Cast, entry_id: UUID, *, edit: bool = False, stage: str = "recovery", **answers: object) -> None:
    body = cast.entry(stage=stage, answers=FIRST | answers)
    assert cast.put(body, entry_id, if_match="*" if edit else None).status_code == (200 if edit else 201)


def statements(cast: Cast) -> dict[str, Statement]:
    """What stands now, by text."""
    with cast.store.read() as session:
        assert cells.stored(session, cast.study_id) == cells.text_deltas(session, cast.study_id)
        moods = cells.stored(session, cast.study_id, sources=("mood",))
        assert moods == diary.mood_deltas(session, cast.study_id)
        return {one.text: one for one in session.scalars(select(Statement).where(Statement.retracted_at.is_(None)))}


def test_an_edit_keeps_the_statements_of_texts_that_stay(cast: Cast) -> None:
    entry_id = uuid4()
    write(cast, entry_id)
    before = statements(cast)
    assert len(before) == 2
    with cast.store.write() as session:
        set_human(session, cast.study_id, {one.id: HumanValue(-0.5, 0.2) for one in before.values()})
    write(cast, entry_id, edit=True, stage="treatment", worry="护士说三天就会消。", mood=6)
    after = statements(cast)
    kept, fresh = after[FIRST["feeling"]], after["护士说三天就会消。"]  # type: ignore[index]
    assert kept.id == before[kept.text].id
    assert (kept.human_micro, kept.weight_micro) == (-500_000, 5_000_000)
    assert kept.stage_id != before[kept.text].stage_id
    assert (fresh.human_micro, fresh.stage_id) == (None, kept.stage_id)
    with cast.store.read() as session:
        gone = session.get_one(Statement, (cast.study_id, before[str(FIRST["worry"])].id))
        assert gone.retracted_at is not None
    [point] = [one for one in cast.get("/curve.json?score=human").json()["points"] if one["stage"] == "treatment"]
    assert (point["n_entries"], point["n_coded"], point["estimate"]) == (1, 1, -0.5)


def test_a_text_that_is_said_twice_stands_twice_until_one_goes(cast: Cast) -> None:
    entry_id = uuid4()
    write(cast, entry_id, worry=FIRST["feeling"])
    with cast.store.read() as session:
        first = {one.role: one.id for one in session.scalars(select(Statement))}
    assert sorted(first) == ["feeling", "worry"]
    write(cast, entry_id, edit=True, worry="没有了。")
    with cast.store.read() as session:
        standing = select(Statement.id, Statement.role).where(Statement.retracted_at.is_(None))
        now = {role: statement_id for statement_id, role in session.execute(standing)}
    assert now["feeling"] == first["feeling"]
    assert now["worry"] != first["worry"]
    statements(cast)
