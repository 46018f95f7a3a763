"""A guide as somebody is writing it on the page: what was typed, and moving it about before it is published."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pydantic import ValidationError
from starlette.datastructures import FormData

from app.core.errors import FieldError, Invalid
from app.interviews.guide_schemas import LONGEST_PROBE, MOST_PROBES, MOST_QUESTIONS, GuideIn, GuideQuestion
from app.studies.protocol import StudyProtocol
from app.web.i18n import mark as _

FIELDS = ("key", "stage", "text", "probes")
_LETTERS = "23456789abcdefghjkmnpqrstwxyz"
WRONG: Mapping[str, str] = {
    "text": _("请写一句问话，不超过 300 字"),
    "probes": _("追问一行一句，每句不超过 200 字，最多 8 句"),
    "stage": _("这个研究没有这个阶段"),
    "key": _("这一题的编号不对，请刷新页面再试"),
}


@dataclass(frozen=True, slots=True)
class DraftQuestion:
    """A question as typed; ``probes`` has one a line."""

    key: str
    stage: str
    text: str
    probes: str


Draft = tuple[DraftQuestion, ...]


def draft_of(questions: Sequence[GuideQuestion]) -> Draft:
    """Return published or proposed questions as they are edited."""
    return tuple(DraftQuestion(one.key, one.stage, one.text, "\n".join(one.probes)) for one in questions)


def posted_draft(form: FormData) -> Draft:
    """Return the questions that a form holds, in its order; Invalid where its lists do not fit together."""
    lists = [[str(value).replace("\r\n", "\n") for value in form.getlist(name)] for name in FIELDS]
    if len({len(one) for one in lists}) > 1 or len(lists[0]) > MOST_QUESTIONS:
        raise Invalid(fields=[FieldError("", _("题太多，或这一页没有传完整；请刷新再试"), "too_many")])
    return tuple(DraftQuestion(*(part.strip() for part in row)) for row in zip(*lists, strict=True))


def in_order(draft: Draft, protocol: StudyProtocol) -> Draft:
    """Return the questions by stage, as the page shows and the guide keeps them; those of unknown stages come last."""
    places = {stage.key: stage.position for stage in protocol.stages}
    return tuple(sorted(draft, key=lambda one: places.get(one.stage, len(places))))


def changed(draft: Draft, action: str, protocol: StudyProtocol) -> tuple[Draft, int | None]:
    """Return the draft after ``action`` (up:n, down:n, remove:n or add:stage) and the place to go on at."""
    name, _separator, argument = action.partition(":")
    if name == "add" and protocol.stage(argument) and len(draft) < MOST_QUESTIONS:
        return _added(draft, argument, protocol)
    if not argument.isascii() or not argument.isdigit() or int(argument) >= len(draft):
        return draft, None
    place = int(argument)
    if name == "remove":
        return draft[:place] + draft[place + 1 :], None
    if name in ("up", "down"):
        return _moved(draft, place, -1 if name == "up" else 1, protocol)
    return draft, None


def given(draft: Draft) -> GuideIn:
    """Return the draft as it can be published; Invalid names the field of each question that cannot."""
    try:
        return GuideIn.model_validate(
            {
                "questions": [
                    {"key": one.key, "stage": one.stage, "text": one.text, "probes": _lines(one.probes)}
                    for one in draft
                ]
            }
        )
    except ValidationError as error:
        raise Invalid(fields=_wrong(error)) from None


def _wrong(error: ValidationError) -> list[FieldError]:
    found = {}
    for one in error.errors():
        place, field = (str(one["loc"][1]), str(one["loc"][2])) if len(one["loc"]) > 2 else ("", "")
        message = WRONG.get(field, _("提纲里至少要有一题，最多 100 题"))
        found[f"{field}-{place}" if place else ""] = message
    return [FieldError(name, message) for name, message in found.items()]


def _lines(text: str) -> list[str]:
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    return lines if len(lines) <= MOST_PROBES else [*lines[:MOST_PROBES], "x" * (LONGEST_PROBE + 1)]


def _added(draft: Draft, stage: str, protocol: StudyProtocol) -> tuple[Draft, int]:
    key = "q_" + "".join(secrets.choice(_LETTERS) for _each in range(8))
    longer = in_order((*draft, DraftQuestion(key, stage, "", "")), protocol)
    return longer, next(place for place, one in enumerate(longer) if one.key == key)


def _moved(draft: Draft, place: int, step: int, protocol: StudyProtocol) -> tuple[Draft, int]:
    """Change places with the neighbour in the same stage; at a stage's end go over into the next one."""
    moving, other = draft[place], place + step
    if 0 <= other < len(draft) and draft[other].stage == moving.stage:
        order = list(draft)
        order[place], order[other] = order[other], order[place]
        return tuple(order), other
    keys = [stage.key for stage in protocol.stages]
    goal = keys.index(moving.stage) + step if moving.stage in keys else -1
    if not 0 <= goal < len(keys):
        return draft, place
    rest = draft[:place] + draft[place + 1 :]
    gone = replace(moving, stage=keys[goal])
    ordered = in_order((*rest, gone) if step < 0 else (gone, *rest), protocol)
    return ordered, ordered.index(gone)
