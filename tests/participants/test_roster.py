"""Rosters: read whatever the sheet program wrote, rows told apart, repeated without harm."""

from typing import Any

import pytest
from sqlalchemy import Engine, text

from app.core.errors import Invalid
from app.participants.roster import MOST_ROWS, read_roster
from tests.support.cast import Cast
from tests.support.phone import words
from tests.support.scene import PASSWORD, SLUG
from tests.support.staff import csrf_of, sign_in

ROSTER = "code,anchor_date,time_zone,年龄段\nQ1,2025-03-08,Asia/Shanghai,60 岁以上\nQ2,2025/3/9,,40–59 岁\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_roster_is_read_in_the_encodings_that_sheets_come_in(encoding: str) -> None:
    roster = read_roster(ROSTER.encode(encoding))
    assert [row.enrolment.code for row in roster.rows] == ["Q1", "Q2"]
    assert [str(row.enrolment.anchor_on) for row in roster.rows] == ["2025-03-08", "2025-03-09"]
    assert roster.rows[1].enrolment.attributes == {"年龄段": "40–59 岁"}
    assert not roster.problems


@pytest.mark.parametrize("header", ["code", "CODE ", "编号", "参与者编号"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_headers_and_delimiters_of_sheets_are_known(header: str, delimiter: str) -> None:
    roster = read_roster(f"{header}{delimiter}日期\r\nQ1{delimiter}2025年3月8日\r\n".encode())
    assert str(roster.rows[0].enrolment.anchor_on) == "2025-03-08"


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (",2025-03-08,", "编号"),
        ("Q 1,,", "编号"),
        ("Q1,8 March,", "日期"),
        ("Q1,2025-02-30,", "日期"),
        ("Q1,0025-02-03,", "日期"),
        ("Q1,,Asia/Atlantis", "时区"),
        ("Q1,,,多出来", "格子"),
        (f"{'Q' * 41},,", "编号"),
    ],
)
def test_a_row_that_cannot_be_used_is_told_by_its_number(row: str, told: str) -> None:
    roster = read_roster(f"code,anchor_date,time_zone\nA1,,\n\n{row}\nA2,,\n".encode())
    assert [one.enrolment.code for one in roster.rows] == ["A1", "A2"]
    assert [problem.number for problem in roster.problems] == [4]
    assert told in roster.problems[0].message


def test_a_code_that_stands_twice_is_told_once() -> None:
    roster = read_roster(b"code\nA1\nA1\n")
    assert len(roster.rows) == 1
    assert [problem.number for problem in roster.problems] == [3]


@pytest.mark.parametrize(
    "raw",
    [b"name\nA1\n", b"\xff\xfe\x00\x00", b"code,code\nA,B\n", b"code,\nA,B\n", b"", b"code\n\x81"],
)
def test_what_is_no_roster_is_refused_as_a_whole(raw: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        read_roster(raw)
    assert refused.value.fields[0].field == "file"


def test_too_many_rows_are_refused_as_a_whole() -> None:
    with pytest.raises(Invalid):
        read_roster(b"code\n" + b"".join(b"A%d\n" % n for n in range(MOST_ROWS + 1)))


def people(engine: Engine) -> list[tuple[Any, ...]]:
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT code FROM participant WHERE code NOT IN ('P01', 'P02') ORDER BY code"))
        return [tuple(row) for row in rows]


def upload(cast: Cast, raw: bytes) -> Any:
    token = csrf_of(cast.client.get(f"/studies/{SLUG}/participants/new"))
    return cast.client.post(
        f"/studies/{SLUG}/participants/csv",
        data={"csrf_token": token},
        files={"file": ("people.csv", raw, "text/csv")},
    )


def test_uploading_takes_sound_rows_in_and_shows_links_once(cast: Cast, engine: Engine) -> None:
    sign_in(cast.client, "teammate", PASSWORD)
    page = upload(cast, (ROSTER + "Q3,never,,\nP01,,,\n").encode("gb18030"))
    assert page.status_code == 200
    assert people(engine) == [("Q1",), ("Q2",)]
    assert page.text.count('class="link-sheet"') == 2
    assert page.text.count("/d#") == 2
    said = words(page)
    assert "加进来 2 人" in said
    assert "1 人以前就在" in said
    assert "1 行没有加" in said
    again = upload(cast, ROSTER.encode())
    assert people(engine) == [("Q1",), ("Q2",)]
    assert "/d#" not in again.text
    assert "加进来 0 人" in words(again)


def test_a_file_that_is_no_roster_is_told_beside_the_field(cast: Cast, engine: Engine) -> None:
    sign_in(cast.client, "owner", PASSWORD)
    page = upload(cast, "姓名\n某人\n".encode())
    assert page.status_code == 422
    assert "第一行要有一列叫 code 或 编号" in words(page)
    assert people(engine) == []
    assert "请先选一个 CSV 文件" in words(upload(cast, b" "))
