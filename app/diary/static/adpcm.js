// IMA ADPCM in a WAV file (Microsoft's layout, format 0x11): four bits a sample, about 8 KB for a second of speech at 16 kHz.

const STEPS = (
  "7 8 9 10 11 12 13 14 16 17 19 21 23 25 28 31 34 37 41 45 50 55 60 66 73 80 88 97 107 118 130 143 157 173 190 209 230 253 279 " +
  "307 337 371 408 449 494 544 598 658 724 796 876 963 1060 1166 1282 1411 1552 1707 1878 2066 2272 2499 2749 3024 3327 3660 4026 " +
  "4428 4871 5358 5894 6484 7132 7845 8630 9493 10442 11487 12635 13899 15289 16818 18500 20350 22385 24623 27086 29794 32767"
)
  .split(" ")
  .map(Number);
const STEER = [-1, -1, -1, -1, 2, 4, 6, 8];
const BLOCK = 512;
const PREAMBLE = 4;
const IN_BLOCK = (BLOCK - PREAMBLE) * 2 + 1;
const HEADER = 60;

// Returns the file for mono `samples` in -1..1 at `rate` a second.
export function wavOf(samples, rate) {
  const blocks = Math.max(1, Math.ceil(samples.length / IN_BLOCK));
  const view = new DataView(new ArrayBuffer(HEADER + blocks * BLOCK));
  header(view, samples.length, rate);
  const state = { value: 0, index: 0 };
  for (let block = 0; block < blocks; block += 1) {
    encode(view, HEADER + block * BLOCK, samples, block * IN_BLOCK, state);
  }
  return view.buffer;
}

function header(view, length, rate) {
  const text = (at, letters) => [...letters].forEach((letter, n) => view.setUint8(at + n, letter.charCodeAt(0)));
  const short = (at, number) => view.setUint16(at, number, true);
  const long = (at, number) => view.setUint32(at, number, true);
  text(0, "RIFF");
  long(4, view.byteLength - 8);
  text(8, "WAVEfmt ");
  long(16, 20);
  short(20, 0x11);
  short(22, 1);
  long(24, rate);
  long(28, Math.round((rate * BLOCK) / IN_BLOCK));
  short(32, BLOCK);
  short(34, 4);
  short(36, 2);
  short(38, IN_BLOCK);
  text(40, "fact");
  long(44, 4);
  long(48, length);
  text(52, "data");
  long(56, view.byteLength - HEADER);
}

// A block begins with one sample as it is, and with the step at which the others go on; after the end there is silence.
function encode(view, at, samples, from, state) {
  const sample = (n) => Math.round(Math.max(-1, Math.min(1, samples[from + n] ?? 0)) * 32767);
  state.value = sample(0);
  view.setInt16(at, state.value, true);
  view.setUint8(at + 2, state.index);
  for (let n = 1; n < IN_BLOCK; n += 2) {
    view.setUint8(at + PREAMBLE + (n - 1) / 2, nibble(state, sample(n)) | (nibble(state, sample(n + 1)) << 4));
  }
}

function nibble(state, wanted) {
  let step = STEPS[state.index];
  let left = Math.abs(wanted - state.value);
  const sign = wanted < state.value ? 8 : 0;
  let code = 0;
  let moved = step >> 3;
  for (const bit of [4, 2, 1]) {
    if (left >= step) {
      code |= bit;
      left -= step;
      moved += step;
    }
    step >>= 1;
  }
  state.value = Math.max(-32768, Math.min(32767, state.value + (sign ? -moved : moved)));
  state.index = Math.max(0, Math.min(88, state.index + STEER[code]));
  return code | sign;
}
