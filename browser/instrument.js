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
  const Resources = w.PerformanceObserver, takeResources = Resources.prototype.takeRecords;
  const P = w.Promise, Observer = w.MutationObserver, { observe, takeRecords } = Observer.prototype;
  const { apply, defineProperty, getOwnPropertyDescriptor } = w.Reflect;
  const later = w.setTimeout.bind(w);
  const doc = w.document, Elem = w.Element;
  const listen = w.EventTarget.prototype.addEventListener;

  // Changes: how many there were, and the times of the last KEPT.
  const KEPT = 64, times = [];
  let changes = 0;
  let mutated = 0; // the time of the last change that was a mutation
  // Inputs since the last acknowledged one: [number, type, first, last].
  const MOST = 256;
  let inputs = [], numbered = 0;
  let told = 0; // inputs up to this number were told of
  let waiting = null; // resolves the one outstanding question
  let requested = 0; // the end of the last request
  const quiets = []; // who waits for quiet within an element: {root, last}

  // JSON by hand: a page's own toJSON would have a say in JSON.stringify.
  const list = (a, show) => {
    let s = '';
    for (let i = 0; i < a.length; i++) s += (i ? ',' : '') + (show ? show(a[i]) : a[i]);
    return '[' + s + ']';
  };
  const snapshot = since => {
    note(taken());
    const seen = [], nav = entries('navigation')[0];
    for (let i = Math.max(since || 0, changes - KEPT) + 1; i <= changes; i++) seen[seen.length] = times[i % KEPT];
    told = numbered;
    const marks = nav ? [nav.responseStart, nav.domContentLoadedEventEnd, nav.loadEventEnd || nav.loadEventStart] : [0, 0, 0];
    return list([origin, now(), changes, list(seen), list(inputs, i => '[' + i[0] + ',"' + i[1] + '",' + i[2] + ',' + i[3] + ']'), list(marks)]);
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
  const watch = root => apply(observe, observer, [root, OBSERVED]);
  const taken = () => apply(takeRecords, observer, []);
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
  const inside = (root, node) => {
    for (; node; node = node.parentNode || node.host) if (node === root) return true;
    return false;
  };
  const note = records => {
    if (!records.length) return;
    mutated = now();
    for (let i = 0; i < records.length; i++) {
      const r = records[i];
      if (r.type === 'childList') {
        const added = r.addedNodes;
        for (let j = 0; j < added.length; j++) findRoots(added[j]);
        if (r.target === doc) hear(); // document.open has taken all listeners away
      }
      for (let j = 0; j < quiets.length; j++) if (inside(quiets[j].root, r.target)) quiets[j].last = mutated;
    }
    changed();
  };
  const observer = new Observer(note);

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

  // The browser keeps the first 250 requests, and those only until the page
  // clears them: they are followed as they end.
  const ended = all => {
    for (let i = 0; i < all.length; i++) requested = Math.max(requested, all[i].responseEnd);
  };
  const resources = new Resources(list => ended(list.getEntries()));
  resources.observe({ type: 'resource' });

  // A row that was told of stays as it is: it may belong to an earlier step.
  const log = (type, t) => {
    const last = inputs[inputs.length - 1];
    if (last && last[1] === type && last[0] > told) { last[0] = ++numbered; last[3] = t; return; }
    if (inputs.length >= MOST) drop(inputs[MOST / 2][0], inputs[0][0]);
    inputs[inputs.length] = [++numbered, type, t, t];
  };
  // drop lets go of the inputs up to number ack, but for those up to keep.
  const drop = (ack, keep) => {
    const left = [];
    for (let i = 0; i < inputs.length; i++) if (inputs[i][0] > ack || inputs[i][0] <= keep) left[left.length] = inputs[i];
    inputs = left;
  };

  // What a user does, as the browser stamps it. Only keys and pointers must be
  // trusted: Playwright's fill and select send events of their own.
  const trusted = e => { if (e.isTrusted) log(e.type, e.timeStamp); };
  const edited = e => log('edit', e.timeStamp);
  const moved = e => log(e.type, e.timeStamp);
  const loaded = () => { if (doc.documentElement) findInside(doc.documentElement); changed(); };
  const on = (target, types, f) => {
    for (let i = 0; i < types.length; i++) apply(listen, target, [types[i], f, { capture: true, passive: true }]);
  };
  // A listener that is there already is not added twice.
  const hear = () => {
    on(w, ['pointerdown', 'pointerup', 'pointermove', 'click', 'auxclick', 'contextmenu', 'keydown', 'keyup', 'drop', 'dragend'], trusted);
    on(w, ['beforeinput', 'input', 'change'], edited);
    on(w, ['scroll', 'focus'], moved);
    // Changes that are no mutations.
    on(w, ['transitionend', 'animationend', 'load', 'toggle', 'input', 'change', 'hashchange', 'popstate'], changed);
    on(doc, ['DOMContentLoaded'], loaded);
    on(doc, ['load'], changed); // of style sheets and images: the window does not hear of those
    on(w, ['pagehide'], wake);
  };
  hear();
  watch(doc);
  if (w.navigation) {
    on(w.navigation, ['currententrychange'], changed);
    on(w.navigation, ['navigate'], wake); // the document may be gone soon: what it knows is told now
  }

  defineProperty(w, key, {
    value: Object.freeze({
      // state() answers at once.
      state: (of, since, ack) => {
        if (of === origin) drop(ack);
        return snapshot(of === origin ? since : 0);
      },
      // next() answers when there is a change after number `since` of the
      // document that began at `of`; in another document at once.
      next: (of, since, ack) => {
        if (of === origin) drop(ack);
        note(taken());
        if (of !== origin || changes > since) return snapshot(of === origin ? since : 0);
        wake();
        return new P(resolve => { waiting = { resolve, since }; });
      },
      // idle() answers with the end of the last request.
      idle: () => {
        ended(apply(takeResources, resources, []));
        return requested;
      },
      // quiet() answers once there was no mutation (within root, if given) for
      // so many milliseconds from now on: with the origin and the time of the
      // last one, which may be an earlier one. With null where that takes more
      // than `most` milliseconds.
      quiet: (root, ms, most) => new P(resolve => {
        note(taken());
        const asked = now(), within = { root, last: mutated };
        if (root) quiets[quiets.length] = within;
        const wait = left => later(() => {
          note(taken());
          const last = root ? within.last : mutated, t = now(), idle = t - Math.max(last, asked), over = asked + most - t;
          if (idle < ms && over > 0) return wait(Math.min(ms - idle, over));
          for (let i = 0; i < quiets.length; i++) if (quiets[i] === within) quiets.splice(i, 1);
          resolve(idle < ms ? null : list([origin, last]));
        }, left);
        wait(Math.min(ms, most));
      }),
    }),
  });
})
