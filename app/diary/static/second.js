// The second file of scripts, later.js: fetched once somebody begins, so that a first open is light, and kept for a visit
// without a network from then on.
import { newId } from "./encoding.js";

const SCRIPT = "script[data-later]";
const BEGINNINGS = ["pointerdown", "keydown", "scroll", "change"];
const PATIENCE_MILLISECONDS = 15_000;
const FILES = ["photo", "voice"];
let coming = null;

export function laterAddress() {
  return document.querySelector(SCRIPT).dataset.later;
}

// Returns what later.js exports; rejects where it cannot be had, and asks again the next time.
export async function second() {
  coming ??= import(laterAddress()).then(kept);
  try {
    return await coming;
  } catch (error) {
    coming = null;
    throw error;
  }
}

// Calls `work` with it when the person has begun, or after a while.
export function onceBegun(work) {
  const begin = () => {
    clearTimeout(timer);
    for (const kind of BEGINNINGS) removeEventListener(kind, begin, true);
    second().then(work, () => {});
  };
  const timer = setTimeout(begin, PATIENCE_MILLISECONDS);
  for (const kind of BEGINNINGS) addEventListener(kind, begin, { capture: true, passive: true });
}

// What goes with the entry. Where the second file did not come, as it was chosen: the server makes it small then.
export async function attachmentsWith(form) {
  const files = FILES.flatMap((kind) => [...(form.elements[kind]?.files ?? [])].map((file) => ({ kind, file })));
  if (!files.length && !coming) return [];
  try {
    const { attachmentsOf } = await second();
    return await attachmentsOf(form);
  } catch {
    return files.map(({ kind, file }) => ({ id: newId(), kind, media_type: file.type, blob: file }));
  }
}

function kept(exports) {
  navigator.serviceWorker?.ready.then(({ active }) => active.postMessage({ part: laterAddress() }));
  return exports;
}
