/* What the reader of the coverage map chose, and how the address says it. Functions only. */
(function () {
  'use strict';
  const LAYERS = ['choropleth', 'gaps', 'reach', 'facilities'];

  /* The choice an address names; what it doesn't say or can't mean is as `boot` has it. */
  function read(search, boot) {
    const given = new URLSearchParams(search), at = given.get('at') || '';
    const radius = Number(given.get('radius_m')), region = given.get('region') || '';
    const known = boot.kinds.some((kind) => kind.code === given.get('kind'));
    const [zoom, lat, lon] = (given.get('map') || '').split('/').map(Number);
    const placed = zoom > 0 && Math.abs(lat) <= 90 && Math.abs(lon) <= 180;
    return {
      kind: known ? given.get('kind') : boot.kind,
      radius: radius > 0 && radius <= 50000 ? radius : null,
      region: /^[^:]+:.+/.test(region) ? region : '',
      at: /^\d{4}-\d\d-\d\d$/.test(at) && Date.parse(at) ? at : boot.today,
      by: given.get('by') === 'community' ? 'community' : 'grid',
      off: (given.get('off') || '').split(',').filter((layer) => LAYERS.includes(layer)),
      view: placed ? { zoom, lat, lon } : null,
    };
  }

  /* What is asked of the service. */
  function question(choice) {
    const asked = { kind: choice.kind, at: choice.at };
    if (choice.region) asked.region = choice.region;
    if (choice.radius) asked.radius_m = choice.radius;
    return asked;
  }

  /* The address of a choice, with the view of the map. */
  function write(choice, boot, view) {
    const parts = new URLSearchParams(question(choice));
    if (choice.at === boot.today) parts.delete('at');
    if (choice.by === 'community') parts.set('by', 'community');
    if (choice.off.length) parts.set('off', choice.off.join(','));
    const where = view && [view.zoom, view.lat.toFixed(5), view.lon.toFixed(5)].join('/');
    return '?' + parts + (where ? '&map=' + where : '');
  }

  /* The kinds whose name, level or code holds the words, by level in their order. */
  function matching(kinds, words, levelName) {
    const sought = words.trim().toLowerCase(), groups = new Map();
    for (const kind of kinds) {
      const text = [kind.name, kind.code, levelName(kind.level)].join(' ').toLowerCase();
      if (!text.includes(sought)) continue;
      groups.set(kind.level, (groups.get(kind.level) || []).concat(kind));
    }
    return [...groups].map(([level, found]) => ({ level, kinds: found }));
  }

  globalThis.CoverageChoice = { read, question, write, matching, LAYERS };
}());
