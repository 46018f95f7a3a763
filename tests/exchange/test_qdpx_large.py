"""Ten thousand codings out and in again, identical, with the characters that shift offsets elsewhere."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select

from app.coding.models import Excerpt, HumanCoding, StudyCoder
from app.core.bulk import insert_rows
from app.core.db import table_of
from app.core.ids import uuid7
from app.statements import service as statements
from app.statements.cells import Place
from app.statements.models import Statement
from app.statements.service import Utterance
from app.studies.coders import get_coder
from app.studies.models import Study
from tests.exchange.test_qdpx import CR_LF, NOW, RARE, coded, empty_study, exported, take_in
from tests.support.coding import CodedScene
from tests.support.databases import only_on

__all__ = ["coded"]

CODINGS = 10_000
CODERS = 10


def fill(scene: CodedScene, codings: int) -> None:
    """Store statements of six people and ``codings`` codings of them by ten coders, two excerpts with each."""
    people = [scene.people["P01"], scene.people["P02"], *(scene.add_patient(f"Q{n}") for n in range(4))]
    texts = [f"{n} {RARE if n % 2 else CR_LF}" for n in range(codings // CODERS)]
    with scene.store.write() as session:
        study = session.get_one(Study, scene.study_id)
        coder = get_coder(study.coder)
        said = [
            Utterance(
                "diary",
                uuid7(),
                Place(people[n % len(people)], scene.stages["recovery"], None, None, n % 9),
                NOW + timedelta(minutes=n),
                statements.code(coder, [("feeling", text)]),
            )
            for n, text in enumerate(texts)
        ]
        statements.record(session, scene.study_id, coder.version, said)
        by = [uuid7() for _ in range(CODERS)]
        for n, one in enumerate(by):
            session.add(
                StudyCoder(study_id=scene.study_id, id=one, kind="imported", name=f"编码员 {n}", created_at=NOW)
            )
        session.flush()
        rows = session.execute(select(Statement.id, Statement.text)).all()
        _code(session, scene, [(row.id, row.text) for row in rows], by)


def _code(session: object, scene: CodedScene, said: list[tuple[UUID, str]], by: list[UUID]) -> None:
    codes = list(scene.codes.values())
    codings: list[dict[str, Any]] = []
    excerpts: list[dict[str, Any]] = []
    for place, (statement, text) in enumerate(said):
        for n, coder in enumerate(by):
            key = {"study_id": scene.study_id, "statement_id": statement, "coder_id": coder}
            codings.append(
                {
                    **key,
                    "sentiment": (place + n) % 5 - 2,
                    "emotions": ["焦虑"] if n % 2 else [],
                    "memo": "",
                    "blind": False,
                    "done_at": NOW,
                    "created_at": NOW,
                    "updated_at": NOW,
                    "version": 1,
                }
            )
            for start in (0, (place + n) % (len(text) - 1)):
                span = {"code_id": codes[(n + start) % len(codes)], "start_at": start, "end_at": len(text)}
                row = {**key, **span, "id": uuid7(), "memo": "", "created_at": NOW}
                if not excerpts or excerpts[-1] | {"id": None} != row | {"id": None}:
                    excerpts.append(row)
    insert_rows(session, insert(table_of(HumanCoding)), codings)  # type: ignore[arg-type]
    insert_rows(session, insert(table_of(Excerpt)), excerpts)  # type: ignore[arg-type]


@only_on("sqlite")  # what differs between the databases is shown by the smaller one
def test_ten_thousand_codings_come_back_identical(cheap_passwords: None, coded: CodedScene) -> None:
    round_trip(coded, CODINGS)


def test_two_hundred_codings_come_back_identical(cheap_passwords: None, coded: CodedScene) -> None:
    round_trip(coded, 200)


def round_trip(scene: CodedScene, codings: int) -> None:
    """Fill the study, take it out, take it into an empty one and out of that again."""
    fill(scene, codings)
    packed = exported(scene)
    copy = empty_study(scene)
    stored = take_in(scene, copy, packed)
    assert (stored.new["codings"], dict(stored.left_out)) == (codings, {})
    with scene.store.read() as session:
        n = session.scalar(select(func.count()).select_from(HumanCoding).where(HumanCoding.study_id == copy))
    assert n == codings
    assert exported(scene, copy) == packed
