// What the page says of itself: whether all is saved, what was just done, and two versions of one note side by side.

import { fill, merged } from "./board-notes.js";

export class Standing {
  constructor(words, { undo }) {
    this.words = words;
    this.line = document.getElementById("saved");
    this.box = document.getElementById("toast");
    this.buttons = [...document.querySelectorAll("[data-act=undo]")];
    for (const button of this.buttons) button.addEventListener("click", () => (this.again ? this.again() : undo()));
  }

  // ``states`` of the notes that are not saved yet.
  saved(states) {
    const state = ["stale", "refused", "offline"].find((one) => states.includes(one)) ?? (states.length ? "waiting" : "saved");
    const words = { saved: this.words.saved, waiting: this.words.saving, offline: this.words.offline, stale: this.words.stale, refused: this.words.refused }[state];
    const said = fill(words, { n: states.length });
    this.line.hidden = false;
    this.line.dataset.state = state === "refused" ? "stale" : state;
    if (this.line.textContent !== said) this.line.textContent = said;
  }

  undoable(can) {
    const [button] = this.buttons;
    button.disabled = !can;
  }

  toast(words, { undo = false, again = null } = {}) {
    this.again = again;
    this.box.hidden = !words;
    this.box.querySelector("span").textContent = words;
    const button = this.box.querySelector("button");
    button.hidden = !undo && !again;
    button.textContent = again ? this.words.again : this.words.undo;
    clearTimeout(this.gone);
    if (words && !again) this.gone = setTimeout(() => (this.box.hidden = true), 12_000);
  }
}

export class Clash {
  constructor(words) {
    this.words = words;
    this.box = document.getElementById("clash");
    this.waiting = [];
    this.box.addEventListener("click", (event) => {
      const { act } = event.target.closest("button")?.dataset ?? {};
      if (act) this.#choose(act);
    });
    // Esc leaves it for later: the note stays marked, and is asked about again when it is next touched.
    this.box.addEventListener("close", () => this.waiting.shift());
  }

  open(id, record, settle) {
    if (this.waiting.some((one) => one.id === id)) return;
    this.waiting.push({ id, record, settle });
    if (!this.box.open) this.#show();
  }

  #show() {
    const [{ record }] = this.waiting;
    const [theirs, mine] = [record.theirs.document, record.document].map((one) => (one.removed ? this.words.was_removed : one.text || this.words.quote_only));
    document.getElementById("clash-theirs").textContent = theirs;
    document.getElementById("clash-mine").textContent = mine;
    document.getElementById("clash-merged").value = record.theirs.document.removed || record.document.removed ? record.document.text : merged(record.theirs.document.text, record.document.text).slice(0, 200);
    this.box.showModal();
  }

  #choose(act) {
    const [{ settle }] = this.waiting;
    const text = document.getElementById("clash-merged").value.trim();
    if (act === "merged" && !text) return;
    this.box.close();
    settle(act, text);
    if (this.waiting.length > 1) setTimeout(() => this.waiting.length && !this.box.open && this.#show(), 0);
  }
}
