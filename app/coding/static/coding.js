// The coding page: its parts put together, and what keys and buttons do.

import { Desk } from "./coding-desk.js";
import { Finding } from "./coding-finding.js";
import { keysOf } from "./coding-keys.js";
import { Panel } from "./coding-panel.js";
import { requests, seenOf } from "./coding-requests.js";
import { Rows, fill, shortened } from "./coding-rows.js";
import { Selecting, placeOf } from "./coding-selecting.js";
import { Standing } from "./coding-standing.js";

const state = JSON.parse(document.getElementById("state").textContent);
const reading = document.getElementById("reading");
const codes = new Map(state.codes.map((code) => [code.id, code]));
const letters = new Map(state.codes.filter((code) => code.shortcut && !code.retired).map((code) => [code.shortcut, code.id]));
if (reading.querySelector("li[data-id]")) begin();

function begin() {
  const { words } = state;
  const rows = new Rows(reading, codes, state, (id) => act.removeTag(id));
  const selecting = new Selecting(reading, (by) => selected(by));
  const standing = new Standing(words, (choice) => desk.settle(choice));
  const desk = new Desk({ state, rows, selecting, standing, send: requests(state), seen: (id) => seenOf(state.seen, id) });
  const keys = document.getElementById("keys");
  const sought = document.getElementById("sought");
  const undo = document.querySelector("[data-act=undo]");
  const redo = document.querySelector("[data-act=redo]");
  const stops = new Map([...document.querySelectorAll(".stages a")].map((stop) => [stop.textContent, stop]));

  const act = {
    move: (step) => desk.move(step),
    nextUnfinished: () => desk.nextUnfinished(),
    finish: () => desk.finish(),
    reopen: () => desk.reopen(),
    sentiment: (value) => desk.sentiment(value),
    emotion: (at) => (state.emotions[at] ? desk.emotion(state.emotions[at][0]) : false),
    emotionWait: () => desk.refuse(words.emotion_wait),
    emotionList: () => yes(panel.focusEmotions()),
    code: (id) => desk.code(id),
    excerpt: (step) => desk.chooseExcerpt(step),
    remove: () => desk.remove(desk.chosen ?? desk.document.excerpts.at(-1)?.id),
    removeTag: (id) => yes(desk.remove(id), desk.go(rows.current)),
    clause: (step) => yes(selecting.toClause(desk.place, step)),
    extend: (kind, step) => yes(selecting.extend(desk.place, kind, step)),
    cycleSelection: () => yes(selecting.cycle(desk.place)),
    selectWhole: () => yes(selecting.whole(desk.place)),
    swapEnds: () => hasSelection() && desk.refuse(selecting.swapEnds() ? words.from_end : words.from_start),
    hasSelection: () => hasSelection(),
    undo: () => desk.undo(),
    redo: () => desk.redo(),
    memo: () => yes(panel.focusMemo()),
    filter: () => yes(panel.focusFilter()),
    find: () => yes(sought.focus(), sought.select()),
    help: () => yes(keys.showModal()),
    close: () => keys.close(),
    escape: () => escape(),
  };
  const panel = new Panel(document.getElementById("coding"), codes, words, {
    sentiment: (value) => desk.sentiment(value),
    emotion: (label) => yes(desk.emotion(label), desk.show()),
    code: (id) => desk.code(id),
    memo: (text) => desk.memo(text),
    finish: () => desk.finish(),
    leave: () => back(),
    filtered: (n, name) => desk.refuse(n ? fill(words.filtered, { n, name }) : words.filtered_none),
  });
  new Finding({
    input: sought,
    output: document.getElementById("found"),
    rows: () => rows.all,
    namesOf: (row) => rows.namesOf(desk.documentOf(row.dataset.id)),
    go: (row) => desk.go(row, { focus: false }),
    words,
    leave: () => back(),
  });

  desk.onGo = (row) => showStage(row);
  desk.onShow = (document_, excerpt) => {
    panel.show(document_, excerpt);
    undo.disabled = !desk.history.done.length;
    redo.disabled = !desk.history.undone.length;
  };
  desk.onCount = (id, difference) => panel.count(id, difference);
  desk.onAllDone = () => document.querySelector("#next button")?.focus();
  desk.onClash = () => reading.contains(document.activeElement) && standing.clash.focus();

  function hasSelection() {
    return selecting.spanIn(desk.place) !== null;
  }

  function selected(by) {
    if (by === "mouse") {
      if (selecting.clipped) standing.say(words.only_one);
      selecting.clipped = false;
      const row = selecting.place?.closest("li");
      // A finger selects without a click: the statement it has touched is the one at hand.
      if (row && row !== rows.current && selecting.spanIn(selecting.place)) desk.go(row, { focus: false, reveal: false });
      return;
    }
    if (desk.chosen) {
      desk.chosen = null;
      desk.show();
    }
    standing.say(fill(words.selected, { quote: shortened(selecting.quoteOf(desk.place)) }));
  }

  function escape() {
    if (desk.chosen) {
      desk.chosen = null;
      desk.show();
      return true;
    }
    if (!hasSelection()) return false;
    selecting.clear();
    return desk.refuse(words.selected_none);
  }

  function back() {
    rows.current.querySelector(".said").focus({ preventScroll: true });
    selecting.show();
  }

  function showStage(row) {
    const stop = stops.get(row.querySelector(".stamp b")?.textContent);
    for (const each of stops.values()) each.toggleAttribute("aria-current", each === stop);
    stop?.setAttribute("aria-current", "true");
  }

  function wire() {
    const onKey = keysOf(act, (letter) => letters.get(letter));
    reading.addEventListener("keydown", (event) => {
      if (event.target.closest(".said") && !(event.target.closest("button, a") && ["Enter", " ", "Tab"].includes(event.key))) onKey(event);
    });
    reading.addEventListener("click", (event) => {
      const row = event.target.closest("li[data-id]");
      if (!row || event.target.closest("button")) return;
      if (event.target.closest(".context")) return;
      if (event.target.closest("a")) event.preventDefault();
      desk.go(row);
    });
    reading.addEventListener("focusin", (event) => {
      const row = event.target.closest("li[data-id]");
      if (row && row !== rows.current && event.target.closest(".said")) desk.go(row, { focus: false });
    });
    document.querySelector(".side").addEventListener("click", (event) => {
      const row = event.target.hash && document.querySelector(event.target.hash);
      if (!row) return;
      event.preventDefault();
      desk.go(row);
    });
    document.getElementById("work").addEventListener("click", (event) => {
      const button = event.target.closest(".tool");
      if (button) act[button.dataset.act]();
    });
    addEventListener("scroll", fit, { passive: true });
    addEventListener("resize", fit);
    addEventListener("online", () => desk.saving.retry());
    addEventListener("beforeunload", (event) => {
      if (desk.saving.unsaved.length) event.preventDefault();
    });
    document.getElementById("next")?.addEventListener("submit", (event) => {
      if (!desk.saving.unsaved.length) return;
      event.preventDefault();
      standing.say(standing.saved.textContent);
      setTimeout(() => event.target.requestSubmit(), 300);
    });
  }

  // The side and the panel reach from under the page's head to the lower edge, however far the head has scrolled away.
  function fit() {
    const cols = document.querySelector(".cols");
    const above = Math.max(57, Math.round(document.getElementById("panel").getBoundingClientRect().top));
    if (above !== fit.above) cols.style.setProperty("--above", `${(fit.above = above)}px`);
  }

  function nameKeys() {
    if (!/Mac|iP(?:hone|ad)/.test(navigator.platform)) return;
    for (const key of document.querySelectorAll("kbd[data-mac]")) key.textContent = key.dataset.mac;
  }

  document.getElementById("tools").hidden = false;
  document.getElementById("find").hidden = false;
  nameKeys();
  fit();
  wire();
  desk.drawNear();
  standing.showSaved([]);
  desk.go(rows.rowOf(state.current), { focus: document.activeElement === document.body });
  performance.mark("coding-usable");
}

function yes() {
  return true;
}
