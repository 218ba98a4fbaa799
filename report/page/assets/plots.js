// The plots. Each makes an option for ECharts of what the page shows: runs,
// events, limits, the stretch of time.

import { showBytes, showCount, showDuration, showTime, trim } from "./format.js";
import { el } from "./dom.js";
import { colours, look } from "./style.js";
import { overTime, pick, statusNames } from "./data.js";

export const statistics = {
  none: "every row", median: "Median", mean: "Mean", min: "Min", max: "Max",
  p90: "90th percentile", p95: "95th percentile", p99: "99th percentile",
};

const font = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif';
const cross = "path://M2,0 L5,3 L8,0 L10,2 L7,5 L10,8 L8,10 L5,7 L2,10 L0,8 L3,5 L0,2 Z";

// How many rows a plot draws at once; the rest comes when one looks closer.
const mostSegments = 16000, mostDots = 12000;

// share is what part of that is drawn: of plots that are drawn anew all the time,
// a small one, and of a run's that is under way once a second, not all, since the
// browser may take its time from the run.
function share(state) { return state.moving ? 10 : state.live ? 4 : 1; }

// From how many on they are drawn as one shape, which costs a fraction.
const many = 150, manyDots = 700;

export const plots = [
  { id: "durations", title: "How long each event took", time: true, wide: true, draw: durations,
    about: "Each dot is a row of the events file: across when it started, up how long it took. A red cross is a row that failed. Where dots are many they are all small squares. Dashed lines are the limits in the table above.",
    choose: { name: "aggregate", label: "Show", values: statistics } },
  { id: "users", title: "What each user did", time: true, wide: true, draw: segments, height: heightOfUsers, fresh: true,
    about: "A line of its own for each user, a bar for each event. Red bars took longer than their event's limit or failed; a cross at the end says failed." },
  { id: "active", title: "Active users", time: true, draw: active,
    about: "As the rows count them at their ends. Where they don't (Python Loadwright's), a user is there from the start of its first event to the end of its last." },
  { id: "throughput", title: "Throughput and failures", time: true, draw: throughput,
    about: "Rows that ended in each stretch of time, per second; the failed ones on top, in red." },
  { id: "percentiles", title: "Percentiles over time", time: true, draw: percentiles,
    about: "Of one event, by when it started.", choose: { name: "of", label: "Event", values: null } },
  { id: "distribution", title: "Distribution", draw: distribution,
    about: "How the durations of rows that did not fail are spread.",
    choose: { name: "spread", label: "Show", values: { histogram: "Histogram", cumulative: "Cumulative" } } },
  { id: "growth", title: "What gets slow as users grow", draw: growth, wide: true,
    about: "Duration against the number of users that were active when the row ended, with a straight line for each event." },
  { id: "cpu", title: "Processors", time: true, draw: cpu, needs: (s) => s.runs.some((r) => r.machine.times?.length),
    about: "Cores in use. Where the ground is red, the load generator was too busy for its times to be the app's." },
  { id: "memory", title: "Memory", time: true, draw: memory,
    needs: (s) => s.runs.some((r) => [...(r.machine.generator_memory ?? []), ...(r.machine.app_memory ?? [])].some((m) => m !== null)),
    about: "Resident memory of the load generator and of the app." },
];

// Steps that clocks have.
const timeSteps = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400];

export function base(state, c) {
  return {
    animation: false, backgroundColor: "transparent", textStyle: { fontFamily: font, color: c.text },
    grid: { left: 64, right: 18, top: 16, bottom: 28 },
    tooltip: {
      trigger: "item", confine: true, transitionDuration: 0, backgroundColor: c.ground, borderColor: c.line, padding: 10,
      textStyle: { color: c.text, fontFamily: font, fontSize: 12 },
    },
  };
}

export function axis(c, more) {
  return {
    type: "value", axisLine: { show: false, lineStyle: { color: c.line } }, axisTick: { show: false },
    splitLine: { lineStyle: { color: c.line, opacity: 0.6 } }, axisLabel: { color: c.faint, fontSize: 11, hideOverlap: true }, ...more,
  };
}

function timed(state, c, y) {
  const [from, to] = state.range, wanted = (to - from) / 9;
  const interval = timeSteps.find((s) => s >= wanted) ?? 86400 * Math.ceil(wanted / 86400);
  return {
    ...base(state, c),
    xAxis: axis(c, {
      min: from, max: to, minInterval: interval, maxInterval: interval, splitLine: { show: false }, axisLine: { show: true, onZero: false, lineStyle: { color: c.line } },
      axisLabel: { color: c.faint, fontSize: 11, hideOverlap: true, showMinLabel: from === 0 ? null : false, showMaxLabel: false, formatter: showTime },
    }),
    yAxis: y,
    series: [shade(state, c)],
  };
}

const phaseNames = { ramp_up: "ramp-up", warm_up: "warm-up", steady: "steady", ramp_down: "ramp-down" };

// shade marks the phases of a run, and what is not to be trusted.
function shade(state, c) {
  const areas = [];
  const ground = { ramp_up: c.ramp, warm_up: c.warm, steady: c.steady, ramp_down: c.down };
  if (state.runs.length === 1) {
    for (const p of state.runs[0].phases) {
      areas.push([{
        xAxis: p.from, itemStyle: { color: ground[p.name] ?? c.steady },
        label: { show: p.to - p.from > (state.range[1] - state.range[0]) / 12, formatter: phaseNames[p.name] ?? "", position: "insideTopLeft", color: c.faint, fontSize: 10 },
      }, { xAxis: p.to }]);
    }
  }
  for (const r of state.runs) {
    for (const u of r.untrusted) {
      areas.push([{ xAxis: u.from, itemStyle: { color: c.suspect }, label: { show: false } }, { xAxis: u.to }]);
    }
  }
  return { type: "line", id: "shade", data: [], silent: true, markArea: { silent: true, data: areas }, tooltip: { show: false } };
}

// shadeNote says whose ground is shaded where there are several runs.
export function shadeNote(state) {
  if (state.runs.length < 2) return "";
  const said = state.runs.filter((r) => r.untrusted.length).map((r) => {
    const some = r.untrusted.slice(0, 3).map((u) => `${showTime(u.from)} to ${showTime(u.to)}`);
    return `${short(r.label)} (${some.join(", ")}${r.untrusted.length > 3 ? ", …" : ""})`;
  });
  return [said.length ? `Red ground: not to be trusted in ${said.join(" and ")}.` : "", state.runs.some((r) => r.phases.length) ? "Phases are shaded where there is one run." : ""].filter(Boolean).join(" ");
}

export function durationAxis(state, c, limits) {
  return axis(c, {
    min: 0, axisLabel: { color: c.faint, fontSize: 11, formatter: showDuration, showMaxLabel: false },
    max: (v) => {
      const most = Math.max(0.001, v.max === -Infinity ? 0.001 : v.max);
      return Math.max(most * 1.04, ...limits.filter((l) => l <= most * 2.5).map((l) => l * 1.08));
    },
  });
}

function limitsShown(state) {
  return state.events.map((name, i) => (state.shown[i] ? state.limits[name] : null)).filter((l) => l > 0);
}

function limitLine(state, i, c, vertical) {
  const limit = state.limits[state.events[i]];
  if (!(limit > 0)) return undefined;
  const colour = look(i, 0, state.events.length).colour;
  return {
    silent: true, symbol: "none", animation: false, lineStyle: { color: colour, type: "dashed", width: 1.5 },
    label: { formatter: `${short(state.events[i])} limit ${showDuration(limit)}`, position: vertical ? "insideEndTop" : "insideEndTop", color: c.text, fontSize: 10, distance: 3,
      textBorderColor: c.ground, textBorderWidth: 3 },
    data: [vertical ? { xAxis: limit } : { yAxis: limit }],
  };
}

export function short(name) { return name.length > 24 ? `${name.slice(0, 23)}…` : name; }

export function called(state, run) { return state.runs.length > 1 ? ` · ${short(run.label)}` : ""; }

// lines is what a hover says: lines of text, in an element, never as markup.
export function tip(...rows) {
  const box = el("div", { class: "tip" });
  for (const [what, value] of rows) {
    if (value === undefined || value === null || value === "") continue;
    box.append(el("div", {}, what ? el("span", { class: "what" }, what) : null, String(value)));
  }
  return box;
}

function rowTip(state, run, i) {
  if (i === undefined) return tip();
  const p = run.rows, event = state.events[p.event[i]];
  const limit = state.limits[event];
  return tip(
    ["", short(event) + called(state, run)],
    ["took", showDuration(p.took[i]) + (limit > 0 && p.took[i] > limit ? ` (limit ${showDuration(limit)})` : "")],
    ["user", p.user[i]], ["iteration", p.iteration[i] || null],
    ["from", `${showTime(p.start[i])} to ${showTime(p.start[i] + p.took[i])}`],
    ["active users", p.users[i] || null],
    ["status", p.status[i] ? statusNames[p.status[i]] : null],
    ["error", p.status[i] === 1 && p.error[i] >= 0 ? run.failures[p.error[i]].message.slice(0, 300) : null],
  );
}

function each(state, f) {
  state.runs.forEach((run, r) => state.events.forEach((_, i) => { if (state.shown[i]) f(run, r, i); }));
}

function durations(state) {
  const c = colours(), option = timed(state, c, durationAxis(state, c, limitsShown(state)));
  const [from, to] = state.range, how = state.choices.aggregate;
  let left = 0, oneIn = 1;
  if (how === "none") {
    const most = mostDots / state.runs.length / share(state);
    state.runs.forEach((run, r) => {
      const picked = pick(run, from, to, state.shown, most, true), p = run.rows;
      left += picked.left;
      oneIn = Math.max(oneIn, picked.failuresOneIn);
      const good = state.events.map(() => []), bad = state.events.map(() => []);
      for (const i of picked.rows) (p.status[i] === 1 ? bad : good)[p.event[i]].push(p.start[i], p.took[i], i);
      state.events.forEach((name, i) => {
        if (!state.shown[i]) return;
        const l = look(i, r, state.events.length);
        const of = { type: "scatter", clip: true, tooltip: { formatter: (x) => rowTip(state, run, x.value[2]) }, emphasis: { disabled: true } };
        option.series.push({ ...of, id: `ok-${r}-${i}`, name, ...dots(good[i], l.shape, 6, state.moving), itemStyle: { color: l.colour, opacity: good[i].length > 6000 ? 0.6 : 0.85 },
          markLine: r === 0 ? limitLine(state, i, c) : undefined });
        option.series.push({ ...of, id: `bad-${r}-${i}`, name: `${name} failed`, ...dots(bad[i], cross, 8, state.moving), itemStyle: { color: c.bad }, z: 3 });
      });
    });
  } else {
    each(state, (run, r, i) => {
      const l = look(i, r, state.events.length), data = overTime(run, run.own[i], how);
      option.series.push({
        id: `line-${r}-${i}`, name: state.events[i], type: "line", data, symbol: l.shape, symbolSize: 6, showAllSymbol: true,
        itemStyle: { color: l.colour }, lineStyle: { color: l.colour, width: 2, type: l.dash }, connectNulls: false, emphasis: { disabled: true },
        markLine: r === 0 ? limitLine(state, i, c) : undefined,
        tooltip: { formatter: (x) => tip(["", short(state.events[i]) + called(state, run)], [statistics[how], showDuration(x.value[1])],
          ["stretch", between(run, x.value[0])], ["rows", showCount(run.stretches.events[run.own[i]].count[x.dataIndex])]) },
      });
    });
  }
  return { option, left, oneIn, note: how === "none" ? "" : `a point for every ${showDuration(state.runs[0].stretches.width)}` };
}

// dots are points of three numbers each: x, y, and the row. Where they are many
// they are small squares, which cost a fraction of any other shape.
function dots(numbers, symbol, size, moving) {
  const most = moving ? 50 : manyDots, large = numbers.length > 3 * most;
  return { data: Float64Array.from(numbers), dimensions: ["x", "y", "row"], encode: { x: 0, y: 1 }, symbol: large ? "rect" : symbol, symbolSize: large ? 3.5 : size, large, largeThreshold: most, progressive: 0 };
}

function between(run, middle) {
  const half = run.stretches.width / 2;
  return `${showTime(middle - half)} to ${showTime(middle + half)}`;
}

// userRows gives every user of every run a line of its own.
function userRows(state) {
  let next = 0;
  return state.runs.map((run) => {
    const most = run.rows.lastUser, from = next;
    next += most + 1 + (state.runs.length > 1 ? 1 : 0);
    return { from, to: from + most };
  });
}

function heightOfUsers(state) {
  const rows = userRows(state), n = rows.length ? rows[rows.length - 1].to + 1 : 1;
  return Math.min(680, Math.max(160, 70 + n * 14));
}

function segments(state) {
  const c = colours(), [from, to] = state.range, rows = userRows(state);
  const n = rows.length ? rows[rows.length - 1].to + 1 : 1;
  const option = timed(state, c, axis(c, {
    min: -1, max: n, minInterval: 1, splitLine: { show: false },
    axisLabel: { color: c.faint, fontSize: 11, showMinLabel: false, showMaxLabel: false, hideOverlap: true,
      formatter: (y) => { const r = rows.findIndex((x) => y >= x.from && y <= x.to); return r < 0 ? "" : `user ${Math.round(y - rows[r].from)}`; } },
  }));
  const thick = Math.max(1, Math.min(9, (heightOfUsers(state) - 50) / n * 0.62));
  let left = 0, oneIn = 1;
  state.runs.forEach((run, r) => {
    const picked = pick(run, from, to, state.shown, mostSegments / state.runs.length / share(state), false), p = run.rows;
    left += picked.left;
    oneIn = Math.max(oneIn, picked.failuresOneIn);
    const ok = state.events.map(() => []), over = [], failed = [], ends = [], cancelled = [];
    for (const i of picked.rows) {
      const y = p.user[i] + rows[r].from, limit = state.limits[state.events[p.event[i]]];
      if (p.status[i] === 1) { failed.push(i); ends.push(p.start[i] + p.took[i], y, i); }
      else if (p.status[i] === 2) cancelled.push(i);
      else if (limit > 0 && p.took[i] > limit) over.push(i);
      else ok[p.event[i]].push(i);
    }
    const most = state.moving ? 50 : many;
    const flat = (some) => {
      const data = new Float64Array(some.length * 5);
      some.forEach((i, k) => {
        const y = p.user[i] + rows[r].from;
        data.set([2, p.start[i], y, p.start[i] + Math.max(p.took[i], 1e-4), y], k * 5);
      });
      return data;
    };
    const of = (id, name, some, colour, type) => option.series.push({
      zlevel: 0, // without it ECharts lays a second, empty canvas over the plot, which on paper hides it
      id: `${id}-${r}`, name, type: "lines", coordinateSystem: "cartesian2d", clip: true, data: flat(some), large: some.length > most, largeThreshold: most, progressive: 0,
      lineStyle: { color: colour, width: thick, opacity: 0.9, type: type ?? "solid", cap: "butt" }, emphasis: { disabled: true },
      tooltip: { formatter: (x) => rowTip(state, run, some[x.dataIndex] ?? barAt(run, some, state.mouse, rows[r].from)) },
    });
    state.events.forEach((name, i) => { if (ok[i].length) of(`ok-${i}`, name, ok[i], look(i, r, state.events.length).colour); });
    if (cancelled.length) of("cancelled", "cancelled", cancelled, c.faint);
    if (over.length) of("over", "past its limit", over, c.bad);
    if (failed.length) of("failed", "failed", failed, c.bad);
    option.series.push({ id: `ends-${r}`, name: "failed", type: "scatter", clip: true, ...dots(ends, cross, Math.max(7, Math.min(11, thick + 3)), state.moving), itemStyle: { color: c.bad, borderColor: c.ground, borderWidth: ends.length > 1000 ? 0 : 1 },
      z: 4, emphasis: { disabled: true }, tooltip: { formatter: (x) => rowTip(state, run, x.value[2]) } });
  });
  return { option, left, oneIn };
}

// barAt is the row whose bar lies at a place: of bars that are drawn as one shape
// ECharts does not tell which the mouse is over.
function barAt(run, some, [at, y], first) {
  const p = run.rows, off = (i) => Math.max(p.start[i] - at, at - p.start[i] - p.took[i], 0);
  let best;
  for (const i of some) if (p.user[i] + first === Math.round(y) && (best === undefined || off(i) < off(best))) best = i;
  return best;
}

function countAxis(c, more) { return axis(c, { min: 0, minInterval: 1, axisLabel: { color: c.faint, fontSize: 11, formatter: showCount }, ...more }); }

function active(state) {
  const c = colours(), option = timed(state, c, countAxis(c));
  state.runs.forEach((run, r) => {
    const data = run.active.times.map((t, i) => [t, run.active.values[i]]);
    const l = look(0, r, state.events.length), colour = state.runs.length > 1 ? l.colour : c.users;
    option.series.push({
      id: `active-${r}`, name: run.label, type: "line", step: "end", data, showSymbol: false, lineStyle: { color: colour, width: 2, type: l.dash }, itemStyle: { color: colour },
      areaStyle: state.runs.length > 1 ? undefined : { color: colour, opacity: 0.14 }, emphasis: { disabled: true },
    });
  });
  option.tooltip.trigger = "axis";
  option.tooltip.axisPointer = { type: "line", lineStyle: { color: c.faint } };
  option.tooltip.formatter = (xs) => tip(["at", xs[0] ? showTime(xs[0].axisValue) : ""], ...xs.filter((x) => x.value).map((x) => [called(state, state.runs[Number(x.seriesId.split("-")[1])]).slice(3) || "active users", x.value[1]]));
  return { option };
}

// bars stacks the rates of events, stretch by stretch.
function throughput(state) {
  const c = colours(), option = timed(state, c, axis(c, { min: 0, axisLabel: { color: c.faint, fontSize: 11, formatter: (v) => `${trim(v)}/s` } }));
  const several = state.runs.length;
  state.runs.forEach((run, r) => {
    const s = run.stretches, base = new Float64Array(s.count);
    const stack = (id, name, values, { colour, hollow }) => {
      const data = [];
      values.forEach((n, i) => {
        if (!n) return;
        const from = s.from + i * s.width, width = Math.max(s.width / 5, Math.min(s.width, run.seconds - from));
        const rate = n / width;
        data.push([from + (width * r) / several, from + (width * (r + 1)) / several, base[i], base[i] + rate, n, from, from + width]);
        base[i] += rate;
      });
      option.series.push({
        id, name, type: "custom", data, clip: true, encode: { x: [0, 1], y: [2, 3] }, itemStyle: { color: colour }, emphasis: { disabled: true },
        renderItem: (_, api) => {
          const [x0, y0] = api.coord([api.value(0), api.value(3)]), [x1, y1] = api.coord([api.value(1), api.value(2)]);
          return { type: "rect", shape: { x: x0, y: y0, width: Math.max(1, x1 - x0 - (x1 - x0 > 4 ? 1 : 0)), height: y1 - y0 }, style: hollow ? { fill: colour, fillOpacity: 0.25, stroke: colour, lineWidth: 1.5 } : { fill: colour } };
        },
        tooltip: { formatter: (x) => tip(["", short(name) + called(state, run)], ["rows", showCount(x.value[4])], ["per second", trim(x.value[3] - x.value[2])], ["ended", `${showTime(x.value[5])} to ${showTime(x.value[6])}`]) },
      });
    };
    state.events.forEach((name, i) => { if (state.shown[i] && run.own[i] >= 0) stack(`rate-${r}-${i}`, name, s.events[run.own[i]].ended, look(i, r, state.events.length)); });
    const failed = Array.from({ length: s.count }, (_, k) => state.events.reduce((n, _, i) => n + (state.shown[i] && run.own[i] >= 0 ? s.events[run.own[i]].failed[k] : 0), 0));
    stack(`failed-${r}`, "failed", failed, { colour: c.bad });
  });
  return { option };
}

// legend stays in one line, which is turned like pages where runs are many: a
// second one would lie on the lines.
export function legend(c) {
  return { show: true, type: "scroll", left: 64, pageIconColor: c.text, pageIconInactiveColor: c.line, pageTextStyle: { color: c.faint, fontSize: 11 }, pageIconSize: 11, top: 0, right: 8, itemHeight: 8, textStyle: { color: c.text, fontSize: 11, fontFamily: font }, selectedMode: false, icon: undefined };
}

function percentiles(state) {
  const c = colours(), of = state.events.indexOf(state.choices.of);
  const option = timed(state, c, durationAxis(state, c, []));
  option.grid.top = 34;
  option.legend = legend(c);
  const kinds = [["p99", "p99", "dotted", 1.5], ["p95", "p95", "dashed", 2], ["p90", "p90", [8, 3, 2, 3], 1.5], ["median", "median", "solid", 2.5]];
  state.runs.forEach((run, r) => {
    if (of < 0) return;
    const l = look(of, r, state.events.length);
    for (const [key, name, dash, width] of kinds) {
      option.series.push({
        id: `${key}-${r}`, name: name + called(state, run), type: "line", data: overTime(run, run.own[of], key), symbol: l.shape, symbolSize: 4, showSymbol: true,
        lineStyle: { color: l.colour, width, type: dash }, itemStyle: { color: l.colour }, emphasis: { disabled: true },
      });
    }
  });
  option.legend.data = option.series.filter((s) => s.name).map((s) => s.name);
  option.tooltip.trigger = "axis";
  option.tooltip.axisPointer = { type: "line", lineStyle: { color: c.faint } };
  option.tooltip.formatter = (xs) => tip(["", short(state.choices.of ?? "")], ["started", xs[0] ? between(state.runs[0], xs[0].axisValue) : ""], ...xs.filter((x) => x.value && x.value[1] !== null).map((x) => [x.seriesName, showDuration(x.value[1])]));
  return { option, note: `a point for every ${showDuration(state.runs[0].stretches.width)}` };
}

function distribution(state) {
  const c = colours(), option = base(state, c), cumulative = state.choices.spread === "cumulative";
  option.xAxis = axis(c, { min: cumulative ? 0 : "dataMin", splitLine: { show: false }, axisLine: { show: true, lineStyle: { color: c.line } }, axisLabel: { color: c.faint, fontSize: 11, formatter: showDuration, hideOverlap: true } });
  option.yAxis = axis(c, { min: 0, max: cumulative ? 100 : null, axisLabel: { color: c.faint, fontSize: 11, formatter: (v) => `${trim(v)} %` } });
  option.series = [];
  each(state, (run, r, i) => {
    const e = run.events[run.own[i]];
    if (!e || !e.quantiles.length) return;
    const l = look(i, r, state.events.length), counts = e.histogram.counts, edges = e.histogram.edges;
    const data = cumulative
      ? e.quantiles.map((q, k) => [q, state.shares[k] * 100])
      : [[edges[0], 0], ...counts.map((n, k) => [edges[k], (n / e.count) * 100, n, edges[k + 1]]), [edges[edges.length - 1], 0]];
    option.series.push({
      id: `spread-${r}-${i}`, name: state.events[i], type: "line", step: cumulative ? undefined : "end", data, showSymbol: false, lineStyle: { color: l.colour, width: 2, type: l.dash },
      itemStyle: { color: l.colour }, areaStyle: cumulative ? undefined : { color: l.colour, opacity: 0.16 }, emphasis: { disabled: true },
      markLine: r === 0 ? limitLine(state, i, c, true) : undefined,
    });
  });
  option.tooltip.trigger = "axis";
  option.tooltip.axisPointer = { type: "line", lineStyle: { color: c.faint } };
  option.tooltip.formatter = (xs) => tip(...xs.filter((x) => x.value).map((x) => (cumulative
    ? [short(x.seriesName), `${trim(x.value[1])} % took at most ${showDuration(x.value[0])}`]
    : x.value.length > 2 ? [short(x.seriesName), `${showCount(x.value[2])} rows of ${showDuration(x.value[0])} to ${showDuration(x.value[3])}`] : ["", ""])));
  return { option };
}

function growth(state) {
  const c = colours(), option = base(state, c);
  option.xAxis = countAxis(c, { min: 0, splitLine: { show: false }, axisLine: { show: true, lineStyle: { color: c.line } } });
  option.yAxis = durationAxis(state, c, limitsShown(state));
  option.series = [];
  const said = [];
  let left = 0, oneIn = 1;
  state.runs.forEach((run, r) => {
    const picked = pick(run, ...state.full, state.shown, mostDots / 2 / state.runs.length / (state.live ? 4 : 1), true), p = run.rows;
    left += picked.left;
    oneIn = Math.max(oneIn, picked.failuresOneIn);
    const found = state.events.map(() => []);
    for (const i of picked.rows) if (p.status[i] === 0 && p.users[i] > 0) found[p.event[i]].push(p.users[i], p.took[i], i);
    state.events.forEach((name, i) => {
      if (!state.shown[i]) return;
      const l = look(i, r, state.events.length), slope = run.own[i] >= 0 ? run.events[run.own[i]].slope : null;
      option.series.push({
        id: `dots-${r}-${i}`, name, type: "scatter", ...dots(found[i], l.shape, 5), itemStyle: { color: l.colour, opacity: 0.45 },
        emphasis: { disabled: true }, tooltip: { formatter: (x) => rowTip(state, run, x.value[2]) },
      });
      if (!slope) return;
      const at = (u) => [u, Math.max(0, slope.at_0 + slope.per_user * u)];
      option.series.push({
        id: `slope-${r}-${i}`, name: `${name} line`, type: "line", silent: true, showSymbol: false, data: [at(slope.from), at(slope.to)], lineStyle: { color: l.colour, width: 3, type: l.dash }, z: 5,
        emphasis: { disabled: true },
      });
      said.push(`${short(name)}${called(state, run)}: ${signed(slope.per_user)} with each user (± ${showDuration(1.96 * slope.error)})`);
    });
  });
  return { option, left, oneIn, note: said.length ? said.join(" · ") : "the number of users did not change enough for a line" };
}

function signed(s) { return s < 0 ? `−${showDuration(-s)}` : `+${showDuration(s)}`; }

function machineLines(state, y, kinds) {
  const c = colours(), option = timed(state, c, y(c));
  option.grid.top = 34;
  option.legend = legend(c);
  state.runs.forEach((run, r) => kinds.forEach(([key, name], k) => {
    const values = run.machine[key] ?? [];
    if (!values.some((v) => v !== null)) return;
    const l = look(k, r, kinds.length);
    option.series.push({ id: `${key}-${r}`, name: name + called(state, run), type: "line", showSymbol: false, data: values.map((v, i) => [run.machine.times[i], v]), symbol: l.shape,
      lineStyle: { color: l.colour, width: 2, type: ["solid", "dashed", "dotted"][k] }, itemStyle: { color: l.colour }, emphasis: { disabled: true } });
  }));
  option.legend.data = option.series.filter((s) => s.name).map((s) => s.name);
  option.tooltip.trigger = "axis";
  option.tooltip.axisPointer = { type: "line", lineStyle: { color: c.faint } };
  return { option, c };
}

function cpu(state) {
  const { option, c } = machineLines(state, (c) => axis(c, { min: 0 }), [["machine_cpu", "whole machine"], ["generator_cpu", "load generator"], ["app_cpu", "app"]]);
  const cores = state.runs[0].machine.cores;
  if (cores && option.series.length > 1) {
    option.series[1].markLine = { silent: true, symbol: "none", data: [{ yAxis: cores }], lineStyle: { color: c.faint, type: "solid", width: 1 }, label: { formatter: `${cores} cores`, position: "insideStartBottom", color: c.faint, fontSize: 10 } };
    option.yAxis.max = (v) => Math.max(v.max, cores) * 1.08;
    option.yAxis.axisLabel.showMaxLabel = false;
  }
  const why = (run, t) => run.untrusted.find((u) => t >= u.from && t <= u.to)?.reason;
  option.tooltip.formatter = (xs) => tip(["at", xs[0] ? showTime(xs[0].axisValue) : ""], ...xs.filter((x) => x.value && x.value[1] !== null).map((x) => [x.seriesName, `${trim(x.value[1])} cores`]), ...state.runs.map((run) => [`not to be trusted${called(state, run)}`, xs[0] ? why(run, xs[0].axisValue) : ""]));
  return { option, note: state.runs[0].machine.describe };
}

function memory(state) {
  const { option } = machineLines(state, (c) => axis(c, { min: 0, axisLabel: { color: c.faint, fontSize: 11, formatter: showBytes } }), [["generator_memory", "load generator"], ["app_memory", "app"]]);
  option.tooltip.formatter = (xs) => tip(["at", xs[0] ? showTime(xs[0].axisValue) : ""], ...xs.filter((x) => x.value && x.value[1] !== null).map((x) => [x.seriesName, showBytes(x.value[1])]));
  return { option };
}
