// Whose personal link was opened on this phone, by its hash: without a network, nobody else's link opens the form of the last one.
import { bytesOf, toHex } from "./encoding.js";
import { sha256 } from "./seal.js";
import { Store } from "./store.js";

const NAME = "link";

export async function rememberLink(token) {
  try {
    await new Store().put("meta", { name: NAME, hash: await hashOf(token), person: null });
  } catch {
    // Then the link can be opened with a network only.
  }
}

// The link that was opened last has turned out to be this person's.
export async function linkOpened(store, person) {
  const link = await store.get("meta", NAME);
  if (link && !link.person) await store.put("meta", { ...link, person });
}

// Whether this is the link that opened the diary of `person` here.
export async function isOwnLink(store, person, token) {
  const link = await store.get("meta", NAME);
  return link?.person === person && link.hash === (await hashOf(token));
}

async function hashOf(token) {
  return toHex(await sha256(bytesOf(`xinlu/link|${token}`)));
}
