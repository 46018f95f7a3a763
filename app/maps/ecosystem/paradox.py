"""The paradox of satisfaction: people say they are content, and yet do not recommend, or do not feel well.

Satisfaction, advocacy, referrals and emotion are trended apart, each with its own people, and only then held side by side.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal
from uuid import UUID

import numpy as np
from sqlalchemy.orm import Session

from app.curves.jackknife import FloatArray
from app.curves.service import K_ANONYMOUS
from app.maps.ecosystem import paradox_queries as queries
from app.maps.ecosystem.clustered import NOTHING, Figure, Slopes, clustered_means, clustered_slope, wilson
from app.maps.ecosystem.paradox_queries import Moment
from app.maps.ecosystem.periods import Periods, Value
from app.studies import queries as studies
from app.studies.protocol import StudyProtocol
from app.studies.schemas import Question

Kind = Literal["satisfaction", "nps", "recommend", "referral", "emotion"]
ASKED: Final[Sequence[Kind]] = ("satisfaction", "nps", "recommend")
HIGH: Final = 2 / 3
"""Satisfaction is high where its mean lies above two thirds of the scale, beyond chance."""

LOW: Final[Mapping[Kind, float]] = {"nps": 0.0, "recommend": 0.5, "referral": 1 / 3, "emotion": 0.0}
"""Where the figure lies below this, beyond chance, it is low: net promoters, half the scale, one in three people, neutral."""

NUMBER: Final = re.compile(r"(\d{1,3})$")
PROMOTER, DETRACTOR = 0.9, 0.6


@dataclass(frozen=True, slots=True)
class Trend:
    """One figure by period. ``scale`` is that of the question (lowest, highest), else None.

    Values of satisfaction and recommend are shares of the scale (0..1), of nps net promoters (−1..1), of referral the
    share of people who referred somebody, of emotion sentiment (−1..1). ``change`` is over all periods.
    """

    kind: Kind
    key: str
    label: str
    scale: tuple[int, int] | None
    periods: tuple[Figure, ...]
    whole: Figure
    change: Figure

    @property
    def high(self) -> bool:
        """Whether it lies high beyond chance."""
        return self.whole.enough and self.whole.lower is not None and self.whole.lower > HIGH

    @property
    def low(self) -> bool:
        """Whether it lies low beyond chance."""
        bound = LOW.get(self.kind)
        return bound is not None and self.whole.enough and self.whole.upper is not None and self.whole.upper < bound


@dataclass(frozen=True, slots=True)
class Paradox:
    """Satisfaction beside what people do and feel, by wave or by month (``periods`` holds their names).

    ``contrary`` are the trends that speak against a high satisfaction that is not falling: those that fall, and those that
    are low and do not rise.
    """

    protocol: StudyProtocol
    by: Literal["wave", "month"]
    periods: tuple[str, ...]
    satisfaction: tuple[Trend, ...]
    others: tuple[Trend, ...]

    @property
    def content(self) -> Trend | None:
        """Return the satisfaction that is high and not falling."""
        return next((one for one in self.satisfaction if one.high and not one.change.below), None)

    @property
    def contrary(self) -> Sequence[Trend]:
        """Return what speaks against it."""
        if self.content is None:
            return ()
        return [one for one in self.others if one.change.below or (one.low and not one.change.above)]

    @property
    def flagged(self) -> bool:
        """Whether satisfaction hides something."""
        return bool(self.contrary)


def paradox(session: Session, study_id: UUID, *, level: float = 0.95, anonymous: bool = False) -> Paradox:
    """Return the trends of a study; ``anonymous`` keeps back figures about fewer than 8 people."""
    protocol = studies.protocol(session, study_id)
    moments = queries.moments(session, study_id)
    periods = Periods.of(protocol, moments)
    drawing = _Drawing(periods, level, anonymous)
    trends: list[Trend] = []
    for kind, question in asked(protocol):
        answers = queries.answers(session, study_id, question.key)
        trends.append(drawing.trend(kind, _answered(kind, question, answers, periods), question))
    if queries.events_known(session, study_id):
        trends.append(drawing.trend("referral", periods.of_events(queries.referrals(session, study_id), moments)))
    felt = [Value(one.person, periods.at(one), one.total, one.n) for one in queries.felt(session, study_id)]
    trends.append(drawing.trend("emotion", felt))
    return Paradox(
        protocol=protocol,
        by=periods.by,
        periods=tuple(periods.names),
        satisfaction=tuple(one for one in trends if one.kind == "satisfaction"),
        others=tuple(one for one in trends if one.kind != "satisfaction"),
    )


def asked(protocol: StudyProtocol) -> Sequence[tuple[Kind, Question]]:
    """Return the choice questions about satisfaction and advocacy, of all versions of the form, each as it was asked last."""
    latest: dict[str, Question] = {}
    for version in sorted(protocol.forms):
        latest.update(protocol.forms[version].questions)
    found: list[tuple[Kind, Question]] = []
    for kind in ASKED:
        found += [
            (kind, one)
            for key, one in latest.items()
            if one.type == "choice" and key.startswith(kind) and len(set(numbers_of(one).values())) > 1
        ]
    return found


def numbers_of(question: Question) -> Mapping[str, int]:
    """Return the number in which the value of each choice ends; choices without one are no part of the scale."""
    found = {one.value: NUMBER.search(one.value) for one in question.choices}
    return {value: int(number.group(1)) for value, number in found.items() if number}


def scale_of(question: Question) -> tuple[int, int]:
    """Return the smallest and the largest number of the question's scale."""
    numbers = numbers_of(question).values()
    return min(numbers), max(numbers)


def _answered(
    kind: Kind, question: Question, answers: Iterable[tuple[Moment, str]], periods: Periods
) -> Sequence[Value]:
    numbers = numbers_of(question)
    lowest, highest = scale_of(question)
    values = []
    for moment, answer in answers:
        if answer not in numbers:
            continue
        share = (numbers[answer] - lowest) / (highest - lowest)
        if kind == "nps":
            share = float(share >= PROMOTER) - float(share <= DETRACTOR)
        values.append(Value(moment.person, periods.at(moment), share, 1))
    return values


@dataclass(frozen=True, slots=True)
class _Drawing:
    """How trends are drawn from observations."""

    periods: Periods
    level: float
    anonymous: bool

    def trend(self, kind: Kind, values: Sequence[Value], question: Question | None = None) -> Trend:
        totals, counts = self._table(values)
        width = totals.shape[1]
        at = np.arange(width, dtype=float)
        sums = Slopes(counts.sum(axis=1), counts @ at, counts @ at**2, totals.sum(axis=1), totals @ at)
        return Trend(
            kind=kind,
            key=question.key if question else "",
            label=question.label if question else "",
            scale=scale_of(question) if question else None,
            periods=tuple(self._shown(one) for one in self._each(kind, totals, counts)),
            whole=self._shown(self._whole(kind, totals, counts)),
            change=self._shown(clustered_slope(sums, width - 1.0, self.level)) if width > 1 else NOTHING,
        )

    def _table(self, values: Sequence[Value]) -> tuple[FloatArray, FloatArray]:
        """Return totals and counts by person and period; what lies in no period is left out."""
        kept = [(one, one.period) for one in values if one.period is not None]
        people = {person: row for row, person in enumerate(sorted({one.person for one, _ in kept}))}
        totals = np.zeros((len(people), len(self.periods.names)))
        counts = np.zeros_like(totals)
        for one, period in kept:
            totals[people[one.person], period] += one.total
            counts[people[one.person], period] += one.n
        return totals, counts

    def _each(self, kind: Kind, totals: FloatArray, counts: FloatArray) -> Sequence[Figure]:
        if kind == "referral":
            # Yes or no, once of each person in a period: Wilson's interval does not vanish where nobody did.
            return [
                self._share(int(part), int(whole))
                for part, whole in zip(totals.sum(axis=0), counts.sum(axis=0), strict=True)
            ]
        means = clustered_means(totals, counts)
        return [means.figure(period, self.level) for period in range(totals.shape[1])]

    def _whole(self, kind: Kind, totals: FloatArray, counts: FloatArray) -> Figure:
        if kind == "referral":
            return self._share(int((totals.sum(axis=1) > 0).sum()), totals.shape[0])
        means = clustered_means(totals.sum(axis=1, keepdims=True), counts.sum(axis=1, keepdims=True))
        return means.figure(0, self.level)

    def _share(self, part: int, whole: int) -> Figure:
        share = wilson(part, whole, self.level)
        return Figure(share.value, share.lower, share.upper, whole, whole) if share else NOTHING

    def _shown(self, figure: Figure) -> Figure:
        return NOTHING if self.anonymous and figure.people < K_ANONYMOUS else figure
