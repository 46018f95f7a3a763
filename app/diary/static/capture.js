// Photos and voice notes of an entry: made small on the phone, and rid of what cameras and files tell beside them.
import { wavOf } from "./adpcm.js";
import { newId } from "./encoding.js";

const LONGEST_SIDE = 1600;
const QUALITY = 0.8;
const THUMB = 144;
const RATE = 16_000;
const chosen = new WeakMap();

// Puts buttons in the place of the two plain file fields, which stay where the browser cannot record.
export function prepareCapture(form) {
  const box = form.querySelector(".capture");
  if (!box || chosen.has(form)) return;
  const capture = new Capture(form, box);
  chosen.set(form, capture);
  capture.prepare();
}

// Returns what goes with the entry: [{id, kind, media_type, blob}]. A recording that still runs is ended and counts.
export async function chosenAttachments(form) {
  const capture = chosen.get(form);
  if (!capture) return [];
  await capture.settled();
  return capture.kept.map(({ id, kind, blob }) => ({ id, kind, media_type: blob.type, blob }));
}

class Capture {
  kept = [];
  #working = Promise.resolve();
  #recording = null;

  constructor(form, box) {
    Object.assign(this, { form, box });
    this.words = JSON.parse(box.dataset.words);
    this.list = box.querySelector(".captured");
    this.trouble = box.querySelector("[data-trouble]");
    this.button = box.querySelector("[data-record]");
    [this.photos, this.voices] = ["photo", "voice"].map((name) => form.elements[name]);
  }

  prepare() {
    this.photos.addEventListener("change", () => this.#take(this.photos, "photo"));
    this.voices.addEventListener("change", () => this.#take(this.voices, "voice"));
    this.button.addEventListener("click", () => (this.#recording ? this.#recording.stop() : this.#record()));
    addEventListener("pagehide", () => this.#recording?.stop());
    if (this.button.dataset.wanted) this.#record();
    // Somebody was quicker than this script.
    for (const [field, kind] of [[this.photos, "photo"], [this.voices, "voice"]]) if (field.files.length) this.#take(field, kind);
  }

  async settled() {
    this.#recording?.stop();
    await this.#working;
  }

  #count(kind) {
    return this.kept.filter((one) => one.kind === kind).length;
  }

  #most(kind) {
    return Number(kind === "photo" ? this.box.dataset.photos : this.box.dataset.voices);
  }

  #say(words, numbers = {}) {
    this.trouble.textContent = filled(words, numbers);
  }

  // One after another, so that they stand in the order in which they were chosen, and a phone keeps one picture in mind.
  #take(field, kind) {
    const files = [...field.files];
    this.#say("");
    this.#working = this.#working.then(async () => {
      for (const file of files) {
        if (this.#count(kind) >= this.#most(kind)) {
          this.#say(this.words[`many_${kind}s`], { most: this.#most(kind) });
          break;
        }
        try {
          if (kind === "photo") this.#keep({ kind, ...(await drawn(file)) });
          else this.#keep({ kind, ...(await spoken(file, Number(this.box.dataset.seconds))) });
        } catch {
          this.#say(kind === "photo" ? this.words.unreadable : this.words.silent);
        }
      }
      this.#show();
    });
  }

  async #record() {
    this.#say("");
    if (this.#count("voice") >= this.#most("voice")) {
      this.#say(this.words.many_voices, { most: this.#most("voice") });
      return;
    }
    this.button.disabled = true;
    let stream = null;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1, noiseSuppression: true } });
    } catch (error) {
      this.#say(error.name === "NotAllowedError" ? this.words.refused : this.words.no_microphone);
    }
    this.button.disabled = false;
    if (stream) this.#listen(stream);
  }

  #listen(stream) {
    const recorder = new MediaRecorder(stream);
    const pieces = [];
    const began = Date.now();
    const most = Number(this.box.dataset.seconds);
    const label = this.button.textContent;
    const tick = () => {
      const seconds = Math.floor((Date.now() - began) / 1000);
      this.button.textContent = `${this.words.stop} ${seconds}″`;
      if (seconds >= most) this.#recording?.stop();
    };
    const timer = setInterval(tick, 500);
    let done = () => {};
    this.#working = Promise.all([this.#working, new Promise((resolve) => (done = resolve))]);
    this.#recording = { stop: () => recorder.state === "inactive" || recorder.stop() };
    this.button.setAttribute("aria-pressed", "true");
    this.#say(this.words.recording, { most });
    recorder.addEventListener("dataavailable", ({ data }) => pieces.push(data));
    recorder.addEventListener("stop", async () => {
      clearInterval(timer);
      this.#recording = null;
      for (const track of stream.getTracks()) track.stop();
      this.button.textContent = label;
      this.button.setAttribute("aria-pressed", "false");
      this.#say("");
      try {
        this.#keep({ kind: "voice", ...(await spoken(new Blob(pieces, { type: recorder.mimeType }), most)) });
      } catch {
        this.#say(this.words.silent);
      }
      this.#show();
      done();
    });
    recorder.start(1000);
    tick();
  }

  #keep(one) {
    this.kept.push({ id: newId(), ...one });
  }

  #show() {
    const counts = { photo: 0, voice: 0 };
    this.list.replaceChildren(
      ...this.kept.map((one) => {
        const name = filled(this.words[one.kind], { n: (counts[one.kind] += 1), seconds: one.seconds });
        const row = document.createElement("li");
        row.append(one.picture ?? "", Object.assign(document.createElement("span"), { textContent: name }));
        one.picture?.setAttribute("aria-label", name);
        if (one.sound) row.append(button(this.words.play, () => play(one.sound), `${this.words.play}: ${name}`));
        row.append(button(this.words.remove, () => this.#remove(one), `${this.words.remove}: ${name}`));
        return row;
      }),
    );
    this.list.hidden = !this.kept.length;
    this.#hand(this.photos, "photo", "jpg");
    this.#hand(this.voices, "voice", "wav");
    this.form.dispatchEvent(new Event("change"));
  }

  #remove(one) {
    this.kept = this.kept.filter((other) => other !== one);
    this.#show();
    (one.kind === "photo" ? this.photos : this.button.hidden ? this.voices : this.button).focus();
  }

  // What the plain form would send is what is shown, never the file as the camera wrote it.
  #hand(field, kind, ending) {
    const files = new DataTransfer();
    for (const [n, { blob }] of this.kept.filter((one) => one.kind === kind).entries()) {
      files.items.add(new File([blob], `${kind}-${n + 1}.${ending}`, { type: blob.type }));
    }
    field.files = files.files;
  }
}

// Returns a picture drawn anew: upright, at most 1600 px, JPEG, without anything that the file said beside its pixels.
async function drawn(file) {
  const bitmap = await bitmapOf(file);
  const shrink = Math.min(1, LONGEST_SIDE / Math.max(bitmap.width, bitmap.height));
  const whole = canvas(bitmap, bitmap.width * shrink, bitmap.height * shrink);
  const small = Math.min(1, THUMB / Math.max(bitmap.width, bitmap.height));
  const picture = canvas(bitmap, bitmap.width * small, bitmap.height * small);
  picture.setAttribute("role", "img");
  bitmap.close();
  const blob = await new Promise((resolve) => whole.toBlob(resolve, "image/jpeg", QUALITY));
  if (!blob) throw new Error("not drawn");
  return { blob, picture };
}

async function bitmapOf(file) {
  try {
    return await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch (error) {
    // Older browsers do not know the word, and turn the picture upright by themselves.
    if (error.name !== "TypeError") throw error;
    return createImageBitmap(file);
  }
}

function canvas(bitmap, width, height) {
  const made = document.createElement("canvas");
  made.width = Math.max(1, Math.round(width));
  made.height = Math.max(1, Math.round(height));
  const pen = made.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, made.width, made.height);
  pen.drawImage(bitmap, 0, 0, made.width, made.height);
  return made;
}

// Returns the sound of a recording as mono at 16 kHz, at most `most` seconds of it, and the file that is sent.
async function spoken(file, most) {
  const sound = await new OfflineAudioContext(1, 1, RATE).decodeAudioData(await file.arrayBuffer());
  const length = Math.min(sound.length, most * RATE);
  if (!length) throw new Error("nothing said");
  const samples = new Float32Array(length);
  for (let channel = 0; channel < sound.numberOfChannels; channel += 1) {
    const one = sound.getChannelData(channel);
    for (let n = 0; n < length; n += 1) samples[n] += one[n] / sound.numberOfChannels;
  }
  const blob = new Blob([wavOf(samples, RATE)], { type: "audio/wav" });
  return { blob, sound, seconds: Math.round(length / RATE) };
}

function play(sound) {
  const context = new AudioContext();
  const source = context.createBufferSource();
  source.buffer = sound;
  source.connect(context.destination);
  source.addEventListener("ended", () => context.close());
  source.start();
}

function button(words, act, name) {
  const made = document.createElement("button");
  Object.assign(made, { type: "button", className: "link", textContent: words });
  made.setAttribute("aria-label", name);
  made.addEventListener("click", act);
  return made;
}

function filled(words, numbers) {
  return words.replace(/%\((\w+)\)s/g, (all, name) => numbers[name] ?? all);
}
