// What a first open can do without: photos and voice notes, the list of what was not sent, browsers that cannot seal.
import { chosenAttachments, prepareCapture } from "./capture.js";
import { Queue } from "./queue.js";
import { offerUnsealed } from "./unsealed.js";

export function beginCapture(form) {
  prepareCapture(form);
}

export async function attachmentsOf(form) {
  prepareCapture(form);
  return chosenAttachments(form);
}

export async function showQueue(place, parts) {
  await new Queue(place, parts).start();
}

export function offerToKeep(form, facts) {
  offerUnsealed(form, facts);
}
