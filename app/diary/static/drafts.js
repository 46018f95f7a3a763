// What is being written, kept while it is written: locked with this phone's own key, one draft for each page that stands open.
import { bytesOf, textOf } from "./encoding.js";
import { lock, unlock } from "./seal.js";
import { settled } from "./store.js";

const ABANDONED_MILLISECONDS = 120_000;

export class Drafts {
  constructor(store, person) {
    this.store = store;
    this.person = person;
  }

  async save(id, fields) {
    const key = await this.store.deviceKey(this.person);
    const locked = await lock(key, bytesOf(JSON.stringify(fields)));
    await this.store.put("drafts", { id, person: this.person, updated_at: Date.now(), locked });
  }

  async drop(id) {
    await this.store.remove("drafts", id);
  }

  // The latest draft that no other open page holds, as { id, fields }; this page holds it from now on. Null when there is none.
  async resume() {
    const all = await this.store.run("readonly", ["drafts"], ({ drafts }) => settled(drafts.getAll()));
    const mine = all.filter((draft) => draft.person === this.person).sort((one, other) => other.updated_at - one.updated_at);
    const key = await this.store.deviceKey(this.person, { make: false });
    for (const draft of key ? mine : []) {
      if (!navigator.locks && Date.now() - draft.updated_at < ABANDONED_MILLISECONDS) continue;
      if (!(await hold(draft.id))) continue;
      // It may have been saved as an entry while this page waited for it.
      const present = await this.store.get("drafts", draft.id);
      if (!present) continue;
      return { id: draft.id, fields: JSON.parse(textOf(await unlock(key, present.locked))) };
    }
    return null;
  }
}

// Takes the draft `id` for as long as this page is open; false when another page has it.
export async function hold(id) {
  if (!navigator.locks) return true;
  return new Promise((resolve) => {
    const forever = () => new Promise(() => {});
    navigator.locks.request(`xinlu-draft-${id}`, { ifAvailable: true }, (lock) => {
      resolve(Boolean(lock));
      return lock ? forever() : undefined;
    });
  });
}
