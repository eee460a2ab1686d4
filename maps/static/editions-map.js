/* How a change of grids looks on a map: as it was a broken line, as it would be a full one, the
   ground that changes hands hatched. Also what its figures look like in words. */
(function () {
  'use strict';
  const { boot, t } = window.Wangge;
  const { number } = window.Panel;
  const { MK } = window;
  const { theme } = boot;
  const layers = [];

  /* Stripes at 45 degrees, as a canvas may fill with. */
  function stripes() {
    const tile = document.createElement('canvas'), size = 10;
    tile.width = tile.height = size;
    const pen = tile.getContext('2d');
    pen.strokeStyle = theme.handed;
    pen.lineWidth = 2;
    for (const shift of [-size, 0, size]) {
      pen.moveTo(shift, size);
      pen.lineTo(shift + size, 0);
    }
    pen.stroke();
    return pen.createPattern(tile, 'repeat');
  }

  const line = (color, weight, dashArray) => ({ color, weight, dashArray, fill: false });
  function look(side) {
    if (side === 'handed') {
      return { stroke: false, fill: true, fillColor: stripes(), fillOpacity: 0.75 };
    }
    return side === 'before' ? line(theme.before, 2.2, '6 5') : line(theme.after, 3);
  }

  /* Draw collections, each by its side, in the order given; none clears the map of them. */
  function show(sides) {
    layers.splice(0).forEach((layer) => layer.remove());
    MK.pane('change');
    for (const [side, features] of sides) {
      const style = look(side), renderer = MK.canvas.change;
      const options = { pane: 'change', renderer, interactive: false, style };
      const drawn = L.geoJSON({ type: 'FeatureCollection', features }, options);
      layers.push(drawn.addTo(MK.map));
    }
  }

  /* The box around features [west, south, east, north], or null. */
  function box(features) {
    const around = L.geoJSON({ type: 'FeatureCollection', features }).getBounds();
    if (!around.isValid()) return null;
    return [around.getWest(), around.getSouth(), around.getEast(), around.getNorth()];
  }

  const area = (m2) => (m2 < 1e5 ? t('map.m2', { value: number(Math.round(m2)) })
    : t('map.km2', { value: number(m2 / 1e6) }));

  window.ChangeMap = { show, box, area };
}());
