"""Projects of other programs: sources become interviews, selections excerpts; whatever they count, nothing is lost unsaid."""

import io
import zipfile
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from app.coding.models import Code, Excerpt, HumanCoding, Memo, StudyCoder
from app.exchange.refi.errors import StageNeeded
from app.exchange.refi.importing import understand
from app.exchange.refi.intake import Intake
from app.exchange.refi.names import SCHEMA
from app.exchange.refi.offsets import WAYS
from app.exchange.refi.storing import Stored
from app.exchange.refi.xml import quoted
from app.interviews.models import Interview, Turn
from app.participants.models import Participant
from app.statements import cells
from app.statements.models import Statement
from app.studies import queries as studies
from tests.exchange.test_qdpx import coded, empty_study, exported, take_in
from tests.support.coding import CodedScene
from tests.support.databases import only_on

__all__ = ["coded"]

ANNA, BEN, PAIN, NIGHT, ALONE = (str(uuid4()) for _ in range(5))
SAID = "访谈者：您夜里😣睡得好吗？\r\n受访者：疼得睡不着，𠮷野家的粥也吃不下。\r\n受访者：一个人😀有点害怕。\r\n"
"""CR LF, an emoji and a rare character before everything that is coded."""
PAINFUL, AFRAID = "疼得睡不着", "有点害怕"
SECOND = "受访者：一个人😀有点害怕"
"""Who speaks is part of what was coded there, so it stays part of the text."""
WHEN = "2024-05-01T10:00:00Z"


def tag(element: str, inside: str = "", /, **attributes: object) -> str:
    """Return an element."""
    given = "".join(f' {key}="{quoted(value)}"' for key, value in attributes.items())
    return f"<{element}{given}>{inside}</{element}>"


@dataclass
class Foreign:
    """A project as another program would write it; ``way`` says how it counts."""

    way: str = "code-points"
    origin: str = "QualCoder 3.6"
    raw: str = SAID
    named: bool = True
    selections: list[str] = field(default_factory=list)
    guid: str = field(default_factory=lambda: str(uuid4()))
    more: str = ""
    sources: str = ""
    case: str = ""
    note: str = ""

    def code(self, words: str, code: str, *, user: str = ANNA, memo: str = "", name: str = "") -> "Foreign":
        """Add a selection of ``words`` with a code; its guid is written with braces, as NVivo does."""
        coding = tag("Coding", tag("CodeRef", targetGUID=code), guid=uuid4(), creatingUser=user, creationDateTime=WHEN)
        told = tag("Description", memo) if memo else ""
        return self.select(words, told + coding, user=user, name=name or (words if self.named else "transcript.txt"))

    def select(self, words: str, inside: str, *, user: str = ANNA, name: str = "", guid: str = "") -> "Foreign":
        """Add a selection of ``words`` that holds ``inside``."""
        start, end = self.span(words)
        given = {"startPosition": start, "endPosition": end, "creatingUser": user, "creationDateTime": WHEN}
        one = guid or f"{{{uuid4()}}}".upper()
        self.selections.append(tag("PlainTextSelection", inside, guid=one, name=name, **given))
        return self

    def span(self, words: str) -> tuple[int, int]:
        """Return where ``words`` stand, counted this program's way."""
        utf16, pairs = WAYS[self.way]
        counted = self.raw if pairs else self.raw.replace("\r\n", "\n")
        before = counted[: counted.index(words)]
        size = (lambda text: len(text.encode("utf-16-le")) // 2) if utf16 else len
        return size(before), size(before) + size(words)

    def packed(self, *, project: str = "project.qde", folder: str = "sources") -> bytes:
        """Return the file."""
        text = f"{uuid4()}.txt"
        users = tag("Users", tag("User", guid=ANNA, name="Anna") + tag("User", guid=BEN, name="Ben"))
        night = tag("Code", guid=NIGHT, name="夜里", isCodable="true", color="#00FF7F")
        pain = tag("Description", "身上疼") + night
        pain = tag("Code", pain, guid=PAIN, name="疼痛 & 不适", isCodable="true", color="#F00")
        alone = tag("Code", guid=ALONE, name="孤单", isCodable="true")
        place = {"plainTextPath": f"internal://{text}", "creatingUser": ANNA, "creationDateTime": WHEN}
        source = tag("TextSource", "".join(self.selections) + self.note, guid=self.guid, name="第一位.txt", **place)
        inside = users + tag("CodeBook", tag("Codes", pain + alone)) + self.case
        inside += tag("Sources", source + self.sources) + self.more
        xml = '<?xml version="1.0" encoding="utf-8"?>' + tag(
            "Project", inside, name="术后访谈", origin=self.origin, xmlns=SCHEMA
        )
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(project, xml)
            archive.writestr(f"{folder}/{text}", b"\xef\xbb\xbf" + self.raw.encode())
        return out.getvalue()


def look(scene: CodedScene, packed: bytes, *, stage: str | None = None, counting: str = "auto") -> Intake:
    with scene.store.read() as session:
        return understand(io.BytesIO(packed), studies.protocol(session, scene.study_id), stage=stage, counting=counting)


def marked(scene: CodedScene, study_id: UUID) -> dict[str, tuple[str, str]]:
    """Return the words that each excerpt marks, with its code and its coder."""
    with scene.store.read() as session:
        query = (
            select(Excerpt, Statement.text, Code.name, StudyCoder.name)
            .join(Statement, (Statement.id == Excerpt.statement_id) & (Statement.study_id == Excerpt.study_id))
            .join(Code, (Code.id == Excerpt.code_id) & (Code.study_id == Excerpt.study_id))
            .join(StudyCoder, (StudyCoder.id == Excerpt.coder_id) & (StudyCoder.study_id == Excerpt.study_id))
            .where(Excerpt.study_id == study_id)
        )
        return {text[one.start : one.end]: (code, coder) for one, text, code, coder in session.execute(query)}


def import_foreign(scene: CodedScene, packed: bytes) -> tuple[UUID, Stored]:
    copy = empty_study(scene)
    return copy, take_in(scene, copy, packed, stage="recovery")


@pytest.fixture
def scene(cheap_passwords: None, coded: CodedScene) -> CodedScene:
    return coded


def test_sources_become_interviews_with_codes_on_their_words_and_by_their_people(scene: CodedScene) -> None:
    project = Foreign().code(PAINFUL, PAIN, memo="像针扎").code(AFRAID, ALONE, user=BEN)
    whose = tag("Case", tag("SourceRef", targetGUID=project.guid), guid=uuid4(), name="李 01")
    project.case = tag("Cases", whose)
    copy, stored = import_foreign(scene, project.packed(project="访谈.qde", folder="Sources"))
    assert marked(scene, copy) == {PAINFUL: ("疼痛 & 不适", "Anna"), AFRAID: ("孤单", "Ben")}
    with scene.store.read() as session:
        people = session.scalars(select(Participant).where(Participant.study_id == copy)).all()
        turns = session.scalars(select(Turn).where(Turn.study_id == copy).order_by(Turn.position)).all()
        codes = {one.name: one for one in session.scalars(select(Code).where(Code.study_id == copy))}
        memos = session.scalars(select(Excerpt.memo).where(Excerpt.study_id == copy)).all()
        assert cells.text_deltas(session, copy) == cells.stored(session, copy)
    assert [one.code for one in people] == ["李_01"]
    assert [(one.speaker, one.role) for one in turns] == [
        ("访谈者", "interviewer"),
        ("受访者", "respondent"),
        ("受访者", "respondent"),
    ]
    assert turns[1].text == "疼得睡不着，𠮷野家的粥也吃不下。"
    assert (codes["夜里"].parent_id, codes["疼痛 & 不适"].colour) == (codes["疼痛 & 不适"].id, "#ff0000")
    assert sorted(memos) == ["", "像针扎"]
    assert dict(stored.left_out) == {}


@pytest.mark.parametrize("way", WAYS)
@only_on("sqlite")  # how a file counts does not depend on the database
def test_how_a_file_counts_is_found_out_from_the_names_of_its_selections(scene: CodedScene, way: str) -> None:
    packed = Foreign(way=way).code(PAINFUL, PAIN).code(AFRAID, ALONE).packed()
    intake = look(scene, packed, stage="recovery")
    assert (intake.counting, intake.sure, intake.mismatched) == (way, True, 0)
    copy, _stored = import_foreign(scene, packed)
    assert set(marked(scene, copy)) == {PAINFUL, AFRAID}


@only_on("sqlite")
def test_where_nothing_tells_how_a_file_counts_it_says_so_and_takes_a_word_for_it(scene: CodedScene) -> None:
    packed = Foreign(way="utf-16", named=False, origin="Some program").code(PAINFUL, PAIN).packed()
    guess = look(scene, packed, stage="recovery")
    assert (guess.counting, guess.sure) == ("code-points", False)
    told = look(scene, packed, stage="recovery", counting="utf-16")
    assert told.sure
    [row] = told.excerpts
    text = next(one["text"] for one in told.statements if one["id"] == row["statement_id"])
    assert text[row["start_at"] : row["end_at"]] == PAINFUL
    assert (
        look(
            scene, Foreign(way="utf-16", named=False, origin="NVivo").code(PAINFUL, PAIN).packed(), stage="recovery"
        ).counting
        == "utf-16"
    )


def test_a_selection_that_says_other_words_is_listed_and_kept(scene: CodedScene) -> None:
    project = Foreign().code(PAINFUL, PAIN).code(AFRAID, ALONE).code(PAINFUL, NIGHT, name="完全不是这些字")
    intake = look(scene, project.packed(), stage="recovery")
    assert (intake.mismatched, len(intake.excerpts)) == (1, 3)
    assert intake.mismatches[0].source == "第一位.txt"


def test_a_code_over_several_paragraphs_is_divided_and_none_of_its_words_is_lost(scene: CodedScene) -> None:
    lines = SAID.replace("\r\n", "\n")
    words = lines[lines.index("疼得") : lines.index("害怕") + 2]
    copy, stored = import_foreign(scene, Foreign(named=False, raw=lines).code(words, NIGHT).packed())
    assert set(marked(scene, copy)) == {"疼得睡不着，𠮷野家的粥也吃不下。", SECOND}
    assert stored.new["excerpts"] == 2


def test_notes_annotations_variables_and_codes_on_whole_sources_are_kept_as_memos(scene: CodedScene) -> None:
    note, annotation, variable, user_note = (str(uuid4()) for _ in range(4))
    project = Foreign().code(PAINFUL, PAIN).select(AFRAID, tag("Description", "语气很轻"), guid=annotation)
    whole = tag("Coding", tag("CodeRef", targetGUID=ALONE), guid=uuid4(), creatingUser=BEN)
    value = tag("VariableRef", targetGUID=variable) + tag("TextValue", "45–60")
    project.note = whole + tag("NoteRef", targetGUID=note) + tag("VariableValue", value)
    project.case = tag("Variables", tag("Variable", guid=variable, name="年龄", typeOfVariable="Text"))
    first = tag("Note", tag("PlainTextContent", "她一直看窗外。"), guid=note, name="印象", creatingUser=ANNA)
    second = tag("Note", tag("PlainTextContent", "下次问睡眠"), guid=user_note, name="想法")
    link = tag("Link", guid=uuid4(), originGUID=user_note, targetGUID=annotation)
    project.more = tag("Notes", first + second) + tag("Links", link)
    copy, stored = import_foreign(scene, project.packed())
    with scene.store.read() as session:
        memos = {one.text: one.about for one in session.scalars(select(Memo).where(Memo.study_id == copy))}
        attributes = session.scalars(select(Participant.attributes).where(Participant.study_id == copy)).one()
    assert memos == {
        "印象\n她一直看窗外。": "interview",
        "想法\n下次问睡眠": "statement",
        "语气很轻": "statement",
        "整份都编为：孤单": "interview",
    }
    assert attributes == {"年龄": "45–60"}
    assert dict(stored.left_out) == {}


def test_what_has_no_place_is_counted_with_its_reason(scene: CodedScene) -> None:
    project = Foreign().code(PAINFUL, PAIN)
    coding = tag("Coding", tag("CodeRef", targetGUID=PAIN), guid=uuid4())
    outside = tag("PlainTextSelection", coding, guid=uuid4(), startPosition=5, endPosition=9000)
    project.selections.append(outside)
    corners = {"firstX": 0, "firstY": 0, "secondX": 1, "secondY": 1}
    picture = tag(
        "PictureSelection", tag("Coding", tag("CodeRef", targetGUID=PAIN), guid=uuid4()), guid=uuid4(), **corners
    )
    project.sources = tag("PictureSource", picture, guid=uuid4(), name="x.png", path="internal://x.png")
    project.sources += tag("TextSource", guid=uuid4(), name="外面的", plainTextPath="relative:///y.txt")
    project.more = tag("Sets", tag("Set", guid=uuid4(), name="一组")) + tag("Graphs", tag("Graph", guid=uuid4()))
    copy, stored = import_foreign(scene, project.packed())
    counted = {
        what: sum(n for (one, _why), n in stored.left_out.items() if one == what) for what, _why in stored.left_out
    }
    assert counted == {
        "PlainTextSelection": 1,
        "PictureSource": 1,
        "PictureSelection": 1,
        "Coding": 1,
        "TextSource": 1,
        "Set": 1,
        "Graph": 1,
    }
    assert len(marked(scene, copy)) == 1


def test_what_has_no_stage_needs_one_and_twice_the_same_file_is_once(scene: CodedScene) -> None:
    packed = Foreign().code(PAINFUL, PAIN).packed()
    with pytest.raises(StageNeeded):
        take_in(scene, empty_study(scene), packed)
    copy, _stored = import_foreign(scene, packed)
    again = take_in(scene, copy, packed, stage="treatment")
    assert not again.anything
    with scene.store.read() as session:
        assert len(session.scalars(select(HumanCoding).where(HumanCoding.study_id == copy)).all()) == 1
        assert len(session.scalars(select(Interview).where(Interview.study_id == copy)).all()) == 1
    assert exported(scene, copy)
