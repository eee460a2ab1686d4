/* 业务网、争议地、无主地: one choice (what, where), kept in the address; a list, the places on the
   map, and what may be done about a dispute. */
(function () {
  'use strict';
  const { boot, t, el, ask, tell } = window.Wangge;
  const { $, phone, number, say, dayText, wordsOf, notice, height, covered } = window.Panel;
  const { MK, ChangeMap, Match, Contest } = window;
  const { theme } = boot;
  const choice = { tab: 'nets', region: '', id: '' };
  let items = [], next = null, asking = 0, shownRegion = null;

  /* — the address — */
  function readAddress() {
    const given = new URLSearchParams(location.search);
    const region = given.get('region') || '', tab = given.get('tab');
    choice.tab = boot.tabs.includes(tab) ? tab : boot.tabs[0];
    choice.region = /^[^:]+:.+/.test(region) ? region : '';
    choice.id = given.get('id') || '';
  }

  function go(change) {
    Object.assign(choice, change);
    const parts = Object.entries(choice).filter(([, value]) => value);
    history.pushState(null, '', '?' + new URLSearchParams(parts));
    show();
  }

  const where = (more) => new URLSearchParams(Object.assign({},
    choice.region ? { region: choice.region } : {}, more));

  /* — the three lists: each item has id, title, small, chip and, where known, a feature — */
  const LISTS = {
    nets: async (after) => {
      const found = await ask('/api/v1/nets?' + where(after ? { after } : {}));
      return { next: found.next, items: found.nets.map((one) => ({ id: one.code, of: one,
        title: one.name, chip: one.kind_name, small: t('page.nets.net_small',
          { code: one.code, units: number(one.units), grids: number(one.grids) }) })) };
    },
    disputes: async (after) => {
      const found = await ask('/api/v1/disputes.geojson?' + where(after ? { after } : {}));
      return { next: found.next, items: found.features.map((feature) => {
        const one = feature.properties, small = [claimants(one), days(one)].join(' · ');
        return { id: one.code, of: one, feature, title: one.reason || one.code, small,
          chip: t('dispute.' + one.state) };
      }) };
    },
    unowned: async () => {
      const found = await ask('/api/v1/unowned.geojson?' + where());
      return { next: null, items: found.features.map((feature, n) => ({ id: String(n), feature,
        of: feature.properties, title: feature.properties.text, small: held(feature.properties),
        chip: ChangeMap.area(feature.properties.m2) })) };
    },
  };
  const nameOf = (one) => one.name || one.code || '';
  const claimants = (one) => one.claimants.map(nameOf).join(t('page.proposals.comma'));
  const days = (one) => t('page.nets.days', { since: dayText(one.since),
    until: one.ends_on ? dayText(one.ends_on) : t('page.nets.no_end') });
  const held = (one) => (one.buildings === null ? '' : t('page.nets.held', {
    buildings: number(one.buildings), households: number(one.households),
    matters: number(one.matters) }));

  async function show(after) {
    const mine = asking += 1;
    document.querySelector('[name=tab][value=' + choice.tab + ']').checked = true;
    $('loading').hidden = false;
    try {
      const found = await LISTS[choice.tab](after);
      if (mine !== asking) return;
      items = after ? items.concat(found.items) : found.items;
      next = found.next;
      notice('list-notice', '');
    } catch (problem) {
      if (mine !== asking) return;
      [items, next] = [[], null];
      notice('list-notice', wordsOf(problem), t('map.retry'), () => show());
    }
    $('loading').hidden = true;
    showList();
    chooseRegions();
    await showOne(mine);
  }

  function showList() {
    $('sum').textContent = t(SUMS[choice.tab], { count: number(items.length) });
    say($('sum').textContent);
    $('rows').replaceChildren(...items.map((one) => el('li', {}, el('button', { type: 'button',
      'data-id': one.id, on: { click: () => go({ id: one.id }) } }, [
      el('span', { class: 'chip' }, one.chip), el('b', {}, one.title), el('small', {}, one.small),
    ]))));
    $('more').hidden = !next;
  }
  const SUMS = { nets: 'page.nets.sum_nets', disputes: 'page.nets.sum_disputes',
    unowned: 'page.nets.sum_unowned' };

  /* — one of them — */
  async function showOne(mine) {
    const one = items.find((item) => item.id === choice.id);
    for (const box of ['list', 'sum', 'where']) $(box).hidden = Boolean(one);
    $('match-box').hidden = !boot.mayKeep || choice.tab !== 'nets' || Boolean(one);
    $('one').hidden = !one;
    $('dispute-box').hidden = !boot.mayKeep || choice.tab !== 'disputes' || Boolean(one);
    $('decide').hidden = true;
    paintAll(one);
    if (!one) return;
    $('name').textContent = one.title;
    say(one.title);
    if (phone.matches) height('half');
    fact(FACTS[choice.tab](one.of));
    $('parts').replaceChildren();
    if (one.feature) fit([one.feature]);
    if (choice.tab === 'nets') await showNet(one.of, mine);
    if (choice.tab === 'disputes') showDecisions(one.of);
  }

  function fact(pairs) {
    $('facts').replaceChildren(...pairs.filter(([, value]) => value).map(([name, value]) => (
      el('div', { class: 'fact' }, [el('dt', {}, name), el('dd', {}, value)]))));
  }

  const FACTS = {
    nets: (one) => [[t('page.nets.net_code'), one.code], [t('page.nets.net_kind'), one.kind_name],
      [t('page.nets.home'), one.home], [t('page.nets.organisation'), one.organisation],
      [t('page.nets.source'), one.source]],
    disputes: (one) => [[t('page.nets.dispute_code'), one.code],
      [t('page.nets.state'), t('dispute.' + one.state)],
      [t('page.nets.claimants'), claimants(one)],
      [t('page.nets.owner'), one.owner_stands ? one.owner : t('page.nets.owner_ended',
        { owner: one.owner || '–' })],
      [t('page.nets.term'), days(one)], [t('page.nets.source'), one.source],
      [t('page.nets.outcome'), one.outcome]],
    unowned: (one) => [[t('page.nets.community'), one.community],
      [t('page.nets.size'), ChangeMap.area(one.m2)], [t('page.nets.on_it'), held(one)],
      [t('page.nets.nearest'), one.nearest.map((grid) => grid.code + ' · '
        + t('page.nets.away', { metres: number(grid.metres) })).join(t('page.proposals.comma'))]],
  };

  async function showNet(net, mine) {
    const at = '/api/v1/nets/' + encodeURIComponent(net.code);
    try {
      const [units, wrong] = await Promise.all([ask(at + '/units.geojson?limit=500'),
        ask(at + '/faults')]);
      if (mine !== asking) return;
      const features = units.features.filter((one) => one.geometry);
      paint(features);
      fit(features);
      $('parts').replaceChildren(
        ...wrong.faults.map((one) => el('li', { class: one.note ? '' : 'bad' }, one.text)),
        ...units.features.map((one) => el('li', {}, el('button', { type: 'button', class: 'quiet',
          on: { click: () => one.geometry && fit([one]) } }, [el('b', {}, nameOf(one.properties)),
          el('small', {}, t('page.nets.unit_small', { code: one.properties.code,
            grids: number(one.properties.grids.length) }))]))));
    } catch (problem) {
      notice('list-notice', wordsOf(problem), t('map.retry'), () => show());
    }
  }

  /* — decisions about a dispute — */
  function showDecisions(one) {
    $('decide').hidden = !boot.mayKeep || one.state === 'settled';
    $('until').value = one.ends_on || '';
    for (const box of ['extend-notice', 'settle-notice']) notice(box, '');
  }

  async function decide(event, way, said, box) {
    event.preventDefault();
    try {
      await tell('/api/v1/disputes/' + encodeURIComponent(choice.id) + way, said);
      await show();
    } catch (problem) {
      notice(box, wordsOf(problem));
    }
  }

  /* — the map — */
  let drawn = [];
  const soft = (color, fillOpacity, dashArray) => ({ color, weight: 2.4, dashArray, fill: true,
    fillColor: color, fillOpacity });
  const LOOKS = {
    nets: (n) => ({ color: theme.parentBorder, weight: 2.4, fill: true, fillOpacity: 0.85,
      fillColor: theme.tints[n % theme.tints.length] }),
    disputes: () => soft(theme.drawn, 0.25, '6 5'),
    unowned: () => soft(theme.refused, 0.45),
    places: () => soft(theme.refused, 0.45),
  };

  function paint(features, marked, look) {
    drawn.forEach((layer) => layer.remove());
    MK.pane('things');
    const style = LOOKS[look || choice.tab], pane = 'things';
    drawn = features.map((feature, n) => L.geoJSON(feature, { pane, renderer: MK.canvas.things,
      bubblingMouseEvents: false, interactive: !look && !choice.id, style: style(n) })
      .on('click', () => {
        const item = items.find((one) => one.feature === feature);
        if (item) go({ id: item.id });
      }).addTo(MK.map));
    drawn.forEach((layer, n) => told(layer, features[n]));
    MK.mark('selected', marked || null);
  }

  /* Who claims contested ground, and until when, stands on it; where many are, when pointed at. */
  function told(layer, { properties: one }) {
    if (!one.claimants) return;
    const words = () => el('span', {}, [claimants(one), el('br'), days(one)]);
    layer.bindTooltip(words, { permanent: drawn.length < 6, direction: 'top',
      className: 'contested' });
  }

  /* All of the list; of disputes those that somebody still has to decide, and the one chosen. */
  function paintAll(one) {
    const shown = items.filter((item) => item.feature && (item === one
      || item.of.state !== 'settled')).map((item) => item.feature);
    const more = choice.tab === 'disputes' && !one ? Contest.drawn() : [];
    paint([...shown, ...more], one && one.feature);
  }

  function fit(features) {
    const around = features.length && ChangeMap.box(features);
    if (around) MK.fit(around, covered(), 0.25);
  }

  function places(features) {
    paint(features, null, 'places');
    fit(features);
  }

  async function chooseRegions() {
    const asked = choice.region, above = boot.levels.filter((one) => !one.overlay && one.count)
      .slice(0, -1);
    try {
      const facts = await window.RegionChoice.fill($('region'), above, asked, '');
      const moved = asked !== shownRegion && !choice.id;
      if (moved) MK.fit(facts && facts.bbox ? facts.bbox : boot.bounds, covered(), 0.05);
      shownRegion = asked;
    } catch (problem) {
      notice('notice', wordsOf(problem), t('map.retry'), chooseRegions);
    }
  }

  async function drawMap() {
    try {
      const [found] = await Promise.all([MK.load('regions', { level: 'grid' }),
        MK.load('parents', { level: 'community' })]);
      MK.crowd(found.truncated);
      notice('notice', '');
    } catch (problem) {
      notice('notice', wordsOf(problem), t('map.retry'), drawMap);
    }
    MK.label();
    MK.map.getContainer().dataset.ready = '1';
  }

  function start() {
    window.Panel.start(MK);
    MK.tips.region = (p) => p.name + ' · ' + p.code;
    $('as-of').textContent = t('map.as_of', { day: dayText(boot.today) });
    for (const radio of document.querySelectorAll('[name=tab]')) {
      radio.addEventListener('change', () => go({ tab: radio.value, id: '' }));
    }
    $('region').addEventListener('change', () => go({ region: $('region').value, id: '' }));
    $('back').addEventListener('click', () => go({ id: '' }));
    $('more').addEventListener('click', () => show(next));
    $('whole').addEventListener('click', () => MK.fit(boot.bounds, covered(), 0.05));
    $('extend').addEventListener('submit', (event) => decide(event, '/terms',
      { ends_on: $('until').value }, 'extend-notice'));
    $('settle').addEventListener('submit', (event) => decide(event, '/settle',
      { outcome: $('outcome').value }, 'settle-notice'));
    Contest.start({ paint: () => paintAll(null), kept: (id) => go({ id }) });
    Match.start({ places, fit, region: () => choice.region, kept: (id) => go({ id }) });
    const [west, south, east, north] = boot.bounds;
    MK.map.fitBounds([[south, west], [north, east]], { animate: false });
    const restore = () => { readAddress(); show(); };
    restore();
    drawMap();
    window.addEventListener('popstate', restore);
    MK.map.on('moveend', drawMap);
  }

  document.addEventListener('DOMContentLoaded', start);
}());
