// Opens cells of the heat map in a drawer, by pointer or by keyboard. Without it, students' names lead there.
const region = document.getElementById("heat");
const drawer = document.getElementById("drawer");
const FIRST = 3;
const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
let current = null;

if (region) {
  const table = region.querySelector("table");
  region.scrollLeft = region.scrollWidth; // the latest days come last
  const rows = table.tBodies[0].rows;
  const heads = table.tHead.rows[0].cells;

  // Whoever hears the table moves from cell to cell without its heads: a cell that is reached says whose it is, and when.
  const says = new Map();
  const tell = (cell) => {
    if (!says.has(cell)) says.set(cell, cell.getAttribute("aria-label") ?? (cell.textContent.trim() ? `${cell.textContent.trim()} min, present` : "not expected"));
    const student = cell.parentElement.cells[0].textContent;
    const day = heads[cell.cellIndex].querySelector(".out-of-sight").textContent;
    cell.setAttribute("aria-label", `${student}, ${day}: ${says.get(cell)}`);
  };

  const choose = (cell) => {
    if (current) {
      current.removeAttribute("tabindex");
      current.setAttribute("aria-label", says.get(current));
    }
    current = cell;
    cell.tabIndex = -1;
    tell(cell);
    cell.focus();
    cell.scrollIntoView({ block: "nearest", inline: "nearest" });
  };

  const open = async (cell) => {
    const user = cell.parentElement.dataset.user;
    const { date } = heads[cell.cellIndex].dataset;
    if (!date) return;
    const day = `/reports/students/${user}/${date}?course=${region.dataset.course}`;
    try {
      await window.htmx.ajax("GET", day, { target: "#drawer-body", swap: "innerHTML" });
    } catch {
      return; // the page says that the server does not answer
    }
    if (!drawer.open) drawer.showModal();
  };

  table.addEventListener("click", ({ target }) => {
    const cell = target.closest("td");
    if (!cell || cell.cellIndex < FIRST) return;
    choose(cell);
    open(cell);
  });

  region.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("a")) return;
    const step = STEPS[event.key];
    if (step) {
      event.preventDefault();
      const row = current ? current.parentElement.sectionRowIndex + step[0] : 0;
      const column = current ? current.cellIndex + step[1] : heads.length - 1;
      const next = rows[row]?.cells[column];
      if (next && column >= FIRST) choose(next);
    } else if (event.key === "Enter" && current) {
      event.preventDefault();
      open(current);
    }
  });

  drawer.addEventListener("close", () => current?.focus());

  // A corrected day shows in its cell at once, as it would on the page anew: not where the course neither expected nor saw
  // the student. The totals are those of the page until it is loaded again.
  document.body.addEventListener("htmx:afterSwap", () => {
    const day = drawer.querySelector("#day");
    if (!day || !current || !day.querySelector(".notice.good")) return;
    const { status, corrected, minutes } = day.dataset;
    const mark = { present: "✓", absent: "–", excused: "e", "not yet": "…" }[status] ?? "";
    current.textContent = corrected ? `${mark}*` : minutes || mark;
    current.classList.remove("p", "a", "e", "n");
    if (status) current.classList.add(status[0]);
    says.set(current, status ? `${minutes ? `${minutes} min, ` : ""}${status}${corrected ? ", corrected" : ""}` : "not expected");
    tell(current);
    if (!drawer.contains(document.activeElement)) day.focus(); // the button to withdraw is gone when it was used
  });
}
