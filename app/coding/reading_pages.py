"""The pages of reading: searching what was said, codes counted, memos, and questions that are kept."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from app.coding import memos, reading, reading_queries, search_index
from app.coding.codebook_colours import readable
from app.coding.codebook_queries import codes_of
from app.coding.memos import LONGEST, MemoIn
from app.coding.reading import Asked, Coded, Results
from app.coding.search_queries import Order, Sign
from app.coding.search_words import read_words, spans_of
from app.core.db import MICRO
from app.core.errors import FieldError, Invalid
from app.participants.consents import may_be_quoted
from app.participants.sight import sight_of
from app.statements.words import LABELS, ROLES, SOURCES, day_words
from app.studies import queries as studies
from app.studies.access import TEXT_READERS, InStudy, StudyAccess
from app.studies.protocol import StudyProtocol
from app.web.i18n import choose_language, current_language
from app.web.i18n import mark as _
from app.web.pages import render

router = APIRouter(include_in_schema=False)

TextSeen = Annotated[StudyAccess, Depends(InStudy(*TEXT_READERS))]
EARLIEST: Final = date(1900, 1, 1)
LATEST: Final = date(2200, 12, 31)
MOST_MEMOS: Final = 300
LONGEST_NAME: Final = 80
NAMELESS: Final = _("请给这次查找起个名字，80 字以内")
WORDLESS: Final = _("请写点什么，5000 字以内")
SIGNS: Final = (("", _("不限好坏")), *LABELS.items())
CODED: Final = (("", _("编过没编过都要")), ("yes", _("编过的")), ("no", _("还没编的")))
ORDERS: Final = (("time", _("新的在前")), ("lowest", _("最难受的在前")), ("highest", _("最开心的在前")))
ABOUT: Final[Mapping[str, str]] = {
    "study": _("整个研究"),
    "participant": _("一位参与者"),
    "code": _("一个编码"),
    "interview": _("一次访谈"),
    "statement": _("一句原话"),
}


def asked_of(
    q: Annotated[str, Query(max_length=200)] = "",
    stage: Annotated[str, Query(max_length=40)] = "",
    source: Literal["", "diary", "interview", "observer"] = "",
    participant: Annotated[str, Query(max_length=40)] = "",
    segment: Annotated[str, Query(max_length=260)] = "",
    code: Annotated[UUID | Literal[""], Query()] = "",
    also: Annotated[UUID | Literal[""], Query()] = "",
    coded: Coded = "",
    sign: Annotated[Sign | Literal[""], Query()] = "",
    since: Annotated[date | Literal[""], Query(alias="from")] = "",
    until: Annotated[date | Literal[""], Query(alias="to")] = "",
    order: Order = "time",
    page: Annotated[int, Query(ge=1, le=reading.LAST_PAGE)] = 1,
) -> Asked:
    """Return what the address asks for; Invalid for days that no diary has."""
    for name, day in (("from", since), ("to", until)):
        if day and not EARLIEST <= day <= LATEST:
            raise Invalid(fields=[FieldError(name, _("请写 1900 年到 2200 年之间的日期"))])
    return Asked(
        q.strip(), stage, source, participant, segment, code or None, also or None, coded, sign or None,
        since or None, until or None, order, page,
    )  # fmt: skip


AskedFor = Annotated[Asked, Depends(asked_of)]


@router.get("/studies/{slug}/reading")
def reading_page(request: Request, access: TextSeen, asked: AskedFor) -> Response:
    _bring_up(request, access)
    with request.app.state.database.read() as session:
        protocol = studies.protocol(session, access.study.id)
        results = reading.search(session, access, protocol, asked)
        context = {
            **_common(access, protocol, "words"),
            **_choices(session, access, protocol),
            **_shown(access, asked, results),
            "quotable": may_be_quoted(session, access.study.id),
            "saved": _saved(session, access),
            "some_hidden": sight_of(session, access).consents is not None,
        }
    request.app.state.readings.note(access, [(one.found.participant_id, one.found.source_id) for one in results.rows])
    return render(request, "coding/reading.html", context, language=access.study.language)


@router.get("/studies/{slug}/reading/codes")
def counts_page(
    request: Request,
    access: TextSeen,
    by: Annotated[str, Query(max_length=120)] = "stage",
    segment: Annotated[str, Query(max_length=260)] = "",
    stage: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    current_language.set(choose_language(request, access.study.language))
    with request.app.state.database.read() as session:
        protocol = studies.protocol(session, access.study.id)
        found = reading.counts(session, access, protocol, by=by, segment=segment, stage=stage)
        groups = reading.groupings(session, access.study.id)
    context = {
        **_common(access, protocol, "codes"),
        "found": found,
        "highest": max((n for row in found.rows for n in row.by_column.values()), default=0),
        "by": by,
        "segment": segment,
        "stage": stage,
        "stages": [(one.key, one.name) for one in protocol.stages],
        "groups": groups,
        "words_of": lambda **given: (
            f"/studies/{access.study.slug}/reading?{urlencode(_column(given, by, segment, stage))}"
        ),
        "here_with": lambda **given: f"?{urlencode({name: value for name, value in given.items() if value})}",
    }
    return render(request, "coding/reading_codes.html", context, language=access.study.language)


@router.get("/studies/{slug}/reading/memos")
def memos_page(
    request: Request,
    access: TextSeen,
    about: Literal["", "study", "participant", "code", "interview", "statement"] = "",
) -> Response:
    with request.app.state.database.read() as session:
        protocol = studies.protocol(session, access.study.id)
        found = reading_queries.memos(
            session, sight_of(session, access), reader=access.actor.login, about=about or None, most=MOST_MEMOS
        )
    context = {
        **_common(access, protocol, "memos"),
        "memos": found,
        "about": about,
        "abouts": ABOUT,
        "longest": LONGEST,
    }
    return render(request, "coding/reading_memos.html", context, language=access.study.language)


@router.post("/studies/{slug}/reading/memos")
def write_memo(
    request: Request,
    access: TextSeen,
    about: Annotated[Literal["study", "participant", "code", "interview", "statement"], Form()],
    text: Annotated[str, Form(max_length=2 * LONGEST)],
    about_id: Annotated[UUID | Literal[""], Form()] = "",
) -> Response:
    if not 0 < len(text.strip()) <= LONGEST:
        raise Invalid(fields=[FieldError("text", WORDLESS)])
    with request.app.state.database.write() as session:
        memos.write_memo(session, access, MemoIn(about=about, about_id=about_id or None, text=text))
    return RedirectResponse(f"/studies/{access.study.slug}/reading/memos", status_code=303)


@router.post("/studies/{slug}/reading/memos/{memo_id}")
def change_memo(
    request: Request,
    access: TextSeen,
    memo_id: UUID,
    text: Annotated[str, Form(max_length=2 * LONGEST)],
    version: Annotated[int, Form(ge=1, le=1_000_000)],
) -> Response:
    if not 0 < len(text.strip()) <= LONGEST:
        raise Invalid(fields=[FieldError("text", WORDLESS)])
    with request.app.state.database.write() as session:
        memos.change_memo(session, access, memo_id, text, version)
    return RedirectResponse(f"/studies/{access.study.slug}/reading/memos", status_code=303)


@router.post("/studies/{slug}/reading/memos/{memo_id}/remove")
def remove_memo(request: Request, access: TextSeen, memo_id: UUID) -> Response:
    with request.app.state.database.write() as session:
        memos.remove_memo(session, access, memo_id)
    return RedirectResponse(f"/studies/{access.study.slug}/reading/memos", status_code=303)


@router.post("/studies/{slug}/reading/saved")
def save_query(
    request: Request, access: TextSeen, asked: AskedFor, name: Annotated[str, Form(max_length=200)] = ""
) -> Response:
    if not 0 < len(name.strip()) <= LONGEST_NAME:
        raise Invalid(fields=[FieldError("name", NAMELESS)])
    with request.app.state.database.write() as session:
        memos.save_query(session, access, name.strip(), asked.address())
    return RedirectResponse(_address(access, asked), status_code=303)


@router.post("/studies/{slug}/reading/saved/{query_id}/remove")
def forget_query(request: Request, access: TextSeen, query_id: UUID) -> Response:
    with request.app.state.database.write() as session:
        memos.forget_query(session, access, query_id)
    return RedirectResponse(f"/studies/{access.study.slug}/reading", status_code=303)


def _bring_up(request: Request, access: StudyAccess) -> None:
    """What came since is put into the index first; what is more than a batch is found all the same, by reading it."""
    with request.app.state.database.read() as session:
        waiting = search_index.is_waiting(session, access.study.id)
    if waiting:
        with request.app.state.database.write() as session:
            search_index.put(session, access.study.id)


def _common(access: StudyAccess, protocol: StudyProtocol, part: str) -> dict[str, Any]:
    return {
        "study": access.study,
        "actor": access.actor,
        "here": "coding",
        "tab": "reading",
        "part": part,
        "readable": readable,
        "zone": protocol.study.time_zone,
    }


def _choices(session: Session, access: StudyAccess, protocol: StudyProtocol) -> dict[str, Any]:
    codes = codes_of(session, access.study.id)
    return {
        "stages": [("", _("所有阶段")), *((stage.key, stage.name) for stage in protocol.stages)],
        "sources": [("", _("日记和访谈")), *SOURCES.items()],
        "segments": [
            (f"{name}:{value}", f"{name}：{value}")
            for name, values in reading.groupings(session, access.study.id).items()
            for value in values
        ],
        "codes": codes,
        "code_of": {code.id: code for code in codes_of(session, access.study.id, retired=True)},
        "signs": SIGNS,
        "coded_choices": CODED,
        "orders": ORDERS,
        "stage_names": {stage.id: stage.name for stage in protocol.stages},
        "touchpoint_names": {one.id: one.name for one in protocol.touchpoints},
        "roles": ROLES,
        "anchor": protocol.study.anchor_label,
        "day_words": day_words,
    }


def _shown(access: StudyAccess, asked: Asked, results: Results) -> dict[str, Any]:
    words = read_words(asked.q).words
    return {
        "asked": asked,
        "results": results,
        "narrowed": bool(asked.address().keys() - {"q", "order"}),
        "pieces": lambda text: _pieces(text, words),
        "micro": MICRO,
        "longest": LONGEST,
        "save_at": f"/studies/{access.study.slug}/reading/saved?{urlencode(asked.address())}",
        "page_at": lambda number: _address(access, replace(asked, page=number)),
    }


def _pieces(text: str, words: tuple[str, ...]) -> Sequence[tuple[str, bool]]:
    """A text cut where the words that were searched for stand: pieces, and whether each is one."""
    pieces, last = [], 0
    for start, end in spans_of(text, words):
        pieces += [(text[last:start], False), (text[start:end], True)]
        last = end
    return [piece for piece in [*pieces, (text[last:], False)] if piece[0]]


def _saved(session: Session, access: StudyAccess) -> Sequence[tuple[UUID, str, str]]:
    here = f"/studies/{access.study.slug}/reading?"
    kept = reading_queries.saved_queries(session, access.study.id)
    return [(one.id, one.name, here + urlencode(one.query)) for one in kept]


def _address(access: StudyAccess, asked: Asked) -> str:
    query = {**asked.address(), **({"page": str(asked.page)} if asked.page > 1 else {})}
    return f"/studies/{access.study.slug}/reading" + (f"?{urlencode(query)}" if query else "")


def _column(given: Mapping[str, str], by: str, segment: str, stage: str) -> dict[str, str]:
    """What a cell of the table asks of the search: a column is a stage, or a value of the attribute."""
    column = given.get("column", "")
    asked = {name: value for name, value in given.items() if name != "column" and value}
    if stage:
        asked["stage"] = stage
    if column and by == "stage":
        asked["stage"] = column
    if column and by != "stage":
        asked["segment"] = f"{by}:{column}"
    elif segment:
        asked["segment"] = segment
    return asked
