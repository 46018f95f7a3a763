// The words behind a note, and its forms, in a panel beside the map: parts of the cell's own page, which works by itself as well.

export class Panel {
  constructor({ changed, words }) {
    Object.assign(this, { changed, words });
    this.box = document.getElementById("panel");
    this.main = document.getElementById("panel-main");
    this.title = document.getElementById("panel-title");
    this.box.addEventListener("submit", (event) => this.#submit(event));
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
