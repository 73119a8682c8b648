// What every page does: say what has changed, ask before what cannot be undone, send forms to who answers.
import { AGAIN_AFTER, ASKED_WHILE_TYPING, SILENT, WRONG, notTaken } from "./away.js";

// What was typed before the scripts were there, or put back by the browser, nobody has heard yet.
document.addEventListener("DOMContentLoaded", () => {
  for (const box of document.querySelectorAll(ASKED_WHILE_TYPING)) {
    if (box.value !== box.defaultValue) window.htmx.trigger(box, "input");
  }
});

// Parts are replaced as a whole, which readers of the screen are not told: what they should hear goes in a place that stays.
const said = document.getElementById("said");
const say = () => {
  const says = document.querySelector("[data-says]")?.dataset.says ?? "";
  if (said.textContent !== says) said.textContent = says;
};
document.addEventListener("htmx:afterSettle", say);

document.addEventListener("submit", (event) => {
  const question = event.submitter?.dataset.confirm ?? event.target.dataset.confirm;
  if (question && !window.confirm(question)) event.preventDefault();
});

// A form leaves its page only for a server that answers: a browser's own error page knows nothing of what was typed.
const sending = new WeakSet();

async function sendIfAnswered(form) {
  const { href } = document.querySelector("link[rel=icon]");
  const asked = fetch(href, { method: "HEAD", cache: "no-store", signal: AbortSignal.timeout(AGAIN_AFTER) });
  const isAnswered = await asked.then(({ status }) => status < WRONG, () => false);
  // Where its part has renewed itself meanwhile it is no longer on the page, and a browser sends nothing that is not.
  if (!form.isConnected) document.getElementById("main").append(form);
  if (isAnswered) form.submit();
  else notTaken(form, SILENT);
  sending.delete(form);
}

document.addEventListener("submit", (event) => {
  const { target: form, submitter } = event; // a button with a name would be lost: such forms are sent by htmx
  if (event.defaultPrevented || form.getAttribute("method") !== "post" || form.hasAttribute("hx-post") || submitter?.name) return;
  event.preventDefault();
  if (sending.has(form)) return;
  sending.add(form);
  sendIfAnswered(form);
});

// Back and forward show what is true now, not what was when the page was left.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) window.location.reload();
});
