// The sync protocol on a real phone: over fetch, one tab at a time, started by whatever says that it might work now.
import { newId } from "./encoding.js";
import { proves, sealAgain } from "./keeping.js";
import { settled } from "./store.js";
import { Courier } from "./sync.js";

const PATHS = { entry: "/d/sync/entries/", attachment: "/d/sync/attachments/" };
const ANSWER_SECONDS = 30;
const SLOWEST_BYTES_PER_SECOND = 4096;
const LEASE_MILLISECONDS = 60_000;
const STUMBLED_MILLISECONDS = 30_000;
const FROZEN_MILLISECONDS = 300_000;
const LOCK = "xinlu-sync";
const HOLDER = Math.random().toString(36).slice(2);

const BACKGROUND = "xinlu-queue";

export class Sending {
  // Why the last round stopped ("line", "heal", "other"), null while one runs, "" when there was nothing in the way.
  stopped = "";
  #running = null;
  #again = null;
  #timer = 0;

  constructor(store, after = () => {}) {
    this.store = store;
    this.after = after;
    this.courier = new Courier({
      store,
      transport: { send, probe },
      proves: (object, receipt) => proves(store, object, receipt),
      sealAgain: (object, key) => sealAgain(store, object, key),
      clock: () => Date.now(),
      random: () => Math.random(),
      after,
    });
  }

  // Starts a round and arranges for the next one. `force`: somebody asked for it, so nothing is waited for.
  start({ force = false } = {}) {
    this.stopped = null;
    clearTimeout(this.#timer);
    this.now({ force }).then(
      (told) => this.#ended(told.stop, told.wake),
      () => this.#ended("line", STUMBLED_MILLISECONDS),
    );
  }

  // What says that it might work now: a connection, the page coming back into sight, the browser in the background.
  listen() {
    addEventListener("online", () => this.start({ force: true }));
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.start());
    this.start({ force: true });
  }

  // Asks the browser to send even after the page is closed, where it can.
  async inBackground() {
    try {
      await (await navigator.serviceWorker.ready).sync.register(BACKGROUND);
    } catch {
      // Then it is sent when the diary is opened next.
    }
  }

  // Sends what can be sent now, and returns how it went (see Courier.round). Asked for while it runs, it runs once more; by
  // somebody or by a connection that has come back, also where the round before was stopped.
  async now({ force = false } = {}) {
    if (this.#running) this.#again = { force: force || Boolean(this.#again?.force) };
    else this.#running = this.#rounds({ force });
    return this.#running;
  }

  async #ended(stop, wake) {
    this.stopped = stop ?? "";
    if (wake !== null) this.#timer = setTimeout(() => this.start(), wake);
    await this.after();
  }

  async #rounds(asked) {
    let told;
    try {
      for (let next = asked; next; next = this.#again?.force || !told.stop ? this.#again : null) {
        this.#again = null;
        told = await alone(this.store, () => this.#round(next.force));
      }
      return told;
    } finally {
      this.#running = null;
    }
  }

  async #round(force) {
    const facts = await this.store.facts();
    if (!facts) return { sent: [], refused: [], stop: "nobody", wake: null };
    const told = await this.courier.round({ person: facts.person, force });
    if (!told.stop) await this.#report(facts.person, told.sent.length > 0);
    return told;
  }

  // What was sent told how much still waits; what was dropped, or will stay refused, is told by itself.
  async #report(person, told) {
    const waits = (await this.store.objects()).filter((object) => object.person === person).length;
    const name = `reported:${person}`;
    if (((await this.store.get("meta", name))?.waits ?? 0) === waits) return;
    if (!told) await probe(waits).catch(() => null);
    await this.store.put("meta", { name, waits });
  }
}

// Only our server says this back; a hotel's sign-in page or a proxy does not. Null when it is not our server.
export async function probe(unsent = null) {
  const nonce = newId();
  const headers = unsent === null ? {} : { "X-Unsent": String(Math.min(unsent, 9999)) };
  const { body } = await asked(`/d/sync/ping?nonce=${nonce}`, { headers }, ANSWER_SECONDS);
  return body?.pong === nonce ? { person: body.person ?? null } : null;
}

async function send(object, sealed, unsent) {
  const headers = {
    "Content-Type": "application/octet-stream",
    "X-Xinlu-Sync": "1",
    "X-Sent-At": new Date().toISOString(),
    "X-Unsent": String(Math.min(unsent, 9999)),
  };
  const seconds = ANSWER_SECONDS + sealed.length / SLOWEST_BYTES_PER_SECOND;
  return asked(PATHS[object.kind] + object.id, { method: "PUT", headers, body: sealed }, seconds);
}

async function asked(address, { headers, ...request }, seconds) {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), seconds * 1000);
  try {
    const answer = await fetch(address, {
      ...request,
      headers: { ...headers, Accept: "application/json" },
      credentials: "same-origin",
      cache: "no-store",
      redirect: "manual",
      signal: patience.signal,
    });
    const retryAfter = Number(answer.headers.get("Retry-After")) || 0;
    return { status: answer.status, body: objectIn(await answer.text()), retryAfter };
  } finally {
    clearTimeout(timer);
  }
}

function objectIn(text) {
  try {
    const found = JSON.parse(text);
    return found && typeof found === "object" && !Array.isArray(found) ? found : null;
  } catch {
    return null;
  }
}

// One tab at a time, out of kindness to a weak line: were there two, the server would still keep each object once.
async function alone(store, work) {
  if (navigator.locks) return locked(work);
  if (!(await leased(store))) return { sent: [], refused: [], stop: "pause", wake: LEASE_MILLISECONDS };
  try {
    return await work();
  } finally {
    await store.remove("meta", "lease");
  }
}

async function locked(work) {
  let begun = false;
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), FROZEN_MILLISECONDS);
  const begin = () => {
    begun = true;
    clearTimeout(timer);
    return work();
  };
  try {
    return await navigator.locks.request(LOCK, { signal: patience.signal }, begin);
  } catch (error) {
    if (begun || error.name !== "AbortError") throw error;
    // A phone may put a tab to sleep in the middle of it.
    return navigator.locks.request(LOCK, { steal: true }, work);
  }
}

async function leased(store) {
  return store.run("readwrite", ["meta"], async ({ meta }) => {
    const lease = await settled(meta.get("lease"));
    const left = (lease?.until ?? 0) - Date.now();
    if (lease?.holder !== HOLDER && left > 0 && left <= LEASE_MILLISECONDS) return false;
    await settled(meta.put({ name: "lease", holder: HOLDER, until: Date.now() + LEASE_MILLISECONDS }));
    return true;
  });
}
