// The words behind a note, and its forms, in a panel beside the map: parts of the cell's own page, which works by itself as well.

export class Panel {
  constructor({ changed, words }) {
    Object.assign(this, { changed, words });
    this.box = document.getElementById("panel");
    this.main = document.getElementById("panel-main");
    this.title = document.getElementById("panel-title");
    this.box.addEventListener("submit", (event) => this.#submit(event));
    document.addEventListener("selectionchange", () => this.#part());
  }

  // Opens the part of the page at ``href`` that its fragment names; without network the address itself is followed.
  async open(href) {
    const address = new URL(href, location.href);
    const page = await this.#fetched(address);
    if (!page || !this.#show(page, address.hash.slice(1))) location.assign(address);
    else if (!this.box.open) this.box.showModal();
  }

  #show(page, name) {
    const part = page.getElementById(name);
    if (!part) return false;
    this.name = name;
    this.title.textContent = part.dataset.title ?? page.querySelector("h1")?.textContent ?? "";
    this.main.replaceChildren(document.importNode(part, true));
    return true;
  }

  async #submit(event) {
    const form = event.target;
    const asked = form.method === "get";
    event.preventDefault();
    const given = new URLSearchParams(new FormData(form, event.submitter));
    const address = new URL(form.action);
    if (asked) address.search = given;
    const page = await this.#fetched(address, asked ? {} : { method: "POST", body: given });
    if (!page) {
      this.#say(this.words.offline_panel);
      return;
    }
    if (!this.#show(page, this.name)) this.box.close();
    if (!asked) this.changed();
  }

  // Words selected in one of the statements found are what its button quotes; without a selection, all of it.
  #part() {
    const selection = getSelection();
    const range = selection.rangeCount && !selection.isCollapsed ? selection.getRangeAt(0) : null;
    for (const said of this.main.querySelectorAll("[data-found]")) {
      const inside = Boolean(range && said.contains(range.startContainer) && said.contains(range.endContainer));
      const form = said.closest("li").querySelector("form");
      const button = form.querySelector("[data-part]");
      button.dataset.whole ??= button.firstChild.data;
      const [start, end] = inside ? spanOf(said, range) : [0, [...said.textContent].length];
      form.elements.start.value = start;
      form.elements.end.value = end;
      button.firstChild.data = inside ? button.dataset.part : button.dataset.whole;
    }
  }

  #say(words) {
    const line = this.main.querySelector(".panel-says") ?? this.main.insertBefore(document.createElement("p"), this.main.firstChild);
    line.className = "notice wrong panel-says";
    line.setAttribute("role", "alert");
    line.textContent = words;
  }

  async #fetched(address, how = {}) {
    try {
      const response = await fetch(address, { headers: { Accept: "text/html" }, ...how });
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      return page.querySelector("main") ? page : null;
    } catch {
      return null;
    }
  }
}

// Where a range begins and ends in the text of an element, in code points, as the server counts.
function spanOf(element, range) {
  const before = document.createRange();
  before.setStart(element, 0);
  before.setEnd(range.startContainer, range.startOffset);
  const start = [...before.toString()].length;
  return [start, start + [...range.toString()].length];
}
