import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { clock, HOUR, makeBrowser, makeEvent, makeNetwork, server, settle, token } from "./stage.mjs";
import { makeRing } from "../../../../web/sdk/src/ring.js";
import { makeSender } from "../../../../web/sdk/src/sender.js";
import { watch } from "../../../../web/sdk/src/watch.js";

beforeEach(() => {
  makeBrowser();
  Object.assign(server, { ahead: 0, delay: 0, date: undefined, status: 202 });
  clock.wall += 24 * HOUR; // whatever was learned before is forgotten
});

/** A page on which something plays or not, and the server's watch on the wall. */
const makePage = () => {
  const ring = makeRing(() => {});
  const sender = makeSender("/progress/batch", () => token(1), ring, () => {});
  const state = { video: 1, live: false, jumping: false, willing: true, position: 0, rate: 1 };
  const { look } = watch(() => ({ ...state }), ring.add, 10_000);
  return {
    ring,
    sender,
    play(seconds) {
      Object.assign(state, { live: true, willing: true });
      look();
      for (let frame = 0; frame < 4 * seconds; frame++) {
        clock.pass(250);
        state.position += 0.25;
        look();
      }
    },
    pause() {
      Object.assign(state, { live: false, willing: false });
      look();
    },
  };
};

/** Play a second and ask for the time, of which the answer is under way. */
const askSlowly = async () => {
  const requests = makeNetwork({});
  const page = makePage();
  const began = trueTime();
  page.play(1);
  const sent = page.sender.flush();
  await settle();
  return { requests, page, began, sent };
};

const trueTime = () => clock.wall + server.ahead;
const ofAll = (requests) => requests.flatMap(({ events }) => events);
const times = (requests) => ofAll(requests).map(({ occurred_at }) => Date.parse(occurred_at));

for (const wrong of [-3 * HOUR, -60_000, -4000, 0, 4000, 60_000, 3 * HOUR]) {
  test(`a clock that is wrong by ${wrong / 1000} s is told right, and left alone where that may be the network`, async () => {
    server.ahead = wrong;
    const requests = makeNetwork({});
    const page = makePage();
    const began = trueTime();
    page.play(10);
    page.pause();
    await page.sender.flush();
    const told = times(requests);
    const [play] = told;
    assert.equal(told.at(-1) - play, 10_000);
    assert.ok(Math.abs(play - began) <= 5000);
    if (Math.abs(wrong) < 5000) assert.equal(play, began - wrong);
    assert.ok(requests.every((request) => !("sent_at" in request)));
    assert.ok(ofAll(requests).every((event) => !("raw" in event)));
  });
}

test("a slow answer moves nothing", async () => {
  server.delay = 30_000;
  const { requests, page, began, sent } = await askSlowly();
  page.play(30);
  await sent;
  assert.equal(times(requests)[0], began);
});

test("an answer that waited in a frozen page teaches nothing: it is asked again", async () => {
  Object.assign(server, { ahead: 60_000, delay: 600_000 });
  const { requests, page, began, sent } = await askSlowly();
  server.delay = 0;
  clock.pass(600_000);
  await sent;
  assert.ok(Math.abs(times(requests)[0] - began) <= 5000);
});

test("a clock that is set right on the way is asked about again; a stretch is told by the one of its beginning", async () => {
  server.ahead = 3 * HOUR;
  const requests = makeNetwork({});
  const page = makePage();
  page.play(5);
  await page.sender.flush();
  const began = trueTime();
  page.play(5);
  server.ahead = 0;
  clock.wall += 3 * HOUR;
  page.play(5);
  page.pause();
  await page.sender.flush();
  const told = times(requests);
  assert.ok(Math.max(...told) - Math.min(...told) <= 17_000);
  assert.ok(Math.abs(told[1] - began) <= 5000);
});

for (const [name, breaks] of [
  ["while it plays", () => {}],
  ["while it does not", (page) => page.pause()],
]) {
  test(`what plays after a clock was set ${name} is another session, which no pause by the clock before can end`, async () => {
    const requests = makeNetwork({});
    const page = makePage();
    page.play(5);
    breaks(page);
    server.ahead = -3 * HOUR;
    clock.wall += 3 * HOUR;
    page.play(5);
    page.pause();
    page.play(5);
    page.pause();
    await page.sender.flush();
    const kinds = {};
    for (const { session_id, kind } of ofAll(requests)) (kinds[session_id] ||= []).push(kind);
    assert.deepEqual(Object.values(kinds), [
      ["play", "pause"],
      ["play", "pause", "play", "pause"],
    ]);
  });
}

test("a sleep changes nothing", async () => {
  const requests = makeNetwork({});
  const page = makePage();
  page.play(5);
  await page.sender.flush();
  clock.wall += HOUR;
  const woke = trueTime();
  page.play(5);
  page.pause();
  await page.sender.flush();
  assert.equal(times(requests).at(-1), woke + 5000);
  assert.ok(requests.every((request) => !("sent_at" in request)));
});

for (const [name, silence] of [
  ["does not say when it answers", { date: null }],
  ["says when in words of its own", { date: "half past ten" }],
  ["takes no empty batch", { status: 422 }],
]) {
  test(`a server that ${name} corrects the clock itself`, async () => {
    Object.assign(server, silence);
    const requests = makeNetwork({});
    const page = makePage();
    page.play(5);
    await page.sender.flush();
    assert.equal(Date.parse(requests[0].sent_at), clock.wall);
  });
}

test("what was told by a known clock is never sent together with what the server has to correct", async () => {
  const requests = makeNetwork({});
  const page = makePage();
  page.play(1);
  await page.sender.flush();
  page.play(20); // told by a clock that is known
  server.date = null;
  clock.wall += HOUR;
  page.play(20); // by one that is not
  await page.sender.flush();
  const later = requests.slice(1);
  assert.deepEqual(
    later.map((request) => "sent_at" in request),
    [false, true],
  );
});

test("a page that ends before anything is known says when it ended", async () => {
  makeNetwork("no answer");
  server.delay = 60_000;
  const beacons = [];
  navigator.sendBeacon = (_, body) => beacons.push(JSON.parse(body));
  const page = makePage();
  page.play(5);
  page.sender.flush();
  await settle();
  page.sender.leave();
  assert.equal(Date.parse(beacons[0].sent_at), clock.wall);
  assert.ok(ofAll(beacons).every((event) => !("raw" in event)));
});
