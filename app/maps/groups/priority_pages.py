"""The page of priorities: the matrix, and the team's votes beside the data's order."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import ValidationError

from app.core.errors import AppError
from app.curves import deps as curves
from app.maps.groups import posted, priorities, votes, words
from app.maps.groups.api import VOTERS, touchpoints_of
from app.maps.groups.footing import K_ANONYMOUS
from app.maps.groups.page_parts import refusal, shared, status_of, to
from app.maps.groups.pictures import matrix_picture
from app.maps.groups.priorities import By
from app.maps.groups.schemas import VotesIn
from app.participants import relation_queries
from app.studies import queries as studies
from app.studies.access import InStudy, StudyAccess, confirm
from app.web.forms import FormState, Posted
from app.web.i18n import choose_language, current_language, translate
from app.web.i18n import mark as _
from app.web.pages import render

router = APIRouter(include_in_schema=False)

Seen = Annotated[StudyAccess, Depends(InStudy())]
Voter = Annotated[StudyAccess, Depends(InStudy(*VOTERS))]
Key = Annotated[str | None, Query(max_length=120)]


@router.get("/studies/{slug}/priorities")
def priorities_page(request: Request, access: Seen, by: By | None = None, outcome: Key = None) -> Response:
    return _priorities(request, access, by, outcome)


@router.post("/studies/{slug}/priorities/votes")
def cast_votes(request: Request, access: Voter, form: Posted) -> Response:
    current_language.set(choose_language(request))
    try:
        given = VotesIn.model_validate({"points": posted.points(form)})
        with request.app.state.database.write() as session:
            still = confirm(session, access, VOTERS)
            points = touchpoints_of(studies.protocol(session, still.study.id), given)
            votes.cast(session, still.actor.label, still.study.id, still.actor.user_id, points)
    except (ValidationError, AppError) as error:
        return _priorities(request, access, None, None, state=refusal(form, error), status=status_of(error))
    return to(access, "priorities#votes")


def _priorities(
    request: Request,
    access: StudyAccess,
    by: By | None,
    outcome: str | None,
    *,
    state: FormState | None = None,
    status: int = 200,
) -> Response:
    current_language.set(choose_language(request, access.study.language))
    sees = curves.sees_text(access)
    with request.app.state.database.read() as session:
        tally = votes.tally(session, access.study.id, access.actor.user_id)
        found = priorities.look(
            session,
            request.app.state.matrices,
            access.study.id,
            tally,
            by=by,
            outcome=outcome,
            anonymous=not sees,
        )
        protocol = studies.protocol(session, access.study.id)
        measures = relation_queries.measures(session, access.study.id)
    few = not sees and found.found.people < K_ANONYMOUS
    context = {
        **shared(access, "priorities"),
        "found": found,
        "heading": words.priorities_headline(found),
        "lacking": "" if few else words.lacking_words(found),
        "few": few,
        "ranked": [one for one in found.ordered if one.rank is not None],
        "unranked": [one for one in found.ordered if one.rank is None],
        "stage_names": {stage.key: stage.name for stage in protocol.stages},
        "quadrants": words.QUADRANTS,
        "agreement": words.agreement_words(found.agreement),
        "matrix": matrix_picture(found),
        "outcome_choices": [("mood", translate(_("自己选的心情"))), *((one.key, one.name) for one in measures)],
        "tally": tally,
        "ballot": [(one, protocol.stage_of(one.stage_id)) for one in protocol.touchpoints],
        "may_vote": access.can(VOTERS),
        "form": state or FormState(),
    }
    return render(request, "maps/priorities.html", context, status=status, language=access.study.language)
