// How many entries have not been sent, always in sight; and whether this browser can keep any at all.
import { settled } from "./store.js";

const CHANNEL = "xinlu";

// How many things a person would count: entries, and what came loose from its entry.
export function pieces(objects) {
  const here = new Set(objects.map((object) => object.id));
  return objects.filter((object) => !object.entry || !here.has(object.entry)).length;
}

export function inWords(words, parts) {
  return words.replace(/%\((\w+)\)s/g, (_whole, name) => String(parts[name] ?? ""));
}

export class Status {
  #places = document.querySelectorAll("[data-unsent]");
  #channel = "BroadcastChannel" in window ? new BroadcastChannel(CHANNEL) : null;
  #listeners = [];

  constructor(store) {
    this.store = store;
    if (this.#channel) this.#channel.onmessage = () => this.show();
  }

  // Calls `listener` after every change of what is kept here, whichever tab made it.
  watch(listener) {
    this.#listeners.push(listener);
  }

  async changed() {
    this.#channel?.postMessage("changed");
    await this.show();
  }

  async show() {
    const objects = await this.store.objects();
    const n = pieces(objects);
    for (const place of this.#places) {
      place.hidden = n === 0;
      place.textContent = inWords(place.dataset.unsent, { n });
      place.classList.toggle("refused", objects.some((object) => object.state === "refused"));
    }
    for (const listener of this.#listeners) await listener(objects);
  }
}

// Whether entries can be kept sealed here: in private windows of some browsers, and without https, they cannot.
export async function canKeep(store) {
  if (!globalThis.crypto?.subtle || !globalThis.indexedDB) return false;
  try {
    if (await store.run("readonly", ["keys"], ({ keys }) => settled(keys.count()))) return true;
    await store.tryKey();
    return true;
  } catch {
    return false;
  }
}
