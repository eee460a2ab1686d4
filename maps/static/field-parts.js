/* The field map's pure parts: no page, no map, no network; Node can run them. */
(function () {
  'use strict';
  const SIGNS = { major: '▲', minor: '◆', private: '●', none: '?' };
  const MINUTE = 60000, HOUR = 60 * MINUTE, DAY = 24 * HOUR;

  /* Whose matter it is: as decided, else as proposed; `none` while nobody has said. */
  const classOf = (row) => {
    const said = row.matter_class || row.proposed_class;
    return Object.hasOwn(SIGNS, said) ? said : 'none';
  };

  /* What is left until `due` (ISO), or how late it is, in the largest unit that gives two or more;
     the key of the words, its number, and whether to hurry (late, or an hour left at most). */
  function timeLeft(due, now) {
    if (!due) return { key: 'no_limit', n: 0, late: false, hurry: false };
    const left = Date.parse(due) - now, late = left < 0, size = Math.abs(left);
    const [unit, ms] = size < 2 * HOUR ? ['min', MINUTE]
      : size < 2 * DAY ? ['hour', HOUR] : ['day', DAY];
    const key = (late ? 'late_' : 'left_') + unit;
    return { key, n: Math.floor(size / ms), late, hurry: left <= HOUR };
  }

  /* By due time, then number; what has no limit comes last. */
  const order = (rows) => rows.slice().sort((a, b) => (
    (a.due_at ? Date.parse(a.due_at) : Infinity) - (b.due_at ? Date.parse(b.due_at) : Infinity)
      || 0) || (a.no < b.no ? -1 : 1));

  /* Push points [x, y] apart until none is nearer than `gap` to another. The first keeps its
     place, each further one goes to the nearest free place around its own. */
  function spread(points, gap) {
    const placed = [];
    const free = ([x, y]) => placed.every(([a, b]) => Math.hypot(x - a, y - b) >= gap);
    for (const [x, y] of points) {
      let found = [x, y];
      for (let step = 1; !free(found); step += 1) {
        const reach = 0.5 * gap * Math.sqrt(step), turn = step * 2.399963;
        found = [x + reach * Math.cos(turn), y + reach * Math.sin(turn)];
      }
      placed.push(found);
    }
    return placed;
  }

  /* Metres on the ground between two {lon, lat}; good to 0.5 % within a city. */
  function metres(a, b) {
    const rad = Math.PI / 180, north = (b.lat - a.lat) * rad;
    const east = (b.lon - a.lon) * rad * Math.cos(((a.lat + b.lat) / 2) * rad);
    return 6371008.8 * Math.hypot(north, east);
  }

  /* The middle of a shape's box. */
  function middle(geometry) {
    const flat = geometry.coordinates.flat(Infinity);
    const half = (odd) => {
      const along = flat.filter((_, i) => i % 2 === odd);
      return (Math.min(...along) + Math.max(...along)) / 2;
    };
    return { lon: half(0), lat: half(1) };
  }

  /* The box reaching `m` metres around a place, as the service wants it. */
  function boxAround({ lon, lat }, m) {
    const up = m / 111195, across = up / Math.cos((lat * Math.PI) / 180);
    return [lon - across, lat - up, lon + across, lat + up].map((n) => n.toFixed(6)).join(',');
  }

  /* A key no other report has. `randomUUID` exists in secure contexts only. */
  const newKey = (crypto) => (crypto.randomUUID ? crypto.randomUUID()
    : [...crypto.getRandomValues(new Uint8Array(16))]
      .map((byte) => byte.toString(16).padStart(2, '0')).join(''));

  /* Not refused, only not arrived: the report is to be sent again with the same key. */
  const waits = (status) => [0, 401, 408, 425, 429].includes(status) || status >= 500;

  /* Reports not yet received, each under its own name, so that two tabs can't undo each other. An
     account sees its own alone. */
  function drafts(storage, account) {
    const prefix = 'wangge.draft.' + account + '.';
    const keep = (draft) => storage.setItem(prefix + draft.key, JSON.stringify(draft));
    const drop = (key) => storage.removeItem(prefix + key);
    const all = () => Object.keys(storage).filter((name) => name.startsWith(prefix))
      .map((name) => JSON.parse(storage.getItem(name)))
      .sort((a, b) => (a.body.observed_at < b.body.observed_at ? -1 : 1));
    return { keep, drop, all };
  }

  globalThis.FieldParts = {
    SIGNS, classOf, timeLeft, order, spread, metres, middle, boxAround, newKey, waits, drafts,
  };
}());
