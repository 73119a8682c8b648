const API = "https://www.youtube.com/iframe_api";
const PLAYING = 1;
const BUFFERING = 3;
const CHANGES = ["onReady", "onStateChange", "onPlaybackRateChange"];

/**
 * The part of YouTube's IFrame API that is used here.
 * @typedef {{ getPlayerState(): number, getCurrentTime(): number, getPlaybackRate(): number,
 *   seekTo(seconds: number, allowSeekAhead: boolean): void, addEventListener(name: string, fn: () => void): void,
 *   removeEventListener(name: string, fn: () => void): void }} YouTubePlayer
 */

/**
 * Return the player of an iframe, the page's own if it has made one. Loads YouTube's script where nobody has.
 * @param {HTMLIFrameElement} frame
 * @returns {Promise<YouTubePlayer>}
 */
export const playerOf = (frame) =>
  new Promise((resolve) => {
    const page = /** @type {any} */ (window);
    if (!page.YT && !document.querySelector(`script[src^="${API}"]`)) {
      document.head.append(Object.assign(document.createElement("script"), { src: API }));
    }
    const wait = () => {
      if (page.YT?.Player) resolve(page.YT.get?.(frame.id) || new page.YT.Player(frame));
      else setTimeout(wait, 100);
    };
    wait();
  });

/**
 * @param {YouTubePlayer} player
 * @param {() => number} video
 * @param {Promise<number>} resume
 * @returns {import("./media.js").Source}
 */
export const youTubeSource = (player, video, resume) => ({
  // The methods are there once the player is ready.
  glance: () => ({
    video: video(),
    live: player.getPlayerState?.() === PLAYING,
    jumping: false,
    willing: player.getPlayerState?.() === BUFFERING,
    position: player.getCurrentTime?.() || 0,
    rate: player.getPlaybackRate?.() || 1,
  }),
  listen: (look) => {
    let from = 0;
    let on = true;
    const changed = () => {
      if (!on) return;
      // Not before it plays: sought earlier, a player would start by itself.
      if (from > 0 && player.getPlayerState?.() === PLAYING) {
        if (player.getCurrentTime() < 1) player.seekTo(from, true);
        from = 0;
      }
      look();
    };
    resume.then((seconds) => {
      from = seconds;
      changed();
    });
    CHANGES.forEach((change) => player.addEventListener(change, changed));
    return () => {
      on = false;
      CHANGES.forEach((change) => player.removeEventListener(change, changed));
    };
  },
});
