/* The one-file map for a meeting: Folium makes the map, what is on it is the data block's. */
(function () {
  'use strict';
  const { boot, el } = window.Wangge;
  const { styles, pins, tips } = window.CoverageMap;

  const LABELS = 200;

  /* Called by Folium's script once the map is made. */
  window.Meeting = { setup(map) {
    const renderer = L.canvas({ padding: 0.3 });
    map.createPane('reach');
    const words = (write) => (shape) => el('span', {}, write(shape.feature.properties));
    const layer = (features, style, write) => L.geoJSON({ type: 'FeatureCollection', features }, {
      renderer, interactive: Boolean(write), style: (feature) => style(feature.properties),
      pointToLayer: (feature, at) => L.circleMarker(at, { radius: 4, renderer }),
    }).addTo(map);
    const drawn = layer(boot.regions, (score) => styles.region(score.band), tips.score);
    drawn.bindTooltip(words(tips.score), { sticky: true });
    layer(boot.gaps, styles.gap, tips.gap).bindTooltip(words(tips.gap), { sticky: true });
    L.geoJSON({ type: 'FeatureCollection', features: boot.reach }, { pane: 'reach',
      interactive: false, style: styles.reach }).addTo(map);
    const [west, south, east, north] = boot.bounds;
    map.fitBounds([[south, west], [north, east]], {
      paddingTopLeft: [innerWidth > 800 ? 200 : 20, 20], paddingBottomRight: [20, 40],
      animate: false });
    pins(boot.facilities, boot.mark, map.getBounds().pad(9)).forEach((one) => one.addTo(map));
    for (const { properties } of boot.regions.slice(0, LABELS)) {
      const html = el('span', { class: 'label' }, properties.short), [lon, lat] = properties.at;
      const icon = L.divIcon({ html, className: 'label-box', iconSize: [0, 0] });
      L.marker([lat, lon], { icon, interactive: false, keyboard: false, zIndexOffset: -900 })
        .addTo(map);
    }
    const scale = L.control.scale({ imperial: false, maxWidth: 140 }).addTo(map);
    document.getElementById('scale').append(scale.getContainer());
    L.control.zoom({ position: 'topleft' }).addTo(map);
    map.getContainer().dataset.ready = '1';
  } };
}());
