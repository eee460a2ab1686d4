/* What pages with a map and a panel share: words in boxes, days and numbers, the sheet on the
   phone, the menu, the buttons on the map. */
(function () {
  'use strict';
  const { boot, language, t, el } = window.Wangge;
  const $ = (id) => document.getElementById(id);
  const phone = matchMedia('(max-width: 50em)');
  const number = new Intl.NumberFormat(language, { maximumFractionDigits: 2 }).format;
  const button = (text, act) => el('button', { type: 'button', on: { click: act } }, text);
  const say = (text) => { $('live').textContent = text; };

  const days = new Intl.DateTimeFormat(language, { dateStyle: 'long', timeZone: 'UTC' });
  const dayText = (day) => (day ? days.format(new Date(day)) : '');

  /* What the service said of a failed question; anything else is a mistake of ours, not hidden. */
  function wordsOf(problem) {
    if (problem.status === undefined) throw problem;
    return problem.message;
  }

  /* Words in a box of their own, with at most one thing to do about it. No words: no box. */
  function notice(box, text, action, act) {
    $(box).hidden = !text;
    $(box).replaceChildren(el('p', {}, text), ...(action ? [button(action, act)] : []));
    if (text) say(text);
  }

  /* A code as lists write it beside the name of what it lies in: what it says below its parent's.
     Written once more in gis/codes.py, for sentences. */
  const short = (code, parent) => (parent && code !== parent && code.startsWith(parent)
    ? code.slice(parent.length) : code);

  /* How far, in pixels, panels reach over the map from each side. */
  function covered() {
    const top = document.querySelector('.top').getBoundingClientRect().bottom + 12;
    const foot = document.querySelector('.map-foot').getBoundingClientRect();
    const bottom = innerHeight - (phone.matches ? foot.bottom - 40 : foot.top - 8);
    return { top, left: 16, right: 64, bottom };
  }

  /* — the sheet on the phone: min, half, full — */
  function height(name) {
    $('panel').dataset.height = name;
    $('panel').style.height = '';
    $('grip').setAttribute('aria-expanded', String(name !== 'min'));
  }

  const toggle = () => height($('panel').dataset.height === 'min' ? 'half' : 'min');
  let step = toggle;  // what a tap on the grip does

  function drag(start) {
    const from = $('panel').getBoundingClientRect().height;
    let moved = 0;
    $('grip').setPointerCapture(start.pointerId);
    $('grip').onpointermove = (event) => {
      moved = start.clientY - event.clientY;
      $('panel').style.height = from + moved + 'px';
    };
    $('grip').onlostpointercapture = () => {
      $('grip').onpointermove = null;
      const share = (from + moved) / innerHeight;
      if (Math.abs(moved) < 6) step();
      else height(share > 0.66 ? 'full' : share > 0.3 ? 'half' : 'min');
    };
  }

  function start(MK) {
    const review = boot.reviewNo && t('map.review_no', { number: boot.reviewNo });
    $('review').textContent = review || t('map.internal');
    $('legend').open = !phone.matches;
    $('zoom-in').addEventListener('click', () => MK.map.zoomIn(1));
    $('zoom-out').addEventListener('click', () => MK.map.zoomOut(1));
    startSheet(toggle);
  }

  /* The sheet and the menu alone; a page may say what a tap on the grip does. */
  function startSheet(tap) {
    step = tap;
    $('account').textContent = boot.account;
    $('initial').textContent = [...boot.account][0] || '';
    $('grip').addEventListener('pointerdown', drag);
    $('grip').addEventListener('click', (event) => { if (event.detail === 0) step(); });
    document.addEventListener('click', (event) => {
      if (!event.target.closest('#menu')) $('menu').open = false;
    });
  }

  window.Panel = {
    $, phone, number, button, say, dayText, wordsOf, notice, covered, height, start, startSheet,
    short,
  };
}());
