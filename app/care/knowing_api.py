"""Who is in the valley now, and what came after low moments, over REST."""

from datetime import date, datetime
from math import isfinite
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from app.care import after_words, knowing, valley_words
from app.care.after import After, Measured
from app.care.change import Bounded, GroupChange
from app.care.valley import Standing
from app.care.valley_queries import InTouch
from app.curves.deps import sees_text
from app.studies.access import ANYONE, ApiInStudy, StudyAccess
from app.web.i18n import choose_language, current_language

router = APIRouter(prefix="/api/v1/studies/{slug}/care", tags=["care"])

MayRead = Annotated[StudyAccess, Depends(ApiInStudy(*ANYONE, scope="curves:read"))]


class ValleyStageOut(BaseModel):
    """A stage that may be the hardest."""

    key: str
    name: str


class InTouchOut(BaseModel):
    """When the team was last in touch with one person, and how; ``reached``: not in vain."""

    at: datetime
    kind: Literal["contact", "message", "support"]
    way: str
    reached: bool


class StandingOut(BaseModel):
    """A person who stands in the hardest stage now."""

    participant: str
    stage: str
    day: int
    hardest_day: bool = Field(description="The day is one of those that may be the lowest.")
    since: date | None = Field(description="Their first day in the stage; null: it has no beginning.")
    mood: int | None = Field(description="Chosen last, 1..9.")
    mood_at: datetime | None
    touch: InTouchOut | None = Field(description="Since then the last time that the team reached this one person.")
    tried: InTouchOut | None = Field(description="Since then the last time that it tried in vain.")
    follow_up: str | None = Field(description="The follow-up that is not closed.")


class ValleyOut(BaseModel):
    """The hardest stages and who is in them. ``stages`` is empty where the curve cannot tell."""

    study: str
    stages: list[ValleyStageOut]
    n_people: int | None = Field(description="null: fewer than 8, for a key that sees no text.")
    n_without_contact: int | None
    n_on_hardest_days: int | None
    n_without_date: int
    people: list[StandingOut] | None = Field(description="null for a key that sees no text.")
    summary: str


class BoundedOut(BaseModel):
    """A figure with its interval; null where it is not known."""

    value: float | None
    standard_error: float | None
    df: float | None
    lower: float | None
    upper: float | None


class GroupOut(BaseModel):
    """Low moments of one group. ``enough``: at least 5 people."""

    n_people: int | None
    n_moments: int | None
    before: float | None
    after: float | None
    change: BoundedOut
    enough: bool


class MeasureOut(BaseModel):
    """One measure of low moments: mood 1..9, or the lowest score of what was written −1..1."""

    name: Literal["mood", "score"]
    followed: GroupOut
    others: GroupOut
    difference: BoundedOut = Field(description="Change of the followed minus that of the others.")
    alike: BoundedOut = Field(description="The same difference between moments that were as low before.")
    slope: float | None = Field(description="How much of a difference before is left after.")
    clear: bool = Field(description="alike leaves zero out. Nobody drew lots: it is no effect.")
    suppressed: bool


class AfterOut(BaseModel):
    """What came after low moments, observed; ``measures`` begin with the one that the summary speaks of."""

    study: str
    level: float
    design: Literal["observational"]
    measures: list[MeasureOut]
    n_followed: int | None
    n_others: int | None
    n_silent_followed: int | None = Field(description="Nothing was written within the week: in no mean.")
    n_silent_others: int | None
    n_waiting: int | None = Field(description="The week is not over.")
    n_otherwise: int | None = Field(description="A message or other support, but no contact: in neither group.")
    wait_hours: float | None = Field(description="After so long the others are looked at.")
    summary: str


@router.get("/valley", summary="Who stands in the hardest stage now")
def get_valley(request: Request, response: Response, access: MayRead) -> ValleyOut:
    """With people for those who may read statements; care staff get who agreed. Others get counts of at least 8."""
    response.headers["Cache-Control"] = "private, no-store"
    current_language.set(choose_language(request, access.study.language))
    with request.app.state.database.read() as session:
        found, _ = knowing.valley_seen(request, session, access)
    return ValleyOut(
        study=access.study.slug,
        stages=[ValleyStageOut(key=one.key, name=one.name) for one in found.hardest.stages],
        n_people=found.people,
        n_without_contact=found.untouched,
        n_on_hardest_days=found.on_hardest_days,
        n_without_date=found.nowhere,
        people=[_standing(one) for one in found.listed] if sees_text(access) else None,
        summary=valley_words.sentence(found),
    )


@router.get("/after", summary="What came after low moments, with a contact and without")
def get_after(request: Request, response: Response, access: MayRead) -> AfterOut:
    """Observational: see statistics.md. Without the right to read statements no figures about fewer than 8 people."""
    response.headers["Cache-Control"] = "private, no-store"
    current_language.set(choose_language(request, access.study.language))
    with request.app.state.database.read() as session:
        found = knowing.after_seen(session, access)
    return _after(access.study.slug, found)


def _standing(one: Standing) -> StandingOut:
    return StandingOut(
        participant=one.person.code,
        stage=one.stage.key,
        day=one.day,
        hardest_day=one.hardest,
        since=one.since,
        mood=one.mood.mood if one.mood else None,
        mood_at=one.mood.occurred_at if one.mood else None,
        touch=_in_touch(one.touch),
        tried=_in_touch(one.tried),
        follow_up=str(one.follow_up_id) if one.follow_up_id else None,
    )


def _in_touch(one: InTouch | None) -> InTouchOut | None:
    return None if one is None else InTouchOut(at=one.at, kind=one.kind, way=one.way, reached=one.reached)


def _after(slug: str, found: After) -> AfterOut:
    hidden = found.told.hidden

    def count(n: int) -> int | None:
        return None if hidden else n

    return AfterOut(
        study=slug,
        level=found.level,
        design="observational",
        measures=[_measure(one) for one in found.measures],
        n_followed=count(found.followed),
        n_others=count(found.others),
        n_silent_followed=count(found.silent_followed),
        n_silent_others=count(found.silent_others),
        n_waiting=count(found.waiting),
        n_otherwise=count(found.otherwise),
        wait_hours=None if hidden else round(found.wait.total_seconds() / 3600, 1),
        summary=after_words.summary(found),
    )


def _measure(one: Measured) -> MeasureOut:
    estimate = one.estimate
    return MeasureOut(
        name=one.name,
        followed=_group(estimate.followed, one.hidden),
        others=_group(estimate.others, one.hidden),
        difference=_bounded(estimate.difference, one.hidden or not estimate.enough),
        alike=_bounded(estimate.alike, one.hidden or not estimate.comparable),
        slope=None if one.hidden or not estimate.comparable else _figure(estimate.slope),
        clear=estimate.clear and not one.hidden,
        suppressed=one.hidden,
    )


def _group(group: GroupChange, hidden: bool) -> GroupOut:
    return GroupOut(
        n_people=None if hidden else group.people,
        n_moments=None if hidden else group.moments,
        before=None if hidden else _figure(group.before),
        after=None if hidden else _figure(group.after),
        change=_bounded(group.change, hidden or not group.enough),
        enough=group.enough and not hidden,
    )


def _bounded(one: Bounded, hidden: bool) -> BoundedOut:
    figures = (one.value, one.standard_error, one.df, one.lower, one.upper)
    value, error, df, lower, upper = (None if hidden else _figure(figure) for figure in figures)
    return BoundedOut(value=value, standard_error=error, df=df, lower=lower, upper=upper)


def _figure(value: float) -> float | None:
    return round(value, 6) if isfinite(value) else None
