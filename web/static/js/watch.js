// Reports what the page's player plays, and says so below it.
import { createTracker } from "/sdk/edutrack.mjs";
import { youTubePlayer } from "./youtube.js";

const player = document.getElementById("player");
const counting = document.getElementById("counting");

// What browsers say of a network has no full stop, nor has what the server says.
const sentence = (text) => (/[.!?]$/.test(text) ? text : `${text}.`);

async function renewed() {
  const body = new URLSearchParams({ form_token: player.dataset.formToken });
  const answer = await fetch("/learn/token", { method: "POST", body, redirect: "manual" }); // to the sign-in page
  if (!answer.ok) throw new Error("You are signed out: sign in again. What you watched here is kept until then.");
  return (await answer.json()).token;
}

function tokens() {
  let first = player.dataset.token;
  return () => {
    const given = first;
    first = "";
    return given || renewed();
  };
}

if (player) {
  const file = document.getElementById("file");
  const { video, resume } = player.dataset;
  createTracker({ endpoint: new URL("/progress/batch", location.href).href, token: tokens() })
    .on("sent", () => (counting.textContent = "What plays here is counted as it plays."))
    .on("error", ({ detail, event }) => {
      const why = sentence(detail);
      counting.textContent = event ? `A part does not count: ${why}` : `Not counted yet: ${why} What plays is kept, and sent again by itself.`;
    })
    .attach(file ?? youTubePlayer(document.getElementById("youtube")), { videoId: video, resume: file ? resume : 0 });
}
