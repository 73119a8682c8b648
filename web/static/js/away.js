// What a page does while the server does not answer: it says so, shows old things as old, and keeps what was typed.
const connection = document.getElementById("connection");
const LIVE = "[data-live]";
export const ASKED_WHILE_TYPING = "input[hx-get]";
export const AGAIN_AFTER = 3000;
export const SILENT = "The server does not answer.";
/** From here on a status means that nobody could answer, be it a proxy that says so. */
export const WRONG = 500;

const timeNow = () => new Date().toLocaleTimeString("en-GB", { timeZone: connection.dataset.zone });
const liveParts = () => [...document.querySelectorAll(LIVE)];
let shownAt = timeNow();

// Parts that renew themselves keep what they show while they cannot be renewed, and it is said of when that is.
function outOfDate(why) {
  liveParts().forEach((part) => part.classList.add("stale"));
  const what = liveParts().length ? `What is shown dates from ${shownAt}; it is asked for again by itself.` : "Try again in a moment.";
  if (connection.textContent !== `${why} ${what}`) connection.textContent = `${why} ${what}`;
}

function upToDate() {
  shownAt = timeNow();
  liveParts().forEach((part) => part.classList.remove("stale"));
  if (connection.textContent) connection.textContent = "";
}

// A form that was not taken stays as it is; it may be in a dialog, beside which nothing else is heard.
export function notTaken(form, why) {
  form.querySelector("[data-not-taken]")?.remove();
  const note = document.createElement("p");
  note.className = "notice bad";
  note.setAttribute("role", "alert");
  note.dataset.notTaken = "";
  note.textContent = `${why} It may not have been taken; what was typed stays. Try again in a moment.`;
  form.prepend(note);
}

function failed(asking, why) {
  if (asking.matches("form")) return notTaken(asking, why);
  outOfDate(why);
  if (asking.matches(ASKED_WHILE_TYPING)) setTimeout(() => window.htmx.trigger(asking, "input"), AGAIN_AFTER);
}

const reasonIn = (page) => new DOMParser().parseFromString(page, "text/html").querySelector("[data-problem]")?.textContent ?? SILENT;
const isAskedBySomebody = (asking) => !asking.matches(`${LIVE}, ${ASKED_WHILE_TYPING}, form`);

for (const event of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(event, ({ detail }) => failed(detail.elt, SILENT));
}
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const { elt: asking } = detail.requestConfig;
  if (detail.xhr.status < WRONG || isAskedBySomebody(asking)) return;
  detail.shouldSwap = false;
  failed(asking, reasonIn(detail.xhr.response));
});
document.addEventListener("htmx:afterOnLoad", ({ detail }) => {
  const { elt: asking } = detail.requestConfig; // what was typed may be answered while a live part is not
  if (detail.xhr.status < WRONG && (asking.matches(LIVE) || !liveParts().length)) upToDate();
});

// What has not changed stays as it is, with what is focused, marked or scrolled in it.
const shown = new WeakMap();
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (!detail.target.matches(LIVE) || !detail.shouldSwap) return;
  detail.shouldSwap = shown.get(detail.target) !== detail.xhr.response;
  shown.set(detail.target, detail.xhr.response);
});
