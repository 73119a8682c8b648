// What was typed into the form that was sent last is kept in this tab until it was taken: where the session has ended
// meanwhile, or the server refuses, it is put back when the form is shown again, to nobody but whoever typed it.
const PLACE = "edutrack:typed";
const FIELDS = "input:not([type=password], [type=file], [name=form_token]), select, textarea";
const user = document.body.dataset.user;

const kept = () => JSON.parse(sessionStorage.getItem(PLACE));
const keep = (sent) => sessionStorage.setItem(PLACE, JSON.stringify(sent));
const forget = () => sessionStorage.removeItem(PLACE);

const fieldsOf = (form) => [...form.querySelectorAll(FIELDS)].filter(({ name }) => name);
const isTicked = ({ type }) => type === "checkbox" || type === "radio";
const canBe = ({ options }, value) => !options || [...options].some((one) => one.value === value);

document.addEventListener("submit", ({ target: form }) => {
  if (!user || form.getAttribute("method") !== "post") return;
  const action = form.getAttribute("action");
  if (action === "/sign-out") return forget();
  const chosen = fieldsOf(form).filter((field) => !isTicked(field) || field.checked);
  keep({ user, action, isLost: false, fields: chosen.map(({ name, value }) => [name, value]) });
});

const fill = (field, values) => {
  if (isTicked(field)) field.checked = values.includes(field.value);
  else if (values.length && canBe(field, values[0])) field.value = values[0];
};

let isBack = false;
const putBack = ({ action, fields }) => {
  const form = [...document.forms].find((one) => one.getAttribute("action") === action);
  if (!form || isBack) return;
  isBack = true;
  for (const field of fieldsOf(form).filter(({ type }) => type !== "hidden")) {
    fill(field, fields.filter(([name]) => name === field.name).map(([, value]) => value));
  }
  form.closest("details")?.setAttribute("open", "");
  const note = document.createElement("p");
  note.className = "notice warn";
  note.setAttribute("role", "status");
  note.textContent = "What you typed is here again: look it over before you send it.";
  form.before(note);
};

const saysLost = (part) => part.querySelector("[data-lost]") !== null;
const look = (part) => {
  const sent = kept();
  if (sent && saysLost(part)) keep({ ...sent, isLost: true });
  else if (sent?.isLost && user) putBack(sent);
};

// Every other page than one that says it was lost shows that it was taken.
const sent = kept();
const wasTaken = sent && !sent.isLost && !saysLost(document);
if (sent && user && (wasTaken || sent.user !== user)) forget();
look(document);
document.addEventListener("htmx:afterSettle", ({ target }) => look(target));
