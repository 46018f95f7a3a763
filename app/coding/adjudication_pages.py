"""The page where the team settles what two coders say differently of a statement."""

from dataclasses import dataclass
from typing import Annotated, Any, Final
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app.coding import adjudication, codebook_queries
from app.coding import adjudication_queries as found
from app.coding import adjudication_view as view
from app.coding.adjudication import Double, Filter, Which
from app.coding.codebook_words import who
from app.coding.errors import NotBothDone
from app.coding.work_words import SENTIMENTS
from app.core.errors import AppError
from app.studies import queries as studies
from app.studies.access import RESEARCHERS, InStudy, StudyAccess, confirm
from app.studies.protocol import StudyProtocol
from app.web.forms import FormState, Posted, refused
from app.web.i18n import choose_language, current_language
from app.web.i18n import mark as _
from app.web.pages import render
from nlp import EMOTIONS

router = APIRouter(include_in_schema=False)

Decider = Annotated[StudyAccess, Depends(InStudy(*RESEARCHERS))]
SHOWN: Final = 20
WHICH: Final = (("open", _("还没定的")), ("decided", _("已经定的")), ("all", _("全部")))
LEAST: Final = ((0, _("不限")), (1, _("1 档以上")), (2, _("2 档以上")), (3, _("3 档以上")))


class Asked(BaseModel):
    """Which doubles the page shows; unknown stages and codes show none."""

    which: Which = "open"
    stage: str = Field("", max_length=40)
    code: str = Field("", max_length=40)
    least: int = Field(0, ge=0, le=4)
    skip: int = Field(0, ge=0, le=1_000_000)

    def filter(self, protocol: StudyProtocol) -> Filter:
        """Return what is asked for, of this study."""
        stages = {stage.key: stage.id for stage in protocol.stages}
        return Filter(self.which, stages.get(self.stage), _id(self.code), self.least)

    def query(self, **changes: Any) -> str:
        """Return the address's query that asks the same, with changes."""
        asked = self.model_dump() | changes
        return urlencode({name: value for name, value in asked.items() if value not in ("", 0)})


@dataclass(frozen=True, slots=True)
class Card:
    """One statement on the page: who said it, the two sides, what is ticked, and what was decided before."""

    one: Double
    row: Any
    stage: str
    sides: tuple[Any, ...]
    choices: list[view.Marked]
    emotions: list[str]
    sentiment: int | None
    ticked_emotions: frozenset[str]
    ticked: frozenset[str]
    history: list[tuple[Any, str]]
    following: str


@router.get("/studies/{slug}/adjudicate")
def adjudicate_page(
    request: Request,
    access: Decider,
    asked: Annotated[Asked, Query()],
    done: Annotated[str, Query(max_length=5)] = "",
) -> Response:
    return _page(request, access, asked, done=bool(done))


@router.post("/studies/{slug}/adjudicate/{statement_id}")
def settle(
    request: Request, access: Decider, statement_id: UUID, form: Posted, asked: Annotated[Asked, Query()]
) -> Response:
    current_language.set(choose_language(request, access.study.language))
    try:
        with request.app.state.database.write() as session:
            still = confirm(session, access, RESEARCHERS)
            one = adjudication.double(session, still.study.id, statement_id)
            if one is None:
                raise NotBothDone()
            version = str(form.get("version", ""))
            seen = int(version) if version.isdecimal() and len(version) < 9 else 0
            adjudication.settle(session, still, statement_id, view.decision(form, one), seen)
    except AppError as error:
        if error.status == 404:
            raise
        return _page(request, access, asked, refused(form, error), wrong=statement_id, status=error.status)
    following = _id(str(form.get("following", "")))
    place = f"#s-{following}" if following else ""
    return RedirectResponse(f"/studies/{access.study.slug}/adjudicate?{asked.query()}&done=1{place}", 303)


def _page(
    request: Request,
    access: StudyAccess,
    asked: Asked,
    form: FormState | None = None,
    *,
    wrong: UUID | None = None,
    done: bool = False,
    status: int = 200,
) -> Response:
    current_language.set(choose_language(request, access.study.language))
    study_id = access.study.id
    with request.app.state.database.read() as session:
        protocol = studies.protocol(session, study_id)
        wanted = asked.filter(protocol)
        every = [] if asked.stage and wanted.stage_id is None else adjudication.doubles(session, study_id, wanted)
        shown = every[asked.skip : asked.skip + SHOWN]
        cards = _cards(session, study_id, protocol, shown)
        codes = {one.id: one for one in codebook_queries.codes_of(session, study_id, retired=True)}
    request.app.state.readings.note(access, [(card.row.participant_id, card.row.source_id) for card in cards])
    context: dict[str, Any] = {
        "study": access.study,
        "actor": access.actor,
        "here": "coding",
        "tab": "draws",
        "asked": asked,
        "form": form or FormState(),
        "wrong": wrong,
        "done": done,
        "cards": cards,
        "total": len(every),
        "later": asked.query(skip=asked.skip + SHOWN) if len(every) > asked.skip + SHOWN else None,
        "earlier": asked.query(skip=max(asked.skip - SHOWN, 0)) if asked.skip else None,
        "stages": [("", _("全部"))] + [(stage.key, stage.name) for stage in protocol.stages],
        "codes": codes,
        "which": WHICH,
        "least": LEAST,
        "scale": tuple(SENTIMENTS),
        "levels": SENTIMENTS,
        "all_emotions": EMOTIONS,
        "marked": view.marked,
        "pieces": view.pieces,
    }
    return render(request, "coding/adjudicate.html", context, language=access.study.language, status=status)


def _cards(session: Session, study_id: UUID, protocol: StudyProtocol, shown: list[Double]) -> list[Card]:
    rows = found.texts(session, study_id, [one.statement_id for one in shown])
    cards = []
    for place, one in enumerate(shown):
        row = rows[one.statement_id]
        sentiment, emotions, ticked = view.chosen(one)
        changes = adjudication.history(session, study_id, one.statement_id)
        labels = {change.actor for change in changes if change.actor.startswith("user:")}
        names = codebook_queries.names_of_users(session, labels)
        cards.append(
            Card(
                one=one,
                row=row,
                stage=protocol.stage_of(one.stage_id).name,
                sides=((one.first, one.second), (one.second, one.first)),
                choices=view.choices(row.text, one),
                emotions=view.emotions_of(one),
                sentiment=sentiment,
                ticked_emotions=emotions,
                ticked=ticked,
                history=[(change, who(change.actor, names)) for change in changes],
                following=str(shown[place + 1].statement_id) if place + 1 < len(shown) else "",
            )
        )
    return cards


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
