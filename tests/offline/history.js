// Plays histories of the sync protocol: the phone's own modules on a store that can lose its tab at any step, against the real
// server over a line that does what the history says. Only the store's transactions and the line are made here.
async (urls) => {
  const [{ Store }, { Courier }, { backupOf, keepEntry, loadBackup, proves, readCopy, sealAgain }, { newId }] =
    await Promise.all(urls.map((url) => import(url)));
  const KEYS = { objects: "id", bodies: "id", drafts: "id", keys: "name", meta: "name" };
  const PATHS = { entry: "/d/sync/entries/", attachment: "/d/sync/attachments/" };
  const CALM_SECONDS = 301;

  // The life of one tab: it ends before the step after `steps`, and nothing that it waits for ever comes.
  class Life {
    constructor(steps) {
      this.left = steps ?? Infinity;
      this.ended = new Promise((resolve) => (this.end = resolve));
    }

    async step() {
      if (this.left <= 0) {
        this.end("crashed");
        await new Promise(() => {});
      }
      this.left -= 1;
    }
  }

  // IndexedDB as far as the store uses it: transactions one after another, all or nothing.
  class Tables {
    constructor() {
      this.rows = Object.fromEntries(Object.keys(KEYS).map((name) => [name, new Map()]));
      this.last = Promise.resolve();
    }

    transaction(names, work) {
      const done = this.last.then(async () => {
        const drafts = Object.fromEntries(names.map((name) => [name, new Map(this.rows[name])]));
        const result = await work(Object.fromEntries(names.map((name) => [name, shelf(drafts[name], KEYS[name])])));
        Object.assign(this.rows, drafts);
        return result;
      });
      this.last = done.catch(() => {});
      return done;
    }
  }

  function shelf(rows, key) {
    const copied = (row) => row && { ...row };
    return {
      get: (id) => asked(copied(rows.get(id))),
      getAll: () => asked([...rows.values()].map(copied)),
      put: (row) => asked(void rows.set(row[key], copied(row))),
      delete: (id) => asked(void rows.delete(id)),
    };
  }

  function asked(result) {
    return { result, set onsuccess(then) { queueMicrotask(then); }, set onerror(_then) {} };
  }

  class TabStore extends Store {
    constructor(tables, life) {
      super();
      Object.assign(this, { tables, life });
    }

    async run(mode, names, work) {
      await this.life.step();
      const result = await (this.tables ? this.tables.transaction(names, work) : super.run(mode, names, work));
      await this.life.step();
      return result;
    }
  }

  class Phone {
    constructor(number, tables) {
      Object.assign(this, { number, tables, ahead: 0, receipts: [] });
      this.store = this.tab();
    }

    tab(steps) {
      return new TabStore(this.tables, new Life(steps));
    }

    clock() {
      return Date.now() + this.ahead;
    }

    async ids() {
      return (await this.store.objects()).map((object) => object.id);
    }
  }

  // What lies between the phones and the server. What is held back arrives after the next request that does.
  class Network {
    held = [];
    last = null;

    async meet(fault, ask, id) {
      if (fault === "lose") throw new TypeError("lost");
      if (fault === "gateway") return { status: 502, body: null };
      if (fault === "portal") return { status: 200, body: null };
      if (fault === "busy") return { status: 503, body: { status: 503, code: "unavailable", title: "", detail: "" } };
      if (fault === "forge") return { status: 201, body: this.forged(id) };
      if (fault === "hold") {
        this.held.push(ask);
        throw new TypeError("held back");
      }
      const answers = await Promise.all(fault === "double" ? [ask(), ask()] : [ask()]);
      for (const late of this.held.splice(0)) await late();
      if (fault === "cut") throw new TypeError("cut");
      const answer = answers.at(-1);
      if (answer.body?.signature) this.last = answer.body;
      return answer;
    }

    // A receipt that nobody signed for this object: the last one seen under another id, or none at all.
    forged(id) {
      const blank = { version: 1, digest: "0".repeat(64), received_at: new Date().toISOString(), signature: "A".repeat(86) };
      return { ...(this.last ?? blank), id };
    }
  }

  class Line {
    constructor(history, phone, life, faults) {
      Object.assign(this, { history, phone, life, faults });
    }

    async send(object, sealed, unsent) {
      const headers = {
        "Content-Type": "application/octet-stream",
        "X-Xinlu-Sync": "1",
        "X-Sent-At": new Date(this.phone.clock()).toISOString(),
        "X-Unsent": String(unsent),
      };
      const ask = () => fetched(PATHS[object.kind] + object.id, { method: "PUT", headers, body: sealed });
      const answer = await this.through(ask, object.id);
      if (answer.body?.signature) this.phone.receipts.push(answer.body);
      return answer;
    }

    async probe() {
      const nonce = newId();
      const { body } = await this.through(() => fetched(`/d/sync/ping?nonce=${nonce}`, {}), null);
      return body?.pong === nonce ? { person: body.person ?? null } : null;
    }

    async through(ask, id) {
      await this.life.step();
      const answer = await this.history.network.meet(this.faults.shift() ?? "pass", ask, id);
      await this.life.step();
      return answer;
    }
  }

  async function fetched(address, request) {
    const answer = await fetch(address, { ...request, credentials: "same-origin", cache: "no-store", redirect: "manual" });
    const text = await answer.text();
    return { status: answer.status, body: text.startsWith("{") ? JSON.parse(text) : null };
  }

  let formToken = null;

  async function open(secret) {
    formToken ??= /name="csrf_token" value="([^"]+)"/.exec(await (await fetch("/d")).text())[1];
    const body = new URLSearchParams({ secret, csrf_token: formToken });
    const answer = await fetch("/d/open", { method: "POST", body, redirect: "manual" });
    if (answer.type !== "opaqueredirect") throw new Error(`a link was not opened: ${answer.status}`);
  }

  class History {
    written = [];
    gone = [];
    network = new Network();
    away = true;

    constructor({ seed, phones, durable, ...given }) {
      Object.assign(this, given);
      this.chance = seed;
      this.phones = Array.from({ length: phones }, (_, number) => new Phone(number, durable ? null : new Tables()));
    }

    random() {
      this.chance = (this.chance * 1103515245 + 12345) % 2147483648;
      return this.chance / 2147483648;
    }

    async play(steps) {
      for (const phone of this.phones) await this.tell(phone);
      await this.heal();
      for (const [name, which, ...given] of steps) {
        const phone = this.phones[which % this.phones.length];
        const before = await Promise.all(this.phones.map((one) => one.ids()));
        await this[name](phone, ...given);
        for (const [number, one] of this.phones.entries()) await this.miss(one, before[number], name);
      }
      await this.calm();
      const left = await Promise.all(this.phones.map((phone) => phone.store.objects()));
      const receipts = this.phones.map((phone) => phone.receipts);
      return { written: this.written, gone: this.gone, left, receipts, withdrawn: Boolean(this.withdrawn) };
    }

    // What a phone does not keep any more, and what it had in hand for that.
    async miss(phone, before, step) {
      const here = new Set(await phone.ids());
      for (const id of before.filter((one) => !here.has(one))) this.gone.push({ phone: phone.number, id, step });
    }

    async tell(phone) {
      await phone.store.put("meta", { name: "facts", facts: this.facts });
    }

    // Writes an entry of which `bad` says whether it will be refused, and which may end the tab that keeps it.
    async write(phone, bad, photos, crash) {
      if (!(await phone.store.facts())) return;
      await this.keep(phone, crash, { id: newId(), moment: this.written.length }, bad, Array.from({ length: photos }, () => newId()));
    }

    async keep(phone, crash, { id, moment }, bad, photos, blobs = null, gone = []) {
      const now = new Date(phone.clock()).toISOString();
      const answers = { feeling: `第${this.written.length}句，${newId()}`, mood: 1 + (this.written.length % 9) };
      const stage = bad ? "nowhere" : this.stage;
      const participant = this.facts.person;
      const submission = { study: this.facts.study, participant, stage, occurred_at: now, recorded_at: now, answers };
      const attachments = photos.map((photo, number) => ({
        id: photo,
        kind: "photo",
        media_type: "image/png",
        blob: blobs?.[number] ?? this.picture(photo),
      }));
      const store = phone.tab(crash);
      const kept = keepEntry(store, await phone.store.facts(), { id, submission, told: [] }, attachments, gone);
      await Promise.race([kept, store.life.ended]);
      const here = new Set(await phone.ids());
      if (here.has(id)) this.written.push({ moment, id, submission, photos, phone: phone.number, bad });
    }

    picture(id) {
      const text = atob(this.pictures[parseInt(id.slice(-4), 16) % this.pictures.length]);
      return new Blob([Uint8Array.from(text, (letter) => letter.charCodeAt(0))], { type: "image/png" });
    }

    // A refused entry written anew, as the form does it: under its own id, or another where that one is taken.
    async correct(phone, nth, bad, crash) {
      if (!(await phone.store.facts())) return;
      const objects = await phone.store.objects();
      const refused = objects.filter((one) => one.kind === "entry" && one.state === "refused");
      const object = refused[nth % refused.length];
      const before = object && (await readCopy(phone.store, object)) && this.written.findLast((one) => one.id === object.id);
      if (!before) return;
      const taken = object.refusal.code === "entry_conflict";
      const mine = taken ? objects.filter((one) => one.entry === object.id) : [];
      const blobs = await Promise.all(mine.map(async (one) => new Blob([(await readCopy(phone.store, one)).bytes])));
      const gone = [object.id, ...mine.map((one) => one.id)];
      const again = { id: taken ? newId() : object.id, moment: before.moment };
      await this.keep(phone, crash, again, bad, mine.map((one) => one.id), blobs, gone);
    }

    // The person's word: an entry goes with what belongs to it.
    async drop(phone, nth) {
      const objects = await phone.store.objects();
      const entries = objects.filter((one) => one.kind === "entry");
      const object = entries[nth % entries.length];
      if (!object) return;
      await phone.store.forget(object.id, ...objects.filter((one) => one.entry === object.id).map((one) => one.id));
    }

    async retry(phone) {
      for (const object of await phone.store.objects()) {
        if (object.state === "refused") await phone.store.change(object.id, { state: "waiting", tries: 0, next_at: 0, refusal: null });
      }
    }

    // One round, of two tabs at once when `tabs` is 2, after `wait` seconds.
    async run(phone, tabs, crash, wait, force, faults) {
      phone.ahead += wait * 1000;
      if (!(await phone.store.facts())) return [];
      const left = [...faults];
      const rounds = Array.from({ length: tabs }, (_, tab) => {
        const store = phone.tab(tab === 0 ? crash : null);
        return Promise.race([this.courier(phone, store, left).round({ person: this.facts.person, force }), store.life.ended]);
      });
      return Promise.all(rounds);
    }

    courier(phone, store, faults) {
      return new Courier({
        store,
        transport: new Line(this, phone, store.life, faults),
        proves: (object, receipt) => proves(store, object, receipt),
        sealAgain: (object, key) => sealAgain(store, object, key),
        clock: () => phone.clock(),
        random: () => this.random(),
      });
    }

    async carry(phone) {
      const other = this.phones[(phone.number + 1) % this.phones.length];
      if (other !== phone) await loadBackup(other.store, await backupOf(phone.store, await phone.store.objects()));
    }

    async jump(phone, seconds) {
      phone.ahead += seconds * 1000;
    }

    async revoke() {
      const link = await this.staffed("link");
      if (link) this.token = new URL(link.url).hash.slice(1);
      this.away = true;
    }

    async withdraw() {
      await this.staffed("withdraw");
      this.withdrawn = true;
    }

    async staffed(what) {
      const address = `/api/v1/studies/${this.facts.study}/participants/${this.code}/${what}`;
      const answer = await fetch(address, { method: "POST", headers: { Authorization: `Bearer ${this.staff}` } });
      return answer.ok ? answer.json() : null;
    }

    async heal() {
      if (this.away && !this.withdrawn) await open(this.token);
      this.away = false;
      for (const phone of this.phones) await this.tell(phone);
    }

    // Facts of long ago: the study has another key by now.
    async oldKey(phone) {
      const facts = await phone.store.facts();
      if (facts) await phone.store.put("meta", { name: "facts", facts: { ...facts, seal_key: this.old } });
    }

    async lend() {
      await open(this.stranger);
      this.away = true;
    }

    async signOut(phone) {
      await phone.store.signOut(this.facts.person);
    }

    // The network is good again and the person puts everything right that a person can: then nothing may stay behind.
    async calm() {
      await this.heal();
      for (let turn = 0; turn < 6; turn += 1) {
        for (const phone of this.phones) {
          const before = await phone.ids();
          await this.run(phone, 1, null, CALM_SECONDS, false, []);
          await this.miss(phone, before, "run");
        }
        const left = (await Promise.all(this.phones.map((phone) => phone.store.objects()))).flat();
        if (!left.some((object) => object.state === "waiting")) return;
      }
    }
  }

  globalThis.playHistory = async ({ steps, ...given }) => {
    await new Promise((done) => {
      const gone = indexedDB.deleteDatabase("xinlu");
      gone.onsuccess = gone.onblocked = gone.onerror = done;
    });
    return new History(given).play(steps);
  };
}
