/* Reporting: place first, then what; kept on this device until the service has confirmed it. */
(function () {
  'use strict';
  const { boot, t, el, ask, tell } = window.Wangge, P = window.FieldParts, F = window.Field;
  const { $, wordsOf, height } = window.Panel, { w, button } = F;
  const FRESH_MS = 120000, PATIENCE_MS = 20000;
  const box = P.drafts(localStorage, boot.me.id), habit = 'wangge.used.' + boot.me.id;
  const form = $('form');
  let spot = null, categories = [], key = '', sending = false;

  /* — where — */
  F.report = (at) => {
    const me = F.me && Date.now() - F.me.at < FRESH_MS && F.me;
    const fresh = F.view !== 'report';
    if (fresh) { loadCategories(); problem(''); F.hush(); }
    const guess = () => (me ? fixed(me) : Object.assign({ origin: 'centre' }, F.centre()));
    if (at || fresh) setSpot(at || guess());
    if (fresh) F.show('report', 'full');
    if (!at && !me) F.locate((fix, error) => { denied = error; useFix(fix); }, true);
  };
  const fixed = (me) => ({ origin: 'gps', lon: me.lon, lat: me.lat, accuracy: me.accuracy });
  let denied = null;

  /* A fix replaces a guess, never a place that somebody picked. */
  const useFix = (fix) => F.view === 'report' && spot.origin === 'centre'
    && (fix ? setSpot(fixed(fix)) : sayPlace());

  const isVague = (at) => at.origin === 'centre' || (at.origin === 'gps' && at.accuracy > 50);
  function sayPlace() {
    const gaps = { n: Math.round(spot.accuracy), name: spot.name };
    const more = document.createElement('span'), why = denied ? F.lostWords(denied) : '';
    if (isVague(spot)) more.textContent = spot.origin === 'gps' ? w('coarse', gaps) : why;
    $('place').replaceChildren(w('place_' + spot.origin, gaps), more);
    $('place').dataset.origin = spot.origin;
  }

  function setSpot(at) {
    spot = at;
    sayPlace();
    F.showSpot(at.building || at.lon === undefined ? null : at);
    askWhose(at);
  }

  /* Whose ground it is, and what to do when that isn't sure. Without an answer nothing is said. */
  async function askWhose(at) {
    $('whose').textContent = '';
    $('near').replaceChildren();
    const place = at.qr ? { qr: at.qr } : at.building ? { building: at.building } : Object.assign(
      { lon: at.lon, lat: at.lat, crs: 'wgs84' }, at.accuracy ? { accuracy_m: at.accuracy } : {});
    if (!at.qr && !at.building && at.lon === undefined) return;
    try {
      const found = await ask('/api/v1/responsible?' + new URLSearchParams(place));
      if (at !== spot) return;
      sayWhose(found, at);
      if (!at.building && (isVague(at) || !found.place.confident)) offerHouses(at);
    } catch (error) {
      wordsOf(error);
    }
  }

  function sayWhose({ place, member }, at) {
    const { grid, candidates } = place, name = grid && (grid.name || grid.code);
    const who = member ? member.name : w('nobody'), own = grid && grid.code === boot.grid.code;
    $('whose').textContent = !place.confident && candidates[1] ? unsure(candidates, at.accuracy)
      : !grid ? place.warning || w('outside') : !own ? w('of_other', { grid: name, who })
        : isVague(at) ? w('of_guess', { grid: name }) : name;
  }

  function unsure(candidates, accuracy) {
    const [a, b] = candidates.map((one) => w('share', {
      name: one.name || one.code || w('outside_short'), n: Math.round(one.share * 100) }));
    return accuracy ? w('unsure', { m: Math.round(accuracy), a, b }) : w('unsure_near', { a, b });
  }

  async function offerHouses(at) {
    const found = await ask('/api/v1/buildings.geojson?bbox=' + P.boxAround(at, 80))
      .catch((error) => { wordsOf(error); return { features: [] }; });
    if (at !== spot) return;
    const near = found.features.map((one) => Object.assign({}, one.properties, {
      far: P.metres(at, P.middle(one.geometry)) })).sort((x, y) => x.far - y.far);
    const onMap = document.querySelector('.folium-map')
      ? [button(w('pick_on_map'), () => height('min'))] : [];
    $('near').replaceChildren(...near.slice(0, 4).map(houseButton), ...onMap);
  }

  /* With its address: every compound has a 6幢. */
  const houseButton = (one) => {
    const name = [one.name, one.address].filter(Boolean).join(' · ');
    return button(name, () => setSpot({ building: one.code, name, origin: 'house' }));
  };

  let seeking = 0;
  async function seekHouse() {
    const mine = seeking += 1, q = $('house').value.trim();
    const parts = new URLSearchParams({ q, region: 'grid:' + boot.grid.code, limit: 8 });
    const found = q && await ask('/api/v1/buildings?' + parts)
      .catch((error) => ({ problem: wordsOf(error) }));
    if (mine !== seeking) return;
    const none = found.problem || w('no_house');
    const rows = (found.buildings || []).map(houseButton);
    $('houses').replaceChildren(...(q && !rows.length ? [el('span', {}, none)] : rows));
  }

  /* — what — */
  const used = () => JSON.parse(localStorage.getItem(habit) || '[]');

  async function loadCategories() {
    paintCategories();
    if (categories.length) return;
    try {
      categories = await ask('/api/v1/categories');
      paintCategories();
    } catch (error) {
      wordsOf(error);
    }
  }

  /* The six used last come first; a search finds all. What is chosen stays in sight. */
  function paintCategories() {
    const recent = used(), q = $('seek').value.trim().toLowerCase();
    const known = recent.concat(categories.filter((c) => recent.every((r) => r.code !== c.code)));
    const chosen = form.category ? form.category.value : (recent[0] || {}).code;
    const found = known.filter((c) => c.name.toLowerCase().includes(q)).slice(0, 6);
    const kept = known.filter((c) => c.code === chosen && !found.includes(c));
    $('picks').replaceChildren(...kept.concat(found).map((c) => el('label', { class: 'pick' }, [
      el('input', Object.assign({ type: 'radio', name: 'category', value: c.code },
        c.code === chosen ? { checked: '' } : {})), el('span', {}, c.name)])));
    $('picks').known = known;
  }

  /* — sending — */
  function problem(text) {
    $('problem').textContent = text;
    $('problem').hidden = !text;
    if (text) $('problem').scrollIntoView({ block: 'nearest' });
  }

  function written() {
    const category = $('picks').known.find((c) => c.code === (form.category || {}).value);
    const text = form.text.value.trim() || (category ? category.name : '');
    const { lon, lat, accuracy, origin } = spot, point = { lon, lat, crs: 'wgs84', origin };
    if (accuracy) point.accuracy_m = Math.round(accuracy * 10) / 10;
    const body = { text, channel: 'patrol', observed_at: new Date().toISOString() };
    if (category) body.category = category.code;
    if (form.urgent.checked) body.urgent = true;
    if (spot.qr) body.place = { qr: spot.qr };
    else if (spot.building) body.place = { building: spot.building };
    else if (lon !== undefined) body.place = { point };
    const contact = { name: form.name.value.trim(), phone: form.phone.value.trim() };
    if (contact.name || contact.phone) body.contact = contact;
    return { body, category };
  }

  async function send(event) {
    event.preventDefault();
    const { body, category } = written(), draft = { key: P.newKey(crypto), body };
    if (!body.text) return problem(w('say_what'));
    try {
      box.keep(draft);
    } catch (full) {
      return problem(w('storage_full'));
    }
    if (category) {
      const { code, name } = category, others = used().filter((c) => c.code !== code);
      localStorage.setItem(habit, JSON.stringify([{ code, name }, ...others].slice(0, 6)));
    }
    $('send').disabled = true;
    try {
      const receipt = await deliver(draft);
      clear();
      showReceipt(receipt);
      F.load();
    } catch (error) {
      const text = wordsOf(error);
      if (P.waits(error.status)) {
        clear();
        F.back();
        F.toast(w('kept', { n: box.all().length }));
      } else {
        box.drop(draft.key);
        problem(text);
      }
    }
    $('send').disabled = false;
    return paintWaiting();
  }

  function clear() {
    form.reset();
    $('houses').replaceChildren();
    $('picks').replaceChildren();
    F.showSpot(null);
  }

  /* The receipt of a draft, which is dropped only with the receipt in hand. Whoever is signed in
     by now must be its author: another tab may have changed that. */
  async function deliver(draft) {
    const late = new Promise((_, no) => {
      setTimeout(() => no(Object.assign(new Error(w('no_answer')), { status: 0 })), PATIENCE_MS);
    });
    const sent = ask('/api/v1/me').then((me) => {
      if (me.login === boot.me.login) {
        return tell('/api/v1/matters', draft.body, { 'Idempotency-Key': draft.key });
      }
      throw Object.assign(new Error(w('other_account')), { status: 401 });
    });
    const receipt = await Promise.race([sent, late]);
    box.drop(draft.key);
    return receipt;
  }

  /* Send what waits, oldest first; one that is refused keeps the reason and lets the next pass. */
  F.flush = async () => {
    const due = box.all().filter((draft) => !draft.refused);
    paintWaiting();
    if (sending || !due.length || !navigator.onLine) return;
    sending = true;
    try {
      for (const draft of due) {
        try {
          await deliver(draft);
        } catch (error) {
          if (P.waits(error.status)) throw error;
          box.keep(Object.assign(draft, { refused: wordsOf(error) }));
        }
      }
      F.toast(w('all_sent'));
      F.load();
    } catch (error) {
      wordsOf(error);
    } finally {
      sending = false;
      paintWaiting();
    }
  };

  function paintWaiting() {
    const waiting = box.all();
    $('waiting').replaceChildren(w('waiting'), el('b', { id: 'waiting-count' },
      String(waiting.length)));
    $('waiting').className = waiting.length ? 'some' : '';
    $('drafts').replaceChildren(...waiting.map((draft) => el('li', {}, [
      el('b', { dir: 'auto' }, draft.body.text),
      el('span', { class: 'muted' }, F.when(draft.body.observed_at)),
      ...(draft.refused ? [el('p', { class: 'problem' }, draft.refused),
        button(w('discard'), () => { box.drop(draft.key); paintWaiting(); })] : []),
    ])));
    if (!waiting.length) $('drafts').replaceChildren(el('li', {}, w('nothing_waits')));
  }

  /* — the receipt — */
  function showReceipt(r) {
    const { place, member, handler } = r, unsureHere = !place.confident && place.candidates[1];
    const whom = handler && (handler.name || handler.kind_name);
    const facts = [
      ['no', r.no], ['query_code', r.query_code],
      ['place', [place.community, place.grid].filter(Boolean).map((one) => one.name).join(' ')],
      ['member', member && [member.name, member.phone, member.substitute ? w('substitute') : '']
        .filter(Boolean).join(' ')],
      ['handler', whom], ['class', r.matter_class && t('matter_class.' + r.matter_class)],
      ['due', F.when(r.due_at)],
    ];
    const notes = [place.warning, unsureHere && unsure(place.candidates, place.accuracy_m),
      r.queue && w('queue_' + r.queue), ...r.reasons,
      ...r.similar.map((s) => w('similar', { no: s.no, m: Math.round(s.metres), n: s.minutes }))];
    $('receipt').replaceChildren(F.facts(facts), ...notes.filter(Boolean)
      .map((text) => el('p', { class: 'note', dir: 'auto' }, text)));
    F.show('sent', 'full');
  }

  F.startReport = () => {
    $('go').addEventListener('click', () => F.report());
    $('waiting').addEventListener('click', () => { paintWaiting(); F.show('outbox'); F.flush(); });
    $('seek').addEventListener('input', paintCategories);
    let pause = 0;
    $('house').addEventListener('input', () => {
      clearTimeout(pause);
      pause = setTimeout(seekHouse, 250);
    });
    form.addEventListener('submit', send);
    addEventListener('storage', paintWaiting);
    F.flush();
  };
}());
