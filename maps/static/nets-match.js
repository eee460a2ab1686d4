/* A foreign net from a file: its polygons become sets of grids; where its lines cut grids is shown,
   with area, buildings and households, before anything is kept. */
(function () {
  'use strict';
  const { t, el, ask, tell } = window.Wangge;
  const { $, number, wordsOf, notice, say } = window.Panel;
  let hooks = null, features = [];

  const polygon = (one) => one && one.geometry && /Polygon$/.test(one.geometry.type);

  /* Read the file, and offer its columns to take the units' codes from. */
  async function read() {
    const [file] = $('file').files;
    features = [];
    $('matched').hidden = true;
    notice('match-notice', '');
    if (!file) return;
    try {
      const told = JSON.parse(await file.text());
      features = ((told && told.features) || []).filter(polygon);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
    const columns = features.length ? Object.keys(features[0].properties || {}) : [];
    $('code-field').replaceChildren(...columns.map((one) => el('option', { value: one }, one)));
    const usual = columns.find((one) => /^(code|id|代码|编码|编号)$/i.test(one));
    if (usual) $('code-field').value = usual;
    if (!columns.length) notice('match-notice', t('page.nets.no_polygons'));
    if (!$('net-name').value) $('net-name').value = file.name.replace(/\.[^.]*$/, '');
  }

  const nameOf = (p) => String(p.name || p['名称'] || '').slice(0, 200);

  function body(keep, replace) {
    const field = $('code-field').value;
    const polygons = features.map(({ geometry: { type, coordinates }, properties: p }) => ({
      code: String(p[field]), name: nameOf(p), geometry: { type, coordinates } }));
    return { code: $('net-code').value, name: $('net-name').value, kind: $('net-kind').value,
      region: hooks.region(), crs: $('crs').value, source: $('file').files[0].name, polygons,
      keep, replace };
  }

  /* Of a code that is in use it is asked, with what is known of that net, before it is replaced. */
  async function askFirst() {
    const code = $('net-code').value;
    const net = await ask('/api/v1/nets/' + encodeURIComponent(code));
    const facts = { code, name: net.name, units: number(net.units), grids: number(net.grids) };
    notice('match-notice', t('page.nets.replace', facts), t('page.nets.replace_sure'),
      () => match(true, true));
  }

  async function match(keep, replace) {
    if (!hooks.region()) return notice('match-notice', t('page.nets.need_region'));
    if (!features.length) return notice('match-notice', t('page.nets.no_polygons'));
    notice('match-notice', '');
    document.body.classList.add('waiting');
    try {
      show(await tell('/api/v1/nets/match', body(keep, Boolean(replace))));
      if (keep) hooks.kept($('net-code').value);
    } catch (problem) {
      if (problem.status === 409) await askFirst();
      else notice('match-notice', wordsOf(problem));
    }
    document.body.classList.remove('waiting');
    return null;
  }

  function show(found) {
    const sum = t(found.fits ? 'page.nets.fits' : 'page.nets.offends', {
      units: number(found.units.length), count: number(found.offences.length) });
    $('matched').hidden = false;
    $('matched-sum').textContent = sum;
    say(sum);
    $('verdicts').replaceChildren(...found.units.map((one) => el('li',
      { class: one.verdict === 'fits' ? '' : 'bad' }, [nameOf(one) || one.code, ': ', one.text])));
    $('offences').replaceChildren(...found.places.features.map((one) => el('li', {}, el('button', {
      type: 'button', class: 'quiet', on: { click: () => hooks.fit([one]) },
    }, one.properties.text))));
    hooks.places(found.places.features);
  }

  function start(given) {
    hooks = given;
    $('file').addEventListener('change', read);
    $('match').addEventListener('submit', (event) => { event.preventDefault(); match(false); });
    $('keep').addEventListener('click', () => match(true));
  }

  window.Match = { start };
}());
