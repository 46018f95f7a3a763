"""A curve over a million statements after one write, beside the SQL pass that builds the same cells."""

import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from app.core import clock, schema
from app.core.crypto import Keyring, load_or_create_secret
from app.core.db import Database, table_of
from app.core.ids import uuid7
from app.curves import queries, service
from app.curves.matrices import CellMatrices
from app.curves.service import CurveQuestion
from app.participants.models import Participant
from app.statements import cells
from app.statements.cells import Contribution, Place
from app.statements.models import Statement
from app.studies.models import Stage
from tests.bench.table import Row
from tests.support.scene import Scene, set_scene

CHUNK = 20_000
REPEATS = 5


def rows(folder: Path, *, people: int, statements: int) -> Iterator[Row]:
    """Yield the row for ``statements`` of ``people``."""
    store = Database(f"sqlite:///{folder / 'large.db'}")
    schema.upgrade(store)
    scene = set_scene(store, Keyring(load_or_create_secret(folder / "large.key")))
    ids, stages = _fill(store, scene, people, statements)
    matrices = CellMatrices()
    _curve(store, scene, matrices)
    curves, passes = [], []
    for number in range(REPEATS):
        with store.write() as session:
            place = Place(ids[number], stages[5], None, None, 1)
            cells.apply(session, scene.study_id, cells.deltas([Contribution(place, "diary", (250_000,), 4)]))
        curves.append(_curve(store, scene, matrices))
        began = time.perf_counter()
        with store.read() as session:
            cells.text_deltas(session, scene.study_id)
        passes.append(time.perf_counter() - began)
    store.close()
    curve, one_pass = sorted(curves)[REPEATS // 2], sorted(passes)[REPEATS // 2]
    what = f"curve after one write, {statements:,} statements, of the pass"
    yield Row(
        what, curve / one_pass, "<= 0.05", f"{curve * 1000:.0f} ms of {one_pass * 1000:.0f} ms, {people:,} people"
    )


def _curve(store: Database, scene: Scene, matrices: CellMatrices) -> float:
    began = time.perf_counter()
    with store.read() as session:
        revisions = queries.revisions(session, scene.study_id)
        service.curve(
            session, matrices, scene.study_id, CurveQuestion(), revisions=revisions, coder_version="", anonymous=False
        )
    return time.perf_counter() - began


def _fill(store: Database, scene: Scene, people: int, statements: int) -> tuple[list[UUID], list[UUID]]:
    draw = random.Random(7)
    moment = clock.now()
    ids = [uuid7() for _ in range(people)]
    with store.write() as session:
        stages = list(
            session.scalars(select(Stage.id).where(Stage.study_id == scene.study_id).order_by(Stage.position))
        )
        everyone = [
            {
                "study_id": scene.study_id,
                "id": one,
                "code": f"N{n}",
                "time_zone": "Asia/Shanghai",
                "attributes": {},
                "enrolled_at": moment,
            }
            for n, one in enumerate(ids)
        ]
        session.execute(insert(table_of(Participant)), everyone)
    for start in range(0, statements, CHUNK):
        rows: list[dict[str, Any]] = []
        contributions = []
        for number in range(start, min(start + CHUNK, statements)):
            place = Place(ids[number % people], stages[draw.randrange(7)], None, None, draw.randrange(-20, 120))
            score = draw.randrange(-1_000_000, 1_000_001)
            contributions.append(Contribution(place, "diary", (score,)))
            rows.append(
                {
                    "study_id": scene.study_id,
                    "id": uuid7(),
                    "participant_id": place.participant_id,
                    "stage_id": place.stage_id,
                    "touchpoint_id": None,
                    "wave_id": None,
                    "source": "diary",
                    "source_id": uuid7(),
                    "role": "feeling",
                    "text": "今天还好",
                    "occurred_at": moment,
                    "day": place.day,
                    "model_version": "bench",
                    "sentiment_micro": score,
                    "retracted_at": None,
                }
            )
        with store.write() as session:
            session.execute(insert(table_of(Statement)), rows)
            cells.apply(session, scene.study_id, cells.deltas(contributions))
    return ids, stages
