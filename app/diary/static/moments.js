// Clock hands of a place, and the moments they stand for.

const formats = new Map();

// Returns the moment as people in `zone` write it, with its offset: 2026-03-13T21:40:05.123+08:00.
export function isoInZone(milliseconds, zone) {
  const offset = offsetMinutes(milliseconds, zone);
  const hands = new Date(milliseconds + offset * 60_000).toISOString().slice(0, 23);
  const size = Math.abs(offset);
  const two = (number) => String(number).padStart(2, "0");
  return `${hands}${offset < 0 ? "-" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

// Returns the moment at which the clock hands of `zone` stand at `local` (2026-03-13T21:40), or NaN.
export function momentOf(local, zone) {
  const hands = Date.parse(`${local}Z`);
  if (Number.isNaN(hands)) return hands;
  // The offset is asked for at a moment near the one that is looked for, then at that moment itself.
  const near = hands - offsetMinutes(hands, zone) * 60_000;
  return hands - offsetMinutes(near, zone) * 60_000;
}

function offsetMinutes(milliseconds, zone) {
  if (!formats.has(zone)) {
    const parts = { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" };
    formats.set(zone, new Intl.DateTimeFormat("en-US", { ...parts, timeZone: zone, hourCycle: "h23" }));
  }
  const there = Object.fromEntries(formats.get(zone).formatToParts(milliseconds).map((part) => [part.type, Number(part.value)]));
  const hands = Date.UTC(there.year, there.month - 1, there.day, there.hour, there.minute, there.second);
  return Math.round((hands - milliseconds) / 60_000);
}
