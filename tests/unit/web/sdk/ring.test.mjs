import assert from "node:assert/strict";
import { test } from "node:test";
import { clock, HOUR, makeBrowser, makeEvent } from "./stage.mjs";
import { makeRing } from "../../../../web/sdk/src/ring.js";

/** A tab with some events in its ring, all of one owner. */
const makeTab = (owner, count) => {
  const ring = makeRing(() => {});
  ring.belongTo(owner);
  for (let made = 0; made < count; made++) ring.add(makeEvent());
  return ring;
};

/** Wait until copies are made. */
const copied = () => new Promise(setImmediate);

test("what a tab leaves behind is taken over once it is gone, by its owner alone", async () => {
  const browser = makeBrowser();
  makeTab("ada", 2);
  const alive = makeTab("ada", 0);
  await alive.adopt();
  assert.equal(alive.oldest(9).length, 0, "the other tab lives");
  browser.held.clear();
  const others = makeTab("grace", 0);
  await others.adopt();
  assert.equal(others.oldest(9).length, 0, "they are not hers");
  await alive.adopt();
  assert.equal(alive.oldest(9).length, 2);
  assert.equal(Object.keys(browser.stored).length, 1, "in one place only");
});

for (const [name, end] of [
  ["a killed browser that had not stored it yet", ({ stored }) => Object.keys(stored).forEach((place) => delete stored[place])],
  ["a page that ended in order", () => {}],
]) {
  test(`what ${name} has left is there once, by its owner alone`, async () => {
    const browser = makeBrowser();
    const left = makeTab("ada", 2).oldest(2);
    await copied();
    end(browser);
    browser.held.clear();
    for (const [owner, expected] of [["grace", []], ["ada", left]]) {
      const next = makeTab(owner, 0);
      await next.restore();
      await next.adopt();
      assert.deepEqual(next.oldest(9), expected);
    }
  });
}

test("what was sent is not brought back", async () => {
  const browser = makeBrowser();
  const ring = makeTab("ada", 2);
  await copied();
  ring.remove(ring.oldest(2));
  await copied();
  browser.held.clear();
  const next = makeTab("ada", 0);
  await next.restore();
  assert.equal(next.waits(), false);
});

test("a tab that lives fills no storage, however many pages of somebody else find its copy", async () => {
  const browser = makeBrowser();
  const alive = makeTab("ada", 1);
  for (let page = 0; page < 5; page++) {
    alive.add(makeEvent());
    await copied();
    const next = makeTab("grace", 0);
    await next.restore();
    await next.adopt();
  }
  assert.equal(Object.keys(browser.stored).length, 2);
});

test("without locks a tab is gone when it has been silent for two minutes", async () => {
  const browser = makeBrowser();
  browser.without("navigator");
  makeTab("ada", 2);
  const next = makeTab("ada", 0);
  clock.pass(60_000);
  await next.adopt();
  assert.equal(next.oldest(9).length, 0);
  clock.pass(61_000);
  await next.adopt();
  assert.equal(next.oldest(9).length, 2);
});

test("somebody else's events wait for eight days, and no longer", async () => {
  const browser = makeBrowser();
  makeTab("ada", 2);
  browser.held.clear();
  const grace = makeTab("grace", 0);
  clock.pass(7 * 24 * HOUR);
  await grace.adopt();
  assert.equal(Object.keys(browser.stored).length, 1);
  clock.pass(2 * 24 * HOUR);
  await grace.adopt();
  assert.equal(Object.keys(browser.stored).length, 0);
});

test("who left without ever having a token is whoever is back within ten minutes, and nobody later", async () => {
  for (const [minutes, expected] of [[9, 2], [11, 0]]) {
    const browser = makeBrowser();
    makeTab("", 2);
    browser.held.clear();
    clock.pass(minutes * 60_000);
    const next = makeTab("ada", 0);
    await next.adopt();
    assert.equal(next.oldest(9).length, expected);
  }
});

test("a clock that was set back since holds up nothing", async () => {
  const browser = makeBrowser();
  makeTab("ada", 2);
  browser.held.clear();
  for (const [name, text] of Object.entries(browser.stored)) {
    browser.stored[name] = JSON.stringify({ ...JSON.parse(text), at: clock.wall + 100 * HOUR });
  }
  const next = makeTab("ada", 0);
  await next.adopt();
  assert.equal(next.oldest(9).length, 2);
});

test("when another person signs in, the events of the first stay hers", () => {
  const browser = makeBrowser();
  const ring = makeTab("ada", 2);
  ring.belongTo("grace");
  ring.add(makeEvent());
  assert.equal(ring.oldest(9).length, 1);
  const owners = Object.values(browser.stored).map((text) => JSON.parse(text).owner);
  assert.deepEqual(owners.sort(), ["ada", "grace"]);
});

test("the oldest are dropped when too many wait, and that is said", () => {
  makeBrowser();
  let dropped = 0;
  const ring = makeRing((count) => (dropped += count));
  const events = Array.from({ length: 2003 }, makeEvent);
  events.forEach(ring.add);
  assert.equal(dropped, 3);
  assert.equal(ring.oldest(1)[0].event_id, events[3].event_id);
});

for (const part of ["localStorage", "full"]) {
  test(`memory does where storage does not (${part})`, async () => {
    const browser = makeBrowser();
    if (part === "full") {
      const full = { setItem() { throw new Error("quota"); }, getItem: () => null, removeItem() {} };
      Object.defineProperty(globalThis, "localStorage", { value: full, configurable: true, writable: true });
    } else browser.without(part);
    const ring = makeTab("ada", 2);
    await ring.adopt();
    assert.equal(ring.waits(), true);
    ring.remove(ring.oldest(2));
    assert.equal(ring.waits(), false);
  });
}

test("what others have put into storage breaks nothing", async () => {
  const browser = makeBrowser();
  Object.assign(browser.stored, { "/edutrack/a": "{", "/edutrack/b": '{"owner":"ada","events":7}', theme: "dark" });
  const ring = makeTab("ada", 1);
  await ring.adopt();
  assert.equal(ring.oldest(9).length, 1);
  assert.equal(browser.stored.theme, "dark");
});
