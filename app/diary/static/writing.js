// Today's form with scripts: what is typed is kept as it is typed, and a saved entry is on this phone before it is sent.
import { Drafts, hold } from "./drafts.js";
import { newId } from "./encoding.js";
import { keepEntry, readCopy } from "./keeping.js";
import { attachmentsWith } from "./second.js";
import { inWords } from "./status.js";
import { fieldsOf, fieldsOfSubmission, fill, submissionOf, toldOf, withMoment } from "./written.js";

const ENTRIES = "/d/entries";
const TYPING_MILLISECONDS = 400;
const LOOK_MILLISECONDS = 250;
const PATIENCE_MILLISECONDS = 8000;

// Whether this page is today's form; changing an entry that was sent is another one, and goes the plain way.
export function diaryForm() {
  const form = document.querySelector("form#entry");
  return form && new URL(form.action).pathname === ENTRIES ? form : null;
}

export class Writing {
  #replaces = [];
  #attached = [];
  #timer = 0;
  #busy = false;
  #done = false;

  // `typed`: whether anybody has typed into the form already, while the storage was being opened.
  constructor(form, { store, facts, sending, status, fromShell, typed }) {
    Object.assign(this, { form, store, facts, sending, status, fromShell });
    this.words = facts.words;
    this.drafts = new Drafts(store, facts.person);
    this.blank = typed ? null : JSON.stringify(fieldsOf(form));
  }

  async start() {
    this.form.addEventListener("submit", (event) => this.#submitted(event));
    const correcting = new URLSearchParams(location.search).get("correct");
    if (correcting) await this.#correct(correcting);
    else await this.#resume();
    for (const kind of ["input", "change"]) this.form.addEventListener(kind, () => this.#typed());
    for (const kind of ["pagehide", "visibilitychange"]) addEventListener(kind, () => this.#keepDraft(), true);
    // What was typed before this code was there.
    this.#typed();
  }

  get id() {
    return this.form.elements.entry_id.value;
  }

  set id(id) {
    this.form.elements.entry_id.value = id;
  }

  async #resume() {
    // The kept shell of the page is one for all tabs; its entries are not.
    if (this.fromShell) this.id = newId();
    const untouched = JSON.stringify(fieldsOf(this.form)) === this.blank;
    const draft = untouched && !document.querySelector("main [role=alert]") ? await this.drafts.resume() : null;
    if (!draft) {
      await hold(this.id);
      return;
    }
    this.id = draft.id;
    const asked = this.form.elements.prompt?.value;
    fill(this.form, withMoment(this.form, draft.fields));
    if (asked && this.form.elements.prompt) this.form.elements.prompt.value = asked;
    this.#notice("good", [this.words.resumed], [[this.words.resumed_drop, () => this.#afresh()]]);
  }

  async #afresh() {
    this.#done = true;
    await this.drafts.drop(this.id);
    location.assign("/d/today");
  }

  // An entry that was refused, opened again. Where its id was taken by something else, it becomes an entry of its own.
  async #correct(id) {
    const object = await this.store.get("objects", id);
    const copy = object && object.kind === "entry" && object.state === "refused" ? await readCopy(this.store, object) : null;
    if (!copy || object.person !== this.facts.person) return this.#resume();
    this.#replaces = [id];
    this.id = object.refusal.code === "entry_conflict" ? newId() : id;
    if (this.id !== id) await this.#takeAttachments(id);
    await hold(this.id);
    const left = fill(this.form, fieldsOfSubmission(copy.submission));
    const lost = left.filter(([name]) => name.startsWith("answers.")).map(([, value]) => value);
    this.#refused(object.refusal, lost);
  }

  async #takeAttachments(entry) {
    for (const object of await this.store.objects()) {
      const copy = object.entry === entry ? await readCopy(this.store, object) : null;
      if (!copy) continue;
      const { kind, media_type, name } = copy.head;
      this.#replaces.push(object.id);
      this.#attached.push({ id: object.id, kind, media_type, name, blob: new Blob([copy.bytes], { type: media_type }) });
    }
  }

  #typed() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#keepDraft(), TYPING_MILLISECONDS);
  }

  async #keepDraft() {
    if (this.#done || this.#busy || this.#replaces.length) return;
    clearTimeout(this.#timer);
    const fields = fieldsOf(this.form);
    const now = JSON.stringify(fields);
    if (now === this.blank || now === this.lastDraft) return;
    this.lastDraft = now;
    await this.drafts.save(this.id, fields);
  }

  async #submitted(event) {
    // The form's own look at itself has found something missing.
    if (event.defaultPrevented || this.#done) return;
    event.preventDefault();
    if (this.#busy) return;
    this.#busy = true;
    this.#waiting(true);
    clearTimeout(this.#timer);
    try {
      const attachments = [...this.#attached, ...(await attachmentsWith(this.form))];
      await this.#keep(attachments);
      this.#done = true;
    } catch (error) {
      this.#notKept(error);
      return;
    } finally {
      this.#busy = false;
      this.#waiting(false);
    }
    await this.#send();
  }

  async #keep(attachments) {
    const entry = { submission: submissionOf(this.form, this.facts), told: toldOf(this.form) };
    const taken = await keepEntry(this.store, this.facts, { id: this.id, ...entry }, attachments, this.#replaces);
    if (taken.includes(this.id)) {
      // Two pages with one id, as a browser without locks may open them: two entries, then, and nothing lost.
      this.id = newId();
      await keepEntry(this.store, this.facts, { id: this.id, ...entry }, attachments.map((one) => ({ ...one, id: newId() })));
    }
    this.#replaces = [];
  }

  // The phone is full, or its storage is broken: with a connection the plain way still works, and the words stay on the page.
  #notKept(error) {
    if (navigator.onLine && this.form.elements.csrf_token.value) {
      this.#done = true;
      this.form.submit();
      return;
    }
    this.#notice("notice", [error?.name === "QuotaExceededError" ? this.words.full : this.words.not_kept]);
  }

  async #send() {
    await this.status.changed();
    this.sending.start({ force: true });
    this.sending.inBackground();
    // Without this the browser may clear what waits when its disk is full.
    navigator.storage?.persist?.().catch(() => {});
    this.#waiting(true);
    const outcome = await this.#outcome();
    this.#waiting(false);
    if (outcome === "sent") location.assign(`${ENTRIES}/${this.id}?new=1`);
    else if (outcome) this.#again(outcome);
    else this.#kept();
  }

  async #outcome() {
    const until = Date.now() + PATIENCE_MILLISECONDS;
    while (Date.now() < until) {
      const object = await this.store.get("objects", this.id);
      if (!object) return "sent";
      if (object.state === "refused") return object.refusal;
      if (this.sending.stopped) return null;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MILLISECONDS));
    }
    return null;
  }

  // Refused while the person is still here: the form is open as it was, and saving again takes the place of what was refused.
  async #again(refusal) {
    const attached = (await this.store.objects()).filter((object) => object.entry === this.id);
    this.#done = false;
    this.#replaces = [this.id, ...attached.map((object) => object.id)];
    if (refusal.code === "entry_conflict") this.id = newId();
    this.#refused(refusal, []);
  }

  #refused({ title, detail, errors }, lost) {
    const places = errors.map(({ field, message }) => [message, this.#cardOf(field)]);
    const notice = this.#notice("notice", [title, detail, ...lost]);
    for (const [message, card] of places) {
      const line = document.createElement("p");
      const link = card?.id ? document.createElement("a") : line;
      link.textContent = message;
      if (link !== line) {
        link.href = `#${card.id}`;
        card.classList.add("refused");
        line.append(link);
      }
      notice.append(line);
    }
  }

  #cardOf(field) {
    const name = field === "touchpoint" ? "stage" : field === "occurred_at" ? "when" : field;
    return this.form.querySelector(`[name="${CSS.escape(name)}"]`)?.closest("fieldset[id], section[id]") ?? null;
  }

  #kept() {
    const told = document.createElement("section");
    told.className = "card kept-here";
    const heading = document.createElement("h1");
    heading.tabIndex = -1;
    const line = document.createElement("p");
    const more = linkTo("/d/today", this.words.another, "button wide");
    const cue = this.form.querySelector(".cue:not([hidden])");
    told.append(heading, line, ...(cue ? [cue] : []), more, linkTo("/d/queue", this.words.see_queue, "link"));
    const show = async () => {
      const gone = !(await this.store.get("objects", this.id));
      heading.textContent = gone ? this.words.sent_title : this.words.kept_title;
      const other = (await this.store.facts())?.person !== this.facts.person;
      const why = other ? "other" : this.sending.stopped;
      line.textContent = gone ? this.words.sent : (this.words[`kept_${why}`] ?? this.words.kept);
    };
    this.form.replaceWith(told);
    for (const part of document.querySelectorAll(".save, .hello, .problem, [data-notice]")) part.remove();
    this.status.watch(show);
    show().then(() => heading.focus());
    scrollTo(0, 0);
  }

  #waiting(on) {
    for (const button of document.querySelectorAll("button[form=entry]")) {
      if (on) button.setAttribute("aria-disabled", "true");
      else button.removeAttribute("aria-disabled");
      button.dataset.words ??= button.textContent;
      button.textContent = on ? this.words.sending : button.dataset.words;
    }
  }

  #notice(kind, lines, actions = []) {
    document.querySelector("[data-notice]")?.remove();
    const notice = document.createElement("section");
    notice.className = kind;
    notice.dataset.notice = "";
    notice.setAttribute("role", kind === "good" ? "status" : "alert");
    for (const words of lines) {
      const line = document.createElement("p");
      line.textContent = inWords(words, {});
      notice.append(line);
    }
    for (const [words, act] of actions) notice.append(buttonFor(words, act));
    this.form.before(notice);
    if (kind !== "good") notice.scrollIntoView({ block: "center" });
    return notice;
  }
}

function linkTo(href, words, className) {
  const link = document.createElement("a");
  Object.assign(link, { href, textContent: words, className });
  return link;
}

function buttonFor(words, act) {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", textContent: words, className: "link" });
  button.addEventListener("click", act);
  return button;
}
