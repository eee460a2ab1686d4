/* The buildings while grids are changed: drawn with their households, chosen, and those that would
   go to another grid. */
(function () {
  'use strict';
  const { boot, t, el } = window.Wangge;
  const { number } = window.Panel;
  const { MK, Draw } = window;
  const { theme } = boot;
  const REACH_M = 25;   // how far from a building a tap still means it
  const ROOM_PX = 8;    // what a footprint needs around its number
  const chosen = new Set();
  let rehoused = new Set(), at = new Map();

  const all = () => MK.layers.buildings.features;
  const middle = (feature) => L.geoJSON(feature).getBounds().getCenter();
  const filled = (weight, color, fillColor, fillOpacity) => ({ color, weight, fill: true, fillColor,
    fillOpacity });
  MK.styles.building = (p) => (chosen.has(p.code) || rehoused.has(p.code)
    ? filled(2, theme.drawn, theme.drawn, 0.7) : filled(1, theme.buildingEdge, theme.building, 1));
  MK.points.building = (one, place) => L.circleMarker(place,
    Object.assign({ radius: 6, renderer: MK.canvas.regions }, MK.styles.building(one.properties)));
  MK.tips.building = (p) => [p.name || p.address || p.code,
    t('page.proposals.households', { count: number(p.households || 0) })].join(' · ');

  function paint() {
    const { drawn } = MK.layers.buildings;
    if (drawn) drawn.setStyle((one) => MK.styles.building(one.properties));
  }

  /* Fetch those of a community, and say in which of `grids` (code, feature) each lies. */
  async function load(community, grids) {
    await MK.load('buildings', { region: 'community:' + community });
    settle(grids);
  }

  /* Which grid of the present ones has each building: told by the service, or after changes that
     aren't in force yet by where its middle lies. */
  function settle(grids, changed) {
    const told = (one) => one.properties.grid;
    const lies = (one) => (grids.find((grid) => grid.feature && holds(grid.feature, middle(one)))
      || {}).code;
    at = new Map(all().map((one) => [one.properties.code, changed ? lies(one) : told(one)]));
    label();
  }

  function holds({ geometry: { type, coordinates } }, place) {
    const parts = type === 'Polygon' ? [coordinates] : coordinates;
    const inside = (ring) => Draw.holds(ring.map(([lng, lat]) => ({ lng, lat })), place);
    return parts.some((rings) => rings.filter(inside).length % 2);
  }

  const gridOf = (code) => at.get(code);
  const of = (grid) => all().filter((one) => at.get(one.properties.code) === grid);

  /* The building of a grid that a tap means: the one it hits, else the nearest within reach. */
  function meant(place, grid) {
    const near = of(grid).map((one) => ({ one,
      far: L.geoJSON(one).getBounds().contains(place) ? 0 : middle(one).distanceTo(place) }));
    const best = near.sort((a, b) => a.far - b.far)[0];
    return best && best.far < REACH_M ? best.one.properties.code : null;
  }

  const within = (ring, grid) => of(grid).filter((one) => Draw.holds(ring, middle(one)))
    .map((one) => one.properties.code);

  /* Write how many households each has, where its picture is large enough for the number and no
     grid's name stands there. */
  function label() {
    const pane = MK.map.getPane('houses') || MK.map.createPane('houses');
    pane.setAttribute('aria-hidden', 'true');
    const view = MK.map.getBounds(), px = (place) => MK.map.latLngToContainerPoint(place);
    const map = MK.map.getContainer().getBoundingClientRect();
    const names = [...MK.map.getPane('labels').querySelectorAll('span')]
      .map((one) => one.getBoundingClientRect());
    const free = ({ x, y }) => !names.some((one) => x + map.left > one.left - 10
      && x + map.left < one.right + 10 && Math.abs(y + map.top - (one.top + one.bottom) / 2) < 14);
    const written = all().filter((one) => one.properties.households).flatMap((one) => {
      const box = L.geoJSON(one).getBounds(), place = box.getCenter();
      if (!view.contains(place) || !free(px(place))) return [];
      const text = number(one.properties.households);
      const wide = px(box.getNorthEast()).x - px(box.getSouthWest()).x;
      if (one.geometry.type !== 'Point' && wide < text.length * 7 + ROOM_PX) return [];
      if (one.geometry.type === 'Point' && MK.map.getZoom() < 17) return [];
      const made = el('div', { class: 'map-label house' }, el('span', {}, text));
      L.DomUtil.setPosition(made, MK.map.latLngToLayerPoint(place));
      return [made];
    });
    pane.replaceChildren(...written);
  }

  /* Which buildings would change hands; none takes it back. */
  function show(codes) {
    rehoused = new Set(codes);
    paint();
  }

  function clear() {
    MK.clear('buildings');
    at.clear();
    label();
  }

  /* What people call a building: its name and address, else its code. */
  function named(code) {
    const found = all().find((one) => one.properties.code === code);
    const { name, address } = found ? found.properties : {};
    return [name, address].filter(Boolean).join(' · ') || code;
  }

  window.Houses = { chosen, load, settle, gridOf, of, named, meant, within, label, show, paint,
    clear };
}());
