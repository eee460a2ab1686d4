/* 设施覆盖: one choice (kind, radius, region, day), kept in the address; one answer, shown as map,
   numbers, table and words alike. */
(function () {
  'use strict';
  const { boot, t, el, ask } = window.Wangge;
  const { $, phone, number, say, dayText, wordsOf, notice, height, covered } = window.Panel;
  const { MK, CoverageChoice, CoverageMap } = window;
  const FIRST = 12; // rows of the table before "more"
  const API = '/api/v1/coverage';
  let choice, plan = null, asking = null, selected = '', rowsShown = FIRST, level = 'grid';
  let found = [], active = -1;
  const pins = L.layerGroup();

  const kindOf = (code) => boot.kinds.find((kind) => kind.code === code);
  const levelName = (code) => t('coverage.level.' + code);
  const scores = () => plan[choice.by === 'grid' ? 'grids' : 'communities'];
  const drawn = () => (plan ? plan[level === 'grid' ? 'grids' : 'communities'] : []);
  const scoreOf = (code) => drawn().find((score) => score.code === code);
  const off = (layer) => choice.off.includes(layer);

  /* What covers the map; the legend stands at its side, not along its foot. */
  function around() {
    const legend = $('legend').getBoundingClientRect(), beside = !phone.matches && $('legend').open;
    return Object.assign(covered(), beside ? { left: legend.right + 16, bottom: 52 } : {});
  }

  /* — the address — */
  function here() {
    const { lat, lng } = MK.map.getCenter();
    return CoverageChoice.write(choice, boot, { zoom: MK.map.getZoom(), lat, lon: lng });
  }

  /* The reader chose: remember the way back, then show it. */
  function go(change, fit) {
    Object.assign(choice, change);
    history.pushState(null, '', here());
    show(fit);
  }

  /* — the figures — */
  async function show(fit) {
    if (asking) asking.abort();
    const mine = asking = new AbortController();
    showChoice();
    $('loading').hidden = false;
    $('figures').classList.add('waiting');
    const question = new URLSearchParams(CoverageChoice.question(choice));
    try {
      const answer = await ask(API + '?' + question, { signal: mine.signal });
      plan = answer;
      notice('figures-notice', '');
      showFigures(question);
      if (fit && plan.box) MK.fit(plan.box, around(), 0.05);
    } catch (problem) {
      if (mine !== asking) return;
      plan = null;
      notice('figures-notice', wordsOf(problem), t('map.retry'), () => show(fit));
    }
    $('figures').hidden = !plan;
    $('figures').classList.remove('waiting');
    drawMap(true);
  }

  function showChoice() {
    const kind = kindOf(choice.kind);
    $('kind').value = kind ? kind.name : '';
    $('at').value = choice.at;
    $('today').hidden = choice.at === boot.today;
    $('radius').value = choice.radius || (kind && kind.radius_m) || '';
    document.querySelector('[name=by][value=' + choice.by + ']').checked = true;
    for (const box of document.querySelectorAll('[name=layer]')) box.checked = !off(box.value);
  }

  function showFigures(question) {
    const { households, standard } = plan;
    const numbers = {
      served: CoverageMap.percent(households, 0),
      unserved: number(households.unserved),
      unknown: number(households.unknown),
      good: number(plan.good_grids) + ' / ' + number(plan.inhabited_grids),
    };
    for (const place of document.querySelectorAll('[data-number]')) {
      place.textContent = numbers[place.dataset.number];
    }
    $('radius').value = plan.radius_m;
    $('rule').textContent = standard ? standard.source : t('coverage.no_standard');
    $('unverified').hidden = !standard || standard.verified;
    $('by-rule').hidden = !plan.own_radius || !standard || !standard.radius_m;
    const radius = standard && standard.radius_m;
    $('by-rule').textContent = t('page.coverage.by_rule', { radius });
    $('as-of').textContent = t('map.as_of', { day: dayText(plan.day) });
    $('how').textContent = plan.method.filter((said) => said.topic === 'coordinates'
      || said.topic === 'radius').map((said) => said.text.split(/；|; /)[0]).join(' · ');
    $('method').replaceChildren(...plan.method.map((said) => el('div', {}, [
      el('dt', {}, said.label), el('dd', {}, said.text)])));
    for (const link of document.querySelectorAll('[data-form]')) {
      const { form } = link.dataset;
      link.href = API + (form === 'json' ? '' : '.' + form) + '?' + question;
    }
    rowsShown = FIRST;
    selected = '';
    showRegions();
    showScores();
    showFacilities();
    showSelected();
    say(t('page.coverage.said', { kind: plan.kind.name, served: numbers.served }));
  }

  /* Where one can go from here: up, here, down. */
  function showRegions() {
    const option = (place) => el('option', { value: place.level + ':' + place.code }, place.name);
    const group = (key, places) => (places.length
      ? [el('optgroup', { label: t(key) }, places.map(option))] : []);
    $('region').replaceChildren(
      el('option', { value: '' }, t('coverage.everything')),
      ...group('page.coverage.above', plan.above),
      ...(plan.region ? [option(plan.region)] : []),
      ...group('page.coverage.below', plan.below));
    $('region').value = choice.region;
  }

  function showScores() {
    $('scores').replaceChildren(...scores().slice(0, rowsShown).map((score) => {
      const share = CoverageMap.percent(score.households, 0);
      const zoom = el('button', { type: 'button', 'data-code': score.code, class: 'quiet',
        on: { click: () => choose(score.code, true) } }, score.name);
      return el('tr', { class: score.band }, [el('th', { scope: 'row' }, zoom), el('td', {}, share),
        ...['unserved', 'unknown'].map((part) => el('td', {}, number(score.households[part])))]);
    }));
    const left = scores().length - rowsShown;
    $('more').hidden = left <= 0;
    $('more').textContent = t('page.coverage.more', { count: number(left) });
  }

  function showFacilities() {
    const { facilities } = plan, counted = facilities.filter((one) => one.counts).length;
    const all = { count: number(facilities.length), counted: number(counted) };
    $('facility-count').textContent = t('page.coverage.facility_count', all);
    $('facilities').replaceChildren(...facilities.map((one) => {
      const zoom = () => { height('half'); MK.map.setView([one.lat, one.lon], 17); };
      const unplaced = one.lon === null ? ' · ' + t('page.coverage.unplaced') : '';
      const words = [el('b', {}, one.name), el('small', {}, CoverageMap.statusOf(one) + unplaced)];
      return el('li', {}, unplaced ? words
        : el('button', { type: 'button', class: 'quiet', on: { click: zoom } }, words));
    }));
  }

  /* — one region — */
  function choose(code, fit) {
    selected = code;
    if (level !== choice.by) level = choice.by;
    showSelected();
    const feature = MK.find('regions', code);
    if (!fit || !feature) return;
    if (phone.matches) height('half');
    const box = L.geoJSON(feature).getBounds();
    MK.fit([box.getWest(), box.getSouth(), box.getEast(), box.getNorth()], around(), 0.4);
  }

  function showSelected() {
    const score = plan && scoreOf(selected);
    $('chosen').hidden = !score;
    $('chosen').textContent = score ? CoverageMap.tips.score(score) : '';
    if (score) say($('chosen').textContent);
    MK.mark('selected', score ? MK.find('regions', selected) : null);
    for (const button of document.querySelectorAll('#scores button')) {
      button.setAttribute('aria-pressed', String(button.dataset.code === selected));
    }
  }

  /* — the map — */
  const bandOf = (properties) => {
    const score = off('choropleth') ? null : scoreOf(properties.code);
    return score && score.band;
  };
  MK.styles.coverage = (properties) => CoverageMap.styles.region(bandOf(properties));
  MK.styles.selected = () => ({ color: boot.theme.selected, weight: 4, fill: false }); // no tint
  MK.styles.gap = CoverageMap.styles.gap;
  MK.styles.reach = CoverageMap.styles.reach;
  MK.points.gap = (feature, at) => L.circleMarker(at, { radius: 4, renderer: MK.canvas.regions });
  MK.tips.score = (properties) => {
    const score = scoreOf(properties.code);
    return score ? CoverageMap.tips.score(score) : properties.name;
  };
  MK.tips.gap = CoverageMap.tips.gap;
  MK.clicks.score = (properties) => { if (scoreOf(properties.code)) choose(properties.code); };
  MK.clicks.gap = (properties) => say(CoverageMap.tips.gap(properties));

  /* The regions of the table's level; their parents where they are too many for one view. */
  async function loadRegions() {
    const { at } = choice;
    level = choice.by;
    let answer = await MK.load('regions', { level, at });
    if (answer.truncated && level === 'grid') {
      level = 'community';
      answer = await MK.load('regions', { level, at });
    }
    const upper = level === 'grid' ? 'community' : 'subdistrict';
    await MK.load('parents', { level: upper, at });
    const crowded = answer.truncated || level !== choice.by;
    notice('notice', crowded ? t('page.coverage.crowded') : '');
  }

  const loadOrClear = (id, wanted, question) => (wanted ? MK.load(id, question) : MK.clear(id));

  async function drawMap(fresh) {
    $('loading').hidden = false;
    const question = CoverageChoice.question(choice);
    try {
      const [, gaps] = await Promise.all([
        loadRegions(),
        loadOrClear('gaps', plan && !off('gaps'), question),
        loadOrClear('reach', plan && !off('reach'), question),
      ]);
      if (gaps && gaps.total > gaps.features.length) notice('notice', t('page.coverage.gaps_cut',
        { total: number(gaps.total), count: number(gaps.features.length) }));
      const { regions } = MK.layers;
      if (fresh && regions.drawn) regions.drawn.setStyle((f) => MK.styles.coverage(f.properties));
      if (MK.layers.gaps.drawn) MK.layers.gaps.drawn.bringToFront();
    } catch (problem) {
      notice('notice', wordsOf(problem), t('map.retry'), drawMap);
    }
    pins.clearLayers();
    const shown = plan && !off('facilities') ? plan.facilities : [];
    const view = MK.map.getBounds().pad(0.1);
    CoverageMap.pins(shown, plan && plan.kind.mark, view).forEach((one) => one.addTo(pins));
    MK.label((feature) => !plan || Boolean(scoreOf(feature.properties.code))
      || feature.properties.level !== level);
    showSelected();
    $('loading').hidden = true;
    MK.map.getContainer().dataset.ready = '1';
    performance.mark('map-ready');
  }

  /* — the kind — */
  function openKinds(words) {
    const groups = CoverageChoice.matching(boot.kinds, words, levelName);
    found = groups.flatMap((group) => group.kinds);
    active = words ? 0 : found.findIndex((kind) => kind.code === choice.kind);
    const option = (kind) => el('li', {
      id: 'kind-' + kind.code, role: 'option', 'aria-selected': String(kind.code === choice.kind),
      on: { mousedown: (event) => { event.preventDefault(); pick(kind); } },
    }, [el('span', { class: 'pin small', 'aria-hidden': 'true' }, kind.mark),
      el('b', {}, kind.name),
      el('small', {}, kind.open ? t('page.coverage.kind_open', { count: number(kind.open) })
        : t('page.coverage.kind_none'))]);
    $('kinds').replaceChildren(...(found.length ? groups.flatMap((group) => [
      el('li', { role: 'presentation', class: 'group' }, levelName(group.level)),
      ...group.kinds.map(option)]) : [el('li', { class: 'group', role: 'presentation' },
      t('page.coverage.no_kind', { query: words }))]));
    showKinds(true);
  }

  function showKinds(open) {
    $('kinds').hidden = !open;
    $('kind').setAttribute('aria-expanded', String(open));
    const on = open && found[active], id = on ? 'kind-' + on.code : '';
    $('kind').setAttribute('aria-activedescendant', id);
    for (const row of $('kinds').children) row.classList.toggle('active', row.id === id && open);
    if (on) $(id).scrollIntoView({ block: 'nearest' });
  }

  function pick(kind) {
    showKinds(false);
    if (kind.code === choice.kind) $('kind').value = kind.name;
    else go({ kind: kind.code, radius: null });
  }

  function onKindKey(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      if ($('kinds').hidden) openKinds('');
      active = Math.max(0, Math.min(found.length - 1, active + step));
      showKinds(true);
    } else if (event.key === 'Enter' && found[active] && !$('kinds').hidden) pick(found[active]);
    else if (event.key === 'Escape') {
      event.preventDefault();
      showKinds(false);
      showChoice();
    }
  }

  /* — start — */
  function toggleLayer(event) {
    const { value, checked } = event.target;
    choice.off = choice.off.filter((layer) => layer !== value).concat(checked ? [] : [value]);
    history.replaceState(null, '', here());
    drawMap(true);
  }

  function listen() {
    const acts = {
      today: () => go({ at: boot.today }),
      'by-rule': () => go({ radius: null }),
      more: () => { rowsShown += 50; showScores(); showSelected(); },
      whole: () => MK.fit((plan && plan.box) || boot.bounds, around(), 0.05),
    };
    for (const [id, act] of Object.entries(acts)) $(id).addEventListener('click', act);
    const changes = {
      at: () => go({ at: $('at').value || boot.today }),
      region: () => go({ region: $('region').value }, true),
      radius: () => go({ radius: Number($('radius').value) || null }),
      layers: toggleLayer,
    };
    for (const [id, act] of Object.entries(changes)) $(id).addEventListener('change', act);
    for (const radio of document.querySelectorAll('[name=by]')) {
      radio.addEventListener('change', () => go({ by: radio.value }));
    }
    $('kind').addEventListener('focus', () => { $('kind').select(); openKinds(''); });
    $('kind').addEventListener('input', () => openKinds($('kind').value));
    $('kind').addEventListener('keydown', onKindKey);
    $('kind').addEventListener('blur', () => { showKinds(false); showChoice(); });
  }

  function start() {
    window.Panel.start(MK);
    pins.addTo(MK.map);
    listen();
    const restore = () => {
      choice = CoverageChoice.read(location.search, boot);
      const { view } = choice, [west, south, east, north] = boot.bounds;
      if (view) MK.map.setView([view.lat, view.lon], view.zoom, { animate: false });
      else MK.map.fitBounds([[south, west], [north, east]], { animate: false });
      show(!view);
    };
    restore();
    window.addEventListener('popstate', restore);
    MK.map.on('moveend', () => { history.replaceState(null, '', here()); drawMap(); });
  }

  document.addEventListener('DOMContentLoaded', start);
}());
