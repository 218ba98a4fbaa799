// What stands above and below the plots: the verdict, thresholds, statistics,
// failures.

import { plural, showCount, showDate, showDuration, showTime } from "./format.js";
import { el, fill } from "./dom.js";
import { look } from "./style.js";
import { figuresBetween } from "./data.js";

const verdicts = {
  on: ["●", "under way"], passed: ["✓", "passed"], failed: ["✗", "thresholds failed"], suspect: ["!", "not to be trusted"], stopped: ["■", "ended early"], searched: ["◎", "capacity"],
  none: ["–", "not judged"], empty: ["∅", "no events"],
};

export function badge(verdict) {
  const [sign, text] = verdicts[verdict] ?? verdicts.none;
  return el("span", { class: `badge ${verdict}` }, el("span", { "aria-hidden": "true" }, sign), ` ${text}`);
}

export function showTop(place, state) {
  fill(place, state.runs.map((run) => el("article", { class: "found" },
    el("div", { class: "head" }, el("h1", {}, run.label), badge(run.verdict)),
    el("p", { class: "headline" }, run.headline),
    el("p", { class: "facts" }, [
      showDate(run.began), run.users ? plural(run.users, "user") : null, plural(run.points.rows, "row"),
      run.seconds ? showTime(Math.round(run.seconds)) : null, run.warm_up_rows ? `${plural(run.warm_up_rows, "row")} of the warm-up left out` : null, run.file,
    ].filter(Boolean).join("  ·  ")),
    run.reading < 1 ? el("p", { class: "note" }, `Reading: ${Math.round(run.reading * 100)} % of the file so far.`) : null,
    run.notes.length ? el("ul", { class: "notes" }, run.notes.map((n) => el("li", {}, n))) : null,
    run.thresholds.length ? thresholds(run) : null)));
}

function thresholds(run) {
  return el("table", { class: "thresholds" },
    el("caption", {}, "Thresholds"),
    el("thead", {}, el("tr", {}, ["", "Threshold", "Seen", "Note"].map((h) => el("th", { scope: "col" }, h || el("span", { class: "hidden" }, "Verdict"))))),
    el("tbody", {}, run.thresholds.map((t) => el("tr", { class: t.ok ? "held" : run.growing && t.no_sample ? "" : "broken" },
      el("td", {}, !run.growing ? (t.ok ? "✓ pass" : "✗ fail") : t.ok ? "✓ holds" : t.no_sample ? "– not yet" : "✗ broken"), el("th", { scope: "row" }, t.text), el("td", {}, t.seen), el("td", {}, t.note)))));
}

// The statistics: of the whole run, or of the stretch that was picked.
export function showStatistics(place, state, act) {
  const stretch = state.stretch;
  const rows = [];
  state.events.forEach((name, i) => state.runs.forEach((run, r) => {
    const own = run.own[i] >= 0 ? run.events[run.own[i]] : null;
    if (!own) return;
    const f = stretch ? state.figures[r]?.[i] : own;
    const l = look(i, r, state.events.length);
    const several = state.runs.length > 1;
    const mark = stretch && f?.approximate ? "≈ " : "";
    const sign = el("span", { class: "sign", "aria-hidden": "true" }, l.sign);
    sign.style.color = l.colour;
    rows.push(el("tr", { class: state.shown[i] ? "" : "off" },
      el("th", { scope: "row" }, el("button", { type: "button", class: "event", "aria-pressed": String(state.shown[i]), title: "Show or hide it in the plots", onclick: () => act.toggle(i) }, sign, el("span", { class: "name" }, name)),
        several ? el("small", {}, run.label) : null),
      ...(f ? [
        el("td", {}, mark + showCount(f.count)), el("td", { class: f.failures ? "bad" : "" }, showCount(f.failures)),
        ...["mean", "min", "median", "p95", "p99", "max"].map((k) => {
          const over = state.limits[name] > 0 && f[k] > state.limits[name];
          return el("td", { class: over ? "bad" : "" }, over ? el("span", { class: "hidden" }, "past the limit: ") : null, ["median", "p95", "p99"].includes(k) && f[k] !== null ? mark + showDuration(f[k]) : showDuration(f[k]));
        }),
      ] : Array.from({ length: 8 }, () => el("td", {}, "…"))),
      r === state.runs.findIndex((x) => x.own[i] >= 0)
        ? el("td", { rowspan: several ? String(state.runs.filter((x) => x.own[i] >= 0).length) : null }, limitField(state, name, act)) : null));
  }));
  const what = stretch ? `What started between ${showTime(stretch[0])} and ${showTime(stretch[1])}` : state.runs.some((r) => r.growing) ? "The run so far" : "The whole run";
  fill(place, el("h2", {}, "Events"),
    el("p", { class: "about" }, what + ". Durations are of rows that did not fail. ", stretch ? (state.runs.some((r) => r.rows.thinned) && !state.served ? "≈ is an estimate from the rows on this page." : "")
        : state.runs.some((r) => r.events.some((e) => e.approximate)) ? "Percentiles of more than 10 000 rows may read up to 0.8 % too long." : "",
      stretch ? el("button", { type: "button", onclick: () => act.stretch(null) }, "Whole run") : null),
    el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Statistics of events" }, el("table", { class: "statistics" },
      el("caption", { class: "hidden" }, `Statistics: ${what}`),
      el("thead", {}, el("tr", {}, ["Event", "Rows", "Failed", "Mean", "Min", "Median", "p95", "p99", "Max", "Limit (s)"].map((h) => el("th", { scope: "col" }, h)))),
      el("tbody", {}, rows))));
}

function limitField(state, name, act) {
  const limit = () => (state.limits[name] > 0 ? String(state.limits[name]) : "");
  return el("input", { type: "number", min: "0", step: "any", class: "limit", "data-event": name, "aria-label": `Limit of ${name} in seconds`, value: limit(), placeholder: "none",
    title: "Empty: the threshold's. 0: none", onchange: ({ target }) => {
      act.limit(name, target.value === "" ? null : Number(target.value));
      if (target.value !== limit()) target.value = limit();
    } });
}

// figuresOf gives the statistics of the stretch, run by run.
export function figuresOf(state) {
  return state.runs.map((run) => figuresBetween(run, state.stretch[0], state.stretch[1], state.events.length));
}

export function showFailures(place, state) {
  const all = state.runs.flatMap((run) => run.failures.map((f) => ({ run, f }))).sort((a, b) => b.f.count - a.f.count);
  if (!all.length) { fill(place); return; }
  const total = state.runs.reduce((n, r) => n + r.points.failures, 0);
  fill(place, el("h2", {}, "Failures"),
    el("p", { class: "about" }, `${plural(total, "row")} failed, by message:`),
    all.map(({ run, f }, k) => el("details", { class: "failure", "data-key": `${run.label} ${f.message}`, open: all.length <= 3 },
      el("summary", {}, el("span", { class: "count" }, showCount(f.count)), el("span", { class: "name" }, f.event), el("span", { class: "why" }, f.message), state.runs.length > 1 ? el("small", {}, run.label) : null),
      el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `Rows that failed with message ${k + 1}` }, el("table", {},
        el("thead", {}, el("tr", {}, ["At", "User", "Iteration", "Event", "After", "Kept"].map((h) => el("th", { scope: "col" }, h)))),
        el("tbody", {}, f.first.map((x) => el("tr", {},
          el("td", {}, showTime(x.at)), el("td", {}, String(x.user)), el("td", {}, x.iteration ? String(x.iteration) : "–"), el("td", { class: "text" }, el("span", { class: "name" }, x.event)), el("td", {}, showDuration(x.took)),
          el("td", { class: "text" }, x.artefacts.map((a) => (a.link ? el("a", { href: a.link }, a.what) : el("span", { title: a.name }, a.what))).flatMap((a, i) => (i ? [", ", a] : [a])))))))),
      f.count > f.first.length ? el("p", { class: "about" }, `The first ${f.first.length} of ${showCount(f.count)}.`) : null)),
    state.runs.map((r) => (r.other_failures ? el("p", { class: "about" }, `${plural(r.other_failures, "row")} failed with other messages.`) : null)));
}

export function showFoot(place, state) {
  fill(place, state.runs.map((r) => {
    const p = r.points;
    if (p.one_in <= 1 && p.failures_one_in <= 1) return null;
    const failures = p.failures_one_in > 1 ? `one failure in ${showCount(p.failures_one_in)}` : "every failure";
    return el("p", { class: "thinned" }, `The plots of ${r.label} are thinned: they hold ${showCount(r.rows.n)} of ${showCount(p.rows)} rows — ${failures}, the longest and the shortest row of each event in each stretch of time, and of the others one in ${showCount(p.one_in)}. Statistics are of all rows.`);
  }), el("p", {}, "Times are as the browsers' own clocks had them, from a user's action to the page's answer. Percentiles are the ⌈p·n⌉-th smallest of n rows."));
}
