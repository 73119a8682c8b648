import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { clock, makeBrowser, makeEvent, makeNetwork, settle, token } from "./stage.mjs";
import { makeRing } from "../../../../web/sdk/src/ring.js";
import { makeSender } from "../../../../web/sdk/src/sender.js";

const DOWN = "the network is away";
let browser;

beforeEach(() => {
  browser = makeBrowser();
  Math.random = () => 1; // the longest wait
});

const make = (getToken = () => token(1)) => {
  const heard = [];
  const emit = (occasion, detail) => heard.push({ occasion, ...detail });
  const ring = makeRing((count) => emit("dropped", { count }));
  return { ring, heard, sender: makeSender("/progress/batch", getToken, ring, emit) };
};

const waits = (requests) => requests.slice(1).map(({ at }, index) => at - requests[index].at);

const passSeconds = async (seconds) => {
  for (let half = 0; half < 2 * seconds; half++) {
    clock.pass(500);
    await settle();
  }
};

test("what the network refuses is sent again, later each time, until it is there", async () => {
  const requests = makeNetwork(DOWN, DOWN, DOWN, DOWN, DOWN, DOWN, DOWN, {});
  const { ring, sender, heard } = make();
  ring.add(makeEvent());
  sender.flush();
  await passSeconds(150);
  assert.deepEqual(waits(requests), [1000, 2000, 4000, 8000, 16000, 30000, 30000]);
  assert.equal(new Set(requests.map(({ events }) => events[0].event_id)).size, 1);
  assert.deepEqual(heard.at(-1), { occasion: "sent", count: 1 });
  assert.deepEqual(Object.keys(localStorage), []);
});

test("waits are shorter by chance, so that not everybody comes at once", async () => {
  Math.random = () => 0;
  const requests = makeNetwork(DOWN, {});
  const { ring, sender } = make();
  ring.add(makeEvent());
  sender.flush();
  await passSeconds(2);
  assert.deepEqual(waits(requests), [500]);
});

for (const status of [408, 429, 500, 503]) {
  test(`a ${status} is tried again, not before it says`, async () => {
    const requests = makeNetwork({ status, retryAfter: "20" }, {});
    const { ring, sender } = make();
    ring.add(makeEvent());
    sender.flush();
    await passSeconds(5);
    ring.add(makeEvent());
    sender.send();
    await passSeconds(30);
    assert.deepEqual(waits(requests), [21000]);
    assert.equal(requests[1].events.length, 2);
  });
}

for (const status of [400, 404, 413, 422]) {
  test(`a ${status} is not tried again`, async () => {
    const requests = makeNetwork({ status }, {});
    const { ring, sender, heard } = make();
    ring.add(makeEvent());
    sender.flush();
    await passSeconds(90);
    assert.equal(requests.length, 1);
    assert.deepEqual(
      heard.map(({ occasion }) => occasion),
      ["error", "dropped"],
    );
  });
}

test("an answer that is not EduTrack's loses nothing", async () => {
  const requests = makeNetwork({ status: 200, content: "html" }, { status: 200, content: { results: [] } }, {});
  const { ring, sender } = make();
  ring.add(makeEvent());
  sender.flush();
  await passSeconds(5);
  assert.equal(requests.length, 3);
  assert.equal(ring.waits(), false);
});

for (const status of [400, 401, 403, 404, 405, 407]) {
  test(`a ${status} that is not EduTrack's loses nothing, and refuses no token`, async () => {
    const requests = makeNetwork({ status, content: "html" }, {});
    const { ring, sender } = make();
    ring.add(makeEvent());
    sender.flush();
    await passSeconds(2);
    assert.equal(requests.length, 2);
    assert.equal(ring.waits(), false);
  });
}

test("an event that is refused goes with its reason, which is the last that is heard; the others stay sent", async () => {
  const results = [{ status: "accepted" }, { status: "rejected", detail: "no such video" }];
  makeNetwork({ content: { results } });
  const { ring, sender, heard } = make();
  const [good, bad] = [makeEvent(), makeEvent()];
  ring.add(good);
  ring.add(bad);
  await sender.flush();
  assert.deepEqual(heard, [
    { occasion: "sent", count: 1 },
    { occasion: "error", detail: "no such video", event: bad },
  ]);
  assert.equal(ring.waits(), false);
});

test("an event whose time cannot be read is left to the server, and holds up nothing", async () => {
  const requests = makeNetwork({});
  const beacons = [];
  navigator.sendBeacon = (_, body) => beacons.push(JSON.parse(body));
  const { ring, sender } = make();
  const good = makeEvent();
  ring.add({ ...makeEvent(), occurred_at: "" });
  ring.add(good);
  await sender.flush();
  ring.add({ ...makeEvent(), occurred_at: "" });
  sender.leave();
  const told = requests[0].events.map((event) => event.occurred_at);
  assert.deepEqual(told, ["", good.occurred_at]);
  assert.equal(beacons[0].events[0].occurred_at, "");
});

test("a refused token is renewed at once, each time, and its events are sent", async () => {
  const tokens = ["a", "b", "c"].map((name) => token(1) + name);
  const requests = makeNetwork({ status: 401 }, {}, { status: 401 }, {});
  const { ring, sender } = make(async () => tokens.shift());
  for (let hour = 0; hour < 2; hour++) {
    ring.add(makeEvent());
    await sender.flush();
    assert.equal(ring.waits(), false);
  }
  assert.deepEqual(
    requests.map((request) => request.token.at(-1)),
    ["a", "b", "b", "c"],
  );
});

test("a token that stays refused is not sent again; events wait for another one", async () => {
  let current = token(1);
  const requests = makeNetwork({ status: 401 }, {});
  const { ring, sender } = make(() => current);
  ring.add(makeEvent());
  sender.flush();
  await passSeconds(60);
  assert.equal(requests.length, 1);
  current = `${token(1)}new`;
  await passSeconds(31);
  assert.equal(requests.length, 2);
  assert.equal(ring.waits(), false);
});

test("a token that cannot be had is asked for again, even where nobody says why", async () => {
  const requests = makeNetwork({});
  const tokens = [Promise.reject(), "", token(1)];
  const { ring, sender } = make(() => tokens.shift());
  ring.add(makeEvent());
  sender.flush();
  await passSeconds(4);
  assert.equal(requests.length, 1);
  assert.equal(ring.waits(), false);
});

test("an error page is no token: it is not sent, and nobody's events become another's", async () => {
  const requests = makeNetwork({ status: 401 }, {});
  const tokens = [token(1), "<h1>\nBad Gateway", "Internal Server Error", `${token(1)}new`];
  const { ring, sender } = make(() => tokens.shift());
  ring.add(makeEvent());
  sender.flush();
  await passSeconds(4);
  assert.deepEqual(
    requests.map((request) => request.token),
    [token(1), `${token(1)}new`],
  );
  assert.equal(ring.waits(), false);
});

test("what a tab that is gone has left goes with the next event of one that lives", async () => {
  const requests = makeNetwork({});
  const gone = make().ring;
  gone.belongTo("/progress/batch 1");
  gone.add(makeEvent());
  const { ring, sender } = make();
  await sender.flush();
  assert.equal(requests.length, 0, "it is not gone yet");
  browser.held.clear();
  ring.add(makeEvent());
  await sender.flush();
  assert.equal(requests[0].events.length, 2);
});

test("new tokens that are all refused are tried patiently", async () => {
  let count = 0;
  const requests = makeNetwork({ status: 403 });
  const { ring, sender } = make(() => token(1) + count++);
  ring.add(makeEvent());
  sender.flush();
  await passSeconds(60);
  assert.ok(requests.length < 10);
});

test("after a failure little is sent, then much", async () => {
  const requests = makeNetwork(DOWN, {});
  const { ring, sender } = make();
  for (let count = 0; count < 500; count++) ring.add(makeEvent());
  sender.flush();
  await passSeconds(2);
  assert.deepEqual(
    requests.map(({ events }) => events.length),
    [180, 20, 180, 180, 120],
  );
});

test("a page that ends hands over everything in parts below 60 kB, and keeps it", async () => {
  makeNetwork("no answer");
  const beacons = [];
  navigator.sendBeacon = (_, body) => beacons.push(body) < 3;
  const { ring, sender } = make();
  const long = { session_id: "s".repeat(36), position_seconds: 12345.678, playback_rate: 1.25, video_id: 123456789 };
  for (let count = 0; count < 500; count++) ring.add({ ...makeEvent(), kind: "heartbeat", watchtime_seconds: 43200, ...long });
  await sender.flush();
  sender.leave();
  assert.ok(beacons.every((body) => body.length < 60_000));
  assert.equal(beacons.flatMap((body) => JSON.parse(body).events).length, 500);
  assert.ok(beacons.every((body) => JSON.parse(body).token === token(1)));
  assert.equal(ring.oldest(Infinity).length, 500);
});
