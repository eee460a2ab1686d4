/* 边界体检: one choice (level, day, kind), kept in the address; faults as counts, list and places. */
(function () {
  'use strict';
  const { boot, t, el, ask, tell } = window.Wangge;
  const { $, phone, number, say, dayText, wordsOf, notice, height, covered } = window.Panel;
  const { MK } = window;
  const API = '/api/v1/audit';
  const choice = { level: '', at: boot.today, kind: '', region: '' };
  let asking = null, found = null, faults = [], selected = '', shown = '';

  /* — the address — */
  function readAddress() {
    const given = new URLSearchParams(location.search), level = given.get('level');
    const known = boot.levels.filter((one) => one.count && !one.overlay);
    const lowest = known.length ? known[known.length - 1].code : 'grid';
    choice.level = boot.levels.some((one) => one.code === level) ? level : lowest;
    const day = given.get('at') || '';
    choice.at = /^\d{4}-\d\d-\d\d$/.test(day) && Date.parse(day) ? day : boot.today;
    choice.kind = given.get('kind') || '';
    const region = given.get('region') || '';
    choice.region = /^[^:]+:.+/.test(region) ? region : '';
  }

  function question(more) {
    const asked = new URLSearchParams({ level: choice.level });
    if (choice.at !== boot.today) asked.set('at', choice.at);
    if (choice.region) asked.set('region', choice.region);
    Object.entries(more || {}).forEach(([name, value]) => value && asked.set(name, value));
    return asked;
  }

  function go(change) {
    Object.assign(choice, change);
    history.pushState(null, '', '?' + question({ kind: choice.kind }));
    show();
  }

  /* — the answer — */
  async function show(after) {
    if (asking) asking.abort();
    const mine = asking = new AbortController();
    showChoice();
    $('loading').hidden = false;
    $('panel').classList.add('waiting');
    const asked = question({ kind: choice.kind, after: after || '', limit: '100' });
    try {
      found = await ask(API + '?' + asked, { signal: mine.signal });
      faults = after ? faults.concat(found.faults) : found.faults;
      notice('health-notice', '');
    } catch (problem) {
      if (mine !== asking) return;
      [found, faults] = [null, []];
      notice('health-notice', wordsOf(problem), t('map.retry'), () => show());
    }
    $('panel').classList.remove('waiting');
    showKinds();
    showFaults();
    drawMap();
    chooseRegions();
  }

  /* Levels above the one looked at, as far as they have regions. */
  function levelsAbove() {
    const known = boot.levels.filter((one) => one.count && !one.overlay);
    const here = known.findIndex((one) => one.code === choice.level);
    return here < 0 ? [] : known.slice(0, here);
  }

  async function chooseRegions() {
    const asked = choice.region;
    try {
      const at = choice.at === boot.today ? '' : choice.at;
      const facts = await window.RegionChoice.fill($('region'), levelsAbove(), asked, at);
      if (asked !== shown) MK.fit(facts && facts.bbox ? facts.bbox : boot.bounds, covered(), 0.05);
      shown = asked;
    } catch (problem) {
      notice('notice', wordsOf(problem), t('map.retry'), chooseRegions);
    }
  }

  function showChoice() {
    $('at').value = choice.at;
    $('today').hidden = choice.at === boot.today;
    $('level').value = choice.level;
    $('as-of').textContent = t('map.as_of', { day: dayText(choice.at) });
    $('xlsx').href = API + '.xlsx?' + question();
    $('geojson').href = API + '.geojson?' + question();
    $('every-kind').hidden = !choice.kind;
  }

  const sum = (part) => (found ? found.kinds.reduce((all, kind) => all + kind[part], 0) : 0);

  function showKinds() {
    const gaps = { regions: number(found ? found.regions : 0), faults: number(sum('faults')),
      notes: number(sum('notes')) };
    const sound = found && !found.kinds.length ? 'page.audit.sound' : 'page.audit.sum';
    $('health-sum').textContent = found ? t(sound, gaps) : '';
    if (found) say($('health-sum').textContent);
    $('kinds').replaceChildren(...(found ? found.kinds : []).map((one) => {
      const bad = one.faults ? [el('span', { class: 'bad' }, number(one.faults))] : [];
      const soft = one.notes ? [el('span', { class: 'soft' },
        t('page.audit.notes', { count: number(one.notes) }))] : [];
      return el('li', {}, el('button', { type: 'button', 'data-kind': one.kind,
        'aria-pressed': String(one.kind === choice.kind),
        on: { click: () => go({ kind: one.kind === choice.kind ? '' : one.kind }) } },
      [el('span', {}, one.name), el('span', { class: 'count' }, [...bad, ...soft])]));
    }));
  }

  const nameOf = (kind) => (found.kinds.find((one) => one.kind === kind) || { name: kind }).name;

  function showFaults() {
    $('faults').replaceChildren(...faults.map((one) => {
      const words = [el('b', {}, nameOf(one.kind)), one.text,
        ...(one.repair ? [el('small', {}, t('page.audit.repair', { what: one.repair }))] : [])];
      const line = one.lon === null ? el('div', { class: 'words' }, words)
        : el('button', { type: 'button', 'data-key': one.key, 'aria-pressed': 'false',
          on: { click: () => choose(one) } }, words);
      const way = el('a', { href: one.link }, t('page.audit.to_map'));
      return el('li', { class: one.note ? 'note' : '' }, [line, way]);
    }));
    $('more').hidden = !(found && found.next);
    const mendable = faults.filter((one) => one.repair && !one.note).length;
    $('mend').hidden = !boot.mayMend || !mendable || choice.at !== boot.today;
    $('mend-what').textContent = t('page.audit.mend_what', { count: number(mendable) });
    $('edition').value = t('page.audit.mend_default', { day: boot.today });
    choose(faults.find((one) => one.key === selected) || null);
  }

  function choose(fault) {
    const moved = fault && fault.key !== selected;
    selected = fault ? fault.key : '';
    for (const one of document.querySelectorAll('#faults button')) {
      one.setAttribute('aria-pressed', String(one.dataset.key === selected));
    }
    drawRepair(fault);
    if (!moved) return;
    if (phone.matches) height('half');
    const feature = MK.find('faults', fault.key);
    const box = feature && feature.geometry.type !== 'Point' ? L.geoJSON(feature).getBounds()
      : L.latLng(fault.lat, fault.lon).toBounds(60);
    MK.fit([box.getWest(), box.getSouth(), box.getEast(), box.getNorth()], covered(), 1);
  }

  /* The outlines that would mend the fault chosen; those of the whole question come at once. */
  async function drawRepair(fault) {
    const key = fault && fault.repair ? fault.key : '';
    MK.styles.repair = (p) => (p.key === key
      ? { color: boot.theme.repair, weight: 3, dashArray: '7 4', fill: false, interactive: false }
      : { stroke: false, fill: false, interactive: false });
    if (!key) {
      MK.clear('repairs');
      return;
    }
    try {
      await MK.load('repairs', Object.fromEntries(question()));
      MK.layers.repairs.drawn.setStyle((feature) => MK.styles.repair(feature.properties));
    } catch (problem) {
      notice('notice', wordsOf(problem));
    }
  }

  async function mend(event) {
    event.preventDefault();
    const keys = faults.filter((one) => one.repair && !one.note).map((one) => one.key);
    const body = { level: choice.level, edition: $('edition').value, keys: keys.slice(0, 500) };
    if (choice.region) body.region = choice.region;
    try {
      const made = await tell(API + '/repairs', body);
      $('mend-said').textContent = t('page.audit.mended', { name: made.name });
    } catch (problem) {
      $('mend-said').textContent = wordsOf(problem);
    }
  }

  /* — the map — */
  MK.styles.fault = (p) => (p.note
    ? { color: boot.theme.note, weight: 2, dashArray: '4 3', fill: false }
    : { color: boot.theme.fault, weight: 3, fill: true, fillColor: boot.theme.fault,
      fillOpacity: 0.5 });
  MK.points.fault = (feature, at) => L.circleMarker(at,
    Object.assign({ radius: 6, renderer: MK.canvas.faults }, MK.styles.fault(feature.properties)));
  MK.tips.fault = (p) => p.what;
  MK.clicks.fault = (p) => {
    const fault = faults.find((one) => one.key === p.key);
    if (!fault) return;
    choose(fault);
    const line = document.querySelector('[data-key="' + p.key + '"]');
    if (line) line.scrollIntoView({ block: 'nearest' });
  };

  async function drawMap() {
    const at = choice.at === boot.today ? {} : { at: choice.at };
    try {
      const answer = await MK.load('regions', Object.assign({ level: choice.level }, at));
      const wanted = found ? Object.fromEntries(question()) : null;
      if (wanted) await MK.load('faults', wanted);
      else MK.clear('faults');
      notice('notice', answer.truncated ? t('page.audit.crowded') : '');
    } catch (problem) {
      notice('notice', wordsOf(problem), t('map.retry'), drawMap);
    }
    MK.label();
    $('loading').hidden = true;
    MK.map.getContainer().dataset.ready = '1';
  }

  function start() {
    window.Panel.start(MK);
    $('level').replaceChildren(...boot.levels.map((one) => el('option', { value: one.code },
      one.name)));
    $('level').addEventListener('change', () => {
      choice.level = $('level').value;
      const above = levelsAbove().some((one) => choice.region.startsWith(one.code + ':'));
      go({ kind: '', region: above ? choice.region : '' });
    });
    $('region').addEventListener('change', () => go({ region: $('region').value, kind: '' }));
    $('at').addEventListener('change', () => go({ at: $('at').value || boot.today }));
    $('today').addEventListener('click', () => go({ at: boot.today }));
    $('every-kind').addEventListener('click', () => go({ kind: '' }));
    $('more').addEventListener('click', () => show(found.next));
    $('mend').addEventListener('submit', mend);
    const fit = () => MK.fit(boot.bounds, covered(), 0.05);
    $('whole').addEventListener('click', fit);
    const [west, south, east, north] = boot.bounds;
    MK.map.fitBounds([[south, west], [north, east]], { animate: false });
    fit();
    const restore = () => { readAddress(); show(); };
    restore();
    window.addEventListener('popstate', restore);
    MK.map.on('moveend', drawMap);
  }

  document.addEventListener('DOMContentLoaded', start);
}());
