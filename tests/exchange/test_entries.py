"""Importing entries from sheets: every row by itself, exactly once, and nothing left out in silence."""

import csv
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, text

from app.accounts.actors import StaffActor
from app.core.crypto import Keyring
from app.core.db import Database
from app.diary import queries as diary_queries
from app.diary.models import Entry
from app.diary.schemas import Submission
from app.diary.service import Handed, Prepared, Writer, prepare
from app.diary.storing import Store
from app.exchange.entries import EntryImport, Refused, Summary
from app.exchange.errors import ColumnsMissing, ColumnTwice, InputOverwritten, StudyUnknown, Unreadable
from app.exchange.newcomers import Rules
from app.exchange.refusals import refusals
from app.exchange.sheets import guarded, open_sheet, plain
from app.participants import service as participants
from app.participants.models import Participant
from app.participants.sight import everyone
from app.statements import cells
from app.studies.schemas import StudyChange
from app.studies.service import change_study
from tests.support.databases import only_on
from tests.support.scene import SLUG, Scene, set_scene

HEADER = ["participant_code", "occurred_at", "stage", "touchpoint", "mood_self_report", "effort", "text"]
GOOD = ["P01", "2026-03-13T21:40:00+08:00", "恢复", "居家", "3", "5", "夜里肿得厉害，一个人有点害怕。"]

pytestmark = pytest.mark.usefixtures("cheap_passwords")


@pytest.fixture
def scene(store: Database) -> Scene:
    return set_scene(store, Keyring(b"a secret of the tests, long enough"))


class Importing:
    """Imports sheets into the scene's study, and looks at what came of it."""

    def __init__(self, scene: Scene, folder: Path) -> None:
        self.scene = scene
        self.folder = folder
        self.path = folder / "entries.csv"

    def write(self, rows: Sequence[Sequence[str]], *, encoding: str = "utf-8", delimiter: str = ",") -> Path:
        with self.path.open("w", newline="", encoding=encoding) as file:
            csv.writer(file, delimiter=delimiter).writerows(rows)
        return self.path

    def run(
        self, path: Path | None = None, *, errors: Path | None = None, **rules: bool
    ) -> tuple[Summary, list[Refused]]:
        importing = EntryImport(self.scene.store, self.scene.keyring, SLUG, by="test", rules=Rules(**rules))
        refused: list[Refused] = []
        with ExitStack() as opened:
            sheet = opened.enter_context(open_sheet(path or self.path, importing.knows))
            kept = opened.enter_context(refusals(errors, sheet.header, path or self.path)) if errors else None

            def refuse(one: Refused) -> None:
                refused.append(one)
                if kept:
                    kept.add(one)

            summary = importing.run(sheet, refuse, lambda _: None, batch=3)
        return summary, refused

    def entries(self) -> list[Entry]:
        with self.scene.store.read() as session:
            return [
                entry
                for entry, _ in diary_queries.entries_of_study(
                    session, everyone(self.scene.study_id), after=None, limit=10_000
                )
            ]

    def cells_hold(self) -> None:
        with self.scene.store.read() as session:
            study_id = self.scene.study_id
            assert cells.stored(session, study_id) == cells.text_deltas(session, study_id)
            assert cells.stored(session, study_id, sources=("mood",)) == diary_queries.mood_deltas(session, study_id)


@pytest.fixture
def importing(scene: Scene, tmp_path: Path) -> Importing:
    return Importing(scene, tmp_path)


def changed(**values: str) -> list[str]:
    """Return a good row with other values by column."""
    return [values.get(name, cell) for name, cell in zip(HEADER, GOOD, strict=True)]


def counts(summary: Summary) -> tuple[int, int, int]:
    return summary.stored, summary.present, summary.refused


def how_many(engine: Engine, table: str) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def test_good_rows_are_stored_and_bad_ones_named_by_number_and_column(importing: Importing, engine: Engine) -> None:
    bad = [
        changed(stage="复恢"),
        changed(touchpoint="手术"),
        changed(mood_self_report="10", effort="x"),
        changed(occurred_at="昨天晚上"),
        changed(occurred_at="2999-01-01T10:00:00+08:00"),
        changed(participant_code=""),
        [*GOOD, "one cell too many"],
        changed(text="字" * 4001),
        changed(text="a\x00b"),
        changed(participant_code="no spaces allowed"),
    ]
    rows = [HEADER, GOOD, *bad, [], changed(mood_self_report="", text="只有文字")]
    summary, refused = importing.run(importing.write(rows))
    assert counts(summary) == (2, 0, 10)
    assert [one.row.number for one in refused] == list(range(3, 13))
    named = [one.reason for one in refused]
    for reason, column in zip(
        named, ["stage", "touchpoint", "mood_self_report", "occurred_at", "occurred_at"], strict=False
    ):
        assert reason.startswith(column), reason
    assert "；effort：" in named[2], "all that is wrong with a row is said at once"
    assert "text" in named[7]
    assert "text" in named[8]
    assert how_many(engine, "participant") == 2, "nobody is taken in for a row that is refused"
    assert {entry.answers["feeling"] for entry in importing.entries()} == {GOOD[-1], "只有文字"}
    importing.cells_hold()


def test_a_repeat_stores_nothing_however_the_sheet_words_it(importing: Importing) -> None:
    rows = [GOOD, changed(text="第二条"), changed(text="第三条", mood_self_report="7")]
    assert counts(importing.run(importing.write([HEADER, *rows]))[0]) == (3, 0, 0)
    assert counts(importing.run()[0]) == (0, 3, 0)
    # Another order of columns, keys for names, 7.0 for 7 as spreadsheets write it.
    header = ["text", "effort", "mood", "touchpoint", "stage", "occurred_at", "participant"]
    others = [[one[6], one[5], f"{one[4]}.0", "at_home", "recovery", one[1], one[0]] for one in rows]
    assert counts(importing.run(importing.write([header, *others], delimiter=";"))[0]) == (0, 3, 0)
    assert len(importing.entries()) == 3


def test_rows_that_say_the_same_are_different_entries_and_stay_so(importing: Importing) -> None:
    importing.write([HEADER, GOOD, GOOD, changed(text="另一条"), GOOD])
    assert counts(importing.run()[0]) == (4, 0, 0)
    assert counts(importing.run()[0]) == (0, 4, 0)
    importing.write([HEADER, GOOD, GOOD, GOOD, GOOD])
    assert counts(importing.run()[0]) == (1, 3, 0)
    importing.cells_hold()


@only_on("sqlite")  # how a sheet is read does not depend on the database
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_sheets_are_read_in_any_usual_encoding(importing: Importing, encoding: str, delimiter: str) -> None:
    said = '他说："先别急"，\n第二行；分号, 逗号\t制表𠮷'
    importing.write([HEADER, changed(text=said), changed(text="=1+1")], encoding=encoding, delimiter=delimiter)
    assert counts(importing.run()[0]) == (2, 0, 0)
    assert {entry.answers["feeling"] for entry in importing.entries()} == {said, "=1+1"}


@only_on("sqlite")  # as above
def test_what_is_no_csv_is_refused_as_a_whole(importing: Importing) -> None:
    for raw in (b"", b"\n", b"\xff\xfe\xff\xff\xff", b"PK\x03\x04\x00\x00\xff\xff", b"a,b\x00c\n"):
        importing.path.write_bytes(raw)
        with pytest.raises(Unreadable):
            importing.run()
    importing.write([["text", "stage"], ["x", "y"]])
    with pytest.raises(ColumnsMissing) as missing:
        importing.run()
    assert missing.value.parameters["columns"] == "participant_code, occurred_at"
    importing.write([[*HEADER, "feeling"], [*GOOD, "x"]])
    with pytest.raises(ColumnTwice):
        importing.run()
    with pytest.raises(Unreadable):
        importing.run(importing.folder / "absent.csv")
    with pytest.raises(StudyUnknown):
        EntryImport(importing.scene.store, importing.scene.keyring, "nowhere", by="test", rules=Rules())


@only_on("sqlite")  # as above
def test_broken_quotes_cost_their_row_and_an_endless_cell_ends_the_reading(importing: Importing) -> None:
    good = ",".join(GOOD)
    importing.path.write_text(f'{",".join(HEADER)}\n{good}\n"P01"x,,,,,,\n{good}\n', encoding="utf-8")
    summary, refused = importing.run()
    assert counts(summary) == (2, 0, 1)
    assert refused[0].row.number == 3
    lines = "".join(f"{good}{number}\n" for number in range(20_000))
    importing.path.write_text(f'{",".join(HEADER)}\n{good}\n{good}\n{good}\n"P01,{lines}', encoding="utf-8")
    with pytest.raises(Unreadable) as endless:
        importing.run()
    assert endless.value.parameters["row"] == 5
    assert len(importing.entries()) == 3, "what stood before it is kept, what came after is not guessed at"


def test_names_keys_choices_and_times_are_understood(importing: Importing) -> None:
    with importing.scene.store.write() as session:
        session.get_one(
            Participant, (importing.scene.study_id, importing.scene.people["P02"])
        ).time_zone = "Europe/Berlin"
    header = ["参与者", "发生时间", "阶段", "触点", "心情", "worry", "discomfort", "mark", "gold_valence"]
    rows = [
        ["P01", "2026/3/13 21:40", "恢复", "居家", "3", "会不会感染", "肿", "低谷", "-2"],
        ["P02", "2026-03-13T21:40", "recovery", "at_home", "4", "", "pain", "peak", "0"],
    ]
    summary, refused = importing.run(importing.write([header, *rows]))
    assert not refused
    assert summary.ignored == ["gold_valence"]
    first, second = sorted(importing.entries(), key=lambda entry: entry.mood or 0)
    assert first.answers == {"mood": 3, "worry": "会不会感染", "discomfort": "swelling", "mark": "valley"}
    assert second.answers == {"mood": 4, "discomfort": "pain", "mark": "peak"}
    assert first.occurred_at.isoformat() == "2026-03-13T13:40:00+00:00", "the study's own zone"
    assert second.occurred_at.isoformat() == "2026-03-13T20:40:00+00:00", "the person's own zone"
    assert (first.touchpoint_id, first.stage_id) == (second.touchpoint_id, second.stage_id)
    assert (first.day, first.occurred_offset, second.occurred_offset) == (3, 480, 60)


def test_unknown_people_are_taken_in_with_consent_on_paper(importing: Importing, engine: Engine) -> None:
    importing.write([HEADER, changed(participant_code="N1"), changed(participant_code="N1", text="再来一条"), GOOD])
    summary, _ = importing.run(known_only=True)
    assert counts(summary) == (1, 0, 2)
    assert how_many(engine, "participant") == 2
    summary, _ = importing.run()
    assert (counts(summary), summary.enrolled, summary.agreed) == ((2, 1, 0), 1, 1)
    assert how_many(engine, "consent WHERE method = 'paper' AND purpose = 'diary'") == 3
    assert how_many(engine, "audit_event WHERE action = 'import.vouched' AND actor = 'import:test'") == 1
    assert how_many(engine, "entry WHERE author = 'import:test'") == 3
    summary, refused = importing.run(importing.write([HEADER, changed(participant_code=str(uuid4()))]))
    assert counts(summary) == (0, 0, 1), "an id of nobody is a mistake, not a new person"
    assert refused[0].reason.startswith("participant_code")


def test_consent_of_known_people_is_recorded_only_when_asked_and_never_against_their_word(importing: Importing) -> None:
    scene = importing.scene
    for code in ("P03", "P04", "P05"):
        scene.add_patient(code, consent=code != "P03")
    with scene.store.write() as session:
        people = {code: session.get_one(Participant, (scene.study_id, scene.people[code])) for code in ("P04", "P05")}
        participants.withdraw_purpose(session, "test", people["P04"], "diary")
        participants.withdraw(session, "test", people["P05"])
    importing.write([HEADER, *(changed(participant_code=code) for code in ("P01", "P03", "P04", "P05"))])
    assert counts(importing.run()[0]) == (1, 0, 3)
    summary, refused = importing.run(paper_consent=True)
    assert (counts(summary), summary.agreed) == ((1, 1, 2), 1)
    assert [one.row.cells[0] for one in refused] == ["P04", "P05"]


def test_an_id_of_ones_own_is_kept_and_never_changes_its_content(importing: Importing) -> None:
    entry_id = uuid4()
    importing.write([["id", *HEADER], [str(entry_id), *GOOD], ["not an id", *GOOD]])
    summary, refused = importing.run()
    assert counts(summary) == (1, 0, 1)
    assert refused[0].reason.startswith("id")
    importing.write([["id", *HEADER], [str(entry_id), *changed(text="改过的")]])
    summary, refused = importing.run()
    assert counts(summary) == (0, 0, 1)
    assert [entry.answers["feeling"] for entry in importing.entries()] == [GOOD[-1]]


def test_a_row_whose_entry_was_edited_since_is_still_there(importing: Importing) -> None:
    importing.run(importing.write([HEADER, GOOD]))
    edit(importing, importing.entries()[0].id, "后来想了想，也还好。")
    assert counts(importing.run()[0]) == (0, 1, 0)
    assert [entry.answers["feeling"] for entry in importing.entries()] == ["后来想了想，也还好。"]


def edit(importing: Importing, entry_id: UUID, words: str) -> None:
    body: dict[str, Any] = importing.scene.entry(words)
    handed = Handed(entry_id, Submission.model_validate(body), Writer("test"), "*")
    with importing.scene.store.write() as session:
        prepared = prepare(session, importing.scene.study_id, [handed])[0]
        assert isinstance(prepared, Prepared)
        Store(importing.scene.keyring)(session, [prepared])


def test_refused_rows_are_a_sheet_to_mend_and_import(importing: Importing, tmp_path: Path) -> None:
    importing.write([HEADER, changed(stage="复恢", text="=2+3"), GOOD, changed(stage="复恢", text="-'难")])
    mended = tmp_path / "refused.csv"
    assert counts(importing.run(errors=mended)[0]) == (1, 0, 2)
    assert mended.stat().st_mode & 0o077 == 0
    written = list(csv.DictReader(mended.read_text(encoding="utf-8-sig").splitlines()))
    assert [one["text"] for one in written] == ["'=2+3", "'-'难"], "no cell opens as a formula"
    assert "第 2 行" in written[0]["reason"]
    mended.write_text(mended.read_text(encoding="utf-8").replace("复恢", "恢复"), encoding="utf-8")
    assert counts(importing.run(mended)[0]) == (2, 0, 0)
    assert {entry.answers["feeling"] for entry in importing.entries()} == {"=2+3", "-'难", GOOD[-1]}
    # The same mending in the first sheet says the same, so it is the same.
    importing.path.write_text(importing.path.read_text(encoding="utf-8").replace("复恢", "恢复"), encoding="utf-8")
    assert counts(importing.run()[0]) == (0, 3, 0)
    with pytest.raises(InputOverwritten):
        importing.run(errors=importing.path)


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@x", "\tx", "'=1", "''=1", "'x", "", "x", "'"])
def test_guarding_a_cell_and_taking_it_back_are_each_others_reverse(cell: str) -> None:
    assert plain(guarded(cell)) == cell
    assert not guarded(cell).startswith(("=", "+", "-", "@", "\t", "\r"))


def test_a_study_renamed_between_two_runs_changes_nothing(importing: Importing) -> None:
    importing.run(importing.write([HEADER, GOOD]))
    with importing.scene.store.write() as session:
        owner = StaffActor(importing.scene.user_ids["owner"], "owner", "Owner", False)
        change_study(session, owner, importing.scene.study_id, StudyChange(title="另一个名字"))
    assert counts(importing.run()[0]) == (0, 1, 0)
