"""Events and outcomes from sheets, by command and by page: every refused row named, nothing twice."""

from pathlib import Path

import pytest

from app.exchange import relations
from tests.support.cast import Cast
from tests.support.databases import ScratchDatabase, only_on
from tests.support.program import xinlu
from tests.support.scene import PASSWORD, SLUG
from tests.support.staff import csrf_of, sign_in

EVENTS = """参与者,类型,日期,名称,触点,金额,备注
P01,到访,2026/1/5,洗牙,前台,,x
P01,purchase,2026-03-01,补牙,,"¥1,200.50",
P02,推荐,2026年2月3日,,,,
NOBODY,到访,2026-01-05,,,,
P01,喝茶,2026-01-06,,,,
P01,到访,昨天,,,,
P01,到访,2026-01-07,,没有的触点,,
P01,到访,2026-01-08,,,5,
P01,purchase,2026-03-01,补牙,,900,
P02,离开,,,,,
"""
OUTCOMES = "编号,推荐意愿,续约,空列\nP01,9,是,\nP02,3.5,否,\nP02,4,否,\nX,1,是,\n"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_a_sheet_of_events_is_taken_in_once(cast: Cast, tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "events.csv"
    path.write_text(EVENTS, encoding=encoding)
    done = relations.import_events(cast.store, SLUG, path, by="test")
    assert (done.stored, done.changed, done.present) == (3, 0, 0)
    assert [one.row.number for one in done.refused] == [5, 6, 7, 8, 9, 10, 11]
    assert "kind" in done.refused[1].reason
    assert list(done.ignored) == ["备注"]
    again = relations.import_events(cast.store, SLUG, path, by="test")
    assert (again.stored, again.changed, again.present) == (0, 0, 3)
    kept = {(one["participant"], one["kind"], one["on"]): one for one in cast.get("/relation-events").json()}
    assert kept["P01", "purchase", "2026-03-01"]["amount"] == 1200.5
    assert kept["P01", "visit", "2026-01-05"]["touchpoint"] == "visit/reception"
    assert ("P02", "referral", "2026-02-03") in kept
    path.write_text(EVENTS.replace("1,200.50", "1,300"), encoding=encoding)
    assert relations.import_events(cast.store, SLUG, path, by="test").changed == 1


def test_a_sheet_of_outcomes_makes_its_measures(cast: Cast, tmp_path: Path) -> None:
    path = tmp_path / "outcomes.csv"
    path.write_text(OUTCOMES, encoding="utf-8")
    done = relations.import_outcomes(cast.store, SLUG, path, by="test")
    assert (done.stored, done.measures, list(done.ignored)) == (4, ["推荐意愿", "续约"], ["空列"])
    assert [one.row.number for one in done.refused] == [4, 5]
    again = relations.import_outcomes(cast.store, SLUG, path, by="test")
    assert (again.stored, again.changed, again.present, again.measures) == (0, 0, 4, [])
    kinds = {one["name"]: one["kind"] for one in cast.get("/outcome-measures").json()}
    assert kinds == {"推荐意愿": "number", "续约": "yes_no"}


@only_on("sqlite")  # what a command prints does not depend on the database
def test_the_commands_say_what_they_did(cast: Cast, database: ScratchDatabase, tmp_path: Path) -> None:
    path, errors = tmp_path / "events.csv", tmp_path / "wrong.csv"
    path.write_text(EVENTS, encoding="utf-8")
    given = ("import", "events", str(path), "--study", SLUG)
    refused = xinlu(*given, "--errors", str(errors), env=database.env, check=False)
    assert refused.returncode == 1
    assert "第 5 行" in refused.stderr
    assert "新记 3" in refused.stdout
    assert len(errors.read_text(encoding="utf-8-sig").splitlines()) == 8
    path.write_text(OUTCOMES.split("P02,4", maxsplit=1)[0], encoding="utf-8")
    done = xinlu("import", "outcomes", str(path), "--study", SLUG, env=database.env)
    assert "新建了指标：推荐意愿、续约" in done.stdout


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("参与者,日期\nP01,2026-01-01\n", "columns_missing"),
        ("参与者,类型,日期,date\n", "column_twice"),
        ("", "unreadable"),
    ],
)
@only_on("sqlite")  # nothing is stored
def test_a_sheet_that_is_none_is_refused_whole(cast: Cast, tmp_path: Path, text: str, code: str) -> None:
    path = tmp_path / "events.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Exception) as raised:  # noqa: PT011 - the code is looked at
        relations.import_events(cast.store, SLUG, path, by="test")
    assert getattr(raised.value, "code", "") == code


@only_on("sqlite")  # the page stands on what is tested above
def test_the_page_takes_a_sheet_and_names_what_it_refused(cast: Cast) -> None:
    sign_in(cast.client, "teammate", PASSWORD)
    lifecycle = f"/studies/{SLUG}/lifecycle"
    token = csrf_of(cast.client.get(lifecycle))

    def post(kind: str, content: str) -> str:
        answer = cast.client.post(
            f"/studies/{SLUG}/relations/{kind}",
            data={"csrf_token": token},
            files={"file": ("sheet.csv", content.encode(), "text/csv")},
        )
        return f"{answer.status_code} {answer.text}"

    told = post("events", EVENTS)
    assert told.startswith("422")
    assert "第 5 行" in told
    assert "新记 3" in told
    assert post("outcomes", "参与者,续约\nP01,是\n").startswith("200")
    assert "这张表没有读成" in post("events", "不是表")
    assert "3 个人" not in cast.client.get(lifecycle).text
    assert "2 个人里" in cast.client.get(lifecycle).text
    cast.client.cookies.clear()
    sign_in(cast.client, "viewer", PASSWORD)
    assert cast.client.post(f"/studies/{SLUG}/relations/events", data={"csrf_token": "x"}).status_code == 403
