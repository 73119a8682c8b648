// A browser's clock, storage, locks and network, as far as the player script asks for them, all in the test's hands.
import { mock } from "node:test";

export const HOUR = 3_600_000;

/** A wall clock and a monotonic one. `pass` runs both and the timers; the wall clock alone can be set. */
export const clock = {
  wall: Date.UTC(2026, 10, 24, 10),
  running: 1000,
  pass(milliseconds) {
    this.wall += milliseconds;
    this.running += milliseconds;
    mock.timers.tick(milliseconds);
  },
};
Date.now = () => clock.wall;
const set = (name, value) => Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
set("performance", { now: () => clock.running });

/** Let promises that wait for nothing but each other go on. */
export const settle = async () => {
  for (let turn = 0; turn < 50; turn++) await null;
};

/** A place for copies, as far as the script uses it. */
const makeCache = () => {
  const held = new Map();
  const addressOf = (copy) => copy.url ?? new URL(copy, "https://school.example").href;
  return {
    put: async (copy, answer) => void held.set(addressOf(copy), await answer.text()),
    match: async (copy) => new Response(held.get(addressOf(copy))),
    delete: async (copy) => held.delete(addressOf(copy)),
    keys: async () => [...held.keys()].map((url) => ({ url })),
  };
};

/** Start a browser without a past: timers, storage, copies and locks are new. */
export const makeBrowser = () => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  const held = new Set();
  const stored = {};
  const storage = new Proxy(stored, {
    get: (_, name) =>
      ({
        getItem: (key) => stored[key] ?? null,
        setItem: (key, value) => void (stored[key] = value),
        removeItem: (key) => void delete stored[key],
      })[name] ?? stored[name],
  });
  const locks = {
    async request(name, options, callback = options) {
      if (options.ifAvailable) return callback(held.has(name) ? null : { name });
      held.add(name);
      return callback({ name });
    },
  };
  set("localStorage", storage);
  set("navigator", { locks });
  const cache = makeCache();
  set("caches", { open: async () => cache });
  return { held, stored, without: (part) => set(part, part === "navigator" ? {} : undefined) };
};

/** The server: how it tells the time, if not by its clock, and how long a question for it is under way. */
export const server = { ahead: 0, delay: 0, date: undefined, status: 202 };

const tellTime = async () => {
  const at = clock.wall + server.ahead;
  if (server.delay) await new Promise((heard) => setTimeout(heard, server.delay));
  const { date = new Date(at).toUTCString(), status } = server;
  return { status, ok: status < 300, headers: { get: () => date }, json: async () => (status < 300 ? { results: [] } : { detail: "no" }) };
};

/** Answers for `fetch`, in order; the last one stays. A text is a network error. Who asks for the time gets it. */
export const makeNetwork = (...answers) => {
  const requests = [];
  set("fetch", async (url, request) => {
    if (!JSON.parse(request.body).events.length) return tellTime();
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    const body = JSON.parse(request.body);
    requests.push({ at: clock.running, ...body });
    if (typeof answer === "string") throw new TypeError(answer);
    const { status = 202, retryAfter = null, content } = answer;
    const results = body.events.map(() => ({ status: "accepted" }));
    return {
      status,
      ok: status < 300,
      headers: { get: () => retryAfter },
      json: async () => {
        if (content === "html") throw new SyntaxError("no JSON");
        return content ?? (status < 300 ? { results } : { detail: "no" });
      },
    };
  });
  return requests;
};

export const token = (sub) => `x.${Buffer.from(JSON.stringify({ sub })).toString("base64url")}.x`;

let made = 0;
export const makeEvent = () => ({ event_id: `event-${made++}`, occurred_at: new Date(clock.wall).toISOString() });
