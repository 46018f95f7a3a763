// A note as the API takes it. Documents are never changed: whoever changes one makes another. ``position`` is there only where a
// note was moved: where it stands among those of its cell is the server's to know.

export function noteOf({ stage, lane, text, party, touchpoint, removed }) {
  return { stage, lane, text, party: party ?? null, touchpoint: touchpoint ?? null, removed: Boolean(removed) };
}

// Whether what is wanted stands already.
export function alike(stands, wanted) {
  if (stands.removed && wanted.removed) return true;
  if (wanted.position !== undefined && wanted.position !== stands.position) return false;
  return ["stage", "lane", "text", "party", "touchpoint", "removed"].every((name) => stands[name] === wanted[name]);
}

export function fill(pattern, values) {
  return pattern.replace(/%\((\w+)\)s/g, (_, name) => values[name] ?? "");
}

export function shortened(text) {
  const signs = [...text];
  return signs.length > 20 ? `${signs.slice(0, 19).join("")}…` : text;
}

// Both texts as one: what both begin and end with stands once, what differs one after the other.
export function merged(theirs, mine) {
  if (theirs.includes(mine)) return theirs;
  if (mine.includes(theirs)) return mine;
  const [one, other] = [[...theirs], [...mine]];
  let start = 0;
  while (start < Math.min(one.length, other.length) && one[start] === other[start]) start += 1;
  let end = 0;
  while (end < Math.min(one.length, other.length) - start && one.at(-1 - end) === other.at(-1 - end)) end += 1;
  const middle = (signs) => signs.slice(start, signs.length - end).join("");
  return `${one.slice(0, start).join("")}${middle(one)}；${middle(other)}${one.slice(one.length - end).join("")}`;
}
