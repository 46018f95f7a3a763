// The page of a talk: one question at a time, a clock, and sheets to write on. Whatever is typed is on the device at once.
import { NoteStore } from "./conduct_store.js";
import { Sync } from "./conduct_sync.js";
import { Card, clockWords, filled, newId } from "./conduct_cards.js";
import { dropFrame, keepFrame } from "./conduct_frame.js";

const state = JSON.parse(document.getElementById("talk-state").textContent);
const { words } = state;
const root = document.querySelector("[data-talk]");
const template = document.getElementById("note-template");
// Of a kept frame the server's clock is of another day: the beginning is known from when the page last came from there.
const BEGUN = `xinlu-talk-begun:${state.interview}`;
const begunAt = state.frame ? Number(localStorage.getItem(BEGUN)) || state.begun : Date.now() - state.elapsed;
const elapsed = () => Math.max(0, Date.now() - begunAt);
const store = new NoteStore();
const sync = new Sync({ address: state.address, csrf: state.csrf, store, changed: show });
const cards = new Map();
let others = 0;
let elsewhere = false;
let kept = false;

const sections = [...root.querySelectorAll("[data-question]")];
const section = (key) => sections.find((one) => one.dataset.question === key) ?? sections.at(-1);
const placeOf = (note) => section(note.question ?? "free").dataset.question;

function addCard(key, note) {
  const place = section(key);
  const card = new Card({
    template,
    words,
    sync,
    note,
    stage: place.dataset.stage,
    another: () => another(key),
    begin: (_card, stage) =>
      sync.take({
        id: newId(),
        interview: state.interview,
        by: state.user,
        question: key === "free" ? null : key,
        stage,
        mark: null,
        text: "",
        start_ms: elapsed(),
        version: 0,
        dirty: true,
      }),
    gone: (one) => {
      one.element.remove();
      cards.set(key, cards.get(key).filter((other) => other !== one));
      if (!cards.get(key).some((other) => other.blank)) addCard(key, null);
      show();
    },
  });
  cards.get(key).push(card);
  place.querySelector("[data-notes]").append(card.element);
  return card;
}

function another(key) {
  const blank = cards.get(key).find((card) => card.blank) ?? addCard(key, null);
  blank.text.focus();
}

function go(key, { focus = true } = {}) {
  for (const one of sections) one.hidden = one.dataset.question !== key;
  for (const link of root.querySelectorAll(".rail a")) {
    if (link.dataset.go === key && (!link.classList.contains("rail-stage") || key === "free")) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  for (const part of root.querySelectorAll(".rail > ol > li")) part.classList.toggle("here", Boolean(part.querySelector(`[data-go="${key}"]`)));
  history.replaceState(null, "", `?q=${key}`);
  if (!focus) return;
  section(key).querySelector("h2").focus({ preventScroll: true });
  root.querySelector(".talk-columns").scrollIntoView({ block: "start" });
}

function notice(sentence) {
  const line = document.createElement("p");
  // Waiting for a network is nothing wrong: everything is kept.
  line.className = [words.waiting, words.frame_only].includes(sentence) ? "notice" : "notice wrong";
  line.textContent = sentence;
  return line;
}

function show() {
  const waiting = sync.unsent.length;
  const told = root.querySelector("[data-unsent]");
  const sentence = waiting ? filled(words.unsent, { n: waiting }) : words.all_stored;
  if (told.textContent !== sentence) told.textContent = sentence;
  told.classList.toggle("waits", waiting > 0);
  const lines = [];
  if (elsewhere) lines.push(words.other_tab);
  if (state.frame) lines.push(words.frame_only);
  if (!store.durable) lines.push(words.not_kept);
  if (waiting && sync.trouble) lines.push(words[sync.trouble]);
  if (others) lines.push(filled(words.others, { n: others }));
  const notices = root.querySelector("[data-notices]");
  if (notices.textContent !== lines.join("")) notices.replaceChildren(...lines.map(notice));
  for (const [key, those] of cards) {
    for (const card of those) card.show();
    const count = those.filter((card) => !card.blank).length;
    for (const one of root.querySelectorAll(`[data-count="${key}"]`)) one.textContent = count || "";
  }
  const restart = root.querySelector("[data-restart]");
  if (restart) restart.hidden = sync.notes.size > 0;
}

function tick() {
  root.querySelector("[data-clock]").textContent = clockWords(elapsed());
}

async function finishing(event) {
  const line = root.querySelector("[data-finish-waits]");
  const waiting = sync.unsent.length;
  line.hidden = !waiting;
  if (waiting) {
    event.preventDefault();
    line.textContent = filled(words.finish_waits, { n: waiting });
    sync.now();
    return;
  }
  event.preventDefault();
  if (state.frame || !navigator.onLine) {
    line.hidden = false;
    line.textContent = words.finish_later;
    return;
  }
  const form = event.target;
  const held = Object.fromEntries([...sync.notes.values()].map((note) => [note.id, note.version]));
  form.elements.held.value = JSON.stringify(held);
  localStorage.removeItem(BEGUN);
  await dropFrame(state.address);
  form.submit();
}

async function notesOfBoth() {
  const kept = await store.all(state.interview);
  others = kept.filter((note) => note.by !== state.user).length;
  const found = new Map(state.notes.map((note) => [note.id, { ...note, interview: state.interview, by: state.user, dirty: false }]));
  for (const note of kept.filter((one) => one.by === state.user)) found.set(note.id, { ...note, dirty: true });
  return [...found.values()].sort((one, other) => one.start_ms - other.start_ms);
}

async function begin() {
  const known = (await notesOfBoth()).map((note) => sync.take(note));
  for (const one of sections) {
    const key = one.dataset.question;
    cards.set(key, []);
    one.querySelector("[data-notes]").replaceChildren();
    for (const note of known) if (!note.gone && placeOf(note) === key) addCard(key, note);
    addCard(key, null);
    const line = one.querySelector("[data-another-line]");
    line.hidden = false;
    line.querySelector("[data-another]").addEventListener("click", () => another(key));
  }
  for (const link of root.querySelectorAll("[data-go]"))
    link.addEventListener("click", (event) => {
      event.preventDefault();
      go(link.dataset.go);
    });
  root.querySelector("[data-finish]").addEventListener("submit", finishing);
  // The words are safe; but where its frame could not be kept, this page opens again only with a network.
  addEventListener("beforeunload", (event) => {
    if (sync.unsent.length && sync.trouble && !kept) event.preventDefault();
  });
  setInterval(tick, 1000);
  tick();
  root.dataset.ready = "true";
  if (state.frame) kept = true;
  else {
    localStorage.setItem(BEGUN, String(begunAt));
    keepFrame(state.address).then((told) => {
      kept = told;
      root.dataset.kept = String(told);
      root.querySelector("[data-not-kept]").hidden = told;
      root.querySelector("[data-kept-here]").hidden = !told;
    });
  }
  sync.now();
  show();
}

// Two tabs of one talk would take turns at the same notes: the first one has them.
function alone(work) {
  if (!navigator.locks) return work();
  return navigator.locks.request(`xinlu-talk-${state.interview}`, { ifAvailable: true }, async (lock) => {
    if (!lock) {
      elsewhere = true;
      for (const field of root.querySelectorAll("textarea, select, .note button, .ending button")) field.disabled = true;
      return show();
    }
    await work();
    return new Promise(() => {});
  });
}

alone(begin);
