// The API of notes, as the page uses it. Whatever is not an answer of ours is the line's fault, and tried again.

import { alike, noteOf } from "./board-notes.js";

// ``kept(id)`` is the document that the server is known to hold, or undefined.
export function requests({ api, csrf, words, kept }) {
  const sent = new Map();

  return async function send(id, note, version) {
    const answer = await (version ? sendChange(id, note, version) : sendNew(id, note));
    if (answer.kind === "stale" && sent.has(id) && alike(sent.get(id), answer.document)) {
      // What stands there is what we sent last, and only its answer was lost on the way.
      return sendChange(id, note, answer.version, answer.document);
    }
    if (answer.kind === "saved") sent.delete(id);
    else sent.set(id, note);
    return answer;
  };

  async function sendNew(id, note) {
    if (note.removed) return { kind: "saved", version: 0 };
    const { stage, lane, text, position } = note;
    const answer = await ask("POST", api, 0, { id, stage, lane, text, ...(position === undefined ? {} : { position }) });
    if (answer.status === 409 && answer.body?.current?.version === 1) return sendChange(id, note, 1, noteOf(answer.body.current));
    return said(answer, 0);
  }

  async function sendChange(id, note, version, base = kept(id)) {
    if (note.removed) return said(await ask("DELETE", `${api}/${id}`, version), version);
    let current = version;
    if (base?.removed) {
      const back = said(await ask("POST", `${api}/${id}/restore`, version), version);
      if (back.kind !== "saved") return back;
      current = back.version;
    }
    const changed = differing(note, base);
    if (!Object.keys(changed).length) return { kind: "saved", version: current };
    const answer = await ask("PATCH", `${api}/${id}`, current, changed);
    // Somebody has taken it off the map: that is theirs to say, and ours to undo.
    if (answer.status === 404) return said(await gone(id), current);
    return said(answer, current);
  }

  async function gone(id) {
    const found = await ask("GET", `${api}/${id}`, 0);
    return found.status === 200 ? { status: 412, body: { current: found.body } } : found;
  }

  async function ask(method, address, version, body) {
    try {
      const headers = { "Content-Type": "application/json", "X-CSRF-Token": csrf, ...(version ? { "If-Match": `"${version}"` } : {}) };
      const response = await fetch(address, { method, headers, body: body && JSON.stringify(body), keepalive: method !== "GET" });
      return { status: response.status, ok: response.ok, body: response.status === 204 ? {} : await response.json().catch(() => null) };
    } catch {
      return { status: 0, ok: false, body: null };
    }
  }

  function said({ status, ok, body }, version) {
    if (ok && body) return { kind: "saved", version: body.version ?? version + 1 };
    if (status === 412 && body?.current) return { kind: "stale", document: noteOf(body.current), version: body.current.version };
    if (!body?.code || status >= 500 || status === 429) return { kind: "again" };
    return { kind: "refused", words: wordsOf(status, body), status };
  }

  function wordsOf(status, body) {
    if (status === 401) return words.signed_out;
    if (status === 404) return words.gone;
    const details = (body.errors ?? []).map((one) => one.message ?? one.detail).filter(Boolean);
    return [body.title, body.detail, ...details].filter(Boolean).join(" ");
  }
}

function differing(note, base) {
  const fields = ["stage", "lane", "text", "position", "party", "touchpoint"];
  const moved = !base || base.stage !== note.stage || base.lane !== note.lane;
  return Object.fromEntries(
    fields
      .filter((name) => note[name] !== undefined)
      .filter((name) => (name === "position" && moved) || !base || base[name] !== note[name])
      // A note that comes to another place brings its touchpoint or not as the server sees fit.
      .filter((name) => !(moved && ["party", "touchpoint"].includes(name)))
      .map((name) => [name, note[name]]),
  );
}
