import assert from "node:assert/strict";
import { register } from "node:module";
import { test } from "node:test";
import { makeElement, openPage } from "./stage.mjs";

const NO_PLAYER = `data:text/javascript,${encodeURIComponent("export const createTracker = () => globalThis.tracker;")}`;
const resolve = `export const resolve = (name, context, next) =>
  name.startsWith("/sdk/") ? { url: ${JSON.stringify(NO_PLAYER)}, shortCircuit: true } : next(name, context);`;
register(`data:text/javascript,${encodeURIComponent(resolve)}`);

test("a student reads in whole sentences what does not count, and why", async () => {
  const hear = {};
  const tracker = { on: (occasion, listener) => ((hear[occasion] = listener), tracker), attach() {} };
  Object.assign(globalThis, { tracker, location: { href: "https://school.example/learn" } });
  const { counting } = openPage({ player: makeElement(), counting: makeElement(), file: makeElement() });
  await import("../../../../web/static/js/watch.js");

  const kept = "What plays is kept, and sent again by itself.";
  for (const [error, text] of [
    [{ detail: "Failed to fetch" }, `Not counted yet: Failed to fetch. ${kept}`],
    [{ detail: "You are signed out." }, `Not counted yet: You are signed out. ${kept}`],
    [{ detail: "there is no such video", event: {} }, "A part does not count: there is no such video."],
  ]) {
    hear.error(error);
    assert.equal(counting.textContent, text);
  }
  hear.sent({ count: 1 });
  assert.equal(counting.textContent, "What plays here is counted as it plays.");
});
