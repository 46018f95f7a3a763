"""Results: figures before and after, each with what changed and how sure that is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from app.audit.service import Change, record
from app.core import clock
from app.core.errors import FieldError, Invalid
from app.maps.insights import queries
from app.maps.insights.effects import FEW, Effect, mean_effect, share_effect
from app.maps.insights.errors import (
    IdTaken,
    ImprovementNotFound,
    InsightNotFound,
    ResultNotFound,
    StaleRow,
    TooManyRows,
)
from app.maps.insights.models import Improvement, Insight, Result
from app.maps.insights.places import stage_finder, stage_id_of
from app.maps.insights.schemas import MOST_ROWS, NewResult, ResultIn
from app.maps.insights.waves import BetweenWaves
from app.studies import queries as studies
from app.studies.access import StudyAccess
from app.studies.protocol import StageFacts, StudyProtocol
from app.web.i18n import mark as _

PLAIN = (
    "name", "kind", "unit", "better", "before_period", "before_n", "before_value", "before_sd",
    "after_period", "after_n", "after_value", "after_sd", "before_wave", "after_wave", "basis",
)  # fmt: skip
UNKNOWN_WAVE = _("请从这项研究的轮次里选")
FEWEST_SHOWN = 8


@dataclass(frozen=True, slots=True)
class ResultLook:
    """A figure before and after, and its effect; None: too few people to be shown, or nothing to compare.

    ``few``: fewer than 30 people on one side. ``hidden``: left out for who sees figures of at least 8 people only.
    """

    id: UUID
    name: str
    kind: str
    unit: str
    better: str
    insight_id: UUID | None
    improvement_id: UUID | None
    before_period: str
    before_n: int | None
    before_value: float | None
    before_sd: float | None
    after_period: str
    after_n: int | None
    after_value: float | None
    after_sd: float | None
    stage: StageFacts | None
    before_wave: str | None
    after_wave: str | None
    basis: str
    effect: Effect | None
    few: bool
    hidden: bool
    version: int

    @property
    def improved(self) -> bool | None:
        """Whether it clearly became better (True) or worse (False); None: the figures cannot tell."""
        if self.effect is None or not self.effect.clear:
            return None
        return (self.effect.difference.estimate > 0) == (self.better == "higher")


def results(session: Session, study_id: UUID, between: BetweenWaves, *, anonymous: bool) -> Sequence[ResultLook]:
    """Return a study's results, the latest first; ``between`` reads the curve of waves."""
    return _looks(session, study_id, queries.rows_of(session, Result, study_id, most=MOST_ROWS), between, anonymous)


def result(
    session: Session, study_id: UUID, result_id: UUID, between: BetweenWaves, *, anonymous: bool = False
) -> ResultLook:
    """Return one result; ResultNotFound."""
    return _looks(session, study_id, [_row(session, study_id, result_id)], between, anonymous)[0]


def add_result(session: Session, access: StudyAccess, given: NewResult) -> bool:
    """Store a result and return whether it is new; IdTaken for other content under the id, Invalid, TooManyRows."""
    study_id = access.study.id
    queries.lock_study(session, study_id)
    protocol = studies.protocol(session, study_id)
    known = queries.row_of(session, Result, study_id, given.id)
    if known is not None:
        if known.retired_at is not None or content(known, protocol) != _content_of(given):
            raise IdTaken()
        return False
    if len(queries.rows_of(session, Result, study_id, most=MOST_ROWS)) >= MOST_ROWS:
        raise TooManyRows(most=MOST_ROWS)
    row = Result(study_id=study_id, id=given.id, version=1, created_at=clock.now(), created_by=access.actor.label)
    _fill(session, row, protocol, given)
    session.add(row)
    session.flush()
    _log(session, access, "result.added", row, {"kind": row.kind})
    return True


def change_result(session: Session, access: StudyAccess, result_id: UUID, given: ResultIn, *, seen: int) -> None:
    """Change a result that was seen in version ``seen``; StaleRow with what stands now when it was changed since."""
    protocol = studies.protocol(session, access.study.id)
    row = _seen(session, access, result_id, seen)
    if content(row, protocol) != _content_of(given):
        _fill(session, row, protocol, given)
        row.version += 1
        session.flush()
        _log(session, access, "result.changed", row, {"kind": row.kind, "version": row.version})


def retire_result(session: Session, access: StudyAccess, result_id: UUID, *, seen: int) -> None:
    """Put a result away; StaleRow, ResultNotFound."""
    row = _seen(session, access, result_id, seen)
    row.retired_at, row.version = clock.now(), row.version + 1
    _log(session, access, "result.retired", row, {})


def content(row: Result | ResultLook, protocol: StudyProtocol) -> Mapping[str, object]:
    """Return what a program would send to make this result."""
    stage = row.stage if isinstance(row, ResultLook) else stage_finder(protocol)(row.stage_id)
    links = {"insight": row.insight_id, "improvement": row.improvement_id}
    return {
        **{name: getattr(row, name) for name in PLAIN},
        **{name: str(one) if one else None for name, one in links.items()},
        "stage": stage.key if stage else None,
    }


def _content_of(given: ResultIn) -> Mapping[str, object]:
    said = given.model_dump(mode="json", exclude={"id"})
    return said | {name: said[name] or None for name in ("stage", "before_wave", "after_wave")}


def _fill(session: Session, row: Result, protocol: StudyProtocol, given: ResultIn) -> None:
    for name in PLAIN:
        setattr(row, name, getattr(given, name))
    for side in ("before_wave", "after_wave"):
        key = getattr(given, side) or None
        if key is not None and protocol.wave(key) is None:
            raise Invalid(fields=[FieldError(side, UNKNOWN_WAVE, "unknown")])
        setattr(row, side, key)
    row.stage_id = stage_id_of(protocol, given.stage)
    if given.insight and queries.row_of(session, Insight, row.study_id, given.insight) is None:
        raise InsightNotFound()
    if given.improvement and queries.row_of(session, Improvement, row.study_id, given.improvement) is None:
        raise ImprovementNotFound()
    row.insight_id, row.improvement_id = given.insight, given.improvement


def _row(session: Session, study_id: UUID, result_id: UUID, *, lock: bool = False) -> Result:
    row = queries.row_of(session, Result, study_id, result_id, lock=lock)
    if row is None or row.retired_at is not None:
        raise ResultNotFound()
    return row


def _seen(session: Session, access: StudyAccess, result_id: UUID, seen: int) -> Result:
    row = _row(session, access.study.id, result_id, lock=True)
    if row.version != seen:
        now = content(row, studies.protocol(session, access.study.id))
        raise StaleRow({"id": str(row.id), **now, "version": row.version})
    return row


def _looks(
    session: Session, study_id: UUID, rows: Sequence[Result], between: BetweenWaves, anonymous: bool
) -> Sequence[ResultLook]:
    stage_of = stage_finder(studies.protocol(session, study_id))
    return [_look(row, stage_of(row.stage_id), between, anonymous) for row in rows]


def _look(row: Result, stage: StageFacts | None, between: BetweenWaves, anonymous: bool) -> ResultLook:
    plain = {name: getattr(row, name) for name in PLAIN}
    effect: Effect | None
    if row.kind == "curve":
        read = between.stage(stage.key, row.before_wave or "", row.after_wave or "") if stage else None
        effect = read.effect if read else None
        plain |= {"before_n": read.before_people, "after_n": read.after_people} if read else {}
    else:
        effect = _effect(row)
    counts = [plain["before_n"], plain["after_n"]]
    hidden = anonymous and row.kind != "curve" and any(n is not None and n < FEWEST_SHOWN for n in counts)
    if hidden:
        effect = None
        plain |= dict.fromkeys(("before_n", "before_value", "before_sd", "after_n", "after_value", "after_sd"))
    return ResultLook(
        id=row.id,
        insight_id=row.insight_id,
        improvement_id=row.improvement_id,
        stage=stage,
        effect=effect,
        few=not hidden and any(n is not None and n < FEW for n in counts),
        hidden=hidden,
        version=row.version,
        **plain,
    )


def _effect(row: Result) -> Effect | None:
    before, after = (row.before_n, row.before_value), (row.after_n, row.after_value)
    if before[0] is None or before[1] is None or after[0] is None or after[1] is None:
        return None
    if row.kind == "share":
        return share_effect(round(before[1]), before[0], round(after[1]), after[0])
    return mean_effect(before[1], row.before_sd or 0.0, before[0], after[1], row.after_sd or 0.0, after[0])


def _log(session: Session, access: StudyAccess, action: str, row: Result, detail: Mapping[str, object]) -> None:
    record(session, Change(access.actor.label, action, access.study.id, row.id, detail))
