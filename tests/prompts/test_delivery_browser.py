"""Reminders in a real browser and a real server: switched on by a tap, arriving, tapped, and a server killed over them."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from app.core.crypto import Keyring, load_or_create_secret
from app.core.db import Database
from app.participants.models import Participant
from app.prompts import personal
from app.prompts.delivery import contacts
from app.prompts.models import Prompt
from tests.support.browser import OpenPage
from tests.support.browser_subscription import BrowserSubscription
from tests.support.databases import ScratchDatabase, only_on
from tests.support.listening import Answer, Listener, Request, listening
from tests.support.prompts import add_prompt
from tests.support.scene import Scene, set_scene
from tests.support.server import ServerProcess

# What these store is tried on both kinds in test_delivery_sending; what is killed here is the process.
pytestmark = [only_on("sqlite"), pytest.mark.usefixtures("cheap_passwords")]
NUMBER = "13800001234"
PATIENCE = 90.0
HAND_AGAIN = 5.0

# The browser's push service is not reachable from a test: what it would hand to the page stands in for it.
SUBSCRIBED = """
given => {
  const keys = { p256dh: given.p256dh, auth: given.auth };
  let held = null;
  const one = {
    endpoint: given.endpoint, options: {},
    toJSON: () => ({ endpoint: given.endpoint, keys }),
    unsubscribe: async () => { held = null; return true; },
  };
  PushManager.prototype.getSubscription = async () => held;
  PushManager.prototype.subscribe = async (options) => {
    globalThis.asked = { visible: options.userVisibleOnly, key: options.applicationServerKey.length };
    held = one;
    return one;
  };
}
"""


@dataclass
class Site:
    """A running server, its scene, and what listens where it sends."""

    server: ServerProcess
    scene: Scene
    push: Listener

    def prompt(self, code: str = "P01", **changes: Any) -> UUID:
        """A prompt that the person was sent a moment ago."""
        now = datetime.now(UTC)
        given = {"sent_at": now, "claimed_at": now, "expires_at": now + timedelta(hours=2), **changes}
        return add_prompt(
            self.scene.store, self.scene.study_id, self.scene.people[code], now.date().isoformat(), **given
        )

    def enter(self, page: Page, code: str = "P01") -> None:
        """Open the personal link and agree."""
        page.goto(self.scene.links[code].url(self.server.base_url))
        page.wait_for_url("**/d/consent")
        page.locator("input[name=purposes]").first.check()
        page.locator("#consent button").click()
        page.wait_for_url(lambda address: "/d/consent" not in address)


@pytest.fixture
def push() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


@pytest.fixture
def scene(database: ScratchDatabase, store: Database) -> Scene:
    return set_scene(store, Keyring(load_or_create_secret(database.data_dir / "secret.key")))


@pytest.fixture
def site(scene: Scene, push: Listener, start_server: Callable[..., ServerProcess]) -> Site:
    server = start_server(
        XINLU_INTERNAL_HOSTS=push.host,
        XINLU_SMS_URL=f"http://{push.host}/sms",
        XINLU_SMTP_HOST="localhost",
        XINLU_SMTP_FROM="diary@example.org",
        XINLU_BASE_URL="http://127.0.0.1:8000",
    )
    return Site(server, scene, push)


def accessible(page: Page) -> None:
    page.wait_for_load_state()
    found = Axe().run(page).response["violations"]
    assert not found, [(one["id"], [node["html"] for node in one["nodes"]]) for one in found]
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_notifications_are_asked_for_after_a_tap_and_arrive(site: Site, open_page: OpenPage) -> None:
    page = open_page()
    page.context.grant_permissions(["notifications"], origin=site.server.base_url)
    site.enter(page)
    page.goto(f"{site.server.base_url}/d/reminders")
    browser = BrowserSubscription(f"http://{site.push.host}/push/1")
    expect(page.get_by_role("button", name="在这台设备上提醒我")).to_be_visible()
    page.evaluate(SUBSCRIBED, browser.given)
    assert page.evaluate("globalThis.asked") is None
    page.get_by_role("button", name="在这台设备上提醒我").click()
    expect(page.get_by_role("button", name="关掉这台设备的通知")).to_be_visible()
    assert page.evaluate("globalThis.asked") == {"visible": True, "key": 65}

    page.reload()
    page.get_by_role("button", name="现在发一条试试").click()
    expect(page.get_by_text("发出去了，看看收到没有。")).to_be_visible()
    (request,) = site.push.got
    arrived = browser.open(request.body)
    assert deliver(page, site.server.base_url, json.dumps(arrived)) == [
        {"title": arrived["title"], "body": arrived["body"], "tag": arrived["tag"], "url": arrived["url"]}
    ]
    # Repeated: one notification, not two.
    assert len(deliver(page, site.server.base_url, json.dumps(arrived))) == 1

    page.evaluate(SUBSCRIBED, browser.given)
    page.evaluate(
        "navigator.serviceWorker.ready.then((one) => one.pushManager.subscribe({ applicationServerKey: [] }))"
    )
    page.evaluate("document.querySelector('[data-push-off]').click()")
    expect(page.locator("[data-push-state=off]")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="怎么找到您")).to_have_count(0)


SHOWN = """async () => {
  const registration = await navigator.serviceWorker.ready;
  if (registration.active.state !== "activated") return [];
  return (await registration.getNotifications()).map(({ title, body, tag, data }) => ({ title, body, tag, url: data.url }));
}"""


def deliver(page: Page, origin: str, sent: str) -> list[dict[str, str]]:
    """Hand a push to the page's service worker as the browser would, and return the notifications that are shown.

    As a push service does, hand it over again while nothing comes of it: a worker that begins or ends just then hears nothing.
    """
    line = page.context.new_cdp_session(page)
    registrations: dict[str, bool] = {}

    def told(update: Any) -> None:
        for one in update["registrations"]:  # other tests' pages are told of, too, and those that are gone
            registrations[one["registrationId"]] = one["scopeURL"].startswith(origin) and not one["isDeleted"]

    line.on("ServiceWorker.workerRegistrationUpdated", told)
    line.send("ServiceWorker.enable")
    page.evaluate("navigator.serviceWorker.ready.then((one) => Boolean(one.active))")
    deadline = time.monotonic() + PATIENCE
    found: list[dict[str, str]] = []
    while not found:
        assert time.monotonic() < deadline, registrations
        for registration in [one for one, own in registrations.items() if own]:
            push = {"origin": origin, "registrationId": registration, "data": sent}
            line.send("ServiceWorker.deliverPushMessage", push)
        again = time.monotonic() + HAND_AGAIN
        while not (found := page.evaluate(SHOWN)) and time.monotonic() < again:
            page.wait_for_timeout(50)
    line.detach()
    return found


def test_a_push_that_holds_nothing_still_shows_something_and_leads_inside(site: Site, open_page: OpenPage) -> None:
    page = open_page()
    page.context.grant_permissions(["notifications"], origin=site.server.base_url)
    site.enter(page)
    page.evaluate("navigator.serviceWorker.ready.then((one) => Boolean(one.active))")
    (shown,) = deliver(page, site.server.base_url, "not json")
    assert shown["title"] == "127.0.0.1"
    led = page.evaluate(
        """async () => {
          const { insideDiary } = await import("/static/x/push-worker.js");
          return ["/d/p/1?x=y#z", "https://example.net/d/p/1", "javascript:alert(1)", "/studies", "//example.net/d/"].map(
            (address) => insideDiary(address, location.origin).replace(location.origin, ""));
        }"""
    )
    assert led == ["/d/p/1", "/d/today", "/d/today", "/d/today", "/d/today"]


def test_a_traveller_changes_the_zone_with_one_tap(site: Site, open_page: OpenPage) -> None:
    page = open_page()
    page.add_init_script(
        """const told = Intl.DateTimeFormat.prototype.resolvedOptions;
        Intl.DateTimeFormat.prototype.resolvedOptions = function () {
          return { ...told.call(this), timeZone: globalThis.name || "Asia/Chongqing" };
        };"""
    )
    site.enter(page)
    page.goto(f"{site.server.base_url}/d/reminders")
    # Another name of the same clocks is no journey.
    expect(page.get_by_role("button", name="我到了别的时区")).to_be_hidden()
    page.evaluate("globalThis.name = 'Europe/Paris'")
    page.reload()
    page.get_by_role("button", name="我到了别的时区").click()
    expect(page.get_by_text("时区改好了")).to_be_visible()
    expect(page.get_by_text("（Europe/Paris）")).to_be_visible()
    expect(page.get_by_role("button", name="我到了别的时区")).to_be_hidden()


def test_a_tap_goes_through_the_door_and_back_and_every_page_is_accessible(site: Site, open_page: OpenPage) -> None:
    live, over = site.prompt(), site.prompt(expires_at=datetime.now(UTC) - timedelta(minutes=1))
    page = open_page()
    page.goto(f"{site.server.base_url}/d/p/{live}")
    assert page.url == f"{site.server.base_url}/d"
    page.goto(site.scene.links["P01"].url(site.server.base_url))
    page.wait_for_url("**/d/consent")
    page.locator("input[name=purposes]").first.check()
    page.locator("#consent button").click()
    page.wait_for_url(f"**/d/today?prompt={live}")
    assert page.locator("input[name=prompt]").input_value() == str(live)
    for address, words in ((over, "这个提醒过了时间，没关系"), (uuid4(), "这个提醒用不上了")):
        page.goto(f"{site.server.base_url}/d/p/{address}")
        expect(page.get_by_role("heading", level=1)).to_have_text(words)
        accessible(page)


@pytest.mark.parametrize(
    ("size", "dark", "locale"), [("phone", False, "zh-CN"), ("phone", True, "en"), ("desktop", False, "zh-CN")]
)
def test_the_page_of_reminders_is_accessible(
    site: Site, open_page: OpenPage, size: Any, dark: bool, locale: str
) -> None:
    with site.scene.store.write() as session:
        person = session.get_one(Participant, (site.scene.study_id, site.scene.people["P01"]))
        for channel, address, confirmed in (("email", "wang@example.org", False), ("sms", NUMBER, True)):
            contacts.add_contact(
                session, site.scene.keyring, "x", person, channel, address, confirmed=confirmed, label="很长的名字" * 11
            )
    page = open_page(size, dark=dark)
    site.enter(page)
    page.goto(f"{site.server.base_url}/d/reminders?lang={locale}")
    if locale == "en":
        expect(page.get_by_role("heading", level=1)).to_have_text("Reminders to write")
        assert not page.locator("main").inner_text().count("提醒")
    accessible(page)
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_without_scripts_all_but_notifications_works(site: Site, open_page: OpenPage) -> None:
    page = open_page(scripts=False)
    page.goto(f"{site.server.base_url}/d")
    page.locator("input[name=secret]").fill(site.scene.links["P01"].code)
    page.get_by_role("button", name="打开我的日记").click()
    page.locator("input[name=purposes]").first.check()
    page.locator("#consent button").click()
    page.wait_for_url(lambda address: "/d/consent" not in address)
    page.goto(f"{site.server.base_url}/d/reminders")
    expect(page.get_by_text("通知要用到脚本")).to_be_visible()
    page.get_by_role("button", name="停三天").click()
    expect(page.get_by_role("heading", name="提醒停着")).to_be_visible()
    page.get_by_role("button", name="现在就恢复").click()
    expect(page.get_by_text("又开始提醒您了")).to_be_visible()


def test_a_server_killed_in_the_middle_of_sending_shows_nobody_two_messages(
    scene: Scene, push: Listener, start_server: Callable[..., ServerProcess]
) -> None:
    """One person by a push, which can be repeated, one by a text message, which cannot: both under way when it dies."""
    under_way, dead = threading.Barrier(3), threading.Event()

    def hold(_request: Request) -> Answer:
        if not dead.is_set():
            under_way.wait(PATIENCE)
            dead.wait(PATIENCE)
        return Answer(201)

    push.answer = hold
    browser = BrowserSubscription(f"http://{push.host}/push/1")
    reach(scene, "P01", "webpush", json.dumps(browser.given))
    reach(scene, "P02", "sms", NUMBER)
    with scene.store.write() as session:
        pushed, texted = (
            personal.nudge(session, "user:test", scene.study_id, scene.people[code]).id for code in ("P01", "P02")
        )
    server = start_server(XINLU_INTERNAL_HOSTS=push.host, XINLU_SMS_URL=f"http://{push.host}/sms")
    under_way.wait(PATIENCE)
    server.kill()
    dead.set()
    assert {state_of(scene, one) for one in (pushed, texted)} == {"sending"}
    server.start()
    until(lambda: state_of(scene, pushed) == "sent" and state_of(scene, texted) == "uncertain")
    by_path = [one.path for one in push.got]
    assert (by_path.count("/push/1"), by_path.count("/sms")) == (2, 1)
    first, second = (browser.open(one.body) for one in push.got if one.path == "/push/1")
    assert first["tag"] == second["tag"]
    assert len({one.headers["topic"] for one in push.got if one.path == "/push/1"}) == 1
    server.stop()
    for secret in (NUMBER, browser.endpoint, browser.given["auth"]):
        assert secret not in server.said()


def reach(scene: Scene, code: str, channel: str, address: str) -> None:
    with scene.store.write() as session:
        person = session.get_one(Participant, (scene.study_id, scene.people[code]))
        contacts.add_contact(session, scene.keyring, "x", person, channel, address, confirmed=True)


def state_of(scene: Scene, prompt_id: UUID) -> str:
    with scene.store.read() as session:
        return session.get_one(Prompt, (scene.study_id, prompt_id)).state


def until(reached: Callable[[], bool]) -> None:
    """Wait until it is so; fails after a long while."""
    patience = threading.Event()
    for _ in range(int(PATIENCE * 5)):
        if reached():
            return
        patience.wait(0.2)
    raise AssertionError("it never came to be")
