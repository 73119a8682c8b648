// An import, live: whenever the server says that it has changed, and now and then, its state is asked for and shown anew.
const state = document.getElementById("state");
const RUNNING = ["queued", "fetching", "importing", "paused_until"];
const FOLLOW_AGAIN_AFTER = 3000;
/** How long ago its worker was heard changes by itself; and not every proxy lets the server say that something has. */
const ASK_EVERY = 5000;
const OK = 200;

let source;
let following;
let asking;
const ask = () => window.htmx.trigger(state, "changed");

// The server says at once where the import stands, so that nothing is missed between two lines.
function follow() {
  source = new EventSource(state.dataset.events);
  source.onerror = () => {
    // A browser tries again by itself, unless it was told something else than what it asked for.
    if (source.readyState === EventSource.CLOSED) following = setTimeout(follow, FOLLOW_AGAIN_AFTER);
  };
  source.onmessage = ({ data }) => {
    ask();
    if (!RUNNING.includes(JSON.parse(data).status)) source.close();
  };
}

// What cannot be cancelled any more has ended. Until that is shown it is asked for, whatever has been said.
function stopWhereItEnded({ detail }) {
  if (detail.xhr.status !== OK || state.querySelector("#cancel")) return;
  clearInterval(asking);
  clearTimeout(following);
  source.close();
}

if (state.dataset.running) {
  follow();
  asking = setInterval(ask, ASK_EVERY);
  state.addEventListener("htmx:afterOnLoad", stopWhereItEnded);
  window.addEventListener("pagehide", () => source.close());
}
