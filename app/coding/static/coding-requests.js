// The API of codings, as the page uses it. Whatever is not an answer of ours is the line's fault, and tried again.

import { documentOf } from "./coding-document.js";

export function requests({ api, csrf, words }) {
  async function send(id, document, version) {
    let response;
    try {
      response = await fetch(`${api}${id}/human-coding`, {
        method: "PUT",
        headers: { "Content-Type": "application/json", "If-Match": `"${version}"`, "X-CSRF-Token": csrf },
        body: JSON.stringify(document),
        keepalive: true,
      });
    } catch {
      return { kind: "again" };
    }
    const answer = await response.json().catch(() => null);
    if (response.ok && answer) return { kind: "saved", version: answer.version };
    if (response.status === 412 && answer?.current) {
      return { kind: "stale", document: documentOf(answer.current), version: answer.current.version };
    }
    if (!answer?.code || response.status >= 500 || response.status === 429) return { kind: "again" };
    return { kind: "refused", words: wordsOf(response.status, answer), status: response.status };
  }

  function wordsOf(status, answer) {
    if (status === 401) return words.signed_out;
    if (status === 404) return words.gone;
    const details = (answer.errors ?? []).map((one) => one.message ?? one.detail).filter(Boolean);
    return [answer.title, answer.detail, ...details].filter(Boolean).join(" ");
  }

  return send;
}

// What others and the machine say of a statement, once it may be seen: a part of a page, or null.
export async function seenOf(seen, id) {
  try {
    const response = await fetch(`${seen}${id}/seen`);
    if (!response.ok || response.redirected) return null;
    return new DOMParser().parseFromString(await response.text(), "text/html").querySelector("ul.seen");
  } catch {
    return null;
  }
}
