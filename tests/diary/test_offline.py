"""The diary without a network, in a real browser: nothing written is lost, nothing is sent twice, nothing lies open."""

import json
import re
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Page, Route, expect

from tests.support.browser import OpenPage
from tests.support.server import DemoServer

PATIENCE = 15_000
KEPT = "先存在这台手机上了"


class Diary:
    """One person's phone: a page, and what the server has of the person."""

    def __init__(self, page: Page, server: DemoServer, person: dict[str, Any]) -> None:
        self.page, self.server, self.person = page, server, person
        self.context = page.context

    def sign_in(self) -> "Diary":
        """Open the link, agree where it is asked, and wait until the page can be opened without a network."""
        self.page.goto(self.person["link"]["url"])
        self.page.wait_for_url(re.compile("/d/(consent|today)"))
        if "/d/consent" in self.page.url:
            self.page.locator("input[name=purposes]").first.check()
            self.page.get_by_role("button", name="同意，开始写日记").click()
            self.page.wait_for_url("**/d/today")
        self.page.locator("h1").dispatch_event("pointerdown")  # whoever begins gets the second file of scripts
        self.page.evaluate(
            """async () => {
                const parts = ["/d/today", document.querySelector("script[data-later]")?.dataset.later ?? "/d/today"];
                const kept = async () => (await Promise.all(parts.map((part) => caches.match(part)))).every(Boolean);
                while (!navigator.serviceWorker.controller || !(await kept())) await new Promise((go) => setTimeout(go, 50));
            }"""
        )
        return self

    def open(self, path: str = "/d/today") -> Page:
        """Open a page of the diary in this tab."""
        self.page.goto(self.server.base_url + path)
        if path.startswith("/d/today"):
            expect(self.page.locator("form#entry")).to_have_attribute("data-ready", "yes")
        return self.page

    def fill(self, text: str, page: Page | None = None) -> None:
        """Type and choose what an entry needs."""
        page = page or self.page
        page.get_by_role("radio", name="不太好").check(force=True)
        page.get_by_role("textbox").first.fill(text)

    def save(self, text: str, page: Page | None = None) -> None:
        """Write an entry and save it."""
        page = page or self.page
        self.fill(text, page)
        page.get_by_role("button", name="保存这条日记").click()

    def objects(self) -> list[dict[str, Any]]:
        """Return what waits on this phone, without its bytes."""
        found: list[dict[str, Any]] = self.page.evaluate(
            """() => new Promise((resolve, reject) => {
                const asking = indexedDB.open("xinlu");
                asking.onerror = () => reject(asking.error);
                asking.onsuccess = () => {
                    const all = asking.result.transaction("objects").objectStore("objects").getAll();
                    all.onsuccess = () => { asking.result.close(); resolve(all.result); };
                };
            })"""
        )
        return found

    def wait_until_sent(self) -> None:
        """Wait until nothing waits."""
        for _ in range(PATIENCE // 200):
            if not self.objects():
                break
            self.page.wait_for_timeout(200)
        assert self.objects() == []
        expect(self.page.locator(".top [data-unsent]")).to_be_hidden()

    def stored(self) -> list[str]:
        """Return the texts that the server has of this person, oldest first."""
        self.page.context.set_offline(False)
        answer = self.page.request.get(f"{self.server.base_url}/d/mine")
        found = re.findall(r'<span class="said">([^<]*)</span>', answer.text())
        return found[::-1]


NewDiary = Callable[..., Diary]


@pytest.fixture
def new_diary(demo_server: DemoServer, open_page: OpenPage) -> NewDiary:
    """Takes one more person into the demo study and opens their diary on a phone of its own."""

    def take_in(page: Page | None = None) -> Diary:
        address = f"{demo_server.base_url}/api/v1/studies/{demo_server.demo['study']}/participants"
        answer = httpx.post(address, json={}, headers={"Authorization": f"Bearer {demo_server.demo['api_key']}"})
        assert answer.status_code == 201, answer.text
        return Diary(page or open_page(), demo_server, answer.json())

    return take_in


@pytest.fixture
def diary(new_diary: NewDiary) -> Iterator[Diary]:
    """A person's phone, signed in and online."""
    opened = new_diary().sign_in()
    yield opened
    opened.context.set_offline(False)


def test_the_diary_opens_and_keeps_entries_without_a_network(diary: Diary) -> None:
    diary.context.set_offline(True)
    diary.save("第一条，页面还是连着网时打开的。")
    expect(diary.page.get_by_role("heading", level=1)).to_have_text(KEPT)
    diary.page.get_by_role("link", name="再写一条").click()
    expect(diary.page.locator("html[data-shell]")).to_be_attached()
    diary.save("第二条，页面是没网时打开的。")
    expect(diary.page.get_by_role("heading", level=1)).to_have_text(KEPT)
    expect(diary.page.locator(".top [data-unsent]")).to_have_text("2 条没发出")
    assert [one["state"] for one in diary.objects()] == ["waiting", "waiting"]
    diary.context.set_offline(False)
    diary.wait_until_sent()
    expect(diary.page.get_by_role("heading", level=1)).to_have_text("发出去了，存好了")
    assert diary.stored() == ["第一条，页面还是连着网时打开的。", "第二条，页面是没网时打开的。"]


def test_online_an_entry_goes_at_once_to_the_page_that_says_it_is_saved(diary: Diary) -> None:
    diary.save("连着网写的。")
    diary.page.wait_for_url("**/d/entries/*?new=1")
    assert diary.objects() == []
    assert diary.stored() == ["连着网写的。"]


def test_nothing_that_was_written_or_chosen_lies_open_on_the_phone(diary: Diary) -> None:
    diary.context.set_offline(True)
    diary.save("只有我知道的金丝雀")
    expect(diary.page.get_by_role("heading", level=1)).to_have_text(KEPT)
    diary.page.get_by_role("link", name="再写一条").click()
    diary.fill("草稿里的金丝雀")
    diary.page.wait_for_timeout(700)
    dump: str = diary.page.evaluate(
        """async () => {
            const words = [JSON.stringify({ ...localStorage }), JSON.stringify({ ...sessionStorage }), location.href];
            for (const name of await caches.keys()) {
                const cache = await caches.open(name);
                for (const request of await cache.keys()) words.push(await (await cache.match(request)).text());
            }
            const database = await new Promise((resolve) => {
                const asking = indexedDB.open("xinlu");
                asking.onsuccess = () => resolve(asking.result);
            });
            let rows = 0;
            for (const name of database.objectStoreNames) {
                const all = database.transaction(name).objectStore(name).getAll();
                const found = await new Promise((resolve) => (all.onsuccess = () => resolve(all.result)));
                rows += found.length;
                const open = (_key, value) => (ArrayBuffer.isView(value) ? new TextDecoder().decode(value) : value);
                for (const row of found) words.push(JSON.stringify(row, open));
            }
            return `${rows} ${words.join("\\n")}`;
        }"""
    )
    # The entry, its bytes, the draft, the key: what was looked through was really there.
    assert int(dump.split(maxsplit=1)[0]) >= 4
    assert "金丝雀" not in dump
    assert not re.search(r'"(mood|answers|stage|occurred_at)"', dump.split("facts", maxsplit=1)[0])


def test_two_tabs_make_two_entries_and_share_one_queue(diary: Diary) -> None:
    diary.context.set_offline(True)
    other = diary.context.new_page()
    diary.open()
    other.goto(f"{diary.server.base_url}/d/today")
    expect(other.locator("form#entry")).to_have_attribute("data-ready", "yes")
    diary.fill("左边的。")
    diary.fill("右边的。", other)
    diary.page.get_by_role("button", name="保存这条日记").click()
    other.get_by_role("button", name="保存这条日记").click()
    for page in (diary.page, other):
        expect(page.get_by_role("heading", level=1)).to_have_text(KEPT)
        expect(page.locator(".top [data-unsent]")).to_have_text("2 条没发出")
    diary.context.set_offline(False)
    diary.wait_until_sent()
    expect(other.locator(".top [data-unsent]")).to_be_hidden(timeout=PATIENCE)
    assert sorted(diary.stored()) == ["右边的。", "左边的。"]


def test_a_draft_comes_back_in_one_tab_only(diary: Diary) -> None:
    diary.fill("写到一半")
    diary.page.wait_for_timeout(700)
    other = diary.context.new_page()
    other.goto(f"{diary.server.base_url}/d/today")
    expect(other.locator("form#entry")).to_have_attribute("data-ready", "yes")
    other.wait_for_timeout(500)
    assert other.get_by_role("textbox").first.input_value() == ""
    before = diary.page.locator("[name=entry_id]").input_value()
    diary.page.close()
    other.reload()
    expect(other.get_by_role("textbox").first).to_have_value("写到一半")
    expect(other.get_by_role("radio", name="不太好")).to_be_checked()
    assert other.locator("[name=entry_id]").input_value() == before
    other.get_by_role("button", name="不要了，从头写").click()
    expect(other.get_by_role("textbox").first).to_have_value("")
    diary.page = other


def refuse(diary: Diary, text: str) -> None:
    """Save an entry offline whose form is gone when it is sent: refused for good, in words."""
    diary.context.set_offline(True)
    diary.page.locator("[name=form_version]").evaluate("field => (field.value = '999999')")
    diary.save(text)
    expect(diary.page.get_by_role("heading", level=1)).to_have_text(KEPT)
    diary.context.set_offline(False)
    expect(diary.page.locator(".top [data-unsent].refused")).to_be_visible(timeout=PATIENCE)


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
    assert not Axe().run(diary.page).response["violations"]
    row.get_by_role("link", name="改一改再存").click()
    expect(diary.page.get_by_role("textbox").first).to_have_value("表格变了的那条。")
    expect(diary.page.get_by_role("radio", name="不太好")).to_be_checked()
    diary.page.get_by_role("textbox").first.fill("改过的那条。")
    diary.page.get_by_role("button", name="保存这条日记").click()
    diary.page.wait_for_url("**/d/entries/*?new=1")
    assert diary.objects() == []
    assert sorted(diary.stored()) == ["后来写的一条。", "改过的那条。"]


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
    with diary.page.expect_request("**/d/sync/ping?*") as asking:
        row.get_by_role("button", name="确定不要了").click()
    assert asking.value.headers["x-unsent"] == "0"
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


def test_a_photo_written_offline_follows_its_entry(diary: Diary) -> None:
    sent: list[str] = []
    diary.page.on("request", lambda request: request.method == "PUT" and sent.append(request.url.split("/")[-2]))
    by_the_page_alone(diary)
    diary.context.set_offline(True)
    picture = BytesIO()
    Image.new("RGB", (640, 480), "#b83a22").save(picture, "JPEG")
    diary.page.locator("input[name=photo]").set_input_files(
        {"name": "伤口.jpg", "mimeType": "image/jpeg", "buffer": picture.getvalue()}
    )
    expect(diary.page.locator(".captured li")).to_have_count(1)
    diary.save("附一张照片。")
    expect(diary.page.get_by_role("heading", level=1)).to_have_text(KEPT)
    assert sorted(one["kind"] for one in diary.objects()) == ["attachment", "entry"]
    expect(diary.page.locator(".top [data-unsent]")).to_have_text("1 条没发出")
    diary.page.get_by_role("link", name="看看没发出的").click()
    expect(diary.page.locator(".queue li")).to_contain_text("还带着 1 个照片或录音")
    sent.clear()
    diary.context.set_offline(False)
    diary.wait_until_sent()
    assert sent == ["entries", "attachments"]
    assert diary.stored() == ["附一张照片。"]


def by_the_page_alone(diary: Diary) -> None:
    """Open today's form where the browser cannot send in the background: the worker's requests cannot be tampered with."""
    diary.page.add_init_script("delete ServiceWorkerRegistration.prototype.sync")
    diary.open()


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
    diary.open("/d/queue").get_by_role("button", name="现在就发").click()
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
    diary.open("/d/queue").get_by_role("button", name="现在就发").click()
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
    diary.open("/d/queue").get_by_role("button", name="现在就发").click()
    diary.wait_until_sent()
    assert diary.stored() == ["回执丢了的一条。"]


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


def test_erasing_everything_erases_it_here_too(diary: Diary) -> None:
    refuse(diary, "谁也不该再看到的。")
    diary.open("/d/erase")
    diary.page.locator("[name=word]").fill("删除")
    diary.page.get_by_role("button", name="删除我写的一切").click()
    expect(diary.page.get_by_role("heading", level=1)).to_have_text("都删掉了")
    diary.page.wait_for_function("document.querySelector('.top [data-unsent]').hidden")
    diary.wait_until_sent()
    assert diary.page.evaluate("caches.keys()") == []


def test_a_new_release_takes_over_without_losing_anything(new_diary: NewDiary) -> None:
    diary = new_diary()
    diary.open("/d")
    diary.page.evaluate(
        """async () => {
            await (await caches.open("xinlu-shell-0")).put("/d/today", new Response("old"));
            await navigator.serviceWorker.register("/d/sw.js?v=older", { scope: "/d" });
        }"""
    )
    diary.sign_in()
    diary.context.set_offline(True)
    diary.save("旧版本时写的。")
    expect(diary.page.get_by_role("heading", level=1)).to_have_text(KEPT)
    diary.context.set_offline(False)
    diary.wait_until_sent()
    current = diary.page.locator("script[src]").first.get_attribute("src")
    assert current is not None
    assert diary.page.evaluate("navigator.serviceWorker.ready.then((one) => one.active.scriptURL)").endswith(current)
    assert diary.page.evaluate("caches.keys()") == ["xinlu-shell-1"]
    assert diary.stored() == ["旧版本时写的。"]


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


def test_a_browser_that_cannot_seal_says_so_and_asks_before_keeping(new_diary: NewDiary) -> None:
    diary = new_diary()
    diary.page.add_init_script("Object.defineProperty(Crypto.prototype, 'subtle', { value: undefined })")
    diary.page.goto(diary.person["link"]["url"])
    diary.page.wait_for_url("**/d/consent")
    diary.page.locator("input[name=purposes]").first.check()
    diary.page.get_by_role("button", name="同意，开始写日记").click()
    diary.page.wait_for_url("**/d/today")
    expect(diary.page.get_by_text("这个浏览器不能给日记上锁")).to_be_visible()
    diary.page.get_by_role("textbox").first.fill("问之前")
    assert "问之前" not in diary.page.evaluate("JSON.stringify({ ...localStorage })")
    diary.page.get_by_role("button", name="留着").click()
    diary.fill("问过以后写的。")
    diary.page.reload()
    expect(diary.page.get_by_role("textbox").first).to_have_value("问过以后写的。")
    diary.page.get_by_role("button", name="保存这条日记").click()
    diary.page.wait_for_url("**/d/entries/*?new=1")
    diary.page.wait_for_function("!localStorage.getItem('xinlu-unsealed-draft')")
    assert diary.stored() == ["问过以后写的。"]


def test_the_worker_and_the_manifest_say_what_browsers_need(demo_server: DemoServer) -> None:
    worker = httpx.get(f"{demo_server.base_url}/d/sw.js")
    assert worker.headers["service-worker-allowed"] == "/d"
    assert worker.headers["cache-control"] == "no-cache"
    again = httpx.get(f"{demo_server.base_url}/d/sw.js", headers={"If-None-Match": worker.headers["etag"]})
    assert again.status_code == 304
    for lang, name in (("zh-CN", "心路日记"), ("en", "Xinlu diary")):
        manifest = httpx.get(f"{demo_server.base_url}/d/manifest.webmanifest", params={"lang": lang}).json()
        assert (manifest["name"], manifest["start_url"], manifest["scope"]) == (name, "/d/today", "/d")
        sizes = {one["sizes"] for one in manifest["icons"]}
        assert sizes == {"192x192", "512x512"}
        for icon in manifest["icons"]:
            found = httpx.get(demo_server.base_url + icon["src"])
            assert found.content.startswith(b"\x89PNG")
            width = int.from_bytes(found.content[16:20])
            assert f"{width}x{width}" == icon["sizes"]
