let ahead = -Infinity;

/**
 * Return milliseconds since the epoch, never less than before. A clock that is set back is not followed: every
 * event and `sent_at` come from here, so the server corrects what is left. One that jumps ahead is: that is how
 * a sleep shows, which the monotonic clock of some systems does not count.
 */
export const now = () => {
  ahead = Math.max(ahead, Date.now() - performance.now());
  return performance.now() + ahead;
};

/** @param {number} at */
export const instant = (at) => new Date(at).toISOString();

/** Return a random UUID; `crypto.randomUUID` is missing on pages without TLS. */
export const uuid = () => {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
};
