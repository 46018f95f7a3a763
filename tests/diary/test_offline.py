"""The diary without a network, in a real browser: nothing written is lost, nothing is sent twice, nothing lies open."""

import re
from io import BytesIO

import httpx
from PIL import Image
from playwright.sync_api import Request, Route, expect

from tests.diary.phone_diary import KEPT, PATIENCE, Diary, NewDiary, by_the_page_alone
from tests.offline.diary import DRAFTS, until
from tests.support.server import DemoServer


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
    until(diary.page, DRAFTS)
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
    until(diary.page, DRAFTS)
    other = diary.context.new_page()
    other.goto(f"{diary.server.base_url}/d/today")
    expect(other.locator("form#entry")).to_have_attribute("data-ready", "yes")
    other.wait_for_timeout(500)
    assert other.get_by_role("textbox").first.input_value() == ""
    before = diary.page.locator("[name=entry_id]").input_value()
    diary.page.close()
    until(
        other, f"async () => !(await navigator.locks.query()).held.some((one) => one.name === 'xinlu-draft-{before}')"
    )
    other.reload()
    expect(other.get_by_role("textbox").first).to_have_value("写到一半")
    expect(other.get_by_role("radio", name="不太好")).to_be_checked()
    assert other.locator("[name=entry_id]").input_value() == before
    other.get_by_role("button", name="不要了，从头写").click()
    expect(other.get_by_role("textbox").first).to_have_value("")
    diary.page = other


SLOW_STORAGE = """
const count = IDBObjectStore.prototype.count;
IDBObjectStore.prototype.count = function () {
  const asked = count.call(this);
  const once = (then) => (document.querySelector("textarea").value ? then() : setTimeout(once, 20, then));
  return { get result() { return asked.result; }, set onsuccess(then) { asked.onsuccess = () => once(then); } };
};
"""
"""A browser whose storage is open only once something has been typed."""


def test_what_is_typed_before_the_storage_is_open_is_kept_and_not_written_over(diary: Diary) -> None:
    diary.fill("早先的草稿")
    until(diary.page, DRAFTS)
    diary.page.add_init_script(SLOW_STORAGE)
    diary.open()
    diary.page.get_by_role("textbox").first.fill("抢先打的字")
    until(diary.page, f"async () => (await ({DRAFTS})()).length === 2")
    expect(diary.page.get_by_role("textbox").first).to_have_value("抢先打的字")


def test_a_connection_that_comes_back_while_a_round_fails_is_used_at_once(diary: Diary) -> None:
    by_the_page_alone(diary)
    tried: list[str] = []

    def fail_once(route: Route) -> None:
        tried.append(route.request.method)
        if len(tried) > 1:
            route.continue_()
            return
        route.request.frame.evaluate("dispatchEvent(new Event('online'))")
        route.abort("connectionreset")

    diary.page.route("**/d/sync/entries/*", fail_once)
    diary.save("断了一下又好了。")
    diary.page.wait_for_url("**/d/entries/*?new=1")
    assert tried == ["PUT", "PUT"]


def test_a_photo_written_offline_follows_its_entry(diary: Diary) -> None:
    sent: list[str] = []

    def on_request(request: Request) -> None:
        if request.method == "PUT":
            sent.append(request.url.split("/")[-2])

    diary.page.on("request", on_request)
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
    diary.page.evaluate(
        """async (current) => {
            const active = async () => (await navigator.serviceWorker.ready).active;
            const over = ({ scriptURL, state }) => scriptURL.endsWith(current) && state === "activated";
            const deadline = Date.now() + 90_000;
            while (!over(await active())) {
                if (Date.now() > deadline) throw new Error("the new version takes over");
                await new Promise((go) => setTimeout(go, 50));
            }
        }""",
        current,
    )
    assert diary.page.evaluate("caches.keys()") == ["xinlu-shell-1"]
    assert diary.stored() == ["旧版本时写的。"]


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
    until(diary.page, "!localStorage.getItem('xinlu-unsealed-draft')")
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
