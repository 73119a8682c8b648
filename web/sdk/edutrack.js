import { era } from "./src/clock.js";
import { mediaSource } from "./src/media.js";
import { makeRing } from "./src/ring.js";
import { makeSender } from "./src/sender.js";
import { watch } from "./src/watch.js";
import { playerOf, youTubeSource } from "./src/youtube.js";

const HEARTBEAT_SECONDS = 10;
/** A minute, because two make a silence. */
const LONGEST_HEARTBEAT_SECONDS = 60;
/** So long a pause that is none of the viewer's waits for the play behind it: one request. */
const TOGETHER = 1000;

/** @typedef {import("./edutrack.d.ts").Target} Target */

/**
 * Report what players play. Described in edutrack.d.ts and docs/players.md.
 * @type {typeof import("./edutrack.d.ts").createTracker}
 */
export const createTracker = ({ endpoint, token, heartbeatSeconds = HEARTBEAT_SECONDS }) => {
  /** @type {Record<string, ((detail: any) => void)[]>} */
  const listeners = { dropped: [], sent: [], error: [] };
  /** @type {Map<Target, () => void>} */
  const attached = new Map();
  /** @type {Set<ReturnType<typeof watch>>} */
  const watches = new Set();

  /** @param {string} occasion @param {object} detail */
  const emit = (occasion, detail) =>
    listeners[occasion].forEach((listener) => {
      try {
        listener(detail);
      } catch (error) {
        console.error(error);
      }
    });

  const ring = makeRing((count) => emit("dropped", { count }));
  const sender = makeSender(endpoint, typeof token === "function" ? token : () => token, ring, emit);
  const every = 1000 * Math.min(Math.max(heartbeatSeconds, 1), LONGEST_HEARTBEAT_SECONDS);

  /** @param {any} event @param {boolean} urgent */
  const record = (event, urgent) => {
    ring.add(event);
    if (urgent) sender.send();
    else setTimeout(sender.send, TOGETHER);
  };

  /** @param {import("./src/media.js").Source} source */
  const follow = ({ glance, listen }) => {
    const watching = watch(glance, record, every);
    watches.add(watching);
    const unlisten = listen(watching.look);
    watching.look();
    return () => {
      unlisten();
      watching.close();
      watches.delete(watching);
    };
  };

  const hide = () => {
    if (document.visibilityState !== "hidden") return;
    watches.forEach((each) => each.touch());
    sender.flush();
    // Events that wait for the time would be lost with a page that ends silently. Sent twice, they count once.
    if (!("offset" in era)) sender.leave();
  };
  document.addEventListener("visibilitychange", hide);
  document.addEventListener("freeze", hide);
  addEventListener("online", sender.flush);
  addEventListener("pagehide", () => {
    watches.forEach((each) => each.close());
    sender.leave();
  });
  ring.restore().then(sender.flush);

  return {
    attach(target, { videoId, resume = 0 }) {
      if (attached.has(target)) this.detach(target);
      const video = () => Number(typeof videoId === "function" ? videoId() : videoId);
      const from = resume === true ? sender.leftOff(video()) : Promise.resolve(Number(resume));
      let stop = () => {};
      attached.set(target, () => stop());
      /** @param {any} player */
      const begin = (player) => {
        if (attached.has(target)) stop = follow(youTubeSource(player, video, from));
      };
      if (target instanceof HTMLIFrameElement) playerOf(target).then(begin);
      else if ("currentTime" in target) stop = follow(mediaSource(target, video, from));
      else begin(target);
      return this;
    },
    detach(target) {
      for (const [each, stop] of attached) {
        if (target && each !== target) continue;
        attached.delete(each);
        stop();
      }
      return this;
    },
    has: (target) => attached.has(target),
    flush: sender.flush,
    on(occasion, listener) {
      listeners[occasion].push(listener);
      return this;
    },
  };
};
