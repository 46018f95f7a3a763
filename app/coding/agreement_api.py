"""Agreement over REST: figures as JSON and CSV, and the statements behind a cell of man against machine."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field

from app.coding.agreement_bootstrap import DRAWS, Measure, Name
from app.coding.agreement_cells import CELL, Cell, Lying, lying
from app.coding.agreement_machine import CUTS, Cut, MachineAgreement, MachineQuestion, machine_agreement
from app.coding.agreement_study import Agreement, AgreementQuestion, Row, Unit, study_agreement
from app.coding.agreement_words import machine_sentence, sentence
from app.participants.consents import may_be_quoted
from app.studies.access import ANYONE, RESEARCHERS, ApiInStudy, StudyAccess
from app.web.i18n import choose_language, current_language
from app.web.paging import Page, decode_cursor, encode_cursor
from app.web.tables import csv_text

router = APIRouter(prefix="/api/v1/studies/{slug}", tags=["coding"])

Kind = Literal["json", "csv"]
MayRead = Annotated[StudyAccess, Depends(ApiInStudy(*ANYONE, scope="curves:read"))]
MayReadText = Annotated[StudyAccess, Depends(ApiInStudy(*RESEARCHERS, scope="statements:read"))]
MOST_KEY = 80


async def question(
    stage: Annotated[str | None, Query(max_length=40, description="Key of a stage; all without it.")] = None,
    pair: Annotated[str | None, Query(max_length=MOST_KEY, description="Key of a pair of coders.")] = None,
    unit: Annotated[Unit, Query(description="What a code is given to: each code point, or the statement.")] = "text",
    level: Annotated[float, Query(ge=0.5, le=0.999, description="Level of intervals.")] = 0.95,
) -> AgreementQuestion:
    """Return what the query string asks of the coders."""
    return AgreementQuestion(stage or None, pair or None, unit, level)


async def machine_question(
    stage: Annotated[str | None, Query(max_length=40)] = None,
    cut: Annotated[Cut, Query(description="Five levels, or three labels.")] = "five",
    weighted: Annotated[bool, Query(description="Let each statement stand for the 1/π it was drawn from.")] = False,
    level: Annotated[float, Query(ge=0.5, le=0.999)] = 0.95,
) -> MachineQuestion:
    """Return what the query string asks of man against machine."""
    return MachineQuestion(stage or None, cut, weighted, level)


Asked = Annotated[AgreementQuestion, Depends(question)]
AskedMachine = Annotated[MachineQuestion, Depends(machine_question)]


class FigureOut(BaseModel):
    """A figure and its interval; null where it is unknown, and ``lack`` says why the figure or its interval is."""

    value: float | None
    lower: float | None
    upper: float | None
    lack: str | None


class RowOut(BaseModel):
    """The agreement on one thing. ``suppressed``: too few people, for a caller who sees no text."""

    key: str
    label: str
    n_units: int
    n_statements: int
    n_participants: int
    suppressed: bool
    figures: dict[str, FigureOut] = Field(description="alpha, alpha_interval, kappa, ac1, raw, prevalence")


class MachineOut(BaseModel):
    """Man against machine. ``counts``: a row for each level of people, a column for each of the machine's."""

    cut: Cut
    weighted: bool
    levels: list[int]
    counts: list[list[int]] | None
    figures: dict[str, FigureOut]
    difference: FigureOut = Field(description="Mean of machine − human, in −1..1.")
    n_statements: int
    n_participants: int
    n_withheld: int = Field(description="Statements whose coder had seen the machine's score before.")
    suppressed: bool
    summary: str


class AgreementOut(BaseModel):
    """How far coders agree, on what two of them coded without seeing each other or the machine."""

    study: str
    stage: str | None
    pair: str | None
    unit: Unit
    level: float
    bootstrap: int
    n_statements: int
    n_participants: int
    n_coders: int
    n_waiting: int
    n_seen: int
    pairs: dict[str, str] = Field(description="The names of each pair of coders, by its key.")
    sentiment: RowOut | None
    stages: list[RowOut]
    by_pair: list[RowOut]
    codes: list[RowOut]
    emotions: list[RowOut]
    unused: list[str]
    machine: MachineOut | None
    summary: str


class LyingOut(BaseModel):
    """A statement in a cell: both values in −1..1."""

    id: str
    participant: str
    stage: str
    text: str
    occurred_at: str
    human: float
    machine: float
    settled: bool
    quotable: bool | None = Field(
        description="Whether the person agreed to be quoted in reports; null: nobody is asked."
    )


@router.get("/agreement", summary="How far coders agree, and the machine with them")
def get_agreement(request: Request, access: MayRead, asked: Asked, machine: AskedMachine) -> AgreementOut:
    """Figures without words; a caller who sees no text gets none of fewer than 8 people."""
    return _look(request, access, asked, machine)


@router.get("/agreement.{kind}", summary="Agreement as JSON or CSV", responses={200: {"model": AgreementOut}})
def get_agreement_as(request: Request, access: MayRead, asked: Asked, machine: AskedMachine, kind: Kind) -> Response:
    """CSV has a line for each figure of each row."""
    found = _look(request, access, asked, machine)
    if kind == "json":
        return Response(found.model_dump_json(), media_type="application/json")
    return Response(csv_text(COLUMNS, _lines(found)), media_type="text/csv; charset=utf-8")


@router.get("/agreement/statements", summary="The statements that people and the machine judge so or so")
def get_statements(
    request: Request,
    access: MayReadText,
    asked: AskedMachine,
    human: Annotated[int, Query(ge=-2, le=2, description="Level that people say.")],
    machine: Annotated[int, Query(ge=-2, le=2, description="Level that the machine says.")],
    after: Annotated[str | None, Query(max_length=40)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = CELL,
) -> Page[LyingOut]:
    """In the order of their ids."""
    with request.app.state.database.read() as session:
        found = lying(session, access, asked, Cell(human, machine), after=decode_cursor(after), limit=limit)
        quotable = may_be_quoted(session, access.study.id)
    request.app.state.readings.note(access, found.whose())
    return Page(
        rows=[_lying_out(one, quotable) for one in found.rows],
        next=encode_cursor(found.rows[-1].quoted.id) if found.more else None,
    )


def _look(request: Request, access: StudyAccess, asked: AgreementQuestion, machine: MachineQuestion) -> AgreementOut:
    current_language.set(choose_language(request, access.study.language))
    with request.app.state.database.read() as session:
        found = study_agreement(session, access, asked)
        compared = machine_agreement(session, access, machine)
    return _present(found, compared)


def _present(found: Agreement, compared: MachineAgreement | None) -> AgreementOut:
    asked = found.question
    return AgreementOut(
        study=found.protocol.study.slug,
        stage=asked.stage,
        pair=asked.pair,
        unit=asked.unit,
        level=asked.level,
        bootstrap=DRAWS,
        n_statements=found.statements,
        n_participants=found.participants,
        n_coders=len(found.coders),
        n_waiting=found.waiting,
        n_seen=found.seen,
        pairs={key: " × ".join(found.coders[one] for one in pair) for pair, key in found.pairs.items()},
        sentiment=_row_out(found.sentiment) if found.sentiment else None,
        stages=[_row_out(row) for row in found.stages],
        by_pair=[_row_out(row) for row in found.by_pair],
        codes=[_row_out(row) for row in found.codes],
        emotions=[_row_out(row) for row in found.emotions],
        unused=list(found.unused),
        machine=_machine_out(compared) if compared else None,
        summary=sentence(found),
    )


def _row_out(row: Row) -> RowOut:
    return RowOut(
        key=row.key,
        label=row.label,
        n_units=row.units,
        n_statements=row.statements,
        n_participants=row.participants,
        suppressed=row.hidden,
        figures=_figures_out(row.figures),
    )


def _machine_out(found: MachineAgreement) -> MachineOut:
    return MachineOut(
        cut=found.question.cut,
        weighted=found.question.weighted,
        levels=list(CUTS[found.question.cut]),
        counts=None if found.counts is None else found.counts.tolist(),
        figures=_figures_out(found.figures),
        difference=_figure_out(found.difference),
        n_statements=found.statements,
        n_participants=found.participants,
        n_withheld=found.withheld,
        suppressed=found.hidden,
        summary=machine_sentence(found),
    )


def _figures_out(figures: Mapping[Name, Measure]) -> dict[str, FigureOut]:
    return {str(name): _figure_out(one) for name, one in figures.items()}


def _figure_out(one: Measure) -> FigureOut:
    def rounded(value: float | None) -> float | None:
        return None if value is None else round(value, 6)

    return FigureOut(value=rounded(one.value), lower=rounded(one.lower), upper=rounded(one.upper), lack=one.lack)


def _lying_out(one: Lying, quotable: set[UUID] | None) -> LyingOut:
    return LyingOut(
        id=str(one.quoted.id),
        participant=one.quoted.participant,
        stage=one.stage,
        text=one.quoted.text,
        occurred_at=one.quoted.occurred_at.isoformat(),
        human=one.human,
        machine=one.machine,
        settled=one.settled,
        quotable=None if quotable is None else one.quoted.participant_id in quotable,
    )


COLUMNS = (
    "about",
    "key",
    "label",
    "figure",
    "value",
    "lower",
    "upper",
    "lack",
    "n_units",
    "n_statements",
    "n_participants",
    "suppressed",
)


def _lines(found: AgreementOut) -> Iterator[Sequence[object]]:
    groups = {
        "sentiment": [found.sentiment] if found.sentiment else [],
        "sentiment_by_stage": found.stages,
        "sentiment_by_pair": found.by_pair,
        "code": found.codes,
        "emotion": found.emotions,
    }
    for about, rows in groups.items():
        for row in rows:
            yield from _of_row(about, row)
    if found.machine:
        machine = found.machine
        row = RowOut(
            key="machine",
            label="",
            n_units=machine.n_statements,
            n_statements=machine.n_statements,
            n_participants=machine.n_participants,
            suppressed=machine.suppressed,
            figures={**machine.figures, "difference": machine.difference},
        )
        yield from _of_row("machine", row)


def _of_row(about: str, row: RowOut) -> Iterator[Sequence[object]]:
    counts = (row.n_units, row.n_statements, row.n_participants, row.suppressed)
    none = FigureOut(value=None, lower=None, upper=None, lack=None)
    for name, one in (row.figures or {"": none}).items():
        yield about, row.key, row.label, name, one.value, one.lower, one.upper, one.lack, *counts
