import { era, instant, now, uuid } from "./clock.js";

/** Shorter stretches are not told: dragging the playhead is not watching. */
const SHORTEST = 250;
/** So far a stretch may fall behind the clock before it ends: a stutter makes no events. */
const BEHIND = 2500;
/** Nobody knows what happened between two looks that are further apart: a page that plays looks each second. */
const BLIND = 5000;
const LOOK = 1000;
const LONGEST_CLAIM = 43200;
const LONGEST_POSITION = 3e7;

/**
 * What a player shows at a glance: whether it plays, whether its position is elsewhere now than where it played, and
 * whether it goes on by itself when it does not play.
 * @typedef {{ video: number, live: boolean, jumping: boolean, willing: boolean, position: number, rate: number }} Glance
 */

/**
 * A stretch of playing. `heard` is the moment up to which it has played: it moves with the position, not with the
 * clock, so that whatever stalls, sleeps or freezes adds nothing. All of it is told by the clock of its beginning.
 * @typedef {{ video: number, start: number, heard: number, told: number, seen: number, from: number,
 *   position: number, rate: number, era: import("./clock.js").Era }} Span
 */

/**
 * Count what one player plays and record it as events.
 * @param {() => Glance} glance
 * @param {(event: object, urgent: boolean) => void} record
 * @param {number} every milliseconds between heartbeats
 */
export const watch = (glance, record, every) => {
  let session = "";
  /** @type {import("./clock.js").Era | undefined} */
  let lastEra;
  /** @type {Span | null} */
  let span = null;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let timer;

  /**
   * @param {"play" | "pause" | "heartbeat"} kind
   * @param {Span} of
   * @param {number} at
   * @param {number} position
   * @param {boolean} [urgent]
   * @param {number} [claim]
   */
  const tell = (kind, of, at, position, urgent = true, claim) => {
    of.told = at;
    const { offset } = of.era;
    const event = {
      kind,
      video_id: of.video,
      event_id: uuid(),
      session_id: session,
      occurred_at: instant(at + (offset || 0)),
      raw: offset == null,
      position_seconds: position >= 0 && position < LONGEST_POSITION ? position : undefined,
      playback_rate: of.rate,
      watchtime_seconds: claim,
    };
    record(event, urgent);
  };

  /** @param {Span} open @param {number} at @param {Glance} seen */
  const advance = (open, at, seen) => {
    const passed = at - open.seen;
    let played = ((seen.position - open.position) / open.rate) * 1000;
    let position = seen.position;
    if (seen.jumping || !(played >= 0 && played < passed + LOOK)) {
      played = passed;
      position = open.position + (played * open.rate) / 1000;
    }
    if (passed < BLIND) open.heard = Math.min(at, open.heard + played);
    open.position = position;
    open.seen = at;
  };

  /** @param {Span} open @param {number} after */
  const tellProgress = (open, after) => {
    if (!open.told && open.heard - open.start >= SHORTEST) tell("play", open, open.start, open.from);
    if (open.told && open.heard - open.told >= after) tell("heartbeat", open, open.heard, open.position);
  };

  /** @param {boolean} [urgent] */
  const close = (urgent) => {
    if (!span) return;
    clearInterval(timer);
    tellProgress(span, Infinity);
    // The claim is a bound: a pause that a slow network delivers late earns no more than what was played.
    const claim = Math.min(Math.ceil((span.heard - span.start) / 1000), LONGEST_CLAIM);
    if (span.told) tell("pause", span, span.heard, span.position, urgent, claim);
    span = null;
  };

  /** Look at the player; `after` so many milliseconds without an event it is time for a heartbeat. */
  const look = (after = every) => {
    const at = now();
    const seen = glance();
    if (span) {
      advance(span, at, seen);
      const on = seen.live || (seen.willing && !seen.jumping);
      if (on && seen.video === span.video && at - span.heard < BEHIND) {
        span.position = seen.position;
        span.rate = seen.rate;
        tellProgress(span, after);
      } else close(!seen.willing);
    }
    if (!span && seen.live && seen.video > 0) {
      // By another clock it may seem to begin before the last pause, which must not end it: another session.
      if (lastEra !== era) session = uuid();
      lastEra = era;
      span = { ...seen, start: at, heard: at, told: 0, seen: at, from: seen.position, era };
      timer = setInterval(look, LOOK);
    }
  };

  return {
    look: () => look(),
    /** Tell how far it is, before nobody can ask any more. */
    touch: () => look(LOOK),
    close: () => {
      look();
      close();
    },
  };
};
