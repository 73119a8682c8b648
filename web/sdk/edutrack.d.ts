/** A player of YouTube's IFrame API, as `new YT.Player(…)` makes it. */
export interface YouTubePlayer {
  getPlayerState(): number;
  getCurrentTime(): number;
  getPlaybackRate(): number;
  seekTo(seconds: number, allowSeekAhead: boolean): void;
  addEventListener(name: string, listener: () => void): void;
  removeEventListener(name: string, listener: () => void): void;
}

/** A media element (or a custom element that behaves like one), a YouTube player, or the iframe of one. */
export type Target = HTMLMediaElement | HTMLIFrameElement | YouTubePlayer;

export interface TrackerOptions {
  /** Where events go: `/progress/batch` of EduTrack. */
  endpoint: string;
  /** A student's access token, or what gets one; asked again when the server has refused the last. */
  token: string | (() => string | Promise<string>);
  /** Seconds between heartbeats while something plays, 1 to 60; 10 unless said. */
  heartbeatSeconds?: number;
}

export interface AttachOptions {
  /** The video's id in EduTrack; a function where one player shows several in turn. */
  videoId: number | string | (() => number | string | null | undefined);
  /** Where to begin, in seconds, if the player is at its beginning; `true` asks the server where the user left it. */
  resume?: number | string | boolean;
}

export interface Occasions {
  /** Events the server has. */
  sent: { count: number };
  /** Events nobody will have: too many waited, or the server refused a whole request. */
  dropped: { count: number };
  /**
   * What went wrong; no `detail` where `token` rejects without a message. It is tried again, unless there is an `event`,
   * which the server refuses, or the server refuses the whole request: then `dropped` follows.
   */
  error: { detail?: string; status?: number; event?: object };
}

export interface Tracker {
  /** Follow a player, from now on as this video. */
  attach(target: Target, options: AttachOptions): this;
  /** End what plays there and let go of it; of all players if none is named. */
  detach(target?: Target): this;
  /** Whether a player is followed. */
  has(target: Target): boolean;
  /** Send what waits, now. Resolves when that has been tried; never rejects. */
  flush(): Promise<void>;
  /** Call `listener` whenever this happens. */
  on<K extends keyof Occasions>(occasion: K, listener: (detail: Occasions[K]) => void): this;
}

/** Report what players play. See docs/players.md. */
export function createTracker(options: TrackerOptions): Tracker;

declare global {
  interface Window {
    /** What the script tag leaves behind; `tracker` is there if the tag has a `data-token`. */
    EduTrack?: { createTracker: typeof createTracker; tracker?: Tracker };
  }
}
