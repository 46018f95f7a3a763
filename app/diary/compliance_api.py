"""Compliance over REST: the ledger of prompts, and response rates by day."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from app.accounts.actors import EXPORT
from app.core import clock
from app.diary import compliance
from app.diary.compliance import Asked
from app.diary.compliance_grid import By, Mark, Tally
from app.diary.compliance_queries import Median
from app.diary.compliance_rows import COLUMNS, PromptOut, cells, every_prompt, prompts_page
from app.studies.access import ANYONE, RESEARCHERS, ApiInStudy, StudyAccess
from app.web.paging import DEFAULT_LIMIT, MOST, Page, decode_cursor, encode_cursor
from app.web.tables import csv_pieces

router = APIRouter(prefix="/api/v1/studies/{slug}", tags=["compliance"])

MayExport = Annotated[StudyAccess, Depends(ApiInStudy(*RESEARCHERS, scope=EXPORT))]
MaySeeRates = Annotated[StudyAccess, Depends(ApiInStudy(*ANYONE, scope=EXPORT))]
After = Annotated[str | None, Query(max_length=40)]
Limit = Annotated[int, Query(ge=1, le=MOST)]


class CountsOut(BaseModel):
    """How many prompts of the schedule came to what. ``response_rate``: answered / sent, None where nothing was sent.

    ``sent`` = answered + late + waiting + missed. What was not delivered (``failed``), not sent on purpose (``skipped``)
    or is still to come (``planned``) stands beside it; nudges and reminders are not counted.
    """

    sent: int
    answered: int
    late: int
    waiting: int
    missed: int
    failed: int
    skipped: int
    planned: int
    response_rate: float | None


class DayOut(CountsOut):
    """One day: ``day`` from the anchor event, or the calendar ``date``."""

    day: int | None
    date: date | None


class MedianOut(BaseModel):
    """A median in seconds and what it is of."""

    seconds: float | None
    n: int


class ComplianceOut(BaseModel):
    """Response rates of a study. ``answer_delay``: from sending to writing. ``recall_lag``: from happening to writing."""

    as_of: datetime
    by: By
    segment: str
    scheduled: bool
    people: int
    overall: CountsOut
    answer_delay: MedianOut
    recall_lag: MedianOut
    days: list[DayOut]


@router.get("/prompts", summary="The ledger of prompts, page by page")
def list_prompts(
    request: Request, access: MayExport, after: After = None, limit: Limit = DEFAULT_LIMIT
) -> Page[PromptOut]:
    """Rows in the order of their ids, and the cursor of the next page."""
    with request.app.state.database.read() as session:
        rows = prompts_page(session, access.study.id, after=decode_cursor(after), limit=limit)
    shown = list(rows[:limit])
    return Page(rows=shown, next=encode_cursor(shown[-1].id) if len(rows) > limit else None)


@router.get("/prompts.json", summary="The ledger of prompts, page by page, as JSON")
def list_prompts_as_json(
    request: Request, access: MayExport, after: After = None, limit: Limit = DEFAULT_LIMIT
) -> Page[PromptOut]:
    """The same as without the suffix."""
    return list_prompts(request, access, after, limit)


@router.get("/prompts.csv", summary="The whole ledger of prompts as CSV", response_class=StreamingResponse)
def prompts_csv(request: Request, access: MayExport) -> StreamingResponse:
    """Streamed, in the order of ids; UTF-8 with a byte order mark."""
    rows = every_prompt(request.app.state.database, access.study.id)
    name = f"{access.study.slug}-prompts.csv"
    return StreamingResponse(
        csv_pieces(COLUMNS, (cells(row) for row in rows)),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


@router.get("/compliance.json", summary="Response rates, by day")
def get_compliance(
    request: Request,
    access: MaySeeRates,
    by: By = "anchor",
    segment: Annotated[str, Query(max_length=260, description="attribute=value")] = "",
) -> ComplianceOut:
    """All days on which a prompt of the schedule was planned."""
    with request.app.state.database.read() as session:
        rates = compliance.rates(session, access.study, Asked(by=by, segment=segment))
    return ComplianceOut(
        as_of=clock.now(),
        by=by,
        segment=segment,
        scheduled=rates.scheduled,
        people=rates.people,
        overall=CountsOut(**_counts(rates.overall)),
        answer_delay=_median(rates.delay),
        recall_lag=_median(rates.recall),
        days=[_day(by, place, tally) for place, tally in rates.days.items()],
    )


def _counts(tally: Tally) -> dict[str, float | int | None]:
    return {
        "sent": tally.sent,
        "answered": tally.of(Mark.ANSWERED),
        "late": tally.of(Mark.LATE),
        "waiting": tally.of(Mark.SENT, Mark.OPENED),
        "missed": tally.of(Mark.MISSED),
        "failed": tally.of(Mark.FAILED),
        "skipped": tally.of(Mark.SKIPPED),
        "planned": tally.of(Mark.PLANNED),
        "response_rate": tally.rate,
    }


def _day(by: By, place: int, tally: Tally) -> DayOut:
    on = date.fromordinal(place) if by == "date" else None
    return DayOut.model_validate({**_counts(tally), "day": place if by == "anchor" else None, "date": on})


def _median(one: Median) -> MedianOut:
    return MedianOut(seconds=one.seconds, n=one.n)
