/* 版本: the list of editions, and one of them: what it changes, faults, approvals, in force, back. */
(function () {
  'use strict';
  const { boot, t, el, ask, tell } = window.Wangge;
  const { $, phone, number, say, dayText, wordsOf, notice, height, covered, short } = window.Panel;
  const { MK, ChangeMap, Impact } = window;
  const API = '/api/v1/editions';
  const choice = { id: '', state: '' };
  let rows = [], next = null, edition = null, changes = [], faults = [], drawn = [], mine = 0;

  /* — the address — */
  function address() {
    const parts = Object.entries(choice).filter(([, value]) => value);
    return '?' + new URLSearchParams(parts);
  }

  function go(change) {
    Object.assign(choice, change);
    history.pushState(null, '', address());
    show();
  }

  function readAddress() {
    const given = new URLSearchParams(location.search);
    choice.id = /^\d{1,15}$/.test(given.get('id')) ? given.get('id') : '';
    const states = [...document.querySelectorAll('[name=state]')].map((one) => one.value);
    choice.state = states.includes(given.get('state')) ? given.get('state') : '';
  }

  function show() {
    $('list').hidden = Boolean(choice.id);
    $('one').hidden = !choice.id;
    document.querySelector('[name=state][value="' + choice.state + '"]').checked = true;
    return choice.id ? open() : list();
  }

  /* — the list — */
  async function list(more) {
    edition = null;
    paint([]);
    const asked = new URLSearchParams({ limit: 50 });
    if (choice.state) asked.set('state', choice.state);
    if (more) asked.set('before', next);
    try {
      const found = await ask(API + '?' + asked);
      rows = more ? rows.concat(found.editions) : found.editions;
      next = found.next;
      notice('list-notice', rows.length ? '' : t('page.editions.none'));
    } catch (problem) {
      notice('list-notice', wordsOf(problem), t('map.retry'), () => list(more));
    }
    $('rows').replaceChildren(...rows.map((one) => el('li', {}, el('button', { type: 'button',
      'data-id': one.id, on: { click: () => go({ id: String(one.id) }) } }, [
      el('span', { class: 'chip state ' + one.state }, t('edition.' + one.state)),
      el('b', {}, one.name),
      el('small', {}, [rootOf(one), t('page.editions.from', { day: dayText(one.valid_from) }),
        one.undoes && t('page.editions.undoes', { name: one.undoes })].filter(Boolean).join(' · ')),
    ]))));
    $('more').hidden = !next;
  }

  const rootOf = (one) => (one.root ? one.root.name : t('page.editions.everything'));

  /* — one edition — */
  async function open() {
    const turn = mine += 1;
    $('loading').hidden = false;
    const at = API + '/' + choice.id;
    try {
      const found = await ask(at);
      const [all, wrong] = await Promise.all([ask(at + '/changes?limit=200'), ask(at + '/faults')]);
      if (turn !== mine) return;
      [edition, changes, faults] = [found, all.changes, wrong.faults];
      notice('one-notice', '');
      $('cut').hidden = !all.next;
      showOne();
      await Promise.all([showMap(at, turn), showMeaning(turn)]);
    } catch (problem) {
      if (turn === mine) notice('one-notice', wordsOf(problem), t('map.retry'), open);
    }
    $('article').hidden = !edition;
    $('loading').hidden = true;
  }

  async function showMap(at, turn) {
    if (!edition.may.includes('shapes')) return notice('one-notice', t('page.editions.no_shapes'));
    const found = await ask(at + '/changes.geojson');
    if (turn !== mine) return null;
    paint(found.features);
    return fit(drawn);
  }

  /* What its proposer saw, for those who decide about a change of one community's grids. */
  async function showMeaning(turn) {
    $('meaning').hidden = true;
    const { may, root } = edition;
    if (!may.includes('impact') || root.level !== 'community') return;
    const found = await ask('/api/v1/proposals/' + edition.id + '/impact');
    if (turn !== mine) return;
    const names = new Map(found.shapes.features.map((one) => [one.id, one.properties.name]));
    const before = new Map(changes.map((one) => [one.code, one.name_before]));
    const named = (code) => names.get(code) || before.get(code) || short(code, root.code);
    Impact.show(found, named, (code) => short(code, root.code), (code) => code);
    $('meaning').hidden = false;
  }

  function showOne() {
    const { may } = edition, is = (right) => may.includes(right);
    $('name').textContent = edition.name;
    $('state').textContent = t('edition.' + edition.state);
    $('state').className = 'chip state ' + edition.state;
    const facts = {
      scope: rootOf(edition),
      level: boot.words['map.level.' + edition.level] || edition.level,
      day: dayText(edition.valid_from),
      active: edition.activated_at && dayText(edition.activated_at.slice(0, 10)),
      author: edition.whole && (edition.author || t('page.editions.by_command')),
      undoes: edition.undoes,
      beside: edition.beside.join(t('page.proposals.comma')),
    };
    for (const place of document.querySelectorAll('[data-fact]')) {
      place.textContent = facts[place.dataset.fact] || '';
      place.closest('.fact').hidden = !place.textContent;
    }
    $('failure').hidden = !edition.failure;
    $('failure').textContent = edition.failure
      ? t('edition.line_failure', { failure: edition.failure }) : '';
    $('unjudged').hidden = edition.judged;
    showChanges();
    showFaults(is('accept'));
    showApprovals(is('approve'));
    for (const right of ['schedule', 'withdraw', 'undo', 'day']) {
      $(right + '-box').hidden = !is(right);
    }
    $('new-day').value = edition.valid_from;
    $('in-part').hidden = edition.whole;
    $('deciding').hidden = !edition.whole;
    $('schedule-how').textContent = t(edition.valid_from <= boot.today ? 'page.editions.at_once'
      : 'page.editions.on_day', { day: dayText(edition.valid_from) });
    $('undo-name').value = t('page.editions.undo_default', { name: edition.name });
    say(edition.name + ' · ' + $('state').textContent);
  }

  const kindsOf = (one) => one.changes.map((what) => t('edition.change.' + what))
    .join(t('page.proposals.comma'));

  function figures(one) {
    const sizes = [one.m2_before, one.m2_after].filter((m2) => m2 !== null).map(ChangeMap.area);
    const said = [sizes.join(' → ')];
    if (one.changes.includes('moved')) {
      const { m2_gained: gained, m2_lost: lost } = one, { area } = ChangeMap;
      if (gained >= 1) said.push(t('page.editions.gained', { area: area(gained) }));
      if (lost >= 1) said.push(t('page.editions.lost', { area: area(lost) }));
    }
    const was = one.name_before, is = one.name_after;
    if (was && is && was !== is) said.push(was + ' → ' + is);
    return said.filter(Boolean).join(' · ');
  }

  /* A neighbour that gets a corner on a shared edge, and no ground. */
  const onlyCorners = (one) => one.changes.join() === 'moved'
    && one.m2_gained !== null && one.m2_gained < 1 && one.m2_lost < 1;

  function showChanges() {
    const shown = changes.filter((one) => !onlyCorners(one));
    const corners = changes.length - shown.length;
    const counts = Object.entries(edition.changes).map(([what, count]) => [what,
      what === 'moved' ? count - corners : count]).filter(([, count]) => count)
      .map(([what, count]) => t('edition.change.' + what) + ' ' + number(count));
    $('sum').textContent = counts.join(' · ') || t('page.editions.nothing');
    $('corners').hidden = !corners;
    $('corners').textContent = t('page.editions.corners', { count: number(corners) });
    $('changes').replaceChildren(...shown.map((one) => el('li', {}, el('button', {
      type: 'button', class: 'quiet', 'data-code': one.code, on: { click: () => choose(one.code) },
    }, [el('b', {}, (one.name_after || one.name_before || one.code) + ' · ' + kindsOf(one)),
      el('small', {}, short(one.code, edition.root && edition.root.code)),
      el('small', {}, figures(one))]))));
  }

  function choose(code) {
    const features = drawn.filter((one) => [one.properties.code, one.properties.to,
      one.properties.source].includes(code));
    if (phone.matches) height('half');
    fit(features);
  }

  function fit(features) {
    const around = features.length && ChangeMap.box(features);
    if (around) MK.fit(around, covered(), 0.15);
  }

  function showFaults(may) {
    const open_ = faults.filter((one) => !one.accepted_at);
    $('fault-sum').textContent = faults.length ? t('page.editions.fault_sum',
      { count: number(faults.length), open: number(open_.length) }) : t('edition.no_faults');
    $('faults').replaceChildren(...faults.map((one) => {
      const box = may && one.acceptable && !one.accepted_at
        ? [el('input', { type: 'checkbox', name: 'fault', value: one.key })] : [];
      const said = one.accepted_at
        ? t('edition.fault_accepted', { who: one.accepted_by, why: one.why })
        : t(one.acceptable ? 'edition.fault_open' : 'page.editions.unacceptable');
      const words = el('span', {}, [one.text, el('small', {}, said)]);
      return el('li', { class: one.accepted_at ? '' : 'bad' },
        box.length ? el('label', {}, [...box, words]) : words);
    }));
    $('accept').hidden = !may || !open_.some((one) => one.acceptable);
  }

  function showApprovals(may) {
    const taken = edition.approvals.map((one) => el('li', { class: 'taken' }, [
      el('b', {}, one.name), el('small', {}, [one.account_name,
        one.document_no || t('page.editions.no_document'),
        dayText(one.decided_on)].join(' · '))]));
    const needed = edition.needed.map((one, i) => el('li', { class: i ? '' : 'now' }, [
      el('b', {}, one.name), el('small', {}, t('page.editions.step_by', {
        role: t('role.' + one.role), level: one.level ? t('edition.step_from', {
          level: boot.words['map.level.' + one.level] || one.level }) : t('edition.step_anywhere'),
      }))]));
    $('steps').replaceChildren(...taken, ...needed);
    const none = !taken.length && !needed.length;
    $('no-steps').hidden = !none;
    $('approve').hidden = !may;
    const turn = edition.needed[0];
    const open_ = edition.state === 'draft' && turn && !may;
    $('not-yours').hidden = !open_;
    if (open_) {
      $('not-yours').textContent = t(edition.own ? 'page.editions.own_draft'
        : 'page.editions.not_yours', { step: turn.name });
    }
    if (!may) return;
    $('approve-button').textContent = t('page.editions.approve', { step: turn.name });
    $('approve-button').disabled = edition.open_faults > 0;
    notice('approve-notice', edition.open_faults ? t('page.editions.faults_first') : '');
  }

  /* — decisions — */
  async function decide(path, body, box) {
    notice(box, '');
    try {
      const answer = await tell(API + '/' + choice.id + path, body);
      return answer || {};
    } catch (problem) {
      notice(box, wordsOf(problem));
      return null;
    }
  }

  const DECISIONS = {
    accept: async () => {
      const boxes = [...document.querySelectorAll('[name=fault]')];
      const keys = boxes.filter((one) => one.checked).map((one) => one.value);
      if (!keys.length) return notice('accept-notice', t('page.editions.choose_fault'));
      const said = { keys, why: $('why').value };
      return await decide('/faults/accept', said, 'accept-notice') && open();
    },
    approve: async (sure) => {
      if (sure !== true && !$('document').value.trim()) {
        return notice('approve-notice', t('page.editions.without_document'),
          t('page.editions.without_document_sure'), () => DECISIONS.approve(true));
      }
      const said = { step: edition.needed[0].step, document_no: $('document').value,
        decided_on: $('decided').value };
      return await decide('/approvals', said, 'approve-notice') && open();
    },
    schedule: async () => await decide('/schedule', {}, 'schedule-notice') && open(),
    day: async () => {
      const said = { valid_from: $('new-day').value };
      return await decide('/day', said, 'day-notice') && open();
    },
    withdraw: async () => {
      if (!await decide('/withdraw', {}, 'withdraw-notice')) return;
      go({ id: '' });
      say(t('page.editions.withdrawn'));
    },
    undo: async () => {
      const made = await decide('/undo', { name: $('undo-name').value }, 'undo-notice');
      if (made) go({ id: String(made.id) });
    },
  };

  /* — the map — */
  MK.tips.region = (p) => p.name + ' · ' + p.code;
  const SIDES = ['handed', 'after', 'before'];

  function paint(features) {
    const still = new Set(changes.filter(onlyCorners).map((one) => one.code));
    drawn = features.filter((one) => !still.has(one.properties.code));
    ChangeMap.show(SIDES.map((side) => [side,
      drawn.filter((one) => one.properties.side === side)]));
  }

  const ABOVE = { grid: 'community', community: 'subdistrict', subdistrict: 'county' };

  async function drawMap() {
    const level = edition && ABOVE[edition.level] ? edition.level : 'grid';
    try {
      const [found] = await Promise.all([MK.load('regions', { level }),
        MK.load('parents', { level: ABOVE[level] })]);
      MK.crowd(found.truncated);
      notice('notice', '');
    } catch (problem) {
      notice('notice', wordsOf(problem), t('map.retry'), drawMap);
    }
    MK.label();
    $('loading').hidden = true;
    MK.map.getContainer().dataset.ready = '1';
  }

  /* — start — */
  function start() {
    window.Panel.start(MK);
    $('as-of').textContent = t('map.as_of', { day: dayText(boot.today) });
    $('decided').value = boot.today;
    $('decided').max = boot.today;
    const whole = () => (drawn.length ? fit(drawn) : MK.fit(boot.bounds, covered(), 0.05));
    $('whole').addEventListener('click', whole);
    $('back').addEventListener('click', () => go({ id: '' }));
    $('more').addEventListener('click', () => list(true));
    for (const radio of document.querySelectorAll('[name=state]')) {
      radio.addEventListener('change', () => go({ state: radio.value, id: '' }));
    }
    for (const [name, act] of Object.entries(DECISIONS)) {
      $(name).addEventListener('submit', (event) => { event.preventDefault(); act(); });
    }
    const [west, south, east, north] = boot.bounds;
    MK.map.fitBounds([[south, west], [north, east]], { animate: false });
    whole();
    const restore = () => { readAddress(); show(); };
    restore();
    drawMap();
    window.addEventListener('popstate', restore);
    MK.map.on('moveend', drawMap);
  }

  document.addEventListener('DOMContentLoaded', start);
}());
