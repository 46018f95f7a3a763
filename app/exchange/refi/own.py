"""Understanding a project that we wrote: everything back in its place."""

from collections import Counter
from typing import Any, Final

from pydantic import ValidationError

from app.coding.schemas import MOST_EMOTIONS, MOST_MEMO
from app.exchange.refi import names
from app.exchange.refi.codes import CODE_MEMO
from app.exchange.refi.facts import Facts, broken, checked_day
from app.exchange.refi.intake import Intake, NewCoder, NewCodeRow, NewPerson
from app.exchange.refi.names import facts_of, guid
from app.exchange.refi.own_sources import OwnSources
from app.exchange.refi.places import Places
from app.exchange.refi.project import CaseRead, CodeRead, NoteRead, Project, User
from app.participants.schemas import Enrolment

_MOST_MEMO: Final = 10_000_000
_BRANCHES: Final = (names.STAGES, names.HUMAN_SENTIMENT, names.HUMAN_EMOTIONS, names.MACHINE)
_ABOUT: Final = ("kind", "time_zone", "anchor_on", "enrolled_at", "withdrawn_at")
_VARIABLES: Final = {guid("variable", "about", name): name for name in _ABOUT}


def is_own(project: Project) -> bool:
    """Return whether we wrote the project, in a form that we know."""
    return project.origin == names.ORIGIN and facts_of(project.description)[1].get("form") == names.FORM


def understand_own(project: Project, places: Places) -> Intake:
    """Return what the project says; ProjectBroken for what we would never have written."""
    stages = {one.guid: one for one in project.codes.values() if one.parent == names.STAGES}
    places.stage_names = {facts_of(one.description)[1].get("key", ""): one.name for one in stages.values()}
    intake = Intake(own=True, name=project.name, origin=project.origin, counting="code points")
    intake.left_out = Counter({key: n for key, n in project.left_out.items() if key[0] != "Set"})
    intake.people = [_person(project, case) for case in project.cases.values()]
    intake.coders = [_coder(user) for user in project.users.values() if user.id in ("xinlu:coder", "xinlu:consensus")]
    intake.codes = _codes(project)
    sources = OwnSources(project, places, intake)
    for source in project.sources.values():
        sources.take(source)
    sources.finish()
    intake.memos = [_memo(project, note) for note in project.notes.values() if _is(note, "memo")]
    _check(intake)
    intake.left_out += places.missing
    intake.unstaged = places.unplaced
    return intake


def _person(project: Project, case: CaseRead) -> NewPerson:
    own = Facts({_VARIABLES[one]: value for one, value in case.values if one in _VARIABLES})
    attributes = {project.variables[one]: value for one, value in case.values if one not in _VARIABLES}
    anchor = own.maybe("anchor_on")
    try:
        enrolment = Enrolment(
            code=case.name,
            time_zone=own.text("time_zone"),
            attributes=attributes,
            anchor_on=checked_day("anchor_on", anchor) if anchor else None,
        )
    except ValidationError:
        raise broken("Case") from None
    return NewPerson(
        id=case.guid,
        code=enrolment.code or _none("Case"),
        kind=own.one_of("kind", "participant", "observer"),
        time_zone=enrolment.time_zone or _none("time_zone"),
        attributes=dict(enrolment.attributes),
        anchor_on=enrolment.anchor_on,
        enrolled_at=own.at("enrolled_at"),
        withdrawn_at=own.maybe_at("withdrawn_at"),
    )


def _none(name: str) -> Any:
    raise broken(name)


def _coder(user: User) -> NewCoder:
    if not user.name or len(user.name) > 80:
        raise broken("User")
    return NewCoder(user.guid, user.name, consensus=user.id == "xinlu:consensus")


def _codes(project: Project) -> list[NewCodeRow]:
    """Return the codebook without our branches, in order."""
    return [_code(project, one) for one in project.codes.values() if not _in_a_branch(project, one)]


def _in_a_branch(project: Project, code: CodeRead) -> bool:
    top = code
    while top.parent is not None:
        top = project.codes[top.parent]
    return top.guid in _BRANCHES


def _code(project: Project, code: CodeRead) -> NewCodeRow:
    words, told = facts_of(code.description)
    facts = Facts(told)
    memo = next((note.text for one in code.notes if _is(note := project.notes[one], CODE_MEMO)), "")
    return NewCodeRow(
        id=code.guid,
        parent_id=code.parent,
        name=code.name,
        colour=code.colour,
        description=words,
        examples=tuple(map(str, facts.json("examples", list, []))),
        memo=memo,
        shortcut=facts.maybe("shortcut", 1),
        retired=not code.codable,
    )


def _is(note: NoteRead, kind: str) -> bool:
    return facts_of(note.description)[1].get("is") == kind


def _memo(project: Project, note: NoteRead) -> dict[str, Any]:
    facts = Facts(facts_of(note.description)[1])
    user = project.users.get(note.user) if note.user else None
    if user is None or note.at is None or note.changed is None or len(note.text) > _MOST_MEMO or not note.text:
        raise broken("Note")
    label = user.id.removeprefix("xinlu:author:") if user.id.startswith("xinlu:author:") else f"coder:{user.guid}"
    return {
        "id": note.guid,
        "participant_id": facts.id("person") if "person" in facts else None,
        "about": facts.one_of("about", "study", "participant", "code", "interview", "statement"),
        "about_id": facts.id("of") if "of" in facts else None,
        "text": note.text,
        "by": label[:80],
        "created_at": note.at,
        "updated_at": note.changed,
        "version": facts.whole("version", 1),
    }


def _check(intake: Intake) -> None:
    """ProjectBroken where rows contradict one another: an id twice, or somebody whom the file does not know."""
    people, coders = {one.id for one in intake.people}, {one.id for one in intake.coders}
    codes, statements = {one.id for one in intake.codes}, {row["id"] for row in intake.statements}
    for rows, unique in (
        (intake.statements, ("id",)),
        (intake.machine, ("statement_id", "model_version")),
        (intake.codings, ("statement_id", "coder_id")),
        (intake.excerpts, ("id",)),
        (intake.places, ("statement_id", "slot")),
        (intake.places, ("statement_id", "coder_id")),
    ):
        if len({tuple(row[name] for name in unique) for row in rows}) < len(rows):
            raise broken("guid")
    known: dict[str, set[Any]] = {
        "participant_id": people | {None},
        "coder_id": coders,
        "code_id": codes,
        "statement_id": statements,
    }
    tables = (intake.entries, intake.interviews, intake.statements, intake.codings, intake.excerpts, intake.places)
    for row in (row for table in (*tables, intake.memos) for row in table):
        for name, there in known.items():
            if name in row and row[name] not in there:
                raise broken(name)
    for row in intake.codings:
        if len(row["memo"]) > MOST_MEMO or len(row["emotions"]) > MOST_EMOTIONS:
            raise broken("coding")
