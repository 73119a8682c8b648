import { createTracker } from "../edutrack.js";

const NAME = "data-edutrack-video";
const SCAN_AFTER = 100;

/**
 * Report what the elements of a page play that carry, or lie in one that carries, `data-edutrack-video`.
 * @param {HTMLScriptElement} script
 */
const start = (script) => {
  const { endpoint = new URL("/progress/batch", script.src).href, heartbeat } = script.dataset;
  const token = () => script.dataset.token || "";
  const tracker = createTracker({ endpoint, token, heartbeatSeconds: Number(heartbeat) || undefined });

  /** @param {any} element */
  const hostOf = (element) => element.closest?.(`[${NAME}]`);
  /** @param {any} element */
  const attach = (element) => {
    const host = hostOf(element);
    if (!host || tracker.has(element)) return;
    const videoId = () => hostOf(element)?.getAttribute(NAME);
    tracker.attach(element, { videoId, resume: host.dataset.resume ?? "edutrackResume" in host.dataset });
  };

  // Wherever a player library puts its element, and whenever: it is met when it has something to play.
  ["loadedmetadata", "play", "timeupdate"].forEach((type) =>
    document.addEventListener(type, ({ target }) => "currentTime" in (target || {}) && attach(target), true),
  );

  /** @type {HTMLIFrameElement[]} */
  let frames = [];
  let planned = false;
  const scan = () => {
    planned = false;
    frames.filter((frame) => !frame.isConnected).forEach(tracker.detach, tracker);
    frames = [...document.querySelectorAll(`iframe[${NAME}], [${NAME}] iframe`)].map((frame) => {
      attach(frame);
      return /** @type {HTMLIFrameElement} */ (frame);
    });
  };
  new MutationObserver(() => {
    planned ||= Boolean(setTimeout(scan, SCAN_AFTER));
  }).observe(document, { childList: true, subtree: true, attributeFilter: [NAME] });
  scan();
  return tracker;
};

const page = /** @type {any} */ (window);
const script = /** @type {HTMLScriptElement | null} */ (document.currentScript);
page.EduTrack ||= { createTracker, tracker: script && "token" in script.dataset ? start(script) : undefined };
