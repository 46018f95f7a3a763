// The form of an entry: faces or a slider, what depends on what, where and when it happened. Without this file all of it is there.
import { prepareCues } from "./cues.js";
import { isoInZone } from "./moments.js";

const MOOD_KEY = "xinlu.mood";
const TYPE_COOKIE = "xinlu_type";
const HOUR = 3_600_000;
const LEAST = HOUR / 2;
const STEP = 300_000;
const DAY = 24 * HOUR;

// Prepares the form once. With `facts` and `propose` the stage is proposed anew: the page may have been kept for days.
export function prepareForm(form, { facts = null, propose = false } = {}) {
  if (form.dataset.ready) return;
  form.dataset.ready = "yes";
  document.documentElement.classList.add("js");
  const words = JSON.parse(form.dataset.words ?? "{}");
  for (const mood of form.querySelectorAll("[data-mood]")) prepareMood(mood, words);
  prepareConditions(form);
  preparePlace(form, words, propose ? facts : null);
  for (const area of form.querySelectorAll("textarea[data-most]")) prepareCount(area);
  prepareSubmit(form, words);
  prepareTypeSize();
  prepareVoice(form);
  prepareCues(form);
}

// Returns the stage, of those in `facts`, that somebody is most likely in `now`; the same rule as the server's.
export function proposeStage({ stages, anchor_on: anchor, zone }, lastKey, now = Date.now()) {
  const last = stages.find((stage) => stage.key === lastKey);
  if (!anchor) return (last ?? stages[0]).key;
  const day = Math.round((Date.parse(isoInZone(now, zone).slice(0, 10)) - Date.parse(anchor)) / DAY);
  const spans = ({ day_from: from, day_to: to }) => (from ?? to) !== null && (from ?? day) <= day && day <= (to ?? day);
  const spanning = stages.filter(spans);
  if (!spanning.length || spanning.includes(last)) return (last ?? stages[0]).key;
  return (spanning.find((stage) => !last || stages.indexOf(stage) >= stages.indexOf(last)) ?? spanning[0]).key;
}

// Returns [label, local time] of the parts of the day begun before the local time `now`, latest first (app/diary/moments.py).
export function partsUntil(parts, now) {
  const local = Date.parse(`${now}Z`);
  const midnight = local - (local % DAY);
  const begun = [];
  for (const [label, first, last] of parts) {
    const start = midnight + first * HOUR;
    const end = Math.min(midnight + last * HOUR, local);
    const middle = start + (end - start) / 2;
    if (end - start >= LEAST) begun.unshift([label, new Date(middle - (middle % STEP)).toISOString().slice(0, 16)]);
  }
  return begun;
}

// One value in one field: the slider has no name of its own, it chooses among the faces.
function prepareMood(mood, words) {
  const faces = mood.querySelector(".faces");
  const radios = [...faces.querySelectorAll("input")];
  const box = mood.querySelector(".slider");
  const slider = box.querySelector("input");
  const told = box.querySelector("output");
  const swap = mood.querySelector(".swap");
  const follow = () => {
    const chosen = radios.find((radio) => radio.checked);
    if (chosen) slider.value = chosen.value;
    const word = chosen?.closest("label").querySelector(".word").textContent;
    told.textContent = word ?? words.drag;
    slider.setAttribute("aria-valuetext", word ?? words.unset);
    box.classList.toggle("unset", !chosen);
  };
  const show = (sliding) => {
    faces.hidden = sliding;
    box.hidden = !sliding;
    mood.classList.toggle("sliding", sliding);
    swap.textContent = sliding ? swap.dataset.faces : swap.dataset.slider;
  };
  const choose = () => {
    const radio = radios[slider.value - 1];
    if (radio.checked) return;
    radio.checked = true;
    radio.dispatchEvent(new Event("change", { bubbles: true }));
  };
  slider.addEventListener("input", choose);
  // The middle is where the knob stands: touching it there, or Enter, chooses it.
  slider.addEventListener("pointerup", choose);
  slider.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    choose();
  });
  faces.addEventListener("change", follow);
  swap.addEventListener("click", () => {
    const sliding = box.hidden;
    remember(sliding ? "slider" : "faces");
    show(sliding);
  });
  swap.hidden = false;
  follow();
  show(remembered() === "slider");
}

function remembered() {
  try {
    return localStorage.getItem(MOOD_KEY);
  } catch {
    return null; // Storage that is switched off only means that it is not remembered.
  }
}

function remember(which) {
  try {
    localStorage.setItem(MOOD_KEY, which);
  } catch {
    // As above.
  }
}

function prepareConditions(form) {
  const cards = [...form.querySelectorAll("[data-if]")];
  const follow = () => {
    // What depends on a question that is itself hidden is hidden too, so that one pass may bring about the next.
    for (let left = cards.length, changed = true; changed && left >= 0; left -= 1) {
      changed = false;
      for (const card of cards) {
        const wanted = card.dataset.is.split(" ");
        const answers = [...form.querySelectorAll(`[name="${card.dataset.if}"]:checked:enabled`)];
        const asked = answers.some((answer) => wanted.includes(answer.value));
        if (card.hidden === asked) changed = true;
        card.hidden = !asked;
        for (const control of card.querySelectorAll("input, textarea")) control.disabled = !asked;
      }
    }
  };
  if (!cards.length) return;
  form.addEventListener("change", follow);
  follow();
}

function preparePlace(form, words, facts) {
  const stages = form.querySelector("[data-stages]");
  if (!stages) return;
  const slot = form.querySelector("[data-touchpoints]");
  const groups = [...form.querySelectorAll(".touchpoints")];
  slot.append(...groups);
  const parts = form.querySelector("[data-parts]");
  if (facts) {
    const key = proposeStage(facts, stages.dataset.last);
    const proposed = form.querySelector(`input[name=stage][value="${key}"]`);
    if (proposed) proposed.checked = true;
  }
  const follow = () => {
    const stage = form.querySelector("input[name=stage]:checked");
    const when = form.querySelector("input[name=when]:checked");
    for (const group of groups) group.hidden = group.dataset.of !== stage?.value;
    if (stage) tell(form, "stage", words.stage.replace("%(stage)s", plain(stage.closest("label"))));
    if (when) tell(form, "when", words[when.value] ?? plain(when.closest("label")));
  };
  const refresh = () => {
    if (!document.hidden) offerParts(parts, Date.now());
  };
  form.addEventListener("change", follow);
  document.addEventListener("visibilitychange", refresh);
  refresh();
  follow();
}

function offerParts(row, now) {
  const local = isoInZone(now, row.dataset.zone).slice(0, 16);
  const present = [...row.querySelectorAll(".part")];
  const offered = partsUntil(JSON.parse(row.dataset.parts), local);
  for (const part of present) if (!part.querySelector("input").checked) part.remove();
  const last = row.lastElementChild;
  for (const [label, value] of offered) {
    if (row.querySelector(`input[value="${value}"]`)) continue;
    const part = last.cloneNode(true);
    part.classList.add("part");
    const radio = part.querySelector("input");
    radio.removeAttribute("checked");
    radio.checked = false;
    radio.value = value;
    part.querySelector(".chip").textContent = label;
    last.before(part);
  }
  row.closest("fieldset").querySelector("[name=occurred_local]").max = local;
}

function tell(form, what, words) {
  form.querySelector(`[data-told=${what}]`).textContent = words;
}

// How much has been written: code points, as the server counts them; not while a syllable or a spoken phrase is still being put together.
export function prepareCount(area) {
  const words = document.getElementById(area.dataset.count);
  const told = words.textContent;
  const count = () => {
    const length = [...area.value.trim()].length;
    words.textContent = length ? `${length} / ${area.dataset.most}` : told;
    words.classList.toggle("problem", length > Number(area.dataset.most));
  };
  area.addEventListener("input", (event) => event.isComposing || count());
  area.addEventListener("compositionend", count);
  count();
}

// What the server would refuse is said before anything is sent. A second tap makes no second entry, only a second wait.
function prepareSubmit(form, words) {
  const buttons = () => document.querySelectorAll(`button[form="${form.id}"]`);
  const once = "once" in form.dataset;
  delete form.dataset.once;
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent || !isComplete(form, words)) {
      event.preventDefault();
      return;
    }
    // Whoever sends it in another way has prevented it by then, and keeps count itself.
    setTimeout(() => {
      if (!once || event.defaultPrevented) return;
      form.dataset.sent = "yes";
      for (const button of buttons()) button.setAttribute("aria-disabled", "true");
    });
  });
  form.addEventListener("change", ({ target }) => clear(target.closest(".card")));
  form.addEventListener("input", ({ target }) => clear(target.closest(".card")));
  addEventListener("pageshow", () => {
    if (!form.dataset.sent) return;
    delete form.dataset.sent;
    for (const button of buttons()) button.removeAttribute("aria-disabled");
  });
}

function isComplete(form, words) {
  const answered = (card) =>
    [...card.querySelectorAll("[name^='answers.']:enabled")].some((one) =>
      one.tagName === "TEXTAREA" ? one.value.trim() : one.checked,
    );
  const cards = [...form.querySelectorAll(".card")].filter((card) => !card.hidden);
  const wrong = cards.filter((card) => "required" in card.dataset && !answered(card));
  for (const card of wrong) complain(card, words.missing);
  if (!wrong.length && !cards.some(answered)) {
    wrong.push(cards[0]);
    complain(cards[0], words.empty);
  }
  const local = form.elements.occurred_local;
  if (local && form.querySelector("input[name=when][value=earlier]:checked")) {
    const problem = local.value ? local.value > local.max && words.future : words.no_time;
    if (problem) {
      wrong.push(local.closest(".card"));
      complain(local.closest(".card"), problem);
    }
  }
  open(wrong[0]);
  return !wrong.length;
}

function complain(card, message) {
  clear(card);
  const problem = document.createElement("span");
  problem.className = "problem";
  problem.dataset.own = "";
  problem.setAttribute("role", "alert");
  problem.textContent = message;
  card.classList.add("refused");
  (card.querySelector("legend, .label") ?? card.firstElementChild).after(problem);
}

function clear(card) {
  for (const problem of card?.querySelectorAll("[data-own]") ?? []) {
    problem.remove();
    card.classList.remove("refused");
  }
}

function open(card) {
  if (!card) return;
  for (const folded of [card.closest("details"), card.querySelector("details")]) if (folded) folded.open = true;
  card.scrollIntoView({ block: "center" });
  card.querySelector("input:not([type=hidden]):enabled, textarea")?.focus({ preventScroll: true });
}

// Whether there is a microphone to speak to is known before capture.js is there; a tap that came first is remembered for it.
function prepareVoice(form) {
  const button = form.querySelector("[data-record]");
  if (!button || !navigator.mediaDevices?.getUserMedia || !window.MediaRecorder || !window.OfflineAudioContext) return;
  button.hidden = false;
  form.elements.voice.closest("label").hidden = true;
  button.addEventListener("click", () => (button.dataset.wanted = "yes"), { once: true });
}

// Following the link would cost what was typed where drafts are not kept; the cookie tells the server all the same. A page
// that was kept for a visit without a network is as it was then, and follows the cookie.
function prepareTypeSize() {
  const { classList } = document.documentElement;
  const link = document.querySelector(".type-size");
  const draw = (large) => {
    if (large === classList.contains("large")) return;
    classList.toggle("large", large);
    if (!link) return;
    [link.textContent, link.dataset.other] = [link.dataset.other, link.textContent];
    link.href = `?type=${large ? "usual" : "large"}`;
  };
  const size = document.cookie.match(new RegExp(`(?:^|; )${TYPE_COOKIE}=(large|usual)`));
  if (size) draw(size[1] === "large");
  link?.addEventListener("click", (event) => {
    event.preventDefault();
    draw(!classList.contains("large"));
    const secure = location.protocol === "https:" ? "; Secure" : "";
    const chosen = classList.contains("large") ? "large" : "usual";
    document.cookie = `${TYPE_COOKIE}=${chosen}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
  });
}

function plain(label) {
  return (label.querySelector(".word, .chip") ?? label).textContent.replace(/\s+/g, " ").trim();
}
