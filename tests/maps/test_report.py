"""The report: the same findings on the page, in one HTML file and on paper; quotes by consent, doubts said, nothing fetched."""

import re
from html.parser import HTMLParser
from pathlib import Path
from uuid import uuid4

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from app.participants import consents
from app.participants.models import Participant
from tests.maps.map_site import MapSite
from tests.support import run
from tests.support.browser import OpenPage
from tests.support.cast import Cast
from tests.support.databases import ScratchDatabase, only_on
from tests.support.program import xinlu
from tests.support.scene import SLUG
from tests.support.server import DemoServer

SAID = "半夜疼得睡不着，按铃没人理"
SILENT = "夜里疼醒三次，再也睡不着"
HOSTILE = "<script>alert(1)</script> #panic() $x$ @y *z* \\u `c` {{ 7*7 }}"
PARTS = ("情绪怎样一路变化", "我们在那里做了什么", "还不确定什么", "该做什么", "附录", "方法", "整张体验地图")


class Reader(HTMLParser):
    """The words of a page, and everything it would load."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.loads: list[str] = []
        self.tags: set[str] = set()
        self._hidden = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self._hidden = tag == "style"
        self.loads += [value or "" for name, value in attrs if name in ("src", "href", "srcset", "action", "data")]

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words.append(data)

    @property
    def text(self) -> str:
        return "".join(self.words)


@pytest.fixture
def site(cast: Cast) -> MapSite:
    """Six people tell of a painful night and of a good visit; P01 alone agreed to be quoted; the map holds hostile words."""
    for number in range(3, 7):
        cast.add_patient(f"P{number:02}")
    for number in range(1, 7):
        night = SAID if number == 1 else SILENT
        for stage, words in (("recovery", night), ("visit", "医生讲得很清楚，特别放心，很开心")):
            body = cast.entry(participant=f"P{number:02}", stage=stage) | {"answers": {"feeling": words}}
            assert cast.put(body).status_code == 201
    with cast.store.write() as session:
        person = session.get_one(Participant, (cast.study_id, cast.people["P01"]))
        consents.give_consent(session, "user:test", person, ["diary", "quotes"], version=1, method="paper")
    made = MapSite(cast)
    made.note(made.make(propose=True), HOSTILE, lane="pain")
    return made


def report_of(site: MapSite, who: str = "owner") -> Reader:
    answer = site.call("GET", "/report.html", who=who)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"].startswith("attachment")
    return Reader(answer.text)


@only_on("sqlite")
def test_it_says_what_was_found_what_is_done_what_is_uncertain_and_what_to_do(site: MapSite) -> None:
    support = {"stage": "recovery", "channel": "sms", "generic": True, "contacts": 2}
    others = [
        {**support, "stage": stage, "generic": False, "contacts": 4} for stage in ("visit", "treatment", "booking")
    ]
    for given in (support, *others):
        assert site.call("PUT", f"/support/{uuid4()}", given).status_code == 201
    read = report_of(site)
    for part in PARTS:
        assert part in read.text, part
    assert "恢复" in read.text
    assert "只有 2 条通用消息" in read.text
    assert "6 人" in read.text
    assert "还没有用人工编码校正" in read.text
    assert "不是因果" in read.text
    assert "痛点具体性" in read.text
    assert read.loads == ["data:,"]
    assert not {"script", "img", "iframe", "object", "form"} & read.tags


@only_on("sqlite")
def test_words_that_look_like_markup_stay_words(site: MapSite) -> None:
    read = report_of(site)
    assert HOSTILE in read.text
    assert "script" not in read.tags


def test_only_those_who_agreed_are_quoted_and_nobody_is_named(site: MapSite) -> None:
    read = report_of(site)
    assert SAID in read.text
    assert "再也睡不着" not in read.text
    assert not re.search(r"P0\d", read.text)
    with site.cast.store.write() as session:
        person = session.get_one(Participant, (site.cast.study_id, site.cast.people["P01"]))
        consents.withdraw_purpose(session, "user:test", person, "quotes")
    assert "半夜疼得" not in report_of(site).text


@only_on("sqlite")
def test_who_may_read_no_words_gets_a_report_without_them(site: MapSite) -> None:
    read = report_of(site, "viewer")
    assert "半夜疼得" not in read.text
    assert "人数太少，不显示" in read.text, "six people are fewer than eight"
    assert site.call("GET", "/report.html", who="stranger").status_code == 404
    assert site.call("GET", "/report.docx").status_code == 422


@only_on("sqlite")
def test_a_study_without_anything_says_that_nothing_can_be_told(cast: Cast) -> None:
    read = report_of(MapSite(cast))
    assert "还没有日记" in read.text
    assert "现有日记还说不出哪一段最难" in read.text


@only_on("sqlite")  # what is typeset does not depend on the database
def test_on_paper_it_is_a4_and_the_map_a3(site: MapSite) -> None:
    run.require("chinese-font")
    answer = site.call("GET", "/report.pdf")
    assert answer.status_code == 200, answer.text
    boxes = [box.split() for box in re.findall(rb"/MediaBox\s*\[([^\]]+)\]", answer.content)]
    sides = [(round(float(box[2]) * 25.4 / 72), round(float(box[3]) * 25.4 / 72)) for box in boxes]
    assert sorted(set(sides)) == [(210, 297), (420, 297)]
    assert sides.count((420, 297)) == 1


@only_on("sqlite")
def test_the_command_writes_new_files_that_only_their_owner_reads(
    site: MapSite, database: ScratchDatabase, tmp_path: Path
) -> None:
    page = tmp_path / "report.html"
    said = xinlu("report", SLUG, "-o", str(page), env=database.env).stdout
    assert str(page) in said
    assert page.stat().st_mode & 0o077 == 0
    read = Reader(page.read_text(encoding="utf-8"))
    assert SAID in read.text
    assert "再也睡不着" not in read.text
    again = xinlu("report", SLUG, "-o", str(page), env=database.env, check=False)
    assert (again.returncode, "写不了这个文件" in again.stderr + again.stdout) == (1, True)


def test_the_page_and_the_file_in_a_browser(demo_server: DemoServer, open_page: OpenPage, tmp_path: Path) -> None:
    page: Page = open_page("desktop")
    page.goto(f"{demo_server.base_url}/studies/{demo_server.demo['study']}/report")
    page.fill("#login", demo_server.demo["staff"]["login"])
    page.fill("#password", demo_server.demo["staff"]["password"])
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="下载 PDF")).to_be_visible()
    report = page.locator(".report")
    expect(report.get_by_role("heading", level=1)).to_contain_text("恢复")
    expect(report).to_contain_text("“恢复”只有 2 条通用消息")
    expect(report).to_contain_text("不是手术日当天")
    page.wait_for_load_state()
    assert not Axe().run(page).response["violations"]
    with page.expect_download() as download:
        page.get_by_role("link", name="下载网页（一个文件）").click()
    file = tmp_path / "report.html"
    download.value.save_as(file)
    for size in ("phone", "tablet", "desktop"):
        alone = open_page(size, dark=size == "tablet")
        alone.context.set_offline(True)
        alone.goto(file.as_uri())
        expect(alone.get_by_role("heading", level=1)).to_be_visible()
        assert alone.evaluate("document.documentElement.scrollWidth <= innerWidth"), size
        alone.wait_for_load_state()
        assert not Axe().run(alone).response["violations"], size
