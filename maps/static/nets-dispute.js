/* New contested ground: drawn on the map, with those who claim it, who acts there meanwhile, until
   when. Whose ground may be claimed, the service decides; offered is what lies there or near by. */
(function () {
  'use strict';
  const { boot, t, el, tell } = window.Wangge;
  const { $, number, wordsOf, notice, say } = window.Panel;
  const { MK, Draw, ChangeMap } = window;
  const NEAR_DEG = 0.0005;  // some fifty metres around the drawing
  let hooks = null, points = [], asking = 0;

  const corners = () => [...points, points[0]].map((at) => [at.lng, at.lat]);
  const polygon = (ring) => ({ type: 'Polygon', coordinates: [ring] });
  const ground = () => ({ type: 'Feature', properties: {}, geometry: polygon(corners()) });

  /* — drawing — */
  function draw() {
    Draw.start({ kind: 'area', points, cancelled: () => { points = []; done(); },
      changed: (now) => { points = now; tools(); } });
    document.body.classList.add('drawing');
    MK.map.getContainer().focus({ preventScroll: true });
    tools();
  }

  function tools() {
    $('tools').hidden = !document.body.classList.contains('drawing');
    for (const id of ['undo', 'clear']) $(id).disabled = !points.length;
    $('finish').disabled = points.length < 3;
    $('tool-say').textContent = points.length ? t('map.draw.so_many_corners',
      { count: number(points.length) })
      : t('map.draw.do_area');
  }

  function done() {
    Draw.stop();
    document.body.classList.remove('drawing');
    tools();
    $('drawn-size').textContent = points.length > 2
      ? t('map.draw.so_many_corners', { count: number(points.length) }) : '';
    hooks.paint();
    notice('contest-notice', '');
    parties();
    $('draw').focus();
  }

  /* — who can claim it: what lies within some metres of it — */
  async function parties() {
    const mine = asking += 1;
    if (points.length < 3) return offer([]);
    const [west, south, east, north] = ChangeMap.box([ground()]);
    const [w, s, e, n] = [west - NEAR_DEG, south - NEAR_DEG, east + NEAR_DEG, north + NEAR_DEG];
    const geometry = polygon([[w, s], [e, s], [e, n], [w, n], [w, s]]);
    try {
      const path = '/api/v1/regions/intersecting?limit=200';
      const found = await tell(path, { crs: 'wgs84', geometry });
      if (mine === asking) offer(found.regions);  // not of a drawing that was drawn anew meanwhile
    } catch (problem) {
      notice('contest-notice', wordsOf(problem), t('map.retry'), parties);
    }
  }

  function offer(found) {
    const levels = boot.levels.filter((one) => !one.overlay && one.count).map((one) => one.code);
    const lowest = levels[levels.length - 1];
    const of = (level) => found.filter((one) => one.level === level);
    const words = (one) => (one.name || one.code) + ' · ' + one.code;
    const listed = levels.slice(-2).flatMap(of), above = of(levels[levels.length - 2]);
    $('parties').replaceChildren(...listed.map((one) => {
      const box = el('input', { type: 'checkbox', value: one.level + ':' + one.code });
      box.checked = above.length === 2 && one.level !== lowest;
      return el('li', {}, el('label', {}, [box, el('span', {}, words(one))]));
    }));
    const grids = of(lowest).map((one) => el('option', { value: one.code }, words(one)));
    $('owner').replaceChildren(el('option', { value: '' }, '—'), ...grids);
  }

  /* — keeping it — */
  async function contest(event) {
    event.preventDefault();
    const claimants = [...$('parties').querySelectorAll(':checked')].map((one) => one.value);
    if (points.length < 3) return notice('contest-notice', t('page.nets.draw_first'));
    if (claimants.length < 2) return notice('contest-notice', t('page.nets.two_parties'));
    const said = { code: $('dispute-code').value, claimants, owner: $('owner').value,
      reason: $('reason').value, source: $('document').value, since: $('since').value,
      ends_on: $('ends-on').value, crs: 'wgs84', geometry: polygon(corners()) };
    try {
      const kept = await tell('/api/v1/disputes', said);
      points = [];
      reset();
      $('drawn-size').textContent = '';
      offer([]);
      $('dispute-box').open = false;
      say(t('page.nets.contested', { code: kept.code }));
      hooks.kept(kept.code);
    } catch (problem) {
      notice('contest-notice', wordsOf(problem));
    }
    return null;
  }

  function reset() {
    $('contest').reset();
    $('since').value = boot.today;
  }

  function start(given) {
    hooks = given;
    reset();
    Draw.listen();
    const acts = { draw, finish: done, undo: Draw.undo, clear: Draw.clear, cross: Draw.atCross,
      cancel: () => { points = []; done(); } };
    for (const [id, act] of Object.entries(acts)) $(id).addEventListener('click', () => act());
    $('contest').addEventListener('submit', contest);
  }

  /* What is drawn and not kept yet, as features. */
  const drawn = () => (points.length > 2 ? [ground()] : []);

  window.Contest = { start, drawn };
}());
