"""The page of one statement: its words with the evidence marked in them, and why it has its score."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from app.participants.sight import sight_of
from app.statements import explaining
from app.statements.explaining import CoderBusy, Explanation, Reason, Told
from app.statements.highlights import passages_of
from app.statements.words import (
    CUES,
    EMOTION_NAMES,
    LABELS,
    ROLES,
    SOURCES,
    day_words,
    rule_words,
    strength_words,
    sure_of,
    sure_words,
)
from app.studies import queries as studies
from app.studies.access import TEXT_READERS, InStudy, StudyAccess
from app.studies.errors import CoderUnavailable
from app.studies.protocol import StudyProtocol
from app.web.i18n import choose_language, current_language, translate
from app.web.i18n import mark as _
from app.web.pages import render, signed

router = APIRouter(include_in_schema=False)

TextSeen = Annotated[StudyAccess, Depends(InStudy(*TEXT_READERS))]
Reading = Literal["quick", "slow"]
SHOWN = 8
"""Reasons that stand open, and whose words in the text lead to them; the others are folded away."""


@router.get("/studies/{slug}/statements/{statement_id}")
def statement_page(request: Request, access: TextSeen, statement_id: UUID, reading: Reading = "quick") -> Response:
    current_language.set(choose_language(request, access.study.language))
    with request.app.state.database.read() as session:
        told = explaining.look(session, sight_of(session, access), access.study, statement_id)
        protocol = studies.protocol(session, access.study.id)
    request.app.state.readings.note(access, [(told.statement.participant_id, told.statement.source_id)])
    explanation, trouble = _explained(told, reading)
    context = {
        "study": access.study,
        "actor": access.actor,
        "here": "curve",
        "zone": protocol.study.time_zone,
        "trouble": trouble,
        **_told(told, protocol),
        **_why(told, explanation),
    }
    return render(request, "statements/statement.html", context, language=access.study.language)


def _explained(told: Told, reading: Reading) -> tuple[Explanation, str | None]:
    """Return the reading that was asked for; the quick one, and why, where the slow coder cannot be had now."""
    text = told.statement.text
    try:
        return explaining.explain(told.choice, text, slowly=reading == "slow"), None
    except (CoderUnavailable, CoderBusy) as trouble:
        return explaining.explain(told.choice, text), translate(trouble.title) % trouble.parameters


def _told(told: Told, protocol: StudyProtocol) -> dict[str, Any]:
    one = told.statement
    touchpoint = protocol.touchpoint_of(one.touchpoint_id)
    stored = told.in_force
    return {
        "told": told,
        "statement": one,
        "stage": protocol.stage_of(one.stage_id),
        "touchpoint": touchpoint.name if touchpoint else None,
        "wave": next((wave.name for wave in protocol.waves if wave.id == one.wave_id), None),
        "when": day_words(protocol.study.anchor_label, one.day) if one.day is not None else None,
        "roles": ROLES,
        "sources": SOURCES,
        "labels": LABELS,
        "in_force": next(each for each in told.stored if each.in_force),
        "sure": sure_words(stored.confidence),
        "sure_words": sure_words,
        "sure_of": sure_of(stored.model_version),
        "emotions": _emotions(stored.emotions),
        "emotion_names": EMOTION_NAMES,
    }


def _emotions(emotions: dict[str, float]) -> list[tuple[str, float, str]]:
    """Return name, strength, and the strength in words, the strongest first."""
    ordered = sorted(emotions.items(), key=lambda pair: -pair[1])
    return [
        (translate(EMOTION_NAMES.get(name, name)), strength, strength_words(strength)) for name, strength in ordered
    ]


def _why(told: Told, explanation: Explanation) -> dict[str, Any]:
    text, evidence = told.statement.text, explanation.coding.evidence
    cues = explaining.cues_of(told, explanation.coding)
    reasons = explaining.reasons_of(text, evidence)
    first = reasons.listed[:SHOWN]
    return {
        "explanation": explanation,
        "passages": passages_of(text, evidence, cues),
        "reasons": reasons,
        "first": first,
        "further": reasons.listed[SHOWN:],
        "rows": {one.word: place for place, one in reversed([*enumerate(first, 1)]) if one.word is not None},
        "titles": _titles(reasons.listed),
        "rule_words": rule_words,
        "cues": cues,
        "cue_words": CUES,
        "other_version": explanation.version != told.statement.model_version,
    }


def _titles(reasons: Sequence[Reason]) -> dict[int, str]:
    """Return what a pointer shows over each highlighted word: its contributions and the rules that acted."""
    parts: dict[int, list[str]] = defaultdict(list)
    for one in reasons:
        if one.word is not None:
            names = translate(_("、")).join(rule_words(rule)[0] for rule in one.rules)
            parts[one.word].append(f"{signed(one.contribution)} {names}")
    return {word: "; ".join(said) for word, said in parts.items()}
