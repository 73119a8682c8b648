import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { makeElement, openPage } from "./stage.mjs";

const EVERY = 5000;

test("an import is asked for also without a line, until it is shown that it has ended, and no longer", async () => {
  const state = makeElement(["[data-live]"], { "#cancel": makeElement() });
  state.dataset = { running: "yes", events: "/events" };
  openPage({ state }, [state]);
  let asked = 0;
  let source;
  globalThis.window.htmx = { trigger: () => asked++ };
  globalThis.EventSource = class {
    static CLOSED = 2;
    readyState = EventSource.CLOSED;
    constructor() {
      source = this;
    }
    close() {
      this.isClosed = true;
    }
  };
  const answer = (status) => state.listeners["htmx:afterOnLoad"]?.({ detail: { xhr: { status } } });
  await import("../../../../web/static/js/import.js");

  source.onerror();
  mock.timers.tick(EVERY);
  assert.equal(asked, 1, "without a line it is asked for all the same");
  asked = 0;

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
