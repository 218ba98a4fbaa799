// What a page is given of a run, made ready for drawing.

export const statusNames = ["ok", "error", "cancelled"];

// unpack turns the columns of single rows into arrays of numbers, in seconds.
export function unpack(run) {
  const c = run.points, n = c.start.length;
  const p = {
    n, event: Uint8Array.from(c.event), user: Int32Array.from(c.user), iteration: Int32Array.from(c.iteration),
    users: Int32Array.from(c.users), status: Uint8Array.from(c.status), start: new Float64Array(n), took: new Float64Array(n),
    error: new Int32Array(n).fill(-1), weight: null, longest: 0, lastUser: 0, thinned: c.one_in > 1 || c.failures_one_in > 1,
  };
  let at = 0, failed = 0;
  for (let i = 0; i < n; i++) {
    at += c.start[i];
    p.start[i] = at / 1e4;
    p.took[i] = c.duration[i] / 1e4;
    if (p.took[i] > p.longest) p.longest = p.took[i];
    if (p.user[i] > p.lastUser) p.lastUser = p.user[i];
    if (p.status[i] === 1) p.error[i] = c.error[failed++];
  }
  if (p.thinned) p.weight = Float64Array.from(c.weight);
  run.rows = p;
  return run;
}

// join puts rows that came later to those before. Neither is changed: a plot may
// still hold them.
export function join(before, more) {
  const n = before.n + more.n, all = { ...more, n, longest: Math.max(before.longest, more.longest), lastUser: Math.max(before.lastUser, more.lastUser) };
  const names = ["event", "user", "iteration", "users", "status", "start", "took", "error", ...(before.weight && more.weight ? ["weight"] : [])];
  // Rows come in the order of their ends, and stand in that of their starts.
  const same = more.n ? firstFrom(before.start, more.start[0]) : before.n;
  for (const name of names) {
    all[name] = new before[name].constructor(n);
    all[name].set(before[name].subarray(0, same));
  }
  for (let i = same, j = 0, to = same; to < n; to++) {
    const old = j >= more.n || (i < before.n && before.start[i] <= more.start[j]), from = old ? before : more, at = old ? i++ : j++;
    for (const name of names) all[name][to] = from[name][at];
  }
  return all;
}

// joinSamples puts samples of the machine after the first n of those before.
export function joinSamples(before, more, n) {
  const all = { ...more };
  for (const name of ["times", "machine_cpu", "generator_cpu", "app_cpu", "generator_memory", "app_memory"]) {
    all[name] = [...(before[name] ?? []).slice(0, n), ...(more[name] ?? [])];
  }
  return all;
}

// pick returns the numbers of the rows to draw between two times: all of them,
// or, where they are more than most, the failures, the longest and the shortest
// of each event in each of many stretches, and some of the rest. Rows that lie
// on a stretch in part are in it where whole is false.
export function pick(run, from, to, shown, most, whole) {
  const p = run.rows, fits = [];
  // Rows are in the order of their starts.
  let low = firstFrom(p.start, whole ? from : from - p.longest);
  for (let i = low; i < p.n && p.start[i] <= to; i++) {
    if (shown[p.event[i]] && (whole || p.start[i] + p.took[i] >= from)) fits.push(i);
  }
  if (fits.length <= most) return { rows: fits, left: 0, failuresOneIn: 1 };
  const cells = 300, kinds = shown.length, width = (to - from) / cells || 1;
  const longest = new Int32Array(cells * kinds).fill(-1), shortest = new Int32Array(cells * kinds).fill(-1);
  const keep = new Set();
  let bad = 0;
  for (const i of fits) if (p.status[i] === 1) bad++;
  const badStride = Math.max(1, Math.ceil(bad / (most / 2)));
  let k = 0;
  for (const i of fits) {
    const cell = Math.min(cells - 1, Math.max(0, Math.floor((p.start[i] - from) / width))) * kinds + p.event[i];
    if (longest[cell] < 0 || p.took[i] > p.took[longest[cell]]) longest[cell] = i;
    if (shortest[cell] < 0 || p.took[i] < p.took[shortest[cell]]) shortest[cell] = i;
    if (p.status[i] === 1 && k++ % badStride === 0) keep.add(i);
  }
  for (const i of longest) if (i >= 0) keep.add(i);
  for (const i of shortest) if (i >= 0) keep.add(i);
  const stride = Math.max(1, Math.ceil(fits.length / Math.max(1, most - keep.size)));
  // Not every so-manieth: rows may come in a rhythm.
  for (const i of fits) if (spread(i) % stride === 0) keep.add(i);
  const rows = [...keep].sort((a, b) => a - b);
  return { rows, left: fits.length - rows.length, failuresOneIn: badStride };
}

function spread(x) {
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

// firstFrom returns the number of the first value that is not below x.
export function firstFrom(values, x) {
  let low = 0, high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] < x) low = middle + 1; else high = middle;
  }
  return low;
}

// figuresBetween are the statistics of the rows that start in a stretch, by the
// rules of the statistics of the whole run: of rows that are ok, a percentile
// being the ⌈p·n⌉-th smallest. Where the page has only some of the rows they
// are estimates. The warm-up counts, since the reader has picked it.
export function figuresBetween(run, from, to, kinds) {
  const p = run.rows;
  const by = Array.from({ length: kinds }, () => ({ took: [], count: 0, failures: 0, cancelled: 0, sum: 0, min: Infinity, max: -Infinity }));
  for (let i = firstFrom(p.start, from); i < p.n && p.start[i] <= to; i++) {
    const e = by[p.event[i]], w = p.weight ? p.weight[i] : 1;
    if (p.status[i] === 2) { e.cancelled += w; continue; }
    if (p.status[i] === 1) { e.failures += w; continue; }
    e.min = Math.min(e.min, p.took[i]);
    e.max = Math.max(e.max, p.took[i]);
    e.count += w;
    e.sum += w * p.took[i];
    if (w > 0) e.took.push(p.took[i]); // ok rows that stay all weigh the same
  }
  return by.map((e) => {
    const took = Float64Array.from(e.took).sort(), n = took.length;
    const at = (q) => (n ? took[Math.min(n, Math.max(1, Math.ceil(q * n - 1e-9 * n))) - 1] : null);
    return {
      count: e.count, failures: e.failures, cancelled: e.cancelled, approximate: p.thinned,
      mean: e.count ? e.sum / e.count : null, min: n ? e.min : null, max: n ? e.max : null,
      median: at(0.5), p95: at(0.95), p99: at(0.99),
    };
  });
}

// overTime is what the stretches of a run say in a statistic: a list of [middle of
// the stretch, value], null where no row is.
export function overTime(run, event, statistic) {
  if (event < 0) return [];
  const s = run.stretches, values = s.events[event][statistic];
  return values.map((v, i) => [s.from + (i + 0.5) * s.width, v]);
}

// decode reads what a report carries: JSON, gzipped, in base64.
export async function decode(text) {
  const bytes = Uint8Array.from(atob(text.trim()), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}
