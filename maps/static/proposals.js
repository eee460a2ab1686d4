/* 调整网格边界: choose a community, say what shall change, draw it, see what it means, submit it. */
(function () {
  'use strict';
  const { boot, t, el, ask } = window.Wangge;
  const { $, phone, number, say, dayText, wordsOf, notice, height, covered, short } = window.Panel;
  const { MK, Draw, ChangeMap, Houses, Impact } = window;
  const houses = Houses.chosen;
  const API = '/api/v1/proposals';

  /* What each kind of change needs: grids to pick, something to draw, buildings, a code. */
  const KINDS = {
    split_along: { picks: ['grid'], draws: 'line', code: 'new' },
    split_buildings: { picks: ['grid'], houses: true, code: 'new' },
    merge: { picks: ['into'], many: true },
    move_edge: { picks: ['one', 'other'], draws: 'line' },
    transfer_area: { picks: ['source', 'to'], draws: 'area' },
    transfer_buildings: { picks: ['source', 'to'], houses: true },
    recode: { picks: ['grid'], code: 'must' },
  };
  const PAUSE_MS = 200;  // after the last point, before it is asked who is on which side
  const PICKS = ['grid', 'into', 'one', 'other', 'source', 'to'];
  let place = null;     // the community as the service told it
  let grids = [];       // its grids after what is done already: code, name, figures, feature
  let done = [];        // operations before the present one
  let looked = null;    // what the service said of all of them together
  let kind = 'split_along', picked = {}, chosen = new Set(), points = [];
  let sides = null;     // who would be on which side of what is drawn
  let refused = '';     // why the service can't make what is drawn; stays until it is drawn anew

  const shortOf = (code) => short(code, place && place.code);
  const nameOf = (code) => {
    const one = grids.find((grid) => grid.code === code)
      || (place && place.grids.find((grid) => grid.code === code));
    if (one) return one.name || code;
    const given = $('new-name').value.trim(), fresh = code.startsWith('?') ? '' : shortOf(code);
    return given || t('page.proposals.new_grid', { code: fresh }).trim();
  };
  const need = () => KINDS[kind];
  const source = () => picked.grid || picked.source;

  /* — the community — */
  let waiting = 0;
  function search() {
    clearTimeout(waiting);
    waiting = setTimeout(list, 180);
  }

  async function list(first) {
    try {
      const words = new URLSearchParams({ q: $('community').value.trim(), limit: 20 });
      const found = await ask(API + '/communities?' + words);
      const only = first === true && found.communities.length === 1 && !found.next;
      if (only) return open(found.communities[0].code, true);
      $('communities').replaceChildren(...found.communities.map((one) => el('li', {},
        el('button', { type: 'button', 'data-code': one.code, on: { click: () => open(one.code) } },
          [el('b', {}, one.name), el('small', {}, one.above + ' · ' + one.code)]))));
      const none = found.communities.length ? '' : t('page.proposals.no_community');
      return notice('where-notice', none);
    } catch (problem) {
      return notice('where-notice', wordsOf(problem), t('map.retry'), list);
    }
  }

  async function open(code, keep) {
    notice('where-notice', '');
    $('loading').hidden = false;
    try {
      place = await ask(API + '/communities/' + encodeURIComponent(code));
    } catch (problem) {
      $('loading').hidden = true;
      return notice('where-notice', wordsOf(problem));
    }
    if (!keep) history.pushState(null, '', '?community=' + encodeURIComponent(code));
    done = [];
    const shapes = new Map(place.shapes.features.map((one) => [one.id, one]));
    grids = place.grids.map((one) => Object.assign({ feature: shapes.get(one.code) }, one));
    forget();
    show();
    if (!keep) $('place').focus();
    whole();
    loadHouses();
    return drawMap();
  }

  function leave() {
    place = null;
    grids = [];
    Houses.clear();
    forget();
    history.pushState(null, '', location.pathname);
    show();
    list();
    drawMap();
    $('community').focus();
  }

  /* — the change — */
  function forget() {
    Draw.stop();
    [picked, points, looked] = [{}, [], null];
    chosen.clear();
    houses.clear();
    reconsider();
    $('new').value = '';
    $('new-name').value = '';
    $('kept').hidden = true;
    for (const box of ['look-notice', 'keep-notice']) notice(box, '');
  }

  function show() {
    $('where').hidden = Boolean(place);
    $('there').hidden = !place;
    if (!place) return tools();
    $('place').textContent = place.name;
    document.querySelector('[name=do][value=' + kind + ']').checked = true;
    $('done').hidden = !done.length;
    $('done').textContent = t('page.proposals.done', { count: number(done.length) });
    showPicks();
    showGrids();
    showHouses();
    $('impact').hidden = !looked;
    return tools();
  }

  function showPicks() {
    for (const name of PICKS) {
      const row = $('pick-' + name), select = row.querySelector('select');
      row.hidden = !need().picks.includes(name);
      const offered = need().many ? grids.filter((one) => chosen.has(one.code)) : grids;
      select.replaceChildren(el('option', { value: '' }, t('page.proposals.pick')),
        ...offered.map((one) => el('option', { value: one.code },
          one.name + ' · ' + shortOf(one.code))));
      select.value = picked[name] || '';
    }
    $('pick-new').hidden = !need().code;
    $('pick-name').hidden = !need().code;
    $('new-name').placeholder = t(need().code === 'must' ? 'page.proposals.same_name'
      : 'page.proposals.later_name');
    $('new').required = need().code === 'must';
    $('new').placeholder = need().code === 'must' ? '' : t('page.proposals.next_code');
    $('how').textContent = t(HOW[kind]);
    $('look').hidden = Boolean(looked);
  }
  const HOW = {
    split_along: 'page.proposals.how_split_along',
    split_buildings: 'page.proposals.how_split_buildings',
    merge: 'page.proposals.how_merge',
    move_edge: 'page.proposals.how_move_edge',
    transfer_area: 'page.proposals.how_transfer_area',
    transfer_buildings: 'page.proposals.how_transfer_buildings',
    recode: 'page.proposals.how_recode',
  };

  function showGrids() {
    const marked = new Set(need().many ? chosen : Object.values(picked));
    $('grids').replaceChildren(...grids.map((one) => el('tr', {}, [
      el('th', { scope: 'row' }, el('button', { type: 'button', class: 'quiet',
        'aria-pressed': String(marked.has(one.code)), 'data-code': one.code,
        on: { click: () => pick(one.code) } }, [one.name, el('small', {}, shortOf(one.code))])),
      el('td', {}, number(one.households)), el('td', {}, one.member || t('page.proposals.nobody')),
    ])));
  }

  function showHouses() {
    const wanted = need().houses && source();
    $('houses').hidden = !wanted;
    if (!wanted) return;
    const mine = Houses.of(source()).map((one) => one.properties);
    const homes = mine.reduce((sum, one) => sum + (houses.has(one.code) ? one.households : 0), 0);
    $('house-sum').textContent = t('page.proposals.houses_chosen',
      { count: number(houses.size), all: number(mine.length), homes: number(homes) });
    $('house-list').replaceChildren(...mine.map((one) => {
      const box = el('input', { type: 'checkbox', value: one.code,
        on: { change: () => toggle(one.code) } });
      box.checked = houses.has(one.code);
      const homes = t('page.proposals.households', { count: number(one.households || 0) });
      return el('li', {}, el('label', {}, [box, el('span', {}, one.name || one.address || one.code),
        el('small', {}, homes)]));
    }));
  }

  /* A grid is picked, on the map or in the list: it fills the first field that is still empty. */
  function pick(code) {
    if (looked || !grids.some((one) => one.code === code)) return;
    if (need().many) {
      if (!chosen.delete(code)) chosen.add(code);
      if (!chosen.has(picked.into)) picked.into = [...chosen].sort()[0];
    } else {
      const empty = need().picks.find((name) => !picked[name]) || need().picks[0];
      if (Object.values(picked).includes(code)) return;
      set(empty, code);
    }
    say(t('map.chosen', { name: nameOf(code) }));
    begin();
  }

  /* Another grid makes what was drawn or chosen for the former one void. */
  function set(name, code) {
    if (picked[name] && name !== 'to') houses.clear();
    picked[name] = code;
    points = [];
    reconsider();
  }

  /* Once all grids are picked, drawing begins by itself; who works in a list stays there. */
  function begin(inList) {
    const ready = need().picks.every((name) => picked[name]);
    Draw.stop();
    if (ready && !looked && (need().draws || need().houses)) draw(inList);
    show();
    paint();
    consider();
  }

  /* Whoever picked on the map has it under the hand: it stays as it is. Who picked in a list is
     shown what they picked. */
  function draw(inList) {
    if (inList && !points.length && !houses.size) closer();
    Draw.start({
      kind: need().draws, points, refused,
      changed: (now) => { points = now; reconsider(); tools(); consider(); },
      tapped: (at) => tapHouse(at),
      looped: (ring) => loopHouses(ring),
      cancelled: () => { again(); },
    });
    if (!inList) MK.map.getContainer().focus({ preventScroll: true });
    tools();
  }

  /* — on which side: asked anew whenever something else is drawn or chosen — */
  let thinking = 0, asked = null;
  function reconsider() {
    if (refused) notice('look-notice', '');
    [sides, refused] = [null, ''];
    codeNote();
    clearTimeout(thinking);
    if (asked) asked.abort();
    Houses.show([]);
  }

  function consider() {
    if (!complete() || looked || refused) return;
    clearTimeout(thinking);
    thinking = setTimeout(async () => {
      asked = new AbortController();
      try {
        sides = await post(API + '/sides', body(), asked.signal);
      } catch (problem) {
        wordsOf(problem);  // what it means, the button will tell; nothing is lost meanwhile
        return;
      }
      Houses.show(kind === 'recode' ? [] : sides.rehoused);
      codeNote();
      tools();
    }, PAUSE_MS);
  }

  /* What is amiss with the new code, where it is typed: it isn't free, or unlike the others. */
  function codeNote() {
    const typed = sides && $('new').value.trim();
    const said = typed ? [sides.refused, ...sides.codes].filter(Boolean) : [];
    $('new-note').hidden = !said.length;
    $('new-note').textContent = said.join(' ');
  }

  function sidesSaid() {
    const there = (sides && sides.grids) || [];
    const told = there.filter((one) => one.after).sort((a, b) => !a.before - !b.before);
    const cut = sides && sides.cut.length
      ? [t('page.proposals.cut_some', { count: number(sides.cut.length) })] : [];
    return [...told.map((one) => t('page.proposals.side',
      { grid: nameOf(one.code), count: number(one.after.households) })), ...cut]
      .join(t('page.proposals.comma'));
  }

  /* Show what is picked big enough for a finger, clear of header and tools. */
  function closer(always) {
    const mine = Object.values(picked);
    const around = ChangeMap.box(grids.filter((one) => one.feature && mine.includes(one.code))
      .map((one) => one.feature));
    if (!around) return;
    const [west, south, east, north] = around, px = (at) => MK.map.latLngToContainerPoint(at);
    const size = px([south, west]).distanceTo(px([north, east])), all = MK.map.getSize();
    const pad = Object.assign(covered(), { bottom: phone.matches ? 210 : 130 });
    const inView = MK.map.getBounds().contains([[south, west], [north, east]]);
    const small = size < Math.min(all.x, all.y) / 4;
    if (always || !inView || phone.matches || small) MK.fit(around, pad, 0.15);
  }

  /* — buildings — */
  async function loadHouses() {
    try {
      await Houses.load(place.code, grids);
      notice('look-notice', '');
    } catch (problem) {
      notice('look-notice', wordsOf(problem), t('map.retry'), loadHouses);
    }
    showHouses();
  }

  function toggle(code) {
    if (!houses.delete(code)) houses.add(code);
    houseChanged();
  }

  function tapHouse(at) {
    const code = Houses.meant(at, source());
    if (code) toggle(code);
    else $('tool-say').textContent = t('page.proposals.no_house');
  }

  function loopHouses(ring) {
    Houses.within(ring, source()).forEach((code) => houses.add(code));
    Draw.lasso(false);
    houseChanged();
  }

  function houseChanged() {
    reconsider();
    showHouses();
    tools();
    consider();
  }

  /* — the tools over the map — */
  function tools() {
    const { draws } = need(), loops = need().houses;
    const ready = place && !looked && need().picks.every((name) => picked[name]);
    const drawing = ready && MK.map.getContainer().classList.contains('drawing');
    document.body.classList.toggle('drawing', Boolean(drawing));
    document.body.classList.toggle('choosing', Boolean(drawing && loops));
    $('tools').hidden = !drawing;
    $('draw').hidden = !ready || !(draws || loops);  // who works with keys goes to the map by it
    $('loop').hidden = !loops;
    $('loop').setAttribute('aria-pressed', String(Draw.looping()));
    for (const id of ['undo', 'clear']) $(id).disabled = !(draws ? points.length : houses.size);
    $('undo').hidden = !draws;
    $('finish').disabled = !complete();
    $('look').disabled = !complete();
    if (!drawing) return;
    const said = { count: number(draws ? points.length : houses.size),
      metres: number(Math.round(Draw.length())) };
    const todo = loops ? 'page.proposals.do_houses'
      : draws === 'area' ? 'map.draw.do_area' : 'page.proposals.do_line';
    const key = loops ? 'page.proposals.so_many_houses'
      : draws === 'area' ? 'map.draw.so_many_corners' : 'page.proposals.so_long';
    const told = complete() || points.length ? [t(key, said), sidesSaid()] : [t(todo)];
    $('tool-say').textContent = refused || told.filter(Boolean).join(' · ');
    $('tool-say').classList.toggle('bad', Boolean(refused));
  }

  function complete() {
    if (!place || !need().picks.every((name) => picked[name])) return false;
    if (need().draws) return points.length >= (need().draws === 'area' ? 3 : 2);
    if (need().houses) return houses.size > 0;
    if (need().many) return chosen.size > 1;
    return need().code !== 'must' || Boolean($('new').value.trim());
  }

  /* — what it means — */
  function operation() {
    const made = Object.assign({ do: kind }, picked), corners = points.map((p) => [p.lng, p.lat]);
    if (need().draws) made[need().draws] = corners;
    if (need().houses) made.buildings = [...houses];
    if (need().many) made.grids = [...chosen];
    for (const [field, box] of [['new', $('new')], ['name', $('new-name')]]) {
      if (need().code && box.value.trim()) made[field] = box.value.trim();
    }
    return made;
  }

  const ours = { 'Content-Type': 'application/json', 'X-Requested-With': 'wangge' };
  const post = (path, said, signal) => ask(path,
    { method: 'POST', body: JSON.stringify(said), headers: ours, signal });
  const body = () => ({ community: place.code, operations: [...done, operation()] });

  async function look() {
    const [drawn, those] = [points, operation()];
    height('half');
    notice('look-notice', '');
    $('loading').hidden = false;
    document.body.classList.add('waiting');
    try {
      const found = await post(API + '/impact', body());
      if (JSON.stringify(those) === JSON.stringify(operation())) accepted(found);
    } catch (problem) {
      refuse(wordsOf(problem), drawn);
    }
    document.body.classList.remove('waiting');
    $('loading').hidden = true;
    show();
    paint();
    if (!looked && phone.matches) return;
    const shown = looked ? 'impact' : 'look-notice';
    if (looked) $('impact-head').focus({ preventScroll: true });
    $(shown).scrollIntoView({ block: 'start' });
  }

  function accepted(found) {
    Draw.stop();
    looked = found;
    Houses.show(found.rehoused);
    showImpact();
  }

  /* What can't be made stays drawn, with the reason, until it is drawn anew or taken back. */
  function refuse(reason, drawn) {
    notice('look-notice', reason);
    if (drawn !== points) return;
    refused = reason;
    if (need().draws || need().houses) draw(true);
  }

  function showImpact() {
    const changed = new Map(looked.shapes.features.map((one) => [one.id, one.properties.name]));
    const named = (code) => changed.get(code) || nameOf(code);
    const faults = Impact.faultRows(looked);
    Impact.show(looked, named, shortOf, Houses.named);
    $('impact-faults').replaceChildren(...faults);
    $('faults-box').hidden = !faults.length;
    const reshaped = Impact.redrawn(looked).size;
    $('impact-sum').textContent = t(reshaped ? 'page.proposals.sum' : 'page.proposals.unchanged',
      { count: number(reshaped) });
    $('keep').hidden = !reshaped;
    $('name').value = t('page.proposals.default_name',
      { place: place.name, what: $('label-' + kind).textContent, day: boot.today });
    say($('impact-sum').textContent);
  }

  /* Back to the drawing, with what was drawn. */
  function redraw() {
    looked = null;
    notice('look-notice', '');
    if (need().draws || need().houses) draw();
    show();
    paint();
    consider();
  }

  function again() {
    forget();
    show();
    paint();
  }

  /* One more change on top: codes that were given are named, so that they can be used. */
  function more() {
    const fresh = looked.grids.find((one) => one.after && !one.before
      && !grids.some((grid) => grid.code === one.code));
    const kept = operation();
    if (fresh && need().code === 'new') Object.assign(kept, { new: fresh.code });
    done.push(kept);
    const shapes = new Map(looked.shapes.features.map((one) => [one.id, one]));
    grids = looked.grids.filter((one) => one.after).map((one) => {
      const was = grids.find((grid) => grid.code === one.code) || {};
      return { ...was, ...one.after, code: one.code, member: one.member,
        name: was.name || shapes.get(one.code).properties.name,
        feature: shapes.get(one.code) || was.feature };
    });
    forget();
    Houses.settle(grids, true);
    show();
    paint();
    $('panel').querySelector('.scroll').scrollTop = 0;
  }

  async function keep(event) {
    event.preventDefault();
    notice('keep-notice', '');
    try {
      const kept = { name: $('name').value, valid_from: $('from').value };
      const made = await post(API, Object.assign(body(), kept));
      $('kept').replaceChildren(el('p', {}, t('page.proposals.kept', { name: made.name })),
        el('a', { class: 'button primary', href: '/editions?id=' + made.id },
          t('page.proposals.to_edition')));
      $('kept').hidden = false;
      $('keep').hidden = true;
      say(t('page.proposals.kept', { name: made.name }));
    } catch (problem) {
      notice('keep-notice', wordsOf(problem));
    }
  }

  /* — the map — */
  const { theme } = boot;
  const filled = (color, weight, fillColor, fillOpacity) => ({ color, weight, fill: true, fillColor,
    fillOpacity });
  MK.styles.selected = () => filled(theme.selected, 4, theme.selected, 0.06);
  MK.tips.region = (p) => p.name + ' · ' + p.code;
  MK.clicks.region = (p) => (place ? pick(p.code) : open(p.code));
  /* While one draws, Draw hears every tap first. Else a tap on a building means its grid. */
  MK.clicks.building = (p) => pick(Houses.gridOf(p.code));

  /* Everything of ours on the map anew: what is picked, what is chosen, what would change. */
  function paint() {
    const codes = looked ? [] : need().many ? [...chosen] : Object.values(picked);
    const marked = grids.filter((one) => codes.includes(one.code) && one.feature);
    MK.mark('selected', marked.length && { type: 'FeatureCollection',
      features: marked.map((one) => one.feature) });
    Houses.paint();
    const base = done.length ? [['after', grids.map((one) => one.feature)]] : [];
    if (!looked) return ChangeMap.show(base);
    const differs = Impact.redrawn(looked);
    const [before, after] = [place.shapes, looked.shapes].map((shapes) => shapes.features
      .filter((one) => differs.has(one.id)));
    ChangeMap.show([['handed', looked.ground.features], ['after', after], ['before', before]]);
    const around = ChangeMap.box([...after, ...before]);
    return around && MK.fit(around, covered(), 0.1);
  }

  /* All of the community; while somebody draws, all of what is picked. */
  function whole() {
    if (document.body.classList.contains('drawing')) return closer(true);
    const around = place && ChangeMap.box(place.shapes.features);
    return MK.fit(around || boot.bounds, covered(), 0.08);
  }

  async function drawMap() {
    const levels = place ? ['grid', 'community'] : ['community', 'subdistrict'];
    try {
      const [found] = await Promise.all([MK.load('regions', { level: levels[0] }),
        MK.load('parents', { level: levels[1] })]);
      MK.crowd(found.truncated);
      notice('notice', found.truncated ? t('page.proposals.crowded') : '');
    } catch (problem) {
      notice('notice', wordsOf(problem), t('map.retry'), drawMap);
    }
    const { buildings } = MK.layers;
    if (buildings.drawn) buildings.drawn.bringToFront();
    MK.label((one) => !place || one.properties.level !== 'grid'
      || one.properties.parent_code === place.code);
    Houses.label();
    $('loading').hidden = true;
    MK.map.getContainer().dataset.ready = '1';
  }

  /* — start — */
  function listen() {
    const acts = {
      other: leave, whole, look, finish: look, undo: Draw.undo, cross: Draw.atCross, cancel: again,
      clear: () => { houses.clear(); points = []; Draw.clear(); houseChanged(); },
      loop: () => { Draw.lasso(!Draw.looping()); tools(); },
      draw: () => { draw(); show(); }, back: redraw, 'more-changes': more,
    };
    for (const [id, act] of Object.entries(acts)) $(id).addEventListener('click', () => act());
    $('community').addEventListener('input', search);
    $('new').addEventListener('input', () => { reconsider(); tools(); consider(); });
    $('new-name').addEventListener('input', tools);
    $('keep').addEventListener('submit', keep);
    for (const radio of document.querySelectorAll('[name=do]')) {
      radio.addEventListener('change', () => { kind = radio.value; again(); });
    }
    for (const name of PICKS) {
      $('pick-' + name).querySelector('select').addEventListener('change', (event) => {
        set(name, event.target.value);
        begin(true);
      });
    }
  }

  function start() {
    window.Panel.start(MK);
    Draw.listen();
    listen();
    $('as-of').textContent = t('map.as_of', { day: dayText(boot.today) });
    $('from').value = boot.today;
    const [west, south, east, north] = boot.bounds;
    MK.map.fitBounds([[south, west], [north, east]], { animate: false });
    show();
    const restore = () => {
      const code = new URLSearchParams(location.search).get('community');
      if (code) return open(code, true);
      place = null;
      show();
      list(true);
      whole();
      return drawMap();
    };
    restore();
    window.addEventListener('popstate', restore);
    MK.map.on('moveend', drawMap);
  }

  document.addEventListener('DOMContentLoaded', start);
}());
