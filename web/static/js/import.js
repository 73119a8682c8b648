// An import, live: whenever the server says that it has changed, its state is asked for and shown anew.
import { outOfDate } from "./away.js";

const state = document.getElementById("state");
const line = document.getElementById("line");
const RUNNING = ["queued", "fetching", "importing", "paused_until"];
/** A line that is back before is none that anybody has to hear of: servers end long answers now and then. */
const LOST_AFTER = 3000;
/** Also where nothing has changed: how long ago its worker was heard has, and the database may be away. */
const ASK_EVERY = 5000;
const OK = 200;

let source;
let losing;
let isLost = false;
const ask = () => window.htmx.trigger(state, "changed");

function opened() {
  clearTimeout(losing);
  losing = undefined;
  if (!isLost) return;
  isLost = false;
  line.textContent = "The connection is back.";
  ask();
}

function isLostNow() {
  isLost = true;
  line.textContent = "";
  outOfDate("The connection is lost; the import goes on meanwhile.");
}

function lost() {
  losing ??= setTimeout(isLostNow, LOST_AFTER);
  // A browser tries again by itself, unless it was told something else than what it asked for.
  if (source.readyState === EventSource.CLOSED) setTimeout(follow, LOST_AFTER);
}

function follow() {
  source = new EventSource(state.dataset.events);
  source.onopen = opened;
  source.onerror = lost;
  source.onmessage = ({ data }) => {
    ask();
    if (!RUNNING.includes(JSON.parse(data).status)) source.close();
  };
}

let asking;

// What cannot be cancelled any more has ended. Until that is shown it is asked for, whatever has been said.
function stopWhereItEnded({ detail }) {
  if (detail.xhr.status !== OK || state.querySelector("#cancel")) return;
  clearInterval(asking);
  clearTimeout(losing);
  source.close();
}

if (state.dataset.running) {
  follow();
  asking = setInterval(() => isLost || ask(), ASK_EVERY);
  state.addEventListener("htmx:afterOnLoad", stopWhereItEnded);
  window.addEventListener("pagehide", () => source.close());
}
