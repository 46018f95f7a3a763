// Coding: what keys, buttons and fields want becomes another document, a step that can be undone, and something to save.

import { documentOf, empty, excerptAt, same, withEmotion, withExcerpt, withMemo, withSentiment, withoutExcerpt } from "./coding-document.js";
import { History } from "./coding-history.js";
import { lengthOf } from "./coding-points.js";
import { fill, shortened } from "./coding-rows.js";
import { Saving } from "./coding-saving.js";

export class Desk {
  constructor({ state, rows, selecting, standing, send, seen }) {
    Object.assign(this, { state, words: state.words, rows, selecting, standing, seen, chosen: null });
    this.documents = new Map();
    this.history = new History();
    this.saving = new Saving({ send, changed: (id) => this.savedChanged(id) });
    const batch = rows.all.filter((row) => !row.hasAttribute("data-earlier"));
    this.batch = new Set(batch.map((row) => row.dataset.id));
    this.finished = batch.filter((row) => row.hasAttribute("data-done")).length;
    for (const [id, coding] of Object.entries(state.codings)) {
      this.documents.set(id, documentOf(coding));
      this.saving.hold(id, this.documents.get(id), coding.version);
    }
  }

  get id() {
    return this.rows.current.dataset.id;
  }

  get place() {
    return this.rows.textOf(this.rows.current);
  }

  documentOf(id) {
    return this.documents.get(id) ?? empty();
  }

  get document() {
    return this.documentOf(this.id);
  }

  // A long text is drawn as its reader comes near.
  drawNear() {
    const near = new IntersectionObserver(
      (chunks) => {
        for (const { isIntersecting, target } of chunks) {
          if (!isIntersecting) continue;
          near.unobserve(target);
          for (const row of target.querySelectorAll("li[data-id]")) {
            const document_ = this.documentOf(row.dataset.id);
            if (row !== this.rows.current && document_.excerpts.length) this.rows.show(row, document_);
          }
        }
      },
      { rootMargin: "1500px 0px" },
    );
    for (const chunk of this.rows.reading.querySelectorAll(".chunk")) near.observe(chunk);
  }

  // Walking about.

  go(row, { focus = true, reveal = true } = {}) {
    if (row !== this.rows.current) {
      const before = this.rows.current;
      this.chosen = null;
      this.rows.choose(row);
      if (before && this.documentOf(before.dataset.id).excerpts.length) this.rows.show(before, this.documentOf(before.dataset.id));
      if (this.selecting.place && this.selecting.place !== this.place) this.selecting.clear();
    }
    if (focus) row.querySelector(".said").focus({ preventScroll: true });
    this.show();
    if (reveal) this.rows.reveal(row);
    this.standing.showPlace(this.rows.at + 1 - (this.rows.all.length - this.batch.size), this.batch.size);
    this.onGo(row);
  }

  move(step) {
    const row = this.rows.all[this.rows.at + step];
    if (row) this.go(row);
    else this.standing.say(step > 0 ? this.words.last : this.words.first);
    return true;
  }

  nextUnfinished() {
    const row = this.unfinishedAfter(this.rows.at);
    if (row) this.go(row);
    else this.standing.say(this.words.no_more);
    return true;
  }

  unfinishedAfter(at) {
    const open = (row) => !row.hasAttribute("data-done");
    return this.rows.all.slice(at + 1).find(open) ?? this.rows.all.slice(0, at).find(open);
  }

  show() {
    const excerpt = this.document.excerpts.find((one) => one.id === this.chosen);
    if (!excerpt) this.chosen = null;
    this.rows.show(this.rows.current, this.document, this.chosen);
    this.selecting.show();
    this.onShow(this.document, excerpt);
  }

  // Changing what is said.

  change(after, words, more = {}) {
    const [id, before] = [this.id, this.document];
    if (same(before, after)) return true;
    this.history.add({ id, before, after, ...more });
    this.put(id, after);
    if (words) this.standing.say(words);
    return true;
  }

  put(id, after) {
    const before = this.documentOf(id);
    this.documents.set(id, after);
    this.countFinished(id, before, after);
    for (const one of before.excerpts) this.onCount(one.code, -1);
    for (const one of after.excerpts) this.onCount(one.code, 1);
    if (id === this.id) this.show();
    else this.rows.show(this.rows.rowOf(id), after);
    this.saving.want(id, after);
  }

  countFinished(id, before, after) {
    if (this.batch.has(id)) this.finished += Number(after.done) - Number(before.done);
    this.standing.showDone(this.finished, this.batch.size);
  }

  sentiment(value) {
    const again = this.document.sentiment === value;
    const words = again ? this.words.unscored : fill(this.words.scored, { name: this.state.scale[value] });
    return this.change(withSentiment(this.document, again ? null : value), words);
  }

  emotion(label) {
    const after = withEmotion(this.document, label);
    if (!after) return this.refuse(this.words.emotion_full);
    const words = after.emotions.includes(label) ? this.words.emotion_on : this.words.emotion_off;
    return this.change(after, fill(words, { name: this.rows.emotions.get(label) }));
  }

  // On what is selected, else on the whole statement; taken off where it stands exactly there already.
  code(codeId) {
    const text = this.place.textContent;
    const [start, end] = this.selecting.spanIn(this.place) ?? [0, lengthOf(text)];
    if (start === end) return true;
    const quote = this.selecting.spanIn(this.place) ? shortened(this.selecting.quoteOf(this.place)) : this.words.whole;
    const there = excerptAt(this.document, codeId, start, end);
    const after = there
      ? withoutExcerpt(this.document, there.id)
      : withExcerpt(this.document, { id: crypto.randomUUID(), code: codeId, start, end, memo: "" });
    if (!after) return this.refuse(this.words.code_full);
    return this.change(after, fill(there ? this.words.code_off : this.words.code_on, { quote, name: this.rows.codeOf(codeId).name }));
  }

  remove(excerptId) {
    const excerpt = this.document.excerpts.find((one) => one.id === excerptId);
    if (!excerpt) return this.refuse(this.words.no_codes_here);
    const quote = shortened(this.quoteOf(excerpt));
    const words = fill(this.words.code_off, { quote, name: this.rows.codeOf(excerpt.code).name });
    return this.change(withoutExcerpt(this.document, excerptId), words);
  }

  // The next or the one before of this statement's excerpts; without one chosen, the last that was put on it.
  chooseExcerpt(step) {
    const { excerpts } = this.document;
    if (!excerpts.length) return this.refuse(this.words.no_codes_here);
    const at = excerpts.findIndex((one) => one.id === this.chosen);
    const next = excerpts[at < 0 ? (step > 0 ? 0 : excerpts.length - 1) : (at + step + excerpts.length) % excerpts.length];
    this.chosen = next.id;
    this.selecting.clear();
    this.show();
    this.standing.say(fill(this.words.chosen, { quote: shortened(this.quoteOf(next)), name: this.rows.codeOf(next.code).name }));
    return true;
  }

  quoteOf(excerpt) {
    return [...this.place.textContent].slice(excerpt.start, excerpt.end).join("");
  }

  memo(text) {
    this.change(withMemo(this.document, text, this.chosen), "", { kind: "memo", of: this.chosen });
  }

  finish() {
    if (this.document.sentiment === null) return this.refuse(this.words.score_first);
    this.selecting.clear();
    const row = this.rows.current;
    this.change({ ...this.document, done: true }, "");
    const next = this.state.kind === "queue" ? this.unfinishedAfter(this.rows.at) : this.rows.all[this.rows.at + 1];
    this.standing.say(next ? this.words.done : this.words.all_done);
    if (next && next !== row) this.go(next);
    else this.onAllDone();
    return true;
  }

  reopen() {
    return this.change({ ...this.document, done: false }, this.words.reopened);
  }

  refuse(words) {
    this.standing.say(words);
    return true;
  }

  // Undoing, over all statements.

  undo() {
    return this.replay(this.history.undo(), "before", this.words.undone, this.words.nothing_to_undo);
  }

  redo() {
    return this.replay(this.history.redo(), "after", this.words.redone, this.words.nothing_to_redo);
  }

  replay(step, side, words, otherwise) {
    if (!step) return this.refuse(otherwise);
    this.go(this.rows.rowOf(step.id));
    this.put(step.id, step[side]);
    this.standing.say(words);
    return true;
  }

  // Being saved.

  savedChanged(id) {
    const record = this.saving.recordOf(id);
    this.rows.rowOf(id).toggleAttribute("data-unsaved", Boolean(record));
    this.standing.showSaved(this.saving.unsaved.map((one) => this.saving.stateOf(one)));
    if (record?.state === "refused") this.standing.showRefused(record.words);
    else if (!this.saving.unsaved.some((one) => this.saving.stateOf(one) === "refused")) this.standing.showRefused(null);
    this.showClash();
    if (!record && this.documentOf(id).done) this.lookAgain(id);
  }

  async lookAgain(id) {
    const row = this.rows.rowOf(id);
    if (!row.dataset.hidden || row.dataset.hidden === "never") return;
    const list = await this.seen(id);
    if (!list) return;
    this.rows.takeSeen(row, list);
    if (row === this.rows.current) this.show();
  }

  get clashing() {
    return this.saving.unsaved.find((id) => this.saving.stateOf(id) === "stale");
  }

  showClash() {
    const id = this.clashing;
    if (!id) return this.standing.hideClash();
    const { theirs } = this.saving.recordOf(id);
    this.standing.showClash(this.rows.inWords(theirs.document), this.rows.inWords(this.documentOf(id)));
    if (this.told !== id) this.onClash(id);
    this.told = id;
  }

  settleRefused(choice) {
    for (const id of this.saving.unsaved.filter((one) => this.saving.stateOf(one) === "refused")) {
      if (choice === "again") this.saving.again(id);
      else this.giveBack(id, this.saving.drop(id) ?? empty());
    }
    this.go(this.rows.current);
  }

  // A document that stands on the server takes the place of the one here.
  giveBack(id, document_) {
    this.history.forget(id);
    this.countFinished(id, this.documentOf(id), document_);
    this.documents.set(id, document_);
    this.rows.show(this.rows.rowOf(id), document_);
  }

  settle(choice) {
    if (choice === "again" || choice === "drop") return this.settleRefused(choice);
    const id = this.clashing;
    this.told = null;
    if (choice === "mine") {
      this.saving.keepMine(id);
    } else {
      this.giveBack(id, this.saving.takeTheirs(id));
    }
    this.showClash();
    this.go(this.rows.rowOf(id));
  }
}
