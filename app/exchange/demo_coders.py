"""A demo's two coders: they code what was drawn for them, neither seeing the other's, and the team settles differences.

The draw is a real one: which statements it takes, and which coder each comes to, is left to it.
"""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID, uuid5

from sqlalchemy.orm import Session

from app.accounts.actors import StaffActor
from app.accounts.queries import user_by_login
from app.coding import adjudication, coders, drawing, memos, queue, service
from app.coding.adjudication import Filter
from app.coding.codebook_queries import codes_of
from app.coding.memos import MemoIn
from app.coding.schemas import CodingIn, ExcerptIn
from app.exchange import queries
from app.exchange.demo_fieldwork_shapes import CodedIn, Emotions, FieldFile, Fieldwork, Marks, MemoFileIn
from app.exchange.demo_interviews import interview_id
from app.studies.access import CODER, StudyAccess
from app.studies.models import Study

LEFT_OPEN: Final = 2
"""So many differences, the largest, are left for whoever looks at the demo to settle."""


class Desk:
    """Where what was said in the study of ``access`` is coded as ``fieldwork`` tells."""

    def __init__(self, session: Session, access: StudyAccess, fieldwork: Fieldwork, told: FieldFile) -> None:
        self._session = session
        self._access = access
        self._fieldwork = fieldwork
        self._told = told
        self._study = access.study
        self._codes = {code.name: code.id for code in codes_of(session, access.study.id)}
        self._said: dict[str, Sequence[tuple[UUID, str]]] = {}

    def work(self) -> None:
        """Draw what came since the plan, code it, settle where the two differ, and write the memos."""
        drawing.top_up(self._session, self._study.id)
        rows = {self._statement(one.person, one.begins)[0]: one for one in self._fieldwork.coded()}
        self._take_turns(rows)
        for double in adjudication.doubles(self._session, self._study.id, Filter())[LEFT_OPEN:]:
            self._settle(double.statement_id, rows[double.statement_id])
        for memo in self._told.memos:
            memos.write_memo(self._session, self._as_coder(memo.by), self._memo(memo))

    def _take_turns(self, rows: Mapping[UUID, CodedIn]) -> None:
        """Let the first take half of what was drawn, then each what is left; what they do not get to is given back."""
        first, second = (self._as_coder(login) for login in self._told.coders)
        half = sum(one.drawn for one in queue.progress(self._session, self._study.id).stages) // 2
        for access, most in ((first, half), (second, queue.MOST_AT_ONCE), (first, queue.MOST_AT_ONCE)):
            for statement_id in queue.claim(self._session, access, most):
                row = rows.get(statement_id)
                if row is not None:
                    self._code(access, statement_id, row, is_first=access is first)
            queue.release(self._session, self._access, coders.coder_of(self._session, access).id)

    def _code(self, access: StudyAccess, statement_id: UUID, row: CodedIn, *, is_first: bool) -> None:
        if is_first:
            said = self._coding(statement_id, row, row.first, row.first_emotions, row.first_codes, "first")
        else:
            said = self._coding(statement_id, row, row.second, row.second_emotions, row.second_codes, "second")
        service.save_coding(self._session, access, statement_id, said, 0)

    def _settle(self, statement_id: UUID, row: CodedIn) -> None:
        if row.decided is None:
            raise ValueError(f"the demo's own row of codes: the two differ on {row.person}, and nothing was decided")
        said = self._coding(statement_id, row, row.decided, row.first_emotions, row.first_codes, "team")
        adjudication.settle(self._session, self._access, statement_id, said, 0)

    def _coding(
        self, statement_id: UUID, row: CodedIn, sentiment: int, emotions: Emotions, marks: Marks, who: str
    ) -> CodingIn:
        text = self._statement(row.person, row.begins)[1]
        spans = [(self._code_id(name), text.index(words), len(words)) for name, words in marks]
        excerpts = tuple(
            ExcerptIn(id=uuid5(statement_id, f"{who}:{code}:{start}"), code=code, start=start, end=start + length)
            for code, start, length in spans
        )
        return CodingIn(sentiment=sentiment, emotions=emotions, excerpts=excerpts, done=True)

    def _memo(self, memo: MemoFileIn) -> MemoIn:
        about_id = None
        if memo.about == "interview":
            about_id = interview_id(self._access, self._fieldwork, memo.of)
        elif memo.about == "code":
            about_id = self._code_id(memo.of)
        elif memo.about == "statement":
            about_id = self._statement(memo.person, memo.of)[0]
        return MemoIn(about=memo.about, about_id=about_id, text=memo.text)

    def _code_id(self, name: str) -> UUID:
        if name not in self._codes:
            raise ValueError(f"the demo's own code: {name}")
        return self._codes[name]

    def _statement(self, person: str, begins: str) -> tuple[UUID, str]:
        if person not in self._said:
            self._said[person] = queries.said_by(self._session, self._study.id, person)
        found = [(statement_id, text) for statement_id, text in self._said[person] if text.startswith(begins)]
        if len(found) != 1:
            raise ValueError(f"the demo's own row of codes: {len(found)} statements of {person} begin like this")
        return found[0]

    def _as_coder(self, login: str) -> StudyAccess:
        return access_of(self._session, self._study, login)


def access_of(session: Session, study: Study, login: str) -> StudyAccess:
    """Return the study as it is open to the coder ``login``. ValueError without such an account."""
    user = user_by_login(session, login)
    if user is None:
        raise ValueError(f"the demo's own account: {login}")
    return StudyAccess(study, StaffActor(user.id, user.login, user.name, user.is_admin), CODER)
