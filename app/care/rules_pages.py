"""The page on which a study says when care staff are told of a person, and by when somebody is to be in touch."""

from collections.abc import Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from app.core.errors import AppError, PreconditionFailed
from app.diary.words import EFFORTS, MOODS
from app.studies import queries as studies
from app.studies.access import RESEARCHERS, TEXT_READERS, InStudy, StudyAccess, confirm
from app.studies.care_changes import change_care_rules, mark_of
from app.studies.care_rules import MOST_NOTICES, CareRules
from app.web.forms import CHECK_THIS, FormState, Posted, refused, values_of
from app.web.i18n import choose_language, current_language, translate
from app.web.i18n import mark as _
from app.web.pages import render

router = APIRouter(include_in_schema=False)

Reader = Annotated[StudyAccess, Depends(InStudy(*TEXT_READERS))]
Editor = Annotated[StudyAccess, Depends(InStudy(*RESEARCHERS))]
TICKS: Final = ("watching", "marked_low", "silence")
CHOICES: Final = ("mood_at_most", "score_at_most", "effort_at_least")
NUMBERS: Final = ("fresh_days", "due_hours", "urgent_hours", "ask_again_hours")
SCORES: Final = (-0.4, -0.6, -0.8)
EXPLAIN: Final = {
    "mood_at_most": _("请选一项"),
    "score_at_most": _("请选一项"),
    "effort_at_least": _("请选一项"),
    "fresh_days": _("请填 1 到 30 之间的整数"),
    "due_hours": _("请填 1 到 168 之间的整数"),
    "urgent_hours": _("请填 1 到 24 之间的整数"),
    "ask_again_hours": _("请填 0 到 168 之间的整数"),
    "notices": _("请一行写一个邮箱，最多 5 个"),
}

Options = Sequence[tuple[str, str]]


@router.get("/studies/{slug}/care/rules")
def rules_page(request: Request, access: Reader, saved: bool = False) -> Response:
    return _page(request, access, saved=saved)


@router.post("/studies/{slug}/care/rules")
def change_rules(request: Request, access: Editor, form: Posted) -> Response:
    current_language.set(choose_language(request, access.study.language))
    try:
        rules = CareRules.model_validate(_posted(form))
        with request.app.state.database.write() as session:
            still = confirm(session, access, RESEARCHERS)
            change_care_rules(session, still.actor, still.study, rules, seen=str(form.get("seen", "")))
    except ValidationError as error:
        return _page(request, access, _unreadable(form, error), status=422)
    except AppError as error:
        stale = isinstance(error, PreconditionFailed)
        return _page(request, access, refused(form, error), stale=stale, status=error.status)
    return RedirectResponse(f"/studies/{access.study.slug}/care/rules?saved=true", 303)


def _posted(form: Posted) -> dict[str, Any]:
    """Return the fields of CareRules as they were posted; an empty choice is one that is not watched."""
    given: dict[str, Any] = {name: name in form for name in TICKS}
    given |= {name: form.get(name) or None for name in CHOICES}
    given |= {name: str(form.get(name, "")).strip() for name in NUMBERS}
    lines = str(form.get("notices", "")).replace(",", "\n").replace("，", "\n").splitlines()
    return given | {"notices": tuple(dict.fromkeys(line.strip() for line in lines if line.strip()))}


def _values(rules: CareRules) -> dict[str, object]:
    given: dict[str, object] = {name: "on" if getattr(rules, name) else "" for name in TICKS}
    given |= {name: _choice(getattr(rules, name)) for name in CHOICES}
    return given | {name: getattr(rules, name) for name in NUMBERS} | {"notices": "\n".join(rules.notices)}


def _choice(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _unreadable(form: Posted, error: ValidationError) -> FormState:
    names = [str(one["loc"][0]) for one in error.errors() if one["loc"]]
    return FormState(values_of(form), {name: translate(EXPLAIN.get(name, CHECK_THIS)) for name in names})


def _options(rules: CareRules) -> dict[str, Options]:
    """Return what may be chosen; a score that a program set stands among the others."""
    unwatched = ("", translate(_("不看这一项")))
    moods = [(str(n), translate(_("“%(mood)s”或更差")) % {"mood": translate(MOODS[n - 1])}) for n in range(1, 5)]
    efforts = [
        (str(n), translate(_("“%(effort)s”或更费力")) % {"effort": translate(EFFORTS[n - 1])}) for n in (5, 6, 7)
    ]
    scores = sorted({*SCORES, *([rules.score_at_most] if rules.score_at_most is not None else [])}, reverse=True)
    words = translate(_("%(score)s 或更低"))
    shown = [(f"{one:g}", words % {"score": f"{one:g}".replace("-", "−")}) for one in scores]
    return {"moods": [unwatched, *moods], "scores": [unwatched, *shown], "efforts": [unwatched, *efforts]}


def _page(
    request: Request,
    access: StudyAccess,
    form: FormState | None = None,
    *,
    saved: bool = False,
    stale: bool = False,
    status: int = 200,
) -> Response:
    current_language.set(choose_language(request, access.study.language))
    with request.app.state.database.read() as session:
        rules = studies.protocol(session, access.study.id).care_rules
    context = {
        "study": access.study,
        "actor": access.actor,
        "here": "care",
        "part": "care",
        "address": f"/studies/{access.study.slug}/care",
        "may_edit": access.can(RESEARCHERS),
        "saved": saved,
        "form": form or FormState(_values(rules)),
        "now": _values(rules) if stale else None,
        "seen": mark_of(rules),
        "most": MOST_NOTICES,
        **_options(rules),
    }
    return render(request, "care/rules.html", context, status=status, language=access.study.language)
