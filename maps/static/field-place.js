/* 更正位置: with the steps by which the desk says where a matter belongs, the building or compound it
   is at may be said; its grid follows, and its name is learnt. */
(function () {
  'use strict';
  const { el, ask } = window.Wangge, F = window.Field;
  const { wordsOf } = window.Panel, { w, button } = F, PAUSE_MS = 250;
  const STEPS = ['classify', 'dispatch'];

  /* Each building found, and each compound and grid that such a building stands in, once. */
  function offered(buildings) {
    const found = new Map();
    for (const one of buildings) {
      const name = [one.name, one.address].filter(Boolean).join(' · ');
      found.set('building:' + one.code, { name, given: { place: 'building:' + one.code } });
    }
    for (const { compound, grid } of buildings.filter((one) => one.compound && one.grid)) {
      const given = { place: 'compound:' + compound.code, grid: grid.code };
      const name = w('whole_compound', { name: compound.name, grid: grid.name || grid.code });
      found.set(given.place + ' ' + given.grid, { name, given });
    }
    return [...found.values()];
  }

  /* The field for a step, or null for steps that move nothing: its row, what is given by it, and
     whether words stand in it that mean no place yet. */
  F.placeField = (step) => {
    if (!STEPS.includes(step.step)) return null;
    let chosen = null, pause = 0, asking = 0;
    const box = el('input', { type: 'search', id: 'step-place', maxlength: 100,
      autocomplete: 'off', 'aria-describedby': 'step-place-help' });
    const picks = el('div', { class: 'picks', id: 'step-places' });
    const choose = (one) => { chosen = one; box.value = one.name; picks.replaceChildren(); };
    async function seek() {
      const mine = asking += 1, q = box.value.trim();
      const found = q && await ask('/api/v1/buildings?' + new URLSearchParams({ q, limit: 8 }))
        .catch((problem) => ({ problem: wordsOf(problem) }));
      if (mine !== asking || chosen) return;
      const rows = offered((found && found.buildings) || [])
        .map((one) => button(one.name, () => choose(one)));
      const none = q && !rows.length ? [el('span', {}, found.problem || w('no_house'))] : [];
      picks.replaceChildren(...rows, ...none);
    }
    box.addEventListener('input', () => {
      chosen = null;
      clearTimeout(pause);
      pause = setTimeout(seek, PAUSE_MS);
    });
    return {
      row: [el('label', { for: box.id }, w('at_place')), box,
        el('small', { id: 'step-place-help', class: 'muted' }, w('at_place_help')), picks],
      given: () => (chosen ? chosen.given : {}),
      unclear: () => (box.value.trim() && !chosen ? box : null),
    };
  };
}());
