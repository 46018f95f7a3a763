"""The coding page's own reckoning in a real browser: offsets of every script's texts, and saving whatever the line does."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page

from tests.support.server import DemoServer

pytestmark = pytest.mark.browser

in_browser = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None, max_examples=25
)
CLUSTERS = (
    "👨‍👩‍👧",
    "🇨🇳",
    "👍🏽",
    "😅",
    "𠮷",
    "\U0003106c",
    "e\u0301",
    "ก็",
    "한",
    "\r\n",
    "\n",
    "，",
    "。",
    "？",
    "“",
    "”",
    "好",
    "疼",
    "a",
    " ",
)
"""What people see as one character each, of one to five code points; then what ends a clause."""
texts = st.lists(
    st.one_of(st.sampled_from(CLUSTERS), st.characters(exclude_categories=["Cs"], exclude_characters="\x00")),
    max_size=30,
).map("".join)


@pytest.fixture(scope="module")
def modules(browser: Browser, demo_server: DemoServer) -> Iterator[Page]:
    """A page from which the modules can be imported: ``import("/static/0/name.js")``."""
    page = browser.new_page()
    page.goto(f"{demo_server.base_url}/sign-in")
    yield page
    page.close()


@in_browser
@given(st.lists(st.tuples(texts, st.randoms(use_true_random=False)), min_size=10, max_size=40))
def test_offsets_are_code_points(modules: Page, drawn: list[tuple[str, Any]]) -> None:
    asked = []
    for text, chance in drawn:
        start, end = sorted((chance.randint(0, len(text)), chance.randint(0, len(text))))
        asked.append([text, start, end])
    found = modules.evaluate(
        """async asked => {
          const points = await import("/static/0/coding-points.js");
          return asked.map(([text, start, end]) => ({
            length: points.lengthOf(text),
            cut: points.between(text, start, end),
            back: points.pointsAt(text, points.unitsAt(text, start)),
            within: Array.from({ length: text.length + 1 }, (_, unit) => points.pointsAt(text, unit)),
            clauses: points.clausesOf(text),
            characters: points.stopsOf(text, "character"),
            words: points.stopsOf(text, "word"),
            whole: points.whole(text, start, end),
          }));
        }""",
        asked,
    )
    for (text, start, end), one in zip(asked, found, strict=True):
        assert one["length"] == len(text)
        assert one["cut"] == text[start:end]
        assert one["back"] == start
        assert one["within"] == [_points_before(text, unit) for unit in range(len(text.encode("utf-16-le")) // 2 + 1)]
        for stops in (one["characters"], one["words"]):
            assert stops[0] == 0
            assert stops[-1] == len(text)
            assert stops == sorted(set(stops))
        previous = 0
        for first, last in one["clauses"]:
            assert previous <= first < last <= len(text)
            assert text[first:last] == text[first:last].strip("，。；、 \n\r")
            previous = last
        first, last = one["whole"]
        assert first <= start
        assert last >= end
        assert {first, last} <= set(one["characters"])


def _points_before(text: str, unit: int) -> int:
    """Return how many characters end at or before a UTF-16 offset, reckoned in another way than the module's."""
    ends, at = 0, 0
    for character in text:
        at += len(character.encode("utf-16-le")) // 2
        ends += at <= unit
    return ends


def test_clauses_and_characters_are_those_that_people_see(modules: Page) -> None:
    found = modules.evaluate(
        """async () => {
          const { clausesOf, stopsOf, between } = await import("/static/0/coding-points.js");
          const cut = text => clausesOf(text).map(([start, end]) => between(text, start, end));
          return [
            cut("我心想，“什么叫不适啊？”打电话，没人接。3.5 分😅"),
            cut("……"),
            stopsOf("👨‍👩‍👧🇨🇳👍🏽e\\u0301\\r\\n好", "character"),
          ];
        }"""
    )
    assert found == [["我心想", "什么叫不适啊？”", "打电话", "没人接", "3.5 分😅"], ["……"], [0, 5, 7, 9, 11, 13, 14]]


DOCUMENTS = st.lists(st.tuples(st.integers(0, 2), st.integers(-2, 2)), min_size=1, max_size=12)
ANSWERS = st.lists(st.sampled_from(["saved", "lost before", "lost after", "other window"]), max_size=14)

PLAY = """async ([wanted, faults]) => {
  const { Saving } = await import("/static/0/coding-saving.js");
  const { empty, same } = await import("/static/0/coding-document.js");
  const server = new Map();
  const underway = new Map();
  const overwritten = [];
  const queue = [];
  const told = [];
  let twice = false;
  const current = id => server.get(id) ?? { document: empty(), version: 0 };
  const store = (id, document, version) => {
    const now = current(id);
    if (now.version && same(now.document, document)) return { kind: "saved", version: now.version };
    if (version !== now.version) return { kind: "stale", document: now.document, version: now.version };
    if (now.foreign) overwritten.push([id, told.includes(`${id}:${now.version}`)]);
    server.set(id, { document, version: version + 1 });
    return { kind: "saved", version: version + 1 };
  };
  const send = async (id, document, version) => {
    twice ||= underway.get(id);
    underway.set(id, true);
    await null;
    const fault = faults.shift() ?? "saved";
    if (fault === "other window") {
      const now = current(id);
      server.set(id, { document: { ...empty(), memo: "theirs" }, version: now.version + 1, foreign: true });
    }
    const answer = fault === "lost before" ? { kind: "again" } : store(id, document, version);
    underway.set(id, false);
    return fault === "lost after" ? { kind: "again" } : answer;
  };
  const saving = new Saving({ send, changed: () => {}, later: act => queue.push(act), chance: () => 0 });
  const last = new Map();
  const settle = async () => {
    for (let round = 0; round < 200 && saving.unsaved.length; round += 1) {
      for (let tick = 0; tick < 12; tick += 1) await null;
      for (const id of saving.unsaved) {
        if (saving.stateOf(id) !== "stale") continue;
        told.push(`${id}:${saving.recordOf(id).theirs.version}`);
        saving.keepMine(id);
      }
      queue.splice(0).forEach(act => act());
    }
  };
  for (const [number, sentiment] of wanted) {
    const id = `s${number}`;
    const document = { ...empty(), sentiment };
    last.set(id, document);
    saving.want(id, document);
    if (sentiment % 2) for (let tick = 0; tick < 3; tick += 1) await null;
  }
  await settle();
  return {
    twice: Boolean(twice),
    unsaved: saving.unsaved.length,
    kept: [...last].every(([id, document]) => same(current(id).document, document)),
    overwritten: overwritten.every(([, known]) => known),
  };
}"""


@in_browser
@given(DOCUMENTS, ANSWERS)
def test_the_last_document_is_kept_whatever_the_line_does(
    modules: Page, wanted: list[tuple[int, int]], faults: list[str]
) -> None:
    """One request at a time for each statement, the newest document in the end, and nothing of others' overwritten unseen."""
    outcome = modules.evaluate(PLAY, [wanted, faults])
    assert outcome == {"twice": False, "unsaved": 0, "kept": True, "overwritten": True}
