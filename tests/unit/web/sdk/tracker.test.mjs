import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { clock, HOUR, makeBrowser, makeNetwork, server, settle, token } from "./stage.mjs";
import { createTracker } from "../../../../web/sdk/edutrack.js";

beforeEach(() => {
  makeBrowser();
  Object.assign(server, { ahead: 0, delay: 0, date: undefined, status: 202 });
  clock.wall += 24 * HOUR; // whatever was learned before is forgotten
});

/** What a tracker asks of a page, which can be hidden. */
const makePage = () => {
  const document = Object.assign(new EventTarget(), { visibilityState: "visible" });
  Object.assign(globalThis, { document, addEventListener: () => {}, HTMLIFrameElement: class {} });
  return {
    hide() {
      document.visibilityState = "hidden";
      document.dispatchEvent(new Event("visibilitychange"));
    },
  };
};

/** A video element that plays. */
const makeVideo = () =>
  Object.assign(new EventTarget(), { currentTime: 0, readyState: 4, paused: false, playbackRate: 1 });

const watchAWhile = async (video) => {
  for (let second = 0; second < 5; second++) {
    clock.pass(1000);
    video.currentTime++;
    await settle();
  }
};

test("a page that is hidden hands over what waits for the time, and keeps it; else it only sends", async () => {
  const requests = makeNetwork({});
  server.delay = 20_000;
  const page = makePage();
  const beacons = [];
  navigator.sendBeacon = (_, body) => beacons.push(JSON.parse(body));
  const video = makeVideo();
  createTracker({ endpoint: "/progress/batch", token: token(1) }).attach(video, { videoId: 1 });
  await watchAWhile(video);
  page.hide();
  const handedOver = beacons.flatMap(({ events }) => events.map(({ kind }) => kind));
  assert.deepEqual(handedOver, ["play", "heartbeat"]);
  clock.pass(20_000);
  await settle();
  const sent = requests.flatMap(({ events }) => events.map(({ kind }) => kind));
  assert.deepEqual(sent.slice(0, 2), handedOver);
  await watchAWhile(video);
  page.hide(); // the time is known
  assert.equal(beacons.length, 1);
});
