const CHANGES =
  "play playing pause waiting seeking seeked ended timeupdate ratechange emptied loadedmetadata error".split(" ");
/** Who has seen all but this much of a video begins anew. */
const NEARLY_SEEN = 5;

/** @typedef {import("./watch.js").Glance} Glance */
/** @typedef {{ glance: () => Glance, listen: (look: () => void) => () => void }} Source */

/**
 * Any `HTMLMediaElement`, or a custom element that behaves like one.
 * @param {HTMLMediaElement} element
 * @param {() => number} video
 * @param {Promise<number>} resume
 * @returns {Source}
 */
export const mediaSource = (element, video, resume) => ({
  glance: () => ({
    video: video(),
    live: !(element.paused || element.ended || element.seeking || element.readyState < 3 || element.playbackRate <= 0),
    jumping: element.seeking,
    willing: !(element.paused || element.ended),
    position: element.currentTime,
    rate: element.playbackRate,
  }),
  listen: (look) => {
    let from = 0;
    let on = true;
    const goOn = () => {
      if (on && from > 0 && element.readyState && element.currentTime < 1 && !(element.duration - from < NEARLY_SEEN)) {
        element.currentTime = from;
      }
    };
    element.addEventListener("loadedmetadata", goOn, { once: true });
    resume.then((seconds) => {
      from = seconds;
      goOn();
    });
    CHANGES.forEach((change) => element.addEventListener(change, look, true));
    return () => {
      on = false;
      CHANGES.forEach((change) => element.removeEventListener(change, look, true));
    };
  },
});
