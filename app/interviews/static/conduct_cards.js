// A note on the page: a sheet to write on, its marks, and what became of it.

export function clockWords(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const two = (number) => String(number).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  const whole = minutes >= 60 ? `${Math.floor(minutes / 60)}:${two(minutes % 60)}` : String(minutes);
  return `${whole}:${two(seconds % 60)}`;
}

export function filled(sentence, values) {
  return sentence.replace(/%\((\w+)\)s/g, (_whole, name) => String(values[name]));
}

export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

export class Card {
  // `note` is null on a sheet that nobody has written on; `begin(stage)` makes one at the first letter.
  constructor({ template, words, sync, note, stage, begin, another, gone }) {
    Object.assign(this, { words, sync, note, begin, gone });
    this.element = template.content.firstElementChild.cloneNode(true);
    this.part = (name) => this.element.querySelector(`[data-${name}]`);
    this.text = this.element.querySelector("textarea");
    this.text.value = note?.text ?? "";
    this.part("stage").value = note ? (note.stage ?? "") : stage;
    this.text.addEventListener("input", () => this.#write({ text: this.text.value }));
    this.text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) another();
    });
    this.part("stage").addEventListener("change", () => this.note && this.#write({ stage: this.part("stage").value || null }));
    for (const chip of this.element.querySelectorAll("[data-mark]"))
      chip.addEventListener("click", () => this.#write({ mark: this.note?.mark === chip.dataset.mark ? null : chip.dataset.mark }));
    this.part("remove").addEventListener("click", () => this.#remove());
    this.part("retry").addEventListener("click", () => this.#retry());
    for (const choice of ["mine", "theirs", "both"]) this.part(`keep-${choice}`).addEventListener("click", () => this.#settle(choice));
    this.show();
  }

  get blank() {
    return !this.note;
  }

  #write(changes) {
    this.note ??= this.begin(this, this.part("stage").value || null);
    Object.assign(this.note, changes);
    this.sync.touch(this.note);
  }

  #remove() {
    if (this.note && this.note.text.trim() && !confirm(this.part("remove").textContent.trim() + "?")) return;
    if (this.note) {
      this.note.gone = true;
      this.sync.touch(this.note);
    }
    this.gone(this);
  }

  #retry() {
    this.note.refused = null;
    this.sync.now();
    this.show();
  }

  async #settle(choice) {
    await this.sync.settle(this.note, choice, newId());
    this.text.value = this.note.text;
    if (!this.sync.notes.has(this.note.id)) this.gone(this);
  }

  show() {
    const { note, words } = this;
    const at = note ? clockWords(note.start_ms) : "";
    this.part("time").textContent = at;
    if (note) this.text.setAttribute("aria-label", filled(words.note_at, { time: at }));
    this.part("state").textContent = note ? (note.dirty ? words.here : words.stored) : "";
    this.part("state").classList.toggle("waits", Boolean(note?.dirty));
    for (const chip of this.element.querySelectorAll("[data-mark]")) chip.setAttribute("aria-pressed", String(note?.mark === chip.dataset.mark));
    this.part("remove").hidden = !note;
    this.part("refused").hidden = !note?.refused;
    this.part("why").textContent = note?.refused?.words ?? "";
    this.part("clash").hidden = !note?.clash;
    if (note?.clash) {
      this.part("clash-words").textContent = note.clash.gone ? words.gone_there : words.clash;
      this.part("theirs").textContent = note.clash.text ?? "";
      this.part("keep-both").hidden = Boolean(note.clash.gone);
    }
  }
}
