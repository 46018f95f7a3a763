// The sync protocol, and nothing else: what is sent next, what an answer means, and how long to wait. Store, transport, clock
// and chance are given to it, so that it can be driven through every kind of bad luck.
//
// What holds: an object is forgotten only for a receipt that proves itself; an entry goes before its attachments; a refusal
// that will stay is kept with its words and stands in nobody's way; everything else is tried again.

const LONGEST_SECONDS = 300;
const STAYS = [409, 410, 413, 415, 422, 428];

// `store`: objects(), sealed(id), change(id, changes), reseal(id, bytes), forget(id), line(), setLine(line).
// `transport`: send(object, sealed, unsent) -> { status, body, retryAfter? }, body null unless it is a JSON object; rejects when
// nothing came back; `unsent` counts this one too; probe() -> { person } when it is our server that answers, else null.
// `proves(object, receipt)` and `sealAgain(object, sealKey)` -> bytes or null may be asynchronous. `clock()` in milliseconds.
// `after()`, where given, is called after every object.
export class Courier {
  constructor({ store, transport, proves, sealAgain, clock, random, after = () => {} }) {
    Object.assign(this, { store, transport, proves, sealAgain, clock, random, after });
  }

  // One round: sends what is due of `person`, each object once at most. Returns what was sent and refused, why it stopped
  // ("heal": signed out; "other": signed in as somebody else; "line": no connection) and in how many milliseconds to go on.
  async round({ person, force = false }) {
    const told = { sent: [], refused: [], stop: await this.#waits(person, force) };
    const tried = new Set();
    while (!told.stop) {
      const all = await this.store.objects();
      const object = this.#next(all, person, force, tried);
      if (!object) break;
      tried.add(object.id);
      const unsent = all.filter((one) => one.person === person).length;
      told.stop = await this.#deliver(object, unsent, told);
      await this.after();
    }
    return { ...told, wake: await this.#wake(person, told.stop) };
  }

  async #waits(person, force) {
    const line = await this.store.line();
    if (!force && !this.#reached(line.until)) return "pause";
    if (!line.tries || !(await this.store.objects()).some((object) => ready(object, person))) return null;
    let seen = null;
    try {
      seen = await this.transport.probe();
    } catch {
      // Nothing came back: the same as an answer that is not ours.
    }
    if (!seen) return this.#lineFailed();
    if (!seen.person) return "heal";
    return seen.person === person ? null : "other";
  }

  #next(all, person, force, tried) {
    const here = new Set(all.map((object) => object.id));
    const due = all.filter(
      (object) =>
        ready(object, person) &&
        !tried.has(object.id) &&
        !(object.entry && here.has(object.entry)) &&
        (force || this.#reached(object.next_at)),
    );
    // What failed often goes last, so that one object on which the line breaks each time keeps no other from its turn.
    return due.sort((one, other) => one.tries - other.tries)[0];
  }

  async #deliver(object, unsent, told) {
    const sealed = await this.store.sealed(object.id);
    if (!sealed) return null;
    const answer = await this.#answer(object, sealed, unsent);
    const verdict = verdictOf(answer, object.id);
    if (verdict === "seal_key") return this.#sealAgain(object, answer.body, unsent, told);
    return this.#heed(verdict, object, answer, told);
  }

  async #answer(object, sealed, unsent) {
    try {
      return await this.transport.send(object, sealed, unsent);
    } catch {
      return { status: 0, body: null };
    }
  }

  async #heed(verdict, object, answer, told) {
    if (verdict === "heal" || verdict === "other") return verdict;
    if (verdict === "line") {
      await this.store.change(object.id, { tries: object.tries + 1 });
      return this.#lineFailed(answer.retryAfter);
    }
    await this.store.setLine({ tries: 0, until: 0 });
    if (verdict === "receipt" && (await this.proves(object, answer.body))) {
      await this.store.forget(object.id);
      told.sent.push(object.id);
    } else if (verdict === "refused") {
      const { code, title, detail, errors = [] } = answer.body;
      await this.store.change(object.id, { state: "refused", refusal: { code, title, detail, errors } });
      told.refused.push(object.id);
    } else {
      await this.#later(object, verdict === "receipt" ? "unproven" : answer.body.code);
    }
    return null;
  }

  async #sealAgain(object, body, unsent, told) {
    const sealed = await this.sealAgain(object, body.seal_key);
    if (!sealed) return this.#heed("refused", object, { body: { ...body, code: "seal_lost" } }, told);
    await this.store.reseal(object.id, sealed);
    const answer = await this.#answer(object, sealed, unsent);
    const verdict = verdictOf(answer, object.id);
    return this.#heed(verdict === "seal_key" ? "later" : verdict, object, answer, told);
  }

  async #later(object, why) {
    const tries = object.tries + 1;
    await this.store.change(object.id, { tries, why, next_at: this.clock() + this.#pause(tries) });
  }

  async #lineFailed(retryAfter = 0) {
    const tries = (await this.store.line()).tries + 1;
    const wait = Math.max(this.#pause(tries), Math.min(retryAfter, LONGEST_SECONDS) * 1000);
    await this.store.setLine({ tries, until: this.clock() + wait });
    return "line";
  }

  // Full jitter: anywhere between one second and a limit that doubles with each failure.
  #pause(tries) {
    const most = Math.min(LONGEST_SECONDS, 2 ** Math.min(tries, 10));
    return 1000 * (1 + this.random() * (most - 1));
  }

  // A clock that was set back must not make anything wait for years.
  #reached(moment) {
    const left = (moment ?? 0) - this.clock();
    return left <= 0 || left > LONGEST_SECONDS * 1000;
  }

  async #wake(person, stop) {
    if (stop === "heal" || stop === "other") return null;
    const all = await this.store.objects();
    const here = new Set(all.map((object) => object.id));
    const waiting = all.filter((object) => ready(object, person) && !(object.entry && here.has(object.entry)));
    if (!waiting.length) return null;
    const until = (await this.store.line()).until;
    const next = Math.max(until, Math.min(...waiting.map((object) => object.next_at ?? 0)));
    return Math.min(Math.max(next - this.clock(), 1000), LONGEST_SECONDS * 1000);
  }
}

function ready(object, person) {
  return object.person === person && object.state === "waiting";
}

// What an answer means for the object `id`. What is not JSON of ours, whatever its status, is the line's: a portal, a proxy.
export function verdictOf({ status, body }, id) {
  if (!body) return "line";
  if (status === 200 || status === 201) return body.id === id && typeof body.signature === "string" ? "receipt" : "line";
  if (typeof body.code !== "string" || body.status !== status || status === 429 || status === 503) return "line";
  if (status === 401) return "heal";
  if (body.code === "other_person") return "other";
  if (body.code === "seal_key_changed" && body.seal_key) return "seal_key";
  return STAYS.includes(status) || body.code === "consent_missing" ? "refused" : "later";
}
