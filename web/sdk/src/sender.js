import { ask, era, instant, now } from "./clock.js";

/** Events a request; 60 kB hold more, and browsers refuse to keep more than 64 kB on their way. */
const BATCH = 180;
/** After a failure: a slow line must get something through. */
const SMALL_BATCH = 20;
/** After a failure, `LONGEST_WAIT`. */
const ANSWER_WITHIN = 8000;
const LONGEST_WAIT = 30_000;
const LONGEST_RETRY_AFTER = 3600;

/** @typedef {import("./ring.js").Event} Event */
/** @typedef {"dropped" | "sent" | "error"} Occasion */

/**
 * Return why something is to be tried again later, so many seconds at least.
 * @param {string} message @param {number} [status] @param {number} [after]
 */
const later = (message, status, after) => ({ message, status, after });

/** Return whose token it is; nothing of what is none, as a proxy's page. @param {string} token */
const subjectOf = (token) => {
  try {
    return JSON.parse(atob(token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/"))).sub;
  } catch {}
};

/** Return those that are raw as the first is, or are not. @param {Event[]} events */
const alike = (events) => events.filter(({ raw }) => raw === events[0].raw);

/**
 * Return what to send, by the server's clock. Where that is not known it has to take the time under way for an error.
 * With the token inside it needs no header, and a browser need not ask first whether it may send that elsewhere.
 * @param {string} token
 * @param {Event[]} events all of them raw, or none
 */
const bodyOf = (token, events) => {
  const offset = events[0]?.raw ? era.offset : 0;
  return JSON.stringify({
    token,
    sent_at: offset == null ? instant(now()) : undefined,
    events: events.map(({ raw, ...event }) => {
      const at = Date.parse(event.occurred_at);
      // What cannot be read is left as it is: the server refuses it alone.
      return at ? { ...event, occurred_at: instant(at + (offset || 0)) } : event;
    }),
  });
};

/**
 * Send what is in a ring, one request at a time, until it is empty.
 * @param {string} endpoint
 * @param {() => string | Promise<string>} token
 * @param {ReturnType<typeof import("./ring.js").makeRing>} ring
 * @param {(occasion: Occasion, detail: object) => void} emit
 */
export const makeSender = (endpoint, token, ring, emit) => {
  let bearer = "";
  let refused = "";
  let failures = 0;
  /** @type {Promise<void> | null} */
  let running = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  const authorize = async () => {
    if (bearer && bearer !== refused) return;
    const next = await token();
    const subject = subjectOf(next);
    if (!subject || next === refused) throw later("no new token", 401);
    bearer = next;
    ring.belongTo(`${endpoint} ${subject}`);
  };

  /** @param {Event[]} events */
  const post = (events) =>
    fetch(endpoint, {
      method: "POST",
      keepalive: true,
      body: bodyOf(bearer, events),
      signal: AbortSignal.timeout(failures ? LONGEST_WAIT : ANSWER_WITHIN),
    });

  /** Remove what the server has judged. @param {Event[]} events @param {any[]} results */
  const settle = (events, results) => {
    if (results?.length !== events.length) throw later("no answer of EduTrack");
    failures = 0;
    refused = "";
    ring.remove(events);
    const count = results.filter(({ status }) => status === "accepted").length;
    if (count) emit("sent", { count });
    results.forEach(({ status, detail }, index) => {
      if (status !== "accepted") emit("error", { detail, event: events[index] });
    });
  };

  const deliver = async () => {
    if (!ring.waits()) return false;
    await authorize();
    await ring.adopt();
    const oldest = ring.oldest(failures ? SMALL_BATCH : BATCH);
    if (!oldest.length) return false;
    // An empty batch asks for the time first: what then is sent need not say when, and may take as long as it likes.
    const learn = ask();
    const events = learn ? [] : alike(oldest);
    const answer = await post(events);
    const { status } = answer;
    if (answer.ok) {
      settle(events, (await answer.json()).results);
      learn?.(answer.headers.get("Date"));
      return true;
    }
    const { detail } = await answer.json().catch(() => ({}));
    // What gives no detail is not EduTrack: a proxy, or the page of a network that wants a login first.
    if (!detail || status >= 500 || status === 429 || status === 408) {
      const seconds = Math.min(Number(answer.headers.get("Retry-After")) || 0, LONGEST_RETRY_AFTER);
      throw later(detail || `HTTP ${status}`, status, seconds);
    }
    if (status === 401 || status === 403) {
      const again = refused;
      refused = bearer;
      if (again) throw later(detail, status); // else it is renewed at once
    } else if (learn) learn();
    else {
      ring.remove(events);
      emit("error", { detail, status });
      emit("dropped", { count: events.length });
    }
    return true;
  };

  const run = async () => {
    clearTimeout(timer);
    timer = undefined;
    try {
      while (await deliver());
    } catch (problem) {
      const { message, status, after = 0 } = /** @type {ReturnType<typeof later>} */ (problem || {});
      const wait = Math.min(1000 * 2 ** failures++, LONGEST_WAIT);
      timer = setTimeout(flush, after * 1000 + wait * (0.5 + Math.random() / 2));
      emit("error", { detail: message, status });
    }
    running = null;
  };

  /** Send now, whatever the last attempt said. */
  const flush = () => (running ||= run());

  return {
    flush,
    /** Send now, unless it is known that it is too early. */
    send: () => {
      if (!timer) flush();
    },
    /** Return where the user left a video, in seconds; 0 where nobody says. @param {number} video */
    leftOff: async (video) => {
      try {
        await authorize();
        const url = new URL(`video/${video}`, new URL(endpoint, location.href));
        const answer = await fetch(url, { headers: { Authorization: `Bearer ${bearer}` } });
        return Number((await answer.json())[0].position_seconds);
      } catch {
        return 0;
      }
    },
    /** Hand over everything to the browser, because the page ends. It stays in the ring: nobody hears the answer. */
    leave: () => {
      let all = ring.oldest(Infinity);
      while (bearer && bearer !== refused && all.length) {
        const events = alike(all).slice(0, BATCH);
        if (!navigator.sendBeacon(endpoint, bodyOf(bearer, events))) break;
        all = all.filter((event) => !events.includes(event));
      }
    },
  };
};
