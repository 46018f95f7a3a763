// Writing a note where it stands: a field takes the place of its words; a pause saves, Enter and Esc go back to the cell.

const PAUSE_MS = 900;

export class Editing {
  constructor({ desk, grid, words, most }) {
    Object.assign(this, { desk, grid, words, most });
    this.element = null;
  }

  get busyId() {
    return this.element?.dataset.id ?? null;
  }

  open(element) {
    if (this.element === element) return;
    this.leave();
    this.element = element;
    const field = document.createElement("textarea");
    const cell = this.grid.cellOf(element);
    field.maxLength = this.most;
    field.rows = 1;
    field.value = element.dataset.text ?? "";
    field.placeholder = element.dataset.quoted || this.words.placeholder;
    field.setAttribute("aria-label", `${cell.getAttribute("aria-label")} · ${this.words.writing}`);
    field.addEventListener("keydown", (event) => this.#key(event));
    field.addEventListener("input", () => this.#later());
    field.addEventListener("blur", () => this.leave());
    element.querySelector(".words").hidden = true;
    element.prepend(field);
    field.focus();
    field.setSelectionRange(field.value.length, field.value.length);
  }

  // An empty note at the end of a cell, to be written.
  begin(cell) {
    const element = document.createElement("li");
    element.className = "note";
    element.tabIndex = -1;
    element.dataset.id = freshId();
    element.dataset.text = "";
    const words = document.createElement("span");
    words.className = "words";
    element.append(words);
    this.grid.place(element, cell);
    cell.querySelector(".notes").hidden = false;
    cell.classList.remove("bare");
    this.open(element);
  }

  // Ends writing; what was written is wanted. Returns the note's element, or null where nothing is left of it.
  leave() {
    const { element } = this;
    if (!element) return null;
    this.element = null;
    clearTimeout(this.pause);
    const field = element.querySelector("textarea");
    const text = tidied(field.value);
    field.remove();
    element.querySelector(".words").hidden = false;
    this.desk.write(element, text);
    this.desk.close();
    return element.isConnected && !element.hidden ? element : null;
  }

  #back() {
    const cell = this.grid.cellOf(this.element);
    const element = this.leave();
    this.grid.go(element ?? cell);
  }

  #key(event) {
    if (event.isComposing || event.keyCode === 229) return;
    event.stopPropagation();
    if (event.key !== "Escape" && !(event.key === "Enter" && !event.shiftKey)) return;
    event.preventDefault();
    this.#back();
  }

  #later() {
    clearTimeout(this.pause);
    const { element } = this;
    this.pause = setTimeout(() => {
      const text = tidied(element.querySelector("textarea")?.value ?? "");
      // An empty field is not a wish to remove the note while somebody is still writing in it.
      if (this.element === element && text) this.desk.write(element, text);
    }, PAUSE_MS);
  }
}

function tidied(text) {
  return text.replace(/\s+/g, " ").trim();
}

// A random UUID; crypto.randomUUID is missing where a server is reached without TLS.
function freshId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((one) => one.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
