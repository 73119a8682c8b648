// An import, live: whenever the server says that it has changed, its state is asked for and shown anew.
const state = document.getElementById("state");

if (state.dataset.running) {
  const source = new EventSource(state.dataset.events);
  source.onmessage = ({ data }) => {
    window.htmx.trigger(state, "changed");
    const { status } = JSON.parse(data);
    if (!["queued", "fetching", "importing", "paused_until"].includes(status)) source.close();
  };
  window.addEventListener("pagehide", () => source.close());
}
