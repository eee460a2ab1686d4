/* 网格地图: the list, the sheet, the network and messages. Map, matter and report stand in files of
   their own and meet in window.Field; the list needs none of them. */
(function () {
  'use strict';
  const { boot, language, t, el, ask } = window.Wangge, P = window.FieldParts;
  const { $, notice, height, wordsOf } = window.Panel;
  for (const [key, word] of Object.entries(boot.own)) boot.words['page.field.' + key] = word;
  const w = (key, gaps) => t('page.field.' + key, gaps);
  const F = window.Field = { w, rows: [], chosen: '', me: null, view: 'list' };
  /* What the map adds, when there is one. */
  for (const name of ['startMap', 'drawPins', 'markPin', 'showMe', 'showSpot']) F[name] = () => {};
  F.centre = () => {
    const [west, south, east, north] = boot.bounds || [];
    return boot.bounds ? { lon: (west + east) / 2, lat: (south + north) / 2 } : {};
  };
  F.button = (text, act, more) => el('button', Object.assign(
    { type: 'button', on: { click: act } }, more), text);

  const days = new Intl.DateTimeFormat(language, {
    timeZone: 'Asia/Shanghai', month: 'numeric', day: 'numeric', weekday: 'short',
    hour: '2-digit', minute: '2-digit', hour12: false,
  });
  F.when = (instant) => (instant ? days.format(new Date(instant)) : w('no_limit'));

  /* — messages — */
  let telling = 0;
  F.hush = () => $('toast').replaceChildren();
  F.toast = (text, action, act, ms) => {
    clearTimeout(telling);
    const does = () => { F.hush(); act(); };
    const more = action ? [F.button(action, does)] : [];
    $('toast').replaceChildren(el('span', {}, text), ...more);
    telling = setTimeout(F.hush, ms || (action ? 12000 : 7000));
  };

  /* — the sheet: one view at a time, three heights — */
  F.show = (view, tall) => {
    if (F.view === 'list' && view !== 'list') history.pushState({ view }, '');
    F.view = $('panel').dataset.view = view;
    for (const one of document.querySelectorAll('.view')) one.hidden = one.id !== view;
    height(tall || 'half');
    const row = view === 'list' && F.rowOf(F.chosen);
    (row ? row.querySelector('.row') : $(view).querySelector('h2')).focus();
  };
  F.back = () => (history.state && history.state.view ? history.back() : F.show('list'));

  const next = () => height({ half: 'full', full: 'min' }[$('panel').dataset.height] || 'half');

  /* — the list — */
  let loadedAt = 0, lost = false, slow = false;
  F.load = async () => {
    const started = Date.now(), found = [];
    const question = { region: 'grid:' + boot.grid.code, open: true, limit: 200 };
    try {
      for (let page = { next: '' }; page.next !== null && found.length < 1000;) {
        const parts = Object.assign({}, question, page.next ? { after: page.next } : {});
        page = await ask('/api/v1/matters?' + new URLSearchParams(parts));
        found.push(...page.matters);
      }
      F.rows = P.order(found);
      loadedAt = Date.now();
      slow = loadedAt - started > 3000;
      lost = false;
      F.render();
    } catch (problem) {
      const text = wordsOf(problem);
      lost = problem.status === 0;
      if (loadedAt) F.toast(text, w('retry'), F.load);
      else notice('list-notice', text, w('retry'), F.load);
    }
    $('bones').hidden = true;
    F.net();
  };

  F.pin = (row, number) => {
    const hurry = row.urgency !== 'normal' || P.timeLeft(row.due_at, Date.now()).hurry;
    const name = ['pin', P.classOf(row)].concat(hurry ? 'hurry' : []).join(' ');
    return el('span', { class: name }, el('i', {}, String(number)));
  };

  F.chips = (row) => {
    const kind = P.classOf(row), left = P.timeLeft(row.due_at, Date.now());
    const name = kind === 'none' ? w('undecided') : t('matter_class.' + kind);
    const said = row.matter_class || kind === 'none' ? name : w('proposed', { name });
    const chips = [el('span', { class: 'chip class ' + kind }, P.SIGNS[kind] + ' ' + said)];
    const urgent = row.urgency !== 'normal' && w('urgency_' + row.urgency);
    if (urgent) chips.push(el('b', { class: 'hot' }, urgent));
    const time = { class: left.hurry ? 'hot' : '', title: F.when(row.due_at) };
    return chips.concat(el('span', time, w(left.key, { n: left.n })));
  };

  function place(row) {
    if (row.lon === null) return w('no_point');
    if (!F.me) return '';
    const m = P.metres(F.me, row);
    return m < 1000 ? w('metres', { n: Math.round(m) }) : w('km', { n: (m / 1000).toFixed(1) });
  }

  const lineOf = (row, index) => el('li', { 'data-no': row.no }, [
    F.button([F.pin(row, index + 1), el('span', {}, [
      el('b', { dir: 'auto' }, row.text),
      el('span', { class: 'meta' }, F.chips(row).concat(el('span', {}, place(row)))),
    ])], () => F.open(row.no), { class: 'row' }),
  ]);

  F.rowOf = (no) => [...$('rows').children].find((line) => line.dataset.no === no) || null;

  F.render = () => {
    const held = document.activeElement.closest('#rows li'), of = document.activeElement.className;
    $('rows').replaceChildren(...F.rows.map(lineOf));
    const again = held && F.rowOf(held.dataset.no);
    if (again) again.getElementsByClassName(of)[0].focus({ preventScroll: true });
    const count = (kind) => F.rows.filter((row) => P.classOf(row) === kind).length;
    const kinds = Object.keys(P.SIGNS).filter((kind) => kind !== 'none' || count(kind));
    $('sums').replaceChildren(...kinds.map((kind) => el('span', {}, [
      el('i', { class: 'sign ' + kind, 'aria-hidden': 'true' }, P.SIGNS[kind]),
      el('span', { class: 'hidden-text' }, kind === 'none' ? w('undecided')
        : t('matter_class.' + kind)), String(count(kind)),
    ])));
    $('todo').textContent = w('todo', { n: F.rows.length });
    $('count').textContent = w('count', { n: F.rows.length });
    notice('list-notice', loadedAt && !F.rows.length ? w('empty') : '');
    mark();
    F.drawPins();
  };

  function mark() {
    for (const line of $('rows').children) {
      line.setAttribute('aria-current', String(line.dataset.no === F.chosen));
    }
  }

  /* List and map are one selection, whichever was touched. */
  F.choose = (no, fromList) => {
    F.chosen = no;
    mark();
    F.markPin(fromList);
    if (!fromList && F.rowOf(no)) F.rowOf(no).scrollIntoView({ block: 'nearest' });
  };

  /* — the network — */
  F.net = () => {
    const offline = !navigator.onLine || lost;
    const link = (navigator.connection || {}).effectiveType || '';
    const minutes = Math.floor((Date.now() - loadedAt) / 60000);
    const age = loadedAt && minutes ? ' · ' + w('age', { n: minutes }) : '';
    const reached = slow || /2g/.test(link) ? w('slow') : w('online');
    const words = offline ? w('offline') + age : reached;
    if ($('net').textContent !== words) $('net').textContent = words;
    $('net').className = 'net' + (offline ? ' off' : words === w('slow') ? ' slow' : '');
  };

  function wake() {
    F.net();
    if (document.hidden || !navigator.onLine) return;
    F.flush();
    F.load();
  }

  /* — where I am — */
  /* 1 to 3 are the browser's; an old fix and one from the future are ours. */
  F.lostWords = ({ code, n }) => (code === 1 ? w('denied') : code === 4 ? w('old_fix', { n })
    : code === 5 ? w('wrong_clock', { n }) : w('no_fix'));
  F.locate = (wanted, quiet) => {
    if (!isSecureContext || !navigator.geolocation) return quiet || F.toast(w('insecure'));
    const lost = (error) => { if (!quiet) F.toast(F.lostWords(error)); wanted(null, error); };
    const found = ({ coords, timestamp }) => {
      const { longitude: lon, latitude: lat, accuracy } = coords;
      const age = Math.round((Date.now() - timestamp) / 60000);
      if (Math.abs(age) > 2) return lost({ code: age < 0 ? 5 : 4, n: Math.abs(age) });
      F.me = { lon, lat, accuracy, at: timestamp };
      F.render();
      F.showMe(!quiet);
      if (!quiet && accuracy > 50) F.toast(w('coarse', { n: Math.round(accuracy) }));
      return wanted(F.me);
    };
    const how = { enableHighAccuracy: true, timeout: 10000, maximumAge: 15000 };
    return navigator.geolocation.getCurrentPosition(found, lost, how);
  };

  /* — start — */
  /* A grid is often named after its community; once is enough. */
  const named = ({ community: c, name }) => (name.startsWith(c) ? name : c + ' ' + name);

  function start() {
    const { grid } = boot;
    $('grid').textContent = named(grid);
    $('choices').append(...boot.choices.filter((one) => one.code !== grid.code).map((one) => {
      const href = '/field?' + new URLSearchParams({ grid: one.code });
      return el('li', {}, el('a', { class: 'button quiet', href }, named(one)));
    }));
    $('locate').addEventListener('click', () => F.locate(() => {}));
    window.Panel.startSheet(next);
    $('map-switch').addEventListener('click', () => {
      const keep = '; path=/; max-age=31536000; samesite=lax';
      document.cookie = 'map=' + $('map-switch').dataset.to + keep;
      location.reload();
    });
    document.addEventListener('click', (e) => e.target.closest('[data-back]') && F.back());
    addEventListener('popstate', () => F.show('list'));
    for (const event of ['online', 'offline', 'focus']) addEventListener(event, wake);
    document.addEventListener('visibilitychange', wake);
    setInterval(() => { F.net(); F.flush(); }, 30000);
    setInterval(() => { if (!document.hidden && navigator.onLine) F.load(); }, 120000);
    F.startReport();
    F.load().then(F.startMap);
    const plate = new URLSearchParams(location.search).get('place');
    if (plate) F.report({ qr: plate, name: plate.slice(2), origin: 'plate' });
  }

  document.addEventListener('DOMContentLoaded', start);
}());
