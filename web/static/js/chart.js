// What all charts share: the colours of the page, and words for whoever does not see lines.
export const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export const axis = () => ({ stroke: colour("--muted"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } });

// The title is what stands in front of the chart; its legend has values under a pointer only, and is not read.
export const describe = (chart, said) => chart.setAttribute("aria-label", `${chart.previousElementSibling.textContent}. ${said}.`);
