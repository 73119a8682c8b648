// What every page does: say when the server does not answer, say what has changed, ask before what cannot be undone.
const connection = document.getElementById("connection");
const ASKED_WHILE_TYPING = "input[hx-get]";
const AGAIN_AFTER = 3000;

for (const event of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(event, ({ target }) => {
    connection.hidden = false;
    if (target.matches(ASKED_WHILE_TYPING)) setTimeout(() => window.htmx.trigger(target, "input"), AGAIN_AFTER);
  });
}
document.addEventListener("htmx:afterOnLoad", () => (connection.hidden = true));

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

// Back and forward show what is true now, not what was when the page was left.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) window.location.reload();
});
