// An import, live: whenever the server says that it has changed, its state is asked for and shown anew.
const state = document.getElementById("state");
const line = document.getElementById("line");
const RUNNING = ["queued", "fetching", "importing", "paused_until"];
/** A line that is back before is none that anybody has to hear of: servers end long answers now and then. */
const LOST_AFTER = 3000;

let source;
let losing;

function opened() {
  clearTimeout(losing);
  losing = undefined;
  if (!line.textContent) return;
  line.textContent = "The connection is back.";
  window.htmx.trigger(state, "changed");
}

function lost() {
  losing ??= setTimeout(() => (line.textContent = "The connection is lost; trying again. The import goes on meanwhile."), LOST_AFTER);
  // A browser tries again by itself, unless it was told something else than what it asked for.
  if (source.readyState === EventSource.CLOSED) setTimeout(follow, LOST_AFTER);
}

function follow() {
  source = new EventSource(state.dataset.events);
  source.onopen = opened;
  source.onerror = lost;
  source.onmessage = ({ data }) => {
    window.htmx.trigger(state, "changed");
    if (!RUNNING.includes(JSON.parse(data).status)) source.close();
  };
}

if (state.dataset.running) {
  follow();
  window.addEventListener("pagehide", () => source.close());
}
