// What is done to notes: every change is wanted at once, saved behind, and can be undone. Nothing of anybody is overwritten.

import { Saving } from "./coding-saving.js";
import { alike, fill, noteOf, shortened } from "./board-notes.js";

const MOST_UNDONE = 100;

export class Desk {
  // send(kept) returns how a note is sent, ``kept(id)`` being what the server is known to hold of it.
  constructor({ grid, words, send, standing, clash }) {
    Object.assign(this, { grid, words, standing, clash });
    const kept = (id) => this.saving.kept.get(id)?.document;
    this.saving = new Saving({ send: send(kept), alike, changed: (id) => this.#changed(id) });
    this.history = [];
    this.others = new Map();
    this.read();
  }

  // Takes what the grid shows for what the server holds, but for what is still on its way there.
  read() {
    for (const element of this.grid.road.querySelectorAll(".note[data-version]")) {
      const { id, version } = element.dataset;
      if (this.saving.recordOf(id)) continue;
      this.saving.hold(id, this.#shown(element), Number(version));
    }
  }

  busy(id) {
    return Boolean(this.saving.recordOf(id));
  }

  documentOf(id) {
    return this.saving.recordOf(id)?.document ?? this.saving.kept.get(id)?.document;
  }

  write(element, text) {
    const before = this.documentOf(element.dataset.id);
    if (!text && !element.dataset.rests) return before ? this.remove(element) : this.#drop(element);
    if (before?.text === text) return;
    const cell = this.grid.cellOf(element);
    const [stage, lane] = cell.dataset.cell.split("/");
    this.#want(element, before ? { ...before, text } : { stage, lane, text, party: null, touchpoint: null, removed: false });
  }

  move(element, cell, position) {
    const [stage, lane] = cell.dataset.cell.split("/");
    const before = this.documentOf(element.dataset.id);
    if (!before) return;
    this.grid.place(element, cell, this.grid.notesOf(cell).filter((one) => one !== element)[position] ?? null);
    this.#want(element, { ...before, stage, lane, position });
  }

  remove(element) {
    const before = this.documentOf(element.dataset.id);
    if (!before) return;
    element.hidden = true;
    this.grid.tidy(this.grid.cellOf(element));
    this.#want(element, { ...before, removed: true });
    this.standing.toast(fill(this.words.removed, { note: shortened(before.text || element.dataset.quoted || "") }), { undo: true });
  }

  // Takes the last step back: what was removed stands there again, what was moved or written is as it was.
  undo() {
    const step = this.history.pop();
    this.standing.undoable(this.history.length > 0);
    this.standing.toast("");
    if (!step) return null;
    const { element, before } = step;
    const document_ = before ?? { ...this.documentOf(element.dataset.id), removed: true };
    this.show(element, document_);
    this.saving.want(element.dataset.id, document_);
    return element;
  }

  // Shows a note as a document says.
  show(element, document_) {
    const cell = this.grid.cell(`${document_.stage}/${document_.lane}`);
    element.hidden = document_.removed;
    if (cell && (this.grid.cellOf(element) !== cell || document_.position !== undefined)) {
      const others = this.grid.notesOf(cell).filter((one) => one !== element);
      this.grid.place(element, cell, others[document_.position ?? others.length] ?? null);
    }
    this.showText(element, document_.text);
    if (cell) this.grid.tidy(cell);
  }

  showText(element, text) {
    element.dataset.text = text;
    const words = element.querySelector(".words");
    words.textContent = text || element.dataset.quoted || "";
    words.classList.toggle("quoted", !text);
  }

  settle(id, choice, text) {
    const element = this.others.get(id) ?? this.grid.note(id);
    const record = this.saving.recordOf(id);
    if (!record) return;
    if (choice === "theirs") return this.show(element, this.saving.takeTheirs(id));
    if (choice === "merged") record.document = { ...record.document, text, removed: false };
    this.show(element, record.document);
    this.saving.keepMine(id);
  }

  #shown(element) {
    const [stage, lane] = this.grid.cellOf(element).dataset.cell.split("/");
    return noteOf({ ...element.dataset, stage, lane, party: element.dataset.party || null, touchpoint: element.dataset.touchpoint || null });
  }

  #want(element, document_) {
    const { id } = element.dataset;
    const before = this.documentOf(id);
    const last = this.history.at(-1);
    // One stay in a note is one step, however often it was saved meanwhile.
    if (!(last?.element === element && last.open && before?.text !== document_.text)) this.history.push({ element, before, open: before?.text !== document_.text });
    if (this.history.length > MOST_UNDONE) this.history.shift();
    this.others.set(id, element);
    this.showText(element, document_.text);
    this.standing.undoable(true);
    this.saving.want(id, document_);
  }

  // The next change of a note is a step of its own.
  close() {
    if (this.history.length) this.history.at(-1).open = false;
  }

  #drop(element) {
    const cell = this.grid.cellOf(element);
    element.remove();
    this.grid.tidy(cell);
  }

  #changed(id) {
    const record = this.saving.recordOf(id);
    const element = this.others.get(id) ?? this.grid.note(id);
    if (record?.state === "stale" && this.#merge(id, record)) return;
    if (element) element.dataset.state = record?.state ?? "saved";
    const kept = this.saving.kept.get(id);
    if (element && kept) element.dataset.version = kept.version;
    this.standing.saved(this.saving.unsaved.map((one) => this.saving.stateOf(one)));
    if (record?.state === "stale") this.clash.open(id, record, (choice, text) => this.settle(id, choice, text));
    if (record?.state === "refused") this.standing.toast(record.words, { again: () => this.saving.again(id) });
  }

  // Where the other has changed another side of the note (its words here, its place there), both hold.
  #merge(id, record) {
    const base = this.saving.kept.get(id)?.document;
    const { document: mine, theirs } = record;
    if (!base || theirs.document.removed || mine.removed) return false;
    const both = { ...mine };
    if (mine.position === base.position) delete both.position;
    for (const side of [["text"], ["stage", "lane"], ["party"], ["touchpoint"]]) {
      const differs = (one, other) => side.some((name) => one[name] !== other[name]);
      if (!differs(theirs.document, base)) continue;
      if (differs(mine, base) && differs(mine, theirs.document)) return false;
      for (const name of side) both[name] = theirs.document[name];
    }
    record.document = both;
    const element = this.others.get(id) ?? this.grid.note(id);
    if (element && !element.querySelector("textarea")) this.show(element, both);
    this.saving.keepMine(id);
    return true;
  }
}
