"""Effort by wave and the paradox of satisfaction, as programs receive them."""

from typing import Literal

from pydantic import BaseModel

from app.maps.ecosystem.answers import FigureOut
from app.maps.ecosystem.efforts import EffortPair, EffortRow, Efforts
from app.maps.ecosystem.paradox import Paradox, Trend
from app.maps.ecosystem.presentation import figure_out


class EffortPairOut(BaseModel):
    """Mean effort, 1 (none) to 7 (very much): ``reported`` in the form, ``told`` in texts."""

    reported: FigureOut
    told: FigureOut


class EffortRowOut(BaseModel):
    """Effort at a touchpoint (``key`` is stage/touchpoint), over all waves, in each, and ``change``: after minus before."""

    key: str
    name: str
    whole: EffortPairOut
    waves: dict[str, EffortPairOut]
    change: EffortPairOut | None


class EffortOut(BaseModel):
    """A study's effort. ``before`` and ``after`` are the waves compared. Told effort is read from the newest statements."""

    study: str
    before: str | None
    after: str | None
    overall: EffortRowOut
    touchpoints: list[EffortRowOut]
    statements_read: int
    statements_total: int


class TrendOut(BaseModel):
    """One figure by period; ``values`` on the scale that ``kind`` says (statistics.md), ``change`` over all periods."""

    kind: Literal["satisfaction", "nps", "recommend", "referral", "emotion"]
    question: str
    name: str
    values: list[FigureOut]
    whole: FigureOut
    change: FigureOut
    high: bool
    low: bool


class ParadoxOut(BaseModel):
    """Satisfaction beside advocacy, referrals and emotion. ``contrary`` names the kinds that speak against it."""

    study: str
    by: Literal["wave", "month"]
    periods: list[str]
    satisfaction: list[TrendOut]
    others: list[TrendOut]
    flagged: bool
    contrary: list[str]


def efforts_out(found: Efforts) -> EffortOut:
    """Return the effort of a study as it is served."""
    waves = [wave.key for wave in found.waves]
    return EffortOut(
        study=found.protocol.study.slug,
        before=found.before.key if found.before else None,
        after=found.after.key if found.after else None,
        overall=_row(found.overall, waves),
        touchpoints=[_row(one, waves) for one in found.touchpoints if one.known],
        statements_read=found.read,
        statements_total=found.total,
    )


def paradox_out(found: Paradox) -> ParadoxOut:
    """Return the paradox as it is served."""
    return ParadoxOut(
        study=found.protocol.study.slug,
        by=found.by,
        periods=list(found.periods),
        satisfaction=[_trend(one) for one in found.satisfaction],
        others=[_trend(one) for one in found.others],
        flagged=found.flagged,
        contrary=[one.kind for one in found.contrary],
    )


def _row(one: EffortRow, waves: list[str]) -> EffortRowOut:
    return EffortRowOut(
        key=one.key,
        name=one.label,
        whole=_pair(one.whole),
        waves={key: _pair(pair) for key, pair in zip(waves, one.waves, strict=True)},
        change=_pair(one.change) if one.change else None,
    )


def _pair(one: EffortPair) -> EffortPairOut:
    return EffortPairOut(reported=figure_out(one.reported), told=figure_out(one.told))


def _trend(one: Trend) -> TrendOut:
    return TrendOut(
        kind=one.kind,
        question=one.key,
        name=one.label,
        values=[figure_out(each) for each in one.periods],
        whole=figure_out(one.whole),
        change=figure_out(one.change),
        high=one.high,
        low=one.low,
    )
