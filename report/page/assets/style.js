// Colours and shapes. Events differ in both, so that nobody has to tell colours
// apart; the colours are those of Okabe and Ito, darker or lighter where the
// ground wants it. Vermilion says "past its limit" and "failed", and nothing else.

const palettes = {
  light: {
    events: ["#0072b2", "#007e5d", "#a3488a", "#9a6b00", "#2b83b5", "#595959", "#5a4fcf", "#00727e"],
    bad: "#c2300a", good: "#04714f", text: "#1c2430", faint: "#5b6675", line: "#d5dbe3", ground: "#ffffff",
    ramp: "rgba(0,114,178,.07)", warm: "rgba(154,107,0,.10)", steady: "rgba(0,0,0,0)", down: "rgba(90,90,90,.09)",
    suspect: "rgba(194,48,10,.13)", users: "#5b6675", ok: "#0072b2",
  },
  dark: {
    events: ["#58b0e8", "#2cc295", "#e39ac6", "#f0b429", "#9ad7fa", "#bdbdbd", "#a99cff", "#4fd0dc"],
    bad: "#ff7d52", good: "#3fd3a6", text: "#e8ecf2", faint: "#a3afbf", line: "#344052", ground: "#171d27",
    ramp: "rgba(88,176,232,.10)", warm: "rgba(240,180,41,.11)", steady: "rgba(0,0,0,0)", down: "rgba(200,200,200,.09)",
    suspect: "rgba(255,125,82,.18)", users: "#a3afbf", ok: "#58b0e8",
  },
};

export const shapes = ["circle", "rect", "triangle", "diamond", "roundRect", "pin"];
const signs = ["●", "■", "▲", "◆", "▢", "⬟"];
const dashes = ["solid", "dashed", "dotted", [10, 3, 2, 3]];

export function themeName() {
  const set = document.documentElement.dataset.theme;
  if (set) return set;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

export function colours() { return palettes[themeName()]; }

// The looks of one event of one run.
export function look(event, run, events) {
  const c = colours().events, n = c.length;
  return {
    colour: c[(event + run * Math.max(1, Math.min(events, n))) % n],
    shape: shapes[(event + Math.floor(event / n)) % shapes.length],
    sign: signs[(event + Math.floor(event / n)) % signs.length],
    dash: dashes[run % dashes.length],
  };
}
