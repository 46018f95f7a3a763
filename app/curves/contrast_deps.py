"""Which two groups a request compares."""

from dataclasses import dataclass, replace

from fastapi import Request
from sqlalchemy.orm import Session

from app.curves import contrasts
from app.curves.contrast_words import Compared
from app.curves.contrasts import CurveContrast
from app.curves.deps import Reading
from app.curves.errors import NoSuchGroup
from app.curves.groups import asked_of, group_of
from app.curves.questions import CurveQuestion
from app.studies import queries as studies


@dataclass(frozen=True, slots=True)
class Sides:
    """The two groups, as addresses name them."""

    a: str
    b: str


def compare(request: Request, session: Session, reading: Reading, two: Sides, *, readable: bool = False) -> Compared:
    """Return the comparison of two groups in the state that ``reading`` saw, in the same session.

    ``readable``: where too little is coded to compare the corrected curves, the model's are compared instead, as a
    study's page shows them. Raises NoSuchGroup and UnknownSegment.
    """
    protocol = studies.protocol(session, reading.access.study.id)
    a, b = group_of(protocol, two.a), group_of(protocol, two.b)
    if a.token == b.token:
        raise NoSuchGroup()

    def found(common: CurveQuestion) -> CurveContrast:
        return contrasts.contrast(
            session,
            request.app.state.matrices,
            reading.access.study.id,
            asked_of(a, common),
            asked_of(b, common),
            revisions=reading.revisions,
            refining=reading.refining,
            anonymous=reading.anonymous,
        )

    asked = found(reading.question)
    if not (readable and reading.question.score == "corrected" and asked.a.corrected):
        return Compared(asked, a, b)
    model = found(replace(reading.question, score="model"))
    settled = sum(one.enough for one in asked.points) > sum(one.enough for one in model.points) / 2
    return Compared(asked if settled else model, a, b)
