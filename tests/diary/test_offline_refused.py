"""What is refused, forged or lost on its way: told in words, blocking nothing, and never doubled."""

import json
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Request, Route, expect

from tests.diary.phone_diary import KEPT, PATIENCE, Diary, by_the_page_alone, refuse


def test_a_refused_entry_says_why_blocks_nothing_and_can_be_corrected(diary: Diary) -> None:
    refuse(diary, "表格变了的那条。")
    diary.open()
    diary.save("后来写的一条。")
    diary.page.wait_for_url("**/d/entries/*?new=1")
    diary.open("/d/queue")
    row = diary.page.locator(".queue li")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("日记表没有这个版本")
    expect(row).to_contain_text("表格变了的那条。")
    diary.page.wait_for_load_state()
    assert not Axe().run(diary.page).response["violations"]
    row.get_by_role("link", name="改一改再存").click()
    expect(diary.page.get_by_role("textbox").first).to_have_value("表格变了的那条。")
    expect(diary.page.get_by_role("radio", name="不太好")).to_be_checked()
    diary.page.get_by_role("textbox").first.fill("改过的那条。")
    diary.page.get_by_role("button", name="保存这条日记").click()
    diary.page.wait_for_url("**/d/entries/*?new=1")
    assert diary.objects() == []
    assert sorted(diary.stored()) == ["后来写的一条。", "改过的那条。"]


def tells_that_nothing_waits(request: Request) -> bool:
    return "/d/sync/ping?" in request.url and request.headers.get("x-unsent") == "0"


def test_a_refused_entry_can_be_saved_as_a_file_and_dropped(diary: Diary, tmp_path: Path) -> None:
    refuse(diary, "要存成文件的那条。")
    diary.open("/d/queue")
    row = diary.page.locator(".queue li")
    with diary.page.expect_download() as saving:
        row.get_by_role("button", name="存成文字文件").click()
    saving.value.save_as(tmp_path / "entry.txt")
    words = (tmp_path / "entry.txt").read_text(encoding="utf-8")
    assert "要存成文件的那条。" in words
    assert "不太好" in words
    row.get_by_role("button", name="不要这条了").click()
    expect(row).to_have_count(1)
    with diary.page.expect_request(tells_that_nothing_waits):  # that one waited may be told just before
        row.get_by_role("button", name="确定不要了").click()
    expect(row).to_have_count(0)
    diary.wait_until_sent()
    assert diary.stored() == []


def test_what_is_refused_at_once_is_told_beside_the_open_form(diary: Diary) -> None:
    diary.page.locator("[name=form_version]").evaluate("field => (field.value = '999999')")
    diary.save("马上就被退回的。")
    expect(diary.page.get_by_role("alert").first).to_contain_text("日记表没有这个版本")
    expect(diary.page.get_by_role("textbox").first).to_have_value("马上就被退回的。")
    version = httpx.get(f"{diary.server.base_url}/d").status_code and diary.page.evaluate(
        "JSON.parse(document.getElementById('facts').textContent).form_version"
    )
    diary.page.locator("[name=form_version]").evaluate("(field, version) => (field.value = version)", version)
    diary.page.get_by_role("button", name="保存这条日记").click()
    diary.page.wait_for_url("**/d/entries/*?new=1")
    assert diary.objects() == []
    assert diary.stored() == ["马上就被退回的。"]


@pytest.mark.parametrize(
    "change",
    [
        {"signature": "A" * 86},
        {"digest": "0" * 64},
        {"id": str(uuid4())},
    ],
    ids=["signature", "digest", "id"],
)
def test_without_a_receipt_that_proves_itself_the_copy_stays(diary: Diary, change: dict[str, str]) -> None:
    by_the_page_alone(diary)
    seen: list[int] = []

    def forge(route: Route) -> None:
        answer = route.fetch()
        seen.append(answer.status)
        route.fulfill(response=answer, body=json.dumps({**answer.json(), **change}))

    diary.page.route("**/d/sync/entries/*", forge)
    diary.save("收据不对的一条。")
    expect(diary.page.get_by_role("heading", level=1)).to_have_text(KEPT, timeout=PATIENCE)
    assert seen[0] == 201
    [waiting] = diary.objects()
    assert (waiting["state"], waiting["tries"] > 0) == ("waiting", True)
    diary.page.unroute("**/d/sync/entries/*")
    diary.open("/d/queue")  # opening any page tries at once
    diary.wait_until_sent()
    assert diary.stored() == ["收据不对的一条。"]


@pytest.mark.parametrize("trouble", ["portal", "gateway", "door"])
def test_an_answer_that_is_not_ours_changes_nothing(diary: Diary, trouble: str) -> None:
    def elsewhere(route: Route) -> None:
        if trouble == "portal":
            route.fulfill(status=200, content_type="text/html", body="<h1>Welcome to our hotel</h1>")
        elif trouble == "gateway":
            route.fulfill(status=502, content_type="text/html", body="<h1>502 Bad Gateway</h1>")
        else:
            route.fulfill(status=303, headers={"Location": "/d"})

    by_the_page_alone(diary)
    diary.page.route("**/d/sync/**", elsewhere)
    diary.save("酒店里写的。")
    expect(diary.page.get_by_role("heading", level=1)).to_have_text(KEPT, timeout=PATIENCE)
    [waiting] = diary.objects()
    assert waiting["state"] == "waiting"
    diary.page.unroute("**/d/sync/**")
    diary.open("/d/queue")  # opening any page tries at once
    diary.wait_until_sent()
    assert diary.stored() == ["酒店里写的。"]


def test_an_answer_lost_on_its_way_back_makes_no_second_entry(diary: Diary) -> None:
    by_the_page_alone(diary)
    lost: list[int] = []

    def lose(route: Route) -> None:
        lost.append(route.fetch().status)
        route.abort("connectionreset")

    diary.page.route("**/d/sync/entries/*", lose)
    diary.save("回执丢了的一条。")
    expect(diary.page.get_by_role("heading", level=1)).to_have_text(KEPT, timeout=PATIENCE)
    assert lost[0] == 201
    diary.page.unroute("**/d/sync/entries/*")
    diary.open("/d/queue")  # opening any page tries at once
    diary.wait_until_sent()
    assert diary.stored() == ["回执丢了的一条。"]
