// Keeping an entry on this phone: sealed for the server, with a copy that only this phone reads, in one durable step.
import { bytesOf, fromBase64url, joined, textOf, toBase64url } from "./encoding.js";
import { bytesDigest, entryDigest, isProof } from "./receipts.js";
import { lock, seal, sealInfo, unlock } from "./seal.js";

// Keeps `entry` ({ id, submission, told }: told is what it says in words, [[question, answer], …]) and its attachments ({ id,
// kind, media_type, name?, blob }). `gone` are objects that it takes the place of. Returns the ids that were taken already.
export async function keepEntry(store, facts, entry, attachments, gone = []) {
  const key = await store.deviceKey(facts.person);
  const text = JSON.stringify(entry.submission);
  const copy = await lock(key, bytesOf(JSON.stringify({ text, told: entry.told })));
  const kept = [await sealed(facts, { id: entry.id, kind: "entry" }, bytesOf(text), copy)];
  for (const one of attachments) {
    const head = {
      entry: entry.id,
      participant: facts.person,
      kind: one.kind,
      media_type: one.media_type,
      ...(one.name ? { name: one.name } : {}),
      recorded_at: entry.submission.recorded_at,
    };
    const plain = framed(head, new Uint8Array(await one.blob.arrayBuffer()));
    const about = { id: one.id, kind: "attachment", entry: entry.id };
    kept.push(await sealed(facts, about, plain, await lock(key, plain)));
  }
  return store.keep(kept, { gone, draft: entry.id });
}

// What the phone can still read of an object: an entry's { submission, told }, an attachment's { head, bytes }, or null.
export async function readCopy(store, object) {
  const plain = await unlocked(store, object);
  if (!plain) return null;
  if (object.kind === "attachment") return unframed(plain);
  const { text, told } = JSON.parse(textOf(plain));
  return { text, submission: JSON.parse(text), told };
}

export async function sealAgain(store, object, sealKey) {
  const copy = await readCopy(store, object);
  if (!copy) return null;
  const plain = object.kind === "entry" ? bytesOf(copy.text) : framed(copy.head, copy.bytes);
  const facts = await store.facts();
  if (facts && facts.study_id === object.study_id) await store.put("meta", { name: "facts", facts: { ...facts, seal_key: sealKey } });
  return seal(sealKey, sealInfo(object.study_id, object.kind, object.id), plain);
}

export async function proves(store, object, receipt) {
  const [copy, facts] = [await readCopy(store, object), await store.facts()];
  if (!facts) return false;
  return isProof(receipt, object.id, copy && (await digestOf(object, copy)), facts.receipt_key);
}

// The whole queue as one file. It holds sealed objects only: whoever finds it can read none of them.
export async function backupOf(store, objects) {
  const kept = [];
  for (const { id, kind, person, study_id, entry, kept_at } of objects) {
    const bytes = await store.sealed(id);
    if (bytes) kept.push({ id, kind, person, study_id, ...(entry ? { entry } : {}), kept_at, sealed: toBase64url(bytes) });
  }
  return JSON.stringify({ xinlu: "unsent", version: 1, made_at: new Date().toISOString(), objects: kept });
}

// Adds what a backup holds and this phone lacks; returns how many objects that were. Throws where it is no backup of ours.
export async function loadBackup(store, text) {
  const backup = JSON.parse(text);
  if (backup.xinlu !== "unsent" || backup.version !== 1) throw new TypeError("not a backup");
  const kept = backup.objects.map(restored);
  const taken = await store.keep(kept);
  return kept.length - taken.length;
}

function restored({ id, kind, person, study_id, entry, kept_at, sealed: text }) {
  const whole = [id, person, study_id, ...(kind === "attachment" ? [entry] : [])].every((one) => typeof one === "string");
  if (!whole || !["entry", "attachment"].includes(kind) || !Number.isFinite(kept_at)) throw new TypeError("not an object");
  const bytes = fromBase64url(text);
  const object = { ...fresh(person, study_id, { id, kind, ...(entry ? { entry } : {}) }, bytes), kept_at };
  return { object, sealed: bytes, copy: null };
}

async function sealed(facts, about, plain, copy) {
  const bytes = await seal(facts.seal_key, sealInfo(facts.study_id, about.kind, about.id), plain);
  return { object: fresh(facts.person, facts.study_id, about, bytes), sealed: bytes, copy };
}

function fresh(person, study_id, about, bytes) {
  return { ...about, person, study_id, kept_at: Date.now(), state: "waiting", tries: 0, next_at: 0, size: bytes.length };
}

async function unlocked(store, object) {
  const copy = (await store.get("bodies", object.id))?.copy;
  const key = copy && (await store.deviceKey(object.person, { make: false }));
  try {
    return key ? await unlock(key, copy) : null;
  } catch {
    // Locked with a key that signing out destroyed.
    return null;
  }
}

async function digestOf(object, copy) {
  return object.kind === "entry" ? entryDigest(copy.submission) : bytesDigest(copy.bytes);
}

function framed(head, bytes) {
  const words = bytesOf(JSON.stringify(head));
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, words.length);
  return joined(length, words, bytes);
}

function unframed(plain) {
  const length = new DataView(plain.buffer, plain.byteOffset).getUint32(0);
  return { head: JSON.parse(textOf(plain.subarray(4, 4 + length))), bytes: plain.slice(4 + length) };
}
