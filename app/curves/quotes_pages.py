"""The page of the statements behind one point."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from app.core.db import MICRO
from app.core.errors import NotFound
from app.curves import deps
from app.curves.addresses import Option, address, quotes_of
from app.curves.behind import look_behind, observed_behind, quotes_behind
from app.curves.deps import Asked
from app.curves.words import label_of
from app.participants.consents import may_be_quoted
from app.participants.sight import sight_of
from app.statements.words import ROLES, day_words
from app.studies import queries as studies
from app.studies.access import RESEARCHERS, TEXT_READERS, InStudy, StudyAccess
from app.web.i18n import mark as _
from app.web.pages import render

router = APIRouter(include_in_schema=False)

TextSeen = Annotated[StudyAccess, Depends(InStudy(*TEXT_READERS))]
Order = Literal["lowest", "highest"]
MOST_QUOTES = 200
MOST_OBSERVED = 50


@router.get("/studies/{slug}/quotes")
def quotes_page(
    request: Request,
    access: TextSeen,
    asked: Asked,
    key: Annotated[str, Query(max_length=90)],
    order: Order = "lowest",
) -> Response:
    with request.app.state.database.read() as session:
        curve = deps.compute(request, session, deps.read(request, session, access, asked))
        point = curve.point(key)
        if point is None:
            raise NotFound()
        protocol = studies.protocol(session, access.study.id)
        sight = sight_of(session, access)
        lowest = order == "lowest"
        found = quotes_behind(session, sight, protocol, asked, key, lowest=lowest, limit=MOST_QUOTES)
        observed = observed_behind(session, sight, protocol, asked, key, limit=MOST_OBSERVED)
        behind = look_behind(session, access, found)
        quotable = may_be_quoted(session, access.study.id)
    request.app.state.readings.note(access, deps.whose([*found, *observed]))
    here = quotes_of(access, asked)(point)
    context: dict[str, Any] = {
        "study": access.study,
        "actor": access.actor,
        "here": "curve",
        "point": point,
        "label": label_of(curve, point),
        "curve": curve,
        "quotes": found,
        "behind": behind,
        "versions": sorted({one.version for one in behind.values() if one.version}),
        "observed": observed,
        "quotable": quotable,
        "some_hidden": sight.consents is not None,
        "orders": [
            Option(_("最难受的在前"), f"{here}&order=lowest", order == "lowest"),
            Option(_("最开心的在前"), f"{here}&order=highest", order == "highest"),
        ],
        "back": address(access, asked),
        "stage_names": {stage.id: stage.name for stage in protocol.stages},
        "stage_keys": {stage.id: stage.key for stage in protocol.stages} if access.can(RESEARCHERS) else {},
        "touchpoint_names": {one.id: one.name for one in protocol.touchpoints},
        "roles": ROLES,
        "zone": protocol.study.time_zone,
        "anchor": protocol.study.anchor_label,
        "day_words": day_words,
        "micro": MICRO,
        "most": MOST_QUOTES,
    }
    return render(request, "curves/quotes.html", context, language=access.study.language)
