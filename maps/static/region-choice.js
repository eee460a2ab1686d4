/* 范围: choose a region step by step, from the top down. The list holds everything, what lies above
   the region chosen, itself, and what lies directly below; choosing one leads there. */
(function () {
  'use strict';
  const { t, el, ask } = window.Wangge;
  const MOST = 500;
  let asked = null;

  const written = (one) => one.level + ':' + one.code;
  const option = (one, depth, chosen) => el('option', Object.assign({ value: written(one) },
    chosen ? { selected: '' } : {}), '\u3000'.repeat(depth) + (one.name || one.code));

  async function below(levels, region, parameters, signal) {
    const [level, code] = region ? region.split(/:(.*)/s) : [levels[0].code, ''];
    const way = region ? ['regions', level, code, 'children'].map(encodeURIComponent).join('/')
      : 'regions';
    const question = new URLSearchParams(Object.assign({ limit: MOST }, parameters));
    if (!region) question.set('level', level);
    const found = (await ask('/api/v1/' + way + '?' + question, { signal })).regions;
    return found.filter((one) => levels.some((known) => known.code === one.level));
  }

  /* Fill a select: `levels` that may be chosen, top first; `region` as LEVEL:CODE or ''; `at` a day
     or ''. Gives the facts of the region chosen, or null. */
  async function fill(select, levels, region, at) {
    if (asked) asked.abort();
    const { signal } = asked = new AbortController(), day = at ? { at } : {};
    select.parentElement.hidden = !levels.length;
    if (!levels.length) return null;
    const [level, code] = region ? region.split(/:(.*)/s) : [];
    const facts = region ? await ask('/api/v1/regions/' + encodeURIComponent(level) + '/'
      + encodeURIComponent(code) + '?' + new URLSearchParams(day), { signal }) : null;
    const children = await below(levels, region, day, signal);
    const above = facts ? facts.ancestors : [];
    const own = facts ? [option(facts, above.length, true)] : [];
    select.replaceChildren(el('option', { value: '' }, t('map.region_all')),
      ...above.map((one, depth) => option(one, depth)), ...own,
      ...children.map((one) => option(one, above.length + own.length)));
    select.value = region;
    return facts;
  }

  window.RegionChoice = { fill };
}());
