"""Changing an interview that stands: its name, who its speakers are, what a turn says, and taking it away."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.audit.service import Change, record
from app.core.errors import FieldError, Invalid
from app.interviews import queries
from app.interviews.errors import InterviewChanged, TurnChanged
from app.interviews.models import Interview, Turn
from app.interviews.queries import RESPONDENT, Gone
from app.interviews.schemas import MOST_TITLE
from app.interviews.staging import code_turns, place_of, propose_stages, utterance_of
from app.interviews.transcripts.shapes import MOST_LINE, Role
from app.statements import moving
from app.statements import service as statements
from app.statements.holding import hold
from app.statements.removing import delete_turns, retract_turns
from app.studies import queries as studies
from app.web.i18n import mark as _


def rename(session: Session, actor: str, study_id: UUID, interview_id: UUID, title: str, *, version: int) -> Interview:
    """Give an interview another title. InterviewChanged when it is no longer as in ``version``; Invalid without a title."""
    interview = _unchanged(session, study_id, interview_id, version)
    tidy = " ".join(title.split())
    if not 0 < len(tidy) <= MOST_TITLE:
        raise Invalid(fields=[FieldError("title", _("请写一个 120 字以内的名称"), "required")])
    if tidy != interview.title:
        interview.title = tidy
        interview.version += 1
        record(session, _change(actor, "interview.renamed", interview))
    return interview


def put_in_wave(
    session: Session, actor: str, study_id: UUID, interview_id: UUID, wave_id: UUID | None, *, version: int
) -> Interview:
    """Move an interview, and with it what its statements count for, to another wave or to none. InterviewChanged."""
    hold(session, study_id)
    interview = _unchanged(session, study_id, interview_id, version)
    if interview.wave_id != wave_id:
        interview.wave_id = wave_id
        interview.version += 1
        for turn in queries.turns_of(session, study_id, interview_id, lock=True):
            if turn.stage_id is not None:
                moving.move(session, study_id, turn.id, place_of(turn, interview))
        record(session, _change(actor, "interview.moved", interview))
    return interview


def set_roles(
    session: Session, actor: str, study_id: UUID, interview_id: UUID, roles: Mapping[str, Role], *, version: int
) -> Interview:
    """Say which part speakers have. Who is no respondent any more loses their statements; who is one now gets proposals.

    InterviewChanged when the interview is no longer as in ``version``.
    """
    hold(session, study_id)
    interview = _unchanged(session, study_id, interview_id, version)
    turns = queries.turns_of(session, study_id, interview_id, lock=True)
    changed = [turn for turn in turns if roles.get(turn.speaker, turn.role) != turn.role]
    if not changed:
        return interview
    silenced = [turn for turn in changed if turn.role == RESPONDENT]
    for turn in changed:
        turn.role = roles[turn.speaker]
        turn.version += 1
        turn.stage_id = turn.touchpoint_id = turn.confirmed_by = turn.confirmed_at = None
    proposed = propose_stages(session, studies.protocol(session, study_id), turns)
    for turn, stage_id in zip(turns, proposed, strict=True):
        turn.proposed_stage_id = stage_id
    interview.version += 1
    session.flush()
    retract_turns(session, study_id, [turn.id for turn in silenced])
    record(session, _change(actor, "interview.speakers_changed", interview, turns=len(changed)))
    return interview


def change_text(
    session: Session, actor: str, study_id: UUID, interview_id: UUID, turn_id: UUID, text: str, *, version: int
) -> Turn:
    """Mend what a turn says. Where it is a statement, that one is replaced, and has to be coded by people anew.

    TurnChanged when it is no longer as in ``version``; Invalid for no text, or too much.
    """
    words = text.replace("\r\n", "\n").replace("\x00", "").strip()
    if not 0 < len(words) <= MOST_LINE:
        raise Invalid(fields=[FieldError("text", _("这段话不能空着，也不能超过 20000 字"), "required")])
    hold(session, study_id)
    found = queries.turns_for_update(session, study_id, [turn_id])
    if not found or found[0][0].version != version or found[0][0].interview_id != interview_id:
        raise TurnChanged()
    turn, interview = found[0]
    if words == turn.text:
        return turn
    turn.text = words
    turn.version += 1
    session.flush()
    if turn.stage_id is not None:
        coded = code_turns(session, study_id, [turn.id])
        said = utterance_of(turn, interview, coded.spoken[turn.id])
        statements.revise(session, study_id, coded.model_version, said, said.place, None)
    record(session, _change(actor, "interview.turn_mended", interview, turn=str(turn.id)))
    return turn


def remove(session: Session, actor: str, study_id: UUID, interview_id: UUID, *, version: int) -> Gone:
    """Delete an interview, its turns, their statements and all that was coded of them; returns how much that was.

    InterviewChanged when it is no longer as in ``version``.
    """
    hold(session, study_id)
    interview = _unchanged(session, study_id, interview_id, version)
    gone = queries.going_with(session, study_id, interview_id)
    turn_ids = [turn.id for turn in queries.turns_of(session, study_id, interview_id, lock=True)]
    delete_turns(session, study_id, turn_ids)
    session.execute(
        delete(Interview)
        .where(Interview.study_id == study_id, Interview.id == interview_id)
        .execution_options(synchronize_session=False)
    )
    record(session, _change(actor, "interview.deleted", interview, turns=gone.turns, statements=gone.statements))
    return gone


def _unchanged(session: Session, study_id: UUID, interview_id: UUID, version: int) -> Interview:
    interview = queries.interview_for_update(session, study_id, interview_id)
    if interview.version != version:
        raise InterviewChanged()
    return interview


def _change(actor: str, action: str, interview: Interview, **detail: object) -> Change:
    told = {"interview": str(interview.id), **detail}
    return Change(actor, action, interview.study_id, interview.participant_id, told)
