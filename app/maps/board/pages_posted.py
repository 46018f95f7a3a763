"""What the forms of a cell's page post, read as the services take it."""

from typing import TypeVar
from uuid import UUID

from pydantic import BaseModel, ValidationError
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from app.core.errors import AppError, FieldError, Invalid
from app.maps import quotation_queries
from app.maps.board import queries
from app.maps.board.schemas import ExpectationIn, NewMap, NoteChange, SpanIn, TargetIn, VersionIn
from app.participants.sight import Sight, sight_of
from app.studies.access import StudyAccess
from app.web.forms import FormState
from app.web.i18n import mark as _
from app.web.i18n import translate

Given = TypeVar("Given", bound=BaseModel)
WORDS = {
    "text": _("最多 200 个字"),
    "words": _("最多 200 个字"),
    "basis": _("最多 200 个字"),
    "expected": _("请填 −1 到 1 之间的数"),
    "sentiment": _("请填 −1 到 1 之间的数"),
    "effort": _("请填 1 到 7 之间的数"),
    "title": _("请起个名字，最多 80 个字"),
    "label": _("最多 80 个字"),
}
CHECK_THIS = _("请检查这一项")


def read(shape: type[Given], values: dict[str, object]) -> Given:
    """Return ``values`` in ``shape``; Invalid, naming each field, where they do not fit."""
    try:
        return shape.model_validate(values)
    except ValidationError as error:
        fields = [str(one["loc"][0]) if one["loc"] else "" for one in error.errors()]
        raise Invalid(fields=[FieldError(name, WORDS.get(name, CHECK_THIS)) for name in fields]) from None


def version_of(form: FormData) -> int:
    """Return the version that the form was shown with; 0 where there was none."""
    given = str(form.get("version", ""))
    return int(given) if given.isdecimal() and len(given) < 10 else 0


def map_of(form: FormData) -> UUID | None:
    """Return the map that the form leads back to, if it names one."""
    try:
        return UUID(str(form.get("map", "")))
    except ValueError:
        return None


def sight_for(session: Session, access: StudyAccess) -> Sight:
    """Return whose words the actor may choose from."""
    return sight_of(session, access)


def change_of(session: Session, study_id: UUID, note_id: UUID, asked: str, form: FormData) -> NoteChange:
    """Return the change that ``asked`` (save, earlier, later, attach or detach) means for the note."""
    if asked in ("earlier", "later"):
        return NoteChange(position=_beside(session, study_id, note_id, 1 if asked == "later" else -1))
    if asked in ("attach", "detach"):
        return NoteChange(quotations=_spans(session, study_id, note_id, form, more=asked == "attach"))
    values: dict[str, object] = {"text": str(form.get("text", ""))}
    if "party" in form:
        values["party"] = str(form["party"]) or None
    if "touchpoint" in form:
        values["touchpoint"] = str(form["touchpoint"]) or None
    if (form.get("stage"), form.get("lane")) != (form.get("from_stage"), form.get("from_lane")):
        values |= {"stage": str(form.get("stage", "")), "lane": str(form.get("lane", ""))}
        # What names a place of this stage, or a party of this lane, does not go along.
        values = {name: value for name, value in values.items() if name not in ("party", "touchpoint")}
    return read(NoteChange, values)


def new_map_of(form: FormData) -> NewMap:
    """Return the map that a form asks for; ``keep`` fills it with what is proposed."""
    as_is = str(form.get("as_is", "")) or None
    values: dict[str, object] = {
        "id": str(form.get("id", "")),
        "title": str(form.get("title", "")).strip(),
        "kind": "to_be" if as_is else "as_is",
        "as_is": as_is,
        "wave": str(form.get("wave", "")) or None,
        "segment": str(form.get("segment", "")) or None,
        "propose": bool(form.get("keep")),
    }
    return read(NewMap, values)


def label_of(form: FormData) -> str:
    """Return the name under which a version is kept."""
    return read(VersionIn, {"label": str(form.get("label", "")).strip()}).label


def spoken(error: AppError) -> FormState:
    """Return an error that belongs to no field, as a page says it."""
    return FormState({}, {"": translate(error.remedy)}, translate(error.title))


def expectation_of(form: FormData) -> ExpectationIn:
    """Return the posted expectation."""
    return read(ExpectationIn, {"expected": _number(form, "expected"), "basis": str(form.get("basis", ""))})


def target_of(form: FormData) -> TargetIn:
    """Return the posted target; what was left empty is none."""
    values = {name: _number(form, name) for name in ("sentiment", "effort")}
    return read(TargetIn, {**values, "words": str(form.get("words", ""))})


def _number(form: FormData, name: str) -> object:
    """Return a number as people write it, with a true minus sign or a comma; None for an empty field."""
    given = str(form.get(name, "")).strip().replace("−", "-").replace("，", ".").replace("。", ".")
    return given or None


def _beside(session: Session, study_id: UUID, note_id: UUID, step: int) -> int:
    note = queries.note(session, study_id, note_id)
    if note is None:
        return 0
    cell = [
        one.id
        for one in queries.notes(session, study_id, note.map_id)
        if (one.stage_id, one.lane) == (note.stage_id, note.lane)
    ]
    return max(0, (cell.index(note_id) if note_id in cell else 0) + step)


def _spans(session: Session, study_id: UUID, note_id: UUID, form: FormData, *, more: bool) -> list[SpanIn]:
    """Return the spans that the note rests on, with the posted one or without it."""
    values: dict[str, object] = {name: str(form.get(name, "")) for name in ("statement", "start", "end")}
    posted = read(SpanIn, values)
    rows = quotation_queries.of_owners(session, study_id, "note", [note_id])
    spans = [SpanIn(statement=one.statement_id, start=one.start, end=one.end) for one in rows]
    if not more:
        return [one for one in spans if one != posted]
    return spans if posted in spans else [*spans, posted]
