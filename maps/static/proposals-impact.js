/* What a change would mean, in words and figures. */
(function () {
  'use strict';
  const { t, el } = window.Wangge;
  const { $, number, dayText } = window.Panel;
  const FIRST = 6; // numbers of matters or codes named before it says how many more

  function some(all) {
    const named = all.slice(0, FIRST).join(t('page.proposals.comma'));
    const more = all.length - FIRST;
    return more > 0 ? t('page.proposals.and_more', { named, count: number(more) }) : named;
  }

  /* From one figure to another; what wasn't there or isn't any more is a dash. */
  function step(one, part) {
    const [was, is] = [one.before, one.after].map((side) => (side ? number(side[part]) : '–'));
    if (was === is) return [was];
    return [el(one.before ? 's' : 'span', {}, was), ' ', el('b', {}, is)];
  }

  /* Codes whose ground is another one; a neighbour that only gets a corner on its edge isn't. */
  function redrawn(found) {
    const handed = found.ground.features.flatMap(({ properties: p }) => [p.source, p.to]);
    const come = found.grids.filter((one) => !one.before || !one.after).map((one) => one.code);
    return new Set([...handed, ...come]);
  }

  const PARTS = ['households', 'buildings', 'matters'];
  const differs = (one) => one.before && one.after
    && PARTS.some((part) => one.before[part] !== one.after[part]);

  function gridRows(found, nameOf, shortOf) {
    const codes = redrawn(found);
    const shown = found.grids.filter((one) => codes.has(one.code) || differs(one));
    return shown.map((one) => el('tr', {}, [
      el('th', { scope: 'row' }, [nameOf(one.code), el('small', {}, shortOf(one.code))]),
      ...PARTS.map((part) => el('td', {}, step(one, part))),
    ]));
  }

  function memberRows(found) {
    const changed = found.members.filter((one) => ['households', 'matters']
      .some((part) => one.before[part] !== one.after[part]));
    return changed.map((one) => el('li', {}, t('page.proposals.load', { name: one.member,
      before: number(one.before.households), after: number(one.after.households),
      was: number(one.before.matters), is: number(one.after.matters) })));
  }

  /* Everything somebody has to see to, one sentence each. */
  function duties(found, nameOf, area, houseOf) {
    const count = (all) => number(all.length), said = [];
    const add = (key, all, more) => all.length
      && said.push(t(key, Object.assign({ count: count(all), which: some(all) }, more)));
    const fresh = found.grids.filter((one) => one.after && !one.before && !one.member);
    const torn = found.grids.filter((one) => one.reshaped && one.pieces > 1);
    found.ground.features.forEach(({ properties: p }) => said.push(t('page.proposals.handed',
      { from: nameOf(p.source), to: nameOf(p.to), area: area(p.m2) })));
    found.disputes.forEach((one) => said.push(t('page.proposals.contested', { code: one.code,
      reason: one.reason, day: one.ends_on ? dayText(one.ends_on) : '–' })));
    add('page.proposals.cut', found.cut.map(houseOf), { which: found.cut.map(houseOf)
      .join(t('page.proposals.comma')) });  // each of them: somebody has to look at it
    add('page.proposals.moving', found.moving);
    add('page.proposals.unplaced', found.unplaced);
    add('page.proposals.homeless', found.homeless);
    add('page.proposals.posts', found.posts.map((one) => one.name + ' · ' + nameOf(one.grid)));
    add('page.proposals.unmanned', fresh.map((one) => nameOf(one.code)));
    add('page.proposals.ended', found.ended.map(nameOf));
    torn.forEach((one) => said.push(t('page.proposals.pieces',
      { grid: nameOf(one.code), count: number(one.pieces) })));
    found.nets.forEach((one) => {
      const others = some([one.unit, ...one.others].filter(Boolean));
      const gaps = { grid: nameOf(one.grid), net: one.name, unit: one.unit || '', others };
      said.push(t(NETS[one.does], gaps));
    });
    return said.map((text) => el('li', {}, text));
  }
  const NETS = { joins: 'page.proposals.net_joins', leaves: 'page.proposals.net_leaves',
    mixed: 'page.proposals.net_mixed' };

  function faultRows(found) {
    return found.faults.map((one) => el('li', { class: one.stops ? 'bad' : '' }, one.text));
  }

  /* Shown in the page. `named` and `shortOf` of a grid's code, `houseOf` of a building's. */
  function show(found, named, shortOf, houseOf) {
    const loads = memberRows(found);
    $('impact-grids').replaceChildren(...gridRows(found, named, shortOf));
    $('duties').replaceChildren(...duties(found, named, window.ChangeMap.area, houseOf));
    $('loads').replaceChildren(...loads);
    $('loads-box').hidden = !loads.length;
  }

  window.Impact = { redrawn, show, faultRows };
}());
