// Notes that this device keeps until the server has stored them, in IndexedDB. They stand there as plain text, and are gone
// from here once they are stored.
const NAME = "xinlu-talks";
const NOTES = "notes";

function asked(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function opened() {
  const opening = indexedDB.open(NAME, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(NOTES, { keyPath: "id" });
  return asked(opening);
}

export class NoteStore {
  #database = null;
  // False: this browser keeps nothing, and the page says so.
  durable = true;

  async #run(mode, work) {
    this.#database ??= opened();
    const transaction = (await this.#database).transaction(NOTES, mode, { durability: "strict" });
    const ended = new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
    const found = asked(work(transaction.objectStore(NOTES)));
    // Said at once, so that a tab that is closed in the next moment has not taken it along.
    if (mode === "readwrite") transaction.commit();
    const result = await found;
    await ended;
    return result;
  }

  async #safely(mode, work, otherwise) {
    try {
      return await this.#run(mode, work);
    } catch {
      try {
        // Systems short of memory close a database behind its page's back; opened again, it is all there.
        this.#database = null;
        return await this.#run(mode, work);
      } catch {
        this.durable = false;
        return otherwise;
      }
    }
  }

  async all(interview) {
    const found = await this.#safely("readonly", (store) => store.getAll(), []);
    return found.filter((note) => note.interview === interview);
  }

  put(note) {
    return this.#safely("readwrite", (store) => store.put(note));
  }

  drop(id) {
    return this.#safely("readwrite", (store) => store.delete(id));
  }
}
