"""A person's phone with the diary on it, as the browser tests of its offline side use it."""

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.support.server import DemoServer

PATIENCE = 30_000
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
                const deadline = Date.now() + 90_000;
                while (!navigator.serviceWorker.controller || !(await kept())) {
                    if (Date.now() > deadline) throw new Error("the phone keeps its frame");
                    await new Promise((go) => setTimeout(go, 50));
                }
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


def refuse(diary: Diary, text: str) -> None:
    """Save an entry offline whose form is gone when it is sent: refused for good, in words."""
    diary.context.set_offline(True)
    diary.page.locator("[name=form_version]").evaluate("field => (field.value = '999999')")
    diary.save(text)
    expect(diary.page.get_by_role("heading", level=1)).to_have_text(KEPT)
    diary.context.set_offline(False)
    expect(diary.page.locator(".top [data-unsent].refused")).to_be_visible(timeout=PATIENCE)


def by_the_page_alone(diary: Diary) -> None:
    """Open today's form where the browser cannot send in the background: the worker's requests cannot be tampered with."""
    diary.page.add_init_script("delete ServiceWorkerRegistration.prototype.sync")
    diary.open()
