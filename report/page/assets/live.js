// What stands above everything while a run is on: how far it is, and what can be
// done about it. It is made once, and changed in place: somebody may be typing.

import { plural, showCount, showTime } from "./format.js";
import { byID, el, fill } from "./dom.js";

const stages = {
  preparing: ["◌", "Being prepared"], loading: ["●", "Running"], stopping: ["◐", "Stopping"], ended: ["■", "Over"],
};

// Live is the panel. What it is asked for, it has its server do.
export class Live {
  constructor(place) {
    this.stage = el("strong", { class: "stage" });
    this.time = el("span", {});
    this.bar = el("progress", { max: "1", "aria-label": "Share of the load's time that is over", hidden: true });
    this.facts = el("span", { class: "facts" });
    this.stop = el("button", { type: "button", class: "stop", onclick: () => this.ask(true) }, "■ Stop the run");
    this.sure = el("span", { class: "group", hidden: true }, "Let what is in flight end, and begin nothing more?",
      el("button", { type: "button", class: "stop", onclick: () => { this.ask(false); this.post("/api/stop"); } }, "Stop it"),
      el("button", { type: "button", onclick: () => this.ask(false) }, "Go on"));
    this.users = el("input", { type: "number", min: "0", step: "1", id: "users" });
    this.form = el("form", { class: "group", onsubmit: (e) => { e.preventDefault(); this.dial(); } },
      el("label", {}, "Users ", this.users), el("button", { type: "submit" }, "Set"));
    this.fixed = el("span", { class: "hint" });
    this.files = el("span", { class: "group files" }, el("strong", {}, "As it stands"),
      this.csv = el("a", { href: "/api/csv", download: "" }, "events (CSV)"), this.summary = el("a", { href: "/api/summary", download: "" }, "summary (JSON)"),
      el("a", { href: "/api/report?run=live", download: "" }, "report (HTML)"));
    this.said = el("p", { class: "note", role: "status", hidden: true });
    fill(place, el("div", { class: "row" }, el("span", { role: "status" }, this.stage), this.time, this.bar, this.facts),
      this.controls = el("div", { class: "row controls" }, this.stop, this.sure, this.form, this.fixed, el("span", { class: "space" }), this.files), this.said);
  }

  show(now) {
    const [sign, text] = stages[now.stage] ?? stages.loading;
    const of = now.place ? `Run ${now.place}: ${text.toLowerCase()}` : text;
    if (this.stage.textContent !== `${sign} ${of}`) this.stage.textContent = `${sign} ${of}`;
    this.stage.dataset.stage = now.stage;
    const left = now.left !== null && now.stage !== "ended" && now.stage !== "preparing";
    this.time.textContent = now.stage === "preparing" ? "" : `${showTime(Math.floor(now.elapsed))}${left ? `, ${showTime(Math.ceil(now.left))} left` : ""}`;
    this.bar.hidden = !left || now.stage !== "loading";
    if (!this.bar.hidden) this.bar.value = now.elapsed / Math.max(0.001, now.elapsed + now.left);
    this.facts.textContent = [
      now.stage === "preparing" ? null : now.stage === "ended" ? plural(now.most, "user") : `${showCount(now.active)} of ${plural(now.most, "user")} active`,
      `${showCount(now.iterations)}${now.planned ? ` of ${showCount(now.planned)}` : ""} ${now.planned || now.iterations !== 1 ? "iterations" : "iteration"} done`,
      now.waiting ? `${showCount(now.waiting)} in line for a place` : null,
    ].filter(Boolean).join("  ·  ");
    this.stop.disabled = !now.stops;
    if (!now.stops) this.ask(false);
    this.form.hidden = now.fixed !== "" || !now.dials;
    this.fixed.textContent = now.fixed && now.stage !== "ended" ? `The number of users can't be changed: ${now.fixed}.` : "";
    this.users.max = String(now.most_users);
    if (document.activeElement !== this.users) this.users.value = String(now.most);
    this.csv.hidden = !now.csv;
    this.summary.hidden = !now.summary;
    this.stop.hidden = now.stage === "ended" || !this.sure.hidden;
    this.last = now;
  }

  ask(sure) {
    const moved = this.sure.contains(document.activeElement) || document.activeElement === this.stop;
    this.sure.hidden = !sure;
    this.stop.hidden = sure;
    if (moved) (sure ? this.sure.querySelector("button") : this.stop).focus();
  }

  say(text) {
    this.said.hidden = !text;
    if (this.said.textContent !== text) this.said.textContent = text;
  }

  dial() {
    const users = this.users.value;
    this.users.blur();
    this.post("/api/users", new URLSearchParams({ users }));
  }

  async post(path, body) {
    try {
      const answer = await fetch(path, { method: "POST", body });
      this.say(answer.ok ? "" : (await answer.text()).trim());
    } catch {
      this.say("loadwright does not answer.");
    }
  }

  // gone says that nothing more will come.
  gone() {
    const where = this.last?.dir ? ` The results are in ${this.last.dir}.` : "";
    this.say(`The run is over, and loadwright has ended with it. This page shows how it ended; it can't be loaded again.${where}`);
    this.quiet();
  }

  // lost says that nothing comes just now.
  lost(since) {
    this.say(`loadwright has not answered since ${since}: it was ended, or can't be reached. What is shown is older; this page keeps trying.`);
    this.quiet();
  }

  quiet() {
    this.controls.hidden = true;
  }

  back() {
    if (this.controls.hidden) this.say(""); // a refusal stays until it is answered
    this.controls.hidden = false;
  }
}
