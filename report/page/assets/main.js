// The page: what it shows, and what its controls do. There is one state; every
// control changes it and has drawn anew what depends on it.

import { plural, showCount, showDate, showTime } from "./format.js";
import { byID, el, fill, keep } from "./dom.js";
import { colours } from "./style.js";
import { decode, join, joinSamples, unpack } from "./data.js";
import { plots, shadeNote, short } from "./plots.js";
import { capacityPlot, showLevels } from "./capacity.js";
import { badge, figuresOf, showFailures, showFoot, showStatistics, showTop } from "./tables.js";
import { Live } from "./live.js";
import { TimeControls } from "./time.js";

const state = {
  served: false, // by a server, which can be asked for more of a run that is over
  runs: [], shares: [], events: [], shown: [], range: [0, 1], full: [0, 1], stretch: null, figures: [],
  limits: Object.create(null), moved: new Set(), // by event: a name may be any, "constructor" too
  mouse: [0, 0], // in the plot that it is over
  moving: false, live: false, choices: { aggregate: "none", of: null, spread: "histogram" },
};
const cards = new Map(); // of the plots, by id
let controls; // of the time

// forget takes back what the reader has set, which was meant for the runs that are
// still shown while others are asked for.
function forget() {
  Object.assign(state, { shown: state.events.map(() => true), limits: Object.create(null), moved: new Set(), range: [0, 1], full: [0, 1], stretch: null, figures: [] });
  ask();
}

// take makes a state of runs; what the reader has set stays.
function take(runs, shares) {
  const whole = state.range[0] === state.full[0] && state.range[1] === state.full[1];
  const before = new Map(state.events.map((name, i) => [name, state.shown[i]]));
  state.shares = shares;
  state.runs = runs.map((run) => (run.rows ? run : unpack(run)));
  const names = new Set(state.runs.map((r) => r.name));
  state.runs.forEach((r, i) => { r.label = names.size === state.runs.length ? r.name : `${r.name} (${showDate(r.began) || i + 1})`; });
  state.events = [...new Set(state.runs.flatMap((r) => r.events.map((e) => e.name)))];
  state.shown = state.events.map((name) => before.get(name) ?? true);
  for (const run of state.runs) {
    run.own = state.events.map((name) => run.events.findIndex((e) => e.name === name));
    const union = (run.names ?? run.events.map((e) => e.name)).map((name) => state.events.indexOf(name));
    if (union.some((to, i) => to !== i)) run.rows.event = run.rows.event.map((i) => union[i]);
    run.names = state.events; // what the numbers mean from now on
  }
  for (const name of state.events) if (!state.moved.has(name)) state.limits[name] = limitOf(name);
  if (!state.events.includes(state.choices.of)) state.choices.of = slowest();
  const end = Math.max(0.001, ...state.runs.map((r) => r.seconds));
  const begin = Math.min(0, ...state.runs.map((r) => (r.rows.n ? r.rows.start[0] : 0)));
  state.full = [begin, end];
  if (whole) state.range = [...state.full];
}

// limitOf is what the thresholds say of an event: of several runs the strictest.
function limitOf(name) {
  const limits = state.runs.map((r) => r.events.find((e) => e.name === name)?.limit).filter((l) => l > 0);
  return limits.length ? Math.min(...limits) : null;
}

function slowest() {
  let best = null, longest = -1;
  for (const run of state.runs) for (const e of run.events) if ((e.p95 ?? 0) > longest) { longest = e.p95 ?? 0; best = e.name; }
  return best;
}

let settling;

// act is what the controls do.
const act = {
  toggle(i) {
    state.shown[i] = !state.shown[i];
    statisticsAndFocus(i);
    redraw();
  },
  // limit moves one: null is the threshold's again, 0 none.
  limit(name, value) {
    if (value === null) state.moved.delete(name); else state.moved.add(name);
    state.limits[name] = value === null ? limitOf(name) : value > 0 ? value : null;
    redraw();
    setTimeout(act.statistics); // when the key that ended the typing has had its effect
  },
  // statistics draws the table anew, unless somebody is typing in it.
  statistics() {
    const typing = (e) => e.dataset.event !== undefined && Number(e.value || 0) !== (state.limits[e.dataset.event] ?? 0);
    keep(byID("tables"), typing, () => showStatistics(byID("tables"), state, act));
  },
  range(from, to) {
    const [low, high] = state.full, least = Math.max(0.01, (high - low) / 5000);
    let width = Math.min(high - low, Math.max(least, to - from));
    from = Math.min(Math.max(low, from), high - width);
    state.range = [from, from + width];
    state.moving = true; // with fewer rows, so that it stays smooth
    clearTimeout(settling);
    settling = setTimeout(() => { state.moving = false; controls.show(); redraw(true); }, 150);
    redraw(true);
  },
  zoom(by, around) {
    const [from, to] = state.range, middle = around ?? (from + to) / 2;
    act.range(middle - (middle - from) * by, middle + (to - middle) * by);
  },
  stretch(s) {
    state.stretch = s && s[1] > s[0] ? s : null;
    state.figures = state.stretch ? (state.served ? [] : figuresOf(state)) : [];
    ask();
    showStatistics(byID("tables"), state, act);
    controls.show();
    for (const card of cards.values()) card.mark();
  },
};

let asking = null; // what is under way: {stretch, again, stop}

// ask has a server, which has all rows, tell the statistics of the stretch. It
// reads whole files for them, so there is one request at a time: who asks again
// meanwhile is answered after it, and where another stretch was picked since, or
// none, it is given up.
async function ask() {
  const stretch = state.served ? state.stretch : null;
  if (asking && asking.stretch === stretch) { asking.again = true; return; }
  asking?.stop.abort();
  asking = null;
  if (!stretch) return;
  const mine = asking = { stretch, again: true, stop: new AbortController() };
  try {
    while (mine.again) {
      mine.again = false;
      const figures = await Promise.all(state.runs.map((run) => figuresFrom(run, mine)));
      if (asking !== mine) return;
      state.figures = figures.map((f, r) => f ?? figuresOf(state)[r]);
      act.statistics();
    }
  } catch (e) {
    if (asking === mine) say(`The statistics of the stretch can't be had: ${e.message}`);
  } finally {
    if (asking === mine) asking = null;
  }
}

async function figuresFrom(run, { stretch, stop }) {
  const answer = await fetch(`/api/stretch?run=${encodeURIComponent(run.id)}&from=${stretch[0]}&to=${stretch[1]}`, { signal: stop.signal });
  if (!answer.ok) return null;
  const of = await answer.json();
  const none = { count: 0, failures: 0, cancelled: 0, mean: null, min: null, median: null, p95: null, p99: null, max: null };
  return state.events.map((name) => of.events.find((e) => e.name === name) ?? none);
}

function statisticsAndFocus(i) {
  showStatistics(byID("tables"), state, act);
  document.querySelectorAll("#tables button.event").forEach((b, k) => { if (Math.floor(k / state.runs.length) === i) b.focus(); });
}

// A card holds a plot. It is drawn when it comes into sight.
class Card {
  constructor(plot) {
    this.plot = plot;
    this.seen = false;
    this.canvas = el("div", { class: "canvas", role: "img", "aria-label": plot.title, id: `plot-${plot.id}` });
    this.stale = true;
    this.over = el("div", { class: "stretch", hidden: true });
    this.note = el("span", { class: "drawn" });
    this.choice = el("span", { class: "choice" });
    this.box = el("figure", { class: plot.wide ? "wide" : "", "aria-labelledby": `title-${plot.id}` },
      el("figcaption", {}, el("div", { class: "head" }, el("h2", { id: `title-${plot.id}` }, plot.title), this.choice), el("p", { class: "about" }, plot.about, " ", this.note)),
      el("div", { class: "frame" }, this.canvas, this.over));
    if (plot.time) this.listen();
  }

  choose() {
    const c = this.plot.choose;
    if (!c || this.choice.contains(document.activeElement)) return;
    const values = c.values ? Object.entries(c.values) : state.events.map((name) => [name, short(name)]);
    const select = el("select", { onchange: (e) => { state.choices[c.name] = e.target.value; this.draw(); } },
      values.map(([value, text]) => el("option", { value, selected: value === state.choices[c.name] }, text)));
    fill(this.choice, el("label", {}, `${c.label} `, select));
  }

  // Whether it shows the state is on the page, too: what looks at it from outside,
  // as tests do, has nothing else to wait for.
  get stale() { return this.canvas.hasAttribute("data-stale"); }
  set stale(is) { this.canvas.toggleAttribute("data-stale", is); }

  draw() {
    this.stale = true;
    if (!this.seen) return;
    this.stale = false;
    this.box.hidden = this.plot.needs ? !this.plot.needs(state) : false;
    if (this.box.hidden) return;
    const height = this.plot.height?.(state) ?? 270;
    if (this.height !== height) {
      this.canvas.style.height = `${height}px`;
      this.height = height;
      this.chart?.resize();
    }
    this.chart ??= echarts.init(this.canvas, null, { renderer: "canvas" });
    const { option, left, oneIn, note } = this.plot.draw(state);
    const nothing = !option.series.some((s) => s.name && s.data.length);
    option.title = { show: nothing, text: "nothing to draw", left: "center", top: "middle", textStyle: { color: colours().faint, fontSize: 13, fontWeight: "normal" } };
    // ECharts loses bars of users when it merges them with those before.
    this.chart.setOption(option, this.drawn && !this.plot.fresh ? { replaceMerge: ["series"] } : { notMerge: true });
    this.drawn = true;
    this.mark();
    if (state.moving) return; // a line of text more or less would lay out the page anew, frame by frame
    this.note.textContent = [note ? `${note[0].toUpperCase()}${note.slice(1)}.` : "", this.plot.time ? shadeNote(state) : "", left > 0 ? `${showCount(left)} rows are left out here${this.plot.time ? "; they come when you zoom in" : ""}. ${oneIn > 1 ? `Of the failures one in ${oneIn} is drawn; nothing` : "No failure is, and nothing"} that is far out.` : ""].filter(Boolean).join(" ");
    this.canvas.setAttribute("aria-label", `${this.plot.title}: ${option.series.filter((s) => s.name).map((s) => `${short(s.name)}, ${plural(s.dimensions ? s.data.length / 3 : s.type === "lines" ? s.data.length / 5 : s.data.length, "value")}`).join("; ").slice(0, 600)}`);
  }

  inSight() {
    const box = this.box.getBoundingClientRect();
    return box.bottom > 0 && box.top < innerHeight;
  }

  // mark shows the stretch.
  mark() {
    const s = state.stretch;
    if (this.dragged) return;
    if (!this.chart || !this.plot.time || !s) { this.over.hidden = true; return; }
    this.cover(...s.map((t) => this.chart.convertToPixel({ xAxisIndex: 0 }, Math.min(Math.max(t, state.range[0]), state.range[1]))));
    this.over.hidden = s[1] < state.range[0] || s[0] > state.range[1];
  }

  cover(a, b) {
    this.over.hidden = false;
    this.over.style.left = `${Math.min(a, b)}px`;
    this.over.style.width = `${Math.abs(b - a)}px`;
  }

  timeAt(x) { return this.chart.convertFromPixel({ xAxisIndex: 0 }, x); }

  listen() {
    let began = null;
    const x = (e) => {
      const box = this.canvas.getBoundingClientRect();
      return Math.min(Math.max(e.clientX - box.left, 64), box.width - 18);
    };
    this.canvas.addEventListener("mousemove", (e) => { // before ECharts hears of it
      const box = this.canvas.getBoundingClientRect();
      if (this.chart) state.mouse = this.chart.convertFromPixel("grid", [e.clientX - box.left, e.clientY - box.top]);
    }, { capture: true });
    this.canvas.addEventListener("pointerdown", (e) => {
      if (e.button !== 0 || e.pointerType === "touch" || !this.chart) return;
      began = x(e);
    });
    this.canvas.addEventListener("pointermove", (e) => {
      if (began !== null && Math.abs(x(e) - began) > 3) {
        this.canvas.setPointerCapture(e.pointerId);
        this.dragged = true;
        this.cover(began, x(e));
      }
    });
    const end = (e) => {
      if (began === null) return;
      const to = x(e), from = began;
      began = null;
      this.dragged = false;
      if (Math.abs(to - from) > 3) act.stretch([this.timeAt(Math.min(from, to)), this.timeAt(Math.max(from, to))]);
      else if (state.stretch) act.stretch(null);
    };
    this.canvas.addEventListener("pointerup", end);
    this.canvas.addEventListener("pointercancel", () => { began = null; this.dragged = false; this.mark(); });
    this.canvas.addEventListener("wheel", (e) => {
      if (!e.ctrlKey && !e.metaKey) return;
      e.preventDefault();
      act.zoom(e.deltaY > 0 ? 1.25 : 0.8, this.timeAt(x(e)));
    }, { passive: false });
  }
}

const sight = new IntersectionObserver((entries) => {
  for (const e of entries) {
    const card = [...cards.values()].find((c) => c.box === e.target);
    card.seen = e.isIntersecting;
    if (card.seen && card.stale) card.draw();
  }
}, { rootMargin: "300px" });

// What is near the window counts as seen, and may not be up to date.
addEventListener("scroll", () => { for (const card of cards.values()) if (card.seen && card.stale && card.inSight()) card.draw(); }, { passive: true });

let asked = false, timeOnly = true;

// redraw has the plots drawn at the next frame; those of time alone, if only the
// time has changed.
function redraw(onlyTime = false) {
  timeOnly &&= onlyTime;
  if (asked) return;
  asked = true;
  byID("plots").toggleAttribute("data-drawing", true);
  requestAnimationFrame(() => {
    const only = timeOnly;
    asked = false;
    timeOnly = true;
    const all = [...cards.values()].filter((card) => !only || card.plot.time).map((card) => [card, (!state.moving && !state.live) || card.inSight()]);
    for (const [card, drawn] of all) if (drawn) card.draw(); else card.stale = true;
    byID("plots").toggleAttribute("data-drawing", state.moving);
  });
}

// show puts the state on the page.
function show() {
  byID("list").hidden = true;
  byID("report").hidden = false;
  document.title = `${state.runs.map((r) => r.label).join(" – ")} – loadwright`;
  keep(byID("top"), () => false, () => showTop(byID("top"), state));
  showLevels(byID("levels"), state);
  const some = state.runs.some((r) => r.events.length);
  for (const id of ["tables", "tools", "plots"]) byID(id).hidden = !some;
  if (some) {
    if (!cards.size) {
      controls = new TimeControls(byID("tools"), state, act);
      for (const plot of [capacityPlot, ...plots]) {
        const card = new Card(plot);
        cards.set(plot.id, card);
        byID(plot.place ?? "plots").append(card.box);
        sight.observe(card.box);
      }
    }
    if (state.stretch && !state.served) state.figures = figuresOf(state);
    act.statistics();
    controls.show();
    for (const card of cards.values()) { card.choose(); card.box.hidden = card.plot.needs ? !card.plot.needs(state) : false; }
    redraw();
  }
  keep(byID("failures"), () => false, () => showFailures(byID("failures"), state));
  showFoot(byID("foot"), state);
  document.documentElement.dataset.ready = "true";
}

function say(text) {
  byID("message").hidden = !text;
  byID("message").textContent = text;
}

// Colours.
const themes = [["", "◐ System", "as the system has them"], ["light", "☀ Light", "light"], ["dark", "☾ Dark", "dark"]];

function setTheme(name) {
  if (name) document.documentElement.dataset.theme = name; else delete document.documentElement.dataset.theme;
  const t = themes.find((x) => x[0] === name);
  byID("theme").textContent = t[1];
  byID("theme").setAttribute("aria-label", `Colours: ${t[2]}`);
  if (state.runs.length) { showStatistics(byID("tables"), state, act); redraw(); }
}

// The address says which runs are shown, and stays.
document.querySelector(".skip").addEventListener("click", (e) => {
  e.preventDefault();
  byID("plots").focus({ preventScroll: true });
  byID("plots").scrollIntoView();
});

byID("theme").addEventListener("click", () => {
  const now = themes.findIndex((t) => t[0] === (document.documentElement.dataset.theme ?? ""));
  setTheme(themes[(now + 1) % themes.length][0]);
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { if (state.runs.length) show(); });

let resizing;
new ResizeObserver(() => {
  clearTimeout(resizing);
  resizing = setTimeout(() => { for (const c of cards.values()) { c.chart?.resize(); c.mark(); } }, 100);
}).observe(byID("plots"));

// Paper is white, and holds all plots. It is printed before the next frame, and
// what lies on it is as wide as A4 is between its margins.
const paperWidth = 700;

addEventListener("beforeprint", () => {
  document.documentElement.dataset.print = document.documentElement.dataset.theme ?? "system";
  document.documentElement.dataset.theme = "light";
  if (state.runs.length) showStatistics(byID("tables"), state, act);
  for (const c of cards.values()) {
    c.seen = true;
    c.draw();
    c.chart?.resize({ width: paperWidth });
    c.chart?.getZr().flush();
  }
});
addEventListener("afterprint", () => {
  for (const c of cards.values()) c.chart?.resize({ width: "auto" });
  const before = document.documentElement.dataset.print;
  setTheme(before === "system" ? "" : before);
});

// A page of a server: the list of runs, or those that the address names.
const version = new Map(), lost = new Set(); // by the runs' ids
let following;
let feed, panel, shownRun; // of a run under way

async function get(path) {
  const answer = await fetch(path, { cache: "no-store" });
  if (answer.status === 204) return null;
  if (!answer.ok) throw new Error((await answer.text()).trim() || `${answer.status}`);
  return answer.json();
}

const mostRuns = 16; // laid over one another: a server does not keep many in memory

let routes = 0; // the address has changed so often

async function route() {
  const mine = ++routes;
  clearTimeout(following);
  feed?.close();
  feed = null;
  state.live = false;
  byID("live").hidden = state.served = true;
  const ids = new URLSearchParams(location.hash.slice(1)).getAll("run");
  say("");
  try {
    if (!ids.length) { await showList(mine); return; }
    if (ids.length === 1 && ids[0] === "live") { follow(); return; }
    fill(byID("crumbs"), el("a", { href: "#" }, "All runs"));
    forget();
    version.clear();
    lost.clear();
    if (byID("report").hidden) say("Reading …");
    await load(ids.slice(0, mostRuns), mine, ids.length > mostRuns ? `Of ${ids.length} runs the first ${mostRuns} are shown: more can't be laid over one another.` : "");
  } catch (e) {
    if (mine !== routes) return;
    byID("report").hidden = true;
    say(e.message);
  }
}

// load gets what is new of runs, as long as the address stays.
async function load(ids, mine, note) {
  const first = !version.size;
  const asked = await Promise.allSettled(ids.map(async (id) => {
    if (lost.has(id)) return null;
    const answer = await get(`/api/run?run=${encodeURIComponent(id)}&since=${version.get(id) ?? ""}`);
    if (!answer || mine !== routes) return null;
    version.set(id, answer.version);
    state.shares = answer.shares;
    return answer.runs[0];
  }));
  if (mine !== routes) return;
  const failed = asked.filter((a) => a.status === "rejected").map((a) => a.reason);
  if (failed.length && failed.length + lost.size === ids.length) throw failed[0];
  let got = asked.map((a) => a.value ?? null);
  if (first) { // of those that were never there the others are shown without them
    got = got.filter((r) => r);
    ids = ids.filter((_, i) => asked[i].status === "fulfilled");
  } else if (failed.length) { // one that is gone is shown as it was, and the others go on
    ids.forEach((id, i) => { if (asked[i].status === "rejected") lost.add(id); });
    say(failed.map((e) => e.message).join(" "));
  }
  if (got.some((r) => r)) {
    if (first) {
      say([note, ...failed.map((e) => e.message)].filter(Boolean).join(" "));
      byID("crumbs").append(el("a", { href: `/api/report?${new URLSearchParams(ids.map((id) => ["run", id]))}`, download: "report.html" }, "Save as one file"));
    }
    take(got.map((r, i) => r ?? state.runs[i]), state.shares);
    show();
    ask(); // there may be more in the stretch now
  }
  const others = state.runs.filter((r) => !lost.has(r.id)), waiting = others.some((r) => r.reading < 1), growing = others.some((r) => r.growing);
  byID("follow").textContent = waiting ? "reading …" : growing ? "● follows the file" : "";
  if (waiting || growing) following = setTimeout(() => load(ids, mine).catch((e) => { byID("follow").textContent = e instanceof TypeError ? `the server is gone: ${e.message}` : e.message; }), waiting ? 300 : 1000);
}

// follow shows a run under way. Its server tells everything at first, and again
// when the connection was lost; then, once a second, what has come since.
function follow() {
  byID("list").hidden = true;
  if (!panel) panel = new Live(byID("live"));
  byID("live").hidden = state.served = false;
  shownRun = undefined;
  let last = null;
  feed = new EventSource("/api/live");
  feed.onmessage = (e) => {
    last = new Date();
    panel.back();
    learn(JSON.parse(e.data));
  };
  feed.addEventListener("bye", () => { feed.close(); byID("follow").textContent = ""; panel.gone(); });
  feed.onerror = () => { // it tries again by itself
    byID("follow").textContent = "";
    panel.lost(last ? last.toTimeString().slice(0, 8) : "this page was opened");
    document.documentElement.dataset.ready = "true";
  };
}

// learn takes the news of a run under way.
function learn(news) {
  const run = unpack({ ...news.run, points: news.points, machine: news.machine }), before = state.runs[0];
  if (shownRun !== news.number) {
    shownRun = news.number;
    forget();
    if (byID("report").contains(document.activeElement)) document.activeElement.blur(); // what was being typed was for the run before
  } else if (!news.whole) {
    run.rows = join(before.rows, run.rows);
    run.machine = joinSamples(before.machine, news.machine, news.samples_before);
  }
  const { rows, failures, one_in, failures_one_in } = news.points;
  run.points = { rows, failures, one_in, failures_one_in };
  fill(byID("crumbs"), news.live.place ? el("a", { href: "#" }, "All runs") : null);
  byID("follow").textContent = run.growing ? "● live" : "";
  panel.show(news.live);
  state.live = run.growing;
  take([run], state.shares);
  if (!document.hidden) show(); // nobody sees it, and it costs the run's machine
}

addEventListener("visibilitychange", () => { if (feed && !document.hidden && state.runs.length) show(); });

async function showList(mine) {
  byID("report").hidden = true;
  byID("follow").textContent = "";
  fill(byID("crumbs"));
  const { runs, where, wrong } = await get("/api/runs");
  if (mine !== routes) return; // the reader has gone on
  document.title = "Runs – loadwright";
  const picked = new Set();
  const open = el("button", { type: "button", disabled: true, onclick: () => go([...picked]) }, "Lay over one another");
  const most = el("span", { class: "hint", role: "status", hidden: true }, `at most ${mostRuns} runs`);
  const go = (ids) => { location.hash = new URLSearchParams(ids.map((id) => ["run", id])).toString(); };
  const list = byID("list");
  list.hidden = false;
  fill(list, el("h1", {}, "Runs"), el("p", { class: "about" }, where), wrong ? el("p", { class: "note" }, wrong) : null,
    runs.length ? [
      el("p", {}, open, " ", most),
      el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Runs" }, el("table", { class: "runs" },
        el("thead", {}, el("tr", {}, [el("th", { scope: "col" }, el("span", { class: "hidden" }, "Pick")), ...["Began", "Scenario", "Users", "Verdict", "Thresholds", "File"].map((h) => el("th", { scope: "col" }, h))])),
        el("tbody", {}, runs.map((r) => el("tr", {},
          el("td", {}, r.id === "live" ? null : el("input", { type: "checkbox", "aria-label": `Pick ${r.name} of ${showDate(r.began)}`, onchange: (e) => {
            if (e.target.checked) picked.add(r.id); else picked.delete(r.id);
            open.disabled = picked.size < 2 || picked.size > mostRuns;
            most.hidden = picked.size <= mostRuns;
          } })),
          el("td", {}, showDate(r.began)), el("th", { scope: "row" }, el("a", { href: `#${new URLSearchParams([["run", r.id]])}` }, r.name)),
          el("td", {}, r.users ? showCount(r.users) : "–"), el("td", { class: "text" }, badge(r.verdict)), el("td", { class: "text" }, r.thresholds), el("td", { class: "text file" }, r.file)))))),
    ] : el("p", { class: "note" }, "There is no run here. `loadwright run` puts its results into test_results; `loadwright view FOLDER` looks elsewhere."));
  document.documentElement.dataset.ready = "true";
}

async function begin() {
  const data = byID("data");
  if (data) {
    const { runs, shares } = await decode(data.textContent);
    data.remove();
    take(runs, shares);
    show();
    return;
  }
  state.served = true;
  addEventListener("hashchange", route);
  const { only, shares } = await get("/api/start");
  state.shares = shares;
  if (only && !location.hash) history.replaceState(null, "", `#${new URLSearchParams(only.map((id) => ["run", id]))}`);
  await route();
}

begin().catch((e) => { say(`This page can't be shown: ${e.message}`); document.documentElement.dataset.ready = "true"; });
