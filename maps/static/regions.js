/* 区划与网格: one choice (level, day, region), kept in the address; map, list and facts show it. */
(function () {
  'use strict';
  const { boot, language, t, el, ask } = window.Wangge;
  const { $, phone, number, say, dayText, wordsOf, notice, height, covered } = window.Panel;
  const MK = window.MK;
  const levels = boot.levels.slice().sort((a, b) => a.overlay - b.overlay || a.rank - b.rank);
  const state = { level: '', at: '', code: '', query: '' };
  const list = { key: '', rows: [], next: null, active: -1, asked: null };
  const levelOf = (code) => levels.find((level) => level.code === code);

  /* The level's name as the data has it; in another language our own word where we have one. */
  const levelName = (code, name) => (language !== 'zh-CN' && boot.words['map.level.' + code])
    || name || (levelOf(code) || {}).name || code;

  /* — the address — */
  function defaultLevel() {
    const known = levels.filter((level) => !level.overlay && level.count > 0);
    return (known.filter((level) => level.count <= 2000).pop() || known[0] || levels[0] || {}).code;
  }

  /* Take the choice from the address; gives the view it names, if it does. */
  function readAddress() {
    const given = new URLSearchParams(location.search);
    state.level = levelOf(given.get('level')) ? given.get('level') : defaultLevel();
    const day = given.get('at') || '';
    state.at = /^\d{4}-\d\d-\d\d$/.test(day) && Date.parse(day) ? day : boot.today;
    state.code = given.get('code') || '';
    const [zoom, lat, lon] = (given.get('map') || '').split('/').map(Number);
    return zoom && Math.abs(lat) <= 90 && Math.abs(lon) <= 180 ? { zoom, lat, lon } : null;
  }

  function address(choice) {
    const parts = new URLSearchParams({ level: choice.level });
    if (choice.at !== boot.today) parts.set('at', choice.at);
    if (choice.code) parts.set('code', choice.code);
    return '?' + parts;
  }

  function here() {
    const { lat, lng } = MK.map.getCenter();
    return address(state) + '&map=' + [MK.map.getZoom(), lat.toFixed(5), lng.toFixed(5)].join('/');
  }

  /* The reader chose: remember the way back, then show it. */
  function go(change, fit) {
    Object.assign(state, change);
    history.pushState(null, '', here());
    show(fit);
  }

  function show(fit) {
    $('at').value = state.at;
    $('today').hidden = state.at === boot.today;
    const choice = $('levels').querySelector('[value="' + CSS.escape(state.level) + '"]');
    if (choice) choice.checked = true;
    if (choice) choice.parentNode.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    $('as-of').textContent = t('map.as_of', { day: dayText(state.at) });
    drawMap();
    loadList();
    loadFacts(fit);
  }

  /* — the map — */
  /* The nearest level above with regions; an overlay lies under none. */
  const parentLevel = ({ rank, overlay }) => levels.filter((level) => !overlay && !level.overlay
    && level.rank < rank && level.count > 0).pop();

  async function drawMap() {
    const level = levelOf(state.level), parent = level && parentLevel(level);
    if (!level) return notice('notice', t('map.no_editions'));
    $('loading').hidden = false;
    $('legend').classList.toggle('top-level', !parent);
    try {
      const style = level.overlay ? 'overlay' : 'region', at = state.at;
      const [found] = await Promise.all([
        MK.load('regions', { level: level.code, at }, style),
        parent ? MK.load('parents', { level: parent.code, at }) : MK.clear('parents'),
      ]);
      MK.crowd(found.truncated);
      MK.label();
      markSelected();
      explain(found);
    } catch (problem) {
      notice('notice', wordsOf(problem), t('map.retry'), drawMap);
    }
    $('loading').hidden = true;
    MK.map.getContainer().dataset.ready = '1';
    return performance.mark('map-ready');
  }

  /* Say what the map can't show: too much to draw, nothing that day, nothing here. */
  function explain(found) {
    const level = levelName(state.level), total = number(found.total);
    if (found.truncated) return notice('notice', t('map.too_many', { level, total }),
      t('map.zoom_in'), () => MK.map.zoomIn(2));
    notice('notice', '');
    if (found.features.length) return say(t('map.drawn', { level, total }));
    if (!boot.editions) return notice('notice', t('map.no_editions'));
    if (list.empty) return noneThatDay('notice');
    if (list.flat) return notice('notice', t('map.no_shapes', { level }));
    return notice('notice', t('map.none_here', { level }), t('map.whole'), whole);
  }

  function noneThatDay(box) {
    const when = { level: levelName(state.level), day: dayText(state.at) };
    const back = state.at === boot.today ? '' : t('map.back_to_today');
    notice(box, t('map.none_that_day', when), back, () => go({ at: boot.today }));
  }

  const markSelected = () => MK.mark('selected', MK.find('regions', state.code));
  const hover = (code) => MK.mark('hover', MK.find('regions', code));

  const whole = () => MK.fit(boot.bounds, covered());

  /* — the list — */
  async function loadList(more) {
    const key = JSON.stringify([state.level, state.at, state.query]);
    if (!more && key === list.key) { markRows(); return; }
    if (list.asked) list.asked.abort();
    list.asked = new AbortController();
    if (!more) Object.assign(list, { key: '', rows: [], next: null, active: -1 });
    renderRows();
    $('bones').hidden = Boolean(more);
    const parts = new URLSearchParams({ level: state.level, at: state.at, limit: 50 });
    if (state.query) parts.set('q', state.query);
    if (more) parts.set('after', list.next);
    try {
      const found = await ask('/api/v1/regions?' + parts, { signal: list.asked.signal });
      Object.assign(list, { key, next: found.next, rows: list.rows.concat(found.regions) });
      if (!state.query) {
        list.empty = !list.rows.length;
        list.flat = !list.rows.some((row) => row.has_shape);
      }
      renderRows();
      if (MK.layers.regions.answer) explain(MK.layers.regions.answer);
    } catch (problem) {
      $('summary').textContent = '';
      notice('list-notice', wordsOf(problem), t('map.retry'), () => loadList(more));
    }
    $('bones').hidden = true;
  }

  function renderRows() {
    $('rows').replaceChildren(...list.rows.map((row, index) => el('li', {
      id: 'row-' + index, role: 'option', 'data-code': row.code,
      on: { click: () => choose(row), mouseenter: () => hover(row.code), mouseleave: hover },
    }, [
      el('b', {}, row.name || row.code),
      el('small', {}, row.has_shape ? row.code : row.code + ' · ' + t('map.without_shape')),
    ])));
    $('more').hidden = !list.next;
    const count = number(list.rows.length) + (list.next ? '+' : '');
    const values = { level: levelName(state.level), count, day: dayText(state.at) };
    $('summary').textContent = list.key ? t('map.count', values) : t('map.loading');
    notice('list-notice', '');
    const none = list.key && !list.rows.length, { query } = state;
    if (none && query) notice('list-notice', t('map.no_match', { query }));
    else if (none) noneThatDay('list-notice');
    markRows();
  }

  function markRows() {
    [...$('rows').children].forEach((row, index) => {
      row.setAttribute('aria-selected', String(row.dataset.code === state.code));
      row.classList.toggle('active', index === list.active);
    });
    $('search').setAttribute('aria-activedescendant', list.active < 0 ? '' : 'row-' + list.active);
  }

  const choose = (row) => go({ code: row.code, level: row.level || state.level }, true);

  function onKey(event) {
    const last = list.rows.length - 1, step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && last >= 0) {
      event.preventDefault();
      list.active = Math.max(0, Math.min(last, list.active + step));
      markRows();
      $('rows').children[list.active].scrollIntoView({ block: 'nearest' });
      hover(list.rows[list.active].code);
    } else if (event.key === 'Enter' && last >= 0) choose(list.rows[Math.max(0, list.active)]);
  }

  let waiting = 0;
  function search() {
    clearTimeout(waiting);
    waiting = setTimeout(() => { state.query = $('search').value.trim(); loadList(); }, 180);
  }

  /* — the facts — */
  let asking = 0;
  async function loadFacts(fit) {
    const mine = asking += 1;
    markSelected();
    $('browse').hidden = Boolean(state.code);
    $('facts').hidden = !state.code;
    if (!state.code) return;
    $('facts').className = 'facts scroll waiting';
    notice('facts-notice', '');
    if (phone.matches) height('half');
    const path = [state.level, state.code].map(encodeURIComponent).join('/');
    try {
      const facts = await ask('/api/v1/regions/' + path + '?at=' + state.at);
      if (mine !== asking) return;
      renderFacts(facts);
      if (fit && facts.bbox) MK.fit(facts.bbox, covered(), 0.6);
      await loadChildren(facts, () => mine === asking);
    } catch (problem) {
      if (mine !== asking) return;
      notice('facts-notice', wordsOf(problem), t('map.retry'), () => loadFacts(fit));
    }
  }

  function regionLink(region) {
    const follow = (event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      choose(region);
    };
    const href = address({ level: region.level, code: region.code, at: state.at });
    const text = region.name || region.code || levelName(region.level, region.level_name);
    return region.code ? el('a', { href, on: { click: follow } }, text) : el('span', {}, text);
  }

  const areaText = (m2) => (m2 < 1e5 ? t('map.m2', { value: number(Math.round(m2)) })
    : t('map.km2', { value: number(m2 / 1e6) }));

  function renderFacts(facts) {
    const { edition } = facts, name = facts.name || facts.code;
    const codes = facts.codes.filter((other) => other.code !== facts.code);
    const span = { from: dayText(facts.valid_from), to: dayText(facts.valid_to) };
    const texts = {
      name,
      level: levelName(facts.level, facts.level_name),
      shapeless: facts.bbox ? '' : t('map.without_shape'),
      code: facts.code,
      codes: codes.map((other) => other.scheme + ' ' + other.code).join(' · '),
      names: facts.names.map((n) => n.name).filter((n) => n !== facts.name).join(' · '),
      area: facts.area_m2 === null ? '' : areaText(facts.area_m2),
      valid: span.from && t(span.to ? 'map.valid_between' : 'map.valid_since', span),
      edition: t('map.edition_since', { name: edition.name, day: dayText(edition.valid_from) }),
      source: edition.source || '',
    };
    for (const place of $('facts').querySelectorAll('[data-fact]')) {
      place.textContent = texts[place.dataset.fact];
      (place.closest('div.fact') || place).hidden = !place.textContent;
    }
    $('path').replaceChildren(...facts.ancestors.map((above) => el('li', {}, regionLink(above))));
    $('children').replaceChildren();
    $('facts').className = 'facts scroll';
    $('facts').scrollTop = 0;
    say(t('map.chosen', { name }));
  }

  /* What lies directly under a region: how many always, and each by name where they have shapes. */
  async function loadChildren(facts, wanted) {
    for (const [level, count] of Object.entries(facts.children_count)) {
      const rows = el('ul', { class: 'children' });
      const title = t('map.children', { count: number(count), level: levelName(level) });
      $('children').append(el('h3', {}, title), rows);
      if (!facts.bbox) continue;
      const parts = new URLSearchParams({ level, at: state.at, bbox: facts.bbox, zoom: 12 });
      const found = await ask('/api/v1/regions.geojson?' + parts);
      if (!wanted()) return;
      const own = found.features.map((feature) => feature.properties)
        .filter((child) => child.parent_code === facts.code);
      rows.append(...own.map((child) => el('li', {}, regionLink(child))));
    }
  }

  /* — start — */
  MK.tips.region = (region) => [region.name, region.code].filter(Boolean).join(' · ');
  MK.clicks.region = (region) => go({ code: region.code });

  function levelChoice(level) {
    const change = () => go({ level: level.code, code: '' });
    const input = el('input', { type: 'radio', name: 'level', value: level.code, on: { change } });
    return el('label', {}, [input, el('span', {}, levelName(level.code, level.name))]);
  }

  function start() {
    $('levels').append(...levels.filter((level) => level.count).map(levelChoice));
    const acts = {
      today: () => go({ at: boot.today }),
      back: () => { go({ code: '' }); $('search').focus(); },
      more: () => loadList(true),
      whole,
    };
    for (const [id, act] of Object.entries(acts)) $(id).addEventListener('click', act);
    $('at').addEventListener('change', () => go({ at: $('at').value || boot.today }));
    $('search').addEventListener('input', search);
    $('search').addEventListener('keydown', onKey);
    $('search').addEventListener('focus', () => height('full'));
    window.Panel.start(MK);
    const restore = () => {
      const view = readAddress();
      if (view) MK.map.setView([view.lat, view.lon], view.zoom, { animate: false });
      else whole();
      show(!view);
    };
    restore();
    window.addEventListener('popstate', restore);
    MK.map.on('moveend', () => { history.replaceState(null, '', here()); drawMap(); });
  }

  document.addEventListener('DOMContentLoaded', start);
}());
