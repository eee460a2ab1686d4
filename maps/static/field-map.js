/* The map under the list: one's own grid bright, the rest dimmed; a numbered pin for each row. */
(function () {
  'use strict';
  const { boot, el } = window.Wangge, P = window.FieldParts, F = window.Field, MK = window.MK;
  const { $, wordsOf, height } = window.Panel, { w } = F, { theme, bounds } = boot;
  const pins = new Map();
  const box = document.querySelector('.folium-map');
  let leads, me, spot;

  const pad = () => {
    const sheet = $('panel').getBoundingClientRect(), { phone } = window.Panel;
    const top = document.querySelector('.top').getBoundingClientRect().bottom + 24;
    return { top, left: 32, right: 72, bottom: phone.matches ? innerHeight - sheet.top + 40 : 48 };
  };
  const home = () => MK.fit(bounds, pad());
  const marker = (at, html, more) => {
    const icon = L.divIcon({ className: 'pin-box', html, iconSize: [44, 44] });
    return L.marker(at, Object.assign({ icon, keyboard: false }, more));
  };

  /* What fails is said, layer by layer; everything else goes on. */
  async function layer(id, question) {
    try {
      await MK.load(id, question);
      return true;
    } catch (problem) {
      const name = w('layer_' + id), text = wordsOf(problem);
      F.toast(w('layer_failed', { name, text }), w('retry'), () => ground(id));
      return false;
    }
  }

  const [west, south, east, north] = bounds || [0, 0, 0, 0];
  const around = [west, south, east, north].map((edge, i) => edge
    + (i < 2 ? -1 : 1) * (i % 2 ? north - south : east - west) * 0.8).join(',');
  async function ground(id) {
    const questions = {
      grids: { level: 'grid', bbox: around, zoom: 20 }, buildings: { bbox: around },
      facilities: { bbox: around, status: 'open' },
    };
    if (await layer(id, questions[id]) && id === 'grids') drawOwn();
  }

  /* All rings of one's own grid are cut out of the dimmed pane: even an enclave stays dimmed. */
  function drawOwn() {
    const own = MK.find('grids', boot.grid.code);
    if (!own) return;
    const parts = own.geometry.type === 'Polygon' ? [own.geometry.coordinates]
      : own.geometry.coordinates;
    const rings = parts.flat().map((ring) => ring.map(([lon, lat]) => [lat, lon]));
    const far = [[south - 1, west - 1], [south - 1, east + 1], [north + 1, east + 1],
      [north + 1, west - 1]];
    const still = { interactive: false, pane: 'own', renderer: MK.canvas.own };
    L.polygon([far, ...rings], Object.assign({
      stroke: false, fillColor: theme.dimmed, fillOpacity: 0.38 }, still)).addTo(MK.map);
    L.polygon(rings, Object.assign({ color: theme.selected, weight: 4, fill: false }, still))
      .addTo(MK.map);
  }

  /* — pins: numbered like the rows, pushed apart, each with a line to its true place — */
  F.drawPins = () => {
    if (!leads) return;
    leads.clearLayers();
    pins.forEach((pin) => pin.remove());
    pins.clear();
    const shown = F.rows.map((row, index) => ({ row, number: index + 1 }))
      .filter(({ row }) => row.lon !== null);
    const true_ = shown.map(({ row }) => MK.map.latLngToLayerPoint([row.lat, row.lon]));
    const moved = P.spread(true_.map(({ x, y }) => [x, y]), 42);
    shown.forEach(({ row, number }, i) => {
      const at = MK.map.layerPointToLatLng(moved[i]), real = [row.lat, row.lon];
      if (true_[i].distanceTo(moved[i]) > 3) {
        const style = { color: theme.pinRing, pane: 'leads', renderer: MK.canvas.leads };
        L.polyline([real, at], Object.assign({ weight: 2 }, style)).addTo(leads);
        L.circleMarker(real, Object.assign({ radius: 4, fillOpacity: 1 }, style)).addTo(leads);
      }
      const touch = () => (F.chosen === row.no ? F.open(row.no) : F.choose(row.no));
      pins.set(row.no, marker(at, F.pin(row, number), { zIndexOffset: 1000 - number })
        .on('click', touch).addTo(MK.map));
    });
    F.markPin();
  };

  F.markPin = (pan) => {
    pins.forEach((pin, no) => {
      const on = no === F.chosen;
      pin.getElement().firstChild.classList.toggle('chosen', on);
      pin.setZIndexOffset(on ? 3000 : 0);
      if (on && pan) reveal(pin.getLatLng());
    });
  };

  /* Bring a place into the part of the map that the sheet leaves free. */
  function reveal(at) {
    const point = MK.map.latLngToContainerPoint(at), free = pad(), size = MK.map.getSize();
    const middle = [(free.left + size.x - free.right) / 2, (free.top + size.y - free.bottom) / 2];
    const clear = point.x > free.left && point.x < size.x - free.right
      && point.y > free.top && point.y < size.y - free.bottom;
    const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
    if (!clear) MK.map.panBy([point.x - middle[0], point.y - middle[1]], { animate: !calm });
  }

  F.showMe = (pan) => {
    if (!leads) return;
    if (me) me.remove();
    const at = [F.me.lat, F.me.lon], radius = F.me.accuracy;
    const disc = { radius, weight: 1, color: theme.selected, interactive: false, pane: 'leads' };
    me = L.layerGroup([L.circle(at, Object.assign(disc, { renderer: MK.canvas.leads })),
      marker(at, el('span', { class: 'me' }), { interactive: false })]).addTo(MK.map);
    if (pan) reveal(at);
  };

  /* Where the report would go; null takes the mark away. */
  F.showSpot = (at) => {
    if (spot) spot.remove();
    spot = null;
    if (!at || !leads) return;
    const mark = { interactive: false, zIndexOffset: 4000 };
    spot = marker([at.lat, at.lon], el('span', { class: 'spot' }), mark).addTo(MK.map);
    reveal([at.lat, at.lon]);
  };

  const middle = F.centre;
  F.centre = () => {
    if (!leads) return middle();
    const { lat, lng } = MK.map.containerPointToLatLng([
      MK.map.getSize().x / 2, (pad().top + MK.map.getSize().y - pad().bottom) / 2]);
    return { lon: lng, lat };
  };

  MK && Object.assign(MK.styles, {
    fieldGrid: (p) => ({ color: theme.border, weight: 1, fill: true, fillOpacity: 1,
      fillColor: p.code === boot.grid.code ? theme.ownGround : theme.ground }),
    building: () => ({ color: theme.buildingEdge, weight: 1, fill: true, fillOpacity: 1,
      fillColor: theme.building }),
    facility: () => ({}),
  });

  const pick = ({ latlng }) => {
    F.report({ lon: latlng.lng, lat: latlng.lat, origin: 'pick' });
    height('half');
  };
  F.startMap = async () => {
    if (!box) return;
    if (!window.L || !MK || !MK.map) {
      F.toast(w('map_failed'), w('retry'), () => location.reload());
      return;
    }
    ['own', 'leads'].forEach(MK.pane);
    MK.points.building = (feature, at) => L.circleMarker(at, { radius: 7, pane: 'buildings',
      renderer: MK.canvas.buildings, bubblingMouseEvents: false });
    MK.points.facility = ({ properties: { name } }, at) => marker(at, el('span', {
      class: 'facility' }, [...name][0]), { title: name }).on('click', () => F.toast(name));
    MK.clicks.building = (p) => {
      const name = p.name || p.address;
      const there = () => F.report({ building: p.code, name, origin: 'house' });
      if (F.view === 'report') there();
      else F.toast([p.name, p.address].filter(Boolean).join(' · '), w('report_here'), there);
    };
    leads = L.layerGroup().addTo(MK.map);
    MK.map.getPane('markerPane').setAttribute('aria-hidden', 'true');
    $('review').textContent = boot.reviewNo
      ? window.Wangge.t('map.review_no', { number: boot.reviewNo })
      : window.Wangge.t('map.internal');
    home();
    MK.map.on('zoomend viewreset', F.drawPins);
    MK.map.on('contextmenu', pick);
    MK.map.on('click', (event) => { if (F.view === 'report') pick(event); });
    $('home').addEventListener('click', home);
    $('facilities').addEventListener('click', () => {
      const on = $('facilities').getAttribute('aria-pressed') !== 'true';
      $('facilities').setAttribute('aria-pressed', String(on));
      if (on) ground('facilities'); else MK.clear('facilities');
    });
    await ground('grids');
    await ground('buildings');
    F.drawPins();
    box.dataset.ready = '1';
    performance.mark('map-ready');
  };
}());
