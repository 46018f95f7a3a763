// One coder's coding of one statement, as the API takes it. Documents are never changed: each function returns another one.

export const MOST_EMOTIONS = 5;
export const MOST_EXCERPTS = 200;

export function empty() {
  return { sentiment: null, emotions: [], memo: "", excerpts: [], done: false };
}

// What the API gives holds more (version, times): only what a coder says is kept.
export function documentOf(coding) {
  const excerpts = coding.excerpts.map(({ id, code, start, end, memo }) => ({ id, code, start, end, memo: memo ?? "" }));
  return { sentiment: coding.sentiment, emotions: [...coding.emotions], memo: coding.memo, excerpts, done: coding.done };
}

export function same(one, other) {
  return JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
}

export function isEmpty(document) {
  return same(document, empty());
}

export function withSentiment(document, sentiment) {
  return { ...document, sentiment };
}

// Null where there are too many already.
export function withEmotion(document, label) {
  const kept = document.emotions.filter((one) => one !== label);
  if (kept.length < document.emotions.length) return { ...document, emotions: kept };
  return kept.length < MOST_EMOTIONS ? { ...document, emotions: [...kept, label] } : null;
}

export function excerptAt(document, code, start, end) {
  return document.excerpts.find((one) => one.code === code && one.start === start && one.end === end);
}

// Null where there are too many already.
export function withExcerpt(document, excerpt) {
  if (excerptAt(document, excerpt.code, excerpt.start, excerpt.end)) return document;
  if (document.excerpts.length >= MOST_EXCERPTS) return null;
  const excerpts = [...document.excerpts, excerpt].sort((one, other) => one.start - other.start || other.end - one.end);
  return { ...document, excerpts };
}

export function withoutExcerpt(document, id) {
  return { ...document, excerpts: document.excerpts.filter((one) => one.id !== id) };
}

export function withMemo(document, memo, excerptId) {
  if (!excerptId) return { ...document, memo };
  return { ...document, excerpts: document.excerpts.map((one) => (one.id === excerptId ? { ...one, memo } : one)) };
}

// In which row under the text each excerpt is drawn, by id: the first that is free where it begins, the longest first.
export function rowsOf(excerpts) {
  const ends = [];
  const rows = new Map();
  for (const one of [...excerpts].sort((a, b) => a.start - b.start || b.end - a.end)) {
    let row = ends.findIndex((end) => end <= one.start);
    if (row < 0) row = ends.length;
    ends[row] = one.end;
    rows.set(one.id, row);
  }
  return rows;
}

function sorted(document) {
  const excerpts = document.excerpts
    .map(({ id, code, start, end, memo }) => [start, end, code, id, memo])
    .sort((one, other) => one[0] - other[0] || one[1] - other[1] || (one[2] + one[3] < other[2] + other[3] ? -1 : 1));
  return [document.sentiment, [...document.emotions].sort(), document.memo, excerpts, document.done];
}
