/* How coverage looks on a map: on the page, and in the file for a meeting. */
(function () {
  'use strict';
  const { boot, language, t, el } = window.Wangge;
  const { theme } = boot;
  const PINS = 300; // more in one view are drawn as dots
  const digits = { minimumFractionDigits: 1, maximumFractionDigits: 1 };
  const decimal = new Intl.NumberFormat(language, digits).format;
  const number = new Intl.NumberFormat(language).format;

  const percent = (households, part) => (households.percent
    ? decimal(households.percent[part]) + '%' : '–');

  const edge = { color: theme.edge, weight: 1, dashArray: null };
  const EDGES = {
    unknown: { color: theme.unknownEdge, weight: 1.6, dashArray: '4 3' },
    empty: { color: theme.border, weight: 1, dashArray: '1.5 3' },
  };
  const styles = {
    /* The class of a region; without one it lies outside what was asked about. */
    region: (band) => (band ? Object.assign({ fill: true, fillColor: theme.bands[band],
      fillOpacity: 1 }, EDGES[band] || edge) : { fill: false, color: theme.edge, weight: 0.6 }),
    gap: () => ({ fill: true, fillColor: theme.gap, fillOpacity: 0.95, color: theme.gapEdge,
      weight: 0.4 }),
    reach: () => ({ fill: false, color: theme.reach, weight: 2.6, dashArray: '0.5 5.5' }),
  };

  const statusOf = (one) => t(one.counts || one.status !== 'open'
    ? 'coverage.status.' + one.status : 'coverage.other_level');

  /* A facility: one character, hollow while it serves nobody; its name as text alone. */
  function pin(facility, mark) {
    const box = el('span', { class: 'pin' + (facility.counts ? '' : ' hollow') }, mark);
    const icon = L.divIcon({ html: box, className: 'pin-box', iconSize: [44, 44] });
    const marker = L.marker([facility.lat, facility.lon], { icon, keyboard: false });
    return marker.bindTooltip(() => el('span', {}, facility.name + ' · ' + statusOf(facility)));
  }

  function dot(facility) {
    const fillColor = facility.counts ? theme.pin : '#fff', color = theme.pin;
    const look = { radius: 4, weight: 1.5, color, fillColor, fillOpacity: 1 };
    return L.circleMarker([facility.lat, facility.lon], look);
  }

  /* What of the located facilities is in view, as markers. */
  function pins(facilities, mark, view) {
    const seen = facilities.filter((one) => one.lon !== null && view.contains([one.lat, one.lon]));
    return seen.map((one) => (seen.length > PINS ? dot(one) : pin(one, mark)));
  }

  const tips = {
    score: (score) => t('page.coverage.tip', { name: score.name,
      served: percent(score.households, 0), unserved: number(score.households.unserved),
      unknown: number(score.households.unknown) }),
    gap: (gap) => [gap.name || gap.code, t('page.coverage.households',
      { count: number(gap.households) }), gap.facility && t('page.coverage.to_nearest',
      { metres: number(gap.distance_m), name: gap.facility })].filter(Boolean).join(' · '),
  };

  window.CoverageMap = { styles, pins, tips, percent, statusOf };
}());
