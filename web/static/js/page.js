// What every page does: say when the server does not answer, and ask before what cannot be undone.
const connection = document.getElementById("connection");

for (const event of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(event, () => (connection.hidden = false));
}
document.addEventListener("htmx:afterOnLoad", () => (connection.hidden = true));

document.addEventListener("submit", (event) => {
  const question = event.submitter?.dataset.confirm ?? event.target.dataset.confirm;
  if (question && !window.confirm(question)) event.preventDefault();
});

// Back and forward show what is true now, not what was when the page was left.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) window.location.reload();
});
