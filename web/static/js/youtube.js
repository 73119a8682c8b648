// YouTube's player in a frame, as the player script wants to see it, without YouTube's own script: what that does is
// exchange messages with the frame, and these are they. So nothing of another origin runs on our pages.
const ORIGIN = "https://www.youtube-nocookie.com";
const GREET_EVERY = 250;

export function youTubePlayer(frame) {
  const known = { playerState: -1, currentTime: 0, playbackRate: 1 };
  const listeners = new Map();
  let isHeard = false;

  const tell = (message) => frame.contentWindow?.postMessage(JSON.stringify({ id: frame.id, channel: "widget", ...message }), ORIGIN);
  const fire = (name) => [...(listeners.get(name) ?? [])].forEach((listener) => listener());

  const learn = (info) => {
    const before = { ...known };
    for (const name of Object.keys(known)) {
      if (typeof info[name] === "number") known[name] = info[name];
    }
    if (known.playerState !== before.playerState) fire("onStateChange");
    if (known.playbackRate !== before.playbackRate) fire("onPlaybackRateChange");
  };

  const hear = ({ origin, source, data }) => {
    if (origin !== ORIGIN || source !== frame.contentWindow || typeof data !== "string") return;
    let message;
    try {
      message = JSON.parse(data);
    } catch {
      return; // not of the protocol
    }
    if (!isHeard) {
      isHeard = true;
      fire("onReady");
    }
    if (message.info && typeof message.info === "object") learn(message.info);
  };

  window.addEventListener("message", hear);
  const greeting = setInterval(() => (isHeard ? clearInterval(greeting) : tell({ event: "listening" })), GREET_EVERY);

  return {
    getPlayerState: () => known.playerState,
    getCurrentTime: () => known.currentTime,
    getPlaybackRate: () => known.playbackRate,
    seekTo: (seconds, allowSeekAhead) => tell({ event: "command", func: "seekTo", args: [seconds, allowSeekAhead] }),
    addEventListener: (name, listener) => listeners.set(name, (listeners.get(name) ?? new Set()).add(listener)),
    removeEventListener: (name, listener) => listeners.get(name)?.delete(listener),
  };
}
