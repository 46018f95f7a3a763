"""The posted forms of insights, improvements, results and the programme, as the services take them, and back."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar
from uuid import UUID

from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData

from app.core.errors import FieldError, Invalid
from app.core.ids import uuid7
from app.maps.insights import outcomes
from app.maps.insights.improving import ImprovementLook
from app.maps.insights.outcomes import ResultLook
from app.maps.insights.programme import SIX
from app.maps.insights.schemas import (
    ImprovementIn,
    InsightIn,
    NewImprovement,
    NewInsight,
    NewResult,
    ProgrammeIn,
    ResultIn,
    StepIn,
)
from app.maps.insights.service import InsightLook
from app.maps.quotations import Quoted
from app.web.forms import CHECK_THIS, values_of
from app.web.i18n import mark as _
from app.web.i18n import translate

Shape = TypeVar("Shape", bound=BaseModel)
A_LINE = _("请写一句话，不超过 120 字")
TOO_LONG = _("太长了，请缩短一些")
A_DATE = _("请选一个日子，或者空着")
A_NUMBER = _("请写一个数")
PEOPLE = _("请写人数，一个整数")
CHOOSE = _("请从列出的里面选")
WORDS: Final[Mapping[str, str]] = {
    "title": A_LINE,
    "text": TOO_LONG,
    "metric": _("太长了，请写在 200 字以内"),
    "due": A_DATE,
    "starts": A_DATE,
    "note": _("太长了，请写在 300 字以内"),
    "state": CHOOSE,
    "status": CHOOSE,
    "party": CHOOSE,
    "kind": CHOOSE,
    "better": CHOOSE,
    "insight": CHOOSE,
    "improvement": CHOOSE,
    "name": _("请写一个名字，不超过 80 字"),
    "unit": _("太长了，请写在 20 字以内"),
    "basis": _("太长了，请写在 200 字以内"),
    "before_period": _("太长了，请写在 60 字以内"),
    "after_period": _("太长了，请写在 60 字以内"),
    "before_n": PEOPLE,
    "after_n": PEOPLE,
    "before_value": A_NUMBER,
    "after_value": A_NUMBER,
    "before_sd": A_NUMBER,
    "after_sd": A_NUMBER,
    "vision": _("太长了，请写在 500 字以内"),
}
WHOLE: Final[Mapping[str, tuple[str, str]]] = {
    "due is before starts": ("due", _("做完的日子不能早于开始的日子")),
    "a curve needs": ("after_wave", _("请选一个阶段和两个不同的轮次")),
    "before is not complete": ("before_value", _("请把这一边的人数和数都写上；平均数还要写标准差")),
    "after is not complete": ("after_value", _("请把这一边的人数和数都写上；平均数还要写标准差")),
    "before: a whole": ("before_value", _("请写有多少人做到了：一个整数，不多于人数")),
    "after: a whole": ("after_value", _("请写有多少人做到了：一个整数，不多于人数")),
    "before: at least": ("before_n", _("平均数至少要有两个人")),
    "after: at least": ("after_n", _("平均数至少要有两个人")),
}

_FIGURES = ("before_n", "before_value", "before_sd", "after_n", "after_value", "after_sd")
UNASKED: Final[Mapping[str, Sequence[str]]] = {
    "share": ("unit", "before_sd", "after_sd", "stage", "before_wave", "after_wave"),
    "mean": ("stage", "before_wave", "after_wave"),
    "curve": ("unit", *_FIGURES),
}


def posted_id(form: FormData) -> UUID:
    """Return the id that the form was shown with, so that sending it twice makes one; a new one where it is missing."""
    try:
        return UUID(str(form.get("id", "")))
    except ValueError:
        return uuid7()


def posted_version(form: FormData) -> int:
    """Return the version that the form was made from; −1, which none has, where it is missing."""
    given = str(form.get("version", ""))
    return int(given) if given.isdecimal() and len(given) < 10 else -1


def posted_insight(form: FormData) -> InsightIn:
    """Return the insight that a form gives; Invalid, naming each field."""
    return _read(InsightIn, _insight(form))


def posted_new_insight(form: FormData) -> NewInsight:
    """Return the new insight that a form gives; Invalid, naming each field."""
    return _read(NewInsight, {**_insight(form), "id": posted_id(form)})


def posted_step(form: FormData) -> StepIn:
    """Return the step that a form gives; Invalid."""
    return _read(StepIn, {"id": posted_id(form), **_said(form, "state", "note")})


def posted_improvement(form: FormData) -> ImprovementIn:
    """Return the improvement that a form gives; Invalid, naming each field."""
    return _read(ImprovementIn, _improvement(form))


def posted_new_improvement(form: FormData) -> NewImprovement:
    """Return the new improvement that a form gives; Invalid, naming each field."""
    return _read(NewImprovement, {**_improvement(form), "id": posted_id(form)})


def posted_result(form: FormData) -> ResultIn:
    """Return the result that a form gives; Invalid, naming each field."""
    return _read(ResultIn, _result(form))


def posted_new_result(form: FormData) -> NewResult:
    """Return the new result that a form gives; Invalid, naming each field."""
    return _read(NewResult, {**_result(form), "id": posted_id(form)})


def posted_programme(form: FormData) -> ProgrammeIn:
    """Return what a form says of the programme; Invalid, naming each field."""
    given = values_of(form)
    return _read(
        ProgrammeIn, {"vision": given.get("vision", ""), "notes": {key: given.get(key + "_note", "") for key in SIX}}
    )


def insight_values(look: InsightLook) -> dict[str, str]:
    """Return an insight as its form shows it."""
    place = look.stage.key if look.stage else ""
    return {
        "title": look.title,
        "text": look.text,
        "place": f"{place}/{look.touchpoint.key}" if look.touchpoint else place,
        "segment": look.segment or "",
        "owner": look.owner.login if look.owner else "",
        "due": look.due.isoformat() if look.due else "",
        "metric": look.metric,
    }


def improvement_values(look: ImprovementLook) -> dict[str, str]:
    """Return an improvement as its form shows it."""
    return {
        "title": look.title,
        "text": look.text,
        "insight": str(look.insight_id) if look.insight_id else "",
        "stage": look.stage.key if look.stage else "",
        "party": look.party,
        "owner": look.owner.login if look.owner else "",
        "starts": look.starts.isoformat() if look.starts else "",
        "due": look.due.isoformat() if look.due else "",
        "status": look.status,
    }


def result_values(look: ResultLook) -> dict[str, str]:
    """Return a result as its form shows it."""
    plain = {name: getattr(look, name) for name in outcomes.PLAIN}
    shown = {name: f"{one:.12g}" if isinstance(one, float) else str(one or "") for name, one in plain.items()}
    shown |= {name: str(plain[name]) for name in ("before_n", "after_n") if plain[name] is not None}
    links = {"insight": look.insight_id, "improvement": look.improvement_id}
    return (
        shown
        | {name: str(one) if one else "" for name, one in links.items()}
        | {"stage": look.stage.key if look.stage else ""}
    )


def span_value(quote: Quoted) -> str:
    """Return a quotation as a form carries it: which words, not the words."""
    return f"{quote.said.id}:{quote.start}:{quote.end}"


def spans_in(given: Sequence[str]) -> list[dict[str, object]]:
    """Return the spans that a form carries; what is none is left for the check of the shape to refuse."""
    found: list[dict[str, object]] = []
    for one in given:
        statement, _colon, rest = one.partition(":")
        start, _colon, end = rest.partition(":")
        found.append({"statement": statement, "start": start, "end": end})
    return found


def _insight(form: FormData) -> dict[str, Any]:
    given = _said(form, "title", "text", "metric", "segment", "owner", "due")
    stage, _slash, touchpoint = str(form.get("place", "")).partition("/")
    for name in ("segment", "owner", "due"):
        given[name] = given[name] or None
    quotes = spans_in([str(one) for one in form.getlist("quote")])
    return given | {"stage": stage or None, "touchpoint": touchpoint or None, "quotes": quotes}


def _improvement(form: FormData) -> dict[str, Any]:
    given = _said(form, "title", "text", "party", "status", "insight", "stage", "owner", "starts", "due")
    return given | {name: given[name] or None for name in ("insight", "stage", "owner", "starts", "due")}


def _result(form: FormData) -> dict[str, Any]:
    given = _said(form, *ResultIn.model_fields)
    plain = {"name", "kind", "unit", "better", "before_period", "after_period", "basis"}
    # What the chosen way of measuring does not ask for may still stand in fields that are not shown.
    unasked = UNASKED.get(str(given["kind"]), ())
    given |= dict.fromkeys(unasked, "")
    return {name: words if name in plain else words.strip().replace(",", "") or None for name, words in given.items()}


def _said(form: FormData, *names: str) -> dict[str, Any]:
    given = values_of(form)
    return {name: given.get(name, "") for name in names}


def _read(shape: type[Shape], given: Mapping[str, Any]) -> Shape:
    try:
        return shape.model_validate(given)
    except ValidationError as error:
        fields = dict(_wrong(one["loc"], one["msg"]) for one in error.errors())
        raise Invalid(fields=[FieldError(name, translate(words)) for name, words in fields.items()]) from None


def _wrong(place: Sequence[object], said: str) -> tuple[str, str]:
    if not place:
        return next((where for start, where in WHOLE.items() if start in said), ("", CHECK_THIS))
    name = f"{place[1]}_note" if place[0] == "notes" and len(place) > 1 else str(place[0])
    return name, WORDS.get(name, WORDS["note"] if name.endswith("_note") else CHECK_THIS)
