"""What a long transcript costs on the coding page, beside a short one: first usable view, a key until painted, scrolling."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect, sync_playwright

from scripts.system_packages import find_chromium
from tests.bench.table import Row
from tests.coding.coding_site import CodingSite, coding_site
from tests.support.browser import FLAGS

SHORT = 50
ROUNDS = 3
SAID = "然后我就翻他们给的那张纸，上面就一句“如有不适请及时就医”。我心想，什么叫不适啊，肿成这样算不算？打电话，没人接 😅。"
ASKED = "那后来是怎么缓过来的？"

# Milliseconds from a key until the frame with its effect is on its way to the screen, for keys that walk, score and select.
KEYS = """async () => {
  const spent = [];
  for (let at = 0; at < 90; at += 1) {
    const key = ["j", String(1 + (at % 5)), "v"][at % 3];
    const code = /\\d/.test(key) ? `Digit${key}` : `Key${key.toUpperCase()}`;
    await new Promise(requestAnimationFrame);
    const begun = performance.now();
    document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, code, bubbles: true, cancelable: true }));
    await new Promise((done) => requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = done;
      channel.port2.postMessage(0);
    }));
    spent.push(performance.now() - begun);
  }
  return spent.sort((one, other) => one - other);
}"""
SCROLL = """async () => {
  const frames = [];
  scrollTo(0, 0);
  await new Promise(requestAnimationFrame);
  let last = performance.now();
  for (let at = 0; at < 200; at += 1) {
    scrollBy(0, 600);
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    frames.push(now - last);
    last = now;
  }
  return frames.sort((one, other) => one - other);
}"""


def rows(folder: Path, *, turns: int) -> Iterator[Row]:
    """Yield what a transcript of ``turns`` costs, in shares of what one of fifty does."""
    with coding_site(folder) as site, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        long, short = (_measured(site, browser, n) for n in (turns, SHORT))
        browser.close()
    name = f"coding page, {turns:,} turns"
    yield _row(f"{name}: first usable view / {SHORT} turns", long, short, "usable", "<= 6")
    yield _row(f"{name}: key to paint, median / {SHORT} turns", long, short, "key", "<= 1.5")
    yield _row(f"{name}: key to paint, p95 / {SHORT} turns", long, short, "slow_key", "<= 2")
    yield _row(f"{name}: scroll frame, median / {SHORT} turns", long, short, "frame", "<= 1.2")
    yield _row(f"{name}: scroll frame, p95 / {SHORT} turns", long, short, "slow_frame", "<= 4")


def _row(what: str, long: dict[str, float], short: dict[str, float], figure: str, goal: str) -> Row:
    return Row(what, long[figure] / short[figure], goal, f"{long[figure]:.0f} ms against {short[figure]:.0f} ms")


def _measured(site: CodingSite, browser: Browser, turns: int) -> dict[str, float]:
    parts = [("interviewer", ASKED) if place % 3 == 0 else ("respondent", SAID) for place in range(turns)]
    interview, _ = site.hold_interview(parts)
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    site.enter(page, "owner")
    usable = min(_usable(page, site.address(f"/interviews/{interview}")) for _ in range(ROUNDS))
    keys: list[float] = page.evaluate(KEYS)
    expect(page.locator("#saved")).to_have_attribute("data-state", "saved")
    frames: list[float] = page.evaluate(SCROLL)
    page.context.close()
    return {
        "usable": usable,
        "key": keys[len(keys) // 2],
        "slow_key": keys[len(keys) * 95 // 100],
        "frame": frames[len(frames) // 2],
        "slow_frame": frames[len(frames) * 95 // 100],
    }


def _usable(page: Page, address: str) -> float:
    """Return the milliseconds from asking for the page until its first statement takes keys."""
    page.goto(address, wait_until="commit")
    expect(page.locator("li[aria-current] .said")).to_be_focused()
    entry: dict[str, Any] = page.evaluate("performance.getEntriesByName('coding-usable')[0].toJSON()")
    return float(entry["startTime"])
