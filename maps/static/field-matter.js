/* One matter: what is known of it, and the next steps as the service offers them. */
(function () {
  'use strict';
  const { t, el, ask } = window.Wangge, F = window.Field;
  const { $, wordsOf } = window.Panel, { w, button } = F;
  const CHOICES = {
    return_reason: ['not_competent', 'other_place', 'owner_unclear', 'too_little_said'],
    private_way: ['self', 'mutual', 'market'],
    unit: ['working_hour', 'working_day', 'calendar_day', 'clock_hour'],
  };
  const units = () => ask('/api/v1/organisations?limit=500').then((found) => found.organisations);
  const LISTS = {
    list_item: () => ask('/api/v1/categories'), handler: units, counter_proposal: units,
  };
  const LINES = ['section', 'person', 'target'];
  const FIELDS = { section_and_person: ['section', 'person'], limit: ['amount', 'unit'] };
  let opened = '';

  /* Name and value, a line each; what has no value is left out. */
  F.facts = (pairs) => el('dl', {}, pairs.filter(([, value]) => value && value.length !== 0)
    .map(([name, value]) => el('div', { class: 'fact' }, [
      el('dt', {}, w('fact_' + name)), el('dd', { dir: 'auto' }, value)])));

  F.open = async (no) => {
    opened = no;
    $('matter-title').textContent = w('loading');
    $('matter').replaceChildren();
    F.show('detail');
    F.choose(no, true);
    await read(no);
  };
  F.readAgain = (no) => (F.view === 'detail' && opened === no ? read(no) : null);

  async function read(no) {
    try {
      const found = await ask('/api/v1/matters/' + encodeURIComponent(no));
      if (no === opened) paint(found);
    } catch (problem) {
      const text = wordsOf(problem);
      if (no !== opened) return;
      const gone = problem.status === 404;  // moved away meanwhile: the words say where
      $('matter-title').textContent = gone ? w('gone') : w('not_shown');
      const again = gone ? '' : button(w('retry'), () => read(no));
      $('matter').replaceChildren(...F.unsent(no), el('p', {}, text), again);
      if (gone) F.load();
    }
  }

  const named = (one) => one && (one.name || one.code);
  function paint(m) {
    $('matter-title').textContent = m.text || m.no;
    if (!m.events) {
      $('matter').replaceChildren(...F.unsent(m.no), el('p', {}, w('received_only')));
      return;
    }
    const clocks = m.clocks.filter((clock) => !clock.stopped_at).map((clock) => el('span', {
      class: 'line' }, w('clock_' + clock.kind) + ' ' + F.when(clock.due_at)));
    const steps = m.next_steps.map((step) => stepButton(m, step));
    $('matter').replaceChildren(...F.unsent(m.no),
      el('p', { class: 'meta' }, [...F.chips(m), el('span', { class: 'chip state' },
        t('state.' + m.state))]),
      steps.length ? el('div', { class: 'steps' }, steps) : el('p', { class: 'muted' },
        w('no_steps')),
      F.facts([
        ['no', m.no], ['category', named(m.category)], ['handler', named(m.handler)],
        ['place', [m.community, m.grid, m.building].map(named).filter(Boolean).join(' ')],
        ['received', F.when(m.received_at)], ['clocks', clocks],
      ]),
      el('h3', {}, w('history')), el('ol', { class: 'history' }, m.events.map(eventLine)),
    );
  }

  const eventLine = (event) => el('li', {}, [
    el('b', {}, event.name || t('state.' + event.state)),
    el('span', { class: 'muted' }, [F.when(event.happened_at), event.who].filter(Boolean)
      .join(' · ')),
    ...(event.texts || []).map((text) => el('span', { dir: 'auto' }, text)),
  ]);

  /* — steps — */
  function stepButton(m, step) {
    const blocked = step.blocked.length > 0;
    const made = button(step.name, () => (step.needs.length ? fill(m, step) : F.later(m, step, {})),
      Object.assign({ class: 'step' }, blocked ? { disabled: '' } : {}));
    return el('div', {}, [made, ...step.blocked.map((text) => el('small', {}, text))]);
  }

  async function field(name) {
    const more = { name, id: 'step-' + name, required: '' };
    if (name in CHOICES) {
      return el('select', more, CHOICES[name].map((value) => el('option', { value },
        w(name + '_' + value))));
    }
    if (name in LISTS) {
      const rows = await LISTS[name]();
      return el('select', more, rows.map((row) => el('option', { value: row.code }, row.name)));
    }
    if (name === 'amount') return el('input', Object.assign({ type: 'number', min: 1 }, more));
    return LINES.includes(name) ? el('input', Object.assign({ maxlength: 200 }, more))
      : el('textarea', Object.assign({ rows: 3, maxlength: 2000 }, more));
  }

  /* A form made of what the step needs. */
  async function fill(m, step) {
    const names = step.needs.flatMap((need) => FIELDS[need] || [need]);
    const fields = await Promise.all(names.map(field)).catch((problem) => {
      F.toast(wordsOf(problem));
      return null;
    });
    if (!fields || m.no !== opened) return;
    const at = F.placeField(step);
    const submit = (event) => {
      event.preventDefault();
      const given = Object.fromEntries(fields.map((one) => [one.name, one.value.trim()]));
      const empty = fields.find((one) => !one.value.trim()) || (at && at.unclear());
      const { amount, unit, ...plain } = given;
      if (amount) plain.limit = { amount: Number(amount), unit };
      const typed = fields.filter((one) => one.tagName !== 'SELECT').map((one) => one.value.trim());
      if (at) Object.assign(plain, at.given());
      if (empty) empty.focus(); else F.later(m, step, plain, typed);
    };
    const form = el('form', { class: 'pad step-form', novalidate: '', on: { submit } }, [
      el('h3', {}, step.name),
      ...fields.flatMap((one) => [el('label', { for: one.id }, w('need_' + one.name)), one]),
      ...(at ? at.row : []),
      el('div', { class: 'pair' }, [button(w('cancel'), () => read(m.no)),
        el('button', { class: 'primary' }, w('confirm'))]),
    ]);
    $('matter').querySelector('.steps').replaceChildren(form);
    fields[0].focus();
  }
}());
