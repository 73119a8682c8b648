// Draws the share of present students day by day, from the table below it.
import { axis, colour, describe } from "./chart.js";

const box = document.getElementById("trend");
const rows = [...document.querySelectorAll("#trend-data tbody tr")];

const MOST_DOTS = 120;
const dayOf = (at) => new Date(at * 1000).toLocaleDateString("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });

function values() {
  const days = rows.map((row) => Date.parse(`${row.dataset.date}T00:00:00Z`) / 1000);
  const share = (keep) => (row, at) => (row.dataset.share && keep(row, at) ? Number(row.dataset.share) * 100 : null);
  const isFinal = (row) => !row.dataset.provisional;
  // The provisional line begins at the last final day, so that the two meet.
  const joins = (row, at) => !isFinal(row) || (rows[at + 1] && !isFinal(rows[at + 1]));
  return [days, rows.map(share(isFinal)), rows.map(share(joins))];
}

function last() {
  const row = rows.findLast(({ dataset }) => dataset.share);
  if (!row) return "No share yet";
  const share = Math.round(Number(row.dataset.share) * 100);
  return `Last: ${share} %, ${row.cells[0].firstChild.textContent.trim()}${row.dataset.provisional && ", provisional"}`;
}

function draw() {
  // Dots, where there is room for them: a day with none beside it is no line.
  const points = { show: rows.length <= MOST_DOTS, size: 6 };
  const line = { stroke: colour("--accent"), width: 2, spanGaps: true, points };
  const percent = (_, value) => (value === null ? "–" : `${Math.round(value)} %`);
  describe(box, `${last()}. The table below has every day`);
  box.replaceChildren();
  new window.uPlot(
    {
      width: box.clientWidth - 26,
      height: 200,
      tzDate: (at) => window.uPlot.tzDate(new Date(at * 1000), "Etc/UTC"),
      scales: { y: { range: [0, 100] } },
      axes: [{ ...axis(), values: (_, ticks) => ticks.map(dayOf) }, { ...axis(), size: 52, values: (_, ticks) => ticks.map((tick) => `${tick} %`) }],
      legend: { markers: { dash: (_, at) => (at === 2 ? "dashed" : "solid") } },
      series: [
        { label: "Day", value: (_, at) => (at === null ? "–" : new Date(at * 1000).toISOString().slice(0, 10)) },
        { ...line, label: "Present", value: percent },
        { ...line, label: "Provisional", dash: [6, 5], value: percent },
      ],
    },
    values(),
    box,
  );
}

if (box && rows.length > 1) {
  box.hidden = false;
  draw();
  let waiting;
  window.addEventListener("resize", () => {
    clearTimeout(waiting);
    waiting = setTimeout(draw, 150);
  });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
}
