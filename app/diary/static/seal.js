// What has not been sent is sealed to the study's public key, so that only the server can open it: HPKE (RFC 9180) in base
// mode, DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM. What this phone must read again itself (a draft, an entry that
// was refused) is locked with a key of its own that no script can take out, and that signing out destroys.
import { fromBase64url, joined } from "./encoding.js";

const NOTHING = new Uint8Array(0);
const KEM_SUITE = joined("KEM", [0, 0x10]);
const SUITE = joined("HPKE", [0, 0x10, 0, 1, 0, 2]);
const CURVE = { name: "ECDH", namedCurve: "P-256" };
const ENVELOPE_VERSION = 1;

// Returns the envelope: 1 | the key's id (8 bytes) | enc (65 bytes) | ciphertext. `info` binds it to its study, kind and id.
export async function seal(sealKey, info, plain) {
  const point = fromBase64url(sealKey.public);
  const { enc, key, nonce } = await agreed(point, info);
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv: nonce }, key, plain);
  return joined([ENVELOPE_VERSION], (await sha256(point)).subarray(0, 8), enc, new Uint8Array(sealed));
}

export function sealInfo(studyId, kind, id) {
  return `xinlu/sync/v1|${studyId}|${kind}|${id}`;
}

export async function sha256(bytes) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

export async function newDeviceKey() {
  return crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

export async function lock(key, plain) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  return { iv, bytes: new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, plain)) };
}

export async function unlock(key, locked) {
  return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv: locked.iv }, key, locked.bytes));
}

async function agreed(point, info) {
  const theirs = await crypto.subtle.importKey("raw", point, CURVE, false, []);
  const ours = await crypto.subtle.generateKey(CURVE, true, ["deriveBits"]);
  const enc = new Uint8Array(await crypto.subtle.exportKey("raw", ours.publicKey));
  const shared = await crypto.subtle.deriveBits({ name: "ECDH", public: theirs }, ours.privateKey, 256);
  const secret = await kemSecret(new Uint8Array(shared), joined(enc, point));
  const context = joined(
    [0],
    await extract(SUITE, NOTHING, "psk_id_hash", NOTHING),
    await extract(SUITE, NOTHING, "info_hash", info),
  );
  const scheduled = await extract(SUITE, secret, "secret", NOTHING);
  const raw = await expand(SUITE, scheduled, "key", context, 32);
  const key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt"]);
  return { enc, key, nonce: await expand(SUITE, scheduled, "base_nonce", context, 12) };
}

async function kemSecret(shared, context) {
  const key = await extract(KEM_SUITE, NOTHING, "eae_prk", shared);
  return expand(KEM_SUITE, key, "shared_secret", context, 32);
}

function extract(suite, salt, label, secret) {
  return hmac(salt, joined("HPKE-v1", suite, label, secret));
}

// Nobody here asks for more than one block of HKDF.
async function expand(suite, key, label, context, length) {
  const block = await hmac(key, joined([0, length], "HPKE-v1", suite, label, context, [1]));
  return block.slice(0, length);
}

async function hmac(key, message) {
  // An empty key is one of zeros to HMAC, but not to browsers.
  const raw = key.length ? key : new Uint8Array(32);
  const imported = await crypto.subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, message));
}
