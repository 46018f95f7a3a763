"""What a plan of draws means in numbers, before it is put in force and while it is."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.coding import drawing, needed, needed_queries, queries, queue
from app.coding import drawing_queries as found
from app.coding.models import DrawPlan
from app.coding.needed import Spread
from app.coding.plan_schemas import PlanIn, PlanOut, StagePlanOut
from app.coding.probabilities import ELSEWHERE, LEAST_EXPECTED, Rates, chances, uncertainty
from app.core.errors import FieldError, Invalid
from app.studies import queries as studies
from app.studies.access import StudyAccess
from app.web.i18n import mark as _

FALLBACK_RATE: Final = 0.2


@dataclass(frozen=True, slots=True)
class _Expected:
    """Of one stage: the sum of the probabilities, as they will stand, and how many are drawn and coded already."""

    draws: float
    drawn: int


def resolved(session: Session, study_id: UUID, given: PlanIn) -> dict[str, float]:
    """Return the rate of every stage (by id, hex) that ``given`` asks for; Invalid for a stage that the study has not.

    Where an interval is wanted, the rate is the share of the stage's statements that have to be coded for it.
    """
    stages = studies.protocol(session, study_id).stages
    known = {stage.key: stage.id.hex for stage in stages}
    if unknown := sorted(given.rates.keys() - known.keys()):
        raise Invalid(fields=[FieldError(f"rates.{key}", _("没有这个阶段"), "unknown_stage") for key in unknown])
    rates = dict.fromkeys(known.values(), given.rate) | {known[key]: rate for key, rate in given.rates.items()}
    if given.half_width is None:
        return rates
    wanted = _rates_for(session, study_id, given.half_width)
    if given.design == "uniform":
        return dict.fromkeys(rates, max(wanted.values(), default=given.rate))
    return {stage: wanted.get(stage, given.rate) for stage in rates}


def plan(session: Session, access: StudyAccess, given: PlanIn, version: int) -> DrawPlan:
    """Put ``given`` in force in place of ``version``, and draw by it; StalePlan when another is in force by now."""
    return drawing.put_in_force(session, access, given, resolved(session, access.study.id, given), version)


def preview(session: Session, study_id: UUID, given: PlanIn) -> PlanOut:
    """Return what ``given`` would mean today. Nothing is drawn."""
    rates = resolved(session, study_id, given)
    reference = drawing.wanted_of(session, study_id, given).get(drawing.REFERENCE, {})
    would = Rates(given.design, rates, given.floor, reference)
    before = queries.latest_plan(session, study_id)
    return PlanOut(
        version=0,
        design=given.design,
        rates={},
        floor=given.floor,
        double_share=given.double_share,
        half_width=given.half_width,
        at=None,
        by=None,
        stages=_stages(session, study_id, would, given.double_share, given.half_width, before.seed if before else None),
    )


def in_force(session: Session, study_id: UUID) -> PlanOut | None:
    """Return the plan in force and how far its draws are; None where nothing is drawn."""
    kept = queries.latest_plan(session, study_id)
    if kept is None:
        return None
    half_width = kept.wanted.get(drawing.HALF_WIDTH)
    shown = shown_plan(session, kept)
    rates = drawing.rates_of(kept)
    stages = _stages(session, study_id, rates, kept.double_share, half_width, kept.seed)
    return shown.model_copy(update={"stages": stages})


def shown_plan(session: Session, kept: DrawPlan) -> PlanOut:
    """Return a plan as it was decided, by whomever it was; without what follows from it."""
    stages = studies.protocol(session, kept.study_id).stages
    everywhere = kept.rates.get(ELSEWHERE, FALLBACK_RATE)
    return PlanOut(
        version=kept.version,
        design=drawing.rates_of(kept).design,
        rates={stage.key: kept.rates.get(stage.id.hex, everywhere) for stage in stages},
        floor=kept.floor,
        double_share=kept.double_share,
        half_width=kept.wanted.get(drawing.HALF_WIDTH),
        at=kept.at,
        by=kept.by,
        stages=[],
    )


def _rates_for(session: Session, study_id: UUID, half_width: float) -> dict[str, float]:
    rates = {}
    for stage_id, spread in _spreads(session, study_id).items():
        if spread is not None:
            codes = spread.needed(half_width)
            wanted = spread.statements if codes is None else max(codes, LEAST_EXPECTED)
            # Whole percents, upwards: nobody wants to read, or to promise, more than that.
            rates[stage_id.hex] = min(1.0, ceil(wanted / spread.statements * 100 - 1e-9) / 100)
    return rates


def _spreads(session: Session, study_id: UUID) -> Mapping[UUID, Spread | None]:
    known = needed_queries.evidence(session, study_id)
    return dict(zip(known, needed.spreads(list(known.values())), strict=True))


def _stages(
    session: Session,
    study_id: UUID,
    rates: Rates,
    double_share: float,
    half_width: float | None,
    seed: str | None,
) -> list[StagePlanOut]:
    counts = found.stage_counts(session, study_id)
    expected = _expected(session, study_id, rates, counts, seed)
    spreads = _spreads(session, study_id)
    people = {stage: len(one.n) for stage, one in needed_queries.evidence(session, study_id).items()}
    done = {one.stage_id: one for one in queue.progress(session, study_id).stages}
    coded = found.coded_counts(session, study_id)
    rows = []
    for stage in studies.protocol(session, study_id).stages:
        statements, own = counts.get(stage.id, 0), expected[stage.id]
        spread, places = spreads.get(stage.id), done.get(stage.id)
        codes = (places.places if places else 0) + (own.draws - own.drawn) * (1 + double_share)
        codes_done = places.done if places else 0
        rows.append(
            StagePlanOut(
                stage=stage.key,
                name=stage.name,
                rate=rates.of_stage(stage.id, statements),
                statements=statements,
                participants=people.get(stage.id, 0),
                drawn=own.drawn,
                coded=coded.get(stage.id, 0),
                expected=own.draws,
                expected_codes=codes,
                codes_done=codes_done,
                codes_left=max(codes - codes_done, 0.0),
                needed=spread.needed(half_width) if spread and half_width else None,
                half_width=spread.half_width(own.draws) if spread and own.draws else None,
                reachable=spread.half_width(spread.statements) if spread else None,
            )
        )
    return rows


def _expected(
    session: Session, study_id: UUID, rates: Rates, counts: Mapping[UUID, int], seed: str | None
) -> Mapping[UUID, _Expected]:
    """Return per stage what is drawn, and will be: the numbers decide it; on average where the study has none yet."""
    sums: dict[UUID, list[float]] = defaultdict(lambda: [0.0, 0])
    for row in found.every_statement(session, study_id):
        kept = sums[row.stage_id]
        if row.probability is not None:
            kept[0] += 1
            kept[1] += 1
            continue
        unsure = uncertainty(row.score, row.confidence)
        probability = rates.of_statement(row.stage_id, counts.get(row.stage_id, 0), unsure)
        kept[0] += probability if seed is None else chances(seed, row.id).draw < probability
    expected = {stage: _Expected(draws, int(drawn)) for stage, (draws, drawn) in sums.items()}
    return defaultdict(lambda: _Expected(0.0, 0), expected)


def history(session: Session, study_id: UUID) -> Sequence[PlanOut]:
    """Return every plan of the study, the latest first."""
    return [shown_plan(session, one) for one in queries.plans(session, study_id)]
