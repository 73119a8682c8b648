import { now, uuid } from "./clock.js";

const PREFIX = "/edutrack/";
const MOST = 2000;
/** Without locks a tab counts as gone that has not written for so long. */
const GONE = 120_000;
/** Whoever is back so soon is taken for who was here without a token; later, somebody else may sit there. */
const SAME_PERSON = 600_000;
/** Nobody takes older events any more. */
const OLDEST = 8 * 86_400_000;

/**
 * `raw` where it is by a clock of which nobody knew whether it is right.
 * @typedef {{ event_id: string, occurred_at: string, raw?: boolean }} Event
 */

/**
 * Use the copies that survive a killed browser: Chromium brings localStorage to disk once a minute.
 * @param {(cache: Cache) => unknown} use
 */
const copies = async (use) => {
  try {
    await use(await caches.open(PREFIX));
  } catch {}
};

/**
 * Events that the server has not answered yet, the latest 2,000 of them, in this tab's own place in localStorage.
 * A place belongs to whoever holds the lock of its name, which a browser takes back when a tab is gone; only then
 * does another tab of the same user take over what is in it. Where storage does not work, memory must do.
 * @param {(count: number) => void} dropped
 */
export const makeRing = (dropped) => {
  let place = "";
  let owner = "";
  /** @type {Event[]} */
  let events = [];

  const save = () => {
    if (!place) {
      place = PREFIX + uuid();
      navigator.locks?.request(place, () => new Promise(() => {})).catch(() => {});
    }
    const to = place;
    const text = events.length && JSON.stringify({ owner, at: now(), events });
    copies((cache) => (text ? cache.put(to, new Response(text)) : cache.delete(to)));
    try {
      if (text) localStorage.setItem(to, text);
      else localStorage.removeItem(to);
    } catch {}
  };

  /** @param {Event[]} more */
  const keep = (more) => {
    events = [...new Map(more.map((event) => [event.event_id, event])).values()];
    const over = events.length - MOST;
    if (over > 0) {
      events = events.slice(over);
      dropped(over);
    }
    save();
  };

  /** @param {string} from @param {number} patience */
  const takeOver = (from, patience) => {
    try {
      const left = JSON.parse(/** @type {string} */ (localStorage.getItem(from)));
      // What was written in the future is of a clock that has been set back since.
      const age = Math.abs(now() - left.at);
      if (age < patience) return;
      if (left.owner ? left.owner === owner : age < SAME_PERSON) keep([...left.events, ...events]);
      else if (age < OLDEST) return;
      localStorage.removeItem(from);
    } catch {}
  };

  const others = () => {
    try {
      return Object.keys(localStorage).filter((name) => name.startsWith(PREFIX) && name !== place);
    } catch {
      return [];
    }
  };

  return {
    /** Whether there may be something to send. */
    waits: () => events.length + others().length > 0,
    /** @param {number} count */
    oldest: (count) => events.slice(0, count),
    /** @param {Event} event */
    add: (event) => keep([...events, event]),
    /** @param {Event[]} done */
    remove: (done) => keep(events.filter((event) => !done.includes(event))),
    /**
     * Say whose events these are. Those of somebody else wait in their place until that one is back.
     * @param {string} next
     */
    belongTo: (next) => {
      if (owner && owner !== next) {
        events = [];
        place = "";
      }
      owner = next;
      if (events.length) save();
    },
    /** Bring back what a killed browser has left, and a tab that lives has copied; what is sent twice counts once. */
    restore: () =>
      copies(async (cache) => {
        for (const copy of await cache.keys()) {
          const left = /** @type {Response} */ (await cache.match(copy));
          localStorage.setItem(PREFIX + copy.url, await left.text());
          await cache.delete(copy);
        }
      }),
    /** Take over what tabs that are gone have left. */
    adopt: async () => {
      try {
        const locks = navigator.locks;
        for (const name of others()) {
          if (!locks) takeOver(name, GONE);
          else await locks.request(name, { ifAvailable: true }, (lock) => lock && takeOver(name, 0));
        }
      } catch {}
    },
  };
};
