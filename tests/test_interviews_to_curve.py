"""Interviews all the way in a browser: imported, staged, drawn, coded blind by two people, compared, settled, in the curve."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.coding.agreement import krippendorff_alpha
from app.coding.models import Assignment, Draw, HumanCoding
from app.statements.models import CurveCell, Statement
from tests.coding.coding_site import CodingSite, coding_site
from tests.support.browser import OpenPage
from tests.support.scene import SLUG

pytestmark = pytest.mark.browser

FIXTURES = Path(__file__).parent / "interviews" / "fixtures"
VALENCE = json.loads((FIXTURES / "valences.json").read_text(encoding="utf-8"))
"""What each answer was written to express, -2 to 2."""
MICRO = 1_000_000


@pytest.fixture
def site(tmp_path: Path) -> Iterator[CodingSite]:
    with coding_site(tmp_path) as served:
        yield served


def take_in(site: CodingSite, page: Page, name: str, participant: str) -> None:
    """Import a transcript through the page and confirm the stages as they are proposed."""
    page.goto(f"{site.server.base_url}/studies/{SLUG}/interviews/import")
    page.get_by_label("文字稿", exact=True).set_input_files(FIXTURES / name)
    page.locator("form[enctype] button").click()
    page.get_by_label("参与者编号").fill(participant)
    page.get_by_role("button", name="导入这").click()
    expect(page.get_by_text("导入好了")).to_be_visible()
    confirm = page.get_by_role("button", name="按现在选的，确认这一页")
    confirm.click()
    expect(page.get_by_text("确认好了")).to_be_visible()
    page.wait_for_load_state()
    waiting = page.get_by_role("link", name="去第一段没确认的")
    while waiting.count():
        waiting.click()
        confirm.click()
        expect(page.get_by_text("确认好了")).to_be_visible()
        page.wait_for_load_state()


def said_by(who: str, text: str, number: int) -> int:
    """What a coder says of a statement: the first what it was written to express, the second sometimes a step beside it."""
    valence = int(VALENCE[text])
    return valence if who == "first" or number % 4 else valence + (1 if valence < 1 else -1)


def code_all(site: CodingSite, page: Page, who: str) -> int:
    """Code everything that the queue gives ``who``, by keys alone; returns how many there were."""
    site.enter(page, who)
    page.goto(site.address())
    expect(page.get_by_role("button", name="开始编")).to_be_focused()
    page.keyboard.press("Enter")
    coded = 0
    while True:
        expect(page.locator("#reading li[aria-current] .said")).to_be_focused()
        more = page.get_by_role("button", name="再取一批")
        while not more.is_visible():
            text = page.locator("li[aria-current] .text").inner_text()
            page.keyboard.press(str(said_by(who, text, len(text)) + 3))
            if "疼" in text:
                page.keyboard.press("v")
                page.keyboard.press("a")
            page.keyboard.press("Enter")
            coded += 1
            another = page.locator("li[aria-current] .text").filter(has_not_text=text)
            expect(another.or_(more).first).to_be_visible()
        expect(page.locator("#saved")).to_have_attribute("data-state", "saved", timeout=30_000)
        more.click()
        done = page.locator("#queue-title")  # nothing is left: back where one begins
        expect(page.locator("#reading li[aria-current] .said").or_(done).first).to_be_visible()
        if done.is_visible():
            expect(
                page.get_by_text(f"都编完了，一共 {coded} 条")
            ).to_be_visible()  # though the other's half is still to come
            return coded


def test_interviews_become_a_corrected_curve(site: CodingSite, open_page: OpenPage) -> None:
    owner = open_page("desktop")
    site.enter(owner, "owner")
    take_in(site, owner, "dental_implant.txt", "P01")
    take_in(site, owner, "property_repair.txt", "P02")

    owner.goto(f"{site.server.base_url}/studies/{SLUG}/draws")
    owner.get_by_label("抽百分之几").fill("60")
    owner.get_by_label("百分之几请两个人编").fill("100")
    owner.get_by_role("button", name="按这个抽").click()
    expect(owner.get_by_role("heading", name="现在的计划")).to_be_visible()
    with site.scene.store.read() as session:
        drawn = session.scalars(select(Draw)).all()
    assert all(one.doubled and one.probability >= 0.6 for one in drawn)
    assert 25 < len(drawn) < 61

    assert [code_all(site, open_page("desktop"), who) for who in ("first", "second")] == [len(drawn)] * 2

    ratings, texts = stored_ratings(site)
    assert ratings.shape == (2, len(drawn))
    alpha = krippendorff_alpha(ratings, level="ordinal")
    owner.goto(f"{site.server.base_url}/studies/{SLUG}/agreement")
    expect(owner.locator("main")).to_contain_text(f"α {alpha:.2f}")
    owner.wait_for_load_state()
    assert Axe().run(owner).response["violations"] == []

    apart = int((ratings[0] != ratings[1]).sum())
    owner.goto(f"{site.server.base_url}/studies/{SLUG}/adjudicate")
    expect(owner.get_by_text(f"一共 {apart} 条")).to_be_visible()
    owner.wait_for_load_state()
    assert Axe().run(owner).response["violations"] == []
    before = human_sum(site)
    owner.get_by_role("button", name="用First的").first.click()
    expect(owner.get_by_text("定好了")).to_be_visible()
    expect(owner.get_by_text(f"一共 {apart - 1} 条")).to_be_visible()
    with site.scene.store.read() as session:
        coder = site.scene.coder("consensus").id
        settled = session.scalars(select(HumanCoding).where(HumanCoding.coder_id == coder)).one()
        statement = session.get_one(Statement, (site.scene.study_id, settled.statement_id))
    assert settled.sentiment == VALENCE[statement.text]
    assert statement.human_micro == VALENCE[statement.text] * MICRO // 2
    assert human_sum(site) != before  # in the curve at once
    assert len(texts) == len(set(texts))


def stored_ratings(site: CodingSite) -> tuple["np.ndarray[tuple[int, int], np.dtype[np.float64]]", list[str]]:
    """Return what both coders said of each drawn statement, shape (2, statements), and the texts."""
    with site.scene.store.read() as session:
        finished = session.scalars(select(Assignment).where(Assignment.done_at.is_not(None))).all()
        statements = sorted({one.statement_id for one in finished})
        said = {(one.statement_id, one.coder_id): one.sentiment for one in session.scalars(select(HumanCoding))}
        texts = [session.get_one(Statement, (site.scene.study_id, one)).text for one in statements]
    coders = [site.scene.coder(who).id for who in ("first", "second")]
    return np.array([[float(said[one, coder] or 0) for one in statements] for coder in coders]), texts


def human_sum(site: CodingSite) -> int:
    with site.scene.store.read() as session:
        cells = session.scalars(select(CurveCell).where(CurveCell.axis == "stage", CurveCell.source == "interview"))
        return sum(cell.sum_weight_human for cell in cells)
