// Saves documents: one request under way for each statement, the newest document of it next, tried again until it is kept.
// A document that stands otherwise on the server is never overwritten: it waits until a person has chosen.

import { same } from "./coding-document.js";

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30_000;

// send(id, document, version) resolves to { kind, coding?, words? } with kind saved, stale, refused or again (as when there is
// no network); changed(id) is called whenever the state of a statement is another one.
export class Saving {
  constructor({ send, changed, alike = same, later = (act, ms) => setTimeout(act, ms), chance = Math.random }) {
    Object.assign(this, { send, changed, alike, later, chance });
    this.kept = new Map();
    this.records = new Map();
  }

  // What the server is known to hold.
  hold(id, document, version) {
    this.kept.set(id, { document, version });
  }

  want(id, document) {
    const record = this.records.get(id) ?? { tries: 0, busy: false, state: "waiting" };
    record.document = document;
    this.records.set(id, record);
    if (record.state === "refused") record.state = "waiting";
    this.push(id);
  }

  // waiting (also: on its way), offline (will be tried again), stale, refused, or saved.
  stateOf(id) {
    return this.records.get(id)?.state ?? "saved";
  }

  recordOf(id) {
    return this.records.get(id);
  }

  get unsaved() {
    return [...this.records.keys()];
  }

  retry() {
    for (const [id, record] of this.records) {
      if (record.state !== "offline") continue;
      record.tries = 0;
      this.push(id);
    }
  }

  // What was refused is tried once more, such as after signing in again ...
  again(id) {
    const record = this.records.get(id);
    if (record?.state !== "refused") return;
    record.state = "waiting";
    this.push(id);
  }

  // ... or given up; returns what the server holds, or undefined.
  drop(id) {
    this.records.delete(id);
    this.changed(id);
    return this.kept.get(id)?.document;
  }

  // A person has seen what stands on the server, and wants theirs kept all the same.
  keepMine(id) {
    const record = this.records.get(id);
    if (record?.state !== "stale") return;
    this.hold(id, record.theirs.document, record.theirs.version);
    record.state = "waiting";
    this.push(id);
  }

  // ... or takes what stands there; returns it.
  takeTheirs(id) {
    const { theirs } = this.records.get(id);
    this.hold(id, theirs.document, theirs.version);
    this.records.delete(id);
    this.changed(id);
    return theirs.document;
  }

  async push(id) {
    const record = this.records.get(id);
    if (!record || record.busy || record.state === "stale" || record.state === "refused") return;
    const kept = this.kept.get(id);
    if (kept && this.alike(kept.document, record.document)) {
      this.records.delete(id);
      this.changed(id);
      return;
    }
    record.busy = true;
    this.changed(id);
    const sent = record.document;
    const answer = await this.send(id, sent, kept?.version ?? 0);
    record.busy = false;
    this.take(id, record, sent, answer);
    this.changed(id);
  }

  take(id, record, sent, answer) {
    if (answer.kind === "saved") {
      this.hold(id, sent, answer.version);
      Object.assign(record, { tries: 0, state: "waiting" });
      this.push(id);
    } else if (answer.kind === "stale") {
      Object.assign(record, { state: "stale", theirs: { document: answer.document, version: answer.version } });
      // Both say the same, such as when an answer was lost on its way: nothing to choose.
      if (this.alike(answer.document, record.document)) this.takeTheirs(id);
    } else if (answer.kind === "refused") {
      Object.assign(record, { state: "refused", words: answer.words });
    } else {
      record.tries += 1;
      record.state = "offline";
      const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(record.tries - 1, 6));
      this.later(() => this.push(id), wait * (0.5 + this.chance() / 2));
    }
  }
}
