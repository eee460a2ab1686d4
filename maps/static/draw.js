/* Drawing on the map with mouse, finger or keys: points of a line or an area, or a loop around
   things. A tap adds a point; so does Enter, or the button, where the crosshair stands. */
(function () {
  'use strict';
  const { boot } = window.Wangge;
  const { MK } = window;
  const CLOSE_PX = 8;       // a second tap on the same spot adds nothing
  const STEP_PX = 16;       // what an arrow key moves the map by; with Shift five times as much
  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const AFTER_MS = 80;      // the click that ends a loop is no tap
  let on = null, points = [], shapes = null, pointer = null, loop = null, loopedAt = 0;

  const container = () => MK.map.getContainer();

  /* Begin: `kind` is line, area or none (taps are told to `tapped`); `changed` hears of points;
     `refused`: what stands there can't be made, and looks so until it changes. */
  function start(how) {
    stop();
    on = how;
    points = how.points || [];
    MK.pane('drawing');
    shapes = shapes || L.layerGroup().addTo(MK.map);
    container().classList.add('drawing');
    MK.map.doubleClickZoom.disable();
    redraw();
  }

  function stop() {
    if (!on) return;
    lasso(false);
    on = null;
    points = [];
    pointer = null;
    container().classList.remove('drawing');
    MK.map.doubleClickZoom.enable();
    redraw();
  }

  function add(at) {
    if (!on.kind) return on.tapped(at);
    const last = points[points.length - 1], px = (one) => MK.map.latLngToContainerPoint(one);
    if (last && px(last).distanceTo(px(at)) < CLOSE_PX) return null;
    points.push(at);
    return told();
  }

  function undo() {
    points.pop();
    told();
  }

  function clear() {
    points = [];
    told();
  }

  function told() {
    on.refused = '';
    redraw();
    on.changed(points);
  }

  function redraw() {
    if (!shapes) return;
    shapes.clearLayers();
    if (!on && !loop) return;
    const base = { pane: 'drawing', renderer: MK.canvas.drawing, interactive: false };
    const draw = (shape) => shape.addTo(shapes);
    const color = on && on.refused ? boot.theme.refused : boot.theme.drawn;
    const ink = { color, weight: 4 }, casing = { color: '#fff', weight: 8 };
    const trail = loop || points;
    const ring = loop || (on.kind === 'area' && points.length > 2);
    for (const style of [casing, ink]) {
      const make = ring ? L.polygon : L.polyline;
      draw(make(trail, Object.assign({ fill: Boolean(ring) && style === ink }, base, style)));
    }
    if (pointer && points.length && !loop) {
      const thin = { color, weight: 2, dashArray: '4 6' };
      draw(L.polyline([points[points.length - 1], pointer], Object.assign({}, base, thin)));
    }
    const dot = { radius: 6, weight: 3, color, fillColor: '#fff', fillOpacity: 1 };
    if (!loop) points.forEach((at) => draw(L.circleMarker(at, Object.assign({}, base, dot))));
  }

  /* — a loop around things: drawn in one go, with the map held still — */
  function lasso(wanted) {
    MK.map.dragging[wanted ? 'disable' : 'enable']();
    container().classList.toggle('lasso', wanted);
    loop = null;
    redraw();
  }

  const looping = () => container().classList.contains('lasso');

  function down(event) {
    if (!on || !looping() || !event.isPrimary) return;
    loop = [MK.map.mouseEventToLatLng(event)];
    container().setPointerCapture(event.pointerId);
  }

  function up(event) {
    if (!loop) return;
    const ring = loop;
    loop = null;
    loopedAt = event.timeStamp;
    redraw();
    if (ring.length > 5) on.looped(ring);
    else on.tapped(ring[0]);
  }

  function move(event) {
    if (!on) return;
    if (loop) loop.push(MK.map.mouseEventToLatLng(event));
    else if (event.pointerType === 'mouse') pointer = MK.map.mouseEventToLatLng(event);
    else return;
    redraw();
  }

  /* Before Leaflet hears of it: while one draws, a tap is a point and nothing else. */
  function tap(event) {
    if (!on) return;
    event.stopPropagation();
    const ends = event.timeStamp - loopedAt < AFTER_MS;
    if (!ends && !looping() && !MK.map.dragging.moved()) add(MK.map.mouseEventToLatLng(event));
  }

  function key(event) {
    const arrow = ARROWS[event.key], step = STEP_PX * (event.shiftKey ? 5 : 1);
    const act = { Enter: () => add(MK.map.getCenter()), ' ': () => add(MK.map.getCenter()),
      Backspace: undo, Delete: undo, Escape: () => on.cancelled() }[event.key];
    if (!on || !(arrow || act)) return;
    event.preventDefault();
    event.stopPropagation();
    if (act) act();
    else MK.map.panBy([arrow[0] * step, arrow[1] * step], { animate: false });
  }

  function listen() {
    const hear = { click: tap, keydown: key, pointerdown: down, pointermove: move, pointerup: up };
    for (const [name, act] of Object.entries(hear)) {
      container().addEventListener(name, act, name !== 'pointermove');
    }
  }

  /* Does a ring of [lat, lng] hold a place? */
  function holds(ring, at) {
    let inside = false;
    ring.forEach((a, i) => {
      const b = ring[(i || ring.length) - 1];
      const share = (at.lat - a.lat) / (b.lat - a.lat);
      const crosses = (a.lat > at.lat) !== (b.lat > at.lat);
      if (crosses && at.lng < a.lng + share * (b.lng - a.lng)) inside = !inside;
    });
    return inside;
  }

  const atCross = () => add(MK.map.getCenter());
  const step = (at, i) => (i ? at.distanceTo(points[i - 1]) : 0);
  const length = () => points.map(step).reduce((sum, metres) => sum + metres, 0);

  window.Draw = { start, stop, undo, clear, atCross, lasso, looping, listen, holds, length };
}());
