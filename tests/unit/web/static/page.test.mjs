import assert from "node:assert/strict";
import { test } from "node:test";
import { makeElement, openPage, settle } from "./stage.mjs";

const live = makeElement(["[data-live]"]);
const page = openPage({}, [live]);
await import("../../../../web/static/js/page.js");

/** A form, and what became of it. */
const makeForm = () => {
  const form = makeElement(["form"]);
  const told = { sent: 0, notes: 0 };
  return Object.assign(form, {
    told,
    getAttribute: () => "post",
    hasAttribute: () => false,
    prepend: () => told.notes++,
    submit: () => (told.sent += form.isConnected), // as browsers do
  });
};

/** Send a form; `meanwhile` the server is asked whether it answers. */
const send = async (answer, meanwhile = () => {}) => {
  const form = makeForm();
  globalThis.fetch = async () => {
    meanwhile(form);
    return answer();
  };
  page.hear("submit", { target: form, preventDefault() {} });
  await settle();
  return form.told;
};

test("a form goes to a server that answers", async () => {
  assert.deepEqual(await send(() => ({ status: 200 })), { sent: 1, notes: 0 });
});

test("a form goes also where its part renews itself at the same moment", async () => {
  page.main.append = (form) => (form.isConnected = true);
  const renew = (form) => (form.isConnected = false);
  assert.deepEqual(await send(() => ({ status: 200 }), renew), { sent: 1, notes: 0 });
});

for (const [name, answer] of [
  ["does not answer", () => Promise.reject(new TypeError("Failed to fetch"))],
  ["a proxy answers for", () => ({ status: 502 })],
]) {
  test(`a form stays where it is for a server that ${name}`, async () => {
    assert.deepEqual(await send(answer), { sent: 0, notes: 1 });
  });
}

test("what could not be renewed stays old, whatever else is answered, until it is renewed", () => {
  page.hear("htmx:timeout", { detail: { elt: live } });
  page.answer(makeElement(["input[hx-get]"]), 200);
  assert.ok(live.classes.has("stale"));
  assert.match(page.connection.textContent, /^The server does not answer/);
  page.answer(live, 200);
  assert.ok(!live.classes.has("stale"));
  assert.equal(page.connection.textContent, "");
});
