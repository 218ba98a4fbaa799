// How numbers, times and durations are written.

export function showTime(s) {
  const sign = s < 0 ? "−" : "";
  s = Math.abs(s);
  const whole = Math.floor(s + 1e-6), part = s - whole;
  const two = (n) => String(n).padStart(2, "0");
  let text = whole >= 3600
    ? `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`
    : `${Math.floor(whole / 60)}:${two(whole % 60)}`;
  if (part > 0.001) text += (part.toFixed(part * 10 % 1 < 0.001 ? 1 : 3)).slice(1);
  return sign + text;
}

// To three digits, in the unit that fits.
export function showDuration(s) {
  if (s === null || s === undefined || Number.isNaN(s)) return "–";
  const a = Math.abs(s);
  if (a === 0) return "0 ms";
  if (a < 0.9995) return `${trim(s * 1000)} ms`;
  if (a < 99.95) return `${trim(s)} s`;
  const whole = Math.round(a), sign = s < 0 ? "−" : "";
  return `${sign}${Math.floor(whole / 60)} m ${whole % 60} s`;
}

export function trim(x) {
  const text = Number(x).toPrecision(3);
  return String(Number(text)).replace("-", "−");
}

export function showCount(n) {
  return n.toLocaleString("en-GB").replaceAll(",", " ");
}

export function showBytes(b) {
  return b >= 1 << 30 ? `${trim(b / 2 ** 30)} GB` : `${trim(b / 2 ** 20)} MB`;
}

// A date for people: 2026-11-23 15:12:47 UTC.
export function showDate(rfc) {
  return rfc ? `${rfc.slice(0, 10)} ${rfc.slice(11, 19)} UTC` : "";
}

export function plural(n, word) {
  return `${showCount(n)} ${word}${n === 1 ? "" : "s"}`;
}
