/* MK: the one script that Folium's pages call. Python names layers, styles, tips and clicks; here
   they are drawn. Text goes through textContent only. A page sets MK.tips and MK.clicks,
   MK.points for points and further MK.styles. */
(function () {
  'use strict';
  const { boot, el, ask } = window.Wangge;
  const theme = boot.theme;
  const MK = window.MK = { layers: {}, tips: {}, clicks: {}, points: {}, marks: {}, canvas: {} };
  const matches = (query) => matchMedia(query).matches;
  const tints = new Map(), ruler = document.createElement('canvas').getContext('2d');
  const TINTED = new Set(['region', 'overlay', 'parent']);
  let crowded = false, waiting = null;

  /* Called by Folium's script once the map is made. */
  MK.setup = function (map) {
    MK.map = map;
    ['regions', 'parents', 'marks'].forEach(MK.pane);
    map.createPane('labels').setAttribute('aria-hidden', 'true');
    for (const kind of ['hover', 'selected']) MK.marks[kind] = L.layerGroup().addTo(map);
    const scale = L.control.scale({ imperial: false, maxWidth: 120 }).addTo(map);
    document.getElementById('scale').append(scale.getContainer());
  };

  /* A pane with a canvas of its own; what it lies above, the style sheet says. */
  MK.pane = function (name) {
    if (!MK.map.getPane(name)) MK.map.createPane(name);
    MK.canvas[name] = MK.canvas[name] || L.canvas({ pane: name, padding: 0.3 });
  };

  /* Whose tint a region bears: that of what lies above it, so that siblings look alike. */
  const familyOf = (p, style) => (style === 'region' && p.parent_code) || p.code;

  /* Give families tints, neighbours different ones as far as they go; who has one keeps it. */
  function tint(features, style) {
    const boxes = new Map();
    for (const feature of features) {
      const name = familyOf(feature.properties, style), box = L.geoJSON(feature).getBounds();
      boxes.set(name, boxes.has(name) ? boxes.get(name).extend(box) : box);
    }
    boxes.forEach((box, name) => {
      if (tints.has(name)) return;
      const near = new Set();
      boxes.forEach((other, of) => { if (other.intersects(box)) near.add(tints.get(of)); });
      const free = theme.tints.filter((colour) => !near.has(colour));
      tints.set(name, (free.length ? free : theme.tints)[tints.size % (free.length || 1)]);
    });
  }

  const filled = (name, fillOpacity) => ({ fill: true, fillColor: tints.get(name), fillOpacity });
  const line = (color, weight) => ({ color, weight, fill: false });
  MK.styles = {
    region: (p) => Object.assign(line(theme.border, 1), filled(familyOf(p, 'region'), 1)),
    overlay: (p) => Object.assign(line(theme.border, 1.6), filled(p.code, 0.6)),
    parent: (p) => Object.assign(line(theme.parentBorder, 2.2), crowded ? filled(p.code, 1) : {}),
    hover: () => line(theme.selected, 2),
    casing: () => line(theme.casing, 8),
    selected: () => Object.assign(line(theme.selected, 4), { fill: true, fillOpacity: 0.14 }),
  };

  /* Folium declares a layer; nothing is fetched before the page asks with MK.load. */
  MK.urlLayer = function (map, declared) {
    MK.pane(declared.pane);
    MK.layers[declared.id] = { declared };
    MK.clear(declared.id);
  };

  MK.clear = function (id) {
    const layer = MK.layers[id];
    if (layer.asked) layer.asked.abort();
    if (layer.drawn) layer.drawn.remove();
    Object.assign(layer, { features: [], drawn: null, key: '', asked: null, answer: null });
  };

  /* Fetch what the view needs of a layer, draw it and give the answer; a later call aborts this
     one. A view inside what was fetched at this zoom asks nothing. */
  MK.load = async function (id, question, style) {
    const layer = MK.layers[id], { address, byView } = layer.declared;
    const zoom = Math.round(MK.map.getZoom()), view = MK.map.getBounds(), box = view.pad(0.3);
    const key = JSON.stringify([question, byView && zoom]);
    if (layer.asked) layer.asked.abort();
    if (layer.key === key && layer.box.contains(view)) return layer.answer;
    layer.asked = new AbortController();
    const inView = byView ? { bbox: bboxOf(box), zoom } : {};
    const parameters = new URLSearchParams(Object.assign({}, question, inView));
    const answer = await ask(address + '?' + parameters, { signal: layer.asked.signal });
    Object.assign(layer, { answer, box, key: answer.truncated ? '' : key, asked: null });
    draw(layer, style || layer.declared.style, answer.truncated ? [] : answer.features);
    return answer;
  };

  function bboxOf(box) {
    const most = [180, 90, 180, 90], sides = box.toBBoxString().split(',');
    return sides.map((side, i) => Math.max(-most[i], Math.min(most[i], side)).toFixed(6));
  }

  function draw(layer, style, features) {
    const { pane, tip, click } = layer.declared;
    if (TINTED.has(style)) tint(features, style);
    const drawn = L.geoJSON({ type: 'FeatureCollection', features }, {
      pane, renderer: MK.canvas[pane], interactive: Boolean(click), pointToLayer: MK.points[style],
      bubblingMouseEvents: false,
      style: (feature) => MK.styles[style](feature.properties),
    });
    drawn.on('click', (event) => MK.clicks[click](event.layer.feature.properties));
    if (tip && matches('(hover: hover)')) {
      drawn.on('mouseover', (event) => MK.mark('hover', event.layer.feature));
      drawn.on('mouseout', () => MK.mark('hover', null));
      const words = (shape) => el('span', {}, MK.tips[tip](shape.feature.properties));
      drawn.bindTooltip(words, { sticky: true });
    }
    drawn.addTo(MK.map);
    if (layer.drawn) layer.drawn.remove();
    Object.assign(layer, { drawn, features });
  }

  MK.find = (id, code) => MK.layers[id].features.find((feature) => feature.id === code) || null;

  /* Outline one feature, or none; `kind` is hover or selected. */
  MK.mark = function (kind, feature) {
    MK.marks[kind].clearLayers();
    const options = { pane: 'marks', renderer: MK.canvas.marks, interactive: false };
    options.pointToLayer = (one, at) => L.circleMarker(at, { radius: 9, ...options });
    for (const name of kind === 'selected' ? ['casing', kind] : [kind]) {
      if (feature) L.geoJSON(feature, options).setStyle(MK.styles[name]()).addTo(MK.marks[kind]);
    }
  };

  /* While the regions are too many to draw, what lies above them is filled in their stead. */
  MK.crowd = function (now) {
    crowded = now;
    const { drawn } = MK.layers.parents;
    if (drawn) drawn.setStyle((feature) => MK.styles.parent(feature.properties));
  };

  /* Show a box [west, south, east, north], clear of what covers `pad` pixels of each side, with
     `around` its own width of the neighbourhood on every side. */
  MK.fit = function (box, pad, around) {
    const [west, south, east, north] = box, waits = waiting;
    waiting = MK.map._animatingZoom ? () => MK.fit(box, pad, around) : null;
    if (waiting && !waits) MK.map.once('zoomend', () => waiting && waiting());
    if (waiting) return; // Leaflet drops what comes while it zooms
    const calm = matches('(prefers-reduced-motion: reduce)');
    MK.map.fitBounds(L.latLngBounds([south, west], [north, east]).pad(around || 0), {
      paddingTopLeft: [pad.left, pad.top],
      paddingBottomRight: [pad.right, pad.bottom],
      maxZoom: 18, // a box may be a single point
      animate: !calm && MK.map.getContainer().dataset.ready === '1',
    });
  };

  /* Where a line through a shape lies inside it: stretches [from, to] along the other axis, of the
     line on which coordinate `axis` (0 longitude, 1 latitude) is `at`. */
  function stretches(rings, axis, at) {
    const cuts = [];
    for (const ring of rings) {
      for (let i = 1; i < ring.length; i += 1) {
        const a = ring[i - 1], b = ring[i], share = (at - a[axis]) / (b[axis] - a[axis]);
        const crosses = (a[axis] > at) !== (b[axis] > at);
        if (crosses) cuts.push(a[1 - axis] + share * (b[1 - axis] - a[1 - axis]));
      }
    }
    cuts.sort((a, b) => a - b);
    return cuts.filter((_, i) => i % 2 === 0).map((cut, i) => [cut, cuts[2 * i + 1]]);
  }

  /* Where a label fits best: of the middles of level cuts through a shape, the one with most room
     to all four sides. {lon, lat, width, height} in degrees. */
  MK.anchor = function (geometry) {
    const parts = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates;
    let best = { room: -1 };
    for (const rings of parts) {
      const lats = rings[0].map((corner) => corner[1]), low = Math.min(...lats);
      for (const share of [0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8]) {
        const lat = low + share * (Math.max(...lats) - low);
        for (const [west, east] of stretches(rings, 1, lat)) {
          const lon = (west + east) / 2, width = east - west, upright = stretches(rings, 0, lon);
          const [south, north] = upright.find(([a, b]) => a <= lat && lat <= b) || [lat, lat];
          const room = width * Math.min(north - lat, lat - south);
          if (room > best.room) best = { lon, lat, width, height: north - south, room };
        }
      }
    }
    return best;
  };

  const nameOf = (p) => p.name;
  const codeOf = (p) => p.code.slice(p.code.startsWith(p.parent_code) ? p.parent_code.length : 0);
  /* A name in two lines: 河滨社区 over 第三网格, or at the blank next to its middle. */
  const inTwo = (text) => {
    const half = Math.ceil(text.length / 2), at = text.indexOf(' ', half - 4);
    return at > 0 ? text.slice(0, at) + '\n' + text.slice(at + 1)
      : text.slice(0, half) + '\n' + text.slice(half);
  };
  /* What to write on the map, best first: names or codes, never both. One is taken when it fits
     into at least every other region; the rest stay without. */
  const WRITING = [['regions', 12, nameOf], ['regions', 12, codeOf], ['parents', 14, nameOf],
    ['parents', 14, codeOf]];

  function labelsOf([id, size, word], wanted) {
    const view = MK.map.getBounds(), labels = [];
    const pixels = MK.map.getSize().x / (view.getEast() - view.getWest());
    ruler.font = '700 ' + size + 'px ' + getComputedStyle(document.body).fontFamily;
    const wide = (text) => Math.max(...text.split('\n').map((one) => ruler.measureText(one).width));
    let seen = 0;
    for (const feature of MK.layers[id].features.filter(wanted)) {
      const at = feature.anchor = feature.anchor || MK.anchor(feature.geometry);
      if (!view.contains([at.lat, at.lon])) continue;
      const whole = word(feature.properties) || '', tries = [whole];
      if (word === nameOf && whole.length > 3) tries.push(inTwo(whole));
      const text = tries.find((one, n) => one && wide(one) + 10 <= at.width * pixels
        && at.height * pixels > size * (n ? 2.9 : 1.6));
      seen += 1;
      if (text) labels.push({ text, at });
    }
    return { id, labels, share: seen && labels.length / seen };
  }

  /* Write on what is `wanted` (of a feature; all without it). */
  MK.label = function (wanted = () => true) {
    const tries = WRITING.map((way) => labelsOf(way, wanted));
    const { id, labels } = tries.find((found) => found.share >= 0.5)
      || tries.reduce((best, found) => (found.share > best.share ? found : best));
    MK.map.getPane('labels').replaceChildren(...labels.slice(0, 300).map(({ text, at }) => {
      const label = el('div', { class: 'map-label ' + id }, [el('span', {}, text)]);
      L.DomUtil.setPosition(label, MK.map.latLngToLayerPoint([at.lat, at.lon]));
      return label;
    }));
  };
}());
