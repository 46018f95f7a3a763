"""Whose words another program's sources are: its cases, and where there is none a person for each source."""

import re
from typing import Final
from uuid import UUID

from app.core import clock
from app.exchange.refi.intake import Intake, NewPerson
from app.exchange.refi.names import guid
from app.exchange.refi.project import CaseRead, Project, SourceRead
from app.participants.schemas import MOST_ATTRIBUTES
from app.web.i18n import mark as _

LONGEST_CODE: Final = 40
LONGEST_NAME: Final = 40
LONGEST_VALUE: Final = 200
WITHOUT_WORDS: Final = _("没有文字来源的个案")
SECOND_CASE: Final = _("一份来源只能属于一个人，取了第一个个案")
_NOT_IN_CODE = re.compile(r"[^\w.\-]+")
_FILE_TYPE = re.compile(r"\.(?:txt|docx?|rtf|odt|pdf|md)\Z", re.IGNORECASE)
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")


class ForeignPeople:
    """Finds the person of a source, and adds them to the intake when they are met first."""

    def __init__(self, project: Project, intake: Intake) -> None:
        self._project = project
        self._intake = intake
        self._of_source: dict[UUID, list[CaseRead]] = {}
        self._met: dict[UUID, UUID] = {}
        self._codes: set[str] = set()
        self._used: set[UUID] = set()
        selections = {one.guid: source.guid for source in project.sources.values() for one in source.selections}
        for case in project.cases.values():
            sources = [*case.sources, *(selections[one] for one in case.selections if one in selections)]
            for source in dict.fromkeys(sources):
                self._of_source.setdefault(source, []).append(case)

    def of(self, source: SourceRead) -> UUID:
        """Return the person whose words the source holds."""
        if source.guid in self._met:
            return self._met[source.guid]
        cases = self._of_source.get(source.guid, [])
        if len(cases) > 1:
            self._intake.left_out["Case", SECOND_CASE] += len(cases) - 1
        case = cases[0] if cases else None
        person = case.guid if case else guid("foreign person", source.guid)
        self._met[source.guid] = person
        values = [*(case.values if case else ()), *source.values]
        if person not in self._used:
            self._used.add(person)
            self._add(person, case.name if case else _FILE_TYPE.sub("", source.name), values, case)
        elif source.values:
            self._remember(person, guid("values", source.guid), [self._told(*one) for one in source.values])
        return person

    def rest(self) -> None:
        """Count the cases that nobody's words belong to."""
        named = {case.guid for cases in self._of_source.values() for case in cases}
        left = len(self._project.cases) - len(named)
        if left:
            self._intake.left_out["Case", WITHOUT_WORDS] += left

    def _add(self, person: UUID, name: str, values: list[tuple[UUID, str]], case: CaseRead | None) -> None:
        attributes: dict[str, str] = {}
        others = [case.description.strip()] if case and case.description.strip() else []
        for variable, value in values:
            label = self._project.variables[variable].strip()
            fits = 0 < len(label) <= LONGEST_NAME and len(value) <= LONGEST_VALUE and label not in attributes
            if fits and len(attributes) < MOST_ATTRIBUTES and not _UNSTORABLE.search(label + value):
                attributes[label] = value.strip()
            elif value:
                others.append(self._told(variable, value))
        if others:
            self._remember(person, guid("values", person), others)
        code = self._code(name)
        self._intake.people.append(NewPerson(person, code, "participant", "", attributes, None, None, None))

    def _told(self, variable: UUID, value: str) -> str:
        return f"{self._project.variables[variable]}：{value}"

    def _remember(self, person: UUID, one: UUID, lines: list[str]) -> None:
        now = clock.now()
        self._intake.memos.append(
            {
                "id": one,
                "participant_id": person,
                "about": "participant",
                "about_id": person,
                "text": "\n".join(lines).replace("\x00", "\ufffd"),
                "by": "import:qdpx",
                "created_at": now,
                "updated_at": now,
                "version": 1,
            }
        )

    def _code(self, name: str) -> str:
        """Return a code that nobody of the file has yet: the name as far as codes allow, else with a number."""
        plain = _NOT_IN_CODE.sub("_", name.strip()).strip("_")[:LONGEST_CODE] or "P"
        code, number = plain, 1
        while code in self._codes:
            number += 1
            code = f"{plain[: LONGEST_CODE - len(str(number)) - 1]}-{number}"
        self._codes.add(code)
        return code
