"""Support at each stage beside how it feels there, and where the two do not meet."""

from collections.abc import Sequence
from uuid import UUID

import numpy as np
from sqlalchemy.orm import Session

from app.curves import queries as curves
from app.curves.matrices import CellMatrices
from app.curves.service import CurveQuestion
from app.maps.ecosystem import grounds, queries
from app.maps.ecosystem.looks import Mismatch, StageSupport, Support, SupportGiven
from app.maps.ecosystem.models import SupportLog


def support(
    session: Session,
    matrices: CellMatrices,
    study_id: UUID,
    *,
    segment: str | None = None,
    wave: str | None = None,
    level: float = 0.95,
    anonymous: bool = False,
    personal: bool = True,
) -> Support:
    """Return the support of each stage beside the curve of a group or wave, or of everybody.

    ``anonymous`` keeps back figures about fewer than 8 people; without ``personal`` lines for one participant count and are
    not listed.
    """
    revisions = curves.revisions(session, study_id)
    asked = CurveQuestion(segment=segment, wave=wave, level=level)
    ground = grounds.ground(session, matrices, study_id, asked, revisions, anonymous)
    given = [given_line(row, code) for row, code in queries.support_of(session, study_id)]
    everybody = queries.count_people(session, study_id)
    reached = (ground.text.n > 0).sum(axis=0)
    rows = []
    for place, stage in enumerate(ground.protocol.stages):
        here = [one for one in given if one.stage_id == stage.id]
        people = int(reached[place]) or everybody
        contacts, generic = per_person(here, people)
        point = ground.curve.points[place]
        shown = tuple(one for one in here if personal or one.participant is None)
        rows.append((stage, point, shown, contacts, generic, people))
    least = _least([contacts for *_, contacts, _, _ in rows])
    logged = bool(given)
    return Support(
        protocol=ground.protocol,
        curve=ground.curve,
        stages=tuple(
            StageSupport(
                stage=stage,
                point=point,
                given=shown,
                contacts=contacts,
                generic=generic,
                people=people,
                low=ground.low[place] or point.key in ground.lowest,
                mismatch=mismatch_of(contacts, generic, least[place])
                if logged and (ground.low[place] or point.key in ground.lowest)
                else None,
                certain=ground.low[place] or ground.curve.valley == (point.key,),
            )
            for place, (stage, point, shown, contacts, generic, people) in enumerate(rows)
        ),
        logged=logged,
    )


def per_person(given: Sequence[SupportGiven], people: int) -> tuple[float, float | None]:
    """Return the contacts that each of ``people`` gets on average, and the share of them in the same words for all."""

    def contacts(those: Sequence[SupportGiven]) -> float:
        return sum(one.contacts if one.participant is None else one.contacts / max(people, 1) for one in those)

    total = contacts(given)
    return total, contacts([one for one in given if one.generic]) / total if total else None


def mismatch_of(contacts: float, generic: float | None, least: bool) -> Mismatch | None:
    """Return how support fails people at a stage where they feel low; None where it does not."""
    if not contacts:
        return "nothing"
    if generic is not None and generic >= 1 - 1e-9:
        return "only_generic"
    return "least" if least else None


def _least(contacts: Sequence[float]) -> list[bool]:
    """Where nobody gets less, and others get more on average."""
    if not contacts:
        return []
    fewest, mean = min(contacts), float(np.mean(contacts))
    return [one <= fewest + 1e-9 and one < mean - 1e-9 for one in contacts]


def given_line(row: SupportLog, code: str | None) -> SupportGiven:
    """Return one line of the log; ``code`` is that of the person whom it was for."""
    return SupportGiven(
        id=row.id,
        stage_id=row.stage_id,
        touchpoint_id=row.touchpoint_id,
        participant=code,
        phase=row.phase,
        channel=row.channel,
        generic=row.generic,
        contacts=row.contacts,
        day_from=row.day_from,
        day_to=row.day_to,
        on=row.on,
        words=row.words,
        created_at=row.created_at,
        created_by=row.created_by,
    )
