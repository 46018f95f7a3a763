// The page of what has not been sent: each entry with its state in words, and what can be done about it.
import { backupOf, loadBackup, readCopy } from "./keeping.js";
import { inWords, pieces } from "./status.js";

const PREVIEW = 60;
const MOST_BACKUP_BYTES = 200_000_000;
// Refused because somebody left or the study is over: no correction would help.
const ENDED = ["withdrawn", "study_closed"];

export class Queue {
  #sure = new Set();
  #told = "";

  constructor(place, { store, facts, sending, status, elsewhere }) {
    Object.assign(this, { place, store, facts, sending, status, elsewhere });
    this.words = facts.words;
  }

  async start() {
    this.head = made("section", { className: "hello" });
    this.list = made("ul", { className: "queue" });
    const backup = this.#backup();
    this.status.watch((objects) => this.#show(objects));
    const found = await this.store.objects();
    if (!this.#told) this.#show(found); // what was told meanwhile is newer
    // Only now: the page is never without its heading.
    this.place.replaceWith(this.head, this.list, backup);
  }

  async #show(objects) {
    const { stopped } = this.sending;
    const told = JSON.stringify([objects, stopped, [...this.#sure]]);
    if (told === this.#told) return;
    this.#told = told;
    const n = pieces(objects);
    const lines = [n ? this.words.queue_words : this.words.queue_none_words];
    if (this.elsewhere) lines.unshift(this.words.needs_network);
    const head = [made("h1", { textContent: n ? inWords(this.words.queue_title, { n }) : this.words.queue_none })];
    head.push(...lines.map((words) => made("p", { className: "quiet", textContent: words })));
    if (n) head.push(...this.#now());
    this.head.replaceChildren(...head);
    const here = new Set(objects.map((object) => object.id));
    const own = objects.filter((object) => !object.entry || !here.has(object.entry));
    const rows = await Promise.all(own.map((object) => this.#row(object, objects)));
    // While copies were unlocked something else may have happened, and been shown.
    if (told !== this.#told) return;
    this.list.replaceChildren(...rows);
    this.list.hidden = !rows.length;
    this.save.hidden = !n;
  }

  #now() {
    const { stopped } = this.sending;
    if (stopped === "heal") {
      const words = made("p", { className: "notice", textContent: this.words.heal });
      return [words, made("a", { className: "button wide", href: "/d", textContent: this.words.heal_link })];
    }
    const told = ["line", "other"].includes(stopped) ? [made("p", { className: "small quiet", textContent: this.words[stopped] })] : [];
    return [...told, this.#button(this.words.try_all, () => this.sending.start({ force: true }), "button wide plain")];
  }

  async #row(object, objects) {
    const mine = object.person === this.facts.person;
    const copy = mine ? await readCopy(this.store, object) : null;
    const attached = objects.filter((one) => one.entry === object.id);
    const moment = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short", timeZone: this.facts.zone });
    const row = made("li", { className: "card" });
    row.dataset.id = object.id;
    row.dataset.state = object.state;
    const what = object.kind === "entry" ? "" : `${this.words[copy?.head.kind ?? "photo"]} · `;
    row.append(made("p", { className: "small quiet num", textContent: what + inWords(this.words.entry_at, { moment: moment.format(object.kept_at) }) }));
    if (copy?.told) row.append(made("p", { className: "said", textContent: preview(copy.told) }));
    if (mine && !copy) row.append(made("p", { className: "small quiet", textContent: this.words.locked }));
    if (attached.length) row.append(made("p", { className: "small quiet", textContent: inWords(this.words.with_attachments, { n: attached.length }) }));
    row.append(...this.#state(object, mine), ...(mine ? [this.#actions(object, copy, attached)] : []));
    return row;
  }

  #state(object, mine) {
    if (!mine) return [made("p", { textContent: this.words.state_of_other })];
    if (object.state === "refused") {
      const { code, title, detail, errors } = object.refusal;
      const words = [title, code === "seal_lost" ? this.words.seal_lost : detail, ...errors.map((error) => error.message)];
      const told = made("div", { className: "notice" });
      told.append(made("strong", { textContent: this.words.state_refused }), ...words.map((one) => made("p", { textContent: one })));
      return [told];
    }
    const why = this.words[`state_${object.why}`];
    const tried = object.tries ? inWords(this.words.state_tried, { n: object.tries }) : this.words.state_waiting;
    return [made("p", { className: "state", textContent: why ?? tried })];
  }

  #actions(object, copy, attached) {
    const row = made("p", { className: "row" });
    row.append(this.#button(this.words.try_one, () => this.#again(object, attached)));
    if (copy && object.kind === "entry" && object.state === "refused" && !ENDED.includes(object.refusal.code)) {
      row.append(made("a", { className: "button", href: `/d/today?correct=${object.id}`, textContent: this.words.correct }));
    }
    if (copy) {
      const words = copy.told ? this.words.save_text : this.words.save_file;
      row.append(this.#button(words, () => (copy.told ? this.#saveText(object, copy) : saveBytes(object, copy))));
    }
    const ids = [object.id, ...attached.map((one) => one.id)];
    const sure = this.#sure.has(object.id);
    row.append(this.#button(sure ? this.words.drop_sure : this.words.drop, () => this.#drop(object.id, ids), "button plain low"));
    return row;
  }

  async #again(object, attached) {
    for (const { id } of [object, ...attached]) await this.store.change(id, { state: "waiting", refusal: null, tries: 0, next_at: 0 });
    await this.status.changed();
    this.sending.start({ force: true });
  }

  async #drop(id, ids) {
    if (this.#sure.has(id)) {
      await this.store.forget(...ids);
      // How much still waits is told to the server too.
      this.sending.start();
    } else this.#sure.add(id);
    await this.status.changed();
    this.list.querySelector(`[data-id="${id}"] .low`)?.focus();
  }

  #saveText(object, copy) {
    const { occurred_at } = copy.submission;
    const lines = [occurred_at, "", ...copy.told.flatMap(([question, answer]) => [question, answer, ""])];
    offer(`xinlu-${occurred_at.slice(0, 16).replace(/[T:]/g, "-")}.txt`, new Blob([lines.join("\r\n")], { type: "text/plain;charset=utf-8" }));
  }

  #backup() {
    const place = made("section", { className: "card backup" });
    const told = made("p", { className: "small" });
    told.setAttribute("role", "status");
    const file = made("input", { type: "file", accept: ".json,application/json", hidden: true });
    file.addEventListener("change", () => this.#load(file, told));
    const row = made("p", { className: "row" });
    this.save = this.#button(this.words.backup_save, () => this.#saveAll());
    row.append(this.save, this.#button(this.words.backup_load, () => file.click()), file);
    place.append(made("h2", { textContent: this.words.backup_title }), made("p", { className: "small quiet", textContent: this.words.backup_words }), row, told);
    return place;
  }

  async #saveAll() {
    const backup = await backupOf(this.store, await this.store.objects());
    offer(`xinlu-${new Date().toISOString().slice(0, 10)}.json`, new Blob([backup], { type: "application/json" }));
  }

  async #load(file, told) {
    const [chosen] = file.files;
    try {
      if (!chosen || chosen.size > MOST_BACKUP_BYTES) throw new RangeError("too large");
      const n = await loadBackup(this.store, await chosen.text());
      told.textContent = inWords(this.words.backup_loaded, { n });
    } catch {
      told.textContent = this.words.backup_wrong;
    }
    file.value = "";
    await this.status.changed();
    this.sending.start({ force: true });
  }

  #button(words, act, className = "button plain") {
    const button = made("button", { type: "button", textContent: words, className });
    button.addEventListener("click", act);
    return button;
  }
}

function preview(told) {
  const words = told.map(([, answer]) => answer).sort((one, other) => other.length - one.length)[0] ?? "";
  const letters = [...words];
  return letters.length > PREVIEW ? `${letters.slice(0, PREVIEW).join("")}…` : words;
}

function saveBytes(object, { head, bytes }) {
  const ending = (head.media_type.split("/")[1] ?? "bin").replace(/[^a-z0-9].*$/, "");
  offer(head.name ?? `xinlu-${object.id}.${ending}`, new Blob([bytes], { type: head.media_type }));
}

function offer(name, blob) {
  const link = made("a", { href: URL.createObjectURL(blob), download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function made(tag, properties) {
  return Object.assign(document.createElement(tag), properties);
}
