import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { clock, HOUR, makeBrowser } from "./stage.mjs";
import { watch } from "../../../../web/sdk/src/watch.js";

const HEARTBEAT = 10_000;
const FRAME = 250;

beforeEach(makeBrowser);

/** A player in the test's hands, and what is told of it. */
const makePlayer = () => {
  const state = { video: 1, live: false, jumping: false, willing: true, position: 0, rate: 1 };
  const events = [];
  const { look, close } = watch(() => ({ ...state }), (event) => events.push(event), HEARTBEAT);
  const change = (fields) => {
    Object.assign(state, fields);
    look();
  };
  return {
    state,
    events,
    change,
    close,
    /** Let it play so long, a look at a time. */
    play(milliseconds) {
      if (!state.live) change({ live: true, willing: true });
      for (let passed = 0; passed < milliseconds; passed += FRAME) {
        clock.pass(FRAME);
        change({ position: state.position + (FRAME * state.rate) / 1000 });
      }
    },
    pause: () => change({ live: false, willing: false }),
    kinds: () => events.map(({ kind }) => kind).join(" "),
    /** What the server credits in seconds: from play to pause, no more than claimed. */
    credit() {
      let total = 0;
      let start = 0;
      for (const { kind, occurred_at, watchtime_seconds } of events) {
        if (kind === "play") start = Date.parse(occurred_at);
        if (kind === "pause") total += Math.min(watchtime_seconds, (Date.parse(occurred_at) - start) / 1000);
      }
      return total;
    },
  };
};

test("what plays is told as play, heartbeats and pause", () => {
  const player = makePlayer();
  player.play(25_000);
  player.pause();
  assert.equal(player.kinds(), "play heartbeat heartbeat pause");
  assert.equal(player.credit(), 25);
  assert.deepEqual(
    player.events.map(({ position_seconds }) => position_seconds),
    [0, 10, 20, 25],
  );
  assert.equal(new Set(player.events.map(({ event_id }) => event_id)).size, 4);
  assert.equal(new Set(player.events.map(({ session_id }) => session_id)).size, 1);
});

for (const rate of [0.5, 1, 2, 16]) {
  test(`ten seconds at rate ${rate} are ten seconds`, () => {
    const player = makePlayer();
    player.change({ rate });
    player.play(10_000);
    player.pause();
    assert.equal(player.credit(), 10);
    assert.ok(player.events.every(({ playback_rate }) => playback_rate === rate));
  });
}

test("a rate that changes on the way changes nothing", () => {
  const player = makePlayer();
  player.play(4000);
  player.change({ rate: 2 });
  player.play(4000);
  player.change({ rate: 0.5 });
  player.play(4000);
  player.pause();
  assert.equal(player.credit(), 12);
});

test("a stall adds nothing, said or not, and no heartbeat", () => {
  for (const live of [true, false]) {
    const player = makePlayer();
    player.play(5000);
    player.change({ live });
    for (let second = 0; second < 60; second++) clock.pass(1000);
    assert.equal(player.kinds(), "play pause");
    player.play(5000);
    player.pause();
    assert.ok(Math.abs(player.credit() - 10) <= 0.25);
  }
});

test("stutters add nothing and tell nothing", () => {
  const player = makePlayer();
  for (let time = 0; time < 4; time++) {
    player.play(1000);
    player.change({ live: false });
    clock.pass(500);
  }
  player.pause();
  assert.equal(player.kinds(), "play pause");
  assert.equal(player.credit(), 4);
});

test("a laptop that sleeps adds nothing, even if the picture has moved on by itself", () => {
  for (const moved of [0, HOUR / 1000]) {
    const player = makePlayer();
    player.play(5000);
    clock.wall += HOUR;
    clock.running += moved ? HOUR : 0;
    player.change({ position: player.state.position + moved });
    player.play(5000);
    player.pause();
    assert.equal(player.credit(), 10);
    assert.equal(player.kinds(), "play pause play pause");
  }
});

test("a live stream that leaps to its edge after a sleep adds nothing", () => {
  const player = makePlayer();
  player.play(5000);
  clock.pass(HOUR);
  player.change({ live: false, jumping: true, position: 3600 });
  player.change({ live: true, jumping: false });
  player.play(5000);
  player.pause();
  assert.equal(player.credit(), 10);
});

test("a clock that is set back keeps the order", () => {
  const player = makePlayer();
  player.play(5000);
  clock.wall -= HOUR;
  player.play(5000);
  player.pause();
  clock.wall += HOUR;
  assert.equal(player.credit(), 10);
});

test("dragging the playhead is a pause and a play", () => {
  const player = makePlayer();
  player.play(5000);
  for (let time = 0; time < 100; time++) {
    player.change({ live: false, jumping: true, position: time });
    clock.pass(10);
    player.change({ live: true, jumping: false });
    clock.pass(10);
  }
  player.play(5000);
  player.pause();
  assert.equal(player.kinds(), "play pause play pause");
  assert.ok(Math.abs(player.credit() - 10) < 0.25);
});

test("the next video on the same element is another stretch", () => {
  const player = makePlayer();
  player.play(5000);
  player.change({ video: 2, position: 0 });
  player.play(3000);
  player.pause();
  assert.deepEqual(
    player.events.map(({ kind, video_id }) => `${kind} ${video_id}`),
    ["play 1", "pause 1", "play 2", "pause 2"],
  );
  assert.equal(player.credit(), 8);
});

test("nothing is told of an element without a video, or of a position that is none", () => {
  const player = makePlayer();
  player.change({ video: NaN });
  player.play(2000);
  assert.equal(player.kinds(), "");
  player.change({ video: 1, position: -3 });
  player.play(2000);
  player.close();
  assert.equal(player.events[0].position_seconds, undefined);
});
