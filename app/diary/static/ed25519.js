// Verifying an Ed25519 signature (RFC 8032, section 5.1.7) where the browser cannot do so itself. Nothing here is secret, so
// nothing needs to take the same time always.

const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n;
const ROOT = 19681161376707505956807079304988542015446066515923890162744021073123829784752n;
const BASE = [
  15112221349535400772501151409588531511454012693041857206046113283949847762202n,
  46316835694926478169428394003475163141307993866256225615783033603165251855960n,
];

export async function verifyEd25519(publicKey, message, signature) {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  const key = decoded(publicKey);
  const half = decoded(signature.subarray(0, 32));
  const s = number(signature.subarray(32));
  if (!key || !half || s >= L) return false;
  const hashed = new Uint8Array(64 + message.length);
  hashed.set(signature.subarray(0, 32));
  hashed.set(publicKey, 32);
  hashed.set(message, 64);
  const k = number(new Uint8Array(await crypto.subtle.digest("SHA-512", hashed))) % L;
  return same(times(extended(BASE), s), plus(half, times(key, k)));
}

function number(littleEndian) {
  return littleEndian.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

function mod(a) {
  const rest = a % P;
  return rest < 0n ? rest + P : rest;
}

function power(base, exponent) {
  let result = 1n;
  for (let b = base, e = exponent; e > 0n; e >>= 1n, b = mod(b * b)) if (e & 1n) result = mod(result * b);
  return result;
}

// The point whose compressed form these 32 bytes are, or null when there is none.
function decoded(bytes) {
  const packed = number(bytes);
  const sign = packed >> 255n;
  const y = packed & ((1n << 255n) - 1n);
  if (y >= P) return null;
  const u = mod(y * y - 1n);
  const v = mod(D * y * y + 1n);
  let x = mod(u * power(v, 3n) * power(mod(u * power(v, 7n)), (P - 5n) / 8n));
  if (mod(v * x * x) === mod(-u)) x = mod(x * ROOT);
  if (mod(v * x * x) !== u || (x === 0n && sign)) return null;
  return extended([(x & 1n) === sign ? x : P - x, y]);
}

function extended([x, y]) {
  return [x, y, 1n, mod(x * y)];
}

function plus([x1, y1, z1, t1], [x2, y2, z2, t2]) {
  const a = mod((y1 - x1) * (y2 - x2));
  const b = mod((y1 + x1) * (y2 + x2));
  const c = mod(2n * D * t1 * t2);
  const d = mod(2n * z1 * z2);
  const [e, f, g, h] = [b - a, d - c, d + c, b + a];
  return [mod(e * f), mod(g * h), mod(f * g), mod(e * h)];
}

function times(point, scalar) {
  let sum = [0n, 1n, 1n, 0n];
  for (let doubled = point, left = scalar; left > 0n; left >>= 1n, doubled = plus(doubled, doubled)) {
    if (left & 1n) sum = plus(sum, doubled);
  }
  return sum;
}

function same([x1, y1, z1], [x2, y2, z2]) {
  return mod(x1 * z2) === mod(x2 * z1) && mod(y1 * z2) === mod(y2 * z1);
}
