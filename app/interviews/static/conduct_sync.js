// Sends notes until the server has them, each under an id that this device made. Whatever is no answer of ours is the line's
// fault and is tried again; a refusal that stays is shown and stands in no other note's way.
const AFTER_TYPING = 1200;
const FIRST_WAIT = 1000;
const LONGEST_WAIT = 60_000;
const ANSWER_WITHIN = 20_000;
const MOST_TRIED = 20;

const KEPT = ["id", "interview", "by", "question", "stage", "mark", "text", "start_ms", "version", "gone", "tried"];

export function contentOf(note) {
  const { text, question, stage, mark, start_ms } = note;
  return { text, question, stage, mark, start_ms };
}

function keyOf(note) {
  return JSON.stringify(Object.values(contentOf(note)));
}

function rowOf(note) {
  return Object.fromEntries(KEPT.map((name) => [name, note[name]]));
}

export class Sync {
  notes = new Map();
  // "", or why nothing gets through: waiting, signed_out, stale_page.
  trouble = "";
  #timer = null;
  #running = false;
  #failures = 0;
  #renewed = false;

  constructor({ address, csrf, store, changed }) {
    Object.assign(this, { address, csrf, store, changed });
    addEventListener("online", () => this.now());
  }

  // Takes a note in that the server knows (dirty: false) or that only this device knows.
  take(note) {
    this.notes.set(note.id, { edit: 0, refused: null, clash: null, gone: false, tried: [], ...note });
    return this.notes.get(note.id);
  }

  get unsent() {
    return [...this.notes.values()].filter((note) => note.dirty);
  }

  // Keeps the note on the device, and sends it once the typing rests.
  async touch(note) {
    note.dirty = true;
    note.edit += 1;
    note.refused = null;
    this.changed();
    this.#later(AFTER_TYPING);
    await this.store.put(rowOf(note));
    this.changed();
  }

  now() {
    this.#failures = 0;
    this.#later(0);
  }

  #later(wait) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#run(), wait);
  }

  async #run() {
    if (this.#running) return;
    this.#running = true;
    try {
      for (const note of this.unsent.filter((one) => !one.refused && !one.clash)) await this.#send(note);
      this.trouble = "";
      this.#failures = 0;
      if (this.unsent.some((one) => !one.refused && !one.clash)) this.#later(AFTER_TYPING);
    } catch (trouble) {
      this.trouble = trouble?.trouble ?? "waiting";
      const longest = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.#failures++);
      this.#later(FIRST_WAIT / 2 + Math.random() * longest);
    } finally {
      this.#running = false;
      this.changed();
    }
  }

  async #ask(method, id, headers, body) {
    const response = await fetch(`${this.address}/notes/${id}`, {
      method,
      headers: { accept: "application/json", "x-csrf-token": this.csrf, ...headers },
      body,
      credentials: "same-origin",
      redirect: "error",
      signal: AbortSignal.timeout(ANSWER_WITHIN),
    });
    if (response.status === 204) return { status: 204, told: null };
    // What is not JSON is no answer of ours.
    return { status: response.status, told: await response.json() };
  }

  async #send(note) {
    const { edit } = note;
    const mine = keyOf(note);
    const body = note.gone ? undefined : JSON.stringify(contentOf(note));
    // An answer that is lost on the way leaves open whether these words were stored; they are ours either way.
    note.tried = [...note.tried.filter((one) => one !== mine), mine].slice(-MOST_TRIED);
    await this.store.put(rowOf(note));
    const headers = { "if-match": `"${note.version}"`, ...(body && { "content-type": "application/json" }) };
    const { status, told } = await this.#ask(note.gone ? "DELETE" : "PUT", note.id, headers, body);
    if (status === 204 && note.gone) await this.#settled(note, edit, 0);
    else if ((status === 200 || status === 201) && told?.id === note.id) await this.#settled(note, edit, told.version);
    else if (status === 412 && told?.code === "note_changed") await this.#compare(note, mine);
    else await this.#refused(note, status, told);
  }

  async #settled(note, edit, version) {
    note.version = version;
    note.tried = [];
    this.#renewed = false;
    if (note.edit !== edit) return void (await this.store.put(rowOf(note)));
    note.dirty = false;
    if (note.gone) this.notes.delete(note.id);
    await this.store.drop(note.id);
    this.changed();
  }

  // Somebody was there first. If it was this device, whose answer was lost, it goes on from there; else a person decides.
  async #compare(note, mine) {
    const { status, told } = await this.#ask("GET", note.id, {});
    if (status !== 200 && status !== 404) return this.#refused(note, status, told);
    note.tried = note.tried.filter((one) => one !== mine);
    const theirs = status === 200 ? told : null;
    if (theirs && note.tried.includes(keyOf(theirs))) note.version = theirs.version;
    else if (!theirs && note.gone) await this.#settled(note, note.edit, 0);
    else note.clash = theirs ?? { version: 0, gone: true };
    if (!note.clash) this.#later(0);
    this.changed();
  }

  async #refused(note, status, told) {
    if (status === 401) throw { trouble: "signed_out" };
    if (told?.code === "csrf") return this.#renew();
    if (status >= 500 || status === 429 || !told?.code) throw { trouble: "waiting" };
    note.refused = { code: told.code, words: `${told.title} ${told.detail}` };
    this.changed();
  }

  // After signing in again the page's token may be an old one: a fresh page tells the one in force.
  async #renew() {
    if (this.#renewed) throw { trouble: "stale_page" };
    this.#renewed = true;
    const page = await (await fetch(`${this.address}/conduct`, { credentials: "same-origin" })).text();
    const found = /"csrf":"([^"]+)"/.exec(page);
    if (!found) throw { trouble: "stale_page" };
    this.csrf = found[1];
    this.#later(0);
  }

  // What becomes of a clash: mine goes over theirs (they have seen both), theirs stays, or both do.
  async settle(note, choice, made) {
    const theirs = note.clash;
    note.clash = null;
    if (choice === "mine") {
      note.version = theirs.version;
      return this.touch(note);
    }
    if (choice === "both") {
      const other = this.take({ ...note, ...contentOf(note), id: made, version: 0, tried: [], dirty: true });
      await this.touch(other);
    }
    if (theirs.gone) this.notes.delete(note.id);
    else Object.assign(note, contentOf(theirs), { version: theirs.version, dirty: false, gone: false, tried: [] });
    await this.store.drop(note.id);
    this.changed();
  }
}
