// Colours and shapes. Events differ in both, so that nobody has to tell colours
// apart; the colours are those of Okabe and Ito, darker or lighter where the
// ground wants it. Each is far from the fourth after it, which is the same event's
// of another run where there are four. Vermilion says "past its limit" and
// "failed", and nothing else.

const palettes = {
  light: {
    events: ["#0072b2", "#007e5d", "#a3488a", "#9a6b00", "#595959", "#5a4fcf", "#1b2540", "#00727e"],
    bad: "#c2300a", good: "#04714f", text: "#1c2430", faint: "#5b6675", line: "#d5dbe3", ground: "#ffffff",
    ramp: "rgba(0,114,178,.07)", warm: "rgba(154,107,0,.10)", steady: "rgba(0,0,0,0)", down: "rgba(90,90,90,.09)",
    suspect: "rgba(194,48,10,.13)", users: "#5b6675", ok: "#0072b2",
  },
  dark: {
    events: ["#58b0e8", "#2cc295", "#e39ac6", "#f0b429", "#b4b4b4", "#a99cff", "#f6f6f6", "#4fd0dc"],
    bad: "#ff7d52", good: "#3fd3a6", text: "#e8ecf2", faint: "#a3afbf", line: "#344052", ground: "#171d27",
    ramp: "rgba(88,176,232,.10)", warm: "rgba(240,180,41,.11)", steady: "rgba(0,0,0,0)", down: "rgba(200,200,200,.09)",
    suspect: "rgba(255,125,82,.18)", users: "#a3afbf", ok: "#58b0e8",
  },
};

const shapes = ["circle", "rect", "triangle", "diamond", "roundRect", "pin"];
const hollows = [
  "path://M5,0 A5,5 0 1 1 4.99,0 Z M5,2.4 A2.6,2.6 0 1 0 5.01,2.4 Z", "path://M0,0 H10 V10 H0 Z M2.2,2.2 V7.8 H7.8 V2.2 Z",
  "path://M5,0 L10,10 H0 Z M5,4.6 L3.3,8 H6.7 Z", "path://M5,0 L10,5 L5,10 L0,5 Z M5,3 L3,5 L5,7 L7,5 Z",
  "path://M3,0 H7 A3,3 0 0 1 10,3 V7 A3,3 0 0 1 7,10 H3 A3,3 0 0 1 0,7 V3 A3,3 0 0 1 3,0 Z M3,3 V7 H7 V3 Z", "path://M5,10 L1,5 A4.5,4.5 0 1 1 9,5 Z M5,6.5 L6.6,4 A2,2 0 1 0 3.4,4 Z",
];
const signs = ["●", "■", "▲", "◆", "▣", "⬟"], hollowSigns = ["○", "□", "△", "◇", "▢", "⬠"];
const dashes = ["solid", "dashed", "dotted", [10, 3, 2, 3]];

export function themeName() {
  const set = document.documentElement.dataset.theme;
  if (set) return set;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

export function colours() { return palettes[themeName()]; }

// The looks of one event of one run. The shape says the event, the dash the run.
// Every event of every run has a colour of its own while there are enough; the
// next ones are hollow.
export function look(event, run, events) {
  const c = colours().events, at = event + run * events, round = Math.floor(at / c.length);
  const hollow = round % 2 === 1, shape = (event + Math.floor(round / 2)) % shapes.length;
  return { colour: c[at % c.length], hollow, shape: (hollow ? hollows : shapes)[shape], sign: (hollow ? hollowSigns : signs)[shape], dash: dashes[run % dashes.length] };
}
