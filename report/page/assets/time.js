// The controls of the time that all plots share, and of the stretch. They are
// made once, and changed in place: a field that was made anew would lose what is
// selected in it, and what is typed next would stand beside the old number.

import { showTime } from "./format.js";
import { el, fill } from "./dom.js";

export class TimeControls {
  constructor(place, state, act) {
    this.state = state;
    const button = (text, f, more = {}) => el("button", { type: "button", onclick: f, ...more }, text);
    const field = (set) => el("input", { type: "number", step: "any", onchange: ({ target }) => {
      if (target.value === "") { target.value = target.dataset.shown; return; }
      target.dataset.shown = target.value; // it is typed
      set(Number(target.value));
    } });
    const within = (t) => Math.min(Math.max(t, state.full[0]), state.full[1]);
    const move = (by) => { const [from, to] = state.range; act.range(from + by * (to - from), to + by * (to - from)); };
    this.from = field((v) => act.range(within(v), Math.max(within(v), state.range[1])));
    this.to = field((v) => act.range(Math.min(within(v), state.range[0]), within(v)));
    this.out = button("−", () => act.zoom(2), { "aria-label": "Zoom out" });
    this.left = button("←", () => move(-0.25), { "aria-label": "Earlier" });
    this.right = button("→", () => move(0.25), { "aria-label": "Later" });
    this.all = button("All", () => act.range(...state.full));
    this.take = button("Take what is shown", () => { act.stretch([...state.range]); this.clear.focus(); });
    this.clear = button("Clear", () => { act.stretch(null); this.take.focus(); });
    this.picked = el("span", {});
    this.none = el("span", { class: "group" }, el("span", { class: "hint" }, "drag over a plot for the statistics of a stretch; Ctrl and the wheel zoom"), this.take);
    this.some = el("span", { class: "group" }, this.picked, button("Zoom to it", () => act.range(...state.stretch)), this.clear);
    fill(place,
      el("span", { class: "group" }, el("strong", {}, "Time"), el("label", {}, "from (s)", this.from), el("label", {}, "to (s)", this.to),
        button("+", () => act.zoom(0.5), { "aria-label": "Zoom in" }), this.out, this.left, this.right, this.all),
      el("span", { class: "group" }, el("strong", {}, "Stretch"), this.none, this.some));
  }

  // show puts the state into them.
  show() {
    const { range: [from, to], full, stretch } = this.state, whole = from === full[0] && to === full[1];
    for (const [field, value] of [[this.from, from], [this.to, to]]) {
      const text = String(Math.round(value * 1000) / 1000);
      if (field.dataset.shown === text && field.value === text) continue;
      // Somebody is typing: what comes of it shows the controls again.
      if (field === document.activeElement && field.value !== field.dataset.shown) continue;
      field.value = field.dataset.shown = text;
    }
    this.out.disabled = this.all.disabled = whole;
    this.left.disabled = from <= full[0];
    this.right.disabled = to >= full[1];
    this.none.hidden = stretch !== null;
    this.some.hidden = stretch === null;
    this.picked.textContent = stretch ? `${showTime(stretch[0])} to ${showTime(stretch[1])}` : "";
  }
}
