// A page, as far as its scripts ask for it, in the test's hands.
import { mock } from "node:test";

const set = (name, value) => Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });

/** Let promises that wait for nothing but each other go on. */
export const settle = async () => {
  for (let turn = 0; turn < 20; turn++) await null;
};

/** An element; `kinds` are the selectors it matches, `holds` what is found in it. */
export const makeElement = (kinds = [], holds = {}) => {
  const classes = new Set();
  const listeners = {};
  return {
    classes,
    holds,
    listeners,
    dataset: {},
    textContent: "",
    isConnected: true,
    classList: { add: (name) => classes.add(name), remove: (name) => classes.delete(name) },
    matches: (selectors) => selectors.split(", ").some((one) => kinds.includes(one)),
    querySelector: (selector) => holds[selector] ?? null,
    addEventListener: (name, listener) => (listeners[name] = listener),
    setAttribute() {},
  };
};

/** Open a page with these elements by id and these live parts. */
export const openPage = (byId, live = []) => {
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  const listeners = {};
  const known = { connection: makeElement(), said: makeElement(), main: makeElement(), ...byId };
  set("window", { addEventListener() {} });
  set("document", {
    addEventListener: (name, listener) => (listeners[name] ??= []).push(listener),
    getElementById: (id) => known[id],
    querySelector: (selector) => (selector === "link[rel=icon]" ? { href: "/icon.svg" } : null),
    querySelectorAll: () => live,
    createElement: () => makeElement(),
  });
  const hear = (name, event) => listeners[name].forEach((listener) => listener(event));
  return {
    ...known,
    hear,
    answer: (asking, status) => hear("htmx:afterOnLoad", { detail: { xhr: { status }, requestConfig: { elt: asking } } }),
  };
};
