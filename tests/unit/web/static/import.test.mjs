import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { makeElement, openPage } from "./stage.mjs";

const EVERY = 5000;

test("an import that has ended is asked for until it is shown so, and no longer", async () => {
  const state = makeElement(["[data-live]"], { "#cancel": makeElement() });
  state.dataset = { running: "yes", events: "/events" };
  openPage({ state, line: makeElement() }, [state]);
  let asked = 0;
  let source;
  globalThis.window.htmx = { trigger: () => asked++ };
  globalThis.EventSource = class {
    constructor() {
      source = this;
    }
    close() {
      this.isClosed = true;
    }
  };
  const answer = (status) => state.listeners["htmx:afterOnLoad"]?.({ detail: { xhr: { status } } });
  await import("../../../../web/static/js/import.js");

  source.onmessage({ data: '{"status":"succeeded"}' });
  answer(503);
  assert.equal(asked, 1);
  mock.timers.tick(EVERY);
  assert.equal(asked, 2, "the first answer did not come");

  delete state.holds["#cancel"];
  answer(200);
  mock.timers.tick(3 * EVERY);
  assert.equal(asked, 2);
  assert.ok(source.isClosed);
});
