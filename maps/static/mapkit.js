/* MK: the one script that Folium's pages call. Python names layers, styles, tips and clicks; here
   they are drawn. Text goes through textContent only. A page sets MK.tips and MK.clicks. */
(function () {
  'use strict';
  const { boot, el, ask } = window.Wangge;
  const theme = boot.theme;
  const MK = window.MK = { layers: {}, tips: {}, clicks: {}, marks: {}, canvas: {} };
  const CALM = matchMedia('(prefers-reduced-motion: reduce)').matches;
  const HOVERS = matchMedia('(hover: hover)').matches;

  let crowded = false;

  /* Called by Folium's script once the map is made. */
  MK.setup = function (map) {
    MK.map = map;
    for (const name of ['regions', 'parents', 'marks']) {
      map.createPane(name);
      MK.canvas[name] = L.canvas({ pane: name, padding: 0.3 });
    }
    map.createPane('labels').setAttribute('aria-hidden', 'true');
    for (const kind of ['hover', 'selected']) MK.marks[kind] = L.layerGroup().addTo(map);
    const scale = L.control.scale({ imperial: false, maxWidth: 120 }).addTo(map);
    document.getElementById('scale').append(scale.getContainer());
  };

  MK.ready = function () {
    MK.map.getContainer().dataset.ready = '1';
    performance.mark('map-ready');
  };

  /* Regions under one parent share a tint; neighbours in the numbering get different ones. */
  MK.tint = function (code) {
    const sum = [...String(code)].reduce((total, letter) => total + letter.charCodeAt(0), 0);
    return theme.tints[sum % theme.tints.length];
  };

  const filled = (code, fillOpacity) => ({ fill: true, fillColor: MK.tint(code), fillOpacity });
  const line = (color, weight) => ({ color, weight, fill: false });
  MK.styles = {
    region: (p) => Object.assign(line(theme.border, 1), filled(p.parent_code || p.code, 1)),
    overlay: (p) => Object.assign(line(theme.border, 1.6), filled(p.code, 0.6)),
    parent: (p) => Object.assign(line(theme.parentBorder, 2.2), crowded ? filled(p.code, 1) : {}),
    hover: () => line(theme.selected, 2),
    casing: () => line(theme.casing, 8),
    selected: () => Object.assign(line(theme.selected, 4), { fill: true, fillOpacity: 0.14 }),
  };

  /* Folium declares a layer; nothing is fetched before the page asks with MK.load. */
  MK.urlLayer = function (map, declared) {
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
    if (layer.key === key && layer.box.contains(view)) return layer.answer;
    if (layer.asked) layer.asked.abort();
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
    const drawn = L.geoJSON({ type: 'FeatureCollection', features }, {
      pane, renderer: MK.canvas[pane], interactive: Boolean(click),
      style: (feature) => MK.styles[style](feature.properties),
    });
    drawn.on('click', (event) => MK.clicks[click](event.layer.feature.properties));
    if (tip && HOVERS) {
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
  MK.fit = function ([west, south, east, north], pad, around) {
    MK.map.fitBounds(L.latLngBounds([south, west], [north, east]).pad(around || 0), {
      paddingTopLeft: [pad.left, pad.top],
      paddingBottomRight: [pad.right, pad.bottom],
      animate: !CALM && MK.map.getContainer().dataset.ready === '1',
    });
  };

  /* Where a label fits best: the middle of the widest of five level cuts through the shape, those
     near its middle preferred. {lon, lat, width, height} in degrees. */
  MK.anchor = function (geometry) {
    const parts = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates;
    let best = null;
    for (const rings of parts) {
      const lats = rings[0].map((corner) => corner[1]);
      const low = Math.min(...lats), height = Math.max(...lats) - low;
      for (const share of [0.5, 0.38, 0.62, 0.25, 0.75]) {
        const lat = low + share * height, cuts = cutsAt(rings, lat);
        for (let i = 1; i < cuts.length; i += 2) {
          const width = cuts[i] - cuts[i - 1], worth = width * (1 - Math.abs(share - 0.5));
          const lon = (cuts[i] + cuts[i - 1]) / 2;
          if (!best || worth > best.worth) best = { lon, lat, width, height, worth };
        }
      }
    }
    return best;
  };

  function cutsAt(rings, lat) {
    const cuts = [];
    for (const ring of rings) {
      for (let i = 1; i < ring.length; i += 1) {
        const [x1, y1] = ring[i - 1], [x2, y2] = ring[i];
        if ((y1 > lat) !== (y2 > lat)) cuts.push(x1 + (lat - y1) / (y2 - y1) * (x2 - x1));
      }
    }
    return cuts.sort((a, b) => a - b);
  }

  const anchors = new WeakMap(), ruler = document.createElement('canvas').getContext('2d');
  const nameOf = (p) => p.name;
  const codeOf = (p) => p.code.slice(p.code.startsWith(p.parent_code) ? p.parent_code.length : 0);
  /* What to write on the map, best first. One is taken when its first words fit into at least every
     other region; where they don't, its next words may. */
  const WRITING = [
    ['regions', 12, nameOf, codeOf], ['regions', 12, codeOf],
    ['parents', 14, nameOf, codeOf], ['parents', 14, codeOf],
  ];

  function labelsOf([id, size, ...words]) {
    const view = MK.map.getBounds(), labels = [];
    const pixels = MK.map.getSize().x / (view.getEast() - view.getWest());
    ruler.font = '700 ' + size + 'px ' + getComputedStyle(document.body).fontFamily;
    let seen = 0, first = 0;
    for (const feature of MK.layers[id].features) {
      if (!anchors.has(feature)) anchors.set(feature, MK.anchor(feature.geometry));
      const at = anchors.get(feature);
      if (!at || !view.contains([at.lat, at.lon])) continue;
      const texts = words.map((word) => word(feature.properties));
      const fits = (text) => text && ruler.measureText(text).width + 10 <= at.width * pixels;
      const text = at.height * pixels > size * 1.6 && texts.find(fits);
      seen += 1;
      first += text === texts[0];
      if (text) labels.push({ text, at });
    }
    return { id, labels, share: seen && first / seen };
  }

  MK.label = function () {
    const tries = WRITING.map(labelsOf);
    const { id, labels } = tries.find((found) => found.share >= 0.5) || tries[2];
    MK.map.getPane('labels').replaceChildren(...labels.slice(0, 300).map(({ text, at }) => {
      const label = el('div', { class: 'map-label ' + id }, [el('span', {}, text)]);
      L.DomUtil.setPosition(label, MK.map.latLngToLayerPoint([at.lat, at.lon]));
      return label;
    }));
  };
}());
