"""Whose entries wait on a phone: lost sessions, shared phones, signing out, leaving, erasing, another phone."""

from pathlib import Path

from playwright.sync_api import expect

from tests.diary.phone_diary import KEPT, PATIENCE, Diary, NewDiary, by_the_page_alone, refuse
from tests.support.browser import OpenPage


def test_a_lost_session_is_healed_with_the_queue_intact(diary: Diary) -> None:
    diary.context.set_offline(True)
    diary.save("手机忘了我的时候写的。")
    expect(diary.page.get_by_role("heading", level=1)).to_have_text(KEPT)
    diary.context.clear_cookies()
    diary.context.set_offline(False)
    expect(diary.page.get_by_text("要请您再打开一次自己的链接")).to_be_visible(timeout=PATIENCE)
    diary.open("/d/queue")
    expect(diary.page.get_by_text("手机忘了我的时候写的。")).to_be_visible()
    expect(diary.page.get_by_role("link", name="用链接或短码打开日记")).to_be_visible()
    diary.open("/d")
    expect(diary.page.get_by_text("还有 1 条没有发出")).to_be_visible()
    diary.page.get_by_label("短码").fill(diary.person["link"]["short_code"])
    diary.page.get_by_role("button", name="打开我的日记").click()
    diary.page.wait_for_url("**/d/today")
    diary.wait_until_sent()
    assert diary.stored() == ["手机忘了我的时候写的。"]


def test_another_persons_entries_wait_for_them_on_a_shared_phone(diary: Diary, new_diary: NewDiary) -> None:
    diary.context.set_offline(True)
    diary.save("妈妈写的。")
    expect(diary.page.get_by_role("heading", level=1)).to_have_text(KEPT)
    diary.context.clear_cookies()
    diary.context.set_offline(False)
    child = new_diary(diary.page)
    child.sign_in()
    child.save("孩子写的。")
    child.page.wait_for_url("**/d/entries/*?new=1")
    assert child.stored() == ["孩子写的。"]
    child.open("/d/queue")
    row = child.page.locator(".queue li")
    expect(row).to_contain_text("是另一位的")
    expect(row).not_to_contain_text("妈妈写的")
    expect(row.get_by_role("button")).to_have_count(0)
    diary.sign_in()
    diary.wait_until_sent()
    assert diary.stored() == ["妈妈写的。"]


def test_another_persons_link_opened_without_a_network_opens_no_form(diary: Diary, new_diary: NewDiary) -> None:
    diary.context.set_offline(True)
    diary.page.goto("about:blank")
    diary.page.goto(diary.person["link"]["url"])
    expect(diary.page.locator("form#entry")).to_be_visible()
    assert "#" not in diary.page.url
    stranger = new_diary(diary.page)
    diary.page.goto("about:blank")
    diary.page.goto(stranger.person["link"]["url"])
    expect(diary.page.get_by_text("这一页要连上网才能看")).to_be_visible()
    expect(diary.page.locator("form#entry")).to_have_count(0)
    assert "#" not in diary.page.url


def test_signing_out_warns_destroys_the_phones_key_and_still_sends_later(diary: Diary) -> None:
    by_the_page_alone(diary)
    diary.context.set_offline(True)
    diary.save("退出以前写的。")
    expect(diary.page.get_by_role("heading", level=1)).to_have_text(KEPT)
    diary.page.route("**/d/sync/**", lambda route: route.abort())
    diary.context.set_offline(False)
    diary.open("/d/consent")
    diary.page.get_by_text("退出登录").click()
    diary.page.get_by_role("button", name="让这台手机忘记我").click()
    expect(diary.page.get_by_role("alert")).to_contain_text("还有 1 条没有发出")
    diary.page.get_by_role("button", name="让这台手机忘记我").click()
    diary.page.wait_for_url("**/d/leave")
    assert diary.page.evaluate("caches.keys()") == []
    keys: list[str] = diary.page.evaluate(
        """() => new Promise((resolve) => {
            const asking = indexedDB.open("xinlu");
            asking.onsuccess = () => {
                const all = asking.result.transaction("keys").objectStore("keys").getAllKeys();
                all.onsuccess = () => { asking.result.close(); resolve(all.result); };
            };
        })"""
    )
    assert keys == []
    assert len(diary.objects()) == 1
    diary.page.unroute("**/d/sync/**")
    diary.sign_in()
    diary.wait_until_sent()
    assert diary.stored() == ["退出以前写的。"]


def test_leaving_the_study_warns_and_keeps_what_was_written_readable(diary: Diary) -> None:
    diary.context.set_offline(True)
    diary.save("退出研究以前写的。")
    expect(diary.page.get_by_role("heading", level=1)).to_have_text(KEPT)
    diary.page.context.route("**/d/sync/**", lambda route: route.abort())
    by_the_page_alone(diary)
    diary.context.set_offline(False)
    diary.open("/d/consent")
    diary.page.get_by_text("我不想再参加了").click()
    leave = diary.page.get_by_role("button", name="退出这项研究")
    leave.click()
    expect(diary.page.get_by_role("alert")).to_contain_text("还有 1 条没有发出")
    leave.click()
    diary.page.wait_for_url("**/d/withdraw")
    diary.page.context.unroute("**/d/sync/**")
    diary.open("/d/queue")
    expect(diary.page.locator(".queue li")).to_contain_text("参与已经结束", timeout=PATIENCE)
    expect(diary.page.locator(".queue li")).to_contain_text("退出研究以前写的。")
    expect(diary.page.get_by_role("button", name="存成文字文件")).to_be_visible()
    expect(diary.page.get_by_role("link", name="改一改再存")).to_have_count(0)


def test_erasing_everything_erases_it_here_too(diary: Diary) -> None:
    refuse(diary, "谁也不该再看到的。")
    diary.open("/d/erase")
    diary.page.locator("[name=word]").fill("删除")
    diary.page.get_by_role("button", name="删除我写的一切").click()
    expect(diary.page.get_by_role("heading", level=1)).to_have_text("都删掉了")
    expect(diary.page.locator(".top [data-unsent]")).to_be_hidden()
    diary.wait_until_sent()
    assert diary.page.evaluate("caches.keys()") == []


def test_a_backup_goes_into_another_phone_once(
    diary: Diary, new_diary: NewDiary, open_page: OpenPage, tmp_path: Path
) -> None:
    diary.context.set_offline(True)
    diary.save("备份里的一条。")
    expect(diary.page.get_by_role("heading", level=1)).to_have_text(KEPT)
    diary.page.get_by_role("link", name="看看没发出的").click()
    with diary.page.expect_download() as saving:
        diary.page.get_by_role("button", name="存一份备份").click()
    backup = tmp_path / "backup.json"
    saving.value.save_as(backup)
    assert "备份里的一条" not in backup.read_text(encoding="utf-8")
    other = Diary(open_page(), diary.server, diary.person).sign_in()
    other.open("/d/queue")
    other.context.set_offline(True)
    for expected in ("放回了 1 个", "放回了 0 个"):
        with other.page.expect_file_chooser() as choosing:
            other.page.get_by_role("button", name="放回一份备份").click()
        choosing.value.set_files(backup)
        expect(other.page.get_by_role("status").filter(has_text=expected)).to_be_visible()
    expect(other.page.locator(".queue li")).to_contain_text("这台手机自己也读不出来")
    other.context.set_offline(False)
    other.wait_until_sent()
    diary.context.set_offline(False)
    diary.wait_until_sent()
    assert diary.stored() == ["备份里的一条。"]
    with other.page.expect_file_chooser() as choosing:
        other.page.get_by_role("button", name="放回一份备份").click()
    choosing.value.set_files({"name": "x.json", "mimeType": "application/json", "buffer": b'{"xinlu": 3}'})
    expect(other.page.get_by_text("这个文件不是日记的备份")).to_be_visible()
