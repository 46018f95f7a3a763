"""Several people at once: on the codebook, and on a coding while its code is merged away."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.coding import codebook
from app.coding.codebook_errors import StaleCodebook
from app.coding.codebook_queries import codes_of, version_of, versions_of
from app.coding.codebook_schemas import NewCode
from app.coding.errors import StaleCoding
from app.coding.models import CodingChange, Excerpt
from app.core.errors import AppError, Invalid
from tests.support.coding import CodedScene

ROUNDS = 12


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What each of ``acts`` gave, or the refusal that it met; all begin together."""
    together = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        together.wait()
        try:
            return act()
        except AppError as error:
            return error

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def version(scene: CodedScene) -> int:
    with scene.store.read() as session:
        return version_of(session, scene.study_id)


def change(scene: CodedScene, seen: int, act: Any, *given: Any, **named: Any) -> Any:
    with scene.store.write() as session:
        return act(session, "user:test", scene.study_id, *given, **named, version=seen)


def test_of_changes_of_the_same_version_one_is_made_and_the_others_are_told(coded: CodedScene) -> None:
    for _ in range(ROUNDS):
        seen = version(coded)
        acts: Iterable[Callable[[], Any]] = (
            lambda seen=seen, name=name: change(coded, seen, codebook.add_code, NewCode(name=f"{name}{seen}"))  # type: ignore[misc]
            for name in "甲乙丙"
        )
        answers = at_once(*acts)
        assert sum(isinstance(one, StaleCodebook) for one in answers) == 2
        assert version(coded) == seen + 1
    with coded.store.read() as session:
        assert len(codes_of(session, coded.study_id)) == 4 + ROUNDS
        stored = versions_of(session, coded.study_id)
    assert [len(one.codes) for one in stored] == list(range(4 + ROUNDS, 4, -1))


def test_merging_and_coding_at_once_lose_nothing(coded: CodedScene) -> None:
    """Whoever comes second is told: no excerpt is left on the merged code, and none that was saved is gone."""
    statement = coded.say()[0]
    target = coded.codes["害怕"]
    coded.coder("owner")
    told = set()
    for number in range(ROUNDS):
        source: UUID = change(coded, version(coded), codebook.add_code, NewCode(name=f"来源{number}")).id
        coded.codes["来源"] = source
        standing = coded.mark("来源", 0, 1)
        now = coded.save("owner", statement, -1, standing)
        fresh = coded.mark("来源", 0, number + 2)
        seen = version(coded)
        saved, merged = at_once(
            lambda now=now, standing=standing, fresh=fresh: coded.save(  # type: ignore[misc]
                "owner", statement, -1, standing, fresh, version=now.version
            ),
            lambda seen=seen, source=source: change(coded, seen, codebook.merge_codes, [source], target),  # type: ignore[misc]
        )
        assert not isinstance(merged, AppError)
        told.add(type(saved))
        with coded.store.read() as session:
            marked = {str(one.id): one.code_id for one in session.scalars(select(Excerpt))}
        wanted = {standing["id"]: target}
        if not isinstance(saved, AppError):
            wanted[fresh["id"]] = target
        assert marked == wanted
    assert told <= {type(now), StaleCoding, Invalid}
    with coded.store.read() as session:
        versions = session.scalars(select(CodingChange.version).order_by(CodingChange.version)).all()
    assert list(versions) == list(range(1, len(versions) + 1))
