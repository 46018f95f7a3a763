"""Observations: what the team itself met on the participants' road. A source of its own, coded like any, counted apart."""

from datetime import UTC, datetime, time, timedelta
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.audit.service import Change, record
from app.core import clock
from app.core.db import MICRO
from app.core.errors import FieldError, Forbidden, Invalid
from app.interviews import observing_queries as queries
from app.interviews.models import Interview, Turn
from app.interviews.observing_errors import ObservationChanged, ObservationTaken
from app.interviews.observing_queries import FELT, OBSERVATION, SAW
from app.interviews.observing_schemas import Observation, ObservationIn
from app.participants.errors import StudyClosed
from app.participants.models import OBSERVER, Participant
from app.statements import cells
from app.statements import service as statements
from app.statements.cells import Place
from app.statements.models import Statement
from app.statements.service import Utterance
from app.studies.adaptations import choice_in_force
from app.studies.models import Study
from app.studies.protocol import StudyProtocol
from app.studies.retention import is_over
from app.web.i18n import catalogue
from app.web.i18n import mark as _

TRIES = 5
NAMES = _("观察 %(n)s")
"""A code that no participant can have: theirs hold no blank."""


def write(
    session: Session, actor: str, study: Study, protocol: StudyProtocol, given: ObservationIn, observation_id: UUID
) -> UUID:
    """Store an observation of ``actor`` under the id that its page was given, and return that id.

    The same one again changes nothing; other words under that id are ObservationTaken. Invalid; StudyClosed.
    """
    if is_over(study, clock.now()):
        raise StudyClosed()
    if queries.any_turn(session, study.id, observation_id) is not None:
        if _same(session, protocol, given, observation_id, actor):
            return observation_id
        raise ObservationTaken()
    place, moment, wave_id = _where(protocol, given)
    walk = _walk(session, actor, protocol, moment, wave_id)
    parts = [_turn(walk, observation_id, SAW, given.saw, actor)]
    if given.felt:
        parts.append(_turn(walk, _felt_id(observation_id), FELT, given.felt, actor))
    for one in parts:
        _put(one, place, walk, moment)
    session.add_all(parts)
    session.flush()
    for one in parts:
        _say(session, protocol, one, _place(one, walk), moment, was=None)
    record(session, _change(actor, "observation.written", walk, observation_id))
    return observation_id


def change(
    session: Session,
    actor: str,
    protocol: StudyProtocol,
    observation_id: UUID,
    given: ObservationIn,
    *,
    version: int,
) -> None:
    """Let one's own observation say ``given``; what is the same to the letter keeps what was coded of it.

    Forbidden for another's; ObservationChanged when ``version`` is not the one that stands. The same again changes nothing.
    """
    turn, walk = queries.turn(session, protocol.study.id, observation_id, lock=True)
    _own(walk, actor)
    if _same(session, protocol, given, observation_id, actor):
        return
    if turn.version != version:
        raise ObservationChanged()
    place, moment, wave_id = _where(protocol, given)
    moved = _walk(session, actor, protocol, moment, wave_id)
    felt = queries.any_turn(session, turn.study_id, _felt_id(observation_id))
    if given.felt and felt is None:
        felt = _turn(moved, _felt_id(observation_id), FELT, given.felt, actor)
        _put(felt, place, moved, moment)
        session.add(felt)
        session.flush()
        _say(session, protocol, felt, _place(felt, moved), moment, was=None)
    elif felt is not None and not given.felt:
        _forget(session, felt, _place(felt, walk))
    elif felt is not None:
        _rewrite(session, protocol, felt, given.felt, walk, moved, place, moment)
    _rewrite(session, protocol, turn, given.saw, walk, moved, place, moment)
    turn.version += 1
    session.flush()
    record(session, _change(actor, "observation.changed", moved, observation_id))


def remove(session: Session, actor: str, study_id: UUID, observation_id: UUID, *, owner: bool) -> None:
    """Take an observation away with all that was coded of it. Forbidden for another's, unless by the study's owner."""
    turn, walk = queries.turn(session, study_id, observation_id, lock=True)
    if not owner:
        _own(walk, actor)
    felt = queries.any_turn(session, study_id, _felt_id(observation_id))
    for one in (turn, *([felt] if felt is not None else [])):
        _forget(session, one, _place(one, walk))
    record(session, _change(actor, "observation.removed", walk, observation_id))


def observations(
    session: Session, protocol: StudyProtocol, *, by: str | None = None, most: int = 500, only: UUID | None = None
) -> list[Observation]:
    """Return observations, the latest first; those of one writer where ``by`` names them as the log does."""
    study_id = protocol.study.id
    rows = queries.observed(session, study_id, by=by, most=most, only=only)
    felt = queries.felt_parts(session, study_id, [_felt_id(turn.id) for turn, *_rest in rows])
    said = queries.standing(session, study_id, [turn.id for turn, *_rest in rows] + list(felt))
    names = {one.id: one.key for one in protocol.touchpoints}
    waves = {one.id: one.key for one in protocol.waves}
    shown = []
    for turn, walk, code in rows:
        second = felt.get(_felt_id(turn.id))
        standing = said.get(turn.id, []) + (said.get(second.id, []) if second else [])
        shown.append(
            Observation(
                id=turn.id,
                by=walk.created_by,
                code=code,
                stage=protocol.stage_of(turn.stage_id).key if turn.stage_id else "",
                touchpoint=names.get(turn.touchpoint_id, "") if turn.touchpoint_id else "",
                wave=waves.get(walk.wave_id, "") if walk.wave_id else "",
                at=walk.held_at + timedelta(milliseconds=turn.start_ms or 0),
                saw=turn.text,
                felt=second.text if second else "",
                version=turn.version,
                statements=tuple(one for one, _score in standing),
                sentiments=tuple(score / MICRO for _one, score in standing),
            )
        )
    return shown


def _where(protocol: StudyProtocol, given: ObservationIn) -> tuple[Place, datetime, UUID | None]:
    """Return place (of nobody yet), moment and wave of what was given; Invalid names each field."""
    wrong = []
    stage = protocol.stage(given.stage)
    if stage is None:
        wrong.append(FieldError("stage", _("请选一个阶段"), "unknown_stage"))
    touchpoint = protocol.touchpoint(stage.id, given.touchpoint) if stage and given.touchpoint else None
    if stage and given.touchpoint and touchpoint is None:
        wrong.append(FieldError("touchpoint", _("这个触点不在这个阶段里"), "unknown_touchpoint"))
    wave = protocol.wave(given.wave) if given.wave else None
    if given.wave and wave is None:
        wrong.append(FieldError("wave", _("这个研究没有这一轮"), "unknown_wave"))
    zone = ZoneInfo(protocol.study.time_zone)
    moment = (given.at.replace(tzinfo=zone) if given.at.tzinfo is None else given.at).astimezone(UTC)
    if not clock.now() - timedelta(days=3650) < moment < clock.now() + timedelta(minutes=5):
        wrong.append(FieldError("at", _("请填已经过去的时间"), "future"))
    if wrong or stage is None:
        raise Invalid(fields=wrong)
    wave_id = wave.id if wave else None
    nobody = UUID(int=0)
    return Place(nobody, stage.id, touchpoint.id if touchpoint else None, wave_id, None), moment, wave_id


def _walk(session: Session, actor: str, protocol: StudyProtocol, moment: datetime, wave_id: UUID | None) -> Interview:
    """Return the actor's walk of that day in the study's zone, begun now if there is none."""
    study_id, zone = protocol.study.id, ZoneInfo(protocol.study.time_zone)
    day = moment.astimezone(zone).date()
    begin = datetime.combine(day, time(), zone).astimezone(UTC)
    person = queries.observer(session, study_id, actor) or _new_observer(session, protocol)
    known = queries.walk(session, study_id, person.id, begin, wave_id)
    if known is not None:
        return known
    walk = Interview(
        study_id=study_id,
        participant_id=person.id,
        kind=OBSERVATION,
        title=f"{person.code} · {day.isoformat()}",
        held_at=begin,
        wave_id=wave_id,
        state="ready",
        origin={"kind": OBSERVATION},
        created_by=actor,
        created_at=clock.now(),
    )
    session.add(walk)
    session.flush()
    return walk


def _new_observer(session: Session, protocol: StudyProtocol) -> Participant:
    name = catalogue(protocol.study.language).gettext(NAMES)
    first = queries.observer_count(session, protocol.study.id) + 1
    for number in range(first, first + TRIES):
        person = Participant(
            study_id=protocol.study.id,
            kind=OBSERVER,
            code=name % {"n": number},
            time_zone=protocol.study.time_zone,
            attributes={},
            enrolled_at=clock.now(),
        )
        try:
            # A savepoint: on PostgreSQL a colleague may take the same number at this very moment.
            with session.begin_nested():
                session.add(person)
        except IntegrityError:
            continue
        return person
    raise ObservationTaken()


def _turn(walk: Interview, turn_id: UUID, part: str, text: str, actor: str) -> Turn:
    return Turn(
        study_id=walk.study_id,
        id=turn_id,
        position=0,
        speaker="",
        role="respondent",
        origin="note",
        text=text,
        question=part,
        confirmed_by=actor,
        confirmed_at=clock.now(),
        version=1,
    )


def _put(turn: Turn, place: Place, walk: Interview, moment: datetime) -> None:
    turn.interview_id, turn.participant_id = walk.id, walk.participant_id
    turn.proposed_stage_id = turn.stage_id = place.stage_id
    turn.touchpoint_id = place.touchpoint_id
    turn.start_ms = int((moment - walk.held_at).total_seconds() * 1000)
    # In the order of the day, whenever it was written down: by minutes, what was felt right after what was seen.
    turn.position = turn.start_ms // 30_000 * 2 + 1 + (turn.question == FELT)


def _place(turn: Turn, walk: Interview) -> Place:
    if turn.stage_id is None:
        raise ValueError("an observation has a stage")
    return Place(turn.participant_id, turn.stage_id, turn.touchpoint_id, walk.wave_id, None)


def _say(
    session: Session, protocol: StudyProtocol, turn: Turn, place: Place, moment: datetime, *, was: Place | None
) -> None:
    study = protocol.study
    coder = choice_in_force(session, study.id, study.coder, study.coder_version).quick()
    said = Utterance("observer", turn.id, place, moment, statements.code(coder, [(OBSERVATION, turn.text)]))
    if was is None:
        statements.record(session, study.id, coder.version, [said])
    else:
        statements.revise(session, study.id, coder.version, said, was, None)


def _rewrite(
    session: Session,
    protocol: StudyProtocol,
    turn: Turn,
    text: str,
    walk: Interview,
    moved: Interview,
    place: Place,
    moment: datetime,
) -> None:
    was = _place(turn, walk)
    turn.text = text
    _put(turn, place, moved, moment)
    session.flush()
    _say(session, protocol, turn, _place(turn, moved), moment, was=was)


def _forget(session: Session, turn: Turn, place: Place) -> None:
    gone = statements.retract(session, turn.study_id, turn.id, place, None)
    cells.apply(session, turn.study_id, cells.deltas((), [gone]))
    session.execute(
        delete(Statement)
        .where(Statement.study_id == turn.study_id, Statement.source_id == turn.id)
        .execution_options(synchronize_session=False)
    )
    session.delete(turn)
    session.flush()


def _same(session: Session, protocol: StudyProtocol, given: ObservationIn, observation_id: UUID, actor: str) -> bool:
    found = observations(session, protocol, only=observation_id)
    if not found or found[0].by != actor:
        return False
    stands = found[0]
    moment = _where(protocol, given)[1]
    return (stands.stage, stands.touchpoint, stands.wave, stands.at, stands.saw, stands.felt) == (
        given.stage,
        given.touchpoint,
        given.wave,
        moment,
        given.saw,
        given.felt,
    )


def _own(walk: Interview, actor: str) -> None:
    if walk.created_by != actor:
        raise Forbidden(_("这是同事写的，只有他自己能改"))


def _felt_id(observation_id: UUID) -> UUID:
    return uuid5(observation_id, FELT)


def _change(actor: str, action: str, walk: Interview, observation_id: UUID) -> Change:
    detail = {"interview": str(walk.id), "observation": str(observation_id)}
    return Change(actor, action, walk.study_id, walk.participant_id, detail)
