"""Giving what respondents said its stage: a confirmed turn is a statement, coded and counted in the same transaction."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.audit.service import Change, record
from app.core import clock
from app.interviews import queries
from app.interviews.errors import InterviewOpen, StageUnknown, TurnNotStaged
from app.interviews.models import Interview, Turn
from app.interviews.proposing import SaidTurn, StageHints, propose
from app.interviews.queries import OBSERVATION, RESPONDENT
from app.statements import moving
from app.statements import service as statements
from app.statements.cells import Contribution, Place
from app.statements.holding import hold
from app.statements.service import Spoken, Utterance
from app.studies import queries as studies
from app.studies.adaptations import choice_in_force
from app.studies.protocol import StudyProtocol

READY: Final = "ready"
MOST_EXAMPLES: Final = 100
"""Texts of a stage that proposals learn from."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person decided of a turn, as they saw it in ``version``: its stage, or None for no part of the journey."""

    turn_id: UUID
    version: int
    stage_id: UUID | None
    touchpoint_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Coded:
    """Texts of turns, coded before the transaction that will store them begins."""

    model_version: str
    spoken: Mapping[UUID, Spoken]


@dataclass(slots=True)
class Outcome:
    """How many turns were confirmed for the first time, moved, taken out, stood so already; and which others had changed."""

    confirmed: int = 0
    moved: int = 0
    left_out: int = 0
    unchanged: int = 0
    stale: list[UUID] = field(default_factory=list)


@dataclass
class _Work:
    """What one confirmation writes."""

    outcome: Outcome
    fresh: list[tuple[Turn, Interview]] = field(default_factory=list)
    removed: list[Contribution] = field(default_factory=list)
    touched: dict[tuple[UUID, UUID], int] = field(default_factory=lambda: defaultdict(int))


def code_turns(session: Session, study_id: UUID, turn_ids: Collection[UUID]) -> Coded:
    """Return the codings of what respondents said in these turns, by the study's quick coder."""
    texts = queries.texts_of_turns(session, study_id, turn_ids)
    protocol = studies.protocol(session, study_id)
    coder = choice_in_force(session, study_id, protocol.study.coder, protocol.study.coder_version).quick()
    spoken = statements.code(coder, [("interview", text) for _, text in texts])
    return Coded(coder.version, dict(zip((turn_id for turn_id, _ in texts), spoken, strict=True)))


def confirm(
    session: Session, actor: str, study_id: UUID, choices: Sequence[Choice], coded: Coded | None = None
) -> Outcome:
    """Store what a person decided of turns, and bring statements and cells along, all in the caller's transaction.

    A turn that has changed since it was seen is left as it is and named in ``stale``, unless it stands as decided. A turn
    that is a statement already keeps it, with all that was coded of it, when its stage changes. ``coded`` saves coding
    inside the transaction. StageUnknown; TurnNotStaged for what no respondent said; InterviewOpen.
    """
    hold(session, study_id)
    protocol = studies.protocol(session, study_id)
    _check_places(protocol, choices)
    wanted = {choice.turn_id: choice for choice in choices}
    work = _Work(Outcome())
    found = queries.turns_for_update(session, study_id, wanted)
    for turn, interview in found:
        _decide(session, actor, work, wanted[turn.id], turn, interview)
    work.outcome.stale += wanted.keys() - {turn.id for turn, _ in found}
    _write(session, study_id, work, coded)
    _log(session, actor, study_id, work)
    return work.outcome


def place_of(turn: Turn, interview: Interview) -> Place:
    """Return where a confirmed turn stands. An interview tells of the past, so it has no day.

    ValueError for a turn without a stage.
    """
    if turn.stage_id is None:
        raise ValueError("only a turn at a stage has a place")
    return Place(turn.participant_id, turn.stage_id, turn.touchpoint_id, interview.wave_id, None)


def utterance_of(turn: Turn, interview: Interview, spoken: Spoken) -> Utterance:
    """Return what a confirmed turn says, as statements know it."""
    source, role = ("observer", "observation") if interview.kind == OBSERVATION else ("interview", "interview")
    said = Spoken(role, spoken.text, spoken.coding)
    return Utterance(source, turn.id, place_of(turn, interview), interview.held_at, (said,))


def propose_stages(
    session: Session, protocol: StudyProtocol, turns: Sequence[Turn], guided: Mapping[str, UUID] | None = None
) -> list[UUID | None]:
    """Return the stage proposed for each turn, in order; ``guided`` is the stage of each question of the guide."""
    places = {stage.id: place for place, stage in enumerate(protocol.stages)}
    hints = [
        StageHints(
            stage.name,
            [one.name for one in protocol.touchpoints_of(stage.id)],
            queries.said_at(session, protocol.study.id, stage.id, MOST_EXAMPLES),
        )
        for stage in protocol.stages
    ]
    asked = {question: places.get(stage_id) for question, stage_id in (guided or {}).items()}
    said = [SaidTurn(turn.text, turn.role == RESPONDENT, asked.get(turn.question or "")) for turn in turns]
    return [None if place is None else protocol.stages[place].id for place in propose(hints, said)]


def _check_places(protocol: StudyProtocol, choices: Iterable[Choice]) -> None:
    touchpoints = {one.id: one.stage_id for one in protocol.touchpoints}
    stages = {stage.id for stage in protocol.stages}
    for choice in choices:
        if choice.stage_id is not None and choice.stage_id not in stages:
            raise StageUnknown()
        if choice.touchpoint_id is not None and touchpoints.get(choice.touchpoint_id) != choice.stage_id:
            raise StageUnknown()


def _decide(session: Session, actor: str, work: _Work, choice: Choice, turn: Turn, interview: Interview) -> None:
    if turn.role != RESPONDENT:
        raise TurnNotStaged()
    if interview.state != READY:
        raise InterviewOpen()
    was, wanted = (turn.stage_id, turn.touchpoint_id), (choice.stage_id, choice.touchpoint_id)
    if turn.confirmed_at is not None and was == wanted:
        work.outcome.unchanged += 1
        return
    if turn.version != choice.version:
        work.outcome.stale.append(turn.id)
        return
    before = place_of(turn, interview) if turn.stage_id else None
    first = turn.confirmed_at is None
    turn.stage_id, turn.touchpoint_id = wanted
    turn.confirmed_by, turn.confirmed_at = actor, clock.now()
    turn.version += 1
    work.touched[interview.id, turn.participant_id] += 1
    if before is None and turn.stage_id is not None:
        work.fresh.append((turn, interview))
    elif before is not None and turn.stage_id is not None:
        moving.move(session, turn.study_id, turn.id, place_of(turn, interview))
    elif before is not None:
        work.removed.append(statements.retract(session, turn.study_id, turn.id, before, None))
    work.outcome.confirmed += first
    work.outcome.moved += not first and turn.stage_id is not None
    work.outcome.left_out += turn.stage_id is None


def _write(session: Session, study_id: UUID, work: _Work, coded: Coded | None) -> None:
    session.flush()
    if not work.fresh and not work.removed:
        return
    # Words may have been mended since they were coded.
    known = coded.spoken if coded else {}
    missing = [turn.id for turn, _ in work.fresh if turn.id not in known or known[turn.id].text != turn.text]
    if coded is None or missing:
        coded = code_turns(session, study_id, [turn.id for turn, _ in work.fresh])
    said = [utterance_of(turn, interview, coded.spoken[turn.id]) for turn, interview in work.fresh]
    statements.record(session, study_id, coded.model_version, said, work.removed)


def _log(session: Session, actor: str, study_id: UUID, work: _Work) -> None:
    changes = (
        Change(actor, "interview.staged", study_id, participant_id, {"interview": str(interview_id), "turns": n})
        for (interview_id, participant_id), n in work.touched.items()
    )
    record(session, *changes)
