// A receipt is the server's signed word that it keeps an object. Only one that verifies lets this phone forget its copy.
import { verifyEd25519 } from "./ed25519.js";
import { bytesOf, fromBase64url, toHex } from "./encoding.js";
import { sha256 } from "./seal.js";

const TIMES = ["occurred_at", "recorded_at"];
// Named in the digest even where the entry leaves them out; whatever came later is named only where it is given.
const ALWAYS = ["study", "participant", "stage", "touchpoint", "occurred_at", "recorded_at", "form_version", "answers", "wave"];

// SHA-256 over the canonical JSON of an entry, in hex: what the server signs for it.
export async function entryDigest(submission) {
  return toHex(await sha256(bytesOf(canonicalEntry(submission))));
}

export async function bytesDigest(bytes) {
  return toHex(await sha256(bytes));
}

export function canonicalEntry(submission) {
  const content = Object.fromEntries(ALWAYS.map((name) => [name, null]));
  for (const [name, value] of Object.entries(submission)) {
    if (value !== null && value !== undefined) content[name] = TIMES.includes(name) ? moment(value) : value;
  }
  return canonical(content);
}

// Whether `receipt` speaks of this id and digest and bears the signature of the installation whose public key this is.
// `digest` null: the phone cannot read its copy any more, so the signature on the id must do.
export async function isProof(receipt, id, digest, receiptKey) {
  if (receipt.id !== id || (digest !== null && receipt.digest !== digest)) return false;
  const message = bytesOf(`${receipt.id}|${receipt.digest}|${receipt.received_at}`);
  try {
    return await signed(fromBase64url(receiptKey), message, fromBase64url(receipt.signature));
  } catch {
    return false;
  }
}

async function signed(publicKey, message, signature) {
  let key;
  try {
    key = await crypto.subtle.importKey("raw", publicKey, { name: "Ed25519" }, false, ["verify"]);
  } catch {
    return verifyEd25519(publicKey, message, signature);
  }
  return crypto.subtle.verify({ name: "Ed25519" }, key, signature, message);
}

// Python writes microseconds, six digits, and none at all where there are none.
function moment(text) {
  const [, stamp, fraction = "", zone] = /^(.{19})(?:\.(\d{1,6}))?(Z|[+-]\d\d:\d\d)$/.exec(text);
  const [, sign, hours, minutes] = /^([+-])(\d\d):(\d\d)$/.exec(zone === "Z" ? "+00:00" : zone);
  const offset = (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
  const utc = new Date(Date.parse(`${stamp}Z`) - offset * 60_000).toISOString().slice(0, 19);
  const micros = fraction.padEnd(6, "0");
  return [`${utc}${micros === "000000" ? "" : `.${micros}`}+00:00`, offset];
}

function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const names = Object.keys(value).sort(byCodePoint);
    return `{${names.map((name) => `${ascii(name)}:${canonical(value[name])}`).join(",")}}`;
  }
  if (typeof value === "string") return ascii(value);
  return typeof value === "number" ? numeral(value) : JSON.stringify(value);
}

function ascii(text) {
  return JSON.stringify(text).replace(/[\x7f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

// Small fractions: Python changes to an exponent earlier, and writes it with two digits.
function numeral(value) {
  const small = value !== 0 && Math.abs(value) < 1e-4;
  return small ? value.toExponential().replace(/e-(\d)$/, "e-0$1") : JSON.stringify(value);
}

function byCodePoint(one, other) {
  const [a, b] = [[...one], [...other]];
  for (let at = 0; at < Math.min(a.length, b.length); at += 1) {
    if (a[at] !== b[at]) return a[at].codePointAt(0) - b[at].codePointAt(0);
  }
  return a.length - b.length;
}
