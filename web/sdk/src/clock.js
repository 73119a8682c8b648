/** So much two clocks may part at once; more is a sleep, or somebody has set one. */
const STEP = 1000;
/** A clock that may be so right is right: the server tells whole seconds, and renews them each second. */
const RIGHT = 5000;
/** An answer heard so much later waited in a page that was frozen: nobody knows when it came. */
const TOO_LATE = 30_000;

/**
 * A time during which nobody set the clock. `offset` is how far the server is ahead of it, in milliseconds: 0 where it
 * may be right, missing until somebody has asked, null where there was no answer to that.
 * @typedef {{ offset?: number | null }} Era
 */

/** @type {Era} */
export let era = {};
let apart = 0;
let ahead = -Infinity;

/**
 * Return milliseconds since the epoch, never less than before. A clock that is set back is not followed. One that jumps
 * ahead is: that is how a sleep shows, which the monotonic clock of some systems does not count. Either begins an era.
 */
export const now = () => {
  const passed = performance.now();
  const before = apart;
  apart = Date.now() - passed;
  if (Math.abs(apart - before) > STEP) era = {};
  ahead = Math.max(ahead, apart);
  return passed + ahead;
};

/**
 * Return what learns how wrong the clock is from the date of an answer to what is sent now; nothing where that is known.
 * What the time under way may explain is no error: a delay moves nothing.
 */
export const ask = () => {
  const sent = now();
  const of = era;
  if ("offset" in of) return;
  /** @param {string | null} [date] */
  return (date) => {
    const at = now();
    if (of !== era || at - sent > TOO_LATE) return;
    const told = Date.parse(date || "");
    of.offset = told ? told - (sent + at) / 2 : null;
    if (of.offset && Math.abs(of.offset) < (at - sent) / 2 + RIGHT) of.offset = 0;
  };
};

/** @param {number} at */
export const instant = (at) => new Date(at).toISOString();

/** Return a random id of 128 bits; `crypto.randomUUID` is missing on pages without TLS. */
export const uuid = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => (byte + 256).toString(16).slice(1)).join("");
