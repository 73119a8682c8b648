// Draws the last hour, and draws it anew whenever there is another sample.
import { axis, colour, describe } from "./chart.js";

const box = document.getElementById("lines");
const notice = document.getElementById("no-lines");
const EVERY = 10_000;
const WITHIN = 5000;
const HOUR = 3600;
const DASHES = [[], [6, 4], [2, 3], [10, 3, 2, 3]];
const COLOURS = ["--accent", "--bad", "--good", "--warn", "--muted", "--ink"];

const short = (name) => name.replace(/^edutrack\./, "");
const said = (value, unit) => (value == null ? "–" : `${Number(value.toFixed(2)).toLocaleString("en")}${unit && ` ${unit}`}`);
const timeOf = (at) => new Date(at * 1000).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: box.dataset.zone });
const plots = new Map();
let hour;

function optionsOf(names, unit, width) {
  const line = (name, at) => ({
    label: short(name),
    stroke: colour(COLOURS[at % COLOURS.length]),
    dash: DASHES[at % DASHES.length],
    width: 2,
    value: (_, value) => said(value, unit),
  });
  return {
    width,
    height: 170,
    scales: { x: { range: () => [Date.now() / 1000 - HOUR, Date.now() / 1000] }, y: { range: (_, low, high) => [0, Math.max(high * 1.1, 1)] } },
    axes: [{ ...axis(), values: (_, ticks) => ticks.map(timeOf) }, { ...axis(), size: 56 }],
    series: [{ value: (_, at) => (at === null ? "–" : timeOf(at)) }, ...names.map(line)],
  };
}

function draw(chart, at, lines) {
  const names = Object.keys(lines);
  const { unit } = chart.dataset;
  const last = names.map((name) => `${short(name)} ${said(lines[name].at(-1), unit)}`);
  describe(chart, `At ${timeOf(at.at(-1))}: ${last.join(", ")}`);
  const data = [at, ...names.map((name) => lines[name])];
  const known = plots.get(chart);
  if (known?.names === names.join()) {
    known.plot.setData(data);
    return;
  }
  known?.plot.destroy();
  plots.set(chart, { names: names.join(), plot: new window.uPlot(optionsOf(names, unit, chart.clientWidth), data, chart) });
}

function missing(why) {
  if (notice.textContent !== why) notice.textContent = why;
  notice.hidden = !why;
  box.hidden = Boolean(why);
}

function show() {
  if (!hour) return missing("Redis does not answer: the lines of the last hour are missing. The numbers above are right all the same.");
  if (!Object.keys(hour.charts).length) return;
  missing("");
  for (const chart of box.querySelectorAll(".chart")) draw(chart, hour.at, hour.charts[chart.dataset.chart] ?? {});
}

async function renew() {
  try {
    const answer = await fetch(box.dataset.samples, { redirect: "error", signal: AbortSignal.timeout(WITHIN) });
    if (!answer.ok) throw new Error(answer.statusText);
    hour = await answer.json();
  } catch {
    box.classList.add("stale"); // the numbers above say since when
    return;
  }
  box.classList.remove("stale");
  show();
}

function drawAnew() {
  if (!hour) return;
  plots.forEach(({ plot }) => plot.destroy());
  plots.clear();
  show();
}

let waiting;
let width = window.innerWidth;
window.addEventListener("resize", () => {
  if (width === window.innerWidth) return;
  width = window.innerWidth;
  clearTimeout(waiting);
  waiting = setTimeout(drawAnew, 150);
});
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAnew);
setInterval(renew, EVERY);
renew();
