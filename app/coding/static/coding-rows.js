// The statements as they stand in the page: what each shows of its document, and what stands under the one at hand.

import { draw } from "./coding-drawing.js";
import { between } from "./coding-points.js";

const QUOTE_POINTS = 18;

export function fill(words, values) {
  return words.replace(/%\((\w+)\)s/g, (_, name) => values[name]);
}

export function shortened(words) {
  const points = [...words];
  return points.length > QUOTE_POINTS ? `${points.slice(0, QUOTE_POINTS).join("")}…` : words;
}

export class Rows {
  // codes: Map(id → code); remove(excerpt id) is called by the tags' buttons.
  constructor(reading, codes, state, remove) {
    Object.assign(this, { reading, codes, words: state.words, scale: state.scale, emotions: new Map(state.emotions), state });
    this.all = [...reading.querySelectorAll("li[data-id]")];
    this.places = new Map(this.all.map((row, at) => [row.dataset.id, at]));
    this.tags = document.createElement("ul");
    this.tags.className = "tags own";
    this.tags.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) remove(button.dataset.excerpt);
    });
  }

  get current() {
    return this.all[this.at];
  }

  rowOf(id) {
    return this.all[this.places.get(id)];
  }

  textOf(row) {
    return row.querySelector(".text");
  }

  codeOf(id) {
    return this.codes.get(id) ?? { name: "?", colour: "#6d675d" };
  }

  // Makes a row the one at hand; its words get the focus of the keys.
  choose(row) {
    const before = this.current;
    if (before && before !== row) {
      before.removeAttribute("aria-current");
      before.querySelector(".said").tabIndex = -1;
      before.querySelector(".under")?.remove();
      this.name(before, "");
    }
    this.at = this.places.get(row.dataset.id);
    row.setAttribute("aria-current", "true");
    row.querySelector(".said").tabIndex = 0;
    this.name(row, this.textOf(row).textContent);
  }

  // Whoever listens hears the words of the one at hand; the others keep their short names.
  name(row, words) {
    const said = row.querySelector(".said");
    said.dataset.name ??= said.getAttribute("aria-label");
    said.setAttribute("aria-label", words ? `${said.dataset.name}: ${words}` : said.dataset.name);
  }

  reveal(row) {
    row.scrollIntoView({ block: "nearest" });
    // Far rows are measured only once they are near.
    requestAnimationFrame(() => row.scrollIntoView({ block: "nearest" }));
  }

  show(row, document_, chosen) {
    draw(this.textOf(row), document_.excerpts, (id) => this.codeOf(id), chosen);
    if (document_.sentiment === null) delete row.dataset.value;
    else row.dataset.value = document_.sentiment;
    row.toggleAttribute("data-done", document_.done);
    if (row === this.current) this.showUnder(row, document_, chosen);
  }

  showUnder(row, document_, chosen) {
    let under = row.querySelector(".under");
    if (!under) {
      under = Object.assign(document.createElement("div"), { className: "under" });
      row.querySelector(".said").append(under);
    }
    const text = this.textOf(row).textContent;
    const own = document_.excerpts.map((one) => this.excerptTag(one, shortened(between(text, one.start, one.end)), one.id === chosen));
    const felt = document_.emotions.map((label) => tagOf("tag", this.emotions.get(label) ?? label));
    const hidden = row.dataset.hidden ? [tagOf("tag m", this.words[`hidden_${row.dataset.hidden}`])] : [];
    this.tags.replaceChildren(...own, ...felt, ...hidden);
    const seen = row.querySelector("template")?.content.cloneNode(true);
    const context = this.state.context ? [this.contextOf(row)] : [];
    under.replaceChildren(...(this.tags.children.length ? [this.tags] : []), ...(seen ? [seen] : []), ...context);
  }

  contextOf(row) {
    const link = document.createElement("a");
    Object.assign(link, { className: "context small", textContent: this.words.context, target: "_blank" });
    link.href = `${this.state.seen}${row.dataset.id}/context`;
    return link;
  }

  excerptTag(excerpt, quote, chosen) {
    const code = this.codeOf(excerpt.code);
    const tag = tagOf(chosen ? "tag chosen" : "tag", "");
    const swatch = Object.assign(document.createElement("span"), { className: "dot" });
    swatch.style.background = code.colour;
    const name = Object.assign(document.createElement("b"), { textContent: code.retired ? `${code.name}（${this.words.retired}）` : code.name });
    const said = Object.assign(document.createElement("span"), { className: "quote", textContent: quote });
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: "×" });
    button.dataset.excerpt = excerpt.id;
    button.setAttribute("aria-label", fill(this.words.remove, { name: code.name }));
    tag.append(swatch, name, said, button);
    if (excerpt.memo) tag.title = excerpt.memo;
    return tag;
  }

  namesOf(document_) {
    return document_.excerpts.map((one) => this.codeOf(one.code).name);
  }

  // One coding in a sentence, for who has to choose between two.
  inWords(document_) {
    const parts = [
      document_.sentiment === null ? "" : this.scale[document_.sentiment],
      ...document_.emotions.map((label) => this.emotions.get(label) ?? label),
      ...this.namesOf(document_),
      document_.memo && shortened(document_.memo),
      document_.done ? "" : this.words.not_done,
    ];
    return parts.filter(Boolean).join(" · ") || this.words.nothing;
  }

  takeSeen(row, list) {
    row.querySelector("template")?.remove();
    if (list.dataset.hidden) row.dataset.hidden = list.dataset.hidden;
    else delete row.dataset.hidden;
    if (!list.children.length) return;
    const template = document.createElement("template");
    template.content.append(document.importNode(list, true));
    row.append(template);
  }
}

function tagOf(className, words) {
  return Object.assign(document.createElement("li"), { className, textContent: words });
}
