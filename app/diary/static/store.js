// What this phone keeps until it is sent, in IndexedDB. Of an object, the outer facts (kind, whose, when, how often tried)
// stand in `objects`; its sealed bytes and the phone's own locked copy stand in `bodies`. Nothing anybody wrote stands open.
import { newDeviceKey } from "./seal.js";

const NAME = "xinlu";
const VERSION = 1;
const STORES = { objects: "id", bodies: "id", drafts: "id", keys: "name", meta: "name" };
// Systems short of memory close a database behind its page's back (seen on iOS); what was under way was not done, and is again.
const CLOSED = ["InvalidStateError", "AbortError", "UnknownError", "TransactionInactiveError"];

export class Store {
  #opening = null;

  // Runs `work(stores)` in one transaction that is on the disk when this resolves, or did nothing when it rejects.
  async run(mode, names, work) {
    try {
      return await once(await this.#opened(), mode, names, work);
    } catch (error) {
      if (!CLOSED.includes(error?.name)) throw error;
      this.#opening = null;
      return once(await this.#opened(), mode, names, work);
    }
  }

  async get(name, key) {
    return this.run("readonly", [name], (stores) => settled(stores[name].get(key)));
  }

  async put(name, row) {
    return this.run("readwrite", [name], (stores) => settled(stores[name].put(row)));
  }

  async remove(name, key) {
    return this.run("readwrite", [name], (stores) => settled(stores[name].delete(key)));
  }

  async objects() {
    const found = await this.run("readonly", ["objects"], (stores) => settled(stores.objects.getAll()));
    return found.sort((one, other) => one.kept_at - other.kept_at || (one.id < other.id ? -1 : 1));
  }

  async sealed(id) {
    return (await this.get("bodies", id))?.sealed ?? null;
  }

  // Changes an object that is still there; one that was sent or dropped meanwhile stays away.
  async change(id, changes) {
    return this.run("readwrite", ["objects"], async ({ objects }) => {
      const present = await settled(objects.get(id));
      if (present) await settled(objects.put({ ...present, ...changes }));
    });
  }

  async reseal(id, sealed) {
    return this.run("readwrite", ["bodies"], async ({ bodies }) => {
      const present = await settled(bodies.get(id));
      if (present) await settled(bodies.put({ ...present, sealed }));
    });
  }

  async forget(...ids) {
    return this.run("readwrite", ["objects", "bodies"], (stores) =>
      Promise.all(ids.flatMap((id) => [settled(stores.objects.delete(id)), settled(stores.bodies.delete(id))])),
    );
  }

  // Keeps objects and lets go of others and of a draft, all or nothing. An id that is taken is left as it is and returned.
  async keep(kept, { gone = [], draft = null } = {}) {
    return this.run("readwrite", ["objects", "bodies", "drafts"], async ({ objects, bodies, drafts }) => {
      for (const id of gone) {
        objects.delete(id);
        bodies.delete(id);
      }
      const taken = [];
      for (const { object, sealed, copy } of kept) {
        if (await settled(objects.get(object.id))) {
          taken.push(object.id);
        } else {
          objects.put(object);
          bodies.put({ id: object.id, sealed, copy });
        }
      }
      if (draft && !taken.length) drafts.delete(draft);
      return taken;
    });
  }

  // Consent was missing and is there now: what was refused for want of it may go.
  async revive(person, code) {
    return this.run("readwrite", ["objects"], async ({ objects }) => {
      for (const object of await settled(objects.getAll())) {
        if (object.person === person && object.refusal?.code === code) objects.put({ ...object, state: "waiting", refusal: null });
      }
    });
  }

  async line() {
    return (await this.get("meta", "line")) ?? { tries: 0, until: 0 };
  }

  async setLine(line) {
    await this.put("meta", { ...line, name: "line" });
  }

  async facts() {
    return (await this.get("meta", "facts"))?.facts ?? null;
  }

  // The person's own key on this phone; made where there is none. Two tabs that make one at once agree on the first.
  async deviceKey(person, { make = true } = {}) {
    const name = `device:${person}`;
    const present = (await this.get("keys", name))?.key;
    if (present || !make) return present ?? null;
    const key = await newDeviceKey();
    return this.run("readwrite", ["keys"], async ({ keys }) => {
      const first = await settled(keys.get(name));
      if (!first) await settled(keys.put({ name, key }));
      return first?.key ?? key;
    });
  }

  // Rejects where a key that nobody can read out cannot be kept. The trial is taken back before it is ever there: a page
  // that is left in the middle of it leaves nothing behind.
  async tryKey() {
    const key = await newDeviceKey();
    await this.run("readwrite", ["keys"], async ({ keys }) => {
      await settled(keys.put({ name: "device:trial", key }));
      await settled(keys.delete("device:trial"));
    });
  }

  // Signing out: what only this phone could read is unreadable from here on. What is sealed for the server stays.
  async signOut(person) {
    return this.run("readwrite", ["keys", "drafts", "meta"], async ({ keys, drafts, meta }) => {
      keys.delete(`device:${person}`);
      for (const draft of await settled(drafts.getAll())) if (draft.person === person) drafts.delete(draft.id);
      meta.delete("facts");
    });
  }

  async #opened() {
    this.#opening ??= opened();
    try {
      const database = await this.#opening;
      database.onclose = () => (this.#opening = null);
      database.onversionchange = () => {
        // Another tab brings a newer version: it must not wait for this one.
        database.close();
        this.#opening = null;
      };
      return database;
    } catch (error) {
      this.#opening = null;
      throw error;
    }
  }
}

export function settled(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function opened() {
  const request = indexedDB.open(NAME, VERSION);
  request.onupgradeneeded = () => {
    const there = request.result.objectStoreNames;
    for (const [name, keyPath] of Object.entries(STORES)) {
      if (!there.contains(name)) request.result.createObjectStore(name, { keyPath });
    }
  };
  return settled(request);
}

async function once(database, mode, names, work) {
  const transaction = database.transaction(names, mode, { durability: "strict" });
  const finished = new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = () => reject(transaction.error ?? new DOMException("", "AbortError"));
  });
  // Waited for below; until then its failure must not count as one that nobody looks after.
  finished.catch(() => {});
  let result;
  try {
    result = await work(Object.fromEntries(names.map((name) => [name, transaction.objectStore(name)])));
  } catch (error) {
    if (!transaction.error) abandoned(transaction);
    throw error;
  }
  await finished;
  return result;
}

function abandoned(transaction) {
  try {
    transaction.abort();
  } catch {
    // It had ended by itself.
  }
}
