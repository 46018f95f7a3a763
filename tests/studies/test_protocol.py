"""What a process keeps of protocols: always the one that is committed."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session

from app.accounts.actors import StaffActor
from app.core.db import Database as Store
from app.core.ids import uuid7
from app.studies import queries, service
from app.studies.schemas import NewTouchpoint, StudyChange
from tests.support.cast import Cast


@pytest.fixture
def actor(cast: Cast) -> StaffActor:
    return StaffActor(cast.user_ids["owner"], "owner", "Owner", is_admin=False)


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)


def rename(session: Session, actor: StaffActor, cast: Cast, name: str) -> None:
    touchpoint = NewTouchpoint(stage="recovery", key="at_home", name=name, kind="physical")
    service.put_touchpoint(session, actor, cast.study_id, touchpoint)


def name_of(store: Store, cast: Cast) -> str:
    with store.read() as session:
        protocol = queries.protocol(session, cast.study_id)
    stage = protocol.stage("recovery")
    assert stage is not None
    touchpoint = protocol.touchpoint(stage.id, "at_home")
    assert touchpoint is not None
    return touchpoint.name


def test_a_known_protocol_costs_one_select(cast: Cast) -> None:
    store: Store = cast.app.state.database
    name_of(store, cast)
    with counted(store.reader) as statements:
        assert name_of(store, cast) == "居家"
    assert [one.split()[0] for one in statements if one != "BEGIN"] == ["SELECT"]


def test_a_change_is_seen_at_once(cast: Cast, actor: StaffActor) -> None:
    store: Store = cast.app.state.database
    assert name_of(store, cast) == "居家"
    with store.write() as session:
        rename(session, actor, cast, "在家")
        assert queries.protocol(session, cast.study_id).touchpoints != ()
    assert name_of(store, cast) == "在家"
    with store.write() as session:
        service.change_study(session, actor, cast.study_id, StudyChange(title="别的名字"))
    with store.read() as session:
        assert queries.protocol(session, cast.study_id).study.title == "别的名字"


def test_what_was_rolled_back_is_never_kept(cast: Cast, actor: StaffActor) -> None:
    store: Store = cast.app.state.database
    with store.read() as session:  # a reading session is rolled back at its end
        rename(session, actor, cast, "没有提交")
        protocol = queries.protocol(session, cast.study_id)
        assert "没有提交" in [one.name for one in protocol.touchpoints]
    assert name_of(store, cast) == "居家"
    with store.write() as session:
        rename(session, actor, cast, "提交了")
    assert name_of(store, cast) == "提交了"


def test_every_change_counts_the_revision_up(cast: Cast, actor: StaffActor) -> None:
    store: Store = cast.app.state.database
    seen = []
    for name in ("一", "二", "三"):
        with store.write() as session:
            rename(session, actor, cast, name)
            seen.append(queries.revision(session, cast.study_id))
    assert seen == [seen[0], seen[0] + 1, seen[0] + 2]


def test_the_chosen_coder_is_part_of_it(cast: Cast) -> None:
    store: Store = cast.app.state.database
    with store.write() as session:
        service.use_coder(session, "cli", cast.study_id, "lexicon", "lexicon-9")
    with store.read() as session:
        study = queries.protocol(session, cast.study_id).study
    assert (study.coder, study.coder_version) == ("lexicon", "lexicon-9")


def test_an_unknown_study_has_none(cast: Cast) -> None:
    with cast.app.state.database.read() as session, pytest.raises(NoResultFound):
        queries.protocol(session, uuid7())
