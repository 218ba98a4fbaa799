// Runs first in every document, before the page's own scripts. It keeps the
// times of what the page did (changes) and of what was done to it (inputs), on
// the page's own clock, and answers one question: "tell me when anything has
// changed since". It never decides whether a wait holds; Playwright does.
(key => {
  const w = window;
  if (Object.prototype.hasOwnProperty.call(w, key)) return;

  // The page may replace what it likes later on: hold on to the originals.
  const perf = w.performance, now = perf.now.bind(perf), origin = perf.timeOrigin;
  const entries = perf.getEntriesByType.bind(perf);
  const P = w.Promise, Observer = w.MutationObserver, stringify = w.JSON.stringify;
  const { apply, defineProperty, getOwnPropertyDescriptor } = w.Reflect;
  const later = w.setTimeout.bind(w);
  const doc = w.document, Elem = w.Element;
  const listen = w.EventTarget.prototype.addEventListener;

  // Changes: how many there were, and the times of the last KEPT.
  const KEPT = 64, times = [];
  let changes = 0;
  // Inputs since the last acknowledged one: [number, type, first, last].
  const MOST = 256;
  let inputs = [], numbered = 0;
  let waiting = null; // resolves the one outstanding question

  const snapshot = since => {
    note(observer.takeRecords());
    const from = Math.max(since || 0, changes - KEPT), seen = [];
    for (let i = from + 1; i <= changes; i++) seen.push(times[i % KEPT]);
    const nav = entries('navigation')[0];
    return stringify([origin, now(), changes, seen, inputs, nav ? [nav.responseStart, nav.domContentLoadedEventEnd, nav.loadEventEnd || nav.loadEventStart] : [0, 0, 0]]);
  };
  const wake = () => {
    if (!waiting) return;
    const { resolve, since } = waiting;
    waiting = null;
    resolve(snapshot(since));
  };
  const changed = () => {
    times[++changes % KEPT] = now();
    if (waiting && changes > waiting.since) wake();
  };

  const OBSERVED = { subtree: true, childList: true, attributes: true, characterData: true };
  const watch = root => observer.observe(root, OBSERVED);
  // Shadow roots that no call of attachShadow announced: the parser's, and
  // those that came with a piece of another document.
  const findRoots = node => {
    if (node.nodeType !== 1) return;
    if (node.shadowRoot) watch(node.shadowRoot), findInside(node.shadowRoot);
    if (doc.readyState !== 'loading') findInside(node);
  };
  const findInside = node => {
    for (const e of node.querySelectorAll('*')) if (e.shadowRoot) watch(e.shadowRoot), findInside(e.shadowRoot);
  };
  const note = records => {
    if (!records.length) return;
    for (const r of records) for (const n of r.addedNodes) findRoots(n);
    changed();
  };
  const observer = new Observer(note);
  watch(doc);

  const attach = getOwnPropertyDescriptor(Elem.prototype, 'attachShadow');
  defineProperty(Elem.prototype, 'attachShadow', {
    ...attach,
    value: new Proxy(attach.value, {
      apply(target, self, args) {
        const root = apply(target, self, args);
        watch(root);
        changed();
        return root;
      },
    }),
  });

  const on = (target, type, f) => apply(listen, target, [type, f, { capture: true, passive: true }]);
  const log = (type, t) => {
    const last = inputs[inputs.length - 1];
    if (last && last[1] === type) { last[0] = ++numbered; last[3] = t; return; }
    if (inputs.length >= MOST) inputs.splice(MOST / 2, 1);
    inputs.push([++numbered, type, t, t]);
  };
  // What a user does, as the browser stamps it. Only keys and pointers must be
  // trusted: Playwright's fill and select send events of their own.
  for (const type of ['pointerdown', 'pointerup', 'pointermove', 'click', 'auxclick', 'contextmenu', 'keydown', 'keyup'])
    on(w, type, e => { if (e.isTrusted) log(type, e.timeStamp); });
  for (const type of ['beforeinput', 'input', 'change', 'scroll', 'focus'])
    on(w, type, e => log('edit', e.timeStamp));
  // Changes that are no mutations.
  for (const type of ['transitionend', 'animationend', 'load', 'toggle', 'input', 'change', 'hashchange', 'popstate'])
    on(w, type, changed);
  on(doc, 'DOMContentLoaded', () => { if (doc.documentElement) findInside(doc.documentElement); changed(); });
  if (w.navigation) {
    on(w.navigation, 'currententrychange', changed);
    on(w.navigation, 'navigate', wake); // the document may be gone soon: what it knows is told now
  }
  on(w, 'pagehide', wake);


  const drop = ack => { inputs = inputs.filter(i => i[0] > ack); };

  defineProperty(w, key, {
    value: Object.freeze({
      // now() answers at once.
      state: (of, since, ack) => {
        if (of === origin) drop(ack);
        return snapshot(of === origin ? since : 0);
      },
      // next() answers when there is a change after number `since` of the
      // document that began at `of`; in another document at once.
      next: (of, since, ack) => {
        if (of === origin) drop(ack);
        note(observer.takeRecords());
        if (of !== origin || changes > since) return snapshot(of === origin ? since : 0);
        wake();
        return new P(resolve => { waiting = { resolve, since }; });
      },
      // idle() answers with the end of the last request.
      idle: () => entries('resource').reduce((t, r) => Math.max(t, r.responseEnd), 0),
      // quiet() answers with the time of the last mutation in root once there
      // was none for ms.
      quiet: (root, ms) => new P(resolve => {
        let last = root ? now() : times[changes % KEPT] || 0;
        const wait = left => {
          later(() => {
            const idle = now() - last;
            if (idle < ms) return wait(ms - idle);
            seer.disconnect();
            resolve(stringify([origin, last]));
          }, left);
        };
        const seer = new Observer(() => { last = now(); });
        const look = r => {
          seer.observe(r, OBSERVED);
          for (const e of r.querySelectorAll('*')) if (e.shadowRoot) look(e.shadowRoot);
        };
        look(root || doc);
        wait(ms);
      }),
    }),
  });
})
