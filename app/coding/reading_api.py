"""Codes counted, for programs and tables."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel

from app.coding import reading
from app.coding.reading import Counts
from app.studies import queries as studies
from app.studies.access import RESEARCHERS, ApiInStudy, StudyAccess
from app.web.tables import csv_text

router = APIRouter(prefix="/api/v1/studies/{slug}", tags=["coding"])

ReadsAll = Annotated[StudyAccess, Depends(ApiInStudy(*RESEARCHERS, scope="statements:read"))]
By = Annotated[str, Query(max_length=120, description="`stage`, or an attribute of the participants.")]
Stage = Annotated[str, Query(max_length=40, description="The key of a stage: only what was said about it.")]
Segment = Annotated[str, Query(max_length=260, description="`attribute:value`: only these participants.")]


class CodeCount(BaseModel):
    """One code: statements that carry it or a code below it, their people, and the statements of each column."""

    id: str
    name: str
    parent: str | None
    depth: int
    statements: int
    participants: int
    by: dict[str, int]


class PairCount(BaseModel):
    """Two codes on the same statements: how many, and their share of those that carry either."""

    codes: tuple[str, str]
    statements: int
    share: float


class CodeCounts(BaseModel):
    """Codes counted by columns, in tree order, and the pairs that stand together most often."""

    columns: list[str]
    statements: int
    codes: list[CodeCount]
    together: list[PairCount]


@router.get("/code-counts", summary="How often each code was given, and which stand together")
@router.get("/code-counts.json", include_in_schema=False)
def get_counts(
    request: Request, access: ReadsAll, by: By = "stage", segment: Segment = "", stage: Stage = ""
) -> CodeCounts:
    """Each statement counts once for a code, and for those above it; where the team has settled one, what it settled on."""
    found = _counts(request, access, by, segment, stage)
    return CodeCounts(
        columns=[key for key, _ in found.columns],
        statements=found.statements,
        codes=[
            CodeCount(
                id=str(row.code.id),
                name=row.code.name,
                parent=str(row.code.parent_id) if row.code.parent_id else None,
                depth=row.code.depth,
                statements=row.statements,
                participants=row.people,
                by={key: row.by_column.get(key, 0) for key, _ in found.columns},
            )
            for row in found.rows
        ],
        together=[
            PairCount(codes=(str(one.first.id), str(one.second.id)), statements=one.statements, share=one.share)
            for one in found.pairs
        ],
    )


@router.get("/code-counts.csv", summary="The same as a table", response_class=Response)
def get_counts_table(
    request: Request, access: ReadsAll, by: By = "stage", segment: Segment = "", stage: Stage = ""
) -> Response:
    found = _counts(request, access, by, segment, stage)
    header = ["code", "depth", "statements", "participants", *(name for _, name in found.columns)]
    rows = [
        [
            row.code.name,
            row.code.depth,
            row.statements,
            row.people,
            *(row.by_column.get(key, 0) for key, _ in found.columns),
        ]
        for row in found.rows
    ]
    return Response(csv_text(header, rows), media_type="text/csv; charset=utf-8")


def _counts(request: Request, access: StudyAccess, by: str, segment: str, stage: str) -> Counts:
    with request.app.state.database.read() as session:
        protocol = studies.protocol(session, access.study.id)
        return reading.counts(session, access, protocol, by=by, segment=segment, stage=stage)
