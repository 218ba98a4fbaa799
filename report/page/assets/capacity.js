// What a search for the app's capacity found: the levels it tried, and the
// durations of events against the load.

import { plural, showCount, showDuration, showTime, trim } from "./format.js";
import { el, fill } from "./dom.js";
import { colours, look } from "./style.js";
import { axis, base, called, durationAxis, legend, short, tip } from "./plots.js";

export const capacityPlot = {
  id: "capacity", title: "How much the app can serve", wide: true, place: "searched", draw: drawCapacity, needs: (s) => s.runs.some((r) => r.capacity),
  about: "Durations against the load: medians dotted, 95th percentiles solid, a point for each load. Where the ground is green lies the capacity. A red cross: too many failed for a percentile.",
};

const loadText = (n) => String(Math.round(n * 1e6) / 1e6);

const intervalText = (c) => (c.low === c.high ? loadText(c.low) : `${loadText(c.low)} to ${loadText(c.high)}`);

function drawCapacity(state) {
  const c = colours(), option = base(state, c), said = [];
  const searched = state.runs.map((run, r) => ({ run, r, of: run.capacity })).filter((x) => x.of);
  const limits = searched.flatMap((x) => x.of.limits.map((l) => l.value)).filter((v) => v > 0);
  option.grid.top = 44;
  option.grid.bottom = 44;
  option.legend = legend(c);
  option.xAxis = axis(c, {
    min: 0, name: searched[0]?.of.unit ?? "", nameLocation: "middle", nameGap: 26, nameTextStyle: { color: c.faint, fontSize: 11 },
    splitLine: { show: false }, axisLine: { show: true, lineStyle: { color: c.line } },
  });
  option.yAxis = durationAxis(state, c, limits);
  option.series = [];
  const shown = (event) => { const i = state.events.indexOf(event); return i < 0 || state.shown[i]; };
  let top = 0;
  for (const { of } of searched) for (const curve of of.curves) if (shown(curve.event)) top = Math.max(top, ...curve.p50, ...curve.p95);
  for (const { run, r, of } of searched) {
    markCapacity(option, state, c, r, of, said, called(state, run));
    for (const curve of of.curves) {
      if (!shown(curve.event)) continue;
      const i = Math.max(0, state.events.indexOf(curve.event)), l = look(i, r, state.events.length);
      const says = (x) => tip(["", short(curve.event) + called(state, run)], [of.unit, loadText(curve.load[x.dataIndex])], ["median", showDuration(curve.p50[x.dataIndex])], ["p95", showDuration(curve.p95[x.dataIndex])],
        ["rows", showCount(curve.count[x.dataIndex])], ["failed", curve.failed[x.dataIndex] ? showCount(curve.failed[x.dataIndex]) : null]);
      const line = (key, name, dash, width) => option.series.push({
        id: `${key}-${r}-${i}`, name: `${short(curve.event)} ${name}${called(state, run)}`, type: "line", data: curve.load.map((n, k) => [n, curve[key][k]]), symbol: l.shape, symbolSize: 7, showAllSymbol: true,
        lineStyle: { color: l.colour, width, type: dash }, itemStyle: { color: l.colour }, connectNulls: false, emphasis: { disabled: true }, tooltip: { formatter: says },
      });
      line("p95", "p95", "solid", 2.5);
      line("p50", "median", "dotted", 1.5);
      const failed = curve.load.map((n, k) => (curve.p95[k] === null ? k : -1)).filter((k) => k >= 0);
      if (failed.length) {
        option.series.push({ id: `failed-${r}-${i}`, name: `${short(curve.event)} failed`, type: "scatter", symbol: "path://M2,0 L5,3 L8,0 L10,2 L7,5 L10,8 L8,10 L5,7 L2,10 L0,8 L3,5 L0,2 Z", symbolSize: 10,
          data: failed.map((k) => [curve.load[k], top || 1]), itemStyle: { color: c.bad }, z: 5, emphasis: { disabled: true }, tooltip: { formatter: (x) => says({ dataIndex: failed[x.dataIndex] }) } });
      }
    }
  }
  option.legend.data = option.series.filter((s) => s.type === "line" && s.name).map((s) => s.name);
  return { option, note: said.join(" · ") };
}

// markCapacity draws the limits, the interval of the capacity and the knee.
function markCapacity(option, state, c, r, of, said, whose) {
  const lines = of.limits.filter((l) => l.value > 0).map((l) => ({
    yAxis: l.value, lineStyle: { color: l.broken ? c.bad : c.faint, type: "dashed", width: 1.5 },
    label: { formatter: l.text, position: "insideStartTop", color: c.text, fontSize: 10, textBorderColor: c.ground, textBorderWidth: 3 },
  }));
  const widest = Math.max(...of.curves.flatMap((curve) => curve.load));
  const upright = (x, name, colour, type, distance) => lines.push({
    xAxis: x, lineStyle: { color: colour, type, width: 1.5 }, label: { formatter: name, position: "end", distance, color: c.text, fontSize: 10 },
  });
  if (of.best > 0) upright(of.best, `${loadText(of.best)} ${of.unit}`, c.good, "solid", 4);
  if (of.knee) {
    upright(of.knee, `knee ${trim(of.knee)}`, c.faint, "dotted", Math.abs(of.knee - (of.best ?? 0)) < 0.15 * widest ? 16 : 4); // above the other where that is near
    said.push(`the knee is where users begin to wait for each other${whose}`);
  }
  const areas = of.low > 0 && of.high > 0 ? [[{ xAxis: of.low, itemStyle: { color: c.good, opacity: of.low === of.high ? 0 : 0.13 } }, { xAxis: of.high }]] : [];
  option.series.push({
    id: `found-${r}`, type: "line", data: [], silent: true, tooltip: { show: false },
    markLine: { silent: true, symbol: "none", animation: false, data: lines }, markArea: { silent: true, data: areas },
  });
}

const outcomes = { holds: "✓ holds", broken: "✗ broken", saturated: "! generator saturated", aside: "aside", "": "not decided" };

// showLevels puts the levels of every search into a table.
export function showLevels(place, state) {
  fill(place, state.runs.filter((run) => run.capacity).flatMap((run) => {
    const of = run.capacity;
    const several = state.runs.length > 1;
    return [
      el("h2", {}, several ? `Levels of ${run.label}` : "Levels"),
      el("p", { class: "about" }, [
        `${plural(of.levels.length, "stay")}, in order.`, of.event ? `Median and p95 are of ${of.event}.` : "Median and p95 are of the slowest event.",
        of.low > 0 && of.high > 0 ? `${Math.round(of.sure * 1000) / 10} % interval: ${intervalText(of)} ${of.unit}.` : null,
        of.limits.length ? `What had to hold: ${of.limits.map((l) => l.text).join("; ")}.` : null,
      ].filter(Boolean).join(" ")),
      of.model ? el("p", { class: "about model" }, `A model, the Universal Scalability Law: ${of.model}. Each ± is half of a 95 % interval.`) : null,
      el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `Levels that were tried${several ? ` of ${run.label}` : ""}` }, el("table", { class: "levels" },
        el("thead", {}, el("tr", {}, [`Load (${of.unit})`, "For", "Events/s", "Median", "p95", "Failed", "App's cores", "Verdict"].map((h) => el("th", { scope: "col" }, h)))),
        el("tbody", {}, of.levels.map((l) => el("tr", { class: l.verdict },
          el("th", { scope: "row" }, loadText(l.load)), el("td", {}, showTime(Math.round(l.took))), el("td", {}, trim(l.throughput)), el("td", {}, showDuration(l.p50)), el("td", {}, showDuration(l.p95)),
          el("td", { class: l.failed ? "bad" : "" }, showCount(l.failed)), el("td", {}, l.cores === null ? "–" : l.cores.toFixed(2)), el("td", { title: l.why || false }, outcomes[l.verdict] ?? l.verdict)))))),
    ];
  }));
}
